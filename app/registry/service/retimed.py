"""Slots follow the clocks of their places when the rules of a zone change."""

from datetime import datetime

from sqlmodel import Session

from app.core import outbox
from app.core.outbox import Fact
from app.registry.models import Slot
from app.registry.queries.rows import meetings_of
from app.registry.rules import by_rules_of_today
from app.registry.service.catalogue import revise


def retime(db: Session, slot: Slot, *, now: datetime) -> bool:
    """Move the slot's meetings that are not over to where their wall clocks are by today's rules.

    What was announced is the time on the wall: nine o'clock stays nine o'clock. The deadline is
    an instant that was published as such, and stays. The caller holds the slot's lock, and takes
    up anew what the slot needs.

    Returns:
        Whether anything moved.
    """
    meetings = meetings_of(db, [slot.id])[slot.id]
    changes = {}
    for meeting in meetings:
        if meeting.ends_at <= now:
            continue
        starts_at = by_rules_of_today(meeting.local_starts, meeting.zone, meeting.starts_at)
        ends_at = by_rules_of_today(meeting.local_ends, meeting.zone, meeting.ends_at)
        if (starts_at, ends_at) != (meeting.starts_at, meeting.ends_at):
            before = [meeting.starts_at.isoformat(), meeting.ends_at.isoformat()]
            changes[str(meeting.id)] = [before, [starts_at.isoformat(), ends_at.isoformat()]]
            meeting.starts_at, meeting.ends_at = starts_at, ends_at
            db.add(meeting)
    if not changes:
        return False
    slot.starts_at = min(meeting.starts_at for meeting in meetings)
    slot.ends_at = max(meeting.ends_at for meeting in meetings)
    revise(slot, now=now)
    db.add(slot)
    db.flush()
    outbox.record(db, Fact("slot.retimed", slot.id, slot.version, now, changes=changes))
    return True
