"""Lists and views of providers, facilities and courses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.core.db import has_token
from app.core.links import absolute
from app.core.paging import values_of
from app.core.refs import named_by
from app.core.text import like_pattern, search_form
from app.registry.models import (
    Course,
    CoursePrerequisite,
    CourseSkill,
    Facility,
    Provider,
)
from app.registry.queries.rows import (
    closures_of,
    find_course,
    find_facility,
    find_provider,
    sees_everything_of,
    visible_providers,
)
from app.registry.queries.slot_views import skills_of
from app.registry.schemas.filters import CatalogueFilter
from app.registry.schemas.views import (
    ClosureView,
    CourseRef,
    CourseView,
    FacilityRef,
    FacilityView,
    ProviderRef,
    ProviderView,
)

Cursor = list[str | int]


def provider_view(db: Session, actor: Actor, ref: str) -> ProviderView:
    """One provider.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    return _provider_view(actor, find_provider(db, actor, ref))


def provider_page(
    db: Session, actor: Actor, wanted: CatalogueFilter, *, limit: int, after: Cursor | None
) -> tuple[list[ProviderView], int, Cursor | None]:
    """One page of providers by name, the total, and the next cursor."""
    conditions = [visible_providers(actor), *_named(Provider, wanted)]
    if wanted.state:
        conditions.append(col(Provider.state).in_(wanted.state))
    if wanted.q:
        conditions.append(_like(Provider.name, wanted.q) | _like(Provider.name_latin, wanted.q))
    if wanted.country:
        conditions.append(col(Provider.country).in_(wanted.country))
    rows, total, more = _page(
        db, select(Provider), conditions, (Provider.name, Provider.id), limit, after
    )
    return [_provider_view(actor, row) for row in rows], total, more


def facility_view(db: Session, actor: Actor, ref: str) -> FacilityView:
    """One facility, without what the actor may not know.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    facility, provider = find_facility(db, actor, ref)
    return _facility_view(db, actor, facility, provider)


def facility_page(
    db: Session, actor: Actor, wanted: CatalogueFilter, *, limit: int, after: Cursor | None
) -> tuple[list[FacilityView], int, Cursor | None]:
    """One page of facilities by name, the total, and the next cursor."""
    conditions = [visible_providers(actor), *_named(Facility, wanted)]
    if wanted.provider:
        conditions.append(or_(*(named_by(Provider, ref) for ref in wanted.provider)))
    if wanted.country:
        conditions.append(col(Facility.country).in_(wanted.country))
    if wanted.q:
        conditions.append(_like(Facility.name, wanted.q) | _like(Facility.city, wanted.q))
    query = select(Facility, Provider).join(Provider, col(Provider.id) == col(Facility.provider_id))
    rows, total, more = _page(db, query, conditions, (Facility.name, Facility.id), limit, after)
    return [_facility_view(db, actor, *row) for row in rows], total, more


def course_view(db: Session, actor: Actor, ref: str) -> CourseView:
    """One course.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    return _course_views(db, [find_course(db, actor, ref)])[0]


def course_page(
    db: Session, actor: Actor, wanted: CatalogueFilter, *, limit: int, after: Cursor | None
) -> tuple[list[CourseView], int, Cursor | None]:
    """One page of courses by title, the total, and the next cursor."""
    conditions = [visible_providers(actor), *_named(Course, wanted)]
    if wanted.provider:
        conditions.append(or_(*(named_by(Provider, ref) for ref in wanted.provider)))
    if wanted.mode:
        conditions.append(col(Course.mode).in_(wanted.mode))
    if wanted.skill:
        taught = select(CourseSkill.course_id).where(col(CourseSkill.skill_id).in_(wanted.skill))
        conditions.append(col(Course.id).in_(taught))
    if wanted.language:
        conditions.append(
            or_(*(has_token(col(Course.languages), lang) for lang in wanted.language))
        )
    conditions.extend(
        col(Course.search_text).like(like_pattern(term), escape="\\")
        for term in search_form(wanted.q).split()
    )
    query = select(Course, Provider).join(Provider, col(Provider.id) == col(Course.provider_id))
    rows, total, more = _page(db, query, conditions, (Course.title, Course.id), limit, after)
    return _course_views(db, rows), total, more


def prerequisites_of(db: Session) -> dict[UUID, tuple[UUID, ...]]:
    """Every course with prerequisites, and which courses those are."""
    found: dict[UUID, list[UUID]] = {}
    query = select(CoursePrerequisite).order_by(
        col(CoursePrerequisite.course_id), col(CoursePrerequisite.requires_id)
    )
    for row in db.exec(query):
        found.setdefault(row.course_id, []).append(row.requires_id)
    return {course: tuple(required) for course, required in found.items()}


