"""Lists of slots: filters, pages, facets, and the view a reader gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.core import countries
from app.core.db import has_token
from app.core.errors import NotFoundError
from app.core.paging import values_of
from app.core.refs import named_by
from app.core.text import like_pattern, search_form
from app.registry.models import Course, CourseSkill, Facility, Provider, Slot
from app.registry.queries.rows import visible_slots
from app.registry.queries.slot_views import COLUMNS, joined, views_of
from app.registry.rules import ProviderState, SlotStatus
from app.registry.schemas.filters import SlotFilter
from app.registry.schemas.views import (
    SlotView,
)
from app.taxonomy import queries as taxonomy

_FACETS = ("domain", "mode", "country", "language", "funding")


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a facet and how many slots have it, under the other filters."""

    value: str
    count: int


def slot_page(
    db: Session,
    actor: Actor,
    wanted: SlotFilter,
    *,
    now: datetime,
    limit: int,
    after: list[str | int] | None = None,
) -> tuple[list[SlotView], int, list[str | int] | None]:
    """One page of slots by start: the views, how many there are in all, and the next cursor."""
    conditions = [visible_slots(actor), *slot_conditions(wanted)]
    query = _by_start(conditions)
    if after is not None:
        start, last_id = values_of(after, datetime.fromisoformat, UUID)
        query = query.where(
            or_(
                col(Slot.starts_at) > start,
                and_(col(Slot.starts_at) == start, col(Slot.id) > last_id),
            )
        )
    rows = db.execute(query.limit(limit + 1)).all()
    views = views_of(db, rows[:limit], now=now)
    more: list[str | int] | None = None
    if len(rows) > limit:
        more = [views[-1].starts_at.isoformat(), str(views[-1].id)]
    if after is None and more is None:
        return views, len(views), None  # they are all there: nothing is left to count
    total = db.exec(joined(select(func.count(col(Slot.id)))).where(*conditions)).one()
    return views, total, more


def first_slots(
    db: Session, actor: Actor, wanted: SlotFilter, *, now: datetime, limit: int
) -> list[SlotView]:
    """The first slots by start, where nobody asks how many there are."""
    query = _by_start([visible_slots(actor), *slot_conditions(wanted)])
    return views_of(db, db.execute(query.limit(limit)).all(), now=now)


def slots_by_id(db: Session, slot_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, SlotView]:
    """Views of these slots, whoever asks; for callers that checked who may see them."""
    if not slot_ids:
        return {}
    rows = db.execute(joined(select(*COLUMNS)).where(col(Slot.id).in_(slot_ids))).all()
    return {view.id: view for view in views_of(db, rows, now=now)}


