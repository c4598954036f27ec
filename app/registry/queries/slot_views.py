"""From rows to the view of a slot that a reader gets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlmodel import Session, col, select

from app.core.links import absolute
from app.registry.models import Course, CourseSkill, Facility, Meeting, Provider, Slot
from app.registry.queries.rows import meetings_of
from app.registry.rules import ProviderState, SlotStatus, is_bookable, takes_interest
from app.registry.schemas.views import (
    CourseRef,
    FacilityRef,
    MeetingView,
    ProviderRef,
    SkillLevel,
    SlotView,
)

_OWN = (
    *("id", "code", "mode", "status", "status_reason", "route", "seats", "waiting"),
    *("minimum_to_run", "max_per_country", "max_per_authority", "line_mode", "offer_hours"),
    *("decision_hours", "criteria", "selected_at", "series_id", "series_position"),
    *("zone", "country", "starts_at", "ends_at", "apply_by", "first_apply_by"),
    *("note", "updated_at", "sequence", "version"),
)
_OF_COURSE = ("languages", "interpretation", "level", "platforms", "funding", "fee_usd")

COLUMNS: tuple[Any, ...] = (
    Slot,
    col(Course.code).label("course_code"),
    col(Course.title),
    col(Course.slug).label("course_slug"),
    col(Course.level),
    col(Course.platforms),
    col(Course.languages),
    col(Course.interpretation),
    col(Course.funding),
    col(Course.fee_usd),
    col(Provider.code).label("provider_code"),
    col(Provider.name).label("provider_name"),
    col(Provider.slug).label("provider_slug"),
    col(Provider.state).label("provider_state"),
    col(Facility.code).label("facility_code"),
    col(Facility.name).label("facility_name"),
    col(Facility.slug).label("facility_slug"),
    col(Facility.city),
    col(Facility.country).label("facility_country"),
)


def joined(query: Any) -> Any:
    """``query`` over slots with their course, provider and (outer) facility."""
    whole: Select[Any] = (
        query.select_from(Slot)
        .join(Course, col(Course.id) == col(Slot.course_id))
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .outerjoin(Facility, col(Facility.id) == col(Slot.facility_id))
    )
    return whole


def views_of(db: Session, rows: Sequence[Row[Any]], *, now: datetime) -> list[SlotView]:
    """Views of ``rows`` (of :data:`COLUMNS`), in their order, with two more queries for all."""
    ids = [row.Slot.id for row in rows]
    meetings = meetings_of(db, ids)
    skills = skills_of(db, {row.Slot.course_id for row in rows})
    return [
        _view(row, meetings[row.Slot.id], skills.get(row.Slot.course_id, ()), now) for row in rows
    ]


def skills_of(db: Session, course_ids: set[UUID]) -> dict[UUID, tuple[SkillLevel, ...]]:
    """The skills of each course, in the course's own order."""
    query = select(CourseSkill).where(col(CourseSkill.course_id).in_(course_ids))
    found: dict[UUID, list[SkillLevel]] = {}
    for taught in db.exec(query.order_by(col(CourseSkill.position))):
        skill = SkillLevel(id=taught.skill_id, level=taught.level)
        found.setdefault(taught.course_id, []).append(skill)
    return {course_id: tuple(skills) for course_id, skills in found.items()}


def meeting_view(meeting: Meeting) -> MeetingView:
    """A meeting without its join link, which only people with a seat get."""
    return MeetingView(
        id=meeting.id,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        mode=meeting.mode,
        place=meeting.place or None,
    )


def is_planned(*, status: str, provider_state: str) -> bool:
    """Whether the slot is future supply: announced, not bookable yet."""
    unverified = status == SlotStatus.CONFIRMED and provider_state != ProviderState.VERIFIED
    return status == SlotStatus.TENTATIVE or unverified


def _view(
    row: Row[Any], meetings: list[Meeting], skills: tuple[SkillLevel, ...], now: datetime
) -> SlotView:
    slot: Slot = row.Slot
    return SlotView(
        **{name: getattr(slot, name) for name in _OWN},
        **{name: getattr(row, name) for name in _OF_COURSE},
        course=CourseRef(
            id=slot.course_id, code=row.course_code, title=row.title, slug=row.course_slug
        ),
        provider=ProviderRef(
            id=slot.provider_id,
            code=row.provider_code,
            name=row.provider_name,
            slug=row.provider_slug,
        ),
        facility=_facility(row),
        bookable=is_bookable(
            status=slot.status, provider_state=row.provider_state, apply_by=slot.apply_by, now=now
        ),
        takes_interest=takes_interest(
            status=slot.status, provider_state=row.provider_state, apply_by=slot.apply_by, now=now
        ),
        planned=is_planned(status=slot.status, provider_state=row.provider_state),
        seats_free=max(0, slot.seats - slot.seats_claimed),
        meetings=tuple(meeting_view(meeting) for meeting in meetings),
        skills=skills,
        url=absolute(f"/slots/{slot.id}"),
        ics_url=absolute(f"/slots/{slot.id}.ics"),
    )


def _facility(row: Row[Any]) -> FacilityRef | None:
    if row.Slot.facility_id is None:
        return None
    return FacilityRef(
        id=row.Slot.facility_id,
        code=row.facility_code,
        name=row.facility_name,
        slug=row.facility_slug,
        city=row.city,
        country=row.facility_country,
    )
