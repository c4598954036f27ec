"""What every change of the catalogue has in common: revisions, and who may make it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select, update

from app.accounts.rules import Actor
from app.core.errors import EditConflictError, ForbiddenError
from app.registry.models import CatalogueRevision, Slot
from app.registry.queries.rows import lock_slots
from app.registry.rules import SlotStatus, next_revision


def bump(db: Session, *, now: datetime) -> None:
    """Raise the catalogue's revision. Called last: the row is shared by all catalogue changes."""
    row = CatalogueRevision
    statement = update(row).where(col(row.id) == 1).values(value=col(row.value) + 1, changed_at=now)
    db.execute(statement)


def revise(slot: Slot, *, now: datetime) -> None:
    """Mark a change of ``slot`` that calendars show. Drafts are in no calendar: they stay at 0."""
    if slot.status != SlotStatus.DRAFT:
        slot.sequence += 1
    slot.revised_at = slot.stamped_at = next_revision(now=now, stamped_at=slot.stamped_at)
    touch(slot, now=now)


def touch(slot: Slot, *, now: datetime) -> None:
    """Mark any change of ``slot``."""
    slot.version += 1
    slot.updated_at = now


def revise_where(db: Session, *conditions: Any, now: datetime) -> None:
    """Revise all published slots that show something which changed elsewhere (a name, a place)."""
    published = col(Slot.status) != SlotStatus.DRAFT
    ids: Iterable[UUID] = db.exec(select(Slot.id).where(published, *conditions)).all()
    for slot in lock_slots(db, ids):
        revise(slot, now=now)
        db.add(slot)


def require_editor(actor: Actor, provider_id: UUID) -> UUID:
    """The actor's id, when the actor may edit this provider's listing.

    Raises:
        ForbiddenError: The actor may not; asked only about rows the actor may see.
    """
    user_id = actor.require_write()
    if provider_id not in actor.providers:
        raise ForbiddenError("Only people of this provider may change its listing.")
    return user_id


def check_version(row: Any, version: int | None) -> None:
    """Refuse an edit that began before somebody else's was saved.

    Raises:
        EditConflictError: ``version`` is given and no longer the row's.
    """
    if version is not None and version != row.version:
        raise EditConflictError(
            "Somebody else changed this meanwhile. Please look at the present values and "
            "make your change again.",
            version=row.version,
        )


def apply_changes(row: SQLModel, fields: dict[str, Any]) -> dict[str, Any]:
    """Set the fields that differ; returns ``{field: [before, after]}`` in JSON values."""
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        before = getattr(row, name)
        if before != value:
            changes[name] = [_plain(before), _plain(value)]
            setattr(row, name, value)
    return changes


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)
