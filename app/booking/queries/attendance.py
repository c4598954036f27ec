"""The people who are expected at a slot, and the days they were there."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Attendance, Booking
from app.booking.rules import SEAT_TAKING, BookingState
from app.booking.rules.attendance import ASSESSED, ROLL
from app.booking.schemas import PersonRef, RollLine
from app.core.errors import NotFoundError
from app.core.text import search_form
from app.qualifications.models import Certificate, Qualification
from app.registry.models import Course, Facility, Meeting, Slot
from app.registry.queries.rows import find_slot, meetings_of, sees_everything_of

_Key = tuple[str, str]


def find_own_slot(db: Session, actor: Actor, slot_id: UUID) -> Slot:
    """The slot, for its provider's people and the secretariat.

    Raises:
        NotFoundError: There is none whose people the actor may know.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    return slot


def roll(
    db: Session,
    actor: Actor,
    slot_id: UUID,
    *,
    limit: int | None = None,
    after: list[str | int] | None = None,
) -> tuple[list[RollLine], int, list[str | int] | None]:
    """Everybody expected at the slot by name: a page of them, how many in all, the next cursor.

    Raises:
        NotFoundError: There is no slot whose people the actor may know.
    """
    find_own_slot(db, actor, slot_id)
    found = _people_in(db, slot_id, ROLL)
    last = tuple(str(part) for part in after or ())
    wanted = [row for row in found if _by_name(row) > last]
    shown = wanted[:limit]
    more: list[str | int] | None = list(_by_name(shown[-1])) if len(wanted) > len(shown) else None
    return _lines(db, shown), len(found), more


def everybody(db: Session, actor: Actor, slot_id: UUID) -> list[RollLine]:
    """Everybody with a seat by name, not yet confirmed ones too: who may come to the door.

    Raises:
        NotFoundError: There is no slot whose people the actor may know.
    """
    find_own_slot(db, actor, slot_id)
    return _lines(db, _people_in(db, slot_id, SEAT_TAKING))


def _people_in(
    db: Session, slot_id: UUID, states: Collection[BookingState]
) -> list[tuple[Booking, User]]:
    query = (
        select(Booking, User)
        .join(User, col(User.id) == col(Booking.person_id))
        .where(col(Booking.slot_id) == slot_id, col(Booking.state).in_(states))
    )
    # Sorted here and not by the database, so that every database has the same order.
    return sorted(db.exec(query).all(), key=_by_name)


def lines_of(db: Session, slot_id: UUID, booking_ids: Iterable[UUID]) -> dict[UUID, RollLine]:
    """Lines of these bookings of the slot, for callers that checked who may see them."""
    query = (
        select(Booking, User)
        .join(User, col(User.id) == col(Booking.person_id))
        .where(col(Booking.slot_id) == slot_id, col(Booking.id).in_(set(booking_ids)))
    )
    return {line.id: line for line in _lines(db, db.exec(query).all())}


def days_of(db: Session, booking_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, Attendance]]:
    """What is recorded, by booking and meeting."""
    query = select(Attendance).where(col(Attendance.booking_id).in_(set(booking_ids)))
    found: dict[UUID, dict[UUID, Attendance]] = {}
    for each in db.exec(query):
        found.setdefault(each.booking_id, {})[each.meeting_id] = each
    return found


def bookings_by_id(db: Session, slot_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Booking]:
    """Bookings of the slot as they are under its lock."""
    query = select(Booking).where(col(Booking.slot_id) == slot_id, col(Booking.id).in_(set(ids)))
    rows = db.exec(query.execution_options(populate_existing=True))
    return {booking.id: booking for booking in rows}


def asks_result(db: Session, slot: Slot) -> bool:
    """Whether the slot's course is assessed, so that its people have a result."""
    query = select(Course.certificate).where(col(Course.id) == slot.course_id)
    return db.exec(query).one() in ASSESSED


def papers_needed(db: Session, slot: Slot) -> tuple[str, ...]:
    """What the slot's place asks people to bring: ids of the vocabulary ``access_requirements``."""
    facility = db.get(Facility, slot.facility_id) if slot.facility_id else None
    return tuple(facility.access_rules) if facility else ()


def papers_held(
    db: Session, person_ids: Iterable[UUID], *, kinds: Collection[str], through: date
) -> dict[UUID, frozenset[str]]:
    """The kinds that each person has, verified and good through the day ``through``."""
    query = select(Qualification.person_id, Qualification.kind).where(
        col(Qualification.person_id).in_(set(person_ids)),
        col(Qualification.kind).in_(kinds),
        col(Qualification.state) == "verified",
        or_(col(Qualification.valid_until).is_(None), col(Qualification.valid_until) >= through),
    )
    found: dict[UUID, frozenset[str]] = {}
    for person_id, kind in db.exec(query):
        found[person_id] = found.get(person_id, frozenset()) | {kind}
    return found


def meetings_in_order(db: Session, slot_id: UUID) -> list[Meeting]:
    """The slot's meetings, the first one first."""
    return meetings_of(db, [slot_id])[slot_id]


def is_certified(db: Session, booking_id: UUID) -> bool:
    """Whether a certificate of the booking stands."""
    query = select(Certificate.id).where(
        col(Certificate.booking_id) == booking_id, col(Certificate.state) == "valid"
    )
    return db.exec(query).first() is not None


def attendance_percent(db: Session, slot: Slot) -> int:
    """The share of the meetings that the slot's course asks people to attend."""
    return db.exec(select(Course.attendance_percent).where(col(Course.id) == slot.course_id)).one()


def _by_name(row: tuple[Booking, User]) -> _Key:
    booking, user = row
    return search_form(user.name), str(booking.id)


def _lines(db: Session, rows: Sequence[tuple[Booking, User]]) -> list[RollLine]:
    days = days_of(db, [booking.id for booking, _ in rows])
    return [
        RollLine(
            id=booking.id,
            person=PersonRef(id=user.id, name=user.name, country=user.country, email=user.email),
            organisation=user.organisation,
            state=booking.state,
            days={key: each.present for key, each in days.get(booking.id, {}).items()},
            result=booking.result,
            result_note=booking.result_note,
        )
        for booking, user in rows
    ]
