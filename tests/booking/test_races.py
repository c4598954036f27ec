"""Several processes race for few seats: exactly the seats there are are sold, on both databases.

Each race is run again with its guards taken away, and must then go wrong: a race that passes
without a guard proves nothing about the guard.
"""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.queries.ledger import counters_off
from app.booking.rules import LIVE, SEAT_TAKING, BookingState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.registry.models import Slot
from tests.booking import racers
from tests.booking.people import book_new
from tests.booking.racers import PROCESSES, Race
from tests.factories import NOW, make_focal_point, make_request, make_slot, make_user

S = BookingState
SEATS = 5
LATER = NOW + timedelta(hours=1)
Pool = ProcessPoolExecutor

_TAKEN = (
    select(func.count())
    .where(col(Booking.slot_id) == col(Slot.id), col(Booking.state).in_(SEAT_TAKING))
    .scalar_subquery()
)
_OPEN = (
    select(func.coalesce(func.sum(col(Cohort.seats_open)), 0))
    .where(col(Cohort.slot_id) == col(Slot.id))
    .scalar_subquery()
)
SNAPSHOT = select(Slot.seats_claimed, _TAKEN + _OPEN).where(Slot.seats_claimed > 0)


@dataclass
class Outcome:
    """What a race left behind: answers, states, sampled counters, and what does not add up."""

    answers: Counter[str]
    states: Counter[str]
    samples: set[tuple[int, int]]
    off: list[dict[str, Any]]
    doubles: int
    both: int = field(default=0)

    @property
    def sold(self) -> int:
        """Seats that people hold."""
        return sum(self.states[state] for state in SEAT_TAKING)

    def went_wrong(self, seats: int) -> bool:
        """Whether anything was sold twice, drifted or was decided twice."""
        most = max((max(pair) for pair in self.samples), default=0)
        oversold = most > seats or self.sold > seats
        twice = self.doubles or self.both or self.answers[racers.CAUGHT]
        return bool(oversold or twice or self.off)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Processes that wait for their parts; starting one takes longer than a race."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    with Pool(PROCESSES, context, initializer=racers.enter, initargs=(start,)) as pool:
        yield pool


def run_race(pool: Pool, database: Database, parts: list[Race]) -> Outcome:
    """Run the parts at once, look at the counters meanwhile, and count what was left."""
    assert len(parts) == PROCESSES
    running: list[Future[list[str]]] = [pool.submit(racers.run, part) for part in parts]
    samples: set[tuple[int, int]] = set()
    while not all(each.done() for each in running):
        samples |= _sample(database)
    answers = Counter(answer for each in running for answer in each.result())
    samples |= _sample(database)
    with database.read() as db:
        states = list(db.exec(select(Booking.slot_id, Booking.person_id, Booking.state)))
        live = Counter(row[:2] for row in states if row[2] in LIVE)
        return Outcome(
            answers,
            Counter(row[2] for row in states),
            samples,
            counters_off(db),
            doubles=sum(count > 1 for count in live.values()),
            both=_decided_twice(db),
        )


def _sample(database: Database) -> set[tuple[int, int]]:
    """The counter and the claims it counts, of each slot in use, as one statement sees them."""
    with database.read() as db:
        return {(row[0], row[1]) for row in db.exec(SNAPSHOT)}


def _decided_twice(db: Session) -> int:
    """Bookings that were both confirmed and given back for not being confirmed."""
    names = ("booking.confirmed", "booking.expired")
    query = select(OutboxEvent.subject_id).where(col(OutboxEvent.name).in_(names))
    return sum(count > 1 for count in Counter(db.exec(query)).values())


def people(db: Session, count: int) -> tuple[UUID, ...]:
    """So many new people."""
    return tuple(make_user(db).id for _ in range(count))


def part(database: Database, slot: Slot, name: str, work: Any, now: datetime = NOW) -> Race:
    """What one process does, with all guards."""
    return Race(str(database.url), name, slot.id, tuple(work), now)


