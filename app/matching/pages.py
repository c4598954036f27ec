"""Pages of matching."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, caller_of
from app.accounts.rules import Actor
from app.booking.queries.blocks import cohorts_of_request
from app.booking.queries.fulfilment import useful_seats
from app.booking.rules import BookingState
from app.booking.schemas import BookingView
from app.booking.words import seat_tally
from app.core.errors import ForbiddenError
from app.demand.queries import request_view
from app.demand.rules import LIVE, actions_for, is_own
from app.matching import service
from app.matching.cards import alternative_cards, ranking_cards
from app.matching.deps import BoardDep
from app.matching.rules.overrides import OverrideKind
from app.matching.schemas import MatchesView, OverrideIn
from app.matching.service import overrides
from app.matching.service.alerts import mark_seen
from app.registry.cards import slot_card
from app.registry.queries.slots import slots_by_id
from app.registry.rules import SlotStatus
from app.registry.schemas.views import SlotView
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, ReadDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/requests/{request_id}/matches")
def show_matches(
    request: Request, request_id: UUID, db: ReadDb, actor: SignedIn, now: Now, board: BoardDep
) -> Response:
    """Ranked matches with their reasons, near misses, planned slots, or why there is nothing."""
    ranking = service.matches_for(db, actor, request_id, now=now, board=board)
    view = ranking.need
    own = is_own(actor, view.country)
    cohorts = cohorts_of_request(db, actor, request_id, now=now)
    useful = useful_seats(db, request_id, _taught(ranking)) if own else {}
    return page(
        request,
        "matching/matches.html",
        view=view,
        ranking=ranking,
        cards=ranking_cards(ranking, reader_zone=actor.zone, useful=useful),
        own=own,
        decides=actor.secretariat and view.state in LIVE,
        merges=(own or actor.secretariat) and view.state in LIVE,
        actions=actions_for(actor, view.country, view.state),
        cohorts=cohorts,
        tally=seat_tally(view, cohorts),
        label=taxonomy.label,
        skill_label=taxonomy.skill_label,
    )


def _taught(ranking: MatchesView) -> dict[UUID, dict[str, int]]:
    """What the slots teach on which the page offers seats."""
    found = [match.slot for match in ranking.matches]
    found += [miss.slot for miss in ranking.near_misses]
    return {slot.id: {skill.id: skill.level for skill in slot.skills} for slot in found}


@router.post("/requests/{request_id}/alerts/seen")
def mark_alerts_seen(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Mark what newly fits a request as read, and go on to its matches."""

    def mark(db: Session) -> str:
        mark_seen(db, actor, request_id, now=now)
        return f"/requests/{request_id}/matches?notice=saved"

    return write.redirect(actor.key, mark)


@router.get("/requests/{request_id}/overrides")
def show_override(  # noqa: PLR0913 - what the address says, and who asks
    request: Request,
    request_id: UUID,
    db: ReadDb,
    actor: SignedIn,
    *,
    now: Now,
    slot: UUID | None = None,
    kind: OverrideKind = OverrideKind.PUT_FORWARD,
) -> Response:
    """The form on which the secretariat says why a date comes first, or is left out."""
    return _override_page(request, db, actor, request_id, now, Form.of(slot=slot, kind=kind))


@router.post("/requests/{request_id}/overrides")
def override_match(
    request: Request,
    request_id: UUID,
    form: Annotated[Submitted[OverrideIn], Depends(submitted(OverrideIn))],
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Put the date forward or set it aside; or show what was wrong."""

    def use(model: OverrideIn) -> Response:
        def command(db: Session) -> str:
            overrides.override_match(db, actor, request_id, model, now=now)
            return f"/requests/{request_id}/matches?notice=saved"

        return write.redirect(actor.key, command)

    response = form.attempt(use)
    if response is not None:
        return response
    with write.database.read() as db:
        return _override_page(request, db, actor, request_id, now, form)


@router.post("/overrides/{override_id}/end")
def end_override(override_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Let the ranking decide about the date again."""

    def command(db: Session) -> str:
        row = overrides.end_override(db, actor, override_id, now=now)
        return f"/requests/{row.request_id}/matches?notice=saved"

    return write.redirect(actor.key, command)


def _override_page(
    request: Request, db: Session, actor: Actor, request_id: UUID, now: datetime, form: Form
) -> Response:
    view = request_view(db, actor, request_id)
    if not actor.secretariat:
        raise ForbiddenError("Only the secretariat can put dates forward or set them aside.")
    try:
        slots = slots_by_id(db, [UUID(form.value("slot"))], now=now)
    except ValueError:
        slots = {}
    return page(
        request,
        "matching/override.html",
        status=form.status,
        view=view,
        form=form,
        card=next((slot_card(each, actor.zone) for each in slots.values()), None),
        is_forward=form.value("kind") != OverrideKind.SET_ASIDE,
    )


_LOOKING = (BookingState.WAITLISTED, BookingState.EXPIRED, BookingState.REJECTED)


def booking_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Other dates, on the page of a booking whose date was cancelled or that found no seat."""
    view: BookingView = context["view"]
    state, actor = request.app.state, caller_of(request)
    now = state.clock()
    fell_through = view.slot.status == SlotStatus.CANCELLED or view.state in _LOOKING
    if not fell_through or view.person.id != actor.user_id:
        return {}
    with state.database.read() as db:
        found = service.alternatives_of_booking(db, actor, view.id, now=now, board=state.board)
    return {"alternatives": alternative_cards(found, reader_zone=actor.zone)}


def slot_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Other dates, on the page of a slot that was cancelled."""
    view: SlotView = context["view"]
    state, actor = request.app.state, caller_of(request)
    if view.status != SlotStatus.CANCELLED:
        return {}
    with state.database.read() as db:
        found = service.alternatives_of_slot(
            db, actor, view.id, now=state.clock(), board=state.board
        )
    return {"alternatives": alternative_cards(found, reader_zone=actor.zone)}


PARTS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "booking/booking.html": booking_part,
    "registry/slot.html": slot_part,
}
"""Template of another feature's page, and what adds our section's context to it."""
