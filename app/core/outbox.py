"""Say what happened: one fact per state change, written in the same commit as the change.

A fact becomes an outbox row (mail, calendars and webhooks follow from it, later and elsewhere)
and an audit row (who, when, why, what changed). Neither can exist without the change itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint, insert
from sqlmodel import Field, Session, SQLModel

from app.core.ids import new_id


class OutboxEvent(SQLModel, table=True):
    """A fact waiting to be delivered at least once; handlers must not mind a repetition."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "version", "name"),
        Index("ix_outbox_event_waiting", "processed_at", "recorded_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=64)
    subject: str = Field(max_length=32)
    subject_id: UUID
    version: int = Field(description="The subject's version after the change.")
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    recorded_at: datetime
    leased_until: datetime | None = None
    processed_at: datetime | None = None
    attempts: int = 0
    last_error: str | None = None


class AuditEntry(SQLModel, table=True):
    """Who changed what, when and why. Rows are only ever added."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "subject_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime
    actor_id: UUID | None = Field(default=None, description="None: the system itself.")
    actor_kind: str = Field(max_length=16)
    action: str = Field(max_length=64)
    subject: str = Field(max_length=32)
    subject_id: UUID
    reason: str | None = None
    changes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


# Of the tables, not the classes: the mapper's own bulk inserts take three times as long.
_OUTBOX = insert(SQLModel.metadata.tables["outbox_event"])
_AUDIT = insert(SQLModel.metadata.tables["audit_entry"])


@dataclass(frozen=True, slots=True)
class Fact:
    """One state change.

    ``name`` is ``subject.past_participle`` (``booking.placed``); ``version`` is the subject's
    version after the change and makes the fact unique; ``by`` is a user id, or None for the
    system; ``changes`` maps a field to ``[before, after]`` in JSON values.
    """

    name: str
    subject_id: UUID
    version: int
    at: datetime
    by: UUID | None = None
    reason: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]


def record(db: Session, fact: Fact) -> None:
    """Write the fact's outbox row and audit row into the running transaction.

    Plain inserts, at once: nothing refers to these rows, and the slot that the fact is about is
    locked meanwhile.
    """
    db.flush()
    connection = db.connection()
    connection.execute(_OUTBOX, _event_row(fact))
    connection.execute(_AUDIT, _audit_row(fact))


def record_all(db: Session, facts: Sequence[Fact]) -> None:
    """Write many facts as :func:`record` does, with two statements in all."""
    if facts:
        db.flush()
        connection = db.connection()
        connection.execute(_OUTBOX, [_event_row(fact) for fact in facts])
        connection.execute(_AUDIT, [_audit_row(fact) for fact in facts])


def _event_row(fact: Fact) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name": fact.name,
        "subject": fact.subject,
        "subject_id": fact.subject_id,
        "version": fact.version,
        "payload": fact.payload,
        "recorded_at": fact.at,
        "attempts": 0,
    }


def _audit_row(fact: Fact) -> dict[str, Any]:
    return {
        "id": new_id(),
        "at": fact.at,
        "actor_id": fact.by,
        "actor_kind": "person" if fact.by else "system",
        "action": fact.name,
        "subject": fact.subject,
        "subject_id": fact.subject_id,
        "reason": fact.reason,
        "changes": fact.changes,
    }
