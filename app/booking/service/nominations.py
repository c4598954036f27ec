"""People named into a block of seats, each for one seat of it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts import service as people
from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries import claims
from app.booking.rules import (
    SEAT_TAKING,
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CohortState,
    NotEnoughSeatsError,
    offer_until,
)
from app.booking.schemas import NominationIn
from app.booking.service.cohorts import BlockClosedError, fresh_cohort, require_own
from app.booking.service.desk import Desk, LockedSlot, open_slot, stamp, step
from app.booking.service.occupied import clash_of, occupy, vacate
from app.booking.service.requirements import standing_of
from app.booking.service.seats import AlreadyStartedError
from app.core import outbox
from app.core.errors import invalid
from app.core.ids import new_id
from app.core.outbox import Fact

REPLACED = "replaced by somebody else"


def nominate(
    db: Session, actor: Actor, cohort_id: UUID, named: NominationIn, desk: Desk
) -> Booking:
    """Name a person into a block: the seat is offered to them until the block's release.

    Raises:
        BlockClosedError: The block was released, or still waits in line.
        NotEnoughSeatsError: All its seats are drawn.
        AlreadyBookedError: The person has a place on the slot already.
        PersonClashError, PrerequisiteError: The person cannot come, or may not enter.
        ForbiddenError: The actor sees the block and does not speak for its country.
    """
    user_id = actor.require_write()
    found = claims.find_cohort(db, actor, cohort_id)
    require_own(actor, found.country)
    locked = open_slot(db, found.slot_id, desk)
    cohort = fresh_cohort(db, cohort_id)
    _check_open(cohort)
    person = _person(db, named, cohort.country, by=user_id, now=locked.now)
    _check_person(db, locked, person)
    cohort.seats_open -= 1
    cohort.version += 1
    cohort.revised_at = stamp(locked.slot, locked.now, cohort.revised_at)
    db.add(cohort)
    return _offer(db, locked, cohort, _offer_to(locked, cohort, person, by=user_id))


def replace_person(
    db: Session, actor: Actor, booking_id: UUID, named: NominationIn, desk: Desk
) -> Booking:
    """Exchange a person of a block for another one, before the slot starts.

    The seat passes from one to the other in one step: nobody else can take it, also after the
    block's release. The newcomer has to confirm it like everybody who is named.

    For the country that named the person, and for the secretariat.

    Returns:
        The newcomer's booking.

    Raises:
        BookingStepError: The booking is in no block, or holds no seat any more.
        AlreadyStartedError: The slot has begun.
        AlreadyBookedError: The newcomer has a place on the slot already.
        PersonClashError, PrerequisiteError: The newcomer cannot come, or may not enter.
        ForbiddenError: The actor sees the booking and does not speak for its country.
    """
    user_id = actor.require_write()
    found, _ = claims.find_booking(db, actor, booking_id)
    if found.cohort_id is None:
        raise BookingStepError("Only people whom their country named can be replaced.")
    country = claims.cohort_row(db, found.cohort_id).country
    if not actor.secretariat:
        require_own(actor, country)
    locked = open_slot(db, found.slot_id, desk)
    booking = db.get_one(Booking, booking_id, populate_existing=True)
    cohort = fresh_cohort(db, found.cohort_id)
    if locked.now >= locked.closes_at:
        raise AlreadyStartedError("This slot has begun; people can no longer be replaced.")
    if booking.state not in SEAT_TAKING:
        raise BookingStepError("This person holds no seat any more, so nobody can take it over.")
    person = _person(db, named, country, by=user_id, now=locked.now)
    _check_person(db, locked, person)
    step(db, locked, booking, BookingState.CANCELLED, by=user_id, reason=REPLACED)
    vacate(db, booking)
    newcomer = _offer_to(locked, cohort, person, by=user_id)
    newcomer.replaces_id = booking.id
    return _offer(db, locked, cohort, newcomer)


def _check_open(cohort: Cohort) -> None:
    if cohort.state == CohortState.WAITLISTED:
        raise BlockClosedError("This block waits in line; it has no seats to name people into yet.")
    if cohort.state != CohortState.ACTIVE:
        raise BlockClosedError("The seats of this block were given back.")
    if cohort.seats_open == 0:
        raise NotEnoughSeatsError("All seats of this block have names.", seats_free=0)


def _check_person(db: Session, locked: LockedSlot, person: User) -> None:
    """Let only those be named who can come and may enter."""
    if claims.live_booking(db, locked.slot.id, person.id) is not None:
        raise AlreadyBookedError("This person already has a place on this slot.")
    clash = clash_of(db, locked.slot, person.id)
    if clash is not None:
        raise clash
    standing = standing_of(db, locked.slot, person.id, now=locked.now)
    if standing.refusal is not None:
        raise standing.refusal


def _offer_to(locked: LockedSlot, cohort: Cohort, person: User, *, by: UUID) -> Booking:
    """The seat as it is offered: until the block's release, later as long as any offer."""
    until = min(cohort.release_at, locked.closes_at)
    if cohort.state != CohortState.ACTIVE:
        until = offer_until(now=locked.now, offer=locked.desk.offer, closes_at=locked.closes_at)
    return Booking(
        id=new_id(),
        slot_id=cohort.slot_id,
        person_id=person.id,
        country=cohort.country,
        cohort_id=cohort.id,
        state=BookingState.OFFERED,
        held_until=until,
        entered_at=locked.now,
        created_by=by,
        created_at=locked.now,
        revised_at=stamp(locked.slot, locked.now, None),
    )


def _offer(db: Session, locked: LockedSlot, cohort: Cohort, booking: Booking) -> Booking:
    db.add(booking)
    db.flush()
    occupy(db, locked.slot, booking)
    payload = {
        "slot": str(cohort.slot_id),
        "person": str(booking.person_id),
        "cohort": str(cohort.id),
        "replaces": str(booking.replaces_id) if booking.replaces_id else None,
    }
    changes = {"state": [None, str(booking.state)]}
    fact = Fact("booking.nominated", booking.id, 1, locked.now, booking.created_by)
    outbox.record(db, replace(fact, payload=payload, changes=changes))
    db.flush()
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
