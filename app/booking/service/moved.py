"""A slot that moves takes its people's time along."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from app.accounts.queries import lock_people
from app.booking.models import Booking
from app.booking.queries.occupied import drop_booking_rows, rows_of_bookings, seated
from app.booking.service.desk import LockedSlot, stamp
from app.booking.service.occupied import PersonClashError, clash_of, person_row
from app.core import outbox
from app.core.outbox import Fact
from app.registry.queries.occupancy import add_rows, meeting_times, taken_rows
from app.registry.rules import Span
from app.registry.service.occupancy import settle


def move_people(db: Session, locked: LockedSlot, *, by: UUID | None) -> list[Booking]:
    """Take the time of everybody with a seat where the slot's meetings are now.

    A move is the provider's to decide, so nobody loses a seat by it. Where it lays a booking over
    something else of the person, the booking stays, its time guards nothing until one of the two
    ends, and the fact ``booking.clash`` says so to whoever has to settle it.

    Returns:
        The bookings that now clash.
    """
    wanted = [span for span, _ in meeting_times(db, locked.slot.id)]
    bookings = seated(db, locked.slot.id)
    rows = rows_of_bookings(db, (booking.id for booking in bookings))
    moved = [
        booking
        for booking in bookings
        if [Span(row.starts_at, row.ends_at) for row in rows[booking.id]] != wanted
    ]
    if not moved:
        return []
    lock_people(db, (booking.person_id for booking in moved))
    return [booking for booking in moved if _move(db, locked, booking, wanted, by)]


def _move(
    db: Session, locked: LockedSlot, booking: Booking, wanted: Sequence[Span], by: UUID | None
) -> bool:
    """Move one person's time; whether it now clashes with something else of theirs."""
    drop_booking_rows(db, [booking.id])
    settle(db, [booking.person_id])
    _take(db, booking, wanted)
    if clash_of(db, locked.slot, booking.person_id) is None:
        return False
    booking.version += 1
    booking.revised_at = stamp(locked.slot, locked.now, booking.revised_at)
    db.add(booking)
    payload = {"slot": str(booking.slot_id), "person": str(booking.person_id)}
    fact = Fact("booking.clash", booking.id, booking.version, locked.now, by, payload=payload)
    outbox.record(db, fact)
    db.flush()
    return True


def _take(db: Session, booking: Booking, wanted: Sequence[Span]) -> None:
    if not wanted:
        return
    near = taken_rows(
        db, [booking.person_id], from_at=wanted[0].starts_at, to_at=wanted[-1].ends_at
    )
    taken = [Span(row.starts_at, row.ends_at) for row in near if row.live]
    rows = [
        person_row(booking, span, live=not any(span.overlaps(other) for other in taken))
        for span in wanted
    ]
    add_rows(db, rows, refusal=PersonClashError("This person is already taken at that time."))
