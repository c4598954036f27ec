"""Watching, after a seat was given, that people still have what their slot asks for."""

from uuid import UUID

from sqlmodel import Session

from app.booking.models import Booking
from app.booking.queries import requirements as queries
from app.booking.rules import SEAT_TAKING
from app.booking.service.desk import Desk, LockedSlot, open_slot, stamp
from app.booking.service.requirements import risks_of
from app.core import outbox
from app.core.outbox import Fact


def check_slot(db: Session, slot_id: UUID, desk: Desk) -> None:
    """Look at everybody with a seat on the slot; opening it looks at those who wait."""
    locked = open_slot(db, slot_id, desk)
    for booking in queries.seats_of_slot(db, slot_id):
        note_risks(db, locked, booking)


def check_person(db: Session, person_id: UUID, desk: Desk) -> None:
    """Look at all seats of a person, and at the lines they stand in, slot by slot by id.

    Called when something that the person holds has changed. No slot may be locked before it.
    """
    for slot_id in queries.seats_to_check(db, now=desk.clock(), person_id=person_id):
        check_slot(db, slot_id, desk)


def note_risks(db: Session, locked: LockedSlot, booking: Booking) -> None:
    """Note on the booking what its person lacks, or will lack before the slot ends; once."""
    if booking.state not in SEAT_TAKING or locked.now >= locked.closes_at:
        return
    before = booking.at_risk
    after = risks_of(db, locked.slot, booking.person_id, now=locked.now)
    if after == before:
        return
    booking.at_risk = after
    booking.version += 1
    booking.revised_at = stamp(locked.slot, locked.now, booking.revised_at)
    db.add(booking)
    db.flush()
    fact = Fact(
        "booking.at-risk" if after else "booking.risk-cleared",
        booking.id,
        booking.version,
        locked.now,
        payload={
            "slot": str(booking.slot_id),
            "person": str(booking.person_id),
            "at_risk": list(after),
        },
        changes={"at_risk": [list(before), list(after)]},
    )
    outbox.record(db, fact)
