"""Take a request back once nobody has a seat by it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.queries.fulfilment import seats_in_use
from app.demand import service as demand
from app.demand.models import GapRequest
from app.demand.schemas import WithdrawIn


def withdraw_request(
    db: Session, actor: Actor, request_id: UUID, withdrawal: WithdrawIn, *, now: datetime
) -> GapRequest:
    """Take a request back; nobody is trained for it any more.

    Seats of people who did not come are over, and need not be given back.

    Raises:
        NotFoundError: No such request of the actor's country.
        RequestStepError: It is over already.
        SeatsStillHeldError: Seats of people still to be trained must be given back first.
        InvalidError: The reason code is one of another end.
    """
    return demand.withdraw_request(db, actor, request_id, withdrawal, now=now, in_use=seats_in_use)
