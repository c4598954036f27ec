"""Numbers about the supply side: where slots are, and how much of everything there is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR, Actor
from app.registry.models import Course, Facility, Provider, Slot
from app.registry.queries.rows import visible_providers, visible_slots
from app.registry.queries.slot_views import joined
from app.registry.queries.slots import slot_conditions
from app.registry.rules import ProviderState, SlotStatus
from app.registry.schemas.filters import SlotFilter


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """How many slots there are in one city, and when the next one starts (UTC)."""

    country: str
    city: str
    slots: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """The network in numbers, as everybody may see them."""

    providers: int
    countries: int
    facilities: int
    courses: int
    slots: int
    seats_free: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """What one provider has entered."""

    facilities: int = 0
    courses: int = 0
    slots: int = 0


def places_of_slots(db: Session, actor: Actor, wanted: SlotFilter) -> list[PlaceCount]:
    """The cities of the slots found, by country and city; remote slots have none."""
    where = [visible_slots(actor), *slot_conditions(wanted), col(Slot.country).is_not(None)]
    query = joined(
        select(
            col(Slot.country),
            col(Facility.city),
            func.count(col(Slot.id)),
            func.min(col(Slot.starts_at)),
        )
    )
    order = (col(Slot.country), col(Facility.city))
    rows = db.execute(query.where(*where).group_by(*order).order_by(*order))
    return [PlaceCount(country, city or "", count, at) for country, city, count, at in rows]


def network_figures(db: Session, *, now: datetime) -> Figures:
    """What the public can see and use from ``now`` on."""
    seen = visible_providers(VISITOR)
    providers, places = db.execute(
        select(func.count(col(Provider.id)), func.count(col(Provider.country).distinct())).where(
            seen
        )
    ).one()
    facilities, courses = (
        db.execute(
            select(func.count(col(table.id)))
            .join(Provider, col(Provider.id) == col(table.provider_id))
            .where(seen)
        ).scalar_one()
        for table in (Facility, Course)
    )
    bookable = (
        (col(Slot.status) == SlotStatus.CONFIRMED)
        & (col(Provider.state) == ProviderState.VERIFIED)
        & (col(Slot.apply_by) > now)
    )
    free = case((bookable, col(Slot.seats) - col(Slot.seats_claimed)), else_=0)
    coming = SlotFilter(
        status=[SlotStatus.CONFIRMED, SlotStatus.TENTATIVE],
        open_after=now,
    )
    slots, seats = db.execute(
        joined(
            select(
                func.count(col(Slot.id)),
                func.coalesce(func.sum(case((free > 0, free), else_=0)), 0),
            )
        ).where(visible_slots(VISITOR), *slot_conditions(coming))
    ).one()
    return Figures(providers, places, facilities, courses, slots, int(seats))


def holdings_of_providers(db: Session) -> dict[UUID, Holdings]:
    """What every provider has entered, drafts included; for the secretariat."""
    found: dict[UUID, dict[str, int]] = {}
    for name, table in (("facilities", Facility), ("courses", Course), ("slots", Slot)):
        query = select(col(table.provider_id), func.count(col(table.id)))
        for provider_id, count in db.execute(query.group_by(col(table.provider_id))):
            found.setdefault(provider_id, {})[name] = count
    return {provider_id: Holdings(**counts) for provider_id, counts in found.items()}
