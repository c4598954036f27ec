"""The slots for a need, as the facts that ranking looks at.

Plain columns, no rows of tables: a need may see a thousand slots. What belongs to a course or a
facility is read once for all of its slots.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING, CohortState
from app.core.zones import to_local
from app.matching.queries.courses import Taught, courses_of
from app.matching.queries.places import point_of, region_of
from app.matching.queries.slots import to_come
from app.matching.rules import Need, Offer, usable_seats
from app.registry.models import CourseSkill, Facility, Provider, Slot
from app.registry.queries.rows import visible_providers
from app.registry.rules import REMOTE_MODES, ProviderState, SlotStatus
from app.registry.rules.chains import SELF_PACED
from app.taxonomy import queries as taxonomy

MOST_DATES = 300
"""Dates of one provider that are looked at for its console."""

# A slot that ends at midnight ends on the day before.
_MOMENT = timedelta(microseconds=1)

_OF_SLOT: tuple[Any, ...] = (
    *(col(Slot.id), col(Slot.course_id), col(Slot.facility_id), col(Slot.status), col(Slot.mode)),
    *(col(Slot.starts_at), col(Slot.ends_at), col(Slot.zone), col(Slot.country)),
    *(col(Slot.seats), col(Slot.seats_claimed), col(Slot.waiting), col(Slot.max_per_country)),
    col(Slot.apply_by),
)
_OF_SITE: tuple[Any, ...] = (
    *(col(Facility.id), col(Facility.country), col(Facility.access_rules)),
    *(col(Facility.latitude), col(Facility.longitude)),
)


@dataclass(frozen=True, slots=True)
class _Site:
    """What a facility adds to each of its slots."""

    point: tuple[float, float] | None
    lead_days: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A slot as an offer to any country: a cap per country leaves each what it has not taken."""

    offer: Offer
    cap: int | None
    taken: Mapping[str, int]

    def to(self, country: str) -> Offer:
        """The slot as it is offered to this country."""
        if self.cap is None:
            return self.offer
        return replace(self.offer, country_seats_left=self.cap - self.taken.get(country, 0))


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
    taught = courses_of(db, {row.course_id for row in rows})
    rows = [row for row in rows if taught[row.course_id].provider_state is not None]
    if not rows:
        rows = _slots(db, teaching, col(Slot.status) != SlotStatus.DRAFT, _of_listed(), latest=True)
        taught = courses_of(db, {row.course_id for row in rows})
    return [listed.to(need.country) for listed in _listed(db, rows, taught, need.country)]


def offers_of_slots(db: Session, slot_ids: Iterable[UUID]) -> list[Listed]:
    """These slots as facts, whatever their status; each can be offered to any country."""
    rows = _slots(db, col(Slot.id).in_(set(slot_ids)))
    return _listed(db, rows, courses_of(db, {row.course_id for row in rows}))


def open_offers_of(db: Session, provider_id: UUID, *, now: datetime) -> list[Listed]:
    """The next dates of a provider with a seat left, at most :data:`MOST_DATES`."""
    where = (
        col(Slot.provider_id) == provider_id,
        col(Slot.status) == SlotStatus.CONFIRMED,
        to_come(now),
    )
    query = select(Slot.id).where(*where).order_by(col(Slot.starts_at), col(Slot.id))
    found = offers_of_slots(db, db.exec(query.limit(MOST_DATES)))
    return [each for each in found if each.offer.provider_verified and usable_seats(each.offer)]


def _listed(
    db: Session, rows: Sequence[Row[Any]], taught: dict[UUID, Taught], *countries: str
) -> list[Listed]:
    sites = _sites(db, {row.facility_id for row in rows if row.facility_id is not None})
    capped = {row.id: row.max_per_country for row in rows if row.max_per_country is not None}
    taken = _seats_of_countries(db, capped, countries)
    return [
        Listed(
            _offer(row, taught[row.course_id], sites.get(row.facility_id)),
            capped.get(row.id),
            taken.get(row.id, {}),
        )
        for row in rows
    ]


def _slots(
    db: Session, *conditions: ColumnElement[bool], latest: bool = False
) -> Sequence[Row[Any]]:
    # No other table here: SQLite keeps no statistics, and led by the state of a provider it would
    # read every slot there is instead of those of the courses.
    query = select(*_OF_SLOT).where(*conditions)
    if latest:
        query = query.order_by(col(Slot.starts_at).desc()).limit(1)
    return db.execute(query).all()


def _of_listed() -> ColumnElement[bool]:
    listed = select(Provider.id).where(visible_providers(VISITOR))
    return col(Slot.provider_id).in_(listed)


def _sites(db: Session, facility_ids: set[UUID]) -> dict[UUID | None, _Site]:
    found: dict[UUID | None, _Site] = {}
    for row in db.execute(select(*_OF_SITE).where(col(Facility.id).in_(facility_ids))):
        stated = row.latitude is not None and row.longitude is not None
        point = (row.latitude, row.longitude) if stated else point_of(row.country)
        found[row.id] = _Site(point, lead_days_of(row.access_rules))
    return found


def lead_days_of(access_rules: Iterable[str]) -> int:
    """Days that the longest clearance of a site takes."""
    terms = (taxonomy.term("access_requirements", rule) for rule in access_rules)
    days = [term.facts.get("lead_days", 0) for term in terms if term is not None]
    return max((each for each in days if isinstance(each, int)), default=0)


def _seats_of_countries(
    db: Session, slot_ids: Iterable[UUID], only: Sequence[str]
) -> dict[UUID, dict[str, int]]:
    """Seats that countries have on the slots, for these countries or, without any, for all."""
    wanted = set(slot_ids)
    if not wanted:
        return {}
    people = (
        select(Booking.slot_id, Booking.country, func.count())
        .where(col(Booking.slot_id).in_(wanted), col(Booking.state).in_(SEAT_TAKING))
        .group_by(col(Booking.slot_id), col(Booking.country))
    )
    blocks = (
        select(Cohort.slot_id, Cohort.country, func.sum(col(Cohort.seats_open)))
        .where(col(Cohort.slot_id).in_(wanted), col(Cohort.state) == CohortState.ACTIVE)
        .group_by(col(Cohort.slot_id), col(Cohort.country))
    )
    if only:
        people = people.where(col(Booking.country).in_(only))
        blocks = blocks.where(col(Cohort.country).in_(only))
    taken: dict[UUID, dict[str, int]] = {}
    for slot_id, country, seats in [*db.execute(people), *db.execute(blocks)]:
        of_slot = taken.setdefault(slot_id, {})
        of_slot[country] = of_slot.get(country, 0) + int(seats)
    return taken


def _offer(row: Row[Any], taught: Taught, site: _Site | None) -> Offer:
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
        region=region_of(row.country) if row.country else None,
        point=site.point if site else point_of(row.country),
        seats_free=max(0, row.seats - row.seats_claimed),
        waiting=row.waiting,
        country_seats_left=None,
        apply_by=row.apply_by,
        lead_days=site.lead_days if site and not remote else 0,
        audience=taught.audience,
        eligible_countries=taught.eligible_countries,
        requires=taught.requires,
        hours=taught.hours if row.mode == SELF_PACED else None,
    )
