"""Overlaps: slots for the same people in the same weeks, of which one could move."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

_DAYS_OF_WEEK = 7

K = TypeVar("K", UUID, str)


@dataclass(frozen=True, slots=True)
class Dated(Generic[K]):
    """A slot as far as overlaps look at it: its days at the place, both included."""

    slot_id: K
    starts_on: date
    ends_on: date


D = TypeVar("D", bound=Dated[UUID] | Dated[str])


def overlapping(slots: Iterable[D]) -> list[tuple[D, ...]]:
    """Groups of slots that are in the same week or in adjacent ones, earliest first.

    Weeks begin on Monday. Two slots are in a group when no whole week lies between them; every
    such pair is in a group, and no group is a part of another. A slot may be in two groups, as
    the second of three weeks is.
    """
    ordered = sorted(slots, key=_by_time)
    weeks: dict[int, set[int]] = {}
    for place, slot in enumerate(ordered):
        for week in range(week_of(slot.starts_on), week_of(slot.ends_on) + 1):
            weeks.setdefault(week, set()).add(place)
    groups: list[set[int]] = []
    # Two slots meet in the fortnight that begins a week before the later one, or later.
    for week in sorted({week - step for week in weeks for step in (0, 1)}):
        group = weeks.get(week, set()) | weeks.get(week + 1, set())
        if groups and group <= groups[-1]:
            continue
        if groups and groups[-1] <= group:
            groups.pop()
        if len(group) > 1:
            groups.append(group)
    return [tuple(ordered[place] for place in sorted(group)) for group in groups]


def week_of(day: date) -> int:
    """The number of the week that a day is in, counted from a Monday long ago."""
    return (day.toordinal() - 1) // _DAYS_OF_WEEK


def _by_time(slot: Dated[UUID] | Dated[str]) -> tuple[date, date, UUID | str]:
    return slot.starts_on, slot.ends_on, slot.slot_id
