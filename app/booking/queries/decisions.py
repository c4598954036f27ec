"""Seats that wait for their provider's decision."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.views import booking_views
from app.booking.rules import BookingState
from app.booking.schemas import BookingView
from app.registry.models import Slot
from app.registry.queries.rows import sees_everything_of

SHOWN = 50


def awaiting_decision(
    db: Session, actor: Actor, provider_id: UUID, *, now: datetime
) -> list[BookingView]:
    """People whose seat waits for the provider's decision, the nearest deadline first.

    Empty for those who do not look after the provider.
    """
    if not sees_everything_of(actor, provider_id):
        return []
    query = (
        select(Booking)
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .where(
            col(Slot.provider_id) == provider_id,
            col(Booking.state) == BookingState.REQUESTED,
            col(Booking.held_until) > now,
        )
        .order_by(col(Booking.held_until), col(Booking.id))
        .limit(SHOWN)
    )
    return booking_views(db, list(db.exec(query)), reader=actor, now=now)
