"""One slot, and one course, as the numbers that columns hold."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NOT_STATED = -1
GONE, DRAFT, OVER, TENTATIVE, CONFIRMED = range(5)
STATUS = {"draft": DRAFT, "tentative": TENTATIVE, "confirmed": CONFIRMED}
CALLED = {code: name for name, code in STATUS.items()} | {OVER: "cancelled", GONE: "cancelled"}

SETS = ("platforms", "languages", "interpretation", "audience", "eligible_countries")
"""What of a course is a set of words."""


class SlotRow(NamedTuple):
    """A slot: instants in microseconds since 1970, days as ``date.toordinal`` counts them.

    ``course``, ``point``, ``mode`` and ``place`` are numbers of shared values; NOT_STATED where
    there is none. ``claims`` says that the side table knows more of its seats.
    """

    starts_at: int
    ends_at: int
    apply_by: int
    starts_on: int
    ends_on: int
    course: int
    point: int
    seats_free: int
    waiting: int
    hours: int
    mode: int
    place: int
    lead_days: int
    status: int
    claims: bool


class CourseRow(NamedTuple):
    """A course: numbers of sets and other shared values; ``fee`` is what people really pay."""

    platforms: int
    languages: int
    interpretation: int
    audience: int
    eligible_countries: int
    fee: int
    fee_usd: int
    skills: int
    funding: int
    verified: bool
    requires: bool


_WIDE, _NUMBER, _SHORT = np.int64, np.int32, np.int16
SLOT_TYPES: dict[str, type[np.generic]] = dict(
    zip(
        SlotRow._fields,
        (*[_WIDE] * 3, *[_NUMBER] * 7, *[_SHORT] * 3, np.int8, np.bool_),
        strict=True,
    )
)
COURSE_TYPES: dict[str, type[np.generic]] = dict(
    zip(CourseRow._fields, (*[_NUMBER] * 8, _SHORT, np.bool_, np.bool_), strict=True)
)
NO_SLOT = (0,) * len(SLOT_TYPES)
NO_COURSE = (0,) * len(COURSE_TYPES)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 began."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """The instant of so many microseconds, UTC."""
    return _EPOCH + timedelta(microseconds=number)


def stated(number: int) -> int | None:
    """A number, or None where it is not stated."""
    return None if number == NOT_STATED else number


def number_of(value: int | None) -> int:
    """The other way round."""
    return NOT_STATED if value is None else value
