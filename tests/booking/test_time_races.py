"""Two processes want the same time of a person, a facility, an equipment or a trainer: one gets it.

Three guards stand behind each other: the lock, the look at what is taken, and the constraint of
the tables. Where two of them suffice, a race without the third says so; where one alone carries a
rule (the lock, for the way between two places), the race without it goes wrong.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from app.booking.queries.times import times_off
from app.core.db import Database
from app.registry.models import Course, Slot
from app.registry.schemas.resources import ResourceIn
from app.registry.service import resources
from tests.booking import time_racers
from tests.booking.time_racers import Part, Try
from tests.factories import NOW, make_course, make_facility, make_provider, make_slot, make_user
from tests.factories import owner_of as owner

TRIES = 3
HOUR = timedelta(hours=1)
Pool = ProcessPoolExecutor
Pairs = list[tuple[Try, Try]]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Two processes that wait for their parts."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    with Pool(2, context, initializer=time_racers.enter, initargs=(start,)) as pool:
        yield pool


def race(
    pool: Pool, database: Database, name: str, pairs: Pairs, without: str = ""
) -> list[Counter[str]]:
    """Let the two sides of each pair run at once; the answers, pair by pair."""
    part = Part(database.url, name, (), NOW, frozenset(without.split()))
    sides = [replace(part, tries=tuple(side)) for side in zip(*pairs, strict=True)]
    running = [pool.submit(time_racers.run, side) for side in sides]
    answers = [each.result() for each in running]
    return [Counter(pair) for pair in zip(*answers, strict=True)]


def is_sound(database: Database) -> bool:
    """Whether the rows say what is taken, and nothing twice."""
    with database.read() as db:
        return not list(times_off(db))


def at_site(db: Session, city: str) -> Course:
    """A hands-on course in a city."""
    provider = make_provider(db)
    facility = make_facility(db, provider, city=city)
    return make_course(db, provider, mode="hands-on", facility=facility.slug)


def starting(hours: float, length: float = 2) -> dict[str, Any]:
    """Times of a slot in thirty days and so many hours."""
    starts_at = NOW + timedelta(days=30) + hours * HOUR
    return {"starts_at": starts_at, "ends_at": starts_at + length * HOUR}


def overlapping(db: Session) -> Pairs:
    """Each person on two slots that overlap by an hour."""
    course = make_course(db)
    slots = [make_slot(db, course, **starting(hours)) for hours in (0, 1)]
    return [_both(slots, make_user(db).id) for _ in range(TRIES)]


def far_apart(db: Session) -> Pairs:
    """Each person on two slots with an hour between them for a way of four."""
    courses = [at_site(db, city) for city in ("Nairobi", "Thika")]
    slots = [
        make_slot(db, course, **starting(hours))
        for course, hours in zip(courses, (0, 3), strict=True)
    ]
    return [_both(slots, make_user(db).id) for _ in range(TRIES)]


def one_facility(db: Session) -> Pairs:
    """Drafts that want one facility at one time."""
    course = at_site(db, "Nairobi")
    return _drafts(db, course)


def one_resource(db: Session, kind: str) -> Pairs:
    """Drafts that want one equipment or one trainer at one time."""
    course = make_course(db)
    body = ResourceIn.model_validate({"kind": kind, "name": "The one"})
    who, ref = owner(db, course.provider_id), str(course.provider_id)
    resource = resources.add_resource(db, who, ref, body, now=NOW)
    return _drafts(db, course, resources=[resource.id])


def _drafts(db: Session, course: Course, **facts: Any) -> Pairs:
    who = owner(db, course.provider_id).identified()
    pairs = []
    for number in range(TRIES):
        times = [starting(24 * number + hours) for hours in (0, 1)]
        slots = [make_slot(db, course, status="draft", **each, **facts) for each in times]
        one, two = (Try(slot.id, who, course.provider_id) for slot in slots)
        pairs.append((one, two))
    return pairs


def _both(slots: list[Slot], person_id: UUID) -> tuple[Try, Try]:
    one, two = (Try(slot.id, person_id) for slot in slots)
    return one, two


@pytest.mark.parametrize("make", [overlapping, far_apart])
def test_a_person_who_books_two_slots_at_once_gets_one(
    pool: Pool, database: Database, make: Callable[[Session], Pairs]
) -> None:
    with database.write() as db:
        pairs = make(db)

    assert race(pool, database, "book", pairs) == [{"held": 1, "person_clash": 1}] * TRIES
    assert is_sound(database)


@pytest.mark.parametrize("kind", ["facility", "equipment", "trainer"])
def test_two_slots_published_at_once_do_not_share_a_resource(
    pool: Pool, database: Database, kind: str
) -> None:
    with database.write() as db:
        pairs = one_facility(db) if kind == "facility" else one_resource(db, kind)
    refused = "facility_clash" if kind == "facility" else "resource_clash"

    assert race(pool, database, "publish", pairs) == [{"confirmed": 1, refused: 1}] * TRIES
    assert is_sound(database)


@pytest.mark.parametrize("without", ["look", "look lock"])
def test_the_tables_refuse_what_nobody_looked_at(
    pool: Pool, database: Database, without: str
) -> None:
    """The control of the look, and of both: the constraint alone still lets one through only."""
    with database.write() as db:
        people, halls = overlapping(db), one_facility(db)

    booked = race(pool, database, "book", people, without)
    published = race(pool, database, "publish", halls, without)

    assert booked == [{"held": 1, "person_clash": 1}] * TRIES
    assert published == [{"confirmed": 1, "facility_clash": 1}] * TRIES
    assert is_sound(database)


def test_without_the_lock_people_are_sent_on_ways_that_take_too_long(
    pool: Pool, postgres_database: Database
) -> None:
    """The control of the lock: the constraint knows no distances. SQLite has one writer anyway."""
    with postgres_database.write() as db:
        pairs = far_apart(db)

    assert race(pool, postgres_database, "book", pairs, "lock") == [{"held": 2}] * TRIES


def test_without_a_look_at_the_way_the_same_race_goes_wrong(pool: Pool, database: Database) -> None:
    """The control of the rule of travel, on both databases."""
    with database.write() as db:
        pairs = far_apart(db)

    assert race(pool, database, "book", pairs, "look") == [{"held": 2}] * TRIES
