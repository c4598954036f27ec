"""Mutation controls: a guard is taken away, and the same duel or look must then go wrong.

Each guard has a pair: with it the duel ends as it must, without it the failure is seen. Where
several guards stand behind each other, the others are taken away in both halves, so that it is
this one guard that holds. ``docs/proof.md`` has the table.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.queries.ledger import counters_off
from app.booking.rules import LIVE, SEAT_TAKING, BookingState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Occupancy, Slot
from tests.booking.duels import BROKEN, CAUGHT, Move, duel, start
from tests.booking.mutations import drop_check
from tests.booking.people import Hands, book_new, confirm_new, take_block
from tests.factories import NOW, make_course, make_focal_point, make_slot, make_trainee, owner_of

S = BookingState
DESK = Desk(clock=Hands())
LATER = NOW + timedelta(minutes=20)


def move(database: Database, part: str, slot: Slot, actor: UUID | None, **facts: Any) -> Move:
    """One process's part, with all guards unless told otherwise."""
    assert actor is not None
    return Move(str(database.url), part, slot.id, actor, facts.pop("now", NOW), **facts)


def sold(database: Database, slot: Slot) -> int:
    """Seats that people hold, whatever the counter says."""
    with database.read() as db:
        states = db.exec(select(Booking.state).where(col(Booking.slot_id) == slot.id))
        return sum(state in SEAT_TAKING for state in states)


def states(database: Database) -> Counter[str]:
    """How many bookings are in which state."""
    with database.read() as db:
        return Counter(db.exec(select(Booking.state)))


def off(database: Database) -> list[dict[str, Any]]:
    """What the counters are off by."""
    with database.read() as db:
        return counters_off(db)


def last_seat(database: Database, **facts: Any) -> tuple[Slot, Move, Move]:
    """Two people and one seat; the first pauses between check and write."""
    with database.write() as db:
        slot = make_slot(db, seats=1)
        one, other = (make_trainee(db).user_id for _ in range(2))
    first = move(database, "book", slot, one, pause="after check", **facts)
    return slot, first, move(database, "book", slot, other, **facts)


def test_the_last_seat_is_sold_once(database: Database) -> None:
    slot, first, second = last_seat(database)

    assert duel(first, second) == (S.HELD, S.WAITLISTED)
    assert (sold(database, slot), off(database)) == (1, [])


BEHIND_THE_LOCK = ("condition", "CHECK")


def test_the_lock_alone_holds(database: Database) -> None:
    drop_check(database)
    slot, first, second = last_seat(database, without=BEHIND_THE_LOCK)

    assert duel(first, second) == (S.HELD, S.WAITLISTED)
    assert sold(database, slot) == 1


@pytest.mark.parametrize("lock", ["lock", "lock on the slot"])
def test_without_the_lock_and_what_is_behind_it_the_seat_is_sold_twice(
    postgres_database: Database, lock: str
) -> None:
    """Locking the bookings in place of the slot is no lock: the one to come has no row yet."""
    drop_check(postgres_database)
    slot, first, second = last_seat(postgres_database, without=(lock, *BEHIND_THE_LOCK))

    assert duel(first, second) == (S.HELD, S.HELD)
    assert sold(postgres_database, slot) == 2


def test_sqlite_as_sqlalchemy_opens_it_sells_the_seat_twice(sqlite_database: Database) -> None:
    """It begins with the first write: what was read before is not what is written to."""
    without = ("our own BEGIN", *BEHIND_THE_LOCK)
    slot, first, second = last_seat(sqlite_database, without=without)

    assert duel(first, second) == (S.HELD, S.HELD)
    assert sold(sqlite_database, slot) == 2


def test_a_deferred_begin_fails_where_an_immediate_one_waits(sqlite_database: Database) -> None:
    """SQLite sees that the snapshot is old and refuses: no seat too many, but an error."""
    slot, first, second = last_seat(sqlite_database, without=("BEGIN IMMEDIATE",))

    answers = duel(first, second)

    assert [answer.startswith(BROKEN) for answer in answers].count(True) == 1, answers
    assert sold(sqlite_database, slot) == 1


