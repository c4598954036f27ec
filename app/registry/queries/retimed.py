"""Meetings whose instants may no longer be what their wall clocks say."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.registry.models import Meeting, Slot
from app.registry.rules import SlotStatus, by_rules_of_today

_AHEAD = (SlotStatus.DRAFT, SlotStatus.TENTATIVE, SlotStatus.CONFIRMED)


def stale_slots(db: Session, *, now: datetime) -> dict[UUID, list[UUID]]:
    """Slots that are not over with a meeting at another instant than its zone now says.

    Returns:
        Per provider the ids of the slots, ascending.
    """
    query = (
        select(Slot.provider_id, Meeting)
        .join(Slot, col(Slot.id) == col(Meeting.slot_id))
        .where(
            col(Meeting.removed_at).is_(None),
            col(Meeting.ends_at) > now,
            col(Slot.status).in_(_AHEAD),
        )
        .order_by(col(Meeting.slot_id))
    )
    found: dict[UUID, dict[UUID, None]] = {}
    for provider_id, meeting in db.exec(query):
        if _is_stale(meeting):
            found.setdefault(provider_id, {})[meeting.slot_id] = None
    return {provider_id: list(slots) for provider_id, slots in found.items()}


def _is_stale(meeting: Meeting) -> bool:
    times = ((meeting.local_starts, meeting.starts_at), (meeting.local_ends, meeting.ends_at))
    return any(by_rules_of_today(local, meeting.zone, stored) != stored for local, stored in times)
