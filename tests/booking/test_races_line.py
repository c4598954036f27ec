"""Several processes race about decisions, the line and holds, on both databases."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.queries.history import histories_off, lines_off
from app.booking.rules import BookingState, CohortState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Slot
from tests.booking import racers
from tests.booking.people import book_new, confirm_new, take_block
from tests.booking.racers import PROCESSES, Race
from tests.booking.test_races import LATER, Outcome, Pool, part, people, run_race
from tests.factories import (
    NOW,
    in_days,
    make_course,
    make_focal_point,
    make_slot,
    make_user,
    owner_of,
)

S = BookingState
DESK = Desk(clock=lambda: NOW)
ASKED = 10


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Processes that wait for their parts."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(
        PROCESSES, context, initializer=racers.enter, initargs=(start,)
    ) as pool:
        yield pool


def run_sound(pool: Pool, database: Database, parts: list[Race]) -> Outcome:
    """Run the race; afterwards every history and every line is as it must be."""
    outcome = run_race(pool, database, parts)
    with database.read() as db:
        assert list(histories_off(db)) == []
        assert list(lines_off(db, now=NOW)) == []
    return outcome


def decision_parts(database: Database) -> list[Race]:
    """Two processes accept people; for the clock of two others the time to decide is over."""
    with database.write() as db:
        slot = make_slot(db, seats=ASKED, decision_hours=1)
        asked = [confirm_new(db, slot.id, DESK)[1].id for _ in range(ASKED)]
        work = [(booking, slot.provider_id) for booking in asked]
        half = ASKED // 2
        return [
            part(database, slot, "approve", work[:half]),
            part(database, slot, "approve", work[half:]),
            part(database, slot, "sweep", [None], LATER),
            part(database, slot, "sweep", [None], LATER),
        ]


def leaving_parts(database: Database) -> list[Race]:
    """Two processes confirm seats while two others give the same ones back; others wait."""
    with database.write() as db:
        slot = make_slot(db, seats=ASKED)
        held = [(booking.id, actor.user_id) for actor, booking in _booked(db, slot, ASKED)]
        _booked(db, slot, ASKED)
        half = ASKED // 2
        return [
            part(database, slot, "confirm", held[:half]),
            part(database, slot, "confirm", held[half:]),
            part(database, slot, "cancel", held[:half]),
            part(database, slot, "cancel", held[half:]),
        ]


def _booked(db: Session, slot: Slot, count: int) -> list[tuple[Any, Booking]]:
    return [book_new(db, slot.id, DESK) for _ in range(count)]


def test_a_request_is_accepted_or_expires_and_never_both(pool: Pool, database: Database) -> None:
    outcome = run_sound(pool, database, decision_parts(database))

    assert outcome.states[S.CONFIRMED] + outcome.states[S.EXPIRED] == ASKED
    assert outcome.answers[S.CONFIRMED] == outcome.states[S.CONFIRMED]
    assert not outcome.went_wrong(ASKED)


def test_a_seat_that_is_given_back_while_it_is_confirmed_goes_on_once(
    pool: Pool, database: Database
) -> None:
    outcome = run_sound(pool, database, leaving_parts(database))

    assert outcome.states[S.CANCELLED] == ASKED
    assert outcome.states[S.OFFERED] == ASKED
    assert not outcome.went_wrong(ASKED)


@pytest.mark.parametrize("make_parts", [decision_parts, leaving_parts])
def test_without_guards_decisions_are_made_twice(
    pool: Pool, database: Database, make_parts: Any
) -> None:
    """The mutation control of the races above."""
    parts = [replace(each, guards="none") for each in make_parts(database)]

    outcome = run_race(pool, database, parts)

    with database.read() as db:
        broken = [*histories_off(db), *lines_off(db, now=NOW)]
    assert outcome.went_wrong(ASKED) or broken, outcome


def test_a_line_that_four_sweepers_move_gives_each_seat_once(
    pool: Pool, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=ASKED)
        _booked(db, slot, ASKED * 2)  # half of them wait for holds that will have run out
    parts = [part(database, slot, "sweep", [None] * 3, LATER) for _ in range(PROCESSES)]

    outcome = run_sound(pool, database, parts)

    assert outcome.states == {S.EXPIRED: ASKED, S.OFFERED: ASKED}
    assert not outcome.went_wrong(ASKED)


def test_a_group_at_the_head_has_all_its_seats_or_none_while_a_slot_grows(
    pool: Pool, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        for _ in range(3):
            confirm_new(db, slot.id, DESK)
        block = take_block(db, make_focal_point(db), slot.id, DESK, 3, wait=True)
        owner = owner_of(db, slot.provider_id).user_id
        newcomers = people(db, 12)
    parts = [
        part(database, slot, "grow", [(count, owner) for count in (4, 5, 6, 7)]),
        part(database, slot, "book", newcomers[:4]),
        part(database, slot, "book", newcomers[4:8]),
        part(database, slot, "book", newcomers[8:]),
    ]

    outcome = run_sound(pool, database, parts)

    with database.read() as db:
        found = db.exec(select(Cohort).where(col(Cohort.id) == block.id)).one()
        assert (found.state, found.seats_open) == (CohortState.ACTIVE, 3)
    assert outcome.sold == 4  # three confirmed before, and the seventh
    assert not outcome.went_wrong(7)


def test_a_person_who_books_everywhere_at_once_holds_five_seats(
    pool: Pool, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        slots = [make_slot(db, course, **in_days(30 + number)) for number in range(12)]
        person = make_user(db).id
    work = [(slot.id, person) for slot in slots]
    parts = [part(database, slots[0], "hold", work[start::4]) for start in range(PROCESSES)]

    outcome = run_sound(pool, database, parts)

    assert outcome.answers == {S.HELD: 5, "too_many_holds": 7}
    assert outcome.states == {S.HELD: 5}
