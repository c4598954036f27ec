"""Who stands before an entry of the line, and why a block has no seats yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.booking.rules.line import Waiting

_CAPPED = {
    "country-cap": "The country has all the seats that one country can have here.",
    "seats-kept": "The seats that are free are kept for others for now. When that time is over, "
    "the line gets them.",
}


@dataclass(frozen=True, slots=True)
class Ahead:
    """Who is ahead of an entry: so many people, and groups of so many seats each."""

    people: int
    groups: tuple[int, ...]


def who_is_ahead(line: Sequence[Waiting], entry_id: UUID) -> Ahead:
    """Everybody in ``line`` before the entry; all of them when it is not in the line."""
    people = 0
    groups: list[int] = []
    for entry in line:
        if entry.booking_id == entry_id:
            break
        if entry.is_block:
            groups.append(entry.seats)
        else:
            people += 1
    return Ahead(people, tuple(groups))


def why_block_waits(held_back: str, *, seats: int, free: int, first: bool) -> str:
    """Why a block in line has no seats yet, in a sentence.

    Args:
        held_back: The reason code that the line noted, if any.
        seats: What the block asks for.
        free: Seats that nobody has claimed.
        first: Whether nobody is ahead.
    """
    if held_back in _CAPPED:
        return _CAPPED[held_back]
    if free == 0:
        return "All seats are taken or promised. The line moves when one comes free."
    are = "seat is" if free == 1 else "seats are"
    if first:
        return f"{free} {are} free, and this group waits until it can have all {seats}."
    return f"{free} {are} free, and those ahead come first."
