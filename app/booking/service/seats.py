"""One person, one seat: book, confirm, cancel, be offered."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries import claims
from app.booking.rules import (
    SEAT_TAKING,
    BookingState,
    BookingStepError,
    HeldBack,
    HoldExpiredError,
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
    offer_seat,
    open_slot,
    place,
    promote,
    seat_facts,
    settle,
    stamp,
)
from app.booking.service.entry import (
    Entrance,
    claimant_of,
    claimant_of_booking,
    entrance_of,
    refuse,
)
from app.core.errors import ConflictError, ForbiddenError
from app.core.ids import new_id
from app.core.zones import to_local


class PrerequisitePendingError(ConflictError):
    """An earlier part is booked and not passed yet; the seat stays held meanwhile."""

    code = "prerequisite_pending"


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
    locked = open_slot(db, slot_id, desk, reader=actor)
    claimant = claimant_of(db, person_id, country=actor.country, declared=request.groups)
    facts = seat_facts(db, locked, claimant, person_id=person_id)
    entrance = (
        Entrance()
        if facts.selection or facts.already_in
        else entrance_of(
            db,
            locked.slot,
            person_id,
            now=locked.now,
            takes_seat=facts.at_once,
            reader=actor,
        )
    )
    problems = [*route_problems(locked.slot.route), *seat_problems(facts), *entrance.problems]
    refuse(problems)
    decision = decide_seat(facts, now=locked.now, pending_until=entrance.pending_until)
    booking = Booking(
        id=new_id(),
        slot_id=slot_id,
        person_id=person_id,
        country=claimant.country,
        authority=claimant.authority,
        groups=claimant.groups,
        state=decision.state,
        held_until=decision.held_until,
        held_back=decision.held_back,
        priority=LATE_PRIORITY if locked.slot.selected_at is not None else 0,
        entered_at=locked.now,
        note=request.note,
        answers=dict(request.answers),
        created_by=person_id,
        created_at=locked.now,
        revised_at=stamp(locked.slot, locked.now, None),
    )
    taken = decision.state in SEAT_TAKING
    move_seats(db, locked.slot, seats=int(taken), waiting=int(not taken))
    place(db, locked, booking, "booking.placed", {})
    if not taken:  # those who wait may all be passed over, while this person need not be
        promote(db, locked)
    return booking


def confirm_booking(db: Session, actor: Actor, booking_id: UUID, desk: Desk) -> Booking:
    """Keep a held or offered seat.

    Raises:
        HoldExpiredError: It ran out; the seat went back.
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
    if locked.now >= locked.closes_at:  # a slot that was moved forward outruns its offers
        raise AlreadyStartedError("This slot has begun; seats can no longer be confirmed.")
    _check_passed(db, locked, booking)
    settle(db, locked, booking, by=user_id)
    return booking


def _check_passed(db: Session, locked: LockedSlot, booking: Booking) -> None:
    """Look at the person's qualifications again: a seat is theirs only with what it asks for."""
    entrance = entrance_of(db, locked.slot, booking.person_id, now=locked.now, takes_seat=False)
    refuse(entrance.problems)
    if entrance.pending_until is not None:
        until = to_local(entrance.pending_until, locked.slot.zone)
        raise PrerequisitePendingError(
            "An earlier part has to be passed first. "
            f"Your seat is held until {until:%d %B %Y, %H:%M} ({locked.slot.zone})."
        )


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


def offer_place(db: Session, actor: Actor, booking_id: UUID, desk: Desk) -> Booking:
    """Give a seat to somebody on the list: how a provider selects among applicants.

    Passing over earlier entries of an ordinary waiting list is the secretariat's to decide, so
    this is for slots with selection only.

    Raises:
        NotEnoughSeatsError: No seat is free.
        BookingStepError: The person is not on the list, or the line goes by itself.
    """
    user_id = actor.require_write()
    found, slot = claims.find_booking(db, actor, booking_id)
    if slot.provider_id not in actor.providers:
        raise ForbiddenError("Only people of the slot's provider may offer its seats.")
    locked = open_slot(db, found.slot_id, desk)
    booking = claims.fresh_booking(db, booking_id)
    facts = seat_facts(db, locked, claimant_of_booking(booking))
    if not facts.selection:
        raise BookingStepError("This slot's waiting list moves by itself, in its order.")
    if facts.capped:
        raise BookingStepError(
            f"This country already has the {facts.country_cap} seats that one country can have."
            if facts.capped == HeldBack.COUNTRY_CAP
            else "This person's employer already has the seats that one employer can have."
        )
    offer_seat(db, locked, booking, by=user_id)
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
