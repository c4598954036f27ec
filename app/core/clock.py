"""Reading the time in one place, so that tests and the demonstration can set it; and months."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def whole_second(instant: datetime) -> datetime:
    """``instant`` cut to the second: the finest time that iCalendar and HTTP can carry."""
    return instant.replace(microsecond=0)


def months_later(day: date, months: int) -> date:
    """The same day some months later (or earlier), or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
