"""Claims in plain words, and what each reader can do with them. No queries."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.accounts.rules import Actor
from app.booking.rules import LIVE, BookingState
from app.booking.rules.routes import BY_NOMINATION
from app.booking.schemas import BookingView, CohortView
from app.demand.schemas import RequestView
from app.registry.rules import Route
from app.registry.schemas.views import SlotView

_S = BookingState

_ROLL = frozenset({_S.CONFIRMED, _S.ATTENDED, _S.NO_SHOW})

STATE_LABELS = {
    _S.REQUESTED: "Asked for",
    _S.HELD: "Held",
    _S.OFFERED: "Offered",
    _S.WAITLISTED: "On the list",
    _S.CONFIRMED: "Confirmed",
    _S.ATTENDED: "Attended",
    _S.NO_SHOW: "Did not come",
    _S.CANCELLED: "Cancelled",
    _S.DECLINED: "Declined",
    _S.EXPIRED: "Expired",
    _S.REJECTED: "Not accepted",
}

_OWN_SENTENCES = {
    _S.REQUESTED: "Your seat is kept while the provider decides.",
    _S.HELD: "A seat is held for you. Confirm it to keep it.",
    _S.OFFERED: "A seat is offered to you. Confirm it to take it.",
    _S.CONFIRMED: "Your seat is confirmed.",
    _S.ATTENDED: "You were there.",
    _S.NO_SHOW: "The provider noted that you did not come.",
    _S.CANCELLED: "This booking was cancelled. It takes no seat.",
    _S.DECLINED: "You declined the seat. It went to the next person.",
    _S.EXPIRED: "The seat was not confirmed in time and went back.",
    _S.REJECTED: "You were not accepted this time. Here is why.",
}

_NEXT = {
    _S.REQUESTED: "The provider clears everybody for its site and decides by the time above. You "
    "need not do anything. Without a decision by then the seat goes to the next person.",
    _S.HELD: "When you have confirmed, the meetings, the place and (for remote training) the link "
    "to join stay here. Without a confirmation the seat goes to the next person.",
    _S.OFFERED: "When you have confirmed, the meetings, the place and (for remote training) the "
    "link to join stay here. If you cannot come, decline: somebody else is waiting.",
    _S.CONFIRMED: "The provider expects you. If you cannot come any more, give the seat back "
    "before the start, so that somebody else can use it.",
}


KEPT_TEXT = (
    "The free seats are kept for the groups above. If you are in one, you get a seat at once; "
    "everybody else waits in line until the time that is named."
)
"""In place of the promise of a seat, where those that are free are kept."""


@dataclass(frozen=True, slots=True)
class SeatBox:
    """What the page of a slot says about taking a seat.

    ``kind``: ``own`` (see ``booking``), ``book``, ``join`` (the waiting list), ``apply`` (the
    provider selects), ``interest`` (in a date that is not sure), ``sign-in``, ``closed``.
    ``label``: of the button; for ``own`` the state in a word. ``asks_women``: seats are kept for
    women, or go to women first, so the form asks.
    """

    kind: str
    text: str
    booking: BookingView | None = None
    label: str = ""
    runs_desk: bool = False
    asks_women: bool = False


@dataclass(frozen=True, slots=True)
class SeatTally:
    """The seats of a request along their way; every figure counts people or seats."""

    asked: int
    held: int
    named: int
    confirmed: int
    attended: int


def state_label(state: str) -> str:
    """A booking's state in a word or two."""
    return STATE_LABELS[BookingState(state)]


def state_text(view: BookingView, *, own: bool) -> str:
    """How the booking stands, in a sentence."""
    state = BookingState(view.state)
    if state == _S.WAITLISTED:
        return _waiting_text(view, own=own)
    if own:
        return _OWN_SENTENCES[state]
    return f"{STATE_LABELS[state]}."


def next_text(view: BookingView) -> str:
    """What happens next, for the person whose booking it is; empty when nothing does."""
    state = BookingState(view.state)
    if state == _S.WAITLISTED:
        if selects(view.slot):
            return "The provider chooses among those who applied, and offers them a seat here."
        if view.slot.line_mode == "confirm" and not view.slot.planned:
            return "When a seat comes free it goes to the first of this list, without asking again."
        return (
            "When a seat comes free it is offered in the order of this list. "
            "The offer then stands here for you to confirm."
        )
    return _NEXT.get(state, "")


