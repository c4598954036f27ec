"""Blocks of seats for a request: take one, name people into it, give it back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.pages.posts import Post, refused_status
from app.booking.queries import views
from app.booking.rules import CohortState
from app.booking.schemas import CohortIn, CohortView, NominationIn, ReleaseIn
from app.booking.service import cohorts, nominations
from app.booking.words import actions_for, seat_tally, state_label
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
    found = views.cohorts_of_request(db, actor, request_id, now=now)
    view = request_view(db, actor, request_id)
    return page(
        request,
        "booking/request_seats.html",
        view=view,
        cohorts=found,
        tally=seat_tally(view, found),
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
        return f"/cohorts/{cohort.id}?notice=cohort"

    response = post.attempt(form, hold)
    if response is not None:
        return response
    with post.read() as db:
        views.cohorts_of_request(db, post.actor, request_id, now=post.now)
        slot = _slot_of(db, post, form)
        return page(
            post.request,
            "booking/take_seats.html",
            status=refused_status(form),
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
    view = views.cohort_view(db, actor, cohort_id, now=now)
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


@router.post("/cohorts/{cohort_id}/release")
def release_cohort(
    cohort_id: UUID,
    form: Annotated[Submitted[ReleaseIn], Depends(submitted(ReleaseIn))],
    post: Post,
) -> Response:
    """Give the open seats back; or say why not."""

    def release(db: Session, model: ReleaseIn) -> str:
        cohorts.release_cohort(db, post.actor, cohort_id, post.desk, reason=model.reason)
        return f"/cohorts/{cohort_id}?notice=released"

    return post.attempt(form, release) or _again(post, cohort_id, form)


def _slot_of(db: Session, post: Post, form: Form) -> SlotView | None:
    """The slot that the form named, when there is such a one."""
    try:
        return slot_view(db, post.actor, UUID(form.value("slot")), now=post.now)
    except (ValueError, NotFoundError):
        return None


def _again(post: Post, cohort_id: UUID, form: Form) -> Response:
    with post.read() as db:
        view = views.cohort_view(db, post.actor, cohort_id, now=post.now)
    return _cohort_page(post.request, post.actor, view, post.now, form)


def _cohort_page(
    request: Request, actor: Actor, view: CohortView, now: Now, form: Form
) -> Response:
    active = view.state == CohortState.ACTIVE
    return page(
        request,
        "booking/cohort.html",
        status=refused_status(form) if form.errors else 200,
        view=view,
        form=form,
        key=Form().key,
        card=slot_card(view.slot, actor.zone),
        can_name=active and view.seats_open > 0 and view.country in actor.countries,
        can_release=active and view.seats_open > 0,
        can_cancel={
            each.id for each in view.nominations if "cancel" in actions_for(actor, each, now=now)
        },
        places=[(each.alpha2, each.name) for each in countries.countries()],
        label=state_label,
        reader_zone=actor.zone,
    )
