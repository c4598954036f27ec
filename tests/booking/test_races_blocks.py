"""Several processes race for blocks and for the seats in them, on both databases."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.booking.jobs import sweep
from app.booking.models import Booking, Cohort
from app.booking.rules import BookingState, CohortState
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Slot
from tests.booking import racers
from tests.booking.people import name_new, request_of, seats_of, take_block
from tests.booking.racers import PROCESSES, Race
from tests.booking.test_races import LATER, Pool, part, people, run_race
from tests.factories import NOW, make_focal_point, make_request, make_slot

S = BookingState
DESK = Desk(clock=lambda: NOW)
NAMED = 6


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Processes that wait for their parts."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(
        PROCESSES, context, initializer=racers.enter, initargs=(start,)
    ) as pool:
        yield pool


def queue_parts(database: Database) -> list[Race]:
    """The focal points of four countries want three seats each, twice, of the last four."""
    with database.write() as db:
        slot = make_slot(db, seats=4)
        parts = []
        for country in ("KE", "GH", "RW", "SN"):
            focal = make_focal_point(db, country)
            requests = [make_request(db, actor=focal, country=country) for _ in range(2)]
            work = [(request.id, country) for request in requests]
            parts.append(part(database, slot, "queue", work))
        return parts


def exchange_parts(database: Database) -> tuple[list[Race], UUID]:
    """Two processes pass seats of a block on; two others let the same people give them back."""
    with database.write() as db:
        slot, focal = make_slot(db, seats=NAMED), make_focal_point(db)
        block = take_block(db, focal, slot.id, DESK, NAMED)
        named = []
        for _ in range(NAMED):
            actor, booking = name_new(db, focal, block.id, DESK)
            seats.confirm_booking(db, actor, booking.id, DESK)
            named.append((booking.id, actor.user_id))
        replaced = list(zip([booking for booking, _ in named], people(db, NAMED), strict=True))
        half = NAMED // 2
        parts = [
            part(database, slot, "replace", replaced[:half]),
            part(database, slot, "replace", replaced[half:]),
            part(database, slot, "cancel", named[:half]),
            part(database, slot, "cancel", named[half:]),
        ]
        return parts, block.id


def release_parts(database: Database) -> tuple[list[Race], UUID]:
    """Two processes name people; for the clock of two others the release date has come."""
    with database.write() as db:
        slot, focal = make_slot(db, seats=NAMED), make_focal_point(db)
        release_at = NOW + timedelta(minutes=30)
        block = take_block(db, focal, slot.id, DESK, NAMED, release_at=release_at)
        work = [(block.id, person) for person in people(db, NAMED)]
        half = NAMED // 2
        parts = [
            part(database, slot, "nominate", work[:half]),
            part(database, slot, "nominate", work[half:]),
            part(database, slot, "sweep", [None], LATER),
            part(database, slot, "sweep", [None], LATER),
        ]
        return parts, block.id


def _states(database: Database, block_id: UUID) -> list[str]:
    with database.read() as db:
        return list(db.exec(select(Booking.state).where(col(Booking.cohort_id) == block_id)))


def _assert_released(db: Session, block_id: UUID) -> None:
    block = db.get_one(Cohort, block_id)
    assert (block.state, block.seats_open) == (CohortState.RELEASED, 0)
    assert seats_of(db, block.slot_id) == (0, 0)
    assert request_of(db, block).seats_held == 0


def test_of_two_groups_who_want_the_last_seats_one_has_them(pool: Pool, database: Database) -> None:
    outcome = run_race(pool, database, queue_parts(database))

    assert outcome.answers == {"active": 1, "waitlisted": 7}
    assert max(claimed for claimed, _ in outcome.samples) == 3
    assert not outcome.went_wrong(4)
    with database.read() as db:
        assert db.exec(select(Slot.seats_claimed, Slot.waiting)).one() == (3, 21)


def test_without_its_guards_the_last_seats_are_taken_twice(pool: Pool, database: Database) -> None:
    """The mutation control of the race above."""
    parts = [replace(each, guards="none") for each in queue_parts(database)]

    outcome = run_race(pool, database, parts)

    assert outcome.went_wrong(4), outcome


def test_a_seat_is_passed_on_or_given_back_and_never_both(pool: Pool, database: Database) -> None:
    parts, block_id = exchange_parts(database)

    outcome = run_race(pool, database, parts)

    passed_on, given_back = outcome.answers[S.OFFERED], outcome.answers[S.CANCELLED]
    assert passed_on + given_back == NAMED
    assert outcome.answers["step_not_allowed"] == NAMED
    assert sorted(_states(database, block_id)) == [S.CANCELLED] * NAMED + [S.OFFERED] * passed_on
    assert all(claimed == NAMED for claimed, _ in outcome.samples)
    assert not outcome.went_wrong(NAMED)
    with database.read() as db:
        assert db.get_one(Cohort, block_id).seats_open == given_back


def test_a_block_is_released_while_people_are_named_into_it(pool: Pool, database: Database) -> None:
    parts, block_id = release_parts(database)

    outcome = run_race(pool, database, parts)

    assert outcome.answers[S.OFFERED] + outcome.answers["block_closed"] == NAMED
    assert not outcome.went_wrong(NAMED)
    sweep(database, Desk(clock=lambda: LATER))
    assert _states(database, block_id) == [S.EXPIRED] * outcome.answers[S.OFFERED]
    with database.read() as db:
        _assert_released(db, block_id)
