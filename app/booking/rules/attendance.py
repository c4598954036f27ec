"""From the days a person was there to what they get for it. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.booking.rules.states import BookingState

ROLL = frozenset({BookingState.CONFIRMED, BookingState.ATTENDED, BookingState.NO_SHOW})
"""States of people who were expected: those on the attendance list."""


def attendance_state(
    *, present: int, recorded: int, meetings: int, percent: int
) -> BookingState | None:
    """What the days add up to; None while some of the ``meetings`` are not recorded.

    Attended: at least ``percent`` of the meetings. No-show: none of them. Somebody who was there
    for less than was asked keeps the seat as it was confirmed: neither word would be true.
    Counted in whole numbers, so that 80 % of five meetings is four and nothing else.
    """
    if meetings == 0 or recorded < meetings:
        return None
    if present == 0:
        return BookingState.NO_SHOW
    if present * 100 >= percent * meetings:
        return BookingState.ATTENDED
    return BookingState.CONFIRMED


def meeting_day(starts_at: datetime, zone: str) -> date:
    """The day of a meeting, where it takes place."""
    return starts_at.astimezone(ZoneInfo(zone)).date()


def is_day_come(starts_at: datetime, zone: str, *, now: datetime) -> bool:
    """Whether the meeting's day has begun: who arrives early can be marked before the start."""
    return now.astimezone(ZoneInfo(zone)).date() >= meeting_day(starts_at, zone)
