"""Claims as rows: found for an actor, counted under a lock."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, exists, func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import LIVE_SQL, Booking, Cohort
from app.booking.queries.newcomers import BLOCKS_DUE, HOLDS_DUE
from app.booking.rules import (
    HOLDS,
    LIVE,
    BookingState,
    CohortState,
    HeldBack,
    Waiting,
)
from app.core.errors import NotFoundError
from app.demand.models import GapRequest
from app.demand.rules import LIVE as OPEN_REQUESTS
from app.registry.models import Provider, Slot
from app.registry.rules import ProviderState, Route, SlotStatus


def visible_bookings(actor: Actor) -> ColumnElement[bool]:
    """One's own; those on slots of one's providers; those named by one's countries.

    The select must join :class:`Slot` and (outer) :class:`Cohort`.
    """
    if actor.secretariat:
        return col(Booking.id).is_not(None)
    seen = [col(Booking.person_id) == actor.user_id]
    if actor.providers:
        seen.append(col(Slot.provider_id).in_(actor.providers))
    if actor.countries:
        seen.append(col(Cohort.country).in_(actor.countries))
    return or_(*seen)


def find_booking(db: Session, actor: Actor, booking_id: UUID) -> tuple[Booking, Slot]:
    """The booking and its slot.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    query = (
        select(Booking, Slot)
        .join(Slot, col(Slot.id) == col(Booking.slot_id))
        .outerjoin(Cohort, col(Cohort.id) == col(Booking.cohort_id))
        .where(col(Booking.id) == booking_id, visible_bookings(actor))
    )
    row = db.exec(query).first()
    if row is None:
        raise NotFoundError("There is no such booking.")
    return row


def find_cohort(db: Session, actor: Actor, cohort_id: UUID) -> Cohort:
    """The block of seats.

    Raises:
        NotFoundError: There is none of the actor's countries (the secretariat sees all).
    """
    query = select(Cohort).where(col(Cohort.id) == cohort_id)
    if not actor.secretariat:
        query = query.where(col(Cohort.country).in_(actor.countries))
    cohort = db.exec(query).first()
    if cohort is None:
        raise NotFoundError("There is no such block of seats.")
    return cohort