def actions_for(actor: Actor, view: BookingView, *, now: datetime) -> frozenset[str]:
    """What this reader can do with the booking: services check again.

    ``confirm``, ``decline``, ``cancel``, ``attendance``, ``decide`` (about a seat asked for),
    ``offer`` (to an applicant), ``skip`` (offer a seat past others who wait).
    """
    own = view.person.id == actor.user_id
    runs = view.slot.provider.id in actor.providers
    state = BookingState(view.state)
    found = set()
    if own and state in (_S.HELD, _S.OFFERED):
        found.add("confirm")
    if state in LIVE - {_S.ATTENDED, _S.NO_SHOW} and now < closes_at(view.slot):
        found.add("decline" if own and state == _S.OFFERED else "cancel")
    if state == _S.WAITLISTED:
        found |= _line_actions(actor, view)
    if state == _S.REQUESTED and (runs or actor.secretariat):
        found.add("decide")
    if (runs or actor.secretariat) and state in _ROLL and now >= view.slot.starts_at:
        found.add("attendance")
    return frozenset(found)


def selects(slot: SlotView) -> bool:
    """Whether the provider has yet to choose among those who applied."""
    return slot.route == Route.SELECTION and slot.selected_at is None


def _line_actions(actor: Actor, view: BookingView) -> set[str]:
    if selects(view.slot):
        return {"offer"} if view.slot.provider.id in actor.providers else set()
    beside_a_free_seat = view.slot.seats_free > 0 and view.slot.bookable
    return {"skip"} if actor.secretariat and beside_a_free_seat else set()


def closes_at(slot: SlotView) -> datetime:
    """When a seat can no longer change hands: the start; self-paced: the end."""
    return slot.ends_at if slot.mode == "self-paced" else slot.starts_at


def seat_box(
    actor: Actor, slot: SlotView, booking: BookingView | None, *, hold: timedelta, now: datetime
) -> SeatBox:
    """What the page of ``slot`` offers this reader, who has ``booking`` or none."""
    runs = slot.provider.id in actor.providers or actor.secretariat
    if booking is not None:
        text = state_text(booking, own=True)
        label = state_label(booking.state)
        return SeatBox("own", text, booking=booking, label=label, runs_desk=runs)
    if slot.route == Route.NOMINATION or not (slot.bookable or slot.takes_interest):
        return SeatBox("closed", _closed_text(slot, now), runs_desk=runs)
    if not actor.signed_in:
        return SeatBox("sign-in", "Sign in to take a seat, or to wait for one.")
    return replace(_asking(slot, hold), runs_desk=runs)


def _asking(slot: SlotView, hold: timedelta) -> SeatBox:
    """What somebody gets who asks for a seat now."""
    if not slot.bookable:
        text = (
            "This date is planned. Seats can be taken once the provider has confirmed it. Join its "
            "list now, and a seat is offered to you then, in the order of the list. You would be "
            f"number {slot.waiting + 1}."
        )
        return SeatBox("interest", text, label="Tell me when it is sure")
    if selects(slot):
        text = "The provider selects among those who apply."
        return SeatBox("apply", text, label="Apply for a seat")
    if slot.seats_free > 0 and slot.waiting == 0:
        minutes = round(hold.total_seconds() / 60)
        text = f"The seat is held for you for {minutes} minutes; confirm it on the next page."
        return SeatBox("book", text, label="Book a seat")
    text = f"All seats are taken or promised. You would be number {slot.waiting + 1} in line."
    return SeatBox("join", text, label="Join the waiting list")


def seat_tally(request: RequestView, cohorts: Iterable[CohortView]) -> SeatTally:
    """Seats of the request: asked, held, named, confirmed, attended (each part of the former)."""
    states = [BookingState(each.state) for cohort in cohorts for each in cohort.nominations]
    return SeatTally(
        asked=request.seats_asked,
        held=request.seats_held,
        named=sum(state in LIVE for state in states),
        confirmed=sum(state in _ROLL for state in states),
        attended=sum(state == _S.ATTENDED for state in states),
    )


def _waiting_text(view: BookingView, *, own: bool) -> str:
    who = "You are" if own else "This person is"
    if selects(view.slot):
        return f"{who} on the list of applicants."
    return f"{who} number {view.position} on the waiting list."


def _closed_text(slot: SlotView, now: datetime) -> str:
    if slot.planned or slot.status == "draft":
        return "This date is planned. Seats can be taken once the provider has confirmed it."
    if slot.status in ("cancelled", "completed"):
        return f"This date is {slot.status}."
    if now >= slot.apply_by:
        return "The deadline has passed; seats can no longer be taken."
    if slot.route == Route.NOMINATION:
        return BY_NOMINATION
    return "Seats of this date cannot be taken now."
