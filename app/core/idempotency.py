"""One effect per key: a call that is sent twice is carried out once.

The key's row is written in the same commit as the effect, so that no key can be stuck without
its effect, nor an effect exist whose key can be used again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, delete
from sqlmodel import Field, Session, SQLModel, col

from app.core.db import insert_into
from app.core.errors import AppError

KEPT = timedelta(days=7)


class IdempotencyKey(SQLModel, table=True):
    """The answer given to one (actor, key), so that the same call gets the same answer."""

    __tablename__ = "idempotency_key"

    actor: str = Field(primary_key=True, max_length=64)
    key: str = Field(primary_key=True, max_length=200)
    request_hash: str = Field(max_length=64)
    status: int = Field(default=0, description="HTTP status; 0 inside the first transaction.")
    body: str = Field(default="", description="JSON body, or the address redirected to.")
    created_at: datetime = Field(index=True)


class KeyReusedError(AppError):
    """The key was used before with another body."""

    status = 422
    code = "idempotency_key_reused"
    title = "This key was used for another request"


@dataclass(frozen=True, slots=True)
class Once:
    """One call: whose, under which key, and the hash of method, address and body."""

    actor: str
    key: str
    request_hash: str
    at: datetime


def claim(db: Session, once: Once) -> IdempotencyKey | None:
    """Take the key for this transaction, or find the answer it already got.

    Two calls with one key at the same moment: the second waits inside this statement until the
    first has committed, and then finds its answer.

    Returns:
        None when the caller is first and must :func:`settle`; else the stored answer.

    Raises:
        KeyReusedError: The key was used with another body.
    """
    statement = (
        insert_into(db, IdempotencyKey)
        .values(
            actor=once.actor,
            key=once.key,
            request_hash=once.request_hash,
            status=0,
            body="",
            created_at=once.at,
        )
        .on_conflict_do_nothing()
        .returning(col(IdempotencyKey.key))
    )
    # Asked back instead of counted: psycopg gives no row count for an insert of the ORM.
    if db.execute(statement).first() is not None:
        return None
    stored = db.get_one(IdempotencyKey, (once.actor, once.key))
    if stored.request_hash != once.request_hash:
        raise KeyReusedError(
            "This key was already used for a request with other content. "
            "Use a new key for a new request."
        )
    return stored


def settle(db: Session, once: Once, *, status: int, body: str) -> None:
    """Keep the answer, in the same transaction as the effect."""
    stored = db.get_one(IdempotencyKey, (once.actor, once.key))
    stored.status = status
    stored.body = body
    db.add(stored)


def forget_old(db: Session, *, now: datetime) -> int:
    """Delete keys older than :data:`KEPT`; returns how many."""
    statement = delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < now - KEPT)
    return cast("CursorResult[object]", db.execute(statement)).rowcount
