"""Runs are made here: read, solved outside any transaction, written down at once.

A worker hands each run to a process of its own (:class:`Runner`), so that solving never keeps
the worker from ending holds in time, nor a serving process from answering; and so that a run can
be ended at any moment, with its memory.
"""

import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from uuid import UUID

from app.allocation.queries import runs as queries
from app.allocation.rules.facts import CancelledError
from app.allocation.service import runs as service
from app.allocation.service.reckoning import read_network, reckon
from app.allocation.service.runs import Taken
from app.core import zones
from app.core.clock import Clock, utc_now
from app.core.db import Database
from app.core.log import logger
from app.matching.service.board import Board

_log = logger("allocation")

_SAY_EVERY = 1.0
_STOP_SECONDS = 5.0
_TRACE = 4000


def make_next(
    database: Database,
    clock: Clock,
    *,
    only: UUID | None = None,
    said: Callable[[int, str], None] = lambda _percent, _phase: None,
) -> UUID | None:
    """Take the run that waits longest (or ``only`` this one) and make it; None when none waits.

    Progress is written about once a second, and ``said`` is told. When somebody cancels the run
    meanwhile, or another worker has taken it, nothing is written.
    """
    taken = database.run(lambda db: service.take_run(db, now=clock(), only=only))
    if taken is None:
        return None
    voice = _Voice(database, clock, taken, said)
    try:
        _make(database, clock, taken, voice)
    except CancelledError:
        _log.info("allocation_stopped", run=str(taken.id))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        # No traceback of the log's own: it would write out the whole network.
        trace = "".join(traceback.format_exception(error))[-_TRACE:]
        _log.error("allocation_failed", run=str(taken.id), reason=reason, trace=trace)
        database.run(lambda db: service.fail_run(db, taken, reason, now=clock()))
    return taken.id


class Runner:
    """The process in which this worker's run is made: at most one at a time."""

    def __init__(self) -> None:
        self._child: BaseProcess | None = None
        self._lifeline: Connection | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a run is being made."""
        return self._child is not None and self._child.is_alive()

    def look(self, database: Database, clock: Clock) -> None:
        """Begin the next run when one waits and none is being made; returns at once."""
        if self.is_busy:
            return
        self.stop()
        with database.read() as db:
            if not queries.has_due(db, now=clock()):
                return
        context = multiprocessing.get_context("spawn")
        there, self._lifeline = context.Pipe(duplex=False)
        # The child's clock is ours, also where a test has set it.
        ahead = clock() - utc_now()
        child = context.Process(
            target=_child, args=(database.url, ahead, there), name="allocation", daemon=True
        )
        child.start()
        self._child = child  # one that could not be begun is nothing to stop; the next look tries
        there.close()

    def stop(self) -> None:
        """End the process, finished or not; what it was making is made again by another."""
        if self._child is not None:
            self._child.terminate()
            self._child.join(_STOP_SECONDS)
        if self._lifeline is not None:
            self._lifeline.close()
        self._child = self._lifeline = None


def _child(url: str, ahead: timedelta, lifeline: Connection) -> None:
    """What the process does: one run, unless its worker is gone first."""
    threading.Thread(target=_die_with_parent, args=(lifeline,), daemon=True).start()
    zones.use_packaged_tzdata()
    database = Database(url, pool_size=1)
    try:
        make_next(database, partial(_clock, ahead))
    finally:
        database.dispose()


def _die_with_parent(lifeline: Connection) -> None:
    """A worker that was killed closes its end; nobody would hear what we find out."""
    lifeline.poll(None)
    os._exit(1)


def _clock(ahead: timedelta) -> datetime:
    return utc_now() + ahead


class _Voice:
    """Says how far a run is, not too often, and hears whether it shall go on."""

    def __init__(
        self, database: Database, clock: Clock, taken: Taken, said: Callable[[int, str], None]
    ) -> None:
        self._database, self._clock, self._taken, self._said = database, clock, taken, said
        self._percent, self._phase = 0, "reading"
        self._spoken_at = time.monotonic()
        self._ours = True

    def report(self, percent: int, phase: str) -> None:
        """Remember how far it is; it never goes back."""
        self._percent, self._phase = max(self._percent, min(percent, 99)), phase
        self._said(self._percent, phase)
        self.should_stop()

    def should_stop(self) -> bool:
        """Whether the run is no longer ours to make."""
        if self._ours and time.monotonic() - self._spoken_at >= _SAY_EVERY:
            self._ours = self._database.run(
                lambda db: queries.note_progress(
                    db,
                    self._taken.id,
                    self._taken.attempt,
                    progress=self._percent,
                    phase=self._phase,
                    now=self._clock(),
                )
            )
            self._spoken_at = time.monotonic()
        return not self._ours


def _make(database: Database, clock: Clock, taken: Taken, voice: _Voice) -> None:
    board = Board(database, clock=clock)
    with database.snapshot() as db:
        read = read_network(db, board, taken, now=clock())
    voice.report(10, "alone")
    outcome = reckon(read, report=voice.report, should_stop=voice.should_stop)
    voice.report(99, "writing")
    record = service.record_of(taken, outcome)
    if not database.run(lambda db: service.finish_run(db, taken, record, now=clock())):
        _log.info("allocation_superseded", run=str(taken.id))