def test_without_read_committed_the_second_fails_where_it_should_wait(
    postgres_database: Database,
) -> None:
    slot, first, second = last_seat(postgres_database, without=("READ COMMITTED",))

    assert duel(first, second) == (S.HELD, f"{BROKEN}: 40001")
    assert sold(postgres_database, slot) == 1


def test_the_condition_alone_holds(postgres_database: Database) -> None:
    drop_check(postgres_database)
    slot, first, second = last_seat(postgres_database, without=("lock", "CHECK"))

    assert duel(first, second) == ("not_enough_seats", S.HELD)
    assert sold(postgres_database, slot) == 1


def test_the_check_of_the_table_alone_holds(postgres_database: Database) -> None:
    slot, first, second = last_seat(postgres_database, without=("lock", "condition"))

    assert duel(first, second) == (CAUGHT, S.HELD)
    assert sold(postgres_database, slot) == 1


def test_the_check_of_the_table_holds_on_sqlite_too(sqlite_database: Database) -> None:
    slot, first, second = last_seat(sqlite_database, without=("our own BEGIN", "condition"))

    assert sorted(duel(first, second)) == [CAUGHT, S.HELD]
    assert sold(sqlite_database, slot) == 1


def test_where_the_answer_of_the_update_is_ignored_the_counter_drifts(
    postgres_database: Database,
) -> None:
    without = ("lock", "answer of the update")
    slot, first, second = last_seat(postgres_database, without=without)

    duel(first, second)

    assert sold(postgres_database, slot) == 2
    assert off(postgres_database)


def same_person(database: Database, *without: str) -> tuple[Slot, Move, Move]:
    """One person books twice at once; there are seats enough, and nobody looks at their time."""
    drop_guard_of_time(database)
    facts = {"without": ("look for a clash", *without)}
    with database.write() as db:
        slot = make_slot(db, seats=5)
        actor = make_trainee(db).user_id
    first = move(database, "book", slot, actor, pause="after check", **facts)
    return slot, first, move(database, "book", slot, actor, **facts)


def drop_guard_of_time(database: Database) -> None:
    """One place at a time, forgotten by the table."""
    with database.write() as db:
        if database.is_sqlite:
            for when in ("INSERT", "UPDATE"):
                db.execute(text(f"DROP TRIGGER occupancy_overlap_{when}"))
        else:
            db.execute(text("ALTER TABLE occupancy DROP CONSTRAINT ex_occupancy_live"))


def live_claims(database: Database) -> int:
    """Claims that are not over."""
    return sum(count for state, count in states(database).items() if state in LIVE)


def drop_index(database: Database) -> None:
    """One live claim for each person and slot, forgotten by the table."""
    with database.write() as db:
        db.execute(text("DROP INDEX uq_booking_live"))


def test_a_person_has_one_claim_by_the_lock_alone(database: Database) -> None:
    drop_index(database)
    _, first, second = same_person(database)

    assert duel(first, second) == (S.HELD, "already_booked")
    assert live_claims(database) == 1


def test_a_person_has_one_claim_by_the_index_alone(postgres_database: Database) -> None:
    _, first, second = same_person(postgres_database, "lock")

    assert CAUGHT in duel(first, second)
    assert live_claims(postgres_database) == 1


def test_a_person_has_two_claims_without_lock_and_index(postgres_database: Database) -> None:
    drop_index(postgres_database)
    _, first, second = same_person(postgres_database, "lock")

    assert duel(first, second) == (S.HELD, S.HELD)
    assert live_claims(postgres_database) == 2


def test_a_person_has_two_claims_where_sqlite_is_opened_carelessly(
    sqlite_database: Database,
) -> None:
    drop_index(sqlite_database)
    _, first, second = same_person(sqlite_database, "our own BEGIN")

    assert duel(first, second) == (S.HELD, S.HELD)
    assert live_claims(sqlite_database) == 2


def twice_in_a_row(database: Database, *without: str) -> tuple[str, str]:
    """One person books, and then again; the table has forgotten that there is one claim."""
    drop_index(database)
    _, first, second = same_person(database, *without)
    return start(replace(first, pause="")).answer(), start(second).answer()


