"""The JSON route that takes a request back."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.accounts.deps import SignedIn
from app.booking.service.withdrawing import withdraw_request as withdraw
from app.demand.queries import request_view
from app.demand.schemas import RequestView, WithdrawIn
from app.web.deps import Now, Write

router = APIRouter(tags=["Requests"])


@router.post("/requests/{request_id}/withdrawal", response_model=RequestView)
def withdraw_request(
    request_id: UUID, body: WithdrawIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Take a request back, with the reason."""
    return write.answer(
        actor.key,
        lambda db: request_view(db, actor, withdraw(db, actor, request_id, body, now=now).id),
    )
