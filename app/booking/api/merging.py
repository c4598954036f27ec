"""The JSON route that merges two requests with their seats."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.booking.deps import DeskDep
from app.booking.service.merging import merge_requests as merge
from app.demand.queries import request_view
from app.demand.schemas import MergeIn, RequestView
from app.web.deps import Write

router = APIRouter(tags=["Requests"])


@router.post("/requests/{request_id}/merge", response_model=RequestView)
def merge_requests(
    request_id: UUID, body: MergeIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Let this request go into another of the same people; answers with the one that stays.

    For its country, and for the secretariat. Blocks of seats go along; people are counted once:
    `needs` says what stands afterwards, by default the larger number of each line in both.
    """

    def command(db: Session) -> RequestView:
        return request_view(db, actor, merge(db, actor, request_id, body, desk).id)

    return write.answer(actor.key, command)
