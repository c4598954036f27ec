"""Each guard of the seats, taken away: for controls that must then see the failure.

A guard is taken away in the memory of one process, or on one database of a test; the product has
no switch for it.
"""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlmodel import Session, col, update

from app.core import outbox
from app.core.db import Database
from app.registry.models import Slot
from app.web.deps import Writer

_SERVICE = "app.booking.service"
_SLOT_LOCK = " FOR UPDATE OF slot"


@contextmanager
def replaced(name: str, change: Callable[[Any], Any], *, within: str = "app.") -> Iterator[None]:
    """Change a function of ours wherever modules below ``within`` know it by ``name``."""
    found = [
        (module, vars(module)[name])
        for path, module in sorted(sys.modules.items())
        if path.startswith(within) and callable(vars(module).get(name))
    ]
    assert found, f"Nobody knows {name}."
    for module, before in found:
        setattr(module, name, change(before))
    try:
        yield
    finally:
        for module, before in found:
            setattr(module, name, before)


@contextmanager
def _lock_off(*, children: bool = False) -> Iterator[None]:
    """The slot is read without its lock; with ``children`` the bookings are locked instead.

    SQLite's statement has no lock in it: there the transaction is the lock (see opened).
    """

    def strip(*facts: Any) -> tuple[str, Any]:
        _, cursor, statement, parameters, *_ = facts
        if _SLOT_LOCK in statement and children:
            cursor.execute("SELECT id FROM booking FOR UPDATE")
        return statement.replace(_SLOT_LOCK, ""), parameters

    event.listen(Engine, "before_cursor_execute", strip, retval=True, named=False)
    yield
    event.remove(Engine, "before_cursor_execute", strip)


def _counting_anyway(_: Any) -> Callable[..., None]:
    """The counter's change without its condition."""

    def move(db: Session, slot: Slot, *, seats: int = 0, waiting: int = 0, **_: Any) -> None:
        changes = {
            "seats_claimed": col(Slot.seats_claimed) + seats,
            "waiting": col(Slot.waiting) + waiting,
        }
        db.execute(update(Slot).where(col(Slot.id) == slot.id).values(**changes))
        db.refresh(slot)

    return move


def _committing(move_seats: Callable[..., None]) -> Callable[..., None]:
    """The seat in one transaction, the booking in the next."""

    def move(db: Session, slot: Slot, **units: Any) -> None:
        move_seats(db, slot, **units)
        db.commit()

    return move


def _promising(_: Any) -> Callable[[Session, outbox.Fact], None]:
    """The messages of a transaction in one of their own, after it."""
    record = outbox.record
    kept: list[outbox.Fact] = []

    def write(session: Session) -> None:
        facts, kept[:] = list(kept), []
        if facts:
            with Session(session.get_bind()) as later:
                for fact in facts:
                    record(later, fact)
                later.commit()

    def promise(db: Session, fact: outbox.Fact) -> None:
        if not kept:
            event.listen(db, "after_commit", write)
        kept.append(fact)

    return promise


@contextmanager
def _keys_later() -> Iterator[None]:
    """The key in a transaction of its own, after that of the effect."""

    def later(self: Writer, owner: str, command: Any, status: int) -> tuple[int, str, bool]:
        body = self.database.run(command)
        keyed = Writer(self.database, self.clock, self.key, self.request_hash)
        return before(keyed, owner, lambda _: body, status)

    before = Writer._once  # noqa: SLF001 - the guard that is taken away
    Writer._once = later  # type: ignore[method-assign]  # noqa: SLF001
    try:
        yield
    finally:
        Writer._once = before  # type: ignore[method-assign]  # noqa: SLF001


def _nothing(_: Any) -> Callable[..., Any]:
    return lambda *_, **__: None


def _none_due(_: Any) -> Callable[..., list[Any]]:
    return lambda *_, **__: []


def _one_row(_: Any) -> Callable[[Any], int]:
    return lambda _result: 1


