"""What several pages show a reader alike: the next dates, and times in the reader's zone."""

from datetime import datetime

from sqlmodel import Session

from app.accounts.rules import Actor
from app.registry.cards import SlotCard, slot_cards
from app.registry.queries import slots
from app.registry.rules import SlotStatus
from app.registry.schemas.filters import SlotFilter

COMING = (SlotStatus.CONFIRMED, SlotStatus.TENTATIVE)
"""Statuses of slots that somebody can still hope for."""


def reader_zone(actor: Actor) -> str | None:
    """The zone to say times in beside the place's own; None leaves that to the browser."""
    return actor.zone if actor.signed_in else None


def next_cards(
    db: Session, actor: Actor, wanted: SlotFilter, *, now: datetime, limit: int = 8
) -> list[SlotCard]:
    """The first slots under ``wanted`` that begin, or can be applied for, from ``now`` on."""
    coming = wanted.model_copy(update={"status": list(COMING), "open_after": now})
    views = slots.first_slots(db, actor, coming, now=now, limit=limit)
    return slot_cards(views, reader_zone(actor))
