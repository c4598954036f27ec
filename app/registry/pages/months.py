"""One month as weeks of days, with the slots that begin on each. Pure."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.core.moments import day_text
from app.core.zones import to_local
from app.registry.cards import SELF_PACED, place_text, short_label, status_words
from app.registry.schemas.views import SlotView

_DAY = timedelta(days=1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class MonthEntry:
    """A slot on the day it begins."""

    url: str
    title: str
    time: str
    detail: str
    status: str
    until: str


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A square of the calendar; ``own`` is False for days of the months beside it."""

    day: date
    label: str
    own: bool
    entries: tuple[MonthEntry, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month with its neighbours, as ``2027-01``."""

    title: str
    previous: str
    next: str
    weeks: tuple[tuple[MonthDay, ...], ...]


def first_day(month: str) -> date:
    """The first day of ``2027-01``."""
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def window(month: str) -> tuple[datetime, datetime]:
    """Instants (UTC) that hold every moment of the month, in whichever zone."""
    start = datetime.combine(first_day(month), datetime.min.time(), UTC)
    return start - 7 * _DAY, start + 39 * _DAY


def month_of(month: str, views: Iterable[SlotView]) -> Month:
    """The month's squares; a slot stands on its first day in its own zone."""
    first = first_day(month)
    by_day: dict[date, list[MonthEntry]] = {}
    for view in views:
        by_day.setdefault(to_local(view.starts_at, view.zone).date(), []).append(_entry(view))
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        title=f"{first:%B %Y}",
        previous=f"{first - _DAY:%Y-%m}",
        next=f"{first + 31 * _DAY:%Y-%m}",
        weeks=tuple(
            tuple(
                MonthDay(
                    day, day_text_of(day), day.month == first.month, tuple(by_day.get(day, ()))
                )
                for day in week
            )
            for week in weeks
        ),
    )


def day_text_of(day: date) -> str:
    """``Thu 14 Jan``."""
    return f"{day:%a} {day.day} {day:%b}"


def _entry(view: SlotView) -> MonthEntry:
    start, end = to_local(view.starts_at, view.zone), to_local(view.ends_at, view.zone)
    several = end.date() != start.date()
    mode = short_label("delivery_modes", view.mode)
    return MonthEntry(
        url=f"/slots/{view.id}",
        title=view.course.title,
        time="" if view.mode == SELF_PACED else f"{start:%H:%M}",
        detail=view.facility.city if view.facility and place_text(view) else mode,
        status=status_words(view)[0],
        until=day_text(end) if several else "",
    )
