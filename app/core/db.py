"""Two databases, one transaction protocol.

SQLite: WAL, ``synchronous=FULL``, foreign keys on, one process-wide write mutex, turns among
processes (see :mod:`app.core.turns`), then ``BEGIN IMMEDIATE``, so a write transaction holds the
database's one write lock from its first statement. PostgreSQL: READ COMMITTED pinned (a lock
taken under REPEATABLE READ reads a stale snapshot and sells seats twice), ``lock_timeout`` of 3 s.

Nothing outside this module commits. A write is a *command*, a function of a session, so that the
whole unit can run again after a deadlock or a lock timeout.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Dialect, Engine, String, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.base import manager_of_class
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

from app.core.errors import UNAVAILABLE, BusyError, UnavailableError
from app.core.outages import is_lock_failure, is_outage, is_sqlite_busy
from app.core.turns import queue_beside, turn

T = TypeVar("T")
M = TypeVar("M", bound=SQLModel)

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_TRIES = 4
_MUTEX_SECONDS = 10.0
_BUSY_SECONDS = 5.0
_TURN_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = (0.0002, 0.002)  # for those who do not take turns
_READER_SECONDS = 3600


class Tokens(TypeDecorator[tuple[str, ...]]):
    """An ordered set of vocabulary ids, stored as ``" en fr "``.

    The spaces at both ends make ``LIKE '% en %'`` an exact test on both databases, without a
    link table for what is always read and written whole.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """To the database; ids hold no space (checked by the input models)."""
        if value is None:
            return None
        if isinstance(value, str):  # the right-hand side of a LIKE
            return value
        return f" {' '.join(value)} " if value else " "

    def process_result_value(self, value: Any, _dialect: Dialect) -> tuple[str, ...]:
        """From the database."""
        return tuple((value or "").split())


def has_token(column: Any, token: str) -> ColumnElement[bool]:
    """A condition: the :class:`Tokens` column holds ``token``."""
    condition: ColumnElement[bool] = column.cast(String).contains(f" {token} ", autoescape=True)
    return condition


class Database:
    """Sessions for reading and for writing on one database (and its replica, if it has one).

    Args:
        url: SQLAlchemy address, ``sqlite:///…`` or ``postgresql+psycopg://…``.
        replica_url: A copy that may lag; serves :meth:`replica`.
        pool_size: Connections for readers, per process.
    """

    def __init__(self, url: str, *, replica_url: str | None = None, pool_size: int = 8) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._reader = _sqlite_engine(url, pool_size=pool_size, writes=False)
            self._writer = _sqlite_engine(url, pool_size=1, writes=True)
            self._replica = self._snapshot = self._reader
        else:
            self._writer = _postgres_engine(url, pool_size)
            # Single reading statements need no transaction; this saves BEGIN and ROLLBACK.
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            self._snapshot = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._replica = self._reader
            if replica_url:
                self._replica = _postgres_engine(replica_url, pool_size).execution_options(
                    isolation_level="AUTOCOMMIT"
                )
        self._mutex = threading.Lock()
        self._queue = queue_beside(make_url(url).database) if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on the primary that never commits; SQLite refuses writes in it."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as db:
            yield db

    @contextmanager
    def replica(self) -> Iterator[Session]:
        """A session on the replica, which may lag; for public lists, feeds and reports only."""
        with Session(self._replica, expire_on_commit=False, autoflush=False) as db:
            yield db

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session that sees one moment, however many statements it needs; never commits.

        For looking through the whole database while others write. SQLite's readers always see one
        moment.
        """
        with Session(self._snapshot, expire_on_commit=False, autoflush=False) as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One write transaction: commits on leaving, rolls back on any error. No retry."""
        if not self.is_sqlite:
            with Session(self._writer, expire_on_commit=False) as db:
                yield db
                db.commit()
            return
        # Threads wait for the mutex, processes for their turn; SQLite's lock is then free.
        if not self._mutex.acquire(timeout=_MUTEX_SECONDS):
            raise BusyError("The database is busy. Please try again in a moment.")
        try:
            with (
                turn(self._queue, seconds=_TURN_SECONDS),
                Session(self._writer, expire_on_commit=False) as db,
            ):
                db.connection()  # BEGIN IMMEDIATE now, before anything is read
                yield db
                db.commit()
        finally:
            self._mutex.release()

    def run(self, command: Callable[[Session], T]) -> T:
        """Run ``command`` in one write transaction and commit before returning its value.

        The whole command runs again after a deadlock or lock timeout, at most three times. SQLite
        has no deadlocks, and was waited for already.

        Raises:
            BusyError: The database stayed locked.
            UnavailableError: It is away, or cannot write.
        """
        for attempt in range(1 if self.is_sqlite else _TRIES):
            try:
                with self.write() as db:
                    return command(db)
            except DBAPIError as error:
                if is_outage(error):
                    raise UnavailableError(UNAVAILABLE) from error
                if not is_lock_failure(error):
                    raise
                # Jitter keeps two losers from meeting again at the same moment.
                time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))  # noqa: S311 - no secret
        raise BusyError("The database is busy. Please try again in a moment.")

    def is_reading(self, db: Session) -> bool:
        """Whether a session of this database never commits: :meth:`read` or :meth:`snapshot`."""
        return db.get_bind() is not self._writer

    def refresh_statistics(self) -> None:
        """Let SQLite look at its tables, whose sizes its planner else guesses; PostgreSQL does.

        Each connection of a reader lives for an hour and knows the figures of its first moment.
        With 5,000 slots the rows of a listing page take 0.3 ms instead of 30.

        Raises:
            BusyError: Somebody else is writing; nothing is lost by it.
        """
        if self.is_sqlite:
            self.run(_analyse)

    def dispose(self) -> None:
        """Close every connection; the object cannot be used afterwards."""
        for engine in {self._reader, self._writer, self._replica}:
            engine.dispose()