def single_parts(database: Database, tries: int = 10) -> list[Race]:
    """Forty people, ten in each process, for five seats."""
    with database.write() as db:
        slot = make_slot(db, seats=SEATS)
        return [part(database, slot, "book", people(db, tries)) for _ in range(PROCESSES)]


def block_parts(database: Database) -> list[Race]:
    """Two processes take blocks of three, two book single seats, of ten."""
    with database.write() as db:
        slot = make_slot(db, seats=10)
        focal = make_focal_point(db)
        parts = [part(database, slot, "book", people(db, 8)) for _ in range(2)]
        for _ in range(2):
            requests = [make_request(db, actor=focal).id for _ in range(3)]
            parts.append(part(database, slot, "block", requests))
        return parts


def expiry_parts(database: Database) -> list[Race]:
    """Two processes confirm holds; for the clock of two others they have run out."""
    with database.write() as db:
        slot = make_slot(db, seats=16)
        held = []
        for _ in range(16):
            actor, booking = book_new(db, slot.id, Desk(clock=lambda: NOW))
            held.append((booking.id, actor.user_id))
        return [
            part(database, slot, "confirm", held[:8]),
            part(database, slot, "confirm", held[8:]),
            part(database, slot, "sweep", [None], LATER),
            part(database, slot, "sweep", [None], LATER),
        ]


def test_single_seats_are_sold_exactly(pool: Pool, database: Database) -> None:
    outcome = run_race(pool, database, single_parts(database))

    assert outcome.answers == {S.HELD: SEATS, S.WAITLISTED: 35}
    assert outcome.states == outcome.answers
    assert max(claimed for claimed, _ in outcome.samples) == SEATS
    assert all(claimed == counted for claimed, counted in outcome.samples)
    assert not outcome.went_wrong(SEATS)


def test_the_conditional_update_holds_where_the_lock_is_forgotten(
    pool: Pool, postgres_database: Database
) -> None:
    parts = [replace(each, guards="no lock") for each in single_parts(postgres_database)]

    outcome = run_race(pool, postgres_database, parts)

    assert outcome.sold == SEATS
    assert not outcome.went_wrong(SEATS)


def test_a_person_who_books_everywhere_at_once_has_one_place(
    pool: Pool, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=SEATS)
        same = people(db, 8)
    parts = [part(database, slot, "book", same) for _ in range(PROCESSES)]

    outcome = run_race(pool, database, parts)

    assert outcome.answers == {S.HELD: 5, S.WAITLISTED: 3, "already_booked": 24}
    assert not outcome.went_wrong(SEATS)


def test_blocks_and_single_seats_share_what_there_is(pool: Pool, database: Database) -> None:
    outcome = run_race(pool, database, block_parts(database))

    blocks, singles = outcome.answers["active"], outcome.answers[S.HELD]
    assert blocks * 3 + singles == 10
    assert sum(outcome.answers.values()) == 22
    assert not outcome.went_wrong(10)


def test_a_hold_is_confirmed_or_expires_and_never_both(pool: Pool, database: Database) -> None:
    outcome = run_race(pool, database, expiry_parts(database))

    assert outcome.states[S.CONFIRMED] + outcome.states[S.EXPIRED] == 16
    assert outcome.answers[S.CONFIRMED] == outcome.states[S.CONFIRMED]
    assert not outcome.went_wrong(16)


@pytest.mark.parametrize("make_parts", [single_parts, block_parts, expiry_parts])
def test_without_its_guards_the_same_race_goes_wrong(
    pool: Pool, database: Database, make_parts: Any
) -> None:
    """The mutation control of the races above."""
    parts = [replace(each, guards="none") for each in make_parts(database)]

    outcome = run_race(pool, database, parts)

    seats = {single_parts: SEATS, block_parts: 10, expiry_parts: 16}[make_parts]
    assert outcome.went_wrong(seats), outcome
