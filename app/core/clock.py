"""Reading the time, in one place, so that tests and the demonstration can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def whole_second(instant: datetime) -> datetime:
    """``instant`` cut to the second: the finest time that iCalendar and HTTP can carry."""
    return instant.replace(microsecond=0)
