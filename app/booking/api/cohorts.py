"""JSON routes about blocks of seats for a request, and the people named into them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.booking.chains import FulfilmentView
from app.booking.deps import DeskDep
from app.booking.queries import blocks, views
from app.booking.queries.fulfilment import fulfilment_view
from app.booking.schemas import (
    BookingView,
    CohortIn,
    CohortView,
    NominationIn,
    ReleaseDateIn,
    ReleaseIn,
)
from app.booking.service import cohorts, nominations, releases
from app.core.paging import Page
from app.web.deps import Now, ReadDb, Write

router = APIRouter(tags=["seats"])

Released = Annotated[ReleaseIn | None, Body()]


@router.post("/requests/{request_id}/cohorts", status_code=201, response_model=CohortView)
def hold_cohort(
    request_id: UUID, body: CohortIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Take a block of seats for a request of one's own country: all of them or none.

    With ``wait`` a block that cannot be had at once joins the line (``state`` waitlisted).
    """

    def command(db: Session) -> CohortView:
        cohort = cohorts.hold_cohort(db, actor, request_id, body, desk)
        return blocks.cohort_view(db, actor, cohort.id, now=desk.clock())

    return write.answer(actor.key, command, status=201)


@router.get("/requests/{request_id}/cohorts")
def list_cohorts(request_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> Page[CohortView]:
    """All blocks of a request, newest first."""
    found = blocks.cohorts_of_request(db, actor, request_id, now=now)
    return Page(items=found, total=len(found))


@router.get("/requests/{request_id}/fulfilment")
def read_fulfilment(request_id: UUID, db: ReadDb, actor: Visitor) -> FulfilmentView:
    """How far a request is, need by need: asked, held, nominated, attended, certified.

    For everybody who may see the request itself.
    """
    return fulfilment_view(db, actor, request_id)


@router.get("/cohorts/{cohort_id}")
def read_cohort(cohort_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> CohortView:
    """One block of one's own country, with the people named into it."""
    return blocks.cohort_view(db, actor, cohort_id, now=now)


@router.post("/cohorts/{cohort_id}/nominations", status_code=201, response_model=BookingView)
def nominate(
    cohort_id: UUID, body: NominationIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Name a person into a block; the seat is theirs to confirm until the block's release."""

    def command(db: Session) -> BookingView:
        booking = nominations.nominate(db, actor, cohort_id, body, desk)
        return views.booking_view(db, actor, booking.id, now=desk.clock())

    return write.answer(actor.key, command, status=201)


@router.post("/bookings/{booking_id}/replacement", status_code=201, response_model=BookingView)
def replace_person(
    booking_id: UUID, body: NominationIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Exchange a person of a block for another one, who then confirms the seat."""

    def command(db: Session) -> BookingView:
        booking = nominations.replace_person(db, actor, booking_id, body, desk)
        return views.booking_view(db, actor, booking.id, now=desk.clock())

    return write.answer(actor.key, command, status=201)


@router.post("/cohorts/{cohort_id}/release-date", response_model=CohortView)
def move_release(
    cohort_id: UUID, body: ReleaseDateIn, write: Write, actor: SignedIn, desk: DeskDep
) -> Response:
    """Give the open seats of a block back at another time, until the slot begins."""

    def command(db: Session) -> CohortView:
        releases.move_release(db, actor, cohort_id, body, desk)
        return blocks.cohort_view(db, actor, cohort_id, now=desk.clock())

    return write.answer(actor.key, command)


@router.post("/cohorts/{cohort_id}/release", response_model=CohortView)
def release_cohort(
    cohort_id: UUID, write: Write, actor: SignedIn, desk: DeskDep, body: Released = None
) -> Response:
    """Give the open seats of a block back; people named into it keep theirs."""

    def command(db: Session) -> CohortView:
        reason = body.reason if body else ""
        cohorts.release_cohort(db, actor, cohort_id, desk, reason=reason)
        return blocks.cohort_view(db, actor, cohort_id, now=desk.clock())

    return write.answer(actor.key, command)
