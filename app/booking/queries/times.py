"""Whether the occupied time is what slots and bookings take up, looked up in the rows."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, exists, or_
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.booking.models import Booking
from app.booking.rules import SEAT_TAKING
from app.registry.models import Meeting, Occupancy, Resource, Slot, SlotResource
from app.registry.rules import REMOTE_MODES, WINDOW_MODES, SlotStatus, Taken

_PUBLISHED = (SlotStatus.TENTATIVE, SlotStatus.CONFIRMED, SlotStatus.COMPLETED)
_OTHER = aliased(Occupancy)


def times_off(db: Session) -> Iterator[str]:
    """Every stretch that is missing, left over, or taken twice; a sentence each."""
    for booking_id in db.exec(_people_missing()):
        yield f"booking {booking_id} has a seat and does not take its person's time"
    for booking_id in db.exec(_people_left_over()):
        yield f"booking {booking_id} takes its person's time for nothing"
    for slot_id in db.exec(_facilities_missing()):
        yield f"slot {slot_id} is published and does not take its facility"
    for slot_id in db.exec(_resources_missing()):
        yield f"slot {slot_id} is published and does not take its equipment and trainers"
    for slot_id in db.exec(_slots_left_over()):
        yield f"slot {slot_id} is not published and takes something up"
    for kind, resource_id in db.exec(_twice()):
        yield f"{kind} {resource_id} is taken twice at one time"
    for booking_id in db.exec(_idle()):
        yield f"booking {booking_id} has time that guards nothing, with nothing in its way"


def _people_missing() -> Any:
    taken = exists().where(
        col(Occupancy.booking_id) == col(Booking.id),
        col(Occupancy.starts_at) == col(Meeting.starts_at),
        col(Occupancy.ends_at) == col(Meeting.ends_at),
    )
    query = select(Booking.id).join(Meeting, col(Meeting.slot_id) == col(Booking.slot_id))
    return query.where(*_needs_people(), ~taken).distinct()


def _people_left_over() -> Any:
    needed = exists().where(
        col(Booking.id) == col(Occupancy.booking_id),
        col(Meeting.slot_id) == col(Booking.slot_id),
        col(Meeting.starts_at) == col(Occupancy.starts_at),
        col(Meeting.ends_at) == col(Occupancy.ends_at),
        *_needs_people(),
    )
    query = select(Occupancy.booking_id).where(col(Occupancy.kind) == Taken.PERSON, ~needed)
    return query.distinct()


def _needs_people() -> tuple[ColumnElement[bool], ...]:
    return (
        col(Booking.state).in_(SEAT_TAKING),
        col(Meeting.removed_at).is_(None),
        col(Meeting.mode).not_in(WINDOW_MODES),
    )


def _facilities_missing() -> Any:
    return (
        select(Slot.id)
        .join(Meeting, col(Meeting.slot_id) == col(Slot.id))
        .where(
            col(Slot.status).in_(_PUBLISHED),
            col(Slot.facility_id).is_not(None),
            col(Meeting.removed_at).is_(None),
            col(Meeting.mode).not_in(REMOTE_MODES),
            ~_covers(col(Occupancy.resource_id) == col(Slot.facility_id)),
        )
        .distinct()
    )


def _resources_missing() -> Any:
    owner = or_(
        col(Occupancy.resource_id) == col(Resource.person_id),
        and_(col(Resource.person_id).is_(None), col(Occupancy.resource_id) == col(Resource.id)),
    )
    return (
        select(Slot.id)
        .join(Meeting, col(Meeting.slot_id) == col(Slot.id))
        .join(SlotResource, col(SlotResource.slot_id) == col(Slot.id))
        .join(Resource, col(Resource.id) == col(SlotResource.resource_id))
        .where(
            col(Slot.status).in_(_PUBLISHED),
            col(Meeting.removed_at).is_(None),
            col(Meeting.mode).not_in(WINDOW_MODES),
            ~_covers(owner),
        )
        .distinct()
    )


def _covers(resource: ColumnElement[bool]) -> ColumnElement[bool]:
    """The slot takes the resource for the whole meeting; buffers come on top."""
    return exists().where(
        resource,
        col(Occupancy.slot_id) == col(Slot.id),
        col(Occupancy.booking_id).is_(None),
        col(Occupancy.starts_at) <= col(Meeting.starts_at),
        col(Occupancy.ends_at) >= col(Meeting.ends_at),
    )


def _slots_left_over() -> Any:
    return (
        select(Slot.id)
        .join(Occupancy, col(Occupancy.slot_id) == col(Slot.id))
        .where(col(Occupancy.booking_id).is_(None), col(Slot.status).not_in(_PUBLISHED))
        .distinct()
    )


def _twice() -> Any:
    query = select(Occupancy.kind, Occupancy.resource_id).join(_OTHER, _overlap())
    both = (col(Occupancy.live), col(_OTHER.live), col(Occupancy.id) < col(_OTHER.id))
    return query.where(*both).distinct()


def _idle() -> Any:
    in_its_way = exists().where(_overlap(), col(_OTHER.live))
    return select(Occupancy.booking_id).where(~col(Occupancy.live), ~in_its_way).distinct()


def _overlap() -> ColumnElement[bool]:
    return and_(
        col(_OTHER.resource_id) == col(Occupancy.resource_id),
        col(_OTHER.starts_at) < col(Occupancy.ends_at),
        col(_OTHER.ends_at) > col(Occupancy.starts_at),
    )
