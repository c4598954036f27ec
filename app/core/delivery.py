"""Handing out the outbox: each event to one worker at a time, again when that worker is lost.

At least once: an event is done when its handlers have returned and this was written down. A
worker that is killed in between leaves a lease that runs out, and another takes the event again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult
from sqlmodel import Session, col, update

from app.core import queries
from app.core.outbox import OutboxEvent

LEASE = timedelta(minutes=2)
"""How long a worker has for one event; the handlers of an event must be faster together."""

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
_ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event in the hands of one worker; ``attempt`` counts from 1."""

    id: UUID
    name: str
    subject_id: UUID
    version: int
    payload: dict[str, Any]
    recorded_at: datetime
    attempt: int


def take(db: Session, *, now: datetime) -> Delivery | None:
    """The oldest event that is due, leased to the caller; None when there is none."""
    table = OutboxEvent
    # A scalar subquery: PostgreSQL may run the query of an IN once for every row of the table, and
    # would lease one more event each time.
    oldest = queries.lock_oldest_due(now).scalar_subquery()
    statement = (
        update(table)
        .where(col(table.id) == oldest, queries.due(now))
        .values(leased_until=now + LEASE, attempts=col(table.attempts) + 1)
        .returning(table)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = db.scalars(statement).first()
    if row is None:
        return None
    return Delivery(
        row.id,
        row.name,
        row.subject_id,
        row.version,
        row.payload,
        row.recorded_at,
        row.attempts,
    )


def settle(db: Session, delivery: Delivery, *, now: datetime) -> bool:
    """Mark the event as dealt with; False when its lease went to another worker meanwhile."""
    return _change(db, delivery, processed_at=now, leased_until=None, last_error=None)


def put_off(db: Session, delivery: Delivery, error: str, *, now: datetime) -> bool:
    """Let the event wait after a failure, longer each time; as :func:`settle` otherwise."""
    until = now + pause_after(delivery.attempt)
    return _change(db, delivery, leased_until=until, last_error=error[:_ERROR_LENGTH])


def settle_unheard(db: Session, heard: Collection[str], *, now: datetime) -> int:
    """Mark all waiting events that are not named in ``heard``; returns how many."""
    statement = update(OutboxEvent).where(queries.unheard(heard)).values(processed_at=now)
    return _rows(db.execute(statement.execution_options(synchronize_session=False)))


def pause_after(attempt: int) -> timedelta:
    """How long an event waits after its n-th failure: 10 s, 20 s, 40 s … up to an hour."""
    doublings = min(attempt - 1, 20)  # far beyond the longest pause; keeps the number small
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _change(db: Session, delivery: Delivery, **values: Any) -> bool:
    table = OutboxEvent
    statement = (
        update(table)
        .where(
            col(table.id) == delivery.id,
            col(table.attempts) == delivery.attempt,
            col(table.processed_at).is_(None),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return _rows(db.execute(statement)) == 1


def _rows(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount
