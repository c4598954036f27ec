"""People without a seat and dates with seats to spare, as the facts that synergy looks at."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from statistics import median_low
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func
from sqlmodel import Session, col, select

from app.allocation.models import SupplyCall
from app.booking.queries.fulfilment import blocks_of
from app.booking.rules.fulfilment import Block, Line, fulfilment_of
from app.core import countries
from app.core.zones import to_local
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import LIVE
from app.matching.queries import region_of
from app.matching.queries.places import point_of
from app.matching.rules.points import great_circle_km
from app.registry.models import Course, CourseSkill, Provider, Slot
from app.registry.rules.states import REMOTE_MODES
from app.reports.queries.overlaps import MOMENT, is_spare, plain, skills_of_courses
from app.reports.queries.supply import FREE
from app.reports.rules.synergy import Opening, Want

_OF_NEED: tuple[Any, ...] = (
    *(col(GapRequest.id), col(GapRequest.country), col(GapRequest.earliest)),
    *(col(GapRequest.needed_by), col(GapRequest.languages), col(GapRequest.urgency)),
    *(col(GapRequest.significance), col(GapRequest.modes), col(GapRequest.remote_only)),
    *(col(GapRequest.travel), col(GapRequest.interpretation_ok)),
    *(col(GapNeed.skill_id), col(GapNeed.level), col(GapNeed.people)),
)
_KINDS = ("un-subregion", "rec", "bloc", "au-region")
_MOST_DATES = 30
"""Dates of a skill that are looked at, the earliest ones."""
_USUAL_SEATS = 12
"""Of a date of a skill that nobody has planned yet."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that went out already: what it was about, and when."""

    requests: frozenset[UUID]
    slots: frozenset[UUID]
    skill: str
    sent_on: date


def wants(db: Session, *, today: date) -> list[Want]:
    """Of every live request and skill, the people who lack a seat; those of one skill together."""
    query = (
        select(*_OF_NEED)
        .join(GapNeed, col(GapNeed.request_id) == col(GapRequest.id))
        .where(col(GapRequest.state).in_(LIVE), col(GapRequest.needed_by) >= today)
        .order_by(col(GapRequest.id), col(GapNeed.position))
    )
    blocks = blocks_of(db)
    found = []
    for request_id, needs in groupby(db.execute(query), key=lambda row: row.id):
        by_skill: dict[str, list[tuple[Row[Any], int]]] = {}
        for need, lacking in _lacking(list(needs), blocks.get(request_id, ())):
            by_skill.setdefault(need.skill_id, []).append((need, lacking))
        found += [_want(each) for each in by_skill.values()]
    return found


def openings(db: Session, skills: Collection[str], *, now: datetime) -> list[Opening]:
    """Dates that can be applied for and have seats to spare, the earliest of each skill."""
    columns: tuple[Any, ...] = (
        *(col(Slot.id), col(Slot.mode), col(Slot.country), col(Slot.zone), col(Slot.course_id)),
        *(col(Slot.starts_at), col(Slot.ends_at), col(Slot.minimum_to_run)),
        *(col(Slot.seats_claimed), FREE.label("free"), col(Provider.country).label("home")),
        *(col(Course.languages), col(Course.interpretation)),
    )
    query = (
        select(*columns)
        .join(Course, col(Course.id) == col(Slot.course_id))
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(col(Slot.id).in_(_earliest(db, skills, now=now)))
    )
    rows = db.execute(query).all()
    taught = _taught(db, {row.course_id for row in rows})
    return [_opening(row, taught[row.course_id]) for row in rows]


def usual_seats(db: Session, skills: Collection[str]) -> dict[str, int]:
    """Seats of a usual date of each skill: the median over its courses."""
    columns: tuple[Any, ...] = (col(CourseSkill.skill_id), col(Course.seats), func.count())
    query = (
        select(*columns)
        .join(Course, col(Course.id) == col(CourseSkill.course_id))
        .group_by(col(CourseSkill.skill_id), col(Course.seats))
    )
    found: dict[str, list[int]] = defaultdict(list)
    for skill, seats, courses in db.execute(query):
        found[skill] += [seats] * courses
    return {skill: median_low(found.get(skill, [_USUAL_SEATS])) for skill in skills}