def _not_in_yet(look: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *facts, **more: replace(look(*facts, **more), already_in=False)


def _nobody_waits(decide: Callable[..., Any]) -> Callable[..., Any]:
    return lambda facts, **more: decide(replace(facts, waiting=0), **more)


MUTATIONS: dict[str, Callable[[], Any]] = {
    "lock": _lock_off,
    "lock on the slot": lambda: _lock_off(children=True),
    "condition": lambda: replaced("move_seats", _counting_anyway, within=_SERVICE),
    "answer of the update": lambda: replaced("_rows", _one_row, within=_SERVICE),
    "one commit": lambda: replaced("move_seats", _committing, within="app.booking.service.seats"),
    "message in the commit": lambda: replaced("record", _promising, within="app.core.outbox"),
    "key in the commit": _keys_later,
    "the line first": lambda: replaced("decide_seat", _nobody_waits, within=_SERVICE),
    "look for a booking": lambda: replaced("newcomer_at", _not_in_yet, within=_SERVICE),
    "look for a clash": lambda: replaced("clash_of", _nothing, within=_SERVICE),
    "reap": lambda: replaced("due_holds", _none_due, within="app.booking.queries"),
    "promote": lambda: replaced("promote", _none_due, within=_SERVICE),
    "check of the block": lambda: replaced("_check_open", _nothing, within=_SERVICE),
    "CHECK": ExitStack,  # see opened: SQLite is told not to look; PostgreSQL loses the rule
    "BEGIN IMMEDIATE": ExitStack,  # see opened
    "our own BEGIN": ExitStack,
    "READ COMMITTED": ExitStack,
}
"""How a guard is taken away, in the memory of one process."""

_OWN_ENGINE = {"BEGIN IMMEDIATE", "our own BEGIN", "READ COMMITTED", "CHECK", "lock"}


def opened(url: str, without: Collection[str]) -> Database:
    """The database at ``url``, opened without what is named of how we open it."""
    changed = _OWN_ENGINE & set(without)
    if not changed or (not url.startswith("sqlite") and changed <= {"lock", "CHECK"}):
        return Database(url)
    return _Careless(url, frozenset(without))


class _Careless(Database):
    """A database that is opened without some of the guards of ours."""

    def __init__(self, url: str, without: frozenset[str]) -> None:
        super().__init__(url)
        level = {"isolation_level": "REPEATABLE READ"} if "READ COMMITTED" in without else {}
        self._engine = create_engine(url, **level)
        self._without = without
        event.listen(self._engine, "connect", self._prepare)
        if self.is_sqlite and not without & {"our own BEGIN", "lock"}:
            begin = "BEGIN" if "BEGIN IMMEDIATE" in without else "BEGIN IMMEDIATE"
            event.listen(self._engine, "begin", lambda connection: _say(connection, begin))

    def _prepare(self, connection: Any, _record: object) -> None:
        if not self.is_sqlite:
            return
        if not self._without & {"our own BEGIN", "lock"}:
            connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA foreign_keys = ON")
        if "CHECK" in self._without:
            connection.execute("PRAGMA ignore_check_constraints = ON")

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction as somebody would write it who knows nothing of this page."""
        with Session(self._engine, expire_on_commit=False) as db:
            if self.is_sqlite and not self._without & {"our own BEGIN", "lock"}:
                db.connection()
            yield db
            db.commit()


def _say(connection: Any, words: str) -> None:
    connection.exec_driver_sql(words)


def drop_check(database: Database) -> None:
    """Take the rule that seats are not claimed beyond what there is off the table for good."""
    if database.is_sqlite:
        return  # no statement for that; processes go ``without`` it by a pragma
    with database.write() as db:
        rules = text(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'slot'::regclass AND contype = 'c' "
            "AND pg_get_constraintdef(oid) LIKE '%seats_claimed%'"
        )
        for name in db.execute(rules).scalars().all():
            db.execute(text(f'ALTER TABLE slot DROP CONSTRAINT "{name}"'))
