"""What requests have: told to them in the transaction that changes their seats."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.booking.queries.fulfilment import counted
from app.demand import service as demand


def count_seats(
    db: Session, request_id: UUID, *, held: int = 0, met: int = 0, now: datetime
) -> None:
    """Add to a request's seats held and met; its state follows from what each need has.

    See :func:`app.demand.service.count_seats`, also for the order of locks. Called after the
    claims themselves were changed.
    """
    db.flush()
    demand.count_seats(db, request_id, held=held, met=met, now=now, counted=counted)
