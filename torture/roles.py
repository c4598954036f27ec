"""What each kind of process of a run does; every function here runs in a fork and never returns."""

import asyncio
import gc
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from app.booking import jobs
from app.booking.service.desk import Desk
from app.core import delivery, queries
from app.core.clock import Clock
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import BusyError
from app.main import create_app
from torture.choices import Chooser
from torture.drivers import Direct, Driver, Http, check_spoiled, settle
from torture.fuses import HANDED_OVER, Fuse, arm
from torture.journal import Journal
from torture.network import Network
from torture.plan import WARM_UP, Board, Plan

_IDLE = 0.05
_THREADS = 4
_MOST_SKEW = 120


@dataclass(frozen=True, slots=True)
class Run:
    """What every process of a run inherits."""

    plan: Plan
    board: Board
    network: Network
    listener: socket.socket
    database: Database
    """Without a connection; it remembers the statements that it has compiled before the forks."""

    app: FastAPI

    @property
    def port(self) -> int:
        """Where the servers answer."""
        port: int = self.listener.getsockname()[1]
        return port

    def skewed(self, rng: Random) -> Clock:
        """A clock that is wrong by up to two minutes, as that of one machine among several."""
        return self.board.clock(timedelta(seconds=rng.randint(-_MOST_SKEW, _MOST_SKEW)))


def settings() -> Settings:
    """Settings of the servers of a run."""
    return Settings(
        secret_key=SecretStr("a key for torture only, thirty-two characters"),
        log_level="error",
        threads=_THREADS,
    )


def make_database(plan: Plan) -> Database:
    """The database of the run; it connects at the first statement."""
    return Database(plan.url, pool_size=_THREADS)


def make_app(database: Database, board: Board) -> FastAPI:
    """The application, made once for all servers."""
    return create_app(database, settings(), clock=board.clock())


def warm_up(run: Run, rng: Random, orders: int) -> None:
    """Be a client in the zygote itself, and leave no connection behind.

    What SQLAlchemy and the models build at their first use is then there in every fork.
    """
    chooser = Chooser(run.network, run.database, run.board.clock(), rng)
    driver = Direct(run.database, run.board.clock())
    journal = Journal(run.plan.journal(WARM_UP))
    for _ in range(orders):
        order = replace(chooser.next(), spoiled=False)
        journal.begin(order)
        journal.end(settle(driver, order))
        run.board.answered(WARM_UP)
    run.database.dispose()
    gc.collect()
    gc.freeze()  # or the collector of each fork would touch, and so copy, every page


def serve(run: Run, rng: Random, fuse: Fuse | None) -> None:
    """A server process; the listening socket outlives it, so that clients only have to wait."""
    run.app.state.clock = run.skewed(rng)
    if fuse:
        arm(fuse)
    config = uvicorn.Config(run.app, log_config=None, access_log=False, lifespan="on")
    asyncio.run(uvicorn.Server(config).serve([run.listener]))


def client(run: Run, number: int, rng: Random, fuse: Fuse | None, *, over_http: bool) -> None:
    """A client: finishes what its predecessor had begun, then sends one order after the other."""
    driver: Driver
    driver = Http(run.port, run.network) if over_http else Direct(run.database, run.skewed(rng))
    chooser = Chooser(run.network, run.database, run.board.clock(), rng)
    journal = Journal(run.plan.journal(number))
    if fuse:
        arm(fuse)
    while True:
        order = journal.pending
        if order is None:
            if run.board.stopped:
                return
            order = chooser.next()
            journal.begin(order)
        journal.pending = None
        answer = settle(driver, order)
        if order.spoiled:
            answer = check_spoiled(driver, order, answer)
        journal.end(answer)
        run.board.answered(number)


def work(run: Run, rng: Random, fuse: Fuse | None) -> None:
    """Sweep, and hand events over; killed between handing over and writing that down, too."""
    database = run.database
    desk = Desk(run.skewed(rng))
    handed_over: Callable[[], None] = lambda: None  # noqa: E731 - a fuse that never burns
    if fuse and fuse.kind == HANDED_OVER:
        handed_over = fuse.burn
    elif fuse:
        arm(fuse)
    while not run.board.stopped:
        try:
            jobs.sweep(database, desk)
            for _ in range(20):
                if not deliver_one(run.plan, database, run.board.clock(), handed_over):
                    break
        except BusyError:
            pass
        time.sleep(_IDLE)


def deliver_one(
    plan: Plan, database: Database, clock: Clock, handed_over: Callable[[], None]
) -> bool:
    """Take one event, hand it over, write that down; whether there was one."""
    with database.read() as db:
        if not queries.has_due(db, now=clock()):
            return False
    taken = database.run(lambda db: delivery.take(db, now=clock()))
    if taken is None:
        return False
    hand_over(plan, taken.id)
    handed_over()
    database.run(lambda db: delivery.settle(db, taken, now=clock()))
    return True


def hand_over(plan: Plan, event: object) -> None:
    """The far end of a delivery: a file in which every event leaves its id."""
    file = os.open(plan.delivered, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, f"{event}\n".encode())
    os.close(file)


def drain(run: Run) -> None:
    """After the run: sweep, then deliver what is left, leases of the dead included."""
    database = run.database
    jobs.sweep(database, Desk(run.board.clock()))
    run.board.pass_time(int(delivery.LEASE.total_seconds()) + 1)
    jobs.sweep(database, Desk(run.board.clock()))
    while deliver_one(run.plan, database, run.board.clock(), lambda: None):
        pass
