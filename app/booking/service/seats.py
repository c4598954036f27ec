"""One person, one seat: book, confirm, cancel, be offered."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries import claims
from app.booking.rules import (
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    HoldExpiredError,
    NotBookableError,
    SeatDecision,
    decide_seat,
    seat_problems,
)
from app.booking.rules.routes import route_problems
from app.booking.rules.selection import LATE_PRIORITY
from app.booking.schemas import BookSeatIn, CancelIn
from app.booking.service.desk import (
    Desk,
    LockedSlot,
    end_claim,
    move_seats,
    open_slot,
    open_slot_to,
    place,
    promote,
    seat_facts,
    settle,
)
from app.booking.service.entry import (
    Entrance,
    claimant_from,
    claimant_of,
    entrance_for,
    refuse,
    require_passed,
)
from app.booking.service.kept_seats import Claimant
from app.booking.service.moves import moment_of
from app.booking.service.occupied import hours_of
from app.core.errors import ConflictError, ForbiddenError
from app.registry.rules import takes_interest


class TooManyHoldsError(ConflictError):
    """The person, or somebody in the same network, holds many seats without confirming them."""

    code = "too_many_holds"


class AlreadyStartedError(ConflictError):
    """The slot has begun; seats can no longer change hands."""

    code = "slot_started"


def book_seat(db: Session, actor: Actor, slot_id: UUID, request: BookSeatIn, desk: Desk) -> Booking:
    """Hold a seat for the actor, or put them on the waiting list.

    Raises:
        NotBookableError: Not confirmed, provider not verified, or past the deadline.
        NominationOnlyError: Countries take the seats of this slot, and name people.
        AlreadyBookedError: The actor has a live booking on the slot.
        CountryCapError: The actor's country has all the seats one country can have.
    """
    person_id = actor.require_write()
    locked, newcomer = open_slot_to(db, slot_id, person_id, desk, reader=actor)
    claimant = claimant_from(newcomer, country=actor.country, declared=request.groups)
    facts = seat_facts(db, locked, claimant, already_in=newcomer.already_in)
    slot, now = locked.slot, locked.now
    entrance, hours = Entrance(), None
    if not (facts.selection or facts.already_in):
        if facts.at_once:
            hours = hours_of(db, slot, person_id, now=now)
        entrance = entrance_for(db, slot, newcomer, hours=hours, now=now, reader=actor)
    problems = [*route_problems(slot.route), *seat_problems(facts), *entrance.problems]
    refuse(problems)
    decision = decide_seat(facts, now=now, pending_until=entrance.pending_until)
    if hours is not None:
        _check_holds(db, locked, hours.holds)
    return _enter(db, locked, person_id, claimant, decision, request)


def show_interest(
    db: Session, actor: Actor, slot_id: UUID, request: BookSeatIn, desk: Desk
) -> Booking:
    """Put the actor into the line of a date that is planned and not sure yet.

    It promises nothing. When the date is confirmed, the line is offered the seats in its order.

    Raises:
        NotBookableError: The date is not a planned one of a verified provider, or it is too late.
        AlreadyBookedError: The actor is in the line already.
    """
    person_id = actor.require_write()
    locked = open_slot(db, slot_id, desk, reader=actor)
    slot = locked.slot
    if not takes_interest(
        status=slot.status,
        provider_state=locked.provider_state,
        apply_by=slot.apply_by,
        now=locked.now,
    ):
        raise NotBookableError("Interest can be shown in dates that are planned and not sure yet.")
    refuse(route_problems(slot.route))
    if claims.live_booking(db, slot_id, person_id) is not None:
        raise AlreadyBookedError("You are on the list of this date already.")
    claimant = claimant_of(db, person_id, country=actor.country, declared=request.groups)
    decision = SeatDecision(BookingState.WAITLISTED, held_until=None)
    return _enter(db, locked, person_id, claimant, decision, request, interest=True)


def _check_holds(db: Session, locked: LockedSlot, holds: int) -> None:
    """Let nobody keep more seats from others than they can be about to confirm.

    ``holds`` were counted with the person locked: two calls at once cannot both be the last that
    is allowed. The count for a network address is not exact in that way; it only keeps a flood
    away.
    """
    desk = locked.desk
    if holds >= desk.holds_per_person:
        raise TooManyHoldsError(
            f"You hold {desk.holds_per_person} seats that you have not confirmed yet. "
            "Confirm one or give one back first."
        )
    if (
        desk.address
        and claims.holds_from(db, desk.address, now=locked.now) >= desk.holds_per_address
    ):
        raise TooManyHoldsError(
            "Too many seats are held from your network without being confirmed. "
            "Please try again in a few minutes."
        )


def _enter(  # noqa: PLR0913 - one row's worth of facts
    db: Session,
    locked: LockedSlot,
    person_id: UUID,
    claimant: Claimant,
    decision: SeatDecision,
    request: BookSeatIn,
    *,
    interest: bool = False,
) -> Booking:
    held = decision.state == BookingState.HELD
    moment = moment_of(locked.slot, locked.now, None)
    values = {
        "slot_id": locked.slot.id,
        "person_id": person_id,
        "country": claimant.country,
        "authority": claimant.authority,
        "groups": claimant.groups,
        "state": decision.state,
        "held_until": decision.held_until,
        "held_back": decision.held_back,
        "priority": LATE_PRIORITY if locked.slot.selected_at is not None else 0,
        "entered_at": locked.now,
        "interest": interest,
        "placed_from": locked.desk.address if held else "",
        "note": request.note,
        "answers": dict(request.answers),
        "created_by": person_id,
        "created_at": locked.now,
        "revised_at": moment,
    }
    move_seats(db, locked.slot, seats=int(held), waiting=int(not held), stamped_at=moment)
    payload = {"interest": True} if interest else {}
    booking = place(db, locked, values, "booking.placed", payload)
    if not held:  # those who wait may all be passed over, while this person need not be
        promote(db, locked)
    return booking


def confirm_booking(db: Session, actor: Actor, booking_id: UUID, desk: Desk) -> Booking:
    """Keep a held or offered seat; where the provider clears people for the site, ask for it.

    Raises:
        HoldExpiredError: It ran out; the seat went back.
        PrerequisiteError, PrerequisitePendingError: Something has yet to be passed.
        PersonClashError: The person is somewhere else at that time.
        AlreadyStartedError: The slot has begun.
        BookingStepError: There is nothing to confirm.
    """
    booking, locked, user_id = _own(db, actor, booking_id, desk)
    if booking.state == BookingState.EXPIRED:
        raise HoldExpiredError("This seat was not confirmed in time and went back.")
    if booking.state == BookingState.WAITLISTED:
        raise BookingStepError("You are on the waiting list; there is no seat to confirm yet.")
    if booking.state == BookingState.CONFIRMED:
        raise BookingStepError("This seat is confirmed already.")
    if booking.state == BookingState.REQUESTED:
        raise BookingStepError("You have confirmed this seat; the provider decides now.")
    if locked.now >= locked.closes_at:  # a slot that was moved forward outruns its offers
        raise AlreadyStartedError("This slot has begun; seats can no longer be confirmed.")
    require_passed(db, locked.slot, user_id, now=locked.now, reader=actor)
    settle(db, locked, booking, by=user_id)
    return booking


def cancel_booking(
    db: Session, actor: Actor, booking_id: UUID, request: CancelIn, desk: Desk
) -> Booking:
    """End a booking; its seat goes to its block, or to the next in line, in the same commit.

    The person, the slot's provider, the focal point who named the person and the secretariat may
    do this.

    Raises:
        AlreadyStartedError: The slot has begun.
        BookingStepError: The booking is over already.
    """
    user_id = actor.require_write()
    found, _ = claims.find_booking(db, actor, booking_id)
    locked = open_slot(db, found.slot_id, desk)
    booking = claims.fresh_booking(db, booking_id)
    if locked.now >= locked.closes_at:
        raise AlreadyStartedError("This slot has begun; bookings can no longer be cancelled.")
    declines = booking.state == BookingState.OFFERED and booking.person_id == user_id
    after = BookingState.DECLINED if declines else BookingState.CANCELLED
    end_claim(db, locked, booking, after, by=user_id, reason=request.reason)
    promote(db, locked)
    return booking


def _own(
    db: Session, actor: Actor, booking_id: UUID, desk: Desk
) -> tuple[Booking, LockedSlot, UUID]:
    user_id = actor.require_write()
    found, _ = claims.find_booking(db, actor, booking_id)
    if found.person_id != user_id:
        raise ForbiddenError("Only the person who takes the seat can confirm it.")
    locked = open_slot(db, found.slot_id, desk)
    return claims.fresh_booking(db, booking_id), locked, user_id
