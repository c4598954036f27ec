"""The worker: every event at least once, one worker at a time, and timed work when it is due."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.booking.models import Booking
from app.booking.service.desk import Desk
from app.core import delivery, outbox, queries
from app.core.config import Settings
from app.core.db import Database
from app.core.delivery import FIRST_PAUSE, LEASE, LONGEST_PAUSE, Delivery
from app.core.idempotency import IdempotencyKey
from app.core.ids import new_id
from app.core.outbox import Fact, OutboxEvent
from app.worker import TIMED, TimedJob, Tools, Worker, in_background, make_worker
from tests.factories import NOW

HEARD = "thing.done"


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The time that was set."""
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def tools(database: Database, watch: Watch) -> Tools:
    return Tools(database, Desk(watch))


def say(database: Database, name: str = HEARD) -> UUID:
    """Record one fact; the id of its subject."""
    subject = new_id()
    database.run(lambda db: outbox.record(db, Fact(name, subject, 1, NOW, payload={"n": 1})))
    return subject


def only_event(database: Database) -> OutboxEvent:
    with database.read() as db:
        return db.exec(select(OutboxEvent)).one()


def hearing(tools: Tools, handler: Callable[[Tools, Delivery], None]) -> Worker:
    return Worker(tools, subscribers={HEARD: (handler,)}, timed=())


def test_an_event_reaches_its_handlers_in_order(tools: Tools, database: Database) -> None:
    told: list[tuple[str, UUID, dict[str, int]]] = []
    worker = Worker(
        tools,
        subscribers={
            HEARD: (
                lambda _tools, event: told.append(("first", event.subject_id, event.payload)),
                lambda _tools, event: told.append(("second", event.subject_id, event.payload)),
            )
        },
        timed=(),
    )
    subject = say(database)

    assert worker.turn()
    assert not worker.turn()

    assert told == [("first", subject, {"n": 1}), ("second", subject, {"n": 1})]
    assert only_event(database).processed_at == NOW


def test_the_oldest_event_comes_first(tools: Tools, database: Database) -> None:
    told: list[UUID] = []
    worker = hearing(tools, lambda _tools, event: told.append(event.subject_id))
    subjects = [say(database) for _ in range(3)]

    while worker.turn():
        pass

    assert told == subjects


def test_an_event_that_nobody_hears_is_marked(tools: Tools, database: Database) -> None:
    say(database, "thing.ignored")

    assert not hearing(tools, lambda _tools, _event: None).turn()

    event = only_event(database)
    assert (event.processed_at, event.attempts) == (NOW, 0)


def test_a_handler_that_fails_is_tried_again_later(
    tools: Tools, database: Database, watch: Watch
) -> None:
    attempts: list[int] = []

    def stumble(_tools: Tools, event: Delivery) -> None:
        attempts.append(event.attempt)
        if event.attempt < 3:
            raise ConnectionError("the mail server is away")

    worker = hearing(tools, stumble)
    say(database)

    worker.turn()
    assert only_event(database).last_error == "ConnectionError: the mail server is away"
    assert not worker.turn(), "not at once"
    watch.now += FIRST_PAUSE
    assert worker.turn()
    watch.now += FIRST_PAUSE
    assert not worker.turn(), "longer after the second failure"
    watch.now += FIRST_PAUSE
    assert worker.turn()

    event = only_event(database)
    assert attempts == [1, 2, 3]
    assert (event.processed_at, event.last_error) == (watch.now, None)


def test_an_event_that_fails_holds_up_no_other(tools: Tools, database: Database) -> None:
    told: list[UUID] = []
    bad, good = say(database), say(database)

    def pick(_tools: Tools, event: Delivery) -> None:
        if event.subject_id == bad:
            raise ValueError("bad")
        told.append(event.subject_id)

    worker = hearing(tools, pick)
    while worker.turn():
        pass

    assert told == [good]


def test_pauses_double_up_to_an_hour() -> None:
    pauses = [delivery.pause_after(attempt) for attempt in (1, 2, 3, 9, 10, 1000)]

    assert pauses[:4] == [FIRST_PAUSE * factor for factor in (1, 2, 4, 256)]
    assert pauses[4:] == [LONGEST_PAUSE] * 2


