"""What people of a slot's provider, and the secretariat, decide about a booking."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries import claims
from app.booking.rules import (
    BookingState,
    BookingStepError,
    HeldBack,
    NotEnoughSeatsError,
    SeatFacts,
)
from app.booking.schemas import DecisionIn
from app.booking.service.desk import (
    Desk,
    LockedSlot,
    end_claim,
    offer_seat,
    open_slot,
    promote,
    seat_facts,
    step,
)
from app.booking.service.entry import (
    claimant_of_booking,
    entrance_of,
    refuse,
    require_passed,
)
from app.booking.service.kept_seats import KeptSeatsError
from app.core import outbox
from app.core.errors import ConflictError, ForbiddenError, invalid
from app.core.outbox import Fact
from app.registry.models import Slot


class DecidedTooLateError(ConflictError):
    """The provider's time to decide was over; the seat went on."""

    code = "decided_too_late"


def decide_request(
    db: Session, actor: Actor, booking_id: UUID, decision: DecisionIn, desk: Desk
) -> Booking:
    """Clear a person for the site, or refuse with a reason that the person reads.

    For people of the slot's provider, and the secretariat. A refused seat goes to its block, or
    to the next in line, in the same commit.

    Raises:
        InvalidError: A refusal without a reason.
        DecidedTooLateError: The deadline has passed, or the slot has begun.
        BookingStepError: There is nothing to decide.
        PrerequisiteError, PersonClashError: Meanwhile the person may not enter, or cannot come.
        ForbiddenError: The actor sees the booking and does not run the slot.
    """
    user_id = actor.require_write()
    found, slot = claims.find_booking(db, actor, booking_id)
    _require_desk(actor, slot)
    if not decision.approve and not decision.reason:
        raise invalid("reason", "Say why, so that the person understands.", "reason_required")
    locked = open_slot(db, found.slot_id, desk)
    booking = claims.fresh_booking(db, booking_id)
    if booking.state == BookingState.EXPIRED:
        raise DecidedTooLateError("The time to decide is over; the seat went on.")
    if booking.state != BookingState.REQUESTED:
        raise BookingStepError(f"There is nothing to decide: this booking is {booking.state}.")
    if not decision.approve:
        reason = decision.reason
        end_claim(db, locked, booking, BookingState.REJECTED, by=user_id, reason=reason)
        promote(db, locked)
        return booking
    if locked.now >= locked.closes_at:  # a slot that was moved forward outruns the deadline
        raise DecidedTooLateError("This slot has begun; nobody can be cleared for it any more.")
    require_passed(db, locked.slot, booking.person_id, now=locked.now, reader=actor)
    step(db, locked, booking, BookingState.CONFIRMED, by=user_id)
    return booking


def offer_place(
    db: Session, actor: Actor, booking_id: UUID, desk: Desk, *, reason: str = ""
) -> Booking:
    """Give a free seat to somebody on the list.

    On a slot whose provider selects, before the selection is made: the provider's people choose.
    On any other, passing over earlier entries is the secretariat's to decide, with a ``reason``
    that is kept with the names of those who were passed over.

    Raises:
        NotEnoughSeatsError: No seat is free.
        KeptSeatsError: Those that are free are kept for others.
        InvalidError: Earlier entries would be passed over without a reason.
        BookingStepError: The person is not on the list, or the line goes by itself.
    """
    user_id = actor.require_write()
    found, slot = claims.find_booking(db, actor, booking_id)
    _require_desk(actor, slot)
    locked = open_slot(db, found.slot_id, desk)
    booking = claims.fresh_booking(db, booking_id)
    facts = seat_facts(db, locked, claimant_of_booking(booking))
    if facts.selection:
        if slot.provider_id not in actor.providers:
            raise ForbiddenError("Only people of the slot's provider may offer its seats.")
    elif not actor.secretariat:
        raise BookingStepError("This slot's waiting list moves by itself, in its order.")
    if booking.state != BookingState.WAITLISTED:
        raise BookingStepError(f"Nobody waits here: this booking is {booking.state}.")
    if not facts.selection:
        _note_skip(db, actor, locked, booking, reason)
    _check_room(facts)
    entrance = entrance_of(db, locked.slot, booking.person_id, now=locked.now, reader=actor)
    refuse(entrance.problems)
    offer_seat(db, locked, booking, by=user_id, until=entrance.pending_until)
    return booking


def _require_desk(actor: Actor, slot: Slot) -> None:
    if slot.provider_id not in actor.providers and not actor.secretariat:
        raise ForbiddenError("Only people of the slot's provider decide about its seats.")


def _note_skip(
    db: Session, actor: Actor, locked: LockedSlot, booking: Booking, reason: str
) -> None:
    """Keep who was passed over, for whom and why, in the same commit."""
    if not reason:
        raise invalid("reason", "Say why others who wait are passed over.", "reason_required")
    slot = locked.slot
    line = [entry.booking_id for entry in claims.waiting_line(db, slot.id)]
    passed = line[: line.index(booking.id)]
    slot.version += 1
    db.add(slot)
    payload = {
        "offered": str(booking.id),
        "passed": [str(entry) for entry in passed],
        "reason": reason,
    }
    fact = Fact(
        "slot.line-skipped",
        slot.id,
        slot.version,
        locked.now,
        actor.user_id,
        reason,
        payload=payload,
        changes=payload,
    )
    outbox.record(db, fact)


def _check_room(facts: SeatFacts) -> None:
    """A cap stands against whoever is chosen, by whomever."""
    if facts.capped:
        raise BookingStepError(
            f"This country already has the {facts.country_cap} seats that one country can have."
            if facts.capped == HeldBack.COUNTRY_CAP
            else "This person's employer already has the seats that one employer can have."
        )
    if facts.free == 0:
        raise NotEnoughSeatsError("There are no seats left.")
    if facts.usable == 0:
        raise KeptSeatsError("The seats that are left are kept for a group this person is not in.")
