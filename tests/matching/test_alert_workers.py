"""Alerts with real processes: two workers at once, and one that is killed half way."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.booking.service.desk import Desk
from app.core import delivery
from app.core.db import Database
from app.core.delivery import Delivery
from app.core.outbox import OutboxEvent
from app.matching import jobs
from app.matching.models import MatchAlert
from app.matching.service import alerts
from app.worker import Tools, Worker
from tests.factories import in_days, make_course, make_request, make_slot
from tests.matching.test_alerts import LATER, work

SLOTS = 5
REQUESTS = 6
_PATIENCE = 60


def begin(act: Callable[..., None], *facts: Any) -> BaseProcess:
    """``act`` in a process of its own, which shares nothing with this one."""
    process = multiprocessing.get_context("spawn").Process(target=act, args=facts, daemon=True)
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """The exit code of the process; minus the signal, when it was killed."""
    process.join(_PATIENCE)
    return process.exitcode


@pytest.fixture
def expected(database: Database) -> set[tuple[UUID, UUID]]:
    """Pairs that are to be told, by events that wait for a worker."""
    with database.write() as db:
        course = make_course(db)
        requests = [make_request(db) for _ in range(REQUESTS)]
    work(database)
    with database.write() as db:
        slots = [make_slot(db, course, **in_days(20 + n), now=LATER) for n in range(SLOTS)]
    return {(request.id, slot.id) for request in requests for slot in slots}


def assert_told_once(database: Database, expected: set[tuple[UUID, UUID]]) -> None:
    """Every pair has one alert and one fact."""
    with database.read() as db:
        told = db.exec(select(MatchAlert)).all()
        found = db.exec(select(OutboxEvent).where(OutboxEvent.name == "alert.found")).all()
    pairs = [(alert.request_id, alert.slot_id) for alert in told]

    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected
    assert sorted(event.subject_id for event in found) == sorted(alert.id for alert in told)


def _work_off(url: str) -> None:
    work(Database(url, pool_size=2))


def test_two_workers_at_once_tell_every_pair_once(
    database: Database, expected: set[tuple[UUID, UUID]]
) -> None:
    workers = [begin(_work_off, str(database.url)) for _ in range(2)]

    assert [ended(worker) for worker in workers] == [0, 0]
    assert_told_once(database, expected)


def _tell_at_the_same_moment(url: str, events: list[Delivery]) -> None:
    database = Database(url, pool_size=2)
    for event in events:
        jobs.supply_changed(database, lambda: LATER, event)


def test_one_event_in_two_hands_at_once_tells_every_pair_once(
    database: Database, expected: set[tuple[UUID, UUID]]
) -> None:
    """A lease that ran out leaves an event with two workers; they write the same rows."""
    with database.read() as db:
        events = waiting(db)
    hands = [begin(_tell_at_the_same_moment, str(database.url), events) for _ in range(2)]

    assert [ended(hand) for hand in hands] == [0, 0]
    assert_told_once(database, expected)


def waiting(db: Session) -> list[Delivery]:
    """The events that no worker has dealt with, as workers get them."""
    query = select(OutboxEvent).where(OutboxEvent.name == "slot.planned")
    return [
        Delivery(e.id, e.name, e.subject_id, e.version, e.payload, e.recorded_at, 1)
        for e in db.exec(query)
        if e.processed_at is None
    ]


def _die_half_way(url: str, parts: int, now: datetime) -> None:
    """Tell two pairs at a time, and be killed before the third part is written."""
    jobs._AT_ONCE = 2  # noqa: SLF001 - smaller steps, so that there is a half way
    left = [parts]

    class Dying(Database):
        def run(self, command: Callable[[Session], Any]) -> Any:
            if getattr(command, "func", None) is alerts.tell:
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
            return super().run(command)

    Worker(Tools(Dying(url, pool_size=2), Desk(lambda: now)), timed=()).turn()


@pytest.mark.parametrize("parts", [0, 2])
def test_what_a_killed_worker_left_is_told_by_the_next_and_nothing_twice(
    database: Database, expected: set[tuple[UUID, UUID]], parts: int
) -> None:
    killed = begin(_die_half_way, str(database.url), parts, LATER)
    assert ended(killed) == -signal.SIGKILL
    with database.read() as db:
        before = len(db.exec(select(MatchAlert)).all())
    later = LATER + delivery.LEASE + timedelta(seconds=1)
    worker = Worker(Tools(database, Desk(lambda: later)), timed=())
    while worker.turn():
        pass

    assert before == 2 * parts < len(expected)
    assert_told_once(database, expected)
