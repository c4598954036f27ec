"""From a pattern to its occurrences: which days, at which times of the clock, at which instants.

Wall times are repeated, not instants: a clinic at 14:00 stays at 14:00 when the clock changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from app.core.zones import NonexistentTimeError, to_utc
from app.registry.rules.times import Span

_DAY = timedelta(days=1)


Wall = tuple[datetime, datetime]
"""From when to when, by the clock of the place."""

Shift = tuple[timedelta, timedelta]
"""By how much the start and the end of a block of time were moved."""


class Mark(StrEnum):
    """What stands in the way of one occurrence; ``OK``: nothing."""

    OK = "ok"
    NONEXISTENT = "nonexistent-time"
    AMBIGUOUS = "ambiguous-time"
    PAST = "past"
    LATE = "deadline-past"
    WEEKEND = "weekend"
    CLOSED = "closed"
    TAKEN = "taken"


IMPOSSIBLE = frozenset({Mark.NONEXISTENT, Mark.AMBIGUOUS, Mark.PAST})
"""Marks of occurrences that cannot be made, whoever wants them."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Days of the week, every so many weeks, and the times of such a day.

    ``weekdays`` are ISO (Monday is 1); ``times`` are wall times (start, end) that do not overlap;
    ``count`` counts occurrences, skipped days not among them; ``until`` is the last possible day.
    """

    first: date
    weekdays: frozenset[int]
    times: tuple[tuple[time, time], ...]
    every_weeks: int = 1
    count: int | None = None
    until: date | None = None
    skip: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One repetition, by the clock of its place; ``position`` counts from 1."""

    position: int
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """So many days before the start, at a time of the clock; None: the time of the start."""

    days: int
    at: time | None = None


def expand(pattern: Pattern, *, most: int) -> list[Occurrence]:
    """The occurrences of ``pattern`` in the order of time, ``most`` at the most.

    Weeks begin on Monday; the week of the first day is the first one, and every
    ``every_weeks``-th after it counts.
    """
    limit = most if pattern.count is None else min(most, pattern.count)
    found: list[Occurrence] = []
    for day in _days(pattern):
        for starts, ends in sorted(pattern.times):
            if len(found) == limit:
                return found
            begin, end = datetime.combine(day, starts), datetime.combine(day, ends)
            found.append(Occurrence(len(found) + 1, begin, end))
    return found


def span_of(occurrence: Occurrence, zone: str, *, take_first: bool) -> Span:
    """The instants of ``occurrence`` in ``zone``.

    Args:
        occurrence: Wall times.
        zone: IANA zone of the place.
        take_first: Of a time that happens twice, take the first; else it is refused.

    Raises:
        NonexistentTimeError: The clock skips the start or the end.
        AmbiguousTimeError: One of them happens twice, and nobody said which.
    """
    fold = 0 if take_first else None
    return Span(
        to_utc(occurrence.starts, zone, fold=fold), to_utc(occurrence.ends, zone, fold=fold)
    )


def deadline_of(starts: datetime, zone: str, rule: DeadlineRule) -> datetime:
    """The instant by which one has to apply for what ``starts`` then (wall time).

    A deadline that falls into a change of the clock is the moment just after a gap, and the first
    of two: nobody loses time by it who looked at the clock.
    """
    wall = datetime.combine(starts.date() - rule.days * _DAY, rule.at or starts.time())
    try:
        return to_utc(wall, zone, fold=0)
    except NonexistentTimeError as error:
        return to_utc(error.shifted, zone, fold=0)


def shifts_of(before: Sequence[Wall], after: Sequence[Wall]) -> tuple[Shift, ...]:
    """By how much each start and each end was moved, by the clock: an hour later, a day earlier."""
    return tuple((new[0] - old[0], new[1] - old[1]) for old, new in zip(before, after, strict=True))


def shifted(times: Sequence[Wall], shifts: Sequence[Shift]) -> list[Wall]:
    """``times`` of another date, moved likewise; the clock there may have changed meanwhile."""
    return [
        (starts + later, ends + longer)
        for (starts, ends), (later, longer) in zip(times, shifts, strict=True)
    ]


def rule_of(deadline: datetime, starts: datetime) -> DeadlineRule:
    """The rule by which ``deadline`` belongs to what ``starts`` then; both are wall times."""
    return DeadlineRule((starts.date() - deadline.date()).days, deadline.time())


def _days(pattern: Pattern) -> Iterator[date]:
    monday = pattern.first - (pattern.first.isoweekday() - 1) * _DAY
    while True:
        for weekday in sorted(pattern.weekdays):
            day = monday + (weekday - 1) * _DAY
            if pattern.until is not None and day > pattern.until:
                return
            if day >= pattern.first and day not in pattern.skip:
                yield day
        monday += pattern.every_weeks * 7 * _DAY
