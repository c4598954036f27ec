"""People named into a block of seats, each for one seat of it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as people
from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries import claims
from app.booking.rules import (
    AlreadyBookedError,
    BookingState,
    CohortState,
    NotEnoughSeatsError,
)
from app.booking.schemas import NominationIn
from app.booking.service.cohorts import BlockClosedError, fresh_cohort, require_own
from app.booking.service.desk import Desk, LockedSlot, open_slot, stamp
from app.core import outbox
from app.core.errors import invalid
from app.core.ids import new_id
from app.core.outbox import Fact


def nominate(
    db: Session, actor: Actor, cohort_id: UUID, named: NominationIn, desk: Desk
) -> Booking:
    """Name a person into a block: the seat is offered to them until the block's release.

    Raises:
        BlockClosedError: The block was released.
        NotEnoughSeatsError: All its seats are drawn.
        AlreadyBookedError: The person has a place on the slot already.
        ForbiddenError: The actor sees the block and does not speak for its country.
    """
    user_id = actor.require_write()
    found = claims.find_cohort(db, actor, cohort_id)
    require_own(actor, found.country)
    locked = open_slot(db, found.slot_id, desk)
    cohort = fresh_cohort(db, cohort_id)
    if cohort.state != CohortState.ACTIVE:
        raise BlockClosedError("The seats of this block were given back.")
    if cohort.seats_open == 0:
        raise NotEnoughSeatsError("All seats of this block have names.", seats_free=0)
    person = _person(db, named, cohort.country, by=user_id, now=locked.now)
    if claims.live_booking(db, cohort.slot_id, person.id) is not None:
        raise AlreadyBookedError("This person already has a place on this slot.")
    booking = _draw_seat(db, locked, cohort, person.id, by=user_id)
    payload = {"slot": str(cohort.slot_id), "person": str(person.id), "cohort": str(cohort.id)}
    outbox.record(
        db, Fact("booking.nominated", booking.id, 1, locked.now, user_id, payload=payload)
    )
    db.flush()
    return booking


def _draw_seat(
    db: Session, locked: LockedSlot, cohort: Cohort, person_id: UUID, *, by: UUID
) -> Booking:
    """Turn an open seat of the block into an offer to a person; the slot's counter stays."""
    cohort.seats_open -= 1
    cohort.version += 1
    cohort.revised_at = stamp(locked.slot, locked.now, cohort.revised_at)
    db.add(cohort)
    booking = Booking(
        id=new_id(),
        slot_id=cohort.slot_id,
        person_id=person_id,
        country=cohort.country,
        cohort_id=cohort.id,
        state=BookingState.OFFERED,
        held_until=min(cohort.release_at, locked.closes_at),
        entered_at=locked.now,
        created_by=by,
        created_at=locked.now,
        revised_at=stamp(locked.slot, locked.now, None),
    )
    db.add(booking)
    return booking


def _person(db: Session, named: NominationIn, country: str, *, by: UUID, now: datetime) -> User:
    if named.person is not None:
        person = claims.person_row(db, named.person)
        if person is None:
            raise invalid("person", "There is no such person.", "unknown_person")
        return person
    return people.named_person(
        db,
        email=str(named.email),
        name=str(named.name),
        country=named.country or country,
        by=by,
        now=now,
    )