def provider_ref(provider: Provider) -> ProviderRef:
    """The provider in short."""
    return ProviderRef(id=provider.id, code=provider.code, name=provider.name, slug=provider.slug)


def facility_ref(facility: Facility) -> FacilityRef:
    """The facility in short."""
    return FacilityRef(
        id=facility.id,
        code=facility.code,
        name=facility.name,
        slug=facility.slug,
        city=facility.city,
        country=facility.country,
    )


def _like(column: Any, text: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = col(column).ilike(like_pattern(text), escape="\\")
    return condition


def _named(table: Any, wanted: CatalogueFilter) -> list[ColumnElement[bool]]:
    return [col(table.code).in_(wanted.code)] if wanted.code else []


def _page(
    db: Session,
    query: Any,
    conditions: Sequence[ColumnElement[bool]],
    order: tuple[Any, Any],
    limit: int,
    after: Cursor | None,
) -> tuple[list[Any], int, Cursor | None]:
    name, key = order
    whole = query.where(*conditions)
    total = db.exec(select(func.count()).select_from(whole.subquery())).one()
    if after is not None:
        last_name, last_id = values_of(after, str, UUID)
        whole = whole.where(
            or_(col(name) > last_name, (col(name) == last_name) & (col(key) > last_id))
        )
    rows = list(db.exec(whole.order_by(col(name), col(key)).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, total, None
    last = rows[limit - 1]
    row = last[0] if isinstance(last, Row) else last
    return rows[:limit], total, [getattr(row, name.key), str(row.id)]


def _provider_view(actor: Actor, provider: Provider) -> ProviderView:
    inside = sees_everything_of(actor, provider.id)
    fields = provider.model_dump()
    fields["contact_email"] = provider.contact_email if actor.signed_in else None
    fields["state_reason"] = provider.state_reason if inside else None
    return ProviderView(**fields, url=absolute(f"/providers/{provider.slug}"))


def _facility_view(
    db: Session, actor: Actor, facility: Facility, provider: Provider
) -> FacilityView:
    inside = sees_everything_of(actor, facility.provider_id)
    open_to_actor = inside or {
        "public": True,
        "network": actor.signed_in,
    }.get(facility.visibility, False)
    fields = facility.model_dump()
    fields["address"] = facility.address if open_to_actor else None
    fields["places"] = facility.places if open_to_actor else None
    if not open_to_actor:
        fields["latitude"] = fields["longitude"] = None
    closures = tuple(
        ClosureView(
            starts_on=closure.starts_on,
            ends_on=closure.ends_on,
            # Why a plant is closed is its own affair; that it is closed is not.
            reason=closure.reason if inside else "closed",
        )
        for closure in closures_of(db, facility.id)
    )
    return FacilityView(
        **fields,
        provider=provider_ref(provider),
        closures=closures,
        url=absolute(f"/facilities/{facility.slug}"),
    )


def _course_views(db: Session, rows: Sequence[tuple[Course, Provider]]) -> list[CourseView]:
    ids = {course.id for course, _ in rows}
    skills = skills_of(db, ids)
    places = {
        facility.id: facility_ref(facility)
        for facility in db.exec(
            select(Facility).where(
                col(Facility.id).in_({c.facility_id for c, _ in rows if c.facility_id})
            )
        )
    }
    required = _required(db, ids)
    return [
        CourseView(
            **course.model_dump(),
            provider=provider_ref(provider),
            facility=places.get(course.facility_id) if course.facility_id else None,
            skills=skills.get(course.id, ()),
            prerequisites=tuple(required.get(course.id, ())),
            url=absolute(f"/courses/{course.slug}"),
        )
        for course, provider in rows
    ]


def _required(db: Session, course_ids: set[UUID]) -> dict[UUID, list[CourseRef]]:
    query = (
        select(CoursePrerequisite.course_id, Course)
        .join(Course, col(Course.id) == col(CoursePrerequisite.requires_id))
        .where(col(CoursePrerequisite.course_id).in_(course_ids))
        .order_by(col(Course.title), col(Course.id))
    )
    found: dict[UUID, list[CourseRef]] = {}
    for course_id, course in db.exec(query):
        ref = CourseRef(id=course.id, code=course.code, title=course.title, slug=course.slug)
        found.setdefault(course_id, []).append(ref)
    return found
