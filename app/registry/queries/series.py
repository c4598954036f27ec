"""Slots of one series."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.registry.models import Slot


def following_ids(db: Session, slot: Slot) -> list[UUID]:
    """The slots of the series that begin with ``slot`` or after it, whatever their status."""
    query = select(Slot.id).where(
        col(Slot.series_id) == slot.series_id, col(Slot.starts_at) >= slot.starts_at
    )
    return list(db.exec(query.order_by(col(Slot.id))))


def begins_before(db: Session, series_id: UUID, moment: datetime) -> bool:
    """Whether the series has a slot that begins before ``moment``."""
    query = select(Slot.id).where(col(Slot.series_id) == series_id, col(Slot.starts_at) < moment)
    return db.exec(query.limit(1)).first() is not None
