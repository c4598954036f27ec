"""What a slot requires of its people, waivers, and the queue of qualifications to look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.pages.posts import Post
from app.booking.queries import proofs
from app.booking.queries.requirements import people_to_look_at, waiver_views, warnings_of
from app.booking.service import proofs as proof_service
from app.booking.service import waivers
from app.booking.service.requirements import Standing, standing_of
from app.booking.words import state_label
from app.core.zones import to_local
from app.qualifications.queries.qualifications import course_refs
from app.qualifications.rules.qualifications import QualificationState
from app.qualifications.schemas.paths import WaiverIn
from app.qualifications.schemas.qualifications import RevocationIn, VerificationIn
from app.registry.queries.chains import requirements_of
from app.registry.queries.slots import slot_view
from app.web.deps import Now, PagingDep, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person of a slot: how they stand towards what it requires."""

    booking: Booking
    person: User
    standing: Standing
    warnings: list[str]


@router.get("/slots/{slot_id}/requirements")
def show_requirements(
    request: Request, slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now, person: str = ""
) -> Response:
    """Who of the slot's people has what it requires, what was waived, and a form to waive."""
    return _requirements_page(request, db, actor, slot_id, Form.of(person=person or None), now)


@router.post("/slots/{slot_id}/waivers")
def waive(
    slot_id: UUID,
    form: Annotated[Submitted[WaiverIn], Depends(submitted(WaiverIn))],
    post: Post,
) -> Response:
    """Waive a requirement for a person, with the reason; or show what was wrong."""

    def use(db: Session, model: WaiverIn) -> str:
        waivers.waive(db, post.actor, slot_id, model, post.desk)
        return f"/slots/{slot_id}/requirements?notice=waived"

    response = post.attempt(form, use)
    if response is not None:
        return response
    with post.read() as db:
        return _requirements_page(post.request, db, post.actor, slot_id, form, post.now)


@router.get("/qualifications")
def show_queue(
    request: Request,
    db: ReadDb,
    actor: SignedIn,
    paging: PagingDep,
    now: Now,
    state: QualificationState = QualificationState.CLAIMED,
) -> Response:
    """Qualifications of people who book here, by state: at first those nobody has looked at."""
    items, total, more = proofs.proof_queue(
        db,
        actor,
        state=state,
        today=to_local(now, actor.zone).date(),
        limit=paging.limit,
        after=paging.after,
    )
    return page(
        request,
        "qualifications/queue.html",
        items=items,
        total=total,
        state=state,
        states=list(QualificationState),
        next_url=paging.next_url(more),
    )


@router.get("/qualifications/{qualification_id}")
def show_proof(
    request: Request, qualification_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """One qualification with its evidence, and what the reader can decide about it."""
    return _proof_page(request, db, actor, qualification_id, Form(), now)


@router.post("/qualifications/{qualification_id}/verification")
def verify(
    qualification_id: UUID,
    form: Annotated[Submitted[VerificationIn], Depends(submitted(VerificationIn))],
    post: Post,
) -> Response:
    """Accept what somebody filed, or refuse it with a reason."""

    def use(db: Session, model: VerificationIn) -> str:
        proof_service.verify(db, post.actor, qualification_id, model, post.desk)
        return f"/qualifications/{qualification_id}?notice=decided"

    return post.attempt(form, use) or _proof_again(post, qualification_id, form)


@router.post("/qualifications/{qualification_id}/revocation")
def revoke(
    qualification_id: UUID,
    form: Annotated[Submitted[RevocationIn], Depends(submitted(RevocationIn))],
    post: Post,
) -> Response:
    """Take a verified qualification back, with a reason."""

    def use(db: Session, model: RevocationIn) -> str:
        proof_service.revoke(db, post.actor, qualification_id, model, post.desk)
        return f"/qualifications/{qualification_id}?notice=revoked"

    return post.attempt(form, use) or _proof_again(post, qualification_id, form)


def _proof_again(post: Post, qualification_id: UUID, form: Form) -> Response:
    with post.read() as db:
        return _proof_page(post.request, db, post.actor, qualification_id, form, post.now)


def _proof_page(
    request: Request,
    db: Session,
    actor: Actor,
    qualification_id: UUID,
    form: Form,
    now: datetime,
) -> Response:
    today = to_local(now, actor.zone).date()
    view, decides = proofs.proof_view(db, actor, qualification_id, today=today)
    return page(
        request,
        "qualifications/proof.html",
        status=form.status,
        view=view,
        decides=decides,
        form=form,
    )


def _requirements_page(
    request: Request, db: Session, actor: Actor, slot_id: UUID, form: Form, now: datetime
) -> Response:
    slot, people = people_to_look_at(db, actor, slot_id)
    required = requirements_of(db, [slot.course_id]).get(slot.course_id, ())
    lines = [
        PersonLine(
            booking,
            person,
            standing_of(db, slot, person.id, now=now, explain=False),
            warnings_of(db, booking.id),
        )
        for booking, person in people
    ]
    courses = sorted(course_refs(db, required).values(), key=lambda course: course.title)
    lacking = [line for line in lines if line.standing != Standing()]
    return page(
        request,
        "booking/requirements.html",
        status=form.status,
        view=slot_view(db, actor, slot_id, now=now),
        required=courses,
        course_options=[(course.id, course.title) for course in courses],
        lines=lines,
        options=[(line.person.id, line.person.name) for line in lacking],
        waivers=waiver_views(db, actor, slot_id),
        label=state_label,
        form=form,
        reader_zone=actor.zone,
    )