def test_a_person_has_one_claim_by_the_look(database: Database) -> None:
    assert twice_in_a_row(database) == (S.HELD, "already_booked")


def test_without_the_look_a_person_has_two_claims(database: Database) -> None:
    assert twice_in_a_row(database, "look for a booking") == (S.HELD, S.HELD)
    assert live_claims(database) == 2


def two_places(database: Database, **facts: Any) -> tuple[Move, Move]:
    """One person books two slots at the same time."""
    with database.write() as db:
        slots = [make_slot(db, make_course(db), seats=5) for _ in range(2)]
        actor = make_trainee(db).user_id
    first = move(database, "book", slots[0], actor, pause="before commit", **facts)
    return first, move(database, "book", slots[1], actor, **facts)


def times_taken(database: Database) -> int:
    """Stretches of a person's time that are taken."""
    with database.read() as db:
        return len(db.exec(select(Occupancy).where(col(Occupancy.kind) == "person")).all())


def test_a_person_is_in_one_place_by_the_look_under_the_lock(database: Database) -> None:
    drop_guard_of_time(database)
    first, second = two_places(database)

    assert duel(first, second) == (S.HELD, "person_clash")
    assert times_taken(database) == 1


def test_a_person_is_in_one_place_by_the_table_alone(database: Database) -> None:
    first, second = two_places(database, without=("look for a clash",))

    assert duel(first, second) == (S.HELD, "person_clash")
    assert times_taken(database) == 1


def test_a_person_is_in_two_places_without_both(database: Database) -> None:
    drop_guard_of_time(database)
    first, second = two_places(database, without=("look for a clash",))

    assert duel(first, second) == (S.HELD, S.HELD)
    assert times_taken(database) == 2


def test_under_repeatable_read_the_look_under_the_lock_sees_the_past(
    postgres_database: Database,
) -> None:
    """The lock waits, and then the old snapshot is read: what a lock is worth there."""
    drop_guard_of_time(postgres_database)
    first, second = two_places(postgres_database, without=("READ COMMITTED",))

    assert duel(first, second) == (S.HELD, S.HELD)
    assert times_taken(postgres_database) == 2


def freed_seat(database: Database, **facts: Any) -> tuple[Slot, Move, Move]:
    """The one seat is given back, before the commit of which somebody else asks for it."""
    with database.write() as db:
        slot = make_slot(db, seats=1)
        owner, booking = confirm_new(db, slot.id, DESK)
        newcomer = make_trainee(db).user_id
    first = move(
        database,
        "cancel",
        slot,
        owner.user_id,
        target=booking.id,
        pause="before commit",
        **facts,
    )
    return slot, first, move(database, "book", slot, newcomer, **facts)


def idle(database: Database, slot: Slot) -> bool:
    """Whether a seat is free that somebody waits for."""
    with database.read() as db:
        row = db.get_one(Slot, slot.id)
        return row.seats_claimed < row.seats and row.waiting > 0


def test_a_freed_seat_and_a_newcomer_find_each_other(database: Database) -> None:
    slot, first, second = freed_seat(database)

    assert duel(first, second) == (S.CANCELLED, S.HELD)
    assert not idle(database, slot)


def test_without_the_lock_somebody_waits_beside_a_free_seat(database: Database) -> None:
    """Both are right by what they see: the seat is taken, nobody waits."""
    slot, first, second = freed_seat(database, without=("lock",))

    assert duel(first, second) == (S.CANCELLED, S.WAITLISTED)
    assert idle(database, slot)


def seat_and_line(db: Session, *, minutes: int = 0) -> tuple[Slot, Any, Booking, Booking]:
    """A slot of one seat that is held or confirmed, and somebody who waits for it."""
    slot = make_slot(db, seats=1)
    hold = book_new if minutes else confirm_new
    actor, booking = hold(db, slot.id, DESK)
    _, waiting = book_new(db, slot.id, DESK)
    return slot, actor, booking, waiting


