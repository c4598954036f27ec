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
    SEAT_TAKING,
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CohortState,
    NotEnoughSeatsError,
    offer_until,
)
from app.booking.schemas import NominationIn
from app.booking.service.cohorts import BlockClosedError, require_own
from app.booking.service.desk import Desk, LockedSlot, open_slot, place, stamp, step
from app.booking.service.entry import claimant_of, entrance_of, refuse
from app.booking.service.kept_seats import authority_problems
from app.booking.service.seats import AlreadyStartedError
from app.core.errors import ConflictError, invalid

REPLACED = "replaced by somebody else"


def nominate(
    db: Session, actor: Actor, cohort_id: UUID, named: NominationIn, desk: Desk
) -> Booking:
    """Name a person into a block: the seat is offered to them until the block's release.

    Raises:
        AlreadyStartedError: The slot has begun.
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
    cohort = claims.fresh_cohort(db, cohort_id)
    _check_open(locked, cohort)
    person = _person(db, named, cohort.country, by=user_id, now=locked.now)
    pending_until = _check_person(db, actor, locked, person)
    cohort.seats_open -= 1
    cohort.version += 1
    cohort.revised_at = stamp(locked.slot, locked.now, cohort.revised_at)
    db.add(cohort)
    return _offer(db, locked, cohort, person, by=user_id, pending_until=pending_until)


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
    booking = claims.fresh_booking(db, booking_id)
    cohort = claims.fresh_cohort(db, found.cohort_id)
    _check_replaceable(locked, booking)
    person = _person(db, named, country, by=user_id, now=locked.now)
    pending_until = _check_person(db, actor, locked, person, leaving=booking.authority)
    step(db, locked, booking, BookingState.CANCELLED, by=user_id, reason=REPLACED)
    return _offer(
        db,
        locked,
        cohort,
        person,
        by=user_id,
        pending_until=pending_until,
        replaces=booking.id,
    )


def _check_replaceable(locked: LockedSlot, booking: Booking) -> None:
    if locked.now >= locked.closes_at:
        raise AlreadyStartedError("This slot has begun; people can no longer be replaced.")
    if booking.state not in SEAT_TAKING:
        raise BookingStepError("This person holds no seat any more, so nobody can take it over.")


def _check_open(locked: LockedSlot, cohort: Cohort) -> None:
    if locked.now >= locked.closes_at:  # moved forward, past the block's release
        raise AlreadyStartedError("This slot has begun; people can no longer be named.")
    if cohort.state == CohortState.WAITLISTED:
        raise BlockClosedError("This block waits in line; it has no seats to name people into yet.")
    if cohort.state != CohortState.ACTIVE:
        raise BlockClosedError("The seats of this block were given back.")
    if cohort.seats_open == 0:
        raise NotEnoughSeatsError("All seats of this block have names.", seats_free=0)


def _check_person(
    db: Session, actor: Actor, locked: LockedSlot, person: User, *, leaving: str = ""
) -> datetime | None:
    """Let only those be named who can come and may enter; until when an earlier part may take.

    ``leaving`` is the employer of the person whose seat this one takes over.
    What else a person has at that time is named only where ``actor`` may know of it.
    """
    problems: list[ConflictError] = []
    claimant = claimant_of(db, person.id, country=person.country)
    if claimant.authority != leaving:
        problems += authority_problems(db, locked.slot, claimant, now=locked.now)
    if claims.live_booking(db, locked.slot.id, person.id) is not None:
        problems.append(AlreadyBookedError("This person already has a place on this slot."))
    entrance = entrance_of(
        db,
        locked.slot,
        person.id,
        now=locked.now,
        takes_seat=not problems,
        reader=actor,
    )
    refuse([*problems, *entrance.problems])
    return entrance.pending_until


def _offer(  # noqa: PLR0913 - one sentence: whose seat of what, by whom, until when, for whom
    db: Session,
    locked: LockedSlot,
    cohort: Cohort,
    person: User,
    *,
    by: UUID,
    pending_until: datetime | None,
    replaces: UUID | None = None,
) -> Booking:
    """Offer a seat of the block until its release, later as long as any offer."""
    claimant = claimant_of(db, person.id, country=cohort.country)
    until = cohort.release_at
    if cohort.state != CohortState.ACTIVE:
        until = offer_until(now=locked.now, offer=locked.desk.offer, closes_at=locked.closes_at)
    values = {
        "slot_id": cohort.slot_id,
        "person_id": person.id,
        "country": cohort.country,
        "authority": claimant.authority,
        "groups": claimant.groups,
        "cohort_id": cohort.id,
        "state": BookingState.OFFERED,
        "held_until": min(max(until, pending_until or until), locked.closes_at),
        "entered_at": locked.now,
        "replaces_id": replaces,
        "created_by": by,
        "created_at": locked.now,
        "revised_at": stamp(locked.slot, locked.now, None),
    }
    payload = {"cohort": str(cohort.id), "replaces": str(replaces) if replaces else None}
    return place(db, locked, values, "booking.nominated", payload)


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
