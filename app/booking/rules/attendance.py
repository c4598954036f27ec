"""From the days a person was there to what they get for it. Pure."""

from datetime import date, datetime

from app.booking.rules.states import BookingState
from app.core.zones import to_local

ROLL = frozenset({BookingState.CONFIRMED, BookingState.ATTENDED, BookingState.NO_SHOW})
"""States of people who were expected: those on the attendance list."""

ASSESSED = frozenset({"assessed-completion", "qualification-with-expiry"})
"""Kinds of certificate that a course gives to those who passed its assessment only."""


def attendance_state(
    before: BookingState, *, present: int, recorded: int, meetings: int, percent: int
) -> BookingState:
    """What the days add up to; ``before`` while some of the ``meetings`` are not recorded.

    Attended: at least ``percent`` of the meetings. No-show: none of them. Somebody who was there
    for less than was asked keeps the seat as it was confirmed, since neither word would be true;
    who counted as attended by mistake no longer does. Counted in whole numbers, so that 80 % of
    five meetings is four and nothing else.
    """
    if meetings == 0 or recorded < meetings:
        return before
    if present * 100 >= percent * meetings:
        return BookingState.ATTENDED
    if present == 0 or before == BookingState.ATTENDED:
        return BookingState.NO_SHOW
    return before


def meeting_day(starts_at: datetime, zone: str) -> date:
    """The day of a meeting, where it takes place."""
    return to_local(starts_at, zone).date()


def is_day_come(starts_at: datetime, zone: str, *, now: datetime) -> bool:
    """Whether the meeting's day has begun: who arrives early can be marked before the start."""
    return to_local(now, zone).date() >= meeting_day(starts_at, zone)
