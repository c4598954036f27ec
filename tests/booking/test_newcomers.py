"""What is looked at before a seat is given, in two statements; and rows written past the mapper."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.newcomers import Hours, Newcomer, hours_about, newcomer_at
from app.booking.service.desk import Desk, open_slot_to
from app.core.db import Database
from app.core.errors import NotFoundError
from app.core.ids import new_id
from app.registry.models import Meeting, Slot
from app.registry.rules import Span
from tests import factories as make
from tests.booking.people import Hands, book, book_new, take_block
from tests.factories import NOW

HOUR = timedelta(hours=1)
DESK = Desk(clock=Hands())
PLAIN = {"holds_due": False, "blocks_due": False, "already_in": False, "requires": False}


def look(db: Session, slot: Slot, actor: Actor, **later: float) -> Newcomer:
    """The actor as a newcomer to the slot, some time after :data:`NOW`."""
    return newcomer_at(db, slot, actor.identified(), now=NOW + timedelta(**later))


def flags(newcomer: Newcomer) -> dict[str, bool]:
    """What there is to be looked at closely."""
    return {name: getattr(newcomer, name) for name in PLAIN}


def time_of(db: Session, actor: Actor, start: float, end: float, **later: float) -> Hours:
    """What the actor's time holds from hour to hour after :data:`NOW`."""
    return hours_about(
        db,
        actor.identified(),
        from_at=NOW + start * HOUR,
        to_at=NOW + end * HOUR,
        now=NOW + timedelta(**later),
    )


def test_where_nothing_is_in_the_way_nothing_is_said(database: Database) -> None:
    with database.write() as db:
        slot, other = make.make_slot(db), make.make_slot(db)
        actor = make.make_trainee(db, organisation="Éclair Labs", sector="industry")
        book_new(db, slot.id, DESK)
        book(db, actor, other.id, DESK)

        found = look(db, slot, actor)

    assert flags(found) == PLAIN
    assert (found.organisation, found.sector) == ("Éclair Labs", "industry")
    assert found.times == (Span(slot.starts_at, slot.ends_at),)


def test_a_hold_that_ran_out_is_seen_at_its_very_end(database: Database) -> None:
    with database.write() as db:
        slot, actor = make.make_slot(db), make.make_trainee(db)
        book_new(db, slot.id, DESK)

        seen = [look(db, slot, actor, minutes=minutes).holds_due for minutes in (14, 15)]

    assert seen == [False, True]


def test_a_block_whose_release_has_come_is_seen(database: Database) -> None:
    with database.write() as db:
        slot, actor = make.make_slot(db, seats=5), make.make_trainee(db)
        block = take_block(db, make.make_focal_point(db), slot.id, DESK, 2)
        ahead = (block.release_at - NOW).total_seconds()

        seen = [look(db, slot, actor, seconds=ahead + more).blocks_due for more in (-1, 0)]

    assert seen == [False, True]


@pytest.mark.parametrize("seats", [1, 2])
def test_a_claim_of_ones_own_is_seen_with_a_seat_and_in_the_line(
    database: Database, seats: int
) -> None:
    with database.write() as db:
        slot, actor = make.make_slot(db, seats=seats), make.make_trainee(db)
        book_new(db, slot.id, DESK)
        book(db, actor, slot.id, DESK)

        assert look(db, slot, actor).already_in


