"""The way to a slot as a section of other pages: of a slot, of a booking, and of one's own."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.queries.paths import live_path, own_paths, path_for
from app.booking.queries.requirements import warnings_of
from app.booking.queries.views import OwnBookings
from app.booking.schemas import BookingView
from app.core.zones import to_local
from app.qualifications.queries.qualifications import held_by
from app.registry.schemas.views import SlotView

_SHOWN = 20


def slot_path(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the reader still has to pass before the slot of the page."""
    view: SlotView = context["view"]
    actor: Actor = request.state.actor
    if actor.user_id is None or not view.bookable:
        return {}
    person_id = actor.user_id
    return _read(request, lambda db, now: {"way": path_for(db, view.id, person_id, now=now)})


def booking_path(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the person of the booking still has to pass; for those who run the slot, a way out."""
    view: BookingView = context["view"]
    actor: Actor = request.state.actor
    runs = view.slot.provider.id in actor.providers or actor.secretariat
    if not (view.person.id == actor.user_id or runs):
        return {}

    def found(db: Session, now: Any) -> dict[str, Any]:
        path = live_path(db, view.id, now=now)
        return (
            {}
            if path is None
            else {
                "way": path,
                "warnings": warnings_of(db, view.id),
                "may_waive": runs and view.person.id != actor.user_id,
            }
        )

    return _read(request, found)


def own_path(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the reader holds, and what the bookings to come still ask for."""
    own: OwnBookings = context["own"]
    actor: Actor = request.state.actor
    person_id = actor.identified()
    slots: list[UUID] = [view.slot.id for view in own.current[:_SHOWN]]

    def found(db: Session, now: Any) -> dict[str, Any]:
        today = to_local(now, actor.zone).date()
        return {
            "ways": own_paths(db, slots, person_id, now=now),
            "qualifications": held_by(db, person_id, today=today),
        }

    return _read(request, found)


def _read(request: Request, find: Callable[[Session, Any], dict[str, Any]]) -> dict[str, Any]:
    state = request.app.state
    with state.database.read() as db:
        return find(db, state.clock())


PATHS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "registry/slot.html": slot_path,
    "booking/book.html": slot_path,
    "booking/booking.html": booking_path,
    "booking/me.html": own_path,
}
"""Template of a page, and what adds the way to its slot."""
