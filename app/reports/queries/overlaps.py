"""Dates with seats to spare, as the facts that overlaps look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.core.zones import to_local
from app.matching.queries import region_of, to_come
from app.matching.rules.overlaps import Dated
from app.registry.models import CourseSkill, Provider, Slot
from app.registry.queries.rows import visible_slots
from app.registry.rules import ProviderState, SlotStatus
from app.registry.rules.chains import SELF_PACED
from app.reports.queries.supply import FREE, countries_of

MOMENT = timedelta(microseconds=1)  # what ends at midnight ends on the day before
_OF_DATE: tuple[Any, ...] = (
    *(col(CourseSkill.skill_id), col(Slot.id), col(Slot.country), col(Slot.zone)),
    *(col(Slot.starts_at), col(Slot.ends_at), col(Slot.provider_id), FREE.label("free")),
)


@dataclass(frozen=True, slots=True)
class SpareDate:
    """A slot on location with seats to spare, under one of its skills."""

    skill: str
    region: str
    provider_id: UUID
    seats_free: int
    dated: Dated


def spare_dates(
    db: Session, skills: frozenset[str] | None, regions: frozenset[str], *, now: datetime
) -> list[SpareDate]:
    """Slots on location that can be applied for and have seats to spare, under each skill."""
    query = (
        select(*_OF_DATE)
        .join(CourseSkill, col(CourseSkill.course_id) == col(Slot.course_id))
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(
            visible_slots(VISITOR),
            to_come(now),
            col(Slot.status) == SlotStatus.CONFIRMED,
            col(Provider.state) == ProviderState.VERIFIED,
            col(Slot.mode) != SELF_PACED,
            col(Slot.country).is_not(None),
            col(Slot.seats_claimed) + col(Slot.waiting) < col(Slot.seats),
            col(Slot.apply_by) > now,
        )
    )
    if skills is not None:
        query = query.where(col(CourseSkill.skill_id).in_(skills))
    if regions:
        query = query.where(col(Slot.country).in_(countries_of(regions)))
    return [
        SpareDate(
            skill=row.skill_id,
            region=region,
            provider_id=row.provider_id,
            seats_free=row.free,
            dated=Dated(
                row.id,
                to_local(row.starts_at, row.zone).date(),
                to_local(row.ends_at - MOMENT, row.zone).date(),
            ),
        )
        for row in db.execute(query)
        for region in [region_of(row.country)]
        if region is not None
    ]
