"""Blocks of seats in plain words. No queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.booking.reasons import ordinal
from app.booking.rules import REMIND_BEFORE, BookingState, CohortState
from app.booking.schemas import AheadView, BookingView, CohortView

_DAY = timedelta(days=1)
_ANSWERS = (
    ("Have not answered yet", (BookingState.OFFERED, BookingState.HELD)),
    ("Wait for the provider", (BookingState.REQUESTED,)),
    ("Confirmed", (BookingState.CONFIRMED,)),
)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named into a block, beside the block."""

    booking: BookingView
    block: CohortView


def place_text(view: CohortView) -> str:
    """Where a waiting block stands, as ``4th in line: 2 people and a group of 2 ahead``."""
    if view.position is None or view.ahead is None:
        return ""
    ahead = _ahead_text(view.ahead)
    return f"{ordinal(view.position)} in line: {ahead} ahead." if ahead else "First in line."


def time_left(until: datetime, now: datetime) -> str:
    """How long it is still, roughly: ``12 minutes``, ``5 hours``, ``3 days``."""
    left = until - now
    if left < timedelta(0):
        return "no time"
    for unit, word in ((_DAY, "day"), (timedelta(hours=1), "hour")):
        if left >= 2 * unit:
            return _counted(left // unit, word)
    return _counted(max(1, round(left.total_seconds() / 60)), "minute")


def release_warning(view: CohortView, now: datetime) -> str:
    """A warning that open seats go back soon; empty when there is none to give."""
    near = view.release_at - max(REMIND_BEFORE) <= now < view.release_at
    if view.state != CohortState.ACTIVE or view.seats_open == 0 or not near:
        return ""
    seats = _counted(view.seats_open, "seat")
    verb = "goes" if view.seats_open == 1 else "go"
    return f"{seats} without a name {verb} back in {time_left(view.release_at, now)}."


def by_answer(blocks: Iterable[CohortView]) -> list[tuple[str, list[Named]]]:
    """Everybody who was named and still has a seat, by what has to happen next."""
    named = [Named(booking, block) for block in blocks for booking in block.nominations]
    groups: list[tuple[str, Sequence[BookingState]]] = list(_ANSWERS)
    found = [
        (label, [each for each in named if each.booking.state in states])
        for label, states in groups
    ]
    return [(label, people) for label, people in found if people]


def _ahead_text(ahead: AheadView) -> str:
    parts = [_counted(ahead.people, "person", "people")] if ahead.people else []
    parts += [f"a group of {seats}" for seats in ahead.groups]
    if len(parts) < 2:  # noqa: PLR2004 - two parts are the fewest to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
