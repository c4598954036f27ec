"""Earlier parts that are booked and not passed yet: whether a seat can wait for them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.booking.rules.states import BookingState
from app.registry.rules.chains import SELF_PACED, end_of

_S = BookingState

_ON_THE_WAY = frozenset({_S.REQUESTED, _S.HELD, _S.OFFERED, _S.CONFIRMED})

PREREQUISITE = "prerequisite"
"""The risk that a required course is not there at the slot's end; other risks are access rules."""


@dataclass(frozen=True, slots=True)
class EarlierSeat:
    """A seat of a person on a slot of a required course, with the slot's times."""

    booking_id: UUID
    course_id: UUID
    state: str
    result: str | None
    starts_at: datetime
    ends_at: datetime
    mode: str
    hours: int | None


def can_still_pass(seat: EarlierSeat, *, due_at: datetime, now: datetime) -> bool:
    """Whether the course can be passed with this seat before ``due_at``.

    Somebody who was there can still be told the result; somebody who failed, or did not come,
    cannot pass with that seat any more. Work at one's own pace is joined at any time of its window.
    """
    if seat.state == _S.ATTENDED:
        return seat.result != "failed" and (seat.mode == SELF_PACED or seat.ends_at <= due_at)
    if seat.state not in _ON_THE_WAY:
        return False
    ready_at = now if seat.mode == SELF_PACED else seat.starts_at
    end = end_of(seat, ready_at)
    return end is not None and end <= due_at
