"""Numbers of seats for whoever watches over the product."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.booking.models import Booking
from app.core.gauges import Gauge
from app.registry.models import Slot
from app.registry.rules import SlotStatus


def seat_gauges(db: Session, now: datetime) -> Iterator[Gauge]:
    """Seats of slots that are not over, and all claims by state: two statements that count."""
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(col(Slot.seats)), 0),
            func.coalesce(func.sum(col(Slot.seats_claimed)), 0),
            func.coalesce(func.sum(col(Slot.waiting)), 0),
        )
        .select_from(Slot)
        .where(col(Slot.status) == SlotStatus.CONFIRMED, col(Slot.ends_at) > now)
    )
    slots, seats, claimed, waiting = db.exec(query).one()
    yield Gauge("cadre_slots_open", "Confirmed slots that are not over.", slots)
    yield Gauge("cadre_seats", "Their seats.", seats)
    yield Gauge("cadre_seats_claimed", "Of these, taken or held.", claimed)
    yield Gauge("cadre_people_waiting", "People on their waiting lists.", waiting)
    states = select(Booking.state, func.count()).group_by(col(Booking.state))
    for state, count in db.exec(states.order_by(col(Booking.state))):
        yield Gauge("cadre_bookings", "Claims on seats by state.", count, {"state": state})
