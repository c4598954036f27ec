"""Blocks of seats for a request: take one, name people into it, give it back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.block_words import place_text, release_warning
from app.booking.pages.posts import Post
from app.booking.queries import blocks, views
from app.booking.queries.forms import wall_time
from app.booking.rules import HOLDS, BookingState, CohortState
from app.booking.schemas import (
    BookingView,
    CohortIn,
    CohortView,
    NominationIn,
    ReleaseDateIn,
    ReleaseIn,
)
from app.booking.service import cohorts, nominations, releases
from app.booking.words import actions_for, closes_at, seat_tally, state_label
from app.core import countries
from app.core.errors import NotFoundError
from app.demand.queries import request_view
from app.registry.cards import slot_card
from app.registry.queries.slots import slot_view
from app.registry.schemas.views import SlotView
from app.web.deps import Now, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/requests/{request_id}/seats")
def show_seats(
    request: Request, request_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """The seats of a request on their way: asked, held, named, confirmed, attended."""
    found = blocks.cohorts_of_request(db, actor, request_id, now=now)
    view = request_view(db, actor, request_id)
    return page(
        request,
        "booking/request_seats.html",
        view=view,
        cohorts=found,
        tally=seat_tally(view, found),
        place_text=place_text,
        label=state_label,
        reader_zone=actor.zone,
    )


@router.post("/requests/{request_id}/cohorts")
def hold_cohort(
    request_id: UUID,
    form: Annotated[Submitted[CohortIn], Depends(submitted(CohortIn))],
    post: Post,
) -> Response:
    """Take the seats and go on to naming people; or say why not."""

    def hold(db: Session, model: CohortIn) -> str:
        cohort = cohorts.hold_cohort(db, post.actor, request_id, model, post.desk)
        notice = "in-line" if cohort.state == CohortState.WAITLISTED else "cohort"
        return f"/cohorts/{cohort.id}?notice={notice}"

    response = post.attempt(form, hold)
    if response is not None:
        return response
    with post.read() as db:
        blocks.cohorts_of_request(db, post.actor, request_id, now=post.now)
        slot = _slot_of(db, post, form)
        return page(
            post.request,
            "booking/take_seats.html",
            status=form.status,
            view=request_view(db, post.actor, request_id),
            form=form,
            slot=slot,
            card=slot_card(slot, post.actor.zone) if slot else None,
        )


@router.get("/cohorts/{cohort_id}")
def show_cohort(
    request: Request, cohort_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """One block: seats, release date, people and how each of them stands."""
    view = blocks.cohort_view(db, actor, cohort_id, now=now)
    return _cohort_page(request, actor, view, now, Form.of(country=view.country))


@router.post("/cohorts/{cohort_id}/nominations")
def nominate(
    cohort_id: UUID,
    form: Annotated[Submitted[NominationIn], Depends(submitted(NominationIn))],
    post: Post,
) -> Response:
    """Name a person into the block; or show what was wrong."""

    def name(db: Session, model: NominationIn) -> str:
        nominations.nominate(db, post.actor, cohort_id, model, post.desk)
        return f"/cohorts/{cohort_id}?notice=nominated"

    return post.attempt(form, name) or _again(post, cohort_id, form)


@router.get("/bookings/{booking_id}/replacement")
def show_replacement(
    request: Request, booking_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Response:
    """Ask who takes over a person's seat, for those who may exchange people."""
    view = views.booking_view(db, actor, booking_id, now=now)
    block = _block_of(db, actor, view, now)
    return _replacement_page(request, view, Form.of(country=block.country))


