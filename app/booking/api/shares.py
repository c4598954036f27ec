"""JSON routes about seats that are kept for a group."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.booking.deps import DeskDep
from app.booking.queries.shares import share_view, share_views
from app.booking.schemas import ShareEndIn, ShareIn, ShareView
from app.booking.service import sponsors
from app.core.paging import Page
from app.web.deps import Now, ReadDb, Write

router = APIRouter(tags=["seats"])


@router.get("/slots/{slot_id}/shares")
def list_shares(slot_id: UUID, db: ReadDb, actor: Visitor, now: Now) -> Page[ShareView]:
    """The seats of a slot that are, or were, kept for a group; the first to end comes first."""
    found = share_views(db, actor, slot_id, now=now)
    return Page(items=found, total=len(found))


@router.post("/slots/{slot_id}/shares", status_code=201, response_model=ShareView)
def keep_seats(
    slot_id: UUID, body: ShareIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Keep free seats of a slot of one's own provider for a group, or add a sponsor's for it."""

    def command(db: Session) -> ShareView:
        share = sponsors.keep_seats(db, actor, slot_id, body, desk)
        return share_view(db, actor, share.id, now=desk.clock())

    return write.answer(actor.key, command, status=201)


@router.post("/shares/{share_id}/end", response_model=ShareView)
def end_share(
    share_id: UUID, body: ShareEndIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Let kept seats go to everybody now; says why."""

    def command(db: Session) -> ShareView:
        sponsors.end_share(db, actor, share_id, body, desk)
        return share_view(db, actor, share_id, now=desk.clock())

    return write.answer(actor.key, command)