def slot_view(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> SlotView:
    """One slot.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    condition = and_(col(Slot.id) == slot_id, visible_slots(actor))
    rows = db.execute(joined(select(*COLUMNS)).where(condition)).all()
    if not rows:
        raise NotFoundError("There is no such slot.")
    return views_of(db, rows, now=now)[0]


def slot_ids(db: Session, actor: Actor, wanted: SlotFilter, *, limit: int) -> list[UUID]:
    """Ids of the slots that match, by start; for feeds."""
    query = joined(select(col(Slot.id))).where(visible_slots(actor), *slot_conditions(wanted))
    return list(db.exec(query.order_by(col(Slot.starts_at), col(Slot.id)).limit(limit)))


def facets(
    db: Session, actor: Actor, wanted: SlotFilter, *, names: Sequence[str] = _FACETS
) -> dict[str, list[Facet]]:
    """For each facet its values with counts; a facet's own choice does not narrow itself."""
    return {name: _facet(db, actor, wanted, name) for name in names}


def slot_conditions(wanted: SlotFilter) -> list[ColumnElement[bool]]:
    """The filters as conditions on Slot joined with Course and Provider."""
    conditions = [*_about_course(wanted), *_about_place(wanted)]
    for column, values in (
        (Slot.mode, wanted.mode),
        (Slot.status, wanted.status),
        (Slot.code, wanted.code),
        (Course.funding, wanted.funding),
    ):
        if values:
            conditions.append(col(column).in_(values))
    if wanted.starts_after:
        conditions.append(col(Slot.starts_at) >= wanted.starts_after)
    if wanted.starts_before:
        conditions.append(col(Slot.starts_at) < wanted.starts_before)
    if wanted.open_after:
        later = wanted.open_after
        conditions.append((col(Slot.starts_at) >= later) | (col(Slot.apply_by) >= later))
        if wanted.has_seats:
            # A free seat that nobody can apply for any more is none to somebody who looks for one.
            conditions.append(col(Slot.apply_by) > later)
    if wanted.has_seats is not None:
        free = (
            (col(Slot.seats_claimed) < col(Slot.seats))
            & (col(Slot.status) == SlotStatus.CONFIRMED)
            & (col(Provider.state) == ProviderState.VERIFIED)
        )
        conditions.append(free if wanted.has_seats else ~free)
    return conditions


def _about_course(wanted: SlotFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    skills = set(wanted.skill)
    if wanted.domain:
        of_domains = {
            skill.id for domain in wanted.domain for skill in taxonomy.skills_in_domain(domain)
        }
        skills = skills & of_domains if skills else of_domains
    if wanted.skill or wanted.domain:
        conditions.append(
            exists()
            .where(
                col(CourseSkill.course_id) == col(Slot.course_id),
                col(CourseSkill.skill_id).in_(skills),
            )
            # The count per domain reads the same table outside; this one stays its own.
            .correlate(Slot)
        )
    for column, values in (
        (Course.platforms, wanted.platform),
        (Course.languages, wanted.language),
    ):
        if values:
            conditions.append(or_(*(has_token(col(column), value) for value in values)))
    conditions.extend(
        col(Course.search_text).like(like_pattern(term), escape="\\")
        for term in search_form(wanted.q).split()
    )
    if wanted.course:
        conditions.append(or_(*(named_by(Course, ref) for ref in wanted.course)))
    return conditions


def _about_place(wanted: SlotFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.provider:
        conditions.append(or_(*(named_by(Provider, ref) for ref in wanted.provider)))
    if wanted.facility:
        named = or_(*(named_by(Facility, ref) for ref in wanted.facility))
        conditions.append(named)
    if wanted.country:
        conditions.append(col(Slot.country).in_(wanted.country))
    if wanted.region:
        inside: set[str] = set()
        for region in wanted.region:
            inside |= countries.in_region(region)
        conditions.append(col(Slot.country).in_(inside))
    return conditions


def _by_start(conditions: Sequence[ColumnElement[bool]]) -> Any:
    query = joined(select(*COLUMNS)).where(*conditions)
    return query.order_by(col(Slot.starts_at), col(Slot.id))


def _facet(db: Session, actor: Actor, wanted: SlotFilter, name: str) -> list[Facet]:
    others = wanted.model_copy(update={name: []})
    conditions = [visible_slots(actor), *slot_conditions(others)]
    counts: dict[str, int] = {}
    if name == "domain":
        counts = _per_domain(db, conditions)
    elif name == "language":
        counts = _per_language(db, conditions)
    else:
        column = {"mode": Slot.mode, "country": Slot.country, "funding": Course.funding}[name]
        grouped = db.execute(
            joined(select(col(column), func.count(col(Slot.id))))
            .where(*conditions)
            .group_by(col(column))
        )
        counts = {value: count for value, count in grouped if value is not None}
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Facet(value, count) for value, count in ordered]


def _per_domain(db: Session, conditions: list[ColumnElement[bool]]) -> dict[str, int]:
    skill_id = col(CourseSkill.skill_id)
    # The database does not know which domain a skill is in; told here, it can count by itself.
    domain = case({skill.id: skill.domain for skill in taxonomy.skills()}, value=skill_id)
    rows = db.execute(
        joined(select(domain, func.count(col(Slot.id).distinct())))
        .join(CourseSkill, col(CourseSkill.course_id) == col(Slot.course_id))
        .where(*conditions)
        .group_by(domain)
    )
    return {found: count for found, count in rows if found is not None}


def _per_language(db: Session, conditions: list[ColumnElement[bool]]) -> dict[str, int]:
    rows = db.execute(
        joined(select(col(Course.languages), func.count(col(Slot.id))))
        .where(*conditions)
        .group_by(col(Course.languages))
    )
    counts: dict[str, int] = {}
    for languages, count in rows:
        for language in languages:
            counts[language] = counts.get(language, 0) + count
    return counts
