"""What slots require: the way there, waivers, and what others' qualifications are worth."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.booking.deps import DeskDep
from app.booking.queries import proofs
from app.booking.queries.paths import own_path
from app.booking.queries.requirements import waiver_views
from app.booking.service import proofs as proof_service
from app.booking.service import waivers
from app.core.paging import Page
from app.core.zones import to_local
from app.qualifications.queries.qualifications import qualification_views
from app.qualifications.rules.qualifications import QualificationState
from app.qualifications.schemas.paths import PathView, WaiverIn, WaiverView
from app.qualifications.schemas.qualifications import (
    QualificationView,
    RevocationIn,
    VerificationIn,
)
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(tags=["qualifications"])

State = Annotated[QualificationState | None, Query()]


@router.get("/slots/{slot_id}/path")
def read_path(slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> PathView:
    """What one still has to pass before the slot, step by step, and what its site asks for."""
    return own_path(db, actor, slot_id, now=now)


@router.get("/slots/{slot_id}/waivers")
def list_waivers(slot_id: UUID, db: ReadDb, actor: SignedIn) -> Page[WaiverView]:
    """Who was let off what, by whom and why (the slot's provider, the secretariat)."""
    found = waiver_views(db, actor, slot_id)
    return Page(items=found, total=len(found))


@router.post("/slots/{slot_id}/waivers", status_code=201, response_model=Page[WaiverView])
def waive(slot_id: UUID, body: WaiverIn, write: Write, actor: SignedIn, desk: DeskDep) -> Response:
    """Let a person enter without one required course, or (no `course`) without all missing."""

    def command(db: Session) -> Page[WaiverView]:
        rows = waivers.waive(db, actor, slot_id, body, desk)
        made = {row.id for row in rows}
        found = [view for view in waiver_views(db, actor, slot_id) if view.id in made]
        return Page(items=found, total=len(found))

    return write.answer(actor.key, command, status=201)


@router.get("/qualifications")
def list_proofs(
    db: ReadDb, actor: SignedIn, paging: PagingDep, now: Now, state: State = None
) -> Page[QualificationView]:
    """Qualifications of people who book with one's provider, or that it issued, oldest first."""
    items, total, more = proofs.proof_queue(
        db,
        actor,
        state=state,
        today=to_local(now, actor.zone).date(),
        limit=paging.limit,
        after=paging.after,
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.get("/qualifications/{qualification_id}")
def read_proof(qualification_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> QualificationView:
    """One qualification: one's own, or of somebody who books with one's provider."""
    today = to_local(now, actor.zone).date()
    return proofs.proof_view(db, actor, qualification_id, today=today)[0]


@router.post("/qualifications/{qualification_id}/verification", response_model=QualificationView)
def verify(
    qualification_id: UUID, body: VerificationIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Accept what somebody filed, or refuse it with a reason."""

    def command(db: Session) -> QualificationView:
        row = proof_service.verify(db, actor, qualification_id, body, desk)
        today = to_local(desk.clock(), actor.zone).date()
        return qualification_views(db, [row], today=today)[0]

    return write.answer(actor.key, command)


@router.post("/qualifications/{qualification_id}/revocation", response_model=QualificationView)
def revoke(
    qualification_id: UUID, body: RevocationIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Take a verified qualification back, with a reason; its row stays."""

    def command(db: Session) -> QualificationView:
        row = proof_service.revoke(db, actor, qualification_id, body, desk)
        today = to_local(desk.clock(), actor.zone).date()
        return qualification_views(db, [row], today=today)[0]

    return write.answer(actor.key, command)
