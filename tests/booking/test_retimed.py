"""Slots follow the clocks of their places when the rules of a zone change."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.booking.jobs import retime
from app.booking.queries.invariants import broken
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.registry.models import Meeting, Occupancy, Slot
from tests.booking.people import confirm_new
from tests.factories import make_course, make_facility, make_provider, make_slot

HOUR = timedelta(hours=1)


def halls(db: Session, *hours: float) -> list[Slot]:
    """Slots of two hours in one hall in Nairobi, so many hours after the first."""
    provider = make_provider(db)
    hall = make_facility(db, provider)
    course = make_course(db, provider, mode="hands-on", facility=hall.slug)
    first = make_slot(db, course)
    starts = [first.starts_at + after * HOUR for after in hours]
    return [first, *(make_slot(db, course, starts_at=at, ends_at=at + 2 * HOUR) for at in starts)]


def as_under_older_rules(database: Database, *slot_ids: UUID) -> None:
    """Leave the rows as if the zone had been an hour further from UTC when they were written."""
    for slot_id in slot_ids:  # the earliest first, so that none lies over the next meanwhile
        with database.write() as db:
            rows = [
                *db.exec(select(Occupancy).where(col(Occupancy.slot_id) == slot_id)),
                *db.exec(select(Meeting).where(col(Meeting.slot_id) == slot_id)),
                db.get_one(Slot, slot_id),
            ]
            for row in rows:
                row.starts_at -= HOUR
                row.ends_at -= HOUR
                db.add(row)


def listed(database: Database) -> list[str]:
    """What ``cadre verify`` says."""
    with database.read() as db:
        return broken(db)


def told(database: Database, slot_id: UUID) -> list[str]:
    query = select(OutboxEvent.name).where(col(OutboxEvent.subject_id) == slot_id)
    with database.read() as db:
        return list(db.exec(query.order_by(col(OutboxEvent.version))))


def test_nine_o_clock_stays_nine_o_clock(database: Database, desk: Desk) -> None:
    with database.write() as db:
        (slot,) = halls(db)
        confirm_new(db, slot.id, desk)
    as_under_older_rules(database, slot.id)
    assert [line for line in listed(database) if "stored as" in line]

    moved = retime(database, desk)

    assert listed(database) == []
    with database.read() as db:
        after = db.get_one(Slot, slot.id)
    assert (moved, after.starts_at, after.ends_at) == (1, slot.starts_at, slot.ends_at)
    assert after.sequence == slot.sequence + 1
    assert told(database, slot.id) == ["slot.planned", "slot.retimed"]


def test_what_is_right_is_left_alone(database: Database, desk: Desk) -> None:
    with database.write() as db:
        (slot,) = halls(db)

    assert retime(database, desk) == 0
    assert told(database, slot.id) == ["slot.planned"]


def test_slots_side_by_side_move_together(database: Database, desk: Desk) -> None:
    """Each moves into the old time of the next."""
    with database.write() as db:
        slots = halls(db, 2, 4)
    as_under_older_rules(database, *(slot.id for slot in slots))

    assert retime(database, desk) == 3

    assert listed(database) == []
    with database.read() as db:
        after = [db.get_one(Slot, slot.id).starts_at for slot in slots]
    assert after == [slot.starts_at for slot in slots]


def test_where_two_would_need_one_place_they_stay_and_are_listed(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, second = halls(db, 2)
    with database.write() as db:  # the second says the wall time of the first
        wall = db.exec(select(Meeting).where(col(Meeting.slot_id) == first.id)).one()
        meeting = db.exec(select(Meeting).where(col(Meeting.slot_id) == second.id)).one()
        meeting.local_starts, meeting.local_ends = wall.local_starts, wall.local_ends
        db.add(meeting)

    assert retime(database, desk) == 0

    assert len([line for line in listed(database) if "stored as" in line]) == 2
