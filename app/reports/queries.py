"""Demand and supply as the facts that the gap table counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, extract, func
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING, BookingState
from app.core import countries
from app.core.zones import to_local
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import LIVE, RequestState
from app.matching.queries import region_of, to_come
from app.matching.rules.overlaps import Dated
from app.registry.models import CourseSkill, Provider, Slot
from app.registry.queries.rows import visible_slots
from app.registry.rules import ProviderState, SlotStatus
from app.registry.rules.chains import SELF_PACED
from app.reports.rules import Demand, Supply, quarter_of

_COUNTED = LIVE | {RequestState.MET}
_MOMENT = timedelta(microseconds=1)  # what ends at midnight ends on the day before
_FREE = case(
    (col(Slot.seats) > col(Slot.seats_claimed), col(Slot.seats) - col(Slot.seats_claimed)), else_=0
)
_OF_NEED: tuple[Any, ...] = (
    *(col(GapRequest.id), col(GapRequest.country), col(GapRequest.state), col(GapRequest.urgency)),
    *(col(GapRequest.significance), col(GapRequest.needed_by), col(GapRequest.publish)),
    *(col(GapRequest.seats_held), col(GapRequest.seats_met)),
    *(col(GapNeed.skill_id), col(GapNeed.people)),
)
_OF_DATE: tuple[Any, ...] = (
    *(col(CourseSkill.skill_id), col(Slot.id), col(Slot.country), col(Slot.zone)),
    *(col(Slot.starts_at), col(Slot.ends_at), col(Slot.provider_id), _FREE.label("free")),
)


@dataclass(frozen=True, slots=True)
class SpareDate:
    """A slot on location with seats to spare, under one of its skills."""

    skill: str
    region: str
    provider_id: UUID
    seats_free: int
    dated: Dated


def demand(db: Session, skills: frozenset[str] | None, regions: frozenset[str]) -> list[Demand]:
    """What was filed and is not withdrawn or expired.

    Args:
        db: To read from.
        skills: Only these; None for all.
        regions: Only these WHO regions; empty for all.
    """
    query = (
        select(*_OF_NEED)
        .join(GapNeed, col(GapNeed.request_id) == col(GapRequest.id))
        .where(col(GapRequest.state).in_(_COUNTED))
        .order_by(col(GapRequest.id), col(GapNeed.position))
    )
    if skills is not None:
        wanting = select(GapNeed.request_id).where(col(GapNeed.skill_id).in_(skills))
        query = query.where(col(GapRequest.id).in_(wanting))
    if regions:
        query = query.where(col(GapRequest.country).in_(_countries_of(regions)))
    rows = db.execute(query).all()
    seats = _seats_by_skill(db, rows)
    needs = [_need(row, seats) for row in rows]
    return [need for need in needs if skills is None or need.skill in skills]


def supply(
    db: Session,
    skills: frozenset[str] | None,
    regions: frozenset[str],
    *,
    now: datetime,
    by_quarter: bool,
) -> list[Supply]:
    """Seats of slots to come, by skill and country; by quarter of their start when asked for.

    What is taught at a distance reaches every region and is never left out for one.
    """
    start = col(Slot.starts_at)
    months = (extract("year", start), extract("month", start)) if by_quarter else ()
    groups = (
        *(col(CourseSkill.skill_id), col(Slot.country), col(Slot.status), col(Provider.state)),
        *months,
    )
    columns: tuple[Any, ...] = (*groups, func.sum(col(Slot.seats)), func.sum(_FREE))
    query = (
        select(*columns)
        .join(CourseSkill, col(CourseSkill.course_id) == col(Slot.course_id))
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(visible_slots(VISITOR), to_come(now))
        .group_by(*groups)
    )
    if skills is not None:
        query = query.where(col(CourseSkill.skill_id).in_(skills))
    if regions:
        query = query.where(
            col(Slot.country).is_(None) | col(Slot.country).in_(_countries_of(regions))
        )
    return [_supply(tuple(row)) for row in db.execute(query)]


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
        query = query.where(col(Slot.country).in_(_countries_of(regions)))
    return [
        SpareDate(
            skill=row.skill_id,
            region=region,
            provider_id=row.provider_id,
            seats_free=row.free,
            dated=Dated(
                row.id,
                to_local(row.starts_at, row.zone).date(),
                to_local(row.ends_at - _MOMENT, row.zone).date(),
            ),
        )
        for row in db.execute(query)
        for region in [region_of(row.country)]
        if region is not None
    ]


def _countries_of(regions: Iterable[str]) -> set[str]:
    return {country for region in regions for country in countries.in_region(region)}


def _need(row: Row[Any], seats: dict[tuple[UUID, str], tuple[int, int]]) -> Demand:
    """One line; its seats are taken off ``seats``, so that lines of one skill share them."""
    key = row.id, row.skill_id
    left_held, left_met = seats.get(key, (row.seats_held, row.seats_met))
    held, met = min(row.people, left_held), min(row.people, left_met)
    seats[key] = (left_held - held, left_met - met)
    return Demand(
        skill=row.skill_id,
        country=row.country,
        region=region_of(row.country),
        needed_by=row.needed_by,
        people=row.people,
        held=held,
        met=met,
        urgency=row.urgency,
        significance=row.significance,
        closed=row.state == RequestState.MET,
        published=row.publish,
    )


def _supply(row: tuple[Any, ...]) -> Supply:
    skill, country, status, state, *months, seats, free = row
    is_open = status == SlotStatus.CONFIRMED and state == ProviderState.VERIFIED
    return Supply(
        skill=skill,
        country=country,
        region=region_of(country) if country else None,
        quarter=quarter_of(int(months[0]), int(months[1])) if months else None,
        seats=int(seats),
        seats_free=int(free),
        planned=not is_open,
    )


def _seats_by_skill(db: Session, rows: Sequence[Any]) -> dict[tuple[UUID, str], tuple[int, int]]:
    """Seats held and met under each skill of the requests that have several.

    A request counts its seats as a whole; which of its skills they serve follows from what the
    slots teach. A seat on a slot that teaches two of them serves both.
    """
    lines: dict[UUID, set[str]] = {}
    for row in rows:
        lines.setdefault(row.id, set()).add(row.skill_id)
    several = {request_id for request_id, skills in lines.items() if len(skills) > 1}
    if not several:
        return {}
    group = (col(Cohort.request_id), col(CourseSkill.skill_id))
    attended = case((col(Booking.state) == BookingState.ATTENDED, 1), else_=0)
    blocks = select(*group, func.sum(col(Cohort.seats_open))).select_from(Cohort)
    people = (
        select(*group, func.count(), func.sum(attended))
        .select_from(Cohort)
        .join(Booking, col(Booking.cohort_id) == col(Cohort.id))
        .where(col(Booking.state).in_(SEAT_TAKING))
    )
    found = {(each, skill): (0, 0) for each in several for skill in lines[each]}
    for query in (blocks, people):
        taught = (
            query.join(Slot, col(Slot.id) == col(Cohort.slot_id))
            .join(CourseSkill, col(CourseSkill.course_id) == col(Slot.course_id))
            .where(col(Cohort.request_id).in_(several))
            .group_by(*group)
        )
        for request_id, skill, seats, *met in db.execute(taught):
            if (request_id, skill) in found:
                held, trained = found[request_id, skill]
                found[request_id, skill] = (held + int(seats), trained + sum(map(int, met)))
    return found
