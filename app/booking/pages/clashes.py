"""What pages say of people who are in two places at once since a slot was moved."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request

from app.booking.queries.claims import find_booking
from app.booking.queries.occupied import clashing
from app.booking.rules import SEAT_TAKING
from app.booking.schemas import BookingView
from app.booking.service.occupied import conflict_of


def booking_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """What else the person has at the time of a booking, as far as the reader may know."""
    view: BookingView = context["view"]
    state, actor = request.app.state, request.state.actor
    if view.state not in SEAT_TAKING or view.slot.ends_at <= state.clock():
        return {"clash": None}
    with state.database.read() as db:
        _, slot = find_booking(db, actor, view.id)
        clash = conflict_of(db, slot, view.person.id, actor)
    return {"clash": {"text": clash.message, "url": clash.details.get("url")} if clash else None}


def list_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Which bookings of a list lie over something else of their person."""
    shown = [line.id for line in context["lines"]] if "lines" in context else list(context["cards"])
    with request.app.state.database.read() as db:
        return {"clashing": clashing(db, shown)}


CLASHES: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "booking/booking.html": booking_part,
    "booking/me.html": list_part,
    "booking/roster.html": list_part,
}
"""Templates of this feature's pages, and what adds to their context."""
