"""The slots for a need, as the facts that ranking looks at.

Plain columns, no rows of tables: a need may see a thousand slots. What belongs to a course or a
facility is read once for all of its slots.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.core.zones import zone_info
from app.matching.queries.claims import claims_of_slots
from app.matching.queries.courses import Taught, courses_of
from app.matching.queries.places import point_of, region_of
from app.matching.queries.slots import to_come
from app.matching.rules import Need, Offer, usable_seats
from app.matching.rules.columns import FREE_FOR_ALL, Claims, offer_for
from app.registry.models import CourseSkill, Facility, Provider, Slot
from app.registry.queries.rows import visible_providers
from app.registry.rules import REMOTE_MODES, ProviderState, SlotStatus
from app.registry.rules.chains import SELF_PACED
from app.taxonomy import queries as taxonomy

MOST_DATES = 300
"""Dates of one provider that are looked at for its console."""

BATCH = 500
"""Rows that are asked for by their ids at once."""

# A slot that ends at midnight ends on the day before.
_MOMENT = timedelta(microseconds=1)

_OF_SLOT: tuple[Any, ...] = (
    *(col(Slot.id), col(Slot.course_id), col(Slot.facility_id), col(Slot.status), col(Slot.mode)),
    *(col(Slot.starts_at), col(Slot.ends_at), col(Slot.zone), col(Slot.country)),
    *(col(Slot.seats), col(Slot.overbook), col(Slot.seats_claimed), col(Slot.waiting)),
    *(col(Slot.max_per_country), col(Slot.kept_until), col(Slot.apply_by)),
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
    """A slot as an offer to any country, and who has, or may have, which of its seats."""

    offer: Offer
    claims: Claims

    def to(self, need: Need, *, now: datetime) -> Offer:
        """The slot as it is offered to this need: with what caps and kept seats leave it."""
        return offer_for(need, self.offer, self.claims, now=now)


def offers_for(db: Session, need: Need, *, now: datetime) -> list[Offer]:
    """The published slots to come that teach a wanted skill, as facts; in no particular order.

    Where there is none, the last one that is over, if any: it tells "no seat any more" from "no
    such course".
    """
    wanted = {want.skill for want in need.wants}
    teaching = col(Slot.course_id).in_(
        select(CourseSkill.course_id).where(col(CourseSkill.skill_id).in_(wanted))
    )
    reader = _Reader(db)
    found = reader.public(_slots(db, teaching, to_come(now)))
    if not found:
        over = col(Slot.status) != SlotStatus.DRAFT
        found = reader.all(_slots(db, teaching, over, _of_listed(), latest=True))
    return [listed.to(need, now=now) for listed in found]


def offers_of_slots(db: Session, slot_ids: Iterable[UUID]) -> list[Listed]:
    """These slots as facts, whatever their status; each can be offered to any country."""
    return _Reader(db).all(_slots(db, col(Slot.id).in_(set(slot_ids))))


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


def offers_to_come(
    db: Session, slot_ids: Iterable[UUID] | None = None, *, now: datetime
) -> Iterator[Listed]:
    """Published slots to come of listed providers, all of them in the order of their ids.

    Args:
        db: To read from.
        slot_ids: Only those of these slots; None: of all there are.
        now: Aware UTC time.
    """
    reader = _Reader(db)
    if slot_ids is None:
        # The ids first: a page of rows in their order would read and sort all of them, each time.
        slot_ids = db.exec(select(Slot.id).where(to_come(now))).all()
    for some in _batches(slot_ids):
        found = reader.public(_slots(db, col(Slot.id).in_(some), to_come(now)))
        yield from sorted(found, key=lambda listed: listed.offer.slot_id)


def was_taught(db: Session, need: Need) -> bool:
    """Whether a listed provider ever published a slot that teaches a wanted skill.

    It tells "no seat any more" from "no such course" where nothing is to come.
    """
    wanted = {want.skill for want in need.wants}
    teaching = select(CourseSkill.course_id).where(col(CourseSkill.skill_id).in_(wanted))
    published = col(Slot.status) != SlotStatus.DRAFT
    return bool(_slots(db, col(Slot.course_id).in_(teaching), published, _of_listed(), latest=True))


class _Reader:
    """Makes offers of rows, and remembers the courses and places that it has read."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._taught: dict[UUID, Taught] = {}
        self._sites: dict[UUID, _Site] = {}
        # Held here: zoneinfo itself keeps no more than eight, and reads the next from its file.
        self._clocks: dict[str, ZoneInfo] = {}

    def public(self, rows: Sequence[Row[Any]]) -> list[Listed]:
        """The rows of providers that everybody sees."""
        self._read_courses(rows)
        return self.all(
            [row for row in rows if self._taught[row.course_id].provider_state is not None]
        )

    def all(self, rows: Sequence[Row[Any]]) -> list[Listed]:
        """All of the rows."""
        self._read_courses(rows)
        places = {row.facility_id for row in rows if row.facility_id is not None}
        for some in _batches(places - self._sites.keys()):
            self._sites |= _sites(self._db, some)
        # Few slots cap or keep seats; only of those it matters who has the others.
        special = {
            row.id: row.max_per_country
            for row in rows
            if row.max_per_country is not None or row.kept_until is not None
        }
        claims: dict[UUID, Claims] = {}
        for some in _batches(special):
            claims |= claims_of_slots(self._db, {each: special[each] for each in some})
        return [Listed(self._offer(row), claims.get(row.id, FREE_FOR_ALL)) for row in rows]

    def _read_courses(self, rows: Sequence[Row[Any]]) -> None:
        for some in _batches({row.course_id for row in rows} - self._taught.keys()):
            self._taught |= courses_of(self._db, some)

    def _offer(self, row: Row[Any]) -> Offer:
        site = self._sites.get(row.facility_id) if row.facility_id is not None else None
        if row.zone not in self._clocks:
            self._clocks[row.zone] = zone_info(row.zone)
        return _offer(row, self._taught[row.course_id], site, self._clocks[row.zone])


def _batches(ids: Iterable[UUID]) -> Iterator[set[UUID]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield set(ordered[start : start + BATCH])


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


def _sites(db: Session, facility_ids: set[UUID]) -> dict[UUID, _Site]:
    found: dict[UUID, _Site] = {}
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


def _offer(row: Row[Any], taught: Taught, site: _Site | None, clock: ZoneInfo) -> Offer:
    remote = row.mode in REMOTE_MODES
    return Offer(
        slot_id=row.id,
        course_id=row.course_id,
        provider_verified=taught.provider_state == ProviderState.VERIFIED,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        starts_on=row.starts_at.astimezone(clock).date(),
        ends_on=(row.ends_at - _MOMENT).astimezone(clock).date(),
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
        seats_free=max(0, row.seats + row.overbook - row.seats_claimed),
        waiting=row.waiting,
        country_seats_left=None,
        apply_by=row.apply_by,
        lead_days=site.lead_days if site and not remote else 0,
        audience=taught.audience,
        eligible_countries=taught.eligible_countries,
        requires=taught.requires,
        hours=taught.hours if row.mode == SELF_PACED else None,
    )
