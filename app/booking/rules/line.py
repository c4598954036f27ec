"""Who is next in line, and how long an offer stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.booking.rules.states import HeldBack


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry of a waiting list: a person, or a block that wants ``seats`` together.

    ``booking_id`` is the block's own id where ``is_block``. A block that is ``partial_ok`` takes
    fewer seats than it asked for. ``held_back`` is what a free seat passed the entry by for.
    """

    booking_id: UUID
    country: str | None
    seats: int = 1
    partial_ok: bool = False
    is_block: bool = False
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class LinePlace:
    """Where an entry of the line stands, from 1, and what keeps it (a reason code or nothing)."""

    position: int
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What an entry gets when it is its turn: so many seats, or none and the reason."""

    seats: int
    held_back: str = ""

    @property
    def stops_the_line(self) -> bool:
        """Whether those behind have to wait as well."""
        return self.held_back == HeldBack.GROUP_AHEAD


def turn_of(entry: Waiting, *, free: int, room: int, capped: str) -> Turn:
    """Decide about one entry whose turn it is.

    An entry that a cap or kept seats stand against is passed over and keeps its place. A group
    for which there are too few seats at all stops the line: it waits for all of them.

    Args:
        entry: The first in line that was not decided about yet.
        free: Seats nobody has claimed.
        room: Of these, the ones the entry could have.
        capped: The cap that stops it, if one does.
    """
    if room >= entry.seats:
        return Turn(entry.seats)
    if entry.partial_ok and room > 0:
        return Turn(room)
    if capped:
        return Turn(0, capped)
    if entry.seats <= free:
        return Turn(0, HeldBack.SEATS_KEPT)
    return Turn(0, HeldBack.GROUP_AHEAD)


def next_in_line(
    free: int, line: Sequence[Waiting], *, cap: int | None, taken: dict[str | None, int]
) -> list[UUID]:
    """Who would have the ``free`` seats: strictly in order, passing over capped countries.

    Args:
        free: Seats that nobody claims.
        line: The waiting list in its order.
        cap: Most seats for one country, if there is such a rule.
        taken: Seats claimed per country now; not changed.
    """
    chosen: list[UUID] = []
    counts = dict(taken)
    for entry in line:
        if free <= 0:
            break
        left = free if cap is None else max(0, cap - counts.get(entry.country, 0))
        capped = HeldBack.COUNTRY_CAP if left < min(free, entry.seats) else ""
        turn = turn_of(entry, free=free, room=min(free, left), capped=capped)
        if turn.stops_the_line:
            break
        if turn.seats:
            free -= turn.seats
            counts[entry.country] = counts.get(entry.country, 0) + turn.seats
            chosen.append(entry.booking_id)
    return chosen


def line_places(line: Sequence[Waiting], *, free: int) -> dict[UUID, LinePlace]:
    """Where each entry of ``line`` stands; behind a group that waits for more than is free, so."""
    found = {}
    stopped = False
    for position, entry in enumerate(line, start=1):
        held_back = entry.held_back or (HeldBack.GROUP_AHEAD if stopped else "")
        found[entry.booking_id] = LinePlace(position, held_back)
        too_many = entry.seats > free > 0 and not entry.partial_ok
        stopped = stopped or (too_many and not entry.held_back)
    return found


def offer_until(*, now: datetime, offer: timedelta, closes_at: datetime) -> datetime:
    """When an offer from the waiting list ends: never past the closing time."""
    return min(now + offer, closes_at)


def decide_until(*, now: datetime, hours: int, closes_at: datetime) -> datetime:
    """When a provider's time to clear a person for the site ends: never past the closing time."""
    return min(now + timedelta(hours=hours), closes_at)


_WHY = {
    HeldBack.COUNTRY_CAP: "A seat is free, but people of this country have all the seats that one "
    "country can have here.",
    HeldBack.AUTHORITY_CAP: "A seat is free, but people of this employer have all the seats that "
    "one employer can have here.",
    HeldBack.SEATS_KEPT: "The seats that are free are kept for others for now. When that time is "
    "over, the line gets them.",
    HeldBack.CLASH: "A seat came free, but at that time there is another booking, or not enough "
    "time for the way. When the other one ends, the next free seat is offered.",
    HeldBack.PREREQUISITE: "A seat came free, but a course that has to be passed first is missing.",
    HeldBack.GROUP_AHEAD: "A group ahead waits for more seats than are free now.",
}


def why_waiting(held_back: str, *, free: int, planned: bool, selects: bool) -> str:
    """Why an entry of the line has no seat yet, in a sentence."""
    if held_back:
        return _WHY[HeldBack(held_back)]
    if selects:
        return "The provider has not chosen among those who applied yet."
    if planned:
        return "This date is not sure yet. Once it is confirmed, seats are offered in this order."
    if free <= 0:
        return "All seats are taken or promised. The line moves when one comes free."
    return "The line moves next when this date is looked at again, within minutes."
