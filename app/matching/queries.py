"""A need and the offers for it, as the facts that ranking looks at.

Plain columns, no rows of tables: a need may see a thousand slots. What belongs to a course or a
facility is read once for all of its slots.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING, CohortState
from app.core import countries
from app.core.zones import to_local
from app.demand.models import GapNeed, GapRequest
from app.matching.rules import Need, Offer, Paths, Run, Want
from app.registry.models import Course, CoursePrerequisite, CourseSkill, Facility, Provider, Slot
from app.registry.queries.rows import visible_providers
from app.registry.rules import REMOTE_MODES, ProviderState, SlotStatus
from app.taxonomy import queries as taxonomy

SELF_PACED = "self-paced"
_HOURS = "hours"
# A slot that ends at midnight ends on the day before.
_MOMENT = timedelta(microseconds=1)

_OF_NEED: tuple[Any, ...] = (
    col(GapNeed.skill_id),
    col(GapNeed.level),
    col(GapNeed.platform),
    col(GapNeed.weight),
)
_OF_SLOT: tuple[Any, ...] = (
    *(col(Slot.id), col(Slot.course_id), col(Slot.facility_id), col(Slot.status), col(Slot.mode)),
    *(col(Slot.starts_at), col(Slot.ends_at), col(Slot.zone), col(Slot.country)),
    *(col(Slot.seats), col(Slot.seats_claimed), col(Slot.waiting), col(Slot.max_per_country)),
    col(Slot.apply_by),
)
_OF_COURSE: tuple[Any, ...] = (
    *(col(Course.id), col(Course.provider_id), col(Course.title), col(Course.platforms)),
    *(col(Course.languages), col(Course.interpretation)),
    *(col(Course.audience), col(Course.eligible_countries), col(Course.funding)),
    *(col(Course.fee_usd), col(Course.length), col(Course.length_unit)),
)
_OF_RUN: tuple[Any, ...] = (
    *(col(Slot.course_id), col(Slot.status), col(Slot.starts_at), col(Slot.ends_at)),
    *(col(Slot.apply_by), col(Slot.mode), col(Slot.seats), col(Slot.seats_claimed)),
    col(Slot.waiting),
)
_OF_SITE: tuple[Any, ...] = (
    *(col(Facility.id), col(Facility.country), col(Facility.access_rules)),
    *(col(Facility.latitude), col(Facility.longitude)),
)


@dataclass(frozen=True, slots=True)
class _Taught:
    """What a course adds to its slots; ``provider_state`` is None where it is not listed."""

    provider_state: str | None
    title: str
    skills: tuple[tuple[str, int], ...]
    platforms: frozenset[str]
    languages: frozenset[str]
    interpretation: frozenset[str]
    audience: frozenset[str]
    eligible_countries: frozenset[str]
    funding: str
    fee_usd: int | None
    hours: int | None
    requires: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Site:
    """What a facility adds to each of its slots."""

    point: tuple[float, float] | None
    lead_days: int


def need_of(db: Session, request: GapRequest, *, today: date) -> Need:
    """What the request asks for.

    The window opens today when its earliest date has passed: nobody can start before.

    Args:
        db: To read from.
        request: The request.
        today: The date in its country.
    """
    rows = db.execute(
        select(*_OF_NEED)
        .where(col(GapNeed.request_id) == request.id)
        .order_by(col(GapNeed.position))
    )
    place = countries.country(request.country)
    return Need(
        request_id=request.id,
        wants=tuple(
            Want(skill, level, platform, weight, taxonomy.skill_label(skill))
            for skill, level, platform, weight in rows
        ),
        people=request.people,
        sector=request.sector,
        urgency=request.urgency,
        earliest=min(max(request.earliest, today), request.needed_by),
        needed_by=request.needed_by,
        modes=frozenset(request.modes),
        languages=request.languages,
        country=request.country,
        region=_region(request.country),
        point=(place.lat, place.lon) if place else None,
        remote_only=request.remote_only,
        travel=request.travel,
        travel_limit_km=request.travel_limit_km,
        fee_limit_usd=request.fee_limit_usd,
    )


def offers_for(db: Session, need: Need, *, now: datetime) -> list[Offer]:
    """The published slots to come that teach a wanted skill, as facts; in no particular order.

    Where there is none, the last one that is over, if any: it tells "no seat any more" from "no
    such course".
    """
    wanted = {want.skill for want in need.wants}
    teaching = col(Slot.course_id).in_(
        select(CourseSkill.course_id).where(col(CourseSkill.skill_id).in_(wanted))
    )
    rows = _slots(db, teaching, to_come(now))
    taught = _courses(db, {row.course_id for row in rows})
    rows = [row for row in rows if taught[row.course_id].provider_state is not None]
    if not rows:
        rows = _slots(db, teaching, col(Slot.status) != SlotStatus.DRAFT, _of_listed(), latest=True)
        taught = _courses(db, {row.course_id for row in rows})
    sites = _sites(db, {row.facility_id for row in rows if row.facility_id is not None})
    capped = {row.id: row.max_per_country for row in rows if row.max_per_country is not None}
    taken = _seats_of_country(db, capped, need.country)
    left = {slot_id: cap - taken.get(slot_id, 0) for slot_id, cap in capped.items()}
    return [
        _offer(row, taught[row.course_id], sites.get(row.facility_id), left.get(row.id))
        for row in rows
    ]


def paths(db: Session, offers: Iterable[Offer], *, now: datetime) -> Paths:
    """What must come before the offers: the courses of their chains, and the runs open to join."""
    requires: dict[UUID, tuple[UUID, ...]] = {}
    unknown = {course for offer in offers for course in offer.requires}
    # Each round looks one step further back; courses that require each other end it too.
    while unknown:
        found = _requirements(db, unknown)
        requires |= {course: found.get(course, ()) for course in unknown}
        unknown = {course for earlier in found.values() for course in earlier} - requires.keys()
    if not requires:
        return Paths({}, {})
    taught = _courses(db, set(requires))
    titles = {course: facts.title for course, facts in taught.items()}
    return Paths(requires, _runs(db, taught, now=now), titles)


def _slots(
    db: Session, *conditions: ColumnElement[bool], latest: bool = False
) -> Sequence[Row[Any]]:
    # No other table here: SQLite keeps no statistics, and led by the state of a provider it would
    # read every slot there is instead of those of the courses.
    query = select(*_OF_SLOT).where(*conditions)
    if latest:
        query = query.order_by(col(Slot.starts_at).desc()).limit(1)
    return db.execute(query).all()


def _listed(db: Session, provider_ids: set[UUID]) -> dict[UUID, str]:
    """Those of the providers that the public sees, with their states."""
    query = select(Provider.id, Provider.state).where(
        col(Provider.id).in_(provider_ids), visible_providers(VISITOR)
    )
    return {row.id: row.state for row in db.execute(query)}


def _of_listed() -> ColumnElement[bool]:
    listed = select(Provider.id).where(visible_providers(VISITOR))
    return col(Slot.provider_id).in_(listed)


def to_come(now: datetime) -> ColumnElement[bool]:
    """Published slots that have not begun; at one's own pace, that have not ended."""
    return and_(
        # Said as "not in" so that SQLite does not read every confirmed slot, for the same reason.
        col(Slot.status).not_in((SlotStatus.DRAFT, SlotStatus.CANCELLED, SlotStatus.COMPLETED)),
        or_(
            col(Slot.starts_at) > now,
            and_(col(Slot.mode) == SELF_PACED, col(Slot.ends_at) > now),
        ),
    )


