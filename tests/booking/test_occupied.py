"""A person's time: taken with a seat, given back with it, never promised twice."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts import service as accounts
from app.accounts.rules import Actor, Role
from app.booking.models import Booking
from app.booking.service.desk import Desk, open_slot
from app.booking.service.moved import move_people
from app.booking.service.occupied import PersonClashError, clash_of, occupy, vacate
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.registry.models import Course, Occupancy, Slot
from app.registry.rules import ResourceClashError
from app.registry.schemas.inputs import SlotPatch
from app.registry.schemas.resources import ResourceIn
from app.registry.service import resources
from app.registry.service.slots import change_slot
from tests import factories as make
from tests.factories import NOW, owner_of

START = NOW + timedelta(days=30)
HOUR = timedelta(hours=1)
KAMPALA: dict[str, Any] = {"city": "Kampala", "country": "UG", "zone": "Africa/Kampala"}


def at(start: float, end: float) -> dict[str, Any]:
    """The times of a slot, from hour to hour after :data:`START`."""
    return {"starts_at": START + start * HOUR, "ends_at": START + end * HOUR}


def seat(db: Session, slot: Slot, person_id: UUID) -> Booking:
    """A confirmed seat, with the person's time that goes with it."""
    booking = Booking(
        slot_id=slot.id,
        person_id=person_id,
        state="confirmed",
        entered_at=NOW,
        created_at=NOW,
        revised_at=NOW,
        created_by=person_id,
    )
    db.add(booking)
    slot.seats_claimed += 1
    db.add(slot)
    db.flush()
    occupy(db, slot, booking)
    return booking


def live_of(db: Session, person_id: UUID) -> list[tuple[datetime, bool]]:
    """The beginning of each stretch of the person's time, and whether it guards itself."""
    query = select(Occupancy.starts_at, Occupancy.live)
    found = db.exec(query.where(col(Occupancy.resource_id) == person_id))
    return sorted(found)


def on_site(db: Session, **facts: Any) -> Course:
    """A hands-on course at a facility of its own."""
    provider = make.make_provider(db)
    facility = make.make_facility(db, provider, **facts)
    return make.make_course(db, provider, mode="hands-on", facility=facility.slug)


def move(db: Session, slot: Slot, desk: Desk, **facts: Any) -> list[Booking]:
    """Change the slot as its owner, and take its people along."""
    locked = open_slot(db, slot.id, desk)
    patch = SlotPatch.model_validate(facts)
    owner = owner_of(db, slot.provider_id)
    change_slot(db, owner, slot.id, patch, now=NOW)
    db.flush()
    return move_people(db, locked, by=owner.user_id)


def test_a_seat_takes_the_persons_time_for_every_meeting(database: Database) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        seat(db, make.make_slot(db, meetings=[at(0, 2), at(24, 26)]), person)

        assert live_of(db, person) == [(START, True), (START + 24 * HOUR, True)]


def test_a_seat_that_is_given_back_frees_the_persons_time(database: Database) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        vacate(db, seat(db, make.make_slot(db), person))

        assert live_of(db, person) == []
        assert clash_of(db, make.make_slot(db), person) is None


def test_two_seats_at_one_time_clash_and_neighbours_do_not(database: Database) -> None:
    with database.write() as db:
        person, other = make.make_user(db).id, make.make_user(db).id
        seat(db, make.make_slot(db, **at(0, 2)), person)
        over, after = make.make_slot(db, **at(1, 3)), make.make_slot(db, **at(2, 4))

        assert isinstance(clash_of(db, over, person), PersonClashError)
        assert clash_of(db, after, person) is None
        assert clash_of(db, over, other) is None


def test_ones_own_seat_is_in_nobodys_way(database: Database) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        slot = make.make_slot(db)
        seat(db, slot, person)

        assert clash_of(db, slot, person) is None