def calls_sent(db: Session, kind: str, *, today: date) -> list[Sent]:
    """Calls of a kind that are still open, the newest first."""
    query = select(SupplyCall).where(
        col(SupplyCall.kind) == kind,
        col(SupplyCall.ends_on).is_(None) | (col(SupplyCall.ends_on) >= today),
    )
    return [
        Sent(
            requests=_ids(row.subject, "requests"),
            slots=_ids(row.subject, "slots"),
            skill=row.skill_id,
            sent_on=row.sent_at.date(),
        )
        for row in db.exec(query.order_by(col(SupplyCall.sent_at).desc()))
    ]


def _ids(subject: dict[str, Any], name: str) -> frozenset[UUID]:
    return frozenset(UUID(each) for each in subject.get(name, ()))


def _lacking(needs: Sequence[Row[Any]], blocks: Sequence[Block]) -> Iterator[tuple[Row[Any], int]]:
    """The needs of one request that lack seats, and how many."""
    if not blocks:
        yield from ((need, need.people) for need in needs if need.people)
        return
    lines = [Line(need.skill_id, need.level, need.people) for need in needs]
    for need, chain in zip(needs, fulfilment_of(lines, blocks).lines, strict=True):
        if chain.lacking:
            yield need, chain.lacking


def _want(needs: Sequence[tuple[Row[Any], int]]) -> Want:
    row = needs[0][0]
    return Want(
        request_id=row.id,
        country=row.country,
        skill=row.skill_id,
        level=max(need.level for need, _ in needs),
        people=sum(lacking for _, lacking in needs),
        earliest=row.earliest,
        needed_by=row.needed_by,
        languages=frozenset(row.languages),
        weight=row.urgency * row.significance,
        communities=communities_of(row.country),
        modes=frozenset(row.modes),
        remote_only=row.remote_only,
        travel=row.travel,
        interpretation_ok=row.interpretation_ok,
        region=region_of(row.country),
    )


def _earliest(db: Session, skills: Collection[str], *, now: datetime) -> set[UUID]:
    """The first dates of each skill with seats to spare."""
    taught = skills_of_courses(db, skills)
    query = (
        select(plain(col(Slot.id)), plain(col(Slot.course_id)))
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(is_spare(now))
        .order_by(col(Slot.starts_at), col(Slot.id))
    )
    dates: Counter[str] = Counter()
    found = set()
    for slot_id, course_id in db.execute(query):
        early = [skill for skill in taught.get(course_id, ()) if dates[skill] < _MOST_DATES]
        dates.update(early)
        if early:
            found.add(UUID(slot_id))
    return found


def km_between(one: str, other: str) -> int | None:
    """Kilometres between two countries, 0 within one; None where one has no place."""
    here, there = point_of(one), point_of(other)
    return great_circle_km(here, there) if here and there else None


@lru_cache(maxsize=512)
def communities_of(country: str) -> frozenset[str]:
    """The sub-region and the economic communities of a country; the finest that M49 has."""
    kinds = {each.code: each.kind for each in countries.regions()}
    found = countries.country(country)
    wide = found.un_subregion if found and found.un_intermediate else ""
    return frozenset(
        code
        for code in countries.regions_of(country)
        if kinds[code] in _KINDS and countries.region_name(code) != wide
    )


def _taught(db: Session, courses: Collection[UUID]) -> dict[UUID, tuple[tuple[str, int], ...]]:
    query = select(CourseSkill.course_id, CourseSkill.skill_id, CourseSkill.level).where(
        col(CourseSkill.course_id).in_(courses)
    )
    found: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for course_id, skill, level in db.exec(query.order_by(col(CourseSkill.position))):
        found[course_id].append((skill, level))
    return {course_id: tuple(skills) for course_id, skills in found.items()}


def _opening(row: Any, taught: tuple[tuple[str, int], ...]) -> Opening:
    return Opening(
        slot_id=row.id,
        taught=taught,
        mode=row.mode,
        country=row.country,
        home=row.home,
        starts_on=to_local(row.starts_at, row.zone).date(),
        ends_on=to_local(row.ends_at - MOMENT, row.zone).date(),
        seats_free=row.free,
        missing=max(0, (row.minimum_to_run or 0) - row.seats_claimed),
        languages=frozenset(row.languages),
        interpretation=frozenset(row.interpretation),
        is_remote=row.mode in REMOTE_MODES,
        region=region_of(row.country) if row.country else None,
    )
