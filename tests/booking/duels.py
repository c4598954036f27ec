"""Two processes meet at a chosen point, with every guard in place or with some taken away.

The first stops at its pause point (after its check, or before its commit) until the second has
done its part, or waits for a lock and gets no further. So what a guard prevents happens in every
run, and not once in a thousand.

The processes are forked from one that has imported the product and done nothing else; each may be
killed, and each has changed functions of ours in its own memory only.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from app.accounts.queries import actor_of_user
from app.booking.queries.ledger import counters_off
from app.booking.schemas import BookSeatIn, CancelIn, CohortIn, NominationIn
from app.booking.service import cohorts, nominations, seats, slots
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import AppError
from app.registry.schemas.inputs import SlotPatch
from app.web.deps import Writer
from tests.booking.mutations import MUTATIONS, opened, replaced

CAUGHT = "caught by a constraint"
BROKEN = "database error"
_WAIT = 30.0
_PATIENCE = 0.6
"""Seconds for which SQLite's second stands at its first writing statement: it is locked out."""

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@dataclass(frozen=True, slots=True)
class Move:
    """What one process does: a part, for whom, on what, and which guards it goes without.

    ``pause``: the point at which it stops, ``after check`` or ``before commit``. ``dies``: it is
    killed there instead, or ``after commit``.
    """

    url: str
    part: str
    slot: UUID
    actor: UUID
    now: datetime
    target: UUID | None = None
    count: int = 1
    without: tuple[str, ...] = ()
    pause: str = ""
    dies: bool = False
    key: str = ""


@dataclass(slots=True)
class Meeting:
    """How two processes tell each other how far they are."""

    reached: Any
    go: Any
    writes: Any


@dataclass(slots=True)
class Started:
    """A process that does its move; :meth:`answer` waits for what became of it."""

    process: BaseProcess
    pipe: Connection
    meeting: Meeting = field(repr=False)

    def comes_to_its_pause(self) -> None:
        """Wait until it is there."""
        while not self.meeting.reached.wait(0.05):
            assert self.process.is_alive(), f"It ended before its pause: {self.answer()}"

    def answer(self) -> str:
        """A state, an error's code, :data:`CAUGHT`, or ``killed``."""
        self.process.join(_WAIT)
        if self.process.exitcode == -signal.SIGKILL:
            return "killed"
        assert self.process.exitcode == 0, self.process.exitcode
        return str(self.pipe.recv())


def context() -> Any:
    """Processes forked from one that has imported this module."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


def start(move: Move) -> Started:
    """Let a process begin."""
    made = context()
    meeting = Meeting(made.Event(), made.Event(), made.Event())
    ours, theirs = made.Pipe(duplex=False)
    process = made.Process(target=_act, args=(move, meeting, theirs), daemon=True)
    process.start()
    theirs.close()
    return Started(process, ours, meeting)


def duel(first: Move, second: Move) -> tuple[str, str]:
    """The first stops at its pause; the second does its part or waits; then the first goes on."""
    one = start(first)
    one.comes_to_its_pause()
    other = start(second)
    _until_done_or_locked_out(other, second.url)
    one.meeting.go.set()
    return one.answer(), other.answer()


def _until_done_or_locked_out(other: Started, url: str) -> None:
    if url.startswith("sqlite"):
        end = time.monotonic() + _WAIT
        while other.process.is_alive() and time.monotonic() < end:
            if other.meeting.writes.wait(0.02):
                other.process.join(_PATIENCE)
                return
        return
    database = Database(url, pool_size=1)
    with database.read() as db:
        while other.process.is_alive() and not db.execute(_WAITING).scalar_one():
            other.process.join(0.02)
    database.dispose()


def look(database: Database, first: Move) -> tuple[list[dict[str, Any]], str]:
    """What the counters are off by, seen by another process's eyes while the first pauses."""
    one = start(first)
    one.comes_to_its_pause()
    with database.read() as db:
        off = counters_off(db)
    one.meeting.go.set()
    return off, one.answer()


def _act(move: Move, meeting: Meeting, pipe: Connection) -> None:
    with ExitStack() as stack:
        for guard in move.without:
            stack.enter_context(MUTATIONS[guard]())
        stack.enter_context(_paused(move, meeting))
        stack.enter_context(_telling_of_writes(meeting))
        database = opened(move.url, move.without)
        pipe.send(_tried(database, move))
    pipe.close()


