"""Which slots can still be joined."""

from datetime import datetime

from sqlalchemy import and_, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from app.registry.models import Slot
from app.registry.rules import SlotStatus
from app.registry.rules.chains import SELF_PACED


def to_come(now: datetime) -> ColumnElement[bool]:
    """Published slots that have not begun; at one's own pace, that have not ended."""
    return and_(
        # Said as "not in", so that SQLite, which keeps no statistics, looks up the courses and does
        # not read every confirmed slot there is.
        col(Slot.status).not_in((SlotStatus.DRAFT, SlotStatus.CANCELLED, SlotStatus.COMPLETED)),
        or_(
            col(Slot.starts_at) > now,
            and_(col(Slot.mode) == SELF_PACED, col(Slot.ends_at) > now),
        ),
    )
