"""What waits in the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.core.outbox import OutboxEvent


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many events nobody has dealt with, and since when the oldest waits."""

    events: int
    oldest_at: datetime | None


def outbox_waiting(db: Session) -> Waiting:
    """What is in the outbox now."""
    query = select(func.count(), func.min(col(OutboxEvent.recorded_at)))
    events, oldest = db.exec(query.where(col(OutboxEvent.processed_at).is_(None))).one()
    return Waiting(events, oldest)


def unheard(heard: Collection[str]) -> ColumnElement[bool]:
    """A condition: a waiting event that no name in ``heard`` is for."""
    return col(OutboxEvent.processed_at).is_(None) & col(OutboxEvent.name).not_in(heard)


def due(now: datetime) -> ColumnElement[bool]:
    """A condition: a waiting event that nobody is dealing with, or no longer."""
    return col(OutboxEvent.processed_at).is_(None) & or_(
        col(OutboxEvent.leased_until).is_(None), col(OutboxEvent.leased_until) <= now
    )


def has_unheard(db: Session, heard: Collection[str]) -> bool:
    """Whether an event waits that nobody listens to."""
    return db.exec(select(OutboxEvent.id).where(unheard(heard)).limit(1)).first() is not None


def has_due(db: Session, *, now: datetime) -> bool:
    """Whether an event waits for somebody to deal with it."""
    return db.exec(select(OutboxEvent.id).where(due(now)).limit(1)).first() is not None


def lock_oldest_due(now: datetime) -> SelectOfScalar[UUID]:
    """A subquery: the id of the oldest event that is due and that nobody else is taking.

    SQLite ignores the lock and needs none: it has one writer at a time (see ``core.db``).
    """
    return (
        select(OutboxEvent.id)
        .where(due(now))
        .order_by(col(OutboxEvent.recorded_at), col(OutboxEvent.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
