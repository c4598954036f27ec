"""The applications for a slot, with what each had passed at the deadline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.booking.models import Booking
from app.booking.queries.shares import as_share, claims_of, shares_of
from app.booking.rules import BookingState
from app.booking.rules.shares import Caps, SeatBook
from app.core.zones import to_local
from app.qualifications.models import Qualification, Waiver
from app.qualifications.queries.qualifications import course_refs
from app.qualifications.rules.qualifications import Proof, is_good_through, last_day
from app.registry.models import Slot
from app.registry.queries.chains import requirements_of


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a slot requires, by name, and who had what of it at the deadline."""

    names: dict[UUID, str]
    done: frozenset[tuple[UUID, UUID]]

    def passed(self, person_id: UUID) -> tuple[str, ...]:
        """The required courses that the person has passed, or was let off."""
        return self._names(person_id, done=True)

    def missing(self, person_id: UUID) -> tuple[str, ...]:
        """The required courses that the person has not passed."""
        return self._names(person_id, done=False)

    def _names(self, person_id: UUID, *, done: bool) -> tuple[str, ...]:
        found = [
            name
            for course, name in self.names.items()
            if ((person_id, course) in self.done) == done
        ]
        return tuple(sorted(found))


def applications_of(db: Session, slot_id: UUID) -> list[Booking]:
    """The people who applied for the slot and were not decided about."""
    query = select(Booking).where(
        col(Booking.slot_id) == slot_id, col(Booking.state) == BookingState.WAITLISTED
    )
    return list(db.exec(query.order_by(col(Booking.entered_at), col(Booking.id))))


def decided_applications(db: Session, slot_id: UUID) -> list[Booking]:
    """The bookings that the slot's selection decided about, whatever became of them."""
    query = select(Booking).where(col(Booking.slot_id) == slot_id)
    rows = db.exec(query.order_by(col(Booking.entered_at), col(Booking.id)))
    return [booking for booking in rows if booking.selection]


def missing_of(db: Session, booking_id: UUID) -> tuple[str, ...]:
    """The required courses that somebody who applied has not passed so far, by name."""
    booking = db.get_one(Booking, booking_id)
    slot = db.get_one(Slot, booking.slot_id)
    required = requirements_at_deadline(db, slot, {booking.person_id})
    return required.missing(booking.person_id)


def requirements_at_deadline(db: Session, slot: Slot, people: Collection[UUID]) -> Requirements:
    """What the slot requires directly, and who of ``people`` had it by the deadline's day.

    A qualification counts when it was issued by then, was verified (also later) and is good
    through the slot's last day; a waiver counts whenever it was given.
    """
    required = requirements_of(db, [slot.course_id]).get(slot.course_id, ())
    if not required:
        return Requirements({}, frozenset())
    refs = course_refs(db, required)
    names = {course: f"{ref.code or ''} {ref.title}".strip() for course, ref in refs.items()}
    done = _passed(db, slot, people, required) | _waived(db, slot, people)
    return Requirements(names, frozenset(done))


def selection_book(db: Session, slot: Slot) -> SeatBook:
    """The free seats of a slot with all shares that were kept until its deadline, or longer."""
    rows = [
        share
        for share in shares_of(db, slot.id)
        if share.until >= slot.apply_by and not share.ended_reason
    ]
    free = max(0, slot.seats + slot.overbook - slot.seats_claimed)
    caps = Caps(slot.max_per_country, slot.max_per_authority)
    return SeatBook.of(free, map(as_share, rows), caps, claims_of(db, slot.id))


def _passed(
    db: Session, slot: Slot, people: Collection[UUID], required: Sequence[UUID]
) -> set[tuple[UUID, UUID]]:
    until, by = last_day(slot.ends_at, slot.zone), to_local(slot.apply_by, slot.zone).date()
    query = select(Qualification).where(
        col(Qualification.person_id).in_(people), col(Qualification.course_id).in_(required)
    )
    return {
        (row.person_id, row.course_id)
        for row in db.exec(query)
        if row.course_id is not None
        and row.issued_on <= by
        and is_good_through(Proof(row.course_id, row.state, row.issued_on, row.valid_until), until)
    }


def _waived(db: Session, slot: Slot, people: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    query = select(Waiver.person_id, Waiver.course_id).where(
        col(Waiver.slot_id) == slot.id, col(Waiver.person_id).in_(people)
    )
    return set(db.exec(query))
