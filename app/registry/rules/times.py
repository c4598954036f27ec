"""What a stretch of time means: what overlaps, which days count, when a change happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.core.zones import AmbiguousTimeError, NonexistentTimeError, to_utc


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time ``[starts_at, ends_at)`` with what fills it, in words."""

    starts_at: datetime
    ends_at: datetime
    label: str = ""

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share any moment; touching ends do not count."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def first_clash(wanted: Sequence[Span], taken: Iterable[Span]) -> Span | None:
    """The earliest of ``taken`` that overlaps any of ``wanted``."""
    clashes = [other for other in taken if any(span.overlaps(other) for span in wanted)]
    return min(clashes, key=lambda span: span.starts_at, default=None)


def first_deadline(before: datetime, first: datetime | None, after: datetime) -> datetime | None:
    """The deadline as first announced, when ``after`` replaces ``before``; None: not extended.

    A deadline that is brought back to the first one, or before it, is no longer an extended one.
    """
    first = first or before
    return first if after > first else None


def next_revision(*, now: datetime, stamped_at: datetime | None) -> datetime:
    """The instant of a visible change: whole seconds, and later than the one before.

    Some calendar programs skip an event whose LAST-MODIFIED has not risen, so two changes within
    one second still get two instants. Source: design of the calendar feeds, R22.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    if stamped_at is None or moment > stamped_at:
        return moment
    return stamped_at + timedelta(seconds=1)


def instants_meant(local: str, zone: str) -> tuple[datetime, ...]:
    """The instants that a wall time can mean by the rules that ship with the product.

    One as a rule; two where the clock goes back; where the clock skips the time, the one that it
    shows instead.

    Args:
        local: Wall time to the minute, as meetings keep it.
        zone: IANA zone.
    """
    moment = datetime.fromisoformat(local)
    try:
        return (to_utc(moment, zone),)
    except AmbiguousTimeError as error:
        return error.candidates
    except NonexistentTimeError as error:
        return (to_utc(error.shifted, zone, fold=0),)


def by_rules_of_today(local: str, zone: str, stored: datetime) -> datetime:
    """The instant of a wall time, for one that was stored when the zone had other rules, perhaps.

    ``stored`` where it still is one of the instants meant. Its seconds stay: wall times have none.
    """
    within = timedelta(seconds=stored.second, microseconds=stored.microsecond)
    meant = instants_meant(local, zone)
    return stored if stored - within in meant else meant[0] + within


def working_days(start: date, count: int, *, weekend: frozenset[int]) -> list[date]:
    """``count`` dates from ``start`` on, leaving out the weekend (ISO weekdays, Monday = 1)."""
    days: list[date] = []
    day = start
    while len(days) < count:
        if day.isoweekday() not in weekend:
            days.append(day)
        day += timedelta(days=1)
    return days
