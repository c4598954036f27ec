"""``cadre verify`` sees every stretch of time that is missing, left over or taken twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, delete, select, update

from app.booking.models import Booking
from app.booking.queries.times import times_off
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Occupancy, Slot
from app.registry.schemas.resources import ResourceIn
from app.registry.service import resources
from tests import factories as make
from tests.booking.people import confirm_new
from tests.factories import NOW, owner_of


@pytest.fixture
def slot(database: Database, desk: Desk) -> Slot:
    """A published slot at a facility, with a trainer and one person; all of it as it must be."""
    with database.write() as db:
        provider = make.make_provider(db)
        facility = make.make_facility(db, provider)
        course = make.make_course(db, provider, mode="hands-on", facility=facility.slug)
        body = ResourceIn(kind="trainer", name="Dr Example")
        trainer = resources.add_resource(
            db, owner_of(db, provider.id), str(provider.id), body, now=NOW
        )
        slot = make.make_slot(db, course, resources=[trainer.id])
        confirm_new(db, slot.id, desk)
        assert list(times_off(db)) == []
        return slot


def _without(kind: str) -> Callable[[Session], Any]:
    return lambda db: db.execute(delete(Occupancy).where(col(Occupancy.kind) == kind))


def _cancelled(db: Session) -> None:
    db.execute(update(Booking).values(state="cancelled"))


def _unpublished(db: Session) -> None:
    db.execute(update(Slot).values(status="draft"))


def _idle(db: Session) -> None:
    person = col(Occupancy.kind) == "person"
    db.execute(update(Occupancy).where(person).values(live=False))


def _shifted(db: Session) -> None:
    row = db.exec(select(Occupancy).where(col(Occupancy.kind) == "person")).one()
    later = row.ends_at + timedelta(minutes=1)
    db.execute(update(Occupancy).where(col(Occupancy.id) == row.id).values(ends_at=later))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_without("person"), "does not take its person's time"),
        (_without("facility"), "does not take its facility"),
        (_without("trainer"), "does not take its equipment and trainers"),
        (_cancelled, "takes its person's time for nothing"),
        (_unpublished, "is not published and takes something up"),
        (_idle, "guards nothing, with nothing in its way"),
        (_shifted, "takes its person's time for nothing"),
    ],
)
def test_what_is_off_is_told(
    database: Database, slot: Slot, spoil: Callable[[Session], Any], told: str
) -> None:
    with database.write() as db:
        spoil(db)

        assert any(told in sentence for sentence in times_off(db)), slot.id


def test_what_is_taken_twice_is_told(sqlite_database: Database, desk: Desk) -> None:
    """With the guard of the tables taken away, as only somebody at the database could."""
    with sqlite_database.write() as db:
        slots = [make.make_slot(db, **make.in_days(days)) for days in (30, 31)]
        actor, _ = confirm_new(db, slots[0].id, desk)
        first = db.exec(select(Occupancy).where(col(Occupancy.kind) == "person")).one()
        for event in ("insert", "update"):
            db.connection().exec_driver_sql(f"DROP TRIGGER occupancy_overlap_{event}")
        table = Occupancy.metadata.tables["occupancy"]
        twin = {**first.model_dump(), "id": slots[1].id, "slot_id": slots[1].id}
        db.execute(table.insert().values(**twin))

        assert f"person {actor.user_id} is taken twice at one time" in list(times_off(db))
