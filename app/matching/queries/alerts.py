"""Which slots an event may have opened, and what was told of whom."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Cohort
from app.core.delivery import Delivery
from app.core.outbox import OutboxEvent
from app.demand.models import GapRequest
from app.matching.models import MatchAlert, MatchOverride
from app.matching.queries.slots import to_come
from app.matching.queries.standing import is_standing
from app.matching.rules.overrides import OverrideKind
from app.registry.models import CoursePrerequisite, Slot
from app.registry.rules import SlotStatus

Pair = tuple[UUID, UUID]
"""A request and a slot."""

SUPPLY_EVENTS = frozenset(
    {
        *("slot.planned", "slot.changed", "slot.retimed"),
        *("course.edited", "facility.edited", "provider.verified"),
        *("booking.cancelled", "booking.declined", "booking.expired", "booking.rejected"),
        *("cohort.released", "cohort.cancelled", "share.over", "share.ended"),
    }
)
"""What can make a slot fit a request: it is new, moved, freed, or gives or asks something else."""

DEMAND_EVENTS = frozenset({"request.filed", "request.amended", "request.absorbed"})
"""What shows a request its ranking: slots that fit at this moment are no news."""

_BY_SUBJECT: Mapping[str, Any] = {
    "slot": col(Slot.id),
    "course": col(Slot.course_id),
    "facility": col(Slot.facility_id),
    "provider": col(Slot.provider_id),
}


def slots_opened(
    db: Session, events: Iterable[tuple[str, UUID, Mapping[str, Any]]], *, now: datetime
) -> set[UUID]:
    """The slots to come that the events (name, subject, payload) may have opened to requests.

    A run of a course also opens, by its certificate, the dates of courses that require it.
    """
    named = [_slots_of(*event) for event in events]
    if not named:
        return set()
    query = select(Slot.id, Slot.course_id).where(or_(*named))
    rows = db.execute(query).all()
    later = _courses_after(db, {course_id for _, course_id in rows})
    found = {slot_id for slot_id, _ in rows}
    opened = or_(col(Slot.id).in_(found), col(Slot.course_id).in_(later))
    confirmed = col(Slot.status) == SlotStatus.CONFIRMED
    return set(db.exec(select(Slot.id).where(opened, confirmed, to_come(now))))


def _slots_of(name: str, subject_id: UUID, payload: Mapping[str, Any]) -> ColumnElement[bool]:
    column = _BY_SUBJECT.get(name.partition(".")[0])
    return and_(col(Slot.id) == UUID(payload["slot"]) if column is None else column == subject_id)


def _courses_after(db: Session, courses: set[UUID]) -> set[UUID]:
    """The courses that require these, those that require them, and so on."""
    found: set[UUID] = set()
    latest = courses
    while latest:
        query = select(CoursePrerequisite.course_id).where(
            col(CoursePrerequisite.requires_id).in_(latest)
        )
        latest = set(db.exec(query)) - found - courses
        found |= latest
    return found


def events_after(db: Session, delivery: Delivery) -> list[tuple[str, UUID, Mapping[str, Any]]]:
    """Changes of supply that came after this event and that nobody has finished looking at."""
    event = OutboxEvent
    later = or_(
        col(event.recorded_at) > delivery.recorded_at,
        and_(col(event.recorded_at) == delivery.recorded_at, col(event.id) > delivery.id),
    )
    query = select(event.name, event.subject_id, event.payload).where(
        col(event.processed_at).is_(None), col(event.name).in_(SUPPLY_EVENTS), later
    )
    return [(name, subject_id, payload) for name, subject_id, payload in db.execute(query)]


def unread_requests(db: Session, request_ids: Collection[UUID]) -> list[Delivery]:
    """Filings and amendments of these requests whose fitting slots were not noted yet."""
    event = OutboxEvent
    query = (
        select(event)
        .where(
            col(event.subject) == "request",
            col(event.subject_id).in_(request_ids),
            col(event.name).in_(DEMAND_EVENTS),
            col(event.processed_at).is_(None),
        )
        .order_by(col(event.recorded_at), col(event.id))
    )
    return [
        Delivery(
            *(row.id, row.name, row.subject_id, row.version, row.payload, row.recorded_at),
            row.attempts,
        )
        for row in db.exec(query)
    ]


def pairs_known(db: Session, slot_ids: Collection[UUID]) -> set[Pair]:
    """Pairs of these slots that are no news.

    Told, seen at the filing, set aside by hand; or the request has, or had, a block of seats there.
    """
    told = select(MatchAlert.request_id, MatchAlert.slot_id).where(
        col(MatchAlert.slot_id).in_(slot_ids)
    )
    aside = select(MatchOverride.request_id, MatchOverride.slot_id).where(
        col(MatchOverride.slot_id).in_(slot_ids),
        col(MatchOverride.kind) == OverrideKind.SET_ASIDE,
        col(MatchOverride.ended_at).is_(None),
    )
    blocks = select(Cohort.request_id, Cohort.slot_id).where(col(Cohort.slot_id).in_(slot_ids))
    return {
        (request_id, slot_id)
        for query in (told, aside, blocks)
        for request_id, slot_id in db.execute(query)
    }


def lock_pairs(db: Session, pairs: Collection[Pair]) -> set[UUID]:
    """Those of the requests that are live and short of seats at this moment.

    Slots and requests are kept from being deleted until this transaction ends, which the foreign
    keys of an alert would ask for anyhow: but here in the order in which everybody locks, so that
    nobody waits in a circle. Others change the rows meanwhile. SQLite has one writer.
    """
    slots = {slot_id for _, slot_id in pairs}
    requests = {request_id for request_id, _ in pairs}
    of_slots = select(Slot.id).where(col(Slot.id).in_(slots)).order_by(col(Slot.id))
    db.exec(of_slots.with_for_update(read=True, key_share=True)).all()
    of_requests = select(GapRequest.id).where(col(GapRequest.id).in_(requests), is_standing())
    ordered = of_requests.order_by(col(GapRequest.id))
    return set(db.exec(ordered.with_for_update(read=True, key_share=True)))


def is_told() -> ColumnElement[bool]:
    """A condition: the row is an alert, and not what a country saw by itself when it filed."""
    return col(MatchAlert.cause).in_(SUPPLY_EVENTS)


def alerts_of(
    db: Session, request_id: UUID, *, limit: int, before: UUID | None = None
) -> tuple[list[MatchAlert], int]:
    """The alerts of a request, newest first, and how many there are in all."""
    where = [col(MatchAlert.request_id) == request_id, is_told()]
    total = db.exec(select(func.count()).select_from(MatchAlert).where(*where)).one()
    if before is not None:
        where.append(col(MatchAlert.id) < before)
    query = select(MatchAlert).where(*where).order_by(col(MatchAlert.id).desc())
    return list(db.exec(query.limit(limit))), total


def news_of(
    db: Session, actor: Actor, *, now: datetime, request_id: UUID | None = None
) -> dict[UUID, list[UUID]]:
    """Unread alerts that still hold: the slots by request, for the countries of the actor.

    A slot that was cancelled, has begun, closed or has no seat left is no news any more; neither
    is anything about a request that is over or holds all its seats.
    """
    query = (
        select(MatchAlert.request_id, MatchAlert.slot_id)
        .join(GapRequest, col(GapRequest.id) == col(MatchAlert.request_id))
        .join(Slot, col(Slot.id) == col(MatchAlert.slot_id))
        .where(
            col(MatchAlert.seen_at).is_(None),
            col(GapRequest.country).in_(actor.countries),
            is_standing(),
            # Of those to come all others are confirmed. Asked for these, SQLite begins with every
            # confirmed slot there is until it has statistics: half a minute among 50,000.
            col(Slot.status) != SlotStatus.TENTATIVE,
            col(Slot.apply_by) > now,
            col(Slot.seats) - col(Slot.seats_claimed) > col(Slot.waiting),
            to_come(now),
        )
        .order_by(col(MatchAlert.score).desc(), col(MatchAlert.id))
    )
    if request_id is not None:
        query = query.where(col(MatchAlert.request_id) == request_id)
    found: dict[UUID, list[UUID]] = {}
    for of_request, slot_id in db.execute(query):
        found.setdefault(of_request, []).append(slot_id)
    return found