@contextmanager
def _telling_of_writes(meeting: Meeting) -> Iterator[None]:
    """Say when SQLite's lock is asked for, which is where a process may have to wait."""

    def at_turn(turn: Callable[..., Any]) -> Callable[..., Any]:
        def told(*facts: Any, **more: Any) -> Any:
            meeting.writes.set()
            return turn(*facts, **more)

        return told

    def at_statement(*facts: Any) -> None:
        if facts[2].startswith(("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE")):
            meeting.writes.set()

    event.listen(Engine, "before_cursor_execute", at_statement)
    with replaced("turn", at_turn, within="app.core.db"):
        yield
    event.remove(Engine, "before_cursor_execute", at_statement)


def _tried(database: Database, move: Move) -> str:
    """Without a second try: what a lost lock does must be seen."""
    use = PARTS[move.part]
    desk = Desk(clock=lambda: move.now)
    try:
        if move.key:
            return _once(database, move, desk)
        with database.write() as db:
            return use(db, move, desk)
    except AppError as error:
        return error.code
    except IntegrityError:
        return CAUGHT
    except DBAPIError as error:
        return f"{BROKEN}: {getattr(error.orig, 'sqlstate', None) or error.orig}"


def _once(database: Database, move: Move, desk: Desk) -> str:
    """As a call of the API with an idempotency key."""
    writer = Writer(database, lambda: move.now, move.key, "the same body")
    return writer.redirect(str(move.actor), lambda db: PARTS[move.part](db, move, desk)).headers[
        "location"
    ]


def _book(db: Session, move: Move, desk: Desk) -> str:
    actor = actor_of_user(db, move.actor)
    return str(seats.book_seat(db, actor, move.slot, BookSeatIn(), desk).state)


def _confirm(db: Session, move: Move, desk: Desk) -> str:
    actor = actor_of_user(db, move.actor)
    return str(seats.confirm_booking(db, actor, _target(move), desk).state)


def _cancel(db: Session, move: Move, desk: Desk) -> str:
    actor = actor_of_user(db, move.actor)
    return str(seats.cancel_booking(db, actor, _target(move), CancelIn(), desk).state)


def _block(db: Session, move: Move, desk: Desk) -> str:
    actor = actor_of_user(db, move.actor)
    wish = CohortIn(slot=move.slot, seats=move.count)
    return str(cohorts.hold_cohort(db, actor, _target(move), wish, desk).state)


def _name(db: Session, move: Move, desk: Desk) -> str:
    """Names somebody new into the block: whoever the slot's ``count``-th stranger is."""
    actor = actor_of_user(db, move.actor)
    named = NominationIn(
        email=f"somebody-{move.count}@people.example", name=f"Somebody {move.count}"
    )
    return str(nominations.nominate(db, actor, _target(move), named, desk).state)


def _release(db: Session, move: Move, desk: Desk) -> str:
    actor = actor_of_user(db, move.actor)
    return str(cohorts.release_cohort(db, actor, _target(move), desk).state)


def _resize(db: Session, move: Move, desk: Desk) -> str:
    actor = actor_of_user(db, move.actor)
    slots.change_slot(db, actor, move.slot, SlotPatch(seats=move.count), desk)
    return "changed"


def _sweep(db: Session, move: Move, desk: Desk) -> str:
    slots.sweep_slot(db, move.slot, desk)
    return "swept"


def _target(move: Move) -> UUID:
    assert move.target is not None
    return move.target


PARTS: dict[str, Callable[[Session, Move, Desk], str]] = {
    "book": _book,
    "confirm": _confirm,
    "cancel": _cancel,
    "block": _block,
    "name": _name,
    "release": _release,
    "resize": _resize,
    "sweep": _sweep,
}


@contextmanager
def _paused(move: Move, meeting: Meeting) -> Iterator[None]:
    """Stop once at the move's pause point, or be killed there."""
    stop = _Stop(move, meeting)
    with ExitStack() as stack:
        if move.pause == "after check":
            for name in ("decide_seat", "decide_block", "check_step", "_check_open"):
                stack.enter_context(replaced(name, stop.after, within="app.booking.service"))
        elif move.pause:
            event.listen(Session, move.pause.replace(" ", "_"), stop)
        yield


@dataclass(eq=False)
class _Stop:
    """The pause: the first time that it is reached, and not again."""

    move: Move
    meeting: Meeting
    over: bool = False

    def __call__(self, *_: Any) -> None:
        if self.over:
            return
        self.over = True
        if self.move.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        self.meeting.reached.set()
        self.meeting.go.wait(_WAIT)

    def after(self, decide: Callable[..., Any]) -> Callable[..., Any]:
        """The decision, and then the pause."""

        def decided(*facts: Any, **more: Any) -> Any:
            decision = decide(*facts, **more)
            self()
            return decision

        return decided
