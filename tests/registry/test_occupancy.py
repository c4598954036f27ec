"""What published slots take up, as rows; and the guard in the tables that holds by itself."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, insert, select, update

from app.accounts import service as accounts
from app.accounts.rules import Role
from app.core.db import Database
from app.core.errors import InvalidError
from app.core.ids import new_id
from app.registry.models import Course, Facility, Occupancy, Resource, Slot
from app.registry.queries.occupancy import add_rows
from app.registry.rules import FacilityClashError, ResourceClashError, Span, resource_key
from app.registry.schemas.inputs import CancellationIn, SlotPatch
from app.registry.schemas.resources import ResourceIn, ResourcePatch
from app.registry.service import resources, slots
from tests import factories as make
from tests.factories import NOW, owner_of

START = NOW + timedelta(days=30)
HOUR = timedelta(hours=1)
TABLE = SQLModel.metadata.tables["occupancy"]


def at(start: float, end: float) -> dict[str, Any]:
    """The times of a slot, from hour to hour after :data:`START`."""
    return {"starts_at": START + start * HOUR, "ends_at": START + end * HOUR}


def a_site(db: Session, **facts: Any) -> tuple[Course, Facility]:
    """A hands-on course at a facility."""
    provider = make.make_provider(db)
    facility = make.make_facility(db, provider, name="Pilot plant", **facts)
    course = make.make_course(db, provider, mode="hands-on", facility=facility.slug)
    return course, facility


def a_resource(db: Session, course: Course, kind: str = "trainer", **facts: Any) -> Resource:
    """An equipment or a trainer of the course's provider."""
    body = ResourceIn.model_validate({"kind": kind, "name": "Filling line", **facts})
    owner, ref = owner_of(db, course.provider_id), str(course.provider_id)
    return resources.add_resource(db, owner, ref, body, now=NOW)


def taken(db: Session, slot_id: UUID) -> list[tuple[str, datetime, datetime]]:
    """What the slot takes up: kind, from, to."""
    query = select(Occupancy.kind, Occupancy.starts_at, Occupancy.ends_at)
    return sorted(db.exec(query.where(col(Occupancy.slot_id) == slot_id)))


def change(db: Session, slot: Slot, **facts: Any) -> Slot:
    """The slot changed by its owner."""
    patch = SlotPatch.model_validate(facts)
    return slots.change_slot(db, owner_of(db, slot.provider_id), slot.id, patch, now=NOW)


def test_a_published_slot_takes_its_facility_for_every_meeting(database: Database) -> None:
    with database.write() as db:
        course, _ = a_site(db)
        slot = make.make_slot(db, course, meetings=[at(0, 4), at(24, 28)])

        assert taken(db, slot.id) == [
            ("facility", START, START + 4 * HOUR),
            ("facility", START + 24 * HOUR, START + 28 * HOUR),
        ]


def test_a_remote_meeting_takes_no_facility_but_its_trainer(database: Database) -> None:
    with database.write() as db:
        course, _ = a_site(db)
        trainer = a_resource(db, course)
        remote = {**at(24, 26), "mode": "classroom-remote"}
        slot = make.make_slot(db, course, meetings=[at(0, 4), remote], resources=[trainer.id])

        assert [(kind, start) for kind, start, _ in taken(db, slot.id)] == [
            ("facility", START),
            ("trainer", START),
            ("trainer", START + 24 * HOUR),
        ]


def test_what_people_do_at_their_own_pace_takes_nothing(database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db, mode="self-paced")
        trainer = a_resource(db, course)
        slot = make.make_slot(db, course, resources=[trainer.id], **at(0, 900))

        assert taken(db, slot.id) == []


def test_a_draft_takes_nothing_until_it_is_published(database: Database) -> None:
    with database.write() as db:
        course, _ = a_site(db)
        slot = make.make_slot(db, course, status="draft", **at(0, 4))
        as_draft = taken(db, slot.id)
        change(db, slot, status="tentative")

        assert (as_draft, len(taken(db, slot.id))) == ([], 1)


def test_a_slot_that_moves_frees_its_old_time(database: Database) -> None:
    with database.write() as db:
        course, _ = a_site(db)
        slot = make.make_slot(db, course, **at(0, 4))
        change(db, slot, meetings=[at(50, 54)])

        assert [start for _, start, _ in taken(db, slot.id)] == [START + 50 * HOUR]
        assert make.make_slot(db, course, **at(0, 4)).status == "confirmed"


def test_a_cancelled_slot_frees_its_time_and_a_completed_one_keeps_it(database: Database) -> None:
    with database.write() as db:
        course, _ = a_site(db)
        cancelled = make.make_slot(db, course, **at(0, 4))
        owner = owner_of(db, course.provider_id)
        slots.cancel_slot(db, owner, cancelled.id, CancellationIn(), now=NOW)
        completed = make.make_slot(db, course, **at(0, 4))
        change(db, completed, status="completed")

        assert (taken(db, cancelled.id), len(taken(db, completed.id))) == ([], 1)


def test_the_buffer_of_a_facility_keeps_the_next_slot_away(database: Database) -> None:
    with database.write() as db:
        course, _ = a_site(db, buffer_minutes=60)
        make.make_slot(db, course, code="FIRST", **at(0, 4))

        with pytest.raises(FacilityClashError, match="taken by slot FIRST"), db.begin_nested():
            make.make_slot(db, course, **at(4.5, 6))
        assert make.make_slot(db, course, **at(5, 6)).status == "confirmed"