def _courses(db: Session, course_ids: set[UUID]) -> dict[UUID, _Taught]:
    skills: dict[UUID, list[tuple[str, int]]] = {course_id: [] for course_id in course_ids}
    of_skills = select(CourseSkill.course_id, CourseSkill.skill_id, CourseSkill.level)
    for course_id, skill, level in db.execute(
        of_skills.where(col(CourseSkill.course_id).in_(course_ids)).order_by(
            col(CourseSkill.position)
        )
    ):
        skills[course_id].append((skill, level))
    requires = _requirements(db, course_ids)
    rows = db.execute(select(*_OF_COURSE).where(col(Course.id).in_(course_ids))).all()
    states = _listed(db, {row.provider_id for row in rows})
    return {
        row.id: _Taught(
            provider_state=states.get(row.provider_id),
            title=row.title,
            skills=tuple(skills[row.id]),
            platforms=frozenset(row.platforms),
            languages=frozenset(row.languages),
            interpretation=frozenset(row.interpretation),
            audience=frozenset(row.audience),
            eligible_countries=frozenset(row.eligible_countries),
            funding=row.funding,
            fee_usd=row.fee_usd,
            hours=_hours(row.length, row.length_unit),
            requires=requires.get(row.id, ()),
        )
        for row in rows
    }


