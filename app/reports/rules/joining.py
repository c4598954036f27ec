"""Overlaps: which of several dates is emptier, and which could take its people. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Date:
    """A date among others at the same time; ``free`` of its ``seats`` are."""

    slot_id: UUID
    seats: int
    free: int
    country: str
    languages: frozenset[str]

    @property
    def taken(self) -> int:
        """People who have a seat."""
        return self.seats - self.free


@dataclass(frozen=True, slots=True)
class Advice:
    """The ``emptier`` date could move to other weeks, or its people could join ``into``.

    ``into`` is None where no other date has room for them in a language they share. ``left`` seats
    would then still be free there; ``km`` lie between the countries of the two.
    """

    emptier: UUID
    people: int
    into: UUID | None
    left: int
    km: int | None
    languages: tuple[str, ...]


def advice(dates: Iterable[Date], *, km: Callable[[str, str], int | None]) -> Advice:
    """What moving or joining would do; at least two dates, in any order.

    The emptier one has the smallest share of its seats taken, then the fewest people. Its people
    go to the nearest date with room and a common language, there to the fullest.
    """
    ordered = sorted(dates, key=lambda each: each.slot_id)
    emptier = min(ordered, key=lambda each: (each.taken / each.seats, each.taken))
    others = [
        each
        for each in ordered
        if each is not emptier and each.free >= emptier.taken and each.languages & emptier.languages
    ]
    far = 10**6
    distances = {each.slot_id: km(emptier.country, each.country) for each in others}
    into = min(
        others,
        key=lambda each: (
            far if (apart := distances[each.slot_id]) is None else apart,
            each.free - emptier.taken,
        ),
        default=None,
    )
    if into is None:
        return Advice(emptier.slot_id, emptier.taken, None, 0, None, ())
    return Advice(
        emptier.slot_id,
        emptier.taken,
        into.slot_id,
        into.free - emptier.taken,
        distances[into.slot_id],
        tuple(sorted(emptier.languages & into.languages)),
    )
