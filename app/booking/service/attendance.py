"""Who was there: one person or a whole roster."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries import claims
from app.booking.rules import BookingState
from app.booking.schemas import AttendanceIn
from app.booking.service.desk import Desk, open_slot, step
from app.core.errors import ConflictError, ForbiddenError
from app.demand import service as demand

_COUNTED = {BookingState.ATTENDED: 1, BookingState.NO_SHOW: 0}


class NotStartedError(ConflictError):
    """Attendance can be recorded once the slot has begun."""

    code = "not_started"


def record_attendance(
    db: Session, actor: Actor, booking_id: UUID, request: AttendanceIn, desk: Desk
) -> Booking:
    """Say whether the person was there; people who were count towards their country's request.

    Raises:
        NotStartedError: The slot has not begun.
        BookingStepError: The seat was never confirmed.
    """
    user_id = actor.require_write()
    found, slot = claims.find_booking(db, actor, booking_id)
    if slot.provider_id not in actor.providers and not actor.secretariat:
        raise ForbiddenError("Only people of the slot's provider record attendance.")
    locked = open_slot(db, found.slot_id, desk)
    booking = claims.fresh_booking(db, booking_id)
    if locked.now < locked.slot.starts_at:
        raise NotStartedError("This slot has not begun yet.")
    after = BookingState.ATTENDED if request.attended else BookingState.NO_SHOW
    if booking.state == after:
        return booking
    counted = _COUNTED[after] - (1 if booking.state == BookingState.ATTENDED else 0)
    step(db, locked, booking, after, by=user_id)
    if booking.cohort_id is not None and counted:
        cohort = claims.cohort_row(db, booking.cohort_id)
        demand.count_seats(db, cohort.request_id, met=counted, now=locked.now)
    return booking
