"""People's occupied time as rows, and what may be said about it to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, delete, select

from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries.claims import visible_bookings
from app.booking.rules import SEAT_TAKING
from app.booking.rules.travel import Place, Stay
from app.core import countries
from app.registry.models import Course, Facility, Meeting, Occupancy, Slot
from app.registry.queries.rows import sees_everything_of
from app.registry.rules import REMOTE_MODES


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a person's time, as it is named to them; instants in UTC."""

    slot_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str


def stays_of(
    db: Session, slot_ids: Iterable[UUID], *, from_at: datetime, to_at: datetime
) -> list[Stay]:
    """Where people of these slots have to be in the stretch; remote meetings are nowhere."""
    query = (
        select(Meeting.slot_id, Meeting.starts_at, Meeting.ends_at, Facility)
        .join(Slot, col(Slot.id) == col(Meeting.slot_id))
        .join(Facility, col(Facility.id) == col(Slot.facility_id))
        .where(
            col(Meeting.slot_id).in_(set(slot_ids)),
            col(Meeting.removed_at).is_(None),
            col(Meeting.mode).not_in(REMOTE_MODES),
            col(Meeting.starts_at) < to_at,
            col(Meeting.ends_at) > from_at,
        )
        .order_by(col(Meeting.starts_at))
    )
    return [
        Stay(starts_at, ends_at, _place(facility), slot_id)
        for slot_id, starts_at, ends_at, facility in db.exec(query)
    ]


def known_item(db: Session, reader: Actor, person_id: UUID, row: Occupancy) -> Item | None:
    """What the row of the person's time is; None for readers who may not know of it.

    The person may; of a booking those who may see it; of teaching the slot's provider.
    """
    query = (
        select(Slot, Course.title)
        .join(Course, col(Course.id) == col(Slot.course_id))
        .where(col(Slot.id) == row.slot_id)
    )
    slot, title = db.exec(query).one()
    if reader.user_id != person_id and not _may_know(db, reader, row, slot):
        return None
    return Item(slot.id, title, slot.starts_at, slot.ends_at, slot.zone)


def seated(db: Session, slot_id: UUID) -> list[Booking]:
    """The bookings with a seat on the slot, by person."""
    query = select(Booking).where(
        col(Booking.slot_id) == slot_id, col(Booking.state).in_(SEAT_TAKING)
    )
    return list(db.exec(query.order_by(col(Booking.person_id))))


def rows_of_bookings(db: Session, booking_ids: Iterable[UUID]) -> dict[UUID, list[Occupancy]]:
    """The occupied time of each booking, in its order."""
    ids = set(booking_ids)
    found: dict[UUID, list[Occupancy]] = {booking_id: [] for booking_id in ids}
    query = select(Occupancy).where(col(Occupancy.booking_id).in_(ids))
    for row in db.exec(query.order_by(col(Occupancy.starts_at))):
        if row.booking_id is not None:
            found[row.booking_id].append(row)
    return found


def drop_booking_rows(db: Session, booking_ids: Iterable[UUID]) -> None:
    """Take away the time that these bookings have taken."""
    statement = delete(Occupancy).where(col(Occupancy.booking_id).in_(set(booking_ids)))
    db.execute(statement.execution_options(synchronize_session=False))


def clashing(db: Session, booking_ids: Iterable[UUID]) -> set[UUID]:
    """Which of the bookings lie over something else of their person since a slot was moved."""
    query = select(Occupancy.booking_id).where(
        col(Occupancy.booking_id).in_(set(booking_ids)), col(Occupancy.live).is_(False)
    )
    return {booking_id for booking_id in db.exec(query) if booking_id is not None}


def _may_know(db: Session, reader: Actor, row: Occupancy, slot: Slot) -> bool:
    if row.booking_id is None:
        return sees_everything_of(reader, slot.provider_id)
    query = (
        select(Booking.id)
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .outerjoin(Cohort, col(Cohort.id) == col(Booking.cohort_id))
        .where(col(Booking.id) == row.booking_id, visible_bookings(reader))
    )
    return db.exec(query).first() is not None


def _place(facility: Facility) -> Place:
    latitude, longitude = facility.latitude, facility.longitude
    if latitude is None or longitude is None:  # a point of the country is the best that we know
        country = countries.country(facility.country)
        latitude, longitude = (country.lat, country.lon) if country else (0.0, 0.0)
    return Place(facility.id, facility.city, facility.country, latitude, longitude)