def test_self_paced_learning_clashes_with_nothing(database: Database) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        learning = make.make_slot(db, make.make_course(db, mode="self-paced"), **at(0, 900))
        seat(db, make.make_slot(db), person)
        clash = clash_of(db, learning, person)
        seat(db, learning, person)

        assert (clash, len(live_of(db, person))) == (None, 1)


def test_the_guard_of_the_tables_holds_where_nobody_looked(database: Database) -> None:
    """The control for :func:`clash_of`: it is not asked, and the second seat is refused still."""
    with database.write() as db:
        person = make.make_user(db).id
        slots = [make.make_slot(db, **at(0, 2)), make.make_slot(db, **at(1, 3))]
        seat(db, slots[0], person)

    with pytest.raises(PersonClashError), database.write() as db:
        seat(db, db.get_one(Slot, slots[1].id), person)
    with database.read() as db:
        assert live_of(db, person) == [(START, True)]


@pytest.mark.parametrize(
    ("city", "hours", "enough"),
    [("Nairobi", 0.5, False), ("Nairobi", 1, True), ("Kampala", 11, False), ("Kampala", 12, True)],
)
def test_the_way_between_two_sites_needs_its_time(
    database: Database, city: str, hours: float, enough: bool
) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        place: dict[str, Any] = KAMPALA if city == "Kampala" else {}
        seat(
            db, make.make_slot(db, on_site(db, latitude=-1.29, longitude=36.82), **at(0, 2)), person
        )
        far = on_site(db, latitude=0.35, longitude=32.58, **place)
        clash = clash_of(db, make.make_slot(db, far, **at(2 + hours, 6 + hours)), person)

    assert (clash is None) == enough


def test_between_a_site_and_a_remote_class_nobody_travels(database: Database) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        seat(db, make.make_slot(db, on_site(db), **at(0, 2)), person)

        assert clash_of(db, make.make_slot(db, **at(2, 4)), person) is None


def test_the_person_is_told_what_stands_in_the_way(database: Database) -> None:
    with database.write() as db:
        trainee = make.make_trainee(db)
        course = make.make_course(db, title="Gowning")
        first = make.make_slot(db, course, zone="Africa/Nairobi", **at(0, 2))
        seat(db, first, trainee.identified())
        clash = clash_of(db, make.make_slot(db), trainee.identified(), reader=trainee)

    assert clash is not None
    assert "You are already taken" in clash.message
    assert "“Gowning”" in clash.message
    assert "Nairobi, UTC+3" in clash.message
    assert clash.details["slot"] == str(first.id)


def test_a_way_that_takes_too_long_is_told_with_its_hours(database: Database) -> None:
    with database.write() as db:
        trainee = make.make_trainee(db)
        seat(db, make.make_slot(db, on_site(db), **at(0, 2)), trainee.identified())
        far = make.make_slot(db, on_site(db, **KAMPALA), **at(3, 5))
        clash = clash_of(db, far, trainee.identified(), reader=trainee)

    assert clash is not None
    assert "takes about 12 hours; there is 1 hour for it" in clash.message


@pytest.mark.parametrize("who", ["a focal point", "another provider", "nobody"])
def test_others_learn_only_that_the_person_is_taken(database: Database, who: str) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        seat(db, make.make_slot(db, make.make_course(db, title="Secret")), person)
        slot = make.make_slot(db)
        reader = {
            "a focal point": make.make_focal_point(db, "UG"),
            "another provider": owner_of(db, slot.provider_id),
            "nobody": None,
        }[who]
        clash = clash_of(db, slot, person, reader=reader)

    assert clash is not None
    assert (clash.message, clash.details) == ("This person is already taken at that time.", {})


def test_who_may_see_the_other_booking_is_told_of_it(database: Database) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        first = make.make_slot(db, make.make_course(db, title="Gowning"))
        seat(db, first, person)
        slot = make.make_slot(db)
        readers = [owner_of(db, first.provider_id), make.make_secretariat(db)]
        clashes = [clash_of(db, slot, person, reader=reader) for reader in readers]

    assert all(clash is not None and "“Gowning”" in clash.message for clash in clashes)