def test_a_course_that_asks_for_another_is_seen(database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        first = make.make_course(db, provider)
        second = make.make_course(db, provider, title="Filling", prerequisites=[str(first.id)])
        actor = make.make_trainee(db)

        seen = [look(db, make.make_slot(db, course), actor).requires for course in (first, second)]

    assert seen == [False, True]


def test_the_times_are_those_of_the_meetings_that_are_left_in_their_order(
    database: Database,
) -> None:
    with database.write() as db:
        days = [NOW + timedelta(days=day) for day in (32, 30, 31)]
        meetings = [
            {"starts_at": day.isoformat(), "ends_at": (day + HOUR).isoformat()} for day in days
        ]
        slot, actor = make.make_slot(db, meetings=meetings), make.make_trainee(db)
        of_slot = select(Meeting).where(col(Meeting.slot_id) == slot.id)
        dropped = db.exec(of_slot.order_by(col(Meeting.starts_at))).all()[1]
        dropped.removed_at = NOW
        db.flush()

        found = look(db, slot, actor).times

    assert found == tuple(Span(day, day + HOUR) for day in sorted(days) if day != days[2])


def test_a_slot_without_appointments_needs_nobodys_time(database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db, mode="self-paced")
        slot = make.make_slot(db, course)

        assert look(db, slot, make.make_trainee(db)).times == ()


def test_a_person_who_is_not_there_is_not_found(database: Database) -> None:
    with database.write() as db, pytest.raises(NotFoundError):
        newcomer_at(db, make.make_slot(db), new_id(), now=NOW)


def test_time_is_taken_from_its_beginning_to_before_its_end(database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db, starts_at=NOW + 10 * HOUR, ends_at=NOW + 12 * HOUR)
        actor, _ = book_new(db, slot.id, DESK)

        seen = [time_of(db, actor, *span).taken for span in ((8, 10), (9, 11), (11, 13), (12, 14))]

    assert seen == [False, True, True, False]


def test_holds_are_counted_everywhere_until_they_run_out(database: Database) -> None:
    with database.write() as db:
        actor = make.make_trainee(db)
        for day in (1, 2):
            start = NOW + timedelta(days=30 + day)
            slot = make.make_slot(db, starts_at=start, ends_at=start + HOUR)
            book(db, actor, slot.id, DESK)

        counts = [time_of(db, actor, 0, 1, minutes=minutes).holds for minutes in (14, 15)]

    assert counts == [2, 0]


def test_who_let_a_hold_run_out_is_looked_at_again_and_may_book(database: Database) -> None:
    clock = Hands()
    desk = Desk(clock=clock)
    with database.write() as db:
        slot = make.make_slot(db, seats=1)
        actor, first = book_new(db, slot.id, desk)
        clock.on(minutes=16)

        _, newcomer = open_slot_to(db, slot.id, actor.identified(), desk, reader=actor)
        second = book(db, actor, slot.id, desk)

    assert not newcomer.already_in
    assert (first.state, second.state) == ("expired", "held")


def as_written(database: Database, booking_id: UUID) -> dict[str, Any]:
    """The row as somebody else reads it."""
    with database.read() as db:
        return db.get_one(Booking, booking_id).model_dump()


@pytest.mark.parametrize("seats", [1, 2])
def test_a_booking_is_given_back_as_it_is_in_the_database(database: Database, seats: int) -> None:
    with database.write() as db:
        slot = make.make_slot(db, seats=seats)
        book_new(db, slot.id, DESK)
        _, booking = book_new(db, slot.id, DESK, country="KE", organisation="Éclair Labs")

    assert as_written(database, booking.id) == booking.model_dump()
    assert booking.authority == "eclair labs"


def test_what_is_changed_of_a_new_booking_is_written_too(database: Database) -> None:
    with database.write() as db:
        _, booking = book_new(db, make.make_slot(db).id, DESK)
        booking.note = "Changed in the same transaction."

    assert as_written(database, booking.id)["note"] == "Changed in the same transaction."


def test_the_slot_remembers_the_stamp_of_a_booking(database: Database) -> None:
    later = Desk(clock=Hands(NOW + HOUR))
    with database.write() as db:
        slot_id = make.make_slot(db).id
    with database.write() as db:
        _, booking = book_new(db, slot_id, later)

    with database.read() as db:
        assert db.get_one(Slot, slot_id).stamped_at == booking.revised_at == NOW + HOUR
