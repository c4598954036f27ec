"""The network as a plan looks at it: live requests that lack seats, slots that have some.

Read in one snapshot: nothing in it changes while it is read, and nobody is kept waiting.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.allocation.models import AllocationLine, AllocationRun
from app.allocation.rules.assembly import Network, Ranked
from app.allocation.rules.facts import Given
from app.allocation.rules.network import Asked, Had, Open, Wanted
from app.allocation.rules.runs import RunState
from app.booking.models import Booking, Cohort
from app.booking.queries.fulfilment import blocks_of, lines_of
from app.booking.rules import SEAT_TAKING, BookingState, CohortState
from app.booking.rules.fulfilment import Block, fulfilment_of
from app.booking.rules.shares import Claimant
from app.booking.service.entry import groups_of
from app.core.zones import today_in
from app.demand.models import GapNeed, GapRequest
from app.demand.rules import LIVE
from app.matching.queries import to_come
from app.matching.queries.needs import OF_REQUEST, need_from
from app.matching.queries.offers import Listed, offers_to_come
from app.matching.rules import Want
from app.qualifications.models import Qualification
from app.qualifications.rules.qualifications import QualificationState
from app.registry.models import Course, Provider, Slot
from app.registry.queries.chains import chains_before, requirements_of
from app.registry.rules import ProviderState, Route, SlotStatus
from app.taxonomy import queries as taxonomy

T = TypeVar("T")

_MANY = 2000
"""Identifiers named in one statement; databases limit them."""

_OF_ASK: tuple[Any, ...] = (
    *OF_REQUEST,
    *(col(GapRequest.significance), col(GapRequest.keep_together)),
)
_OF_SLOT: tuple[Any, ...] = (
    *(col(Slot.id), col(Slot.seats), col(Slot.overbook), col(Slot.seats_claimed)),
    *(col(Slot.waiting), col(Slot.minimum_to_run)),
)
_OF_LINE: tuple[Any, ...] = (
    *(col(AllocationLine.request_id), col(AllocationLine.slot_id), col(AllocationLine.seats)),
    *(col(AllocationLine.cohort_id), col(Cohort.state)),
)


def network_of(db: Session, *, now: datetime) -> Network:
    """Everything that a plan is made from, at this moment."""
    slots = open_slots(db, now=now)
    requires: dict[UUID, tuple[UUID, ...]] = {}
    for some in _in_turn(sorted({slot.offer.course_id for slot in slots})):
        requires |= chains_before(db, some)
    return Network(asking(db, now=now), slots, requires, now)


def open_slots(db: Session, *, now: datetime) -> list[Open]:
    """Slots from which a block could be taken: confirmed, verified, in time, seats to spare.

    Not those whose provider still selects among applicants.
    """
    query = (
        select(*_OF_SLOT)
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(
            to_come(now),
            col(Slot.status) == SlotStatus.CONFIRMED,
            col(Slot.apply_by) > now,
            col(Provider.state) == ProviderState.VERIFIED,
            (col(Slot.route) != Route.SELECTION) | col(Slot.selected_at).is_not(None),
            col(Slot.seats) + col(Slot.overbook) > col(Slot.seats_claimed) + col(Slot.waiting),
        )
    )
    rows = {row.id: row for row in db.execute(query)}
    return [
        _open(rows[each.offer.slot_id], each, now=now)
        for each in offers_to_come(db, now=now)
        if each.offer.slot_id in rows
    ]


def asking(db: Session, *, now: datetime) -> list[Ranked]:
    """Live requests, as needs, with the seats that they have already."""
    query = select(*_OF_ASK).where(col(GapRequest.state).in_(LIVE)).order_by(col(GapRequest.id))
    rows = db.execute(query).all()
    needs = _needs(db)
    blocks = blocks_of(db, waiting=True)
    had = _had(db)
    prepared = _prepared(db, now=now)
    return [
        Ranked(
            request=Asked(
                id=row.id,
                country=row.country,
                wanted=_wanted(needs[row.id], blocks.get(row.id, [])),
                urgency=row.urgency,
                significance=row.significance,
                together=row.keep_together,
                had=tuple(had.get(row.id, ())),
                prepared=prepared.get(row.id, {}),
            ),
            need=need_from(row, _wants(needs[row.id]), today=today_in(row.country, now=now)),
            claimant=Claimant(row.country, groups=groups_of(row.country, row.sector)),
        )
        for row in rows
    ]


def last_applied(db: Session) -> UUID | None:
    """The plan that was applied last, if there is one."""
    query = select(AllocationRun.id).where(AllocationRun.state == RunState.APPLIED)
    return db.exec(query.order_by(col(AllocationRun.applied_at).desc()).limit(1)).first()


def lines_still_open(db: Session, run_id: UUID | None) -> list[Given]:
    """Seats that a plan gave and that nobody holds for it: not applied, not to be had, given back.

    What it holds is a fact of the network; it cannot be given again.
    """
    if run_id is None:
        return []
    query = (
        select(*_OF_LINE)
        .join(Cohort, col(Cohort.id) == col(AllocationLine.cohort_id), isouter=True)
        .where(AllocationLine.run_id == run_id, col(AllocationLine.seats) > 0)
    )
    return [
        Given(str(row.request_id), str(row.slot_id), row.seats)
        for row in db.execute(query)
        if row.cohort_id is None or row.state != CohortState.ACTIVE
    ]


def _open(row: Any, listed: Listed, *, now: datetime) -> Open:
    claims = listed.claims
    return Open(
        offer=listed.offer,
        seats=row.seats,
        free=row.seats + row.overbook - row.seats_claimed,
        waiting=row.waiting,
        short=max(0, (row.minimum_to_run or 0) - row.seats_claimed),
        cap=claims.cap,
        taken=claims.taken,
        kept=tuple(
            (kept.share, kept.open) for kept in claims.kept if kept.open and kept.share.until > now
        ),
    )


def _needs(db: Session) -> dict[UUID, list[GapNeed]]:
    query = (
        select(GapNeed)
        .join(GapRequest, col(GapRequest.id) == col(GapNeed.request_id))
        .where(col(GapRequest.state).in_(LIVE))
        .order_by(col(GapNeed.request_id), col(GapNeed.position))
    )
    found: dict[UUID, list[GapNeed]] = {}
    for need in db.exec(query):
        found.setdefault(need.request_id, []).append(need)
    return found


def _wants(needs: Sequence[GapNeed]) -> tuple[Want, ...]:
    return tuple(
        Want(
            need.skill_id,
            need.level,
            need.platform,
            need.weight,
            taxonomy.skill_label(need.skill_id),
        )
        for need in needs
    )


def _wanted(needs: Sequence[GapNeed], blocks: Sequence[Block]) -> tuple[Wanted, ...]:
    """What is still lacking, as booking counts it; seats that are waited for count as had."""
    chains = fulfilment_of(lines_of(needs), blocks).lines
    return tuple(
        Wanted(need.skill_id, need.level, chain.lacking)
        for need, chain in zip(needs, chains, strict=True)
    )


def _had(db: Session) -> dict[UUID, list[Had]]:
    """Seats of each request by slot: open in its blocks, and with a name."""
    named = (
        select(Cohort.request_id, Cohort.slot_id, func.count())
        .join(Booking, col(Booking.cohort_id) == col(Cohort.id))
        .where(col(Booking.state).in_(SEAT_TAKING))
        .group_by(col(Cohort.request_id), col(Cohort.slot_id))
    )
    unnamed = (
        select(Cohort.request_id, Cohort.slot_id, func.sum(col(Cohort.seats_open)))
        .where(Cohort.state == CohortState.ACTIVE)
        .group_by(col(Cohort.request_id), col(Cohort.slot_id))
    )
    seats: dict[tuple[UUID, UUID], int] = {}
    for request_id, slot_id, count in [*db.exec(named), *db.exec(unnamed)]:
        key = (request_id, slot_id)
        seats[key] = seats.get(key, 0) + int(count)
    slots = _taught_on(db, {slot_id for _, slot_id in seats})
    found: dict[UUID, list[Had]] = {}
    for (request_id, slot_id), count in seats.items():
        if count:
            course_id, ends_at, requires = slots[slot_id]
            had = Had(course_id, ends_at, count, requires)
            found.setdefault(request_id, []).append(had)
    return found


def _taught_on(
    db: Session, slot_ids: Iterable[UUID]
) -> dict[UUID, tuple[UUID, datetime, tuple[UUID, ...]]]:
    """Course, end and required courses of each slot."""
    rows = [
        row
        for some in _in_turn(sorted(slot_ids))
        for row in db.exec(
            select(Slot.id, Slot.course_id, Slot.ends_at).where(col(Slot.id).in_(some))
        )
    ]
    requires: dict[UUID, tuple[UUID, ...]] = {}
    for some in _in_turn(sorted({course_id for _, course_id, _ in rows})):
        requires |= requirements_of(db, some)
    return {
        slot_id: (course_id, ends_at, requires.get(course_id, ()))
        for slot_id, course_id, ends_at in rows
    }


def _prepared(db: Session, *, now: datetime) -> dict[UUID, dict[UUID, tuple[datetime, int]]]:
    """By request and course: people named for the request who have it, or are booked on it.

    Seats of the request itself on the course are counted elsewhere.
    """
    named = (
        select(Cohort.request_id, Booking.person_id)
        .join(Booking, col(Booking.cohort_id) == col(Cohort.id))
        .join(GapRequest, col(GapRequest.id) == col(Cohort.request_id))
        .where(col(Booking.state).in_(SEAT_TAKING), col(GapRequest.state).in_(LIVE))
        .distinct()
    )
    requests: dict[UUID, list[UUID]] = {}
    for request_id, person_id in db.exec(named):
        requests.setdefault(person_id, []).append(request_id)
    ends: dict[tuple[UUID, UUID], datetime] = {}
    for some in _in_turn(sorted(requests)):
        for person_id, course_id, at in [*_passed(db, some, now), *_booked(db, some)]:
            key = (person_id, course_id)
            ends[key] = min(at, ends.get(key, at))
    found: dict[UUID, dict[UUID, tuple[datetime, int]]] = {}
    for (person_id, course_id), at in ends.items():
        for request_id in requests[person_id]:
            of_request = found.setdefault(request_id, {})
            last, people = of_request.get(course_id, (at, 0))
            of_request[course_id] = (max(last, at), people + 1)
    return found


def _passed(
    db: Session, people: Sequence[UUID], now: datetime
) -> list[tuple[UUID, UUID, datetime]]:
    query = select(Qualification.person_id, Qualification.course_id).where(
        col(Qualification.person_id).in_(people),
        col(Qualification.course_id).is_not(None),
        Qualification.state == QualificationState.VERIFIED,
        col(Qualification.valid_until).is_(None) | (col(Qualification.valid_until) >= now.date()),
    )
    return [(person, course, now) for person, course in db.exec(query) if course is not None]


def _booked(db: Session, people: Sequence[UUID]) -> list[tuple[UUID, UUID, datetime]]:
    """Seats that these people have by themselves, on courses to come or not yet assessed."""
    query = (
        select(Booking.person_id, Course.id, Slot.ends_at)
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .join(Course, col(Course.id) == col(Slot.course_id))
        .where(
            col(Booking.person_id).in_(people),
            col(Booking.cohort_id).is_(None),
            col(Booking.state).in_([BookingState.CONFIRMED, BookingState.REQUESTED]),
        )
    )
    return [(person, course, ends_at) for person, course, ends_at in db.exec(query)]


def _in_turn(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), _MANY):
        yield ids[start : start + _MANY]
