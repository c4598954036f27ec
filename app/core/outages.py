"""Which errors of a database say that it is busy or away, and which that we asked for nonsense."""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

_RETRY_STATES = frozenset({"40P01", "55P03", "40001"})  # deadlock, lock timeout, serialization
_AWAY_CLASSES = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes: connection, resources (disk, memory), operator's intervention, system."""

_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_AWAY_CODES = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL}
)
_PRIMARY = 0xFF
"""The part of an SQLite code that says what; the rest says why (a recovery, a snapshot)."""


def is_lock_failure(error: DBAPIError) -> bool:
    """Whether the transaction lost a race for a lock and may simply run again."""
    state = getattr(error.orig, "sqlstate", None)
    return state in _RETRY_STATES if state is not None else is_sqlite_busy(error.orig)


def is_outage(error: DBAPIError) -> bool:
    """Whether the database is away: connection lost, shutting down, disk full.

    What the transaction had done is gone, unless it was lost during its commit: then nobody
    knows, and only a call with an idempotency key can be sent again without a thought.
    """
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state[:2] in _AWAY_CLASSES
    if isinstance(error.orig, sqlite3.Error):
        return _primary(error.orig) in _AWAY_CODES
    return isinstance(error, OperationalError)  # psycopg: no server to give a state


def is_sqlite_busy(error: BaseException | None) -> bool:
    """Whether another process holds SQLite's lock, or is repairing what a killed one left."""
    return _primary(error) in _BUSY_CODES


def _primary(error: BaseException | None) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
