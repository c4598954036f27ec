"""JSON routes about the selection among the applicants of a slot."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.booking.deps import DeskDep
from app.booking.schemas import SelectionView
from app.booking.service.selection import select_people, selection_view
from app.web.deps import Now, ReadDb, Write

router = APIRouter(tags=["seats"])


@router.get("/slots/{slot_id}/selection")
def read_selection(slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> SelectionView:
    """The selection of a slot of one's own provider: as made, or as it would be made now."""
    return selection_view(db, actor, slot_id, now=now)


@router.post("/slots/{slot_id}/selection", response_model=SelectionView)
def select_applicants(slot_id: UUID, write: Write, actor: SignedIn, desk: DeskDep) -> Response:
    """Make the selection, once, after the deadline; no body."""

    def command(db: Session) -> SelectionView:
        select_people(db, actor, slot_id, desk)
        return selection_view(db, actor, slot_id, now=desk.clock())

    return write.answer(actor.key, command)