def _requirements(db: Session, course_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    rows = db.execute(
        select(CoursePrerequisite.course_id, CoursePrerequisite.requires_id)
        .where(col(CoursePrerequisite.course_id).in_(set(course_ids)))
        .order_by(col(CoursePrerequisite.requires_id))
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for course_id, requires_id in rows:
        found[course_id] = (*found.get(course_id, ()), requires_id)
    return found


def _sites(db: Session, facility_ids: set[UUID]) -> dict[UUID | None, _Site]:
    found: dict[UUID | None, _Site] = {}
    for row in db.execute(select(*_OF_SITE).where(col(Facility.id).in_(facility_ids))):
        stated = row.latitude is not None and row.longitude is not None
        point = (row.latitude, row.longitude) if stated else _point(row.country)
        found[row.id] = _Site(point, lead_days_of(row.access_rules))
    return found


def lead_days_of(access_rules: Iterable[str]) -> int:
    """Days that the longest clearance of a site takes."""
    terms = (taxonomy.term("access_requirements", rule) for rule in access_rules)
    days = [term.facts.get("lead_days", 0) for term in terms if term is not None]
    return max((each for each in days if isinstance(each, int)), default=0)


def _seats_of_country(db: Session, slot_ids: Iterable[UUID], country: str) -> dict[UUID, int]:
    wanted = set(slot_ids)
    if not wanted:
        return {}
    people = (
        select(Booking.slot_id, func.count())
        .where(
            col(Booking.slot_id).in_(wanted),
            col(Booking.country) == country,
            col(Booking.state).in_(SEAT_TAKING),
        )
        .group_by(col(Booking.slot_id))
    )
    blocks = (
        select(Cohort.slot_id, func.sum(col(Cohort.seats_open)))
        .where(
            col(Cohort.slot_id).in_(wanted),
            col(Cohort.country) == country,
            col(Cohort.state) == CohortState.ACTIVE,
        )
        .group_by(col(Cohort.slot_id))
    )
    taken: dict[UUID, int] = {}
    for slot_id, seats in [*db.execute(people), *db.execute(blocks)]:
        taken[slot_id] = taken.get(slot_id, 0) + int(seats)
    return taken


def _offer(row: Row[Any], taught: _Taught, site: _Site | None, seats_left: int | None) -> Offer:
    remote = row.mode in REMOTE_MODES
    return Offer(
        slot_id=row.id,
        course_id=row.course_id,
        provider_verified=taught.provider_state == ProviderState.VERIFIED,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        starts_on=to_local(row.starts_at, row.zone).date(),
        ends_on=to_local(row.ends_at - _MOMENT, row.zone).date(),
        mode=row.mode,
        skills=taught.skills,
        platforms=taught.platforms,
        languages=taught.languages,
        interpretation=taught.interpretation,
        funding=taught.funding,
        fee_usd=taught.fee_usd,
        country=row.country,
        region=_region(row.country) if row.country else None,
        point=site.point if site else _point(row.country),
        seats_free=max(0, row.seats - row.seats_claimed),
        waiting=row.waiting,
        country_seats_left=seats_left,
        apply_by=row.apply_by,
        lead_days=site.lead_days if site and not remote else 0,
        audience=taught.audience,
        eligible_countries=taught.eligible_countries,
        requires=taught.requires,
        hours=taught.hours if row.mode == SELF_PACED else None,
    )


def _runs(
    db: Session, courses: Mapping[UUID, _Taught], *, now: datetime
) -> Mapping[UUID, list[Run]]:
    query = select(*_OF_RUN).where(
        col(Slot.course_id).in_(list(courses)), col(Slot.apply_by) > now, to_come(now)
    )
    found: dict[UUID, list[Run]] = {}
    for row in db.execute(query):
        course = courses[row.course_id]
        is_verified = course.provider_state == ProviderState.VERIFIED
        if row.status != SlotStatus.CONFIRMED or not is_verified:
            continue
        run = Run(
            course_id=row.course_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            apply_by=row.apply_by,
            mode=row.mode,
            hours=course.hours,
            languages=course.languages | course.interpretation,
            seats_free=max(0, row.seats - row.seats_claimed - row.waiting),
        )
        found.setdefault(row.course_id, []).append(run)
    return found


def _hours(length: float, unit: str) -> int | None:
    # Rounded up: a chain must not look shorter than it is.
    return -int(-length // 1) if unit == _HOURS else None


@lru_cache(maxsize=512)
def _region(country: str) -> str | None:
    found = countries.country(country)
    return (found.who_region or None) if found else None


def _point(country: str | None) -> tuple[float, float] | None:
    found = countries.country(country) if country else None
    return (found.lat, found.lon) if found else None
