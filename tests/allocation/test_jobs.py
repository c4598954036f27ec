"""Runs in a process of their own: the worker goes on meanwhile, and a lost process is no loss."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.allocation.jobs import Runner
from app.allocation.models import AllocationRun
from app.allocation.rules.runs import LEASE
from app.allocation.service.runs import cancel_run, take_run
from app.booking.models import Booking
from app.booking.service.desk import Desk
from app.core.db import Database
from app.worker import TIMED, Tools, Worker
from tests.allocation.plans import ask, lines_of, queue_run, seats_by_country, slot_of
from tests.booking.people import Hands, book_new
from tests.factories import NOW

PATIENCE = 90.0


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    give_up = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def state_of(database: Database, run_id: UUID) -> str:
    with database.read() as db:
        return db.get_one(AllocationRun, run_id).state


def two_requests(database: Database) -> UUID:
    """A run that waits for a worker, over two countries and one slot; the slot's seats."""
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4)
        slot_of(db, 4)
    return queue_run(database)[1]


def test_a_worker_makes_the_run_and_ends_holds_meanwhile(database: Database) -> None:
    run_id = two_requests(database)
    hands = Hands()
    desk = Desk(hands, hold=timedelta(minutes=15))
    with database.write() as db:
        held = book_new(db, slot_of(db, 1).id, desk)[1].id
    tools = Tools(database, desk)
    worker = Worker(tools, timed=TIMED)
    worker.turn()
    assert state_of(database, run_id) in {"queued", "running"}  # it does not wait for the plan

    hands.on(minutes=16)
    worker.turn()

    with database.read() as db:
        assert db.get_one(Booking, held).state == "expired"
    try:
        until(lambda: state_of(database, run_id) == "done")
    finally:
        tools.allocations.stop()
    assert seats_by_country(database, run_id)["RW"] == 2


def test_a_process_that_is_killed_leaves_nothing_and_another_makes_the_run(
    database: Database,
) -> None:
    run_id = two_requests(database)
    lost = Runner()
    lost.look(database, lambda: NOW)
    (child,) = (each for each in multiprocessing.active_children() if each.name == "allocation")
    until(lambda: state_of(database, run_id) != "queued")
    child.kill()
    until(lambda: not lost.is_busy)
    if state_of(database, run_id) == "running":  # else it was done before the signal came
        assert lines_of(database, run_id) == []

    other = Runner()
    try:
        other.look(database, lambda: NOW + 2 * LEASE)
        until(lambda: state_of(database, run_id) == "done")
    finally:
        other.stop()
        lost.stop()
    assert seats_by_country(database, run_id) == {"KE": 2, "RW": 2}


def test_a_process_that_could_not_be_begun_is_begun_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_requests(database)
    runner = Runner()
    with monkeypatch.context() as early:
        early.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
        with pytest.raises(RuntimeError, match="bootstrapping"):
            runner.look(database, lambda: NOW)

    runner.look(database, lambda: NOW)

    assert runner.is_busy
    runner.stop()


def test_a_worker_that_stops_ends_the_process(database: Database) -> None:
    two_requests(database)
    runner = Runner()
    runner.look(database, lambda: NOW)
    assert runner.is_busy

    runner.stop()

    assert not runner.is_busy


def test_no_process_is_begun_when_nothing_waits(database: Database) -> None:
    actor, run_id = queue_run(database)
    database.run(lambda db: cancel_run(db, actor, run_id, now=NOW))
    runner = Runner()

    runner.look(database, lambda: NOW)

    assert not runner.is_busy


def test_two_workers_do_not_make_the_same_run(database: Database) -> None:
    _, run_id = queue_run(database)

    first = database.run(lambda db: take_run(db, now=NOW))
    second = database.run(lambda db: take_run(db, now=NOW))

    assert first is not None
    assert (first.id, second) == (run_id, None)
