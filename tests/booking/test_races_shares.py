"""Races of several processes for kept seats, for the last seat of a country, for a selection."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor as Pool
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.booking.models import Booking
from app.booking.rules import SEAT_TAKING
from app.booking.rules.shares import Group
from app.booking.schemas import ShareIn
from app.booking.service.desk import Desk
from app.booking.service.sponsors import keep_seats
from app.core.db import Database
from app.core.outbox import AuditEntry
from app.registry.rules import Route
from tests.booking import racers
from tests.booking.people import book_new
from tests.booking.racers import PROCESSES
from tests.booking.test_races import part, people, run_race
from tests.factories import NOW, make_slot, owner_of

DEADLINE = NOW + timedelta(days=5)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Processes that wait for their parts."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    with Pool(PROCESSES, context, initializer=racers.enter, initargs=(start,)) as pool:
        yield pool


def seats_of_country(database: Database, country: str) -> int:
    """The seats that people of a country have."""
    with database.read() as db:
        query = select(Booking.id).where(
            col(Booking.country) == country, col(Booking.state).in_(SEAT_TAKING)
        )
        return len(db.exec(query).all())


def test_people_outside_the_group_never_race_into_its_seats(pool: Pool, database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=10)
        wish = ShareIn(kept_for=Group.COUNTRIES, countries=("BR",), seats=6)
        keep_seats(db, owner_of(db, slot.provider_id), slot.id, wish, Desk(clock=lambda: NOW))
        parts = [
            part(database, slot, "book from", [(person, country) for person in people(db, 6)])
            for country in ("KE", "KE", "KE", "BR")
        ]
    outcome = run_race(pool, database, parts)

    assert not outcome.went_wrong(10)
    assert (seats_of_country(database, "KE"), seats_of_country(database, "BR")) == (4, 6)


def test_a_country_never_races_past_its_cap(pool: Pool, database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=10, max_per_country=2)
        parts = [
            part(database, slot, "book from", [(person, "KE") for person in people(db, 5)])
            for _ in range(PROCESSES)
        ]
    outcome = run_race(pool, database, parts)

    assert outcome.answers == {"held": 2, "country_cap": 18}
    assert not outcome.went_wrong(10)


def test_a_selection_that_several_make_at_once_is_made_once(pool: Pool, database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3, route=Route.SELECTION, apply_by=DEADLINE)
        for _ in range(8):
            book_new(db, slot.id, Desk(clock=lambda: NOW))
        owner = owner_of(db, slot.provider_id)
        later = DEADLINE + timedelta(hours=1)
        parts = [part(database, slot, "select", [owner], later) for _ in range(PROCESSES)]
    outcome = run_race(pool, database, parts)

    assert outcome.answers == {"selected": 1, "already_selected": PROCESSES - 1}
    assert outcome.states == {"offered": 3, "waitlisted": 5}
    assert not outcome.went_wrong(3)
    with database.read() as db:
        facts = select(AuditEntry).where(col(AuditEntry.action) == "slot.selected")
        assert len(db.exec(facts).all()) == 1


def test_without_the_lock_a_country_races_past_its_cap(pool: Pool, database: Database) -> None:
    """The conditional update knows no caps: only the lock keeps them."""
    with database.write() as db:
        slot = make_slot(db, seats=10, max_per_country=2)
        parts = [
            replace(
                part(database, slot, "book from", [(person, "KE") for person in people(db, 5)]),
                guards="no lock",
            )
            for _ in range(PROCESSES)
        ]
    run_race(pool, database, parts)

    assert seats_of_country(database, "KE") > 2