@pytest.mark.parametrize("kind", ["equipment", "trainer"])
def test_a_resource_is_not_promised_twice(database: Database, kind: str) -> None:
    with database.write() as db:
        course = make.make_course(db)
        resource = a_resource(db, course, kind, buffer_minutes=30)
        make.make_slot(db, course, code="FIRST", resources=[resource.id], **at(0, 4))

        with pytest.raises(ResourceClashError, match="Filling line is taken by slot FIRST"):
            make.make_slot(db, course, resources=[resource.id], **at(4.25, 6))


def test_a_resource_added_to_a_published_slot_is_looked_at_too(database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        resource = a_resource(db, course)
        make.make_slot(db, course, resources=[resource.id], **at(0, 4))
        slot = make.make_slot(db, course, **at(0, 4))

        with pytest.raises(ResourceClashError):
            change(db, slot, resources=[resource.id])


def test_taking_a_resource_off_a_slot_frees_it(database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        resource = a_resource(db, course)
        slot = make.make_slot(db, course, resources=[resource.id], **at(0, 4))
        change(db, slot, resources=[])

        assert taken(db, slot.id) == []


@pytest.mark.parametrize("visibility", ["public", "network"])
def test_another_providers_slot_is_named_only_where_it_is_public(
    database: Database, visibility: str
) -> None:
    """One trainer works for two providers."""
    with database.write() as db:
        ours = make.make_course(db)
        theirs, _ = a_site(db, visibility=visibility)
        person = make.make_user(db)
        for course in (ours, theirs):
            accounts.add_membership(
                db,
                person.id,
                Role.PROVIDER_EDITOR,
                provider_id=course.provider_id,
                by=None,
                now=NOW,
            )
        trainers = [a_resource(db, course, person=person.id) for course in (ours, theirs)]
        make.make_slot(db, theirs, code="THEIRS", resources=[trainers[1].id], **at(0, 4))

        with pytest.raises(ResourceClashError) as refusal:
            make.make_slot(db, ours, resources=[trainers[0].id], **at(2, 3))

    named = "THEIRS" in refusal.value.message
    assert named == (visibility == "public") == ("slot" in refusal.value.details)


def test_a_trainer_with_an_account_has_to_be_of_the_providers_own_people(
    database: Database,
) -> None:
    with database.write() as db:
        course = make.make_course(db)
        stranger = make.make_user(db)

        with pytest.raises(InvalidError) as refusal:
            a_resource(db, course, person=stranger.id)

    assert refusal.value.problems[0].code == "unknown_person"


def test_a_slot_takes_only_what_is_its_providers_in_use_and_there(database: Database) -> None:
    with database.write() as db:
        course, facility = a_site(db)
        foreign = a_resource(db, make.make_course(db))
        retired = a_resource(db, course)
        owner = owner_of(db, course.provider_id)
        resources.edit_resource(db, owner, retired.id, ResourcePatch(is_active=False), now=NOW)
        fixed = a_resource(db, course, "equipment", facility=facility.slug)

        codes = []
        remote = {"mode": "classroom-remote"}
        for resource, facts in ((foreign, {}), (retired, {}), (fixed, remote)):
            sent: dict[str, Any] = {"resources": [resource.id], **at(0, 4), **facts}
            with pytest.raises(InvalidError) as refusal, db.begin_nested():
                make.make_slot(db, course, **sent)
            codes.append(refusal.value.problems[0].code)

    assert codes == ["unknown_resource", "resource_inactive", "resource_elsewhere"]


def test_the_tables_themselves_refuse_an_overlap(database: Database) -> None:
    """Written past every check of ours, as somebody might who forgot them."""
    with database.write() as db:
        course, facility = a_site(db)
        slot, other = (
            make.make_slot(db, course, **at(0, 4)),
            make.make_slot(db, course, **at(9, 12)),
        )
    row = _row(other.id, facility.id, Span(START + 3 * HOUR, START + 5 * HOUR))
    own = col(Occupancy.slot_id) == other.id
    earlier = update(Occupancy).where(own).values(starts_at=START + 3 * HOUR)

    for statement in (insert(TABLE).values(**row.model_dump()), earlier):
        with pytest.raises(IntegrityError), database.write() as db:
            db.execute(statement)
    with database.read() as db:
        assert len(taken(db, slot.id)) == len(taken(db, other.id)) == 1


def test_an_overlap_that_slips_through_is_a_refusal_and_no_fault(database: Database) -> None:
    with database.write() as db:
        course, facility = a_site(db)
        slot = make.make_slot(db, course, **at(0, 4))
    row = _row(slot.id, facility.id, Span(START + HOUR, START + 2 * HOUR))

    with pytest.raises(FacilityClashError), database.write() as db:
        add_rows(db, [row], refusal=FacilityClashError("Taken."))


def test_times_that_touch_and_rows_that_are_not_live_are_no_overlap(database: Database) -> None:
    with database.write() as db:
        course, facility = a_site(db)
        slot = make.make_slot(db, course, **at(0, 4))
        touching = _row(slot.id, facility.id, Span(START + 4 * HOUR, START + 5 * HOUR))
        over = _row(slot.id, facility.id, Span(START, START + HOUR), live=False)
        add_rows(db, [touching, over], refusal=FacilityClashError("Taken."))

        assert len(taken(db, slot.id)) == 3


def _row(slot_id: UUID, facility_id: UUID, span: Span, *, live: bool = True) -> Occupancy:
    return Occupancy(
        id=new_id(),
        kind="facility",
        resource_id=facility_id,
        resource_key=resource_key(facility_id),
        slot_id=slot_id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        live=live,
    )