@router.post("/bookings/{booking_id}/replacement")
def replace_person(
    booking_id: UUID,
    form: Annotated[Submitted[NominationIn], Depends(submitted(NominationIn))],
    post: Post,
) -> Response:
    """Exchange the person for another one; or show what was wrong."""

    def exchange(db: Session, model: NominationIn) -> str:
        new = nominations.replace_person(db, post.actor, booking_id, model, post.desk)
        return f"/cohorts/{new.cohort_id}?notice=replaced"

    response = post.attempt(form, exchange)
    if response is not None:
        return response
    with post.read() as db:
        view = views.booking_view(db, post.actor, booking_id, now=post.now)
        _block_of(db, post.actor, view, post.now)
    return _replacement_page(post.request, view, form)


@router.post("/cohorts/{cohort_id}/release-date")
def move_release(
    cohort_id: UUID,
    form: Annotated[Submitted[ReleaseDateIn], Depends(submitted(ReleaseDateIn))],
    post: Post,
) -> Response:
    """Give the open seats back at another time; or say why not."""

    def move(db: Session, model: ReleaseDateIn) -> str:
        releases.move_release(db, post.actor, cohort_id, model, post.desk)
        return f"/cohorts/{cohort_id}?notice=saved"

    return post.attempt(form, move) or _again(post, cohort_id, form)


@router.post("/cohorts/{cohort_id}/release")
def release_cohort(
    cohort_id: UUID,
    form: Annotated[Submitted[ReleaseIn], Depends(submitted(ReleaseIn))],
    post: Post,
) -> Response:
    """Give the open seats back; or say why not."""

    def release(db: Session, model: ReleaseIn) -> str:
        block = cohorts.release_cohort(db, post.actor, cohort_id, post.desk, reason=model.reason)
        notice = "left" if block.state == CohortState.CANCELLED else "released"
        return f"/cohorts/{cohort_id}?notice={notice}"

    return post.attempt(form, release) or _again(post, cohort_id, form)


def _block_of(db: Session, actor: Actor, view: BookingView, now: datetime) -> CohortView:
    """The block that the person was named into.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    if view.cohort is None:
        raise NotFoundError("There is no such block of seats.")
    return blocks.cohort_view(db, actor, view.cohort, now=now)


def _replacement_page(request: Request, view: BookingView, form: Form) -> Response:
    return page(
        request,
        "booking/replace.html",
        status=form.status,
        view=view,
        form=form,
        label=state_label(view.state),
        places=_places(),
    )


def _places() -> list[tuple[str, str]]:
    return [(each.alpha2, each.name) for each in countries.countries()]


def _slot_of(db: Session, post: Post, form: Form) -> SlotView | None:
    """The slot that the form named, when there is such a one."""
    try:
        return slot_view(db, post.actor, UUID(form.value("slot")), now=post.now)
    except (ValueError, NotFoundError):
        return None


def _again(post: Post, cohort_id: UUID, form: Form) -> Response:
    with post.read() as db:
        view = blocks.cohort_view(db, post.actor, cohort_id, now=post.now)
    return _cohort_page(post.request, post.actor, view, post.now, form)


def _cohort_page(
    request: Request, actor: Actor, view: CohortView, now: Now, form: Form
) -> Response:
    active = view.state == CohortState.ACTIVE
    form.values.setdefault("release_at", [wall_time(view.release_at, view.slot.zone)])
    return page(
        request,
        "booking/cohort.html",
        status=form.status,
        view=view,
        form=form,
        key=Form().key,
        card=slot_card(view.slot, actor.zone),
        can_name=active and view.seats_open > 0 and view.country in actor.countries,
        can_release=active and view.seats_open > 0,
        can_replace={each.id for each in view.nominations if _may_pass_on(each, now)},
        can_cancel={
            each.id for each in view.nominations if "cancel" in actions_for(actor, each, now=now)
        },
        place=place_text(view),
        warning=release_warning(view, now),
        places=_places(),
        label=state_label,
        reader_zone=actor.zone,
    )


def _may_pass_on(view: BookingView, now: datetime) -> bool:
    return view.state in HOLDS | {BookingState.CONFIRMED} and now < closes_at(view.slot)
