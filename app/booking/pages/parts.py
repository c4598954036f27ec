"""Sections about seats inside pages of features below, which cannot import this one.

``main`` hands :data:`PARTS` to the renderer: what a function returns joins the page's context.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import Request

from app.accounts.rules import Actor
from app.booking.block_words import time_left
from app.booking.queries import blocks, views
from app.booking.queries.decisions import awaiting_decision
from app.booking.queries.fulfilment import fulfilment_view
from app.booking.queries.selection import missing_of
from app.booking.queries.shares import share_views
from app.booking.reasons import terms_text
from app.booking.rules import BookingState
from app.booking.rules.shares import Group
from app.booking.schemas import BookingView, ShareView
from app.booking.service.entry import claimant_of
from app.booking.service.kept_seats import room_for
from app.booking.words import KEPT_TEXT, SeatBox, seat_box, seat_tally
from app.demand.rules import sees_everything
from app.demand.schemas import RequestView
from app.registry.models import Slot
from app.registry.rules import Route
from app.registry.schemas.views import ProviderView, SlotView


def slot_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the reader can do about a seat, on the page of a slot."""
    view: SlotView = context["view"]
    kept = _kept_now(request, view)
    return {"box": box_for(request, view), "kept": kept, "terms": _terms(view)}


def booking_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """An application: the terms and what is still missing; after the selection, its reason."""
    view: BookingView = context["view"]
    reason = view.selection.reason if view.selection is not None else ""
    terms = _terms(view.slot) if view.state == BookingState.WAITLISTED else ""
    missing: tuple[str, ...] = ()
    if terms:
        with request.app.state.database.read() as db:
            missing = missing_of(db, view.id)
    return {"terms": terms, "missing": missing, "outcome": reason if reason != view.reason else ""}


def _terms(slot: SlotView) -> str:
    if slot.route != Route.SELECTION or slot.selected_at is not None:
        return ""
    return terms_text(slot)


def request_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """How far a request is, on its page; its blocks of seats for those who may know them."""
    view: RequestView = context["view"]
    actor: Actor = request.state.actor
    state = request.app.state
    with state.database.read() as db:
        chain = fulfilment_view(db, actor, view.id)
        if not sees_everything(actor, view.country):
            return {"fulfilment": chain}
        cohorts = blocks.cohorts_of_request(db, actor, view.id, now=state.clock())
    return {"fulfilment": chain, "cohorts": cohorts, "tally": seat_tally(view, cohorts)}


def console_part(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
    """Who waits for a decision, in the console of a provider."""
    provider: ProviderView = context["provider"]
    state, actor = request.app.state, request.state.actor
    now = state.clock()
    with state.database.read() as db:
        found = awaiting_decision(db, actor, provider.id, now=now)
    left = {view.id: time_left(view.held_until, now) for view in found if view.held_until}
    return {"decisions": found, "left": left, "reader_zone": actor.zone}


def box_for(request: Request, view: SlotView) -> SeatBox:
    """What the page of ``view`` offers whoever is calling."""
    state = request.app.state
    actor: Actor = request.state.actor
    now = state.clock()
    with state.database.read() as db:
        booking = views.booking_on(db, actor, view.id, now=now)
    hold = timedelta(minutes=state.settings.hold_minutes)
    box = seat_box(actor, view, booking, hold=hold, now=now)
    if box.kind not in ("book", "join", "apply"):
        return box
    kept = _kept_now(request, view)
    asks_women = "women-first" in view.criteria or any(s.kept_for == Group.WOMEN for s in kept)
    free = kept and view.seats_free > 0 and box.kind != "apply"
    if free and not _has_room(request, view):
        box = replace(box, kind="join", text=KEPT_TEXT, label="Ask for a seat")
    return replace(box, asks_women=asks_women)


def _kept_now(request: Request, view: SlotView) -> list[ShareView]:
    """The seats of the slot that are kept for a group at this moment."""
    state = request.app.state
    with state.database.read() as db:
        shares = share_views(db, request.state.actor, view.id, now=state.clock())
    return [share for share in shares if share.in_force]


def _has_room(request: Request, view: SlotView) -> bool:
    """Whether the reader could have one of the free seats, whatever groups they may be in."""
    state = request.app.state
    actor: Actor = request.state.actor
    with state.database.read() as db:
        slot = db.get_one(Slot, view.id)
        claimant = claimant_of(db, actor.identified(), country=actor.country)
        return room_for(db, slot, claimant, now=state.clock()).seats > 0


PARTS: Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]] = {
    "registry/slot.html": slot_part,
    "booking/booking.html": booking_part,
    "demand/request.html": request_part,
    "registry/console.html": console_part,
}
"""Template of a page, another feature's mostly, and what adds our section's context to it."""
