"""What people have, or are on the way to, of what slots require."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.rules import LIVE, SEAT_TAKING, BookingState
from app.booking.rules.requirements import PREREQUISITE, EarlierSeat
from app.core.errors import NotFoundError
from app.qualifications.queries.qualifications import (
    course_refs,
    proofs_of,
    waived_courses,
    waivers_of_slot,
)
from app.qualifications.rules.qualifications import good_through, last_day
from app.qualifications.schemas.paths import WaiverView
from app.registry.models import Course, CoursePrerequisite, Facility, Slot
from app.registry.queries.rows import find_slot, sees_everything_of
from app.registry.rules import SlotStatus
from app.registry.rules.chains import hours_of
from app.taxonomy import queries as taxonomy

_MOST = 500  # slots that require something are small


def done_courses(
    db: Session, slot: Slot, person_id: UUID, courses: Collection[UUID]
) -> frozenset[UUID]:
    """Those of the courses that the person has passed, good through the slot's end, or is let off.

    A waiver is for what the slot itself requires.
    """
    proofs = proofs_of(db, person_id, courses=courses)
    good = good_through(proofs, last_day(slot.ends_at, slot.zone))
    waived = waived_courses(db, person_id, slot.id)
    return frozenset(course for course in courses if course in good or course in waived)


def earlier_seats(db: Session, person_id: UUID, courses: Collection[UUID]) -> list[EarlierSeat]:
    """The person's seats on slots of these courses, also those that are over."""
    query = (
        select(Booking, Slot, Course)
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .join(Course, col(Course.id) == col(Slot.course_id))
        .where(
            col(Booking.person_id) == person_id,
            col(Booking.state).in_(SEAT_TAKING),
            col(Slot.course_id).in_(courses),
        )
        .order_by(col(Slot.starts_at), col(Booking.id))
    )
    return [
        EarlierSeat(
            booking_id=booking.id,
            course_id=course.id,
            state=booking.state,
            result=booking.result,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            mode=slot.mode,
            hours=hours_of(course.length, course.length_unit),
        )
        for booking, slot, course in db.exec(query)
    ]


def access_rules_of(db: Session, slot: Slot) -> tuple[str, ...]:
    """What the slot's facility asks of people who enter it; nothing where there is none."""
    if slot.facility_id is None:
        return ()
    return db.get_one(Facility, slot.facility_id).access_rules


def seats_to_check(db: Session, *, now: datetime, person_id: UUID | None = None) -> list[UUID]:
    """The slots still to begin on which somebody has a seat, or waits, that asks for something."""
    query = (
        select(Booking.slot_id)
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .outerjoin(Facility, col(Facility.id) == col(Slot.facility_id))
        .where(
            col(Booking.state).in_([*SEAT_TAKING, BookingState.WAITLISTED]),
            col(Slot.status) == SlotStatus.CONFIRMED,
            col(Slot.ends_at) > now,
            or_(
                col(Slot.course_id).in_(select(CoursePrerequisite.course_id)),
                col(Facility.access_rules) != (),
                col(Booking.at_risk) != (),
            ),
        )
    )
    if person_id is not None:
        query = query.where(col(Booking.person_id) == person_id)
    return sorted(set(db.exec(query)))


def seats_of_slot(db: Session, slot_id: UUID) -> list[Booking]:
    """The bookings of the slot that have a seat to come, fresh from the database."""
    query = select(Booking).where(
        col(Booking.slot_id) == slot_id,
        col(Booking.state).in_(
            [
                BookingState.REQUESTED,
                BookingState.HELD,
                BookingState.OFFERED,
                BookingState.CONFIRMED,
            ]
        ),
    )
    fresh = query.order_by(col(Booking.id)).execution_options(populate_existing=True)
    return list(db.exec(fresh))


def waiver_views(db: Session, actor: Actor, slot_id: UUID) -> list[WaiverView]:
    """The waivers for a slot, oldest first.

    Raises:
        NotFoundError: The actor neither edits the slot's provider nor is the secretariat.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    rows = waivers_of_slot(db, slot_id)
    courses = course_refs(db, {course.id for _, _, course in rows})
    return [
        WaiverView(
            **waiver.model_dump(include={"id", "role", "reason", "created_at"}),
            person=person.id,
            person_name=person.name,
            slot=slot_id,
            course=courses[course.id],
        )
        for waiver, person, course in rows
    ]


def warnings_of(db: Session, booking_id: UUID) -> list[str]:
    """What the person of a booking has lost, or will have lost by its end, in words."""
    at_risk = db.get_one(Booking, booking_id).at_risk
    return [
        "A course that the date requires is no longer good through its end."
        if code == PREREQUISITE
        else f"Ends before the date does: {taxonomy.label('access_requirements', code)}."
        for code in at_risk
    ]


def people_to_look_at(
    db: Session, actor: Actor, slot_id: UUID
) -> tuple[Slot, list[tuple[Booking, User]]]:
    """The slot and everybody with a live claim on it, as their roster has them.

    Raises:
        NotFoundError: The actor neither edits the slot's provider nor is the secretariat.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    query = (
        select(Booking, User)
        .join(User, col(User.id) == col(Booking.person_id))
        .where(col(Booking.slot_id) == slot_id, col(Booking.state).in_(LIVE))
        .order_by(col(Booking.entered_at), col(Booking.id))
        .limit(_MOST)
    )
    return slot, list(db.exec(query))