def _teacher(db: Session) -> tuple[Course, Actor, UUID]:
    """A course, one of its provider's people, and the trainer that this person is."""
    course = make.make_course(db, title="Sterile filling")
    person = make.make_user(db)
    accounts.add_membership(
        db, person.id, Role.PROVIDER_EDITOR, provider_id=course.provider_id, by=None, now=NOW
    )
    body = ResourceIn(kind="trainer", name="Dr Example", person=person.id)
    owner, ref = owner_of(db, course.provider_id), str(course.provider_id)
    trainer = resources.add_resource(db, owner, ref, body, now=NOW)
    return course, make.make_actor(db, person.id), trainer.id


def test_nobody_teaches_and_learns_at_once(database: Database) -> None:
    with database.write() as db:
        course, teacher, trainer = _teacher(db)
        teaching = make.make_slot(db, course, resources=[trainer])
        clash = clash_of(db, make.make_slot(db), teacher.identified(), reader=teacher)
        own = clash_of(db, teaching, teacher.identified(), reader=teacher)

    assert clash is not None
    assert own is not None
    assert "“Sterile filling”" in clash.message


def test_a_person_with_a_seat_cannot_be_put_to_teach_at_that_time(database: Database) -> None:
    with database.write() as db:
        course, teacher, trainer = _teacher(db)
        seat(db, make.make_slot(db), teacher.identified())

        with pytest.raises(ResourceClashError, match="Dr Example is taken by another event"):
            make.make_slot(db, course, resources=[trainer])


def test_a_slot_that_moves_takes_its_people_along(database: Database, desk: Desk) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        slot = make.make_slot(db, **at(0, 2))
        seat(db, slot, person)
        clashing = move(db, slot, desk, meetings=[at(50, 52)])

        assert (clashing, live_of(db, person)) == ([], [(START + 50 * HOUR, True)])


def test_a_change_that_moves_no_time_touches_nobody(database: Database, desk: Desk) -> None:
    with database.write() as db:
        booking = seat(db, slot := make.make_slot(db), make.make_user(db).id)

        assert move(db, slot, desk, note="Bring a coat.") == []
        assert booking.version == 1


def test_a_move_over_another_booking_keeps_both_and_says_so(database: Database, desk: Desk) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        seat(db, make.make_slot(db, **at(50, 52)), person)
        slot = make.make_slot(db, **at(0, 2))
        moved = seat(db, slot, person)
        clashing = move(db, slot, desk, meetings=[at(51, 53)])

        assert clashing == [moved]
        assert live_of(db, person) == [(START + 50 * HOUR, True), (START + 51 * HOUR, False)]
        facts = db.exec(select(OutboxEvent).where(col(OutboxEvent.name) == "booking.clash")).all()
        assert [(fact.subject_id, fact.version) for fact in facts] == [(moved.id, 2)]


def test_when_one_of_two_clashing_bookings_ends_the_other_guards_its_time(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        first = seat(db, make.make_slot(db, **at(50, 52)), person)
        slot = make.make_slot(db, **at(0, 2))
        seat(db, slot, person)
        move(db, slot, desk, meetings=[at(51, 53)])
        vacate(db, first)

        assert live_of(db, person) == [(START + 51 * HOUR, True)]


def test_a_move_into_another_city_is_told_where_the_way_becomes_too_long(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        seat(db, make.make_slot(db, on_site(db), **at(0, 2)), person)
        slot = make.make_slot(db, on_site(db, **KAMPALA), **at(50, 52))
        moved = seat(db, slot, person)

        assert move(db, slot, desk, meetings=[at(4, 6)]) == [moved]
        assert live_of(db, person) == [(START, True), (START + 4 * HOUR, True)]


def test_a_slot_that_becomes_self_paced_frees_its_people(database: Database, desk: Desk) -> None:
    with database.write() as db:
        person = make.make_user(db).id
        slot = make.make_slot(db)
        seat(db, slot, person)

        assert (move(db, slot, desk, mode="self-paced"), live_of(db, person)) == ([], [])
