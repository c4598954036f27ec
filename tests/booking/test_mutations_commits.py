"""Mutation controls about commits: what belongs into one, and what a killed process leaves."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import col, select

from app.booking.models import Booking
from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.outbox import OutboxEvent
from tests.booking.duels import duel, look, start
from tests.booking.people import Hands, book_new
from tests.booking.test_mutations import last_seat, move, off, states
from tests.factories import NOW, make_course, make_slot

S = BookingState
DESK = Desk(clock=Hands())
LATER = NOW + timedelta(minutes=20)


def test_nobody_sees_half_a_booking(database: Database) -> None:
    _, first, _ = last_seat(database)

    assert look(database, replace(first, pause="before commit")) == ([], S.HELD)


def test_a_split_commit_is_seen(database: Database) -> None:
    _, first, _ = last_seat(database, without=("one commit",))

    seen, answer = look(database, replace(first, pause="after commit"))

    assert seen
    assert answer == S.HELD
    assert off(database) == [], "The final state has nothing to tell."


def test_a_message_is_in_the_commit_of_its_change(database: Database) -> None:
    assert _told_before_death(database, ()) == (1, 1)


def test_messages_after_the_commit_are_lost(database: Database) -> None:
    assert _told_before_death(database, ("message in the commit",)) == (1, 0)


def _told_before_death(database: Database, without: tuple[str, ...]) -> tuple[int, int]:
    """Bookings, and messages about them, when the process dies right after its commit."""
    _, first, _ = last_seat(database, without=without)

    assert start(replace(first, pause="after commit", dies=True)).answer() == "killed"

    with database.read() as db:
        told = select(OutboxEvent.id).where(col(OutboxEvent.name) == "booking.placed")
        return len(db.exec(select(Booking.id)).all()), len(db.exec(told).all())


def test_a_call_that_is_sent_again_after_a_death_finds_its_answer(database: Database) -> None:
    assert _sent_again(database, ()) == S.HELD


def test_where_the_key_comes_after_the_commit_the_second_answer_is_wrong(
    database: Database,
) -> None:
    """The seat is there, and the person is told that it is not theirs to book."""
    assert _sent_again(database, ("key in the commit",)) == "already_booked"


def _sent_again(database: Database, without: tuple[str, ...]) -> str:
    _, first, _ = last_seat(database, without=without)
    first = replace(first, key="the same key")

    assert start(replace(first, pause="after commit", dies=True)).answer() == "killed"

    return start(replace(first, pause="")).answer()


def test_a_process_killed_before_its_commit_leaves_nothing(database: Database) -> None:
    _, first, second = last_seat(database)

    assert start(replace(first, pause="before commit", dies=True)).answer() == "killed"

    assert states(database) == {}
    assert start(second).answer() == S.HELD


def test_a_hold_is_confirmed_or_ends_whatever_the_clocks_say(database: Database) -> None:
    """T1: the clock that is read under the lock decides; the one that comes second obeys."""
    with database.write() as db:
        slot = make_slot(db, seats=1)
        actor, booking = book_new(db, slot.id, DESK)
    confirm = move(
        database, "confirm", slot, actor.user_id, target=booking.id, pause="before commit"
    )
    sweep = move(database, "sweep", slot, actor.user_id, now=LATER)

    assert duel(confirm, sweep) == (S.CONFIRMED, "swept")
    assert states(database) == {S.CONFIRMED: 1}

    with database.write() as db:
        other = make_slot(db, make_course(db), seats=1)
        person, held = book_new(db, other.id, DESK)
    late = move(database, "sweep", other, person.user_id, now=LATER, pause="before commit")
    confirm = move(database, "confirm", other, person.user_id, target=held.id)

    assert duel(late, confirm) == ("swept", "hold_expired")
    assert states(database) == {S.CONFIRMED: 1, S.EXPIRED: 1}
