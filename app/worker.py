"""What happens after the answer: events of the outbox, and work that is due from time to time.

Runs as a process of its own (``cadre worker``; several may run), and inside the demonstration.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.allocation import jobs as allocation_jobs
from app.booking import jobs as booking_jobs
from app.booking.service.desk import Desk
from app.core import delivery, idempotency, queries
from app.core.clock import Clock, utc_now
from app.core.config import Settings
from app.core.db import Database
from app.core.delivery import Delivery
from app.core.log import logger
from app.matching import jobs as matching_jobs
from app.reports import jobs as reports_jobs

_log = logger("worker")

_IDLE_SECONDS = 1.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs work with. They open their own short transactions.

    ``allocations`` makes plans in a process of its own: they take longer than a worker may.
    """

    database: Database
    desk: Desk
    allocations: allocation_jobs.Runner = field(default_factory=allocation_jobs.Runner)

    @property
    def clock(self) -> Clock:
        """The clock that decides what is due."""
        return self.desk.clock


Handler = Callable[[Tools, Delivery], None]


def _requirements_changed(tools: Tools, event: Delivery) -> None:
    person_id = UUID(event.payload["person"])
    booking_jobs.requirements_changed(tools.database, tools.desk, person_id)


def _needs_changed(tools: Tools, event: Delivery) -> None:
    booking_jobs.needs_changed(tools.database, tools.desk, event.subject_id)


def _matching(handle: matching_jobs.Handle) -> Handler:
    def handler(tools: Tools, event: Delivery) -> None:
        handle(tools.database, tools.clock, event)

    return handler


SUBSCRIBERS: Mapping[str, tuple[Handler, ...]] = {
    **{name: (_matching(handle),) for name, handle in matching_jobs.HEARD.items()},
    # Whose seats meet which need is booking's to say, which requests know nothing of.
    "request.amended": (_needs_changed, _matching(matching_jobs.HEARD["request.amended"])),
    # Recorded while the slot of the course is locked: seats on other slots are looked at later.
    "qualification.passed": (_requirements_changed,),
}
"""Who is told of which event, by its name (``booking.confirmed``).

A handler may be called again for the same event, and must not mind. Events without a name here
are marked as dealt with, so a subscriber added later hears of what happens from then on.
"""


@dataclass(frozen=True, slots=True)
class TimedJob:
    """Work that is done again whenever ``every`` has passed; several workers may all do it."""

    name: str
    every: timedelta
    run: Callable[[Tools], None]


def _sweep(tools: Tools) -> None:
    booking_jobs.sweep(tools.database, tools.desk)


def _remind(tools: Tools) -> None:
    booking_jobs.remind(tools.database, tools.desk)


def _check_requirements(tools: Tools) -> None:
    booking_jobs.check_requirements(tools.database, tools.desk)


def _retime(tools: Tools) -> None:
    booking_jobs.retime(tools.database, tools.desk)


def _write_down_gaps(tools: Tools) -> None:
    reports_jobs.snapshot(tools.database, tools.clock)


def _allocate(tools: Tools) -> None:
    tools.allocations.look(tools.database, tools.clock)


def _follow_requests(tools: Tools) -> None:
    booking_jobs.follow_requests(tools.database, tools.desk)


def _forget_keys(tools: Tools) -> None:
    tools.database.run(lambda db: idempotency.forget_old(db, now=tools.clock()))


def _refresh_statistics(tools: Tools) -> None:
    tools.database.refresh_statistics()


TIMED: tuple[TimedJob, ...] = (
    TimedJob("sweep seats", timedelta(seconds=10), _sweep),
    TimedJob("allocations", timedelta(seconds=1), _allocate),
    TimedJob("remind of release dates", timedelta(minutes=10), _remind),
    TimedJob("requests: training and expiry", timedelta(minutes=10), _follow_requests),
    TimedJob("requirements", timedelta(days=1), _check_requirements),
    TimedJob("follow the clocks", timedelta(days=1), _retime),
    # Looked at each hour, so that a day is written down soon after it began.
    TimedJob("gaps of the day", timedelta(hours=1), _write_down_gaps),
    TimedJob("forget idempotency keys", timedelta(hours=1), _forget_keys),
    TimedJob("refresh statistics", timedelta(hours=1), _refresh_statistics),
)


class Worker:
    """One worker: takes events one after the other, and does timed work when it is due."""

    def __init__(
        self,
        tools: Tools,
        *,
        subscribers: Mapping[str, tuple[Handler, ...]] = SUBSCRIBERS,
        timed: Sequence[TimedJob] = TIMED,
    ) -> None:
        self._tools = tools
        self._subscribers = subscribers
        self._timed = timed
        self._done_at: dict[str, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; what is under way then is finished first.

        Nothing ends a worker but that: a database that is away is asked again.
        """
        try:
            while not stop.is_set():
                if not self._tried_turn():
                    stop.wait(_IDLE_SECONDS)
        finally:
            self._tools.allocations.stop()

    def _tried_turn(self) -> bool:
        try:
            return self.turn()
        except Exception as error:
            _log.exception("worker_turn_failed", reason=type(error).__name__)
            return False

    def turn(self) -> bool:
        """Do the timed work that is due and deal with one event; whether there was an event."""
        self._do_timed_work()
        self._settle_unheard()
        return self._deliver_one()

    def _do_timed_work(self) -> None:
        now = self._tools.clock()
        for job in self._timed:
            done_at = self._done_at.get(job.name)
            if done_at is not None and now < done_at + job.every:
                continue
            self._done_at[job.name] = now
            try:
                job.run(self._tools)
            except Exception as error:
                # The others still run; this one does at its next time.
                _log.exception("timed_job_failed", job=job.name, reason=type(error).__name__)

    def _settle_unheard(self) -> None:
        database, heard = self._tools.database, tuple(self._subscribers)
        with database.read() as db:
            if not queries.has_unheard(db, heard):
                return
        database.run(lambda db: delivery.settle_unheard(db, heard, now=self._tools.clock()))

    def _deliver_one(self) -> bool:
        tools = self._tools
        with tools.database.read() as db:  # SQLite's one writer is not held up for nothing
            if not queries.has_due(db, now=tools.clock()):
                return False
        taken = tools.database.run(lambda db: delivery.take(db, now=tools.clock()))
        if taken is None:
            return False
        try:
            for handler in self._subscribers.get(taken.name, ()):
                handler(tools, taken)
        except Exception as error:
            self._put_off(taken, error)
        else:
            tools.database.run(lambda db: delivery.settle(db, taken, now=tools.clock()))
        return True

    def _put_off(self, taken: Delivery, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        _log.exception("handler_failed", event_name=taken.name, event_id=str(taken.id))
        self._tools.database.run(
            lambda db: delivery.put_off(db, taken, reason, now=self._tools.clock())
        )


def make_worker(database: Database, settings: Settings, *, clock: Clock = utc_now) -> Worker:
    """The worker of this installation."""
    desk = Desk(
        clock,
        hold=timedelta(minutes=settings.hold_minutes),
        offer=timedelta(hours=settings.offer_hours),
    )
    return Worker(Tools(database, desk))


@contextmanager
def in_background(worker: Worker) -> Iterator[None]:
    """Let ``worker`` run in a thread of this process for as long as the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_SECONDS)