def find_request(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request that seats are held for.

    Raises:
        NotFoundError: There is none of the actor's countries (the secretariat sees all).
    """
    query = select(GapRequest).where(col(GapRequest.id) == request_id)
    if not actor.secretariat:
        query = query.where(col(GapRequest.country).in_(actor.countries))
    request = db.exec(query).first()
    if request is None:
        raise NotFoundError("There is no such request.")
    return request


# Built once: SQLAlchemy takes as long to build a statement as a database to run it.
_DUE = sa_select(HOLDS_DUE, BLOCKS_DUE)
_LIVE_ON_SLOT = select(Booking).where(
    col(Booking.slot_id) == bindparam("slot_id"),
    col(Booking.person_id) == bindparam("person_id"),
    LIVE_SQL,
)


def what_is_due(db: Session, slot_id: UUID, *, now: datetime) -> tuple[bool, bool]:
    """Whether a hold and whether a block of the slot has run out."""
    holds, blocks = db.execute(_DUE, {"slot_id": slot_id, "now": now}).one()
    return bool(holds), bool(blocks)


def due_holds(db: Session, slot_id: UUID, *, now: datetime) -> list[Booking]:
    """Holds and offers of the slot that ran out."""
    query = select(Booking).where(
        col(Booking.slot_id) == slot_id,
        col(Booking.state).in_(HOLDS),
        col(Booking.held_until) <= now,
    )
    return list(db.exec(query.order_by(col(Booking.id))))


def due_cohorts(db: Session, slot_id: UUID, *, now: datetime) -> list[Cohort]:
    """Blocks of the slot whose release date has come."""
    query = select(Cohort).where(
        col(Cohort.slot_id) == slot_id,
        col(Cohort.state) == CohortState.ACTIVE,
        col(Cohort.release_at) <= now,
    )
    return list(db.exec(query.order_by(col(Cohort.id))))


def slots_with_due_claims(db: Session, *, now: datetime) -> set[UUID]:
    """Slots on which a hold, an offer, a block or a share of kept seats has run out.

    And those where a seat is free beside a line: who was passed over there, because of another
    booking or a missing qualification, may have it by now.
    """
    holds = select(Booking.slot_id).where(
        col(Booking.state).in_(HOLDS), col(Booking.held_until) <= now
    )
    blocks = select(Cohort.slot_id).where(
        col(Cohort.state) == CohortState.ACTIVE, col(Cohort.release_at) <= now
    )
    shares = select(Slot.id).where(col(Slot.kept_until) <= now)
    lines = _lines_to_look_at(now)
    found = (holds, blocks, shares, lines)
    return {slot_id for query in found for slot_id in db.exec(query)}


def _lines_to_look_at(now: datetime) -> SelectOfScalar[UUID]:
    """Slots with a free seat and somebody who waits for no reason of the slot's own."""
    group = exists().where(
        col(Cohort.slot_id) == col(Slot.id), col(Cohort.state) == CohortState.WAITLISTED
    )
    elsewhere = col(Booking.held_back).in_([HeldBack.CLASH, HeldBack.PREREQUISITE])
    somebody = exists().where(
        col(Booking.slot_id) == col(Slot.id),
        col(Booking.state) == BookingState.WAITLISTED,
        or_(elsewhere, (col(Booking.held_back) == "") & ~group),
    )
    self_paced = col(Slot.mode) == "self-paced"
    return (
        select(Slot.id)
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(
            col(Slot.waiting) > 0,
            col(Slot.seats_claimed) < col(Slot.seats) + col(Slot.overbook),
            col(Slot.status) == SlotStatus.CONFIRMED,
            col(Provider.state) == ProviderState.VERIFIED,
            or_(col(Slot.starts_at) > now, self_paced & (col(Slot.ends_at) > now)),
            or_(col(Slot.route) != Route.SELECTION, col(Slot.selected_at).is_not(None)),
            somebody,
        )
    )


def waiting_people(db: Session, slot_id: UUID) -> list[UUID]:
    """Everybody who waits on the slot."""
    query = select(Booking.person_id).where(
        col(Booking.slot_id) == slot_id, col(Booking.state) == BookingState.WAITLISTED
    )
    return list(db.exec(query))


def waiting_line(db: Session, slot_id: UUID) -> list[Waiting]:
    """The waiting list in its order: people, and blocks that wait for seats together."""
    people = select(Booking).where(
        col(Booking.slot_id) == slot_id, col(Booking.state) == BookingState.WAITLISTED
    )
    blocks = select(Cohort).where(
        col(Cohort.slot_id) == slot_id, col(Cohort.state) == CohortState.WAITLISTED
    )
    line = [
        (
            (person.priority, person.entered_at, person.id),
            Waiting(person.id, person.country, held_back=person.held_back),
        )
        for person in db.exec(people)
    ]
    line += [
        (
            (block.priority, block.entered_at, block.id),
            Waiting(
                block.id,
                block.country,
                block.seats,
                partial_ok=block.partial_ok,
                is_block=True,
                held_back=block.held_back,
            ),
        )
        for block in db.exec(blocks)
    ]
    return [entry for _, entry in sorted(line, key=lambda each: each[0])]


def live_booking(db: Session, slot_id: UUID, person_id: UUID) -> Booking | None:
    """The person's live claim on the slot, if there is one."""
    found = {"slot_id": slot_id, "person_id": person_id}
    return db.exec(_LIVE_ON_SLOT, params=found).first()


def holds_from(db: Session, address: str, *, now: datetime) -> int:
    """Seats that are held for callers at the (hashed) network address and not confirmed yet."""
    query = select(func.count()).where(
        col(Booking.placed_from) == address,
        col(Booking.placed_from) != "",  # as the partial index says it
        col(Booking.state) == BookingState.HELD,
        col(Booking.held_until) > now,
    )
    return db.exec(query).one()


def live_bookings(db: Session, slot_id: UUID) -> list[Booking]:
    """All live claims of people on the slot."""
    query = select(Booking).where(col(Booking.slot_id) == slot_id, col(Booking.state).in_(LIVE))
    return list(db.exec(query.order_by(col(Booking.id))))


def active_cohorts(db: Session, slot_id: UUID) -> list[Cohort]:
    """All live blocks on the slot."""
    query = select(Cohort).where(
        col(Cohort.slot_id) == slot_id, col(Cohort.state) == CohortState.ACTIVE
    )
    return list(db.exec(query.order_by(col(Cohort.id))))


def seats_waited_for(db: Session, request_id: UUID) -> int:
    """Seats of the request's blocks that wait in a line."""
    query = select(func.coalesce(func.sum(col(Cohort.seats)), 0)).where(
        col(Cohort.request_id) == request_id, col(Cohort.state) == CohortState.WAITLISTED
    )
    return int(db.exec(query).one())


def waiting_blocks(db: Session, slot_id: UUID) -> list[Cohort]:
    """The blocks that wait in the slot's line."""
    query = select(Cohort).where(
        col(Cohort.slot_id) == slot_id, col(Cohort.state) == CohortState.WAITLISTED
    )
    return list(db.exec(query.order_by(col(Cohort.id))))


def unwanted_blocks(db: Session, slot_id: UUID) -> list[Cohort]:
    """Blocks that wait in the slot's line for a request that is over."""
    query = (
        select(Cohort)
        .join(GapRequest, col(GapRequest.id) == col(Cohort.request_id))
        .where(
            col(Cohort.slot_id) == slot_id,
            col(Cohort.state) == CohortState.WAITLISTED,
            col(GapRequest.state).not_in(OPEN_REQUESTS),
        )
    )
    return list(db.exec(query.order_by(col(Cohort.id))))


def named_into(db: Session, cohort_id: UUID) -> list[Booking]:
    """Everybody named into the block, first those who were named first."""
    query = select(Booking).where(col(Booking.cohort_id) == cohort_id)
    return list(db.exec(query.order_by(col(Booking.entered_at), col(Booking.id))))


def cohorts_near_release(db: Session, *, now: datetime, within: timedelta) -> list[UUID]:
    """Blocks with open seats whose release date is ahead and near, in order of their slots."""
    query = select(Cohort.id).where(
        col(Cohort.state) == CohortState.ACTIVE,
        col(Cohort.seats_open) > 0,
        col(Cohort.release_at) > now,
        col(Cohort.release_at) <= now + within,
    )
    return list(db.exec(query.order_by(col(Cohort.slot_id), col(Cohort.id))))


def fresh_cohort(db: Session, cohort_id: UUID) -> Cohort:
    """The block as it is under the lock, not as it was seen before."""
    return db.get_one(Cohort, cohort_id, populate_existing=True)


def cohort_row(db: Session, cohort_id: UUID) -> Cohort:
    """The block with this id, whoever asks."""
    return db.get_one(Cohort, cohort_id)


def person_row(db: Session, person_id: UUID) -> User | None:
    """The person with this id, if there is one."""
    return db.get(User, person_id)


def fresh_booking(db: Session, booking_id: UUID) -> Booking:
    """The booking as it is under the lock, not as it was seen before."""
    booking = db.get(Booking, booking_id, populate_existing=True)
    if booking is None:
        raise NotFoundError("There is no such booking.")
    return booking
