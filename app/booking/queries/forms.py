"""A slot as the form shows it that changes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.zones import to_local
from app.registry.queries.occupancy import resource_ids_of
from app.registry.queries.rows import find_slot, meetings_of
from app.registry.queries.slots import slot_view
from app.registry.schemas.views import SlotView

_SAME = (
    *("code", "mode", "status", "route", "seats", "overbook", "minimum_to_run"),
    *("max_per_country", "max_per_authority", "line_mode", "offer_hours", "decision_hours"),
    *("criteria", "note", "version"),
)


@dataclass(frozen=True, slots=True)
class EditableSlot:
    """A slot, and the first values of the fields of its form (times on the slot's own clock)."""

    view: SlotView
    fields: dict[str, Any]


def editable_slot(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> EditableSlot:
    """The slot with its fields, join links too: only for those who may change it.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    slot, _ = find_slot(db, actor, slot_id)
    fields: dict[str, Any] = {name: getattr(slot, name) for name in _SAME}
    fields["course"] = slot.course_id
    fields["facility"] = slot.facility_id
    fields["resources"] = resource_ids_of(db, slot.id)
    fields["apply_by"] = wall_time(slot.apply_by, slot.zone)
    fields["meetings"] = [
        {
            "starts_at": wall_time(meeting.starts_at, slot.zone),
            "ends_at": wall_time(meeting.ends_at, slot.zone),
            "mode": meeting.mode,
            "place": meeting.place or None,
            "join_url": meeting.join_url or None,
        }
        for meeting in meetings_of(db, [slot.id])[slot.id]
    ]
    return EditableSlot(slot_view(db, actor, slot_id, now=now), fields)


def wall_time(moment: datetime, zone: str) -> str:
    """As a field of type ``datetime-local`` takes it; seconds only where there are any."""
    local = to_local(moment, zone)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")