def freeing(database: Database, path: str) -> tuple[Slot, Move]:
    """Each path on which a seat comes free, with one person in line."""
    with database.write() as db:
        if path == "release":
            slot, focal = make_slot(db, seats=1), make_focal_point(db)
            cohort = take_block(db, focal, slot.id, DESK, 1)
            book_new(db, slot.id, DESK)
            return slot, move(database, "release", slot, focal.user_id, target=cohort.id)
        slot, actor, booking, _ = seat_and_line(db, minutes=path == "expiry")
        if path == "cancel":
            return slot, move(database, "cancel", slot, actor.user_id, target=booking.id)
        if path == "expiry":
            return slot, move(database, "sweep", slot, actor.user_id, now=LATER)
        owner = owner_of(db, slot.provider_id).user_id
        return slot, move(database, "resize", slot, owner, count=2)


PATHS = ("cancel", "release", "resize", "expiry")


@pytest.mark.parametrize("path", PATHS)
def test_every_path_that_frees_a_seat_moves_the_line(database: Database, path: str) -> None:
    slot, freed = freeing(database, path)

    start(freed).answer()

    assert not idle(database, slot)
    assert states(database)[S.OFFERED] == 1


@pytest.mark.parametrize("path", PATHS)
def test_without_promotion_the_line_stands_still(database: Database, path: str) -> None:
    slot, freed = freeing(database, path)

    start(replace(freed, without=("promote",))).answer()

    assert idle(database, slot)


def test_a_newcomer_joins_the_tail_while_anybody_waits(database: Database) -> None:
    """The line did not move, for whatever reason: that is no reason to jump it."""
    assert _newcomer(database, ("promote",)) == S.WAITLISTED


def test_where_the_line_is_ignored_a_newcomer_jumps_it(database: Database) -> None:
    assert _newcomer(database, ("promote", "the line first")) == S.HELD


def _newcomer(database: Database, without: tuple[str, ...]) -> str:
    slot, freed = freeing(database, "cancel")
    start(replace(freed, without=without)).answer()
    with database.write() as db:
        newcomer = make_trainee(db).user_id
    return start(move(database, "book", slot, newcomer, without=without)).answer()


def test_what_ran_out_is_given_on_without_the_sweeper(database: Database) -> None:
    assert _after_expiry(database, ()) == S.HELD


def test_without_the_reaping_a_seat_that_ran_out_stays_taken(database: Database) -> None:
    assert _after_expiry(database, ("reap",)) == S.WAITLISTED


def _after_expiry(database: Database, without: tuple[str, ...]) -> str:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        book_new(db, slot.id, DESK)
        newcomer = make_trainee(db).user_id
    return start(move(database, "book", slot, newcomer, now=LATER, without=without)).answer()


def last_of_block(database: Database, **facts: Any) -> tuple[UUID, Move, Move]:
    """Two names for the last open seat of a block."""
    with database.write() as db:
        slot, focal = make_slot(db, seats=5), make_focal_point(db)
        cohort = take_block(db, focal, slot.id, DESK, 1)
    first = move(
        database, "name", slot, focal.user_id, target=cohort.id, pause="after check", **facts
    )
    return cohort.id, first, replace(first, pause="", count=2)


def drawn(database: Database, cohort_id: UUID) -> int:
    """Seats of the block that have names, and those that are still open."""
    with database.read() as db:
        names = db.exec(select(Booking.id).where(col(Booking.cohort_id) == cohort_id)).all()
        return len(names) + db.get_one(Cohort, cohort_id).seats_open


def test_the_last_seat_of_a_block_gets_one_name(database: Database) -> None:
    cohort_id, first, second = last_of_block(database)

    assert duel(first, second) == (S.OFFERED, "not_enough_seats")
    assert drawn(database, cohort_id) == 1


def test_without_the_lock_the_last_seat_of_a_block_gets_two_names(
    postgres_database: Database,
) -> None:
    cohort_id, first, second = last_of_block(postgres_database, without=("lock",))

    assert duel(first, second) == (S.OFFERED, S.OFFERED)
    assert drawn(postgres_database, cohort_id) == 2
    assert off(postgres_database)


def test_where_the_block_is_not_looked_at_its_table_refuses(database: Database) -> None:
    _, first, second = last_of_block(database, without=("check of the block",))
    first = replace(first, pause="")

    assert (start(first).answer(), start(second).answer()) == (S.OFFERED, CAUGHT)