def test_the_event_of_a_killed_worker_goes_to_another_when_the_lease_ends(
    database: Database,
) -> None:
    say(database)
    lost = database.run(lambda db: delivery.take(db, now=NOW))
    assert lost is not None

    def take(after: timedelta) -> Delivery | None:
        return database.run(lambda db: delivery.take(db, now=NOW + after))

    assert take(LEASE - timedelta(seconds=1)) is None
    again = take(LEASE)
    assert again is not None
    assert (again.id, again.attempt) == (lost.id, 2)
    assert not database.run(lambda db: delivery.settle(db, lost, now=NOW)), "it came too late"
    assert not database.run(lambda db: delivery.put_off(db, lost, "late", now=NOW))
    assert database.run(lambda db: delivery.settle(db, again, now=NOW))


def test_workers_side_by_side_never_share_an_event(database: Database) -> None:
    subjects = {say(database) for _ in range(24)}
    told: list[UUID] = []
    together = threading.Barrier(4)
    others = [Database(database.url) for _ in range(4)]

    def work(own: Database) -> None:
        worker = hearing(
            Tools(own, Desk(lambda: NOW)), lambda _tools, event: told.append(event.subject_id)
        )
        together.wait()
        while True:
            with own.read() as db:
                if not queries.has_due(db, now=NOW):
                    return
            worker.turn()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, others))
    for own in others:
        own.dispose()

    assert len(told) == 24
    assert set(told) == subjects


def test_timed_work_is_done_at_once_and_then_when_it_is_due(tools: Tools, watch: Watch) -> None:
    done: list[datetime] = []
    job = TimedJob("count", timedelta(seconds=10), lambda tools: done.append(tools.clock()))
    worker = Worker(tools, subscribers={}, timed=(job,))

    for seconds in (0, 9, 10, 15, 20):
        watch.now = NOW + timedelta(seconds=seconds)
        worker.turn()

    assert [(at - NOW).seconds for at in done] == [0, 10, 20]


def test_timed_work_that_fails_stops_nothing(tools: Tools) -> None:
    done: list[str] = []

    def fail(_tools: Tools) -> None:
        raise RuntimeError("no")

    every = timedelta(seconds=10)
    jobs = (TimedJob("bad", every, fail), TimedJob("good", every, lambda _: done.append("good")))
    Worker(tools, subscribers={}, timed=jobs).turn()

    assert done == ["good"]


def test_old_idempotency_keys_are_forgotten(tools: Tools, database: Database) -> None:
    def add(db: Session) -> None:
        for key, age in (("old", 8), ("new", 6)):
            at = NOW - timedelta(days=age)
            db.add(IdempotencyKey(actor="a", key=key, request_hash="h", created_at=at))

    database.run(add)
    Worker(tools).turn()

    with database.read() as db:
        assert db.exec(select(IdempotencyKey.key)).all() == ["new"]


def test_the_jobs_of_this_installation_run_on_an_empty_database(
    database: Database, settings: Settings
) -> None:
    assert {"sweep seats", "forget idempotency keys"} <= {job.name for job in TIMED}

    assert not make_worker(database, settings).turn()

    with database.read() as db:
        assert db.exec(select(Booking.id)).all() == []


def test_a_worker_in_the_background_works_and_stops(database: Database) -> None:
    told = threading.Event()
    subject = say(database)
    seen: list[UUID] = []

    def hear(_tools: Tools, event: Delivery) -> None:
        seen.append(event.subject_id)
        told.set()

    with in_background(hearing(Tools(database, Desk(lambda: NOW)), hear)):
        assert told.wait(10)

    assert seen == [subject]
    assert [thread for thread in threading.enumerate() if thread.name == "worker"] == []


def test_a_worker_outlives_a_database_that_is_away(database: Database) -> None:
    """Its first turn fails before anything else can be asked; the next one works."""
    calls: list[int] = []
    stop = threading.Event()

    def clock() -> datetime:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("away")
        stop.set()
        return NOW

    Worker(Tools(database, Desk(clock)), subscribers={}, timed=()).run(stop)

    assert len(calls) > 1
