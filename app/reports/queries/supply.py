"""Supply as the facts that the gap table counts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, extract, func
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.core import countries
from app.matching.queries import region_of, to_come
from app.registry.models import Course, CourseSkill, Provider, Slot
from app.registry.queries.rows import visible_slots
from app.registry.rules import ProviderState, SlotStatus
from app.reports.groups import groups_of
from app.reports.rules import Supply, quarter_of
from app.taxonomy import queries as taxonomy

FREE = case(
    (col(Slot.seats) > col(Slot.seats_claimed), col(Slot.seats) - col(Slot.seats_claimed)), else_=0
)
"""Free seats of a slot, never below none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which supply, and how fine; ``places`` are countries, None for all.

    What is taught at a distance reaches every place and is never left out for one.
    """

    skills: frozenset[str] | None = None
    places: frozenset[str] | None = None
    by_quarter: bool = False
    by_course: bool = False


def supply(db: Session, wanted: Wanted, *, now: datetime) -> list[Supply]:
    """Seats of slots to come, by skill and country.

    Also by quarter of their start, and by the product types and sectors of their courses, when
    that is asked for.
    """
    start = col(Slot.starts_at)
    months = (extract("year", start), extract("month", start)) if wanted.by_quarter else ()
    facts = (col(Course.platforms), col(Course.audience)) if wanted.by_course else ()
    groups = (
        *(col(CourseSkill.skill_id), col(Slot.country), col(Slot.status), col(Provider.state)),
        *months,
        *facts,
    )
    columns: tuple[Any, ...] = (*groups, func.sum(col(Slot.seats)), func.sum(FREE))
    query = (
        select(*columns)
        .select_from(Slot)
        .join(CourseSkill, col(CourseSkill.course_id) == col(Slot.course_id))
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(visible_slots(VISITOR), to_come(now))
        .group_by(*groups)
    )
    if facts:
        query = query.join(Course, col(Course.id) == col(Slot.course_id))
    if wanted.skills is not None:
        query = query.where(col(CourseSkill.skill_id).in_(wanted.skills))
    if wanted.places is not None:
        query = query.where(col(Slot.country).is_(None) | col(Slot.country).in_(wanted.places))
    domains = {each.id: each.domain for each in taxonomy.skills()}
    return [_supply(tuple(row), wanted, domains) for row in db.execute(query)]


def countries_of(regions: Iterable[str]) -> frozenset[str]:
    """The countries of all these regions."""
    return frozenset(country for region in regions for country in countries.in_region(region))


def _supply(row: tuple[Any, ...], wanted: Wanted, domains: dict[str, str]) -> Supply:
    skill, country, status, state, *more, seats, free = row
    months: Collection[Any] = more[:2] if wanted.by_quarter else ()
    facts = more[-2:] if wanted.by_course else ((), ())
    is_open = status == SlotStatus.CONFIRMED and state == ProviderState.VERIFIED
    return Supply(
        skill=skill,
        country=country,
        region=region_of(country) if country else None,
        quarter=quarter_of(*(int(each) for each in months)) if months else None,
        seats=int(seats),
        seats_free=int(free),
        planned=not is_open,
        domain=domains.get(skill, ""),
        platforms=tuple(facts[0]),
        sectors=tuple(facts[1]),
        groups=groups_of(country) if country else (),
    )
