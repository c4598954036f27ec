"""Pages of matching."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.queries.blocks import cohorts_of_request
from app.booking.rules import BookingState
from app.booking.schemas import BookingView
from app.booking.words import seat_tally
from app.demand.rules import actions_for, is_own
from app.matching import service
from app.matching.cards import alternative_cards, ranking_cards
from app.matching.deps import BoardDep
from app.matching.service.alerts import mark_seen
from app.registry.rules import SlotStatus
from app.registry.schemas.views import SlotView
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, ReadDb, Write
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
    return page(
        request,
        "matching/matches.html",
        view=view,
        ranking=ranking,
        cards=ranking_cards(ranking, reader_zone=actor.zone, may_take=own),
        own=own,
        actions=actions_for(actor, view.country, view.state),
        cohorts=cohorts,
        tally=seat_tally(view, cohorts),
        label=taxonomy.label,
        skill_label=taxonomy.skill_label,
    )


@router.post("/requests/{request_id}/alerts/seen")
def mark_alerts_seen(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Mark what newly fits a request as read, and go on to its matches."""

    def mark(db: Session) -> str:
        mark_seen(db, actor, request_id, now=now)
        return f"/requests/{request_id}/matches?notice=saved"

    return write.redirect(actor.key, mark)


_LOOKING = (BookingState.WAITLISTED, BookingState.EXPIRED, BookingState.REJECTED)


def booking_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Other dates, on the page of a booking whose date was cancelled or that found no seat."""
    view: BookingView = context["view"]
    state, actor = request.app.state, _actor(request)
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
    state, actor = request.app.state, _actor(request)
    if view.status != SlotStatus.CANCELLED:
        return {}
    with state.database.read() as db:
        found = service.alternatives_of_slot(
            db, actor, view.id, now=state.clock(), board=state.board
        )
    return {"alternatives": alternative_cards(found, reader_zone=actor.zone)}


def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


PARTS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "booking/booking.html": booking_part,
    "registry/slot.html": slot_part,
}
"""Template of another feature's page, and what adds our section's context to it."""
