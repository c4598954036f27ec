"""Dates with seats to spare, as the facts that overlaps look at."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, and_, col, select

from app.accounts.rules import VISITOR
from app.core.zones import to_local
from app.matching.queries import region_of, to_come
from app.matching.rules.overlaps import Dated
from app.registry.models import CourseSkill, Provider, Slot
from app.registry.queries.rows import visible_slots
from app.registry.rules import ProviderState, SlotStatus
from app.registry.rules.chains import SELF_PACED
from app.reports.queries.supply import FREE

MOMENT = timedelta(microseconds=1)  # what ends at midnight ends on the day before


def plain(column: Any) -> Any:
    """An id as text, in the order of ids: a tenth of the work where tens of thousands are read."""
    return cast(column, String)


_OF_DATE: tuple[Any, ...] = (
    *(plain(col(Slot.id)).label("id"), plain(col(Slot.course_id)).label("course_id")),
    *(plain(col(Slot.provider_id)).label("provider_id"), col(Slot.country), col(Slot.zone)),
    *(col(Slot.starts_at), col(Slot.ends_at), FREE.label("free")),
)


@dataclass(frozen=True, slots=True)
class SpareDate(Dated[str]):
    """A slot on location with seats to spare; ids as :func:`plain` reads them."""

    provider: str
    seats_free: int


Kind = tuple[str, str]
"""A skill, and a WHO region."""


def is_spare(now: datetime) -> ColumnElement[bool]:
    """A condition: the slot can be applied for and has seats to spare.

    The select must join :class:`Provider`.
    """
    return and_(
        visible_slots(VISITOR),
        to_come(now),
        col(Slot.status) == SlotStatus.CONFIRMED,
        col(Provider.state) == ProviderState.VERIFIED,
        col(Slot.mode) != SELF_PACED,
        col(Slot.seats_claimed) + col(Slot.waiting) < col(Slot.seats),
        col(Slot.apply_by) > now,
    )


def spare_dates(
    db: Session, skills: Collection[str] | None = None, *, now: datetime
) -> dict[Kind, list[SpareDate]]:
    """The slots on location with seats to spare, under each of their skills (None: of all)."""
    taught = skills_of_courses(db, skills)
    query = (
        select(*_OF_DATE)
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(is_spare(now), col(Slot.country).is_not(None))
    )
    if skills is not None:
        teaching = select(CourseSkill.course_id).where(col(CourseSkill.skill_id).in_(skills))
        query = query.where(col(Slot.course_id).in_(teaching))
    found: dict[Kind, list[SpareDate]] = defaultdict(list)
    for row in db.execute(query):
        region = region_of(row.country)
        if region is not None:
            starts_on = to_local(row.starts_at, row.zone).date()
            ends_on = to_local(row.ends_at - MOMENT, row.zone).date()
            date = SpareDate(row.id, starts_on, ends_on, row.provider_id, row.free)
            for skill in taught.get(row.course_id, ()):
                found[skill, region].append(date)
    return found


def skills_of_courses(db: Session, skills: Collection[str] | None) -> dict[str, list[str]]:
    """Which of the skills (None: of all) each course teaches, by its id as text."""
    query = select(plain(col(CourseSkill.course_id)), col(CourseSkill.skill_id))
    if skills is not None:
        query = query.where(col(CourseSkill.skill_id).in_(skills))
    found: dict[str, list[str]] = defaultdict(list)
    for course_id, skill in db.execute(query):
        found[course_id].append(skill)
    return found