def as_read(db: Session, model: type[M], values: Mapping[str, Any]) -> M:
    """A row that was read or written past the mapper, as an object that the session has read.

    For the hot path: the mapper takes several times as long. What is changed from now on, the
    session writes as ever; what it had of the row before is replaced.

    Args:
        db: The running transaction.
        model: The mapped class; its key is ``id``.
        values: All of its columns, as they are in the database.
    """
    known: M | None = db.identity_map.get(identity_key(model, values["id"]))
    if known is not None:
        for name, value in values.items():
            set_committed_value(known, name, value)
        return known
    row: M = manager_of_class(model).new_instance()
    vars(row).update(values)
    make_transient_to_detached(row)
    db.add(row)
    return row


def insert_into(db: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT in the words of this database, which can say ON CONFLICT.

    For what two calls may create at the same moment: on a conflict the second waits inside the
    statement until the first has committed, where a failed flush would end its transaction.
    """
    is_sqlite = db.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def _analyse(db: Session) -> None:
    # Rows of each index: a fifth of a second at the most. Looking at only the first 1,000, SQLite
    # takes a status that all slots have for one that few have, and chooses the wrong index.
    db.execute(text("PRAGMA analysis_limit = 100000"))
    db.execute(text("ANALYZE"))


def _sqlite_engine(url: str, *, pool_size: int, writes: bool) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_recycle=_READER_SECONDS,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            f"busy_timeout={int(_BUSY_SECONDS * 1000)}",  # also for what follows here
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-16000",
            *(["busy_timeout=0"] if writes else ["query_only=ON"]),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if writes:
            _begin_immediate(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _begin_immediate(connection: Any) -> None:
    """Take SQLite's one write lock, waiting for other programs up to :data:`_BUSY_SECONDS`.

    Processes of ours have taken turns before; a backup, a shell or a process whose turn did not
    come has not. SQLite's own waiting sleeps longer and longer, up to 0.1 s, so that whoever
    waited most waits on; looking often, at moments of chance, gives each the same prospects.
    """
    give_up = time.monotonic() + _BUSY_SECONDS
    driver: sqlite3.Connection = connection.connection.dbapi_connection
    while time.monotonic() < give_up:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_sqlite_busy(error):
                raise
            time.sleep(random.uniform(*_LOOK_AGAIN_SECONDS))  # noqa: S311 - no secret
        else:
            return
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try; its error is SQLAlchemy's own


def _postgres_engine(url: str, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        # Set here, not by each transaction, which would cost it a round trip. Readers lock nothing.
        connect_args={"options": "-c timezone=UTC -c lock_timeout=3s"},
    )
