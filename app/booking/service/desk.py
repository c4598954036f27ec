"""The desk: the lock, the clock, what ran out, and the line that moves.

The order inside a transaction: lock the slot, read the clock once, end what ran out, decide,
write, give freed seats to the line. Correctness never depends on the sweeper having run.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.accounts.queries import lock_people
from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries import claims
from app.booking.queries.newcomers import Newcomer, newcomer_at
from app.booking.rules import (
    BookingState,
    HeldBack,
    SeatFacts,
    Waiting,
    decide_until,
    offer_until,
    turn_of,
)
from app.booking.service import kept_seats
from app.booking.service.entry import claimant_of_block, claimant_of_booking, entrance_of
from app.booking.service.kept_seats import Claimant, room_for
from app.booking.service.moves import (
    Desk,
    LockedSlot,
    end_claim,
    fill_block,
    leave_line,
    move_seats,
    pass_over,
    release_block,
    stamp,
    step,
)
from app.booking.service.placing import place
from app.registry.models import Slot
from app.registry.queries.rows import lock_counter
from app.registry.rules import ProviderState, Route, SlotStatus, is_bookable

__all__ = [
    "Desk",
    "LockedSlot",
    "end_claim",
    "leave_line",
    "move_seats",
    "offer_seat",
    "open_slot",
    "open_slot_to",
    "place",
    "promote",
    "release_block",
    "seat_facts",
    "settle",
    "stamp",
    "step",
]


def open_slot(db: Session, slot_id: UUID, desk: Desk, *, reader: Actor | None = None) -> LockedSlot:
    """Lock the slot, read the clock once, end holds, blocks and kept seats that ran out.

    Raises:
        NotFoundError: There is no such slot, or the ``reader`` may not see it.
    """
    locked = _lock(db, slot_id, desk, reader)
    holds, blocks = claims.what_is_due(db, slot_id, now=locked.now)
    _end_what_is_due(db, locked, holds=holds, blocks=blocks)
    return locked


def open_slot_to(
    db: Session, slot_id: UUID, person_id: UUID, desk: Desk, *, reader: Actor
) -> tuple[LockedSlot, Newcomer]:
    """As :func:`open_slot`, with a look at somebody who asks for a seat.

    Raises:
        NotFoundError: There is no such slot or person, or the ``reader`` may not see the slot.
    """
    locked = _lock(db, slot_id, desk, reader)
    newcomer = newcomer_at(db, locked.slot, person_id, now=locked.now)
    holds, blocks = newcomer.holds_due, newcomer.blocks_due
    _end_what_is_due(db, locked, holds=holds, blocks=blocks)
    if holds or blocks:  # one of them may have been this person's own
        newcomer = newcomer_at(db, locked.slot, person_id, now=locked.now)
    return replace(locked, times=newcomer.times), newcomer


def seat_facts(
    db: Session,
    locked: LockedSlot,
    claimant: Claimant,
    *,
    already_in: bool = False,
    seats: int = 1,
) -> SeatFacts:
    """The counts that decisions about ``seats`` for ``claimant`` need, read under the lock."""
    slot = locked.slot
    room = room_for(db, slot, claimant, now=locked.now, seats=seats)
    return SeatFacts(
        bookable=is_bookable(
            status=slot.status,
            provider_state=locked.provider_state,
            apply_by=slot.apply_by,
            now=locked.now,
        ),
        selection=_awaits_selection(slot),
        seats=slot.seats + slot.overbook,
        claimed=slot.seats_claimed,
        waiting=slot.waiting,
        country_cap=slot.max_per_country,
        country_taken=0,  # counted by room_for, which knows every cap
        already_in=already_in,
        hold=locked.desk.hold,
        closes_at=locked.closes_at,
        room=room.seats,
        capped=room.capped,
    )


def promote(db: Session, locked: LockedSlot) -> list[UUID]:
    """Give free seats to the line, in its order; the one way from the line to a seat.

    Called by every path that frees or adds a seat. On a slot whose provider selects among the
    applicants nothing moves by itself before the selection is made.

    Returns:
        The bookings and blocks that got seats.
    """
    slot = locked.slot
    if slot.waiting == 0 or _free(slot) <= 0 or not _line_runs(locked):
        return []
    for block in claims.unwanted_blocks(db, slot.id):
        leave_line(db, locked, block, reason="the request is over")
    # All at once, in the order of ids: two lines with the same people never wait for each other.
    lock_people(db, claims.waiting_people(db, slot.id))
    served = []
    for entry in claims.waiting_line(db, slot.id):
        if _free(slot) <= 0:
            break
        serve = _serve_block if entry.is_block else _serve_person
        held_back = serve(db, locked, entry)
        if held_back == HeldBack.GROUP_AHEAD:
            break
        if held_back:
            pass_over(db, locked, entry, held_back)
        else:
            served.append(entry.booking_id)
    return served


def offer_seat(
    db: Session,
    locked: LockedSlot,
    booking: Booking,
    *,
    by: UUID | None = None,
    until: datetime | None = None,
) -> None:
    """Turn an entry of the line into an offer that stands for a while, or ``until``."""
    slot = locked.slot
    if until is None:
        hours = slot.offer_hours
        offer = locked.desk.offer if hours is None else timedelta(hours=hours)
        until = offer_until(now=locked.now, offer=offer, closes_at=locked.closes_at)
    step(db, locked, booking, BookingState.OFFERED, by=by, held_until=until)
    move_seats(db, slot, seats=1, waiting=-1)


def settle(db: Session, locked: LockedSlot, booking: Booking, *, by: UUID | None = None) -> None:
    """Make a seat the person's own; where the provider clears people for the site, ask it first.

    The provider's time to decide ends by itself, and the seat goes on.
    """
    hours = locked.slot.decision_hours
    if hours is None:
        step(db, locked, booking, BookingState.CONFIRMED, by=by)
        return
    until = decide_until(now=locked.now, hours=hours, closes_at=locked.closes_at)
    step(db, locked, booking, BookingState.REQUESTED, by=by, held_until=until)


def _lock(db: Session, slot_id: UUID, desk: Desk, reader: Actor | None) -> LockedSlot:
    slot, provider_state = lock_counter(db, slot_id, reader=reader)
    return LockedSlot(slot, provider_state, desk.clock(), desk)


def _end_what_is_due(db: Session, locked: LockedSlot, *, holds: bool, blocks: bool) -> None:
    slot, now = locked.slot, locked.now
    for booking in claims.due_holds(db, slot.id, now=now) if holds else ():
        end_claim(db, locked, booking, BookingState.EXPIRED, reason="not confirmed in time")
    for cohort in claims.due_cohorts(db, slot.id, now=now) if blocks else ():
        release_block(db, locked, cohort, reason="release date reached")
    kept_seats.end_due_shares(db, slot, now=now)
    promote(db, locked)


def _line_runs(locked: LockedSlot) -> bool:
    slot = locked.slot
    runs = slot.status == SlotStatus.CONFIRMED and locked.provider_state == ProviderState.VERIFIED
    return runs and locked.now < locked.closes_at and not _awaits_selection(slot)


def _awaits_selection(slot: Slot) -> bool:
    return slot.route == Route.SELECTION and slot.selected_at is None


def _free(slot: Slot) -> int:
    return slot.seats + slot.overbook - slot.seats_claimed


def _serve_person(db: Session, locked: LockedSlot, entry: Waiting) -> str:
    """Give the person a seat; or the reason why not."""
    slot = locked.slot
    booking = claims.fresh_booking(db, entry.booking_id)
    room = room_for(db, slot, claimant_of_booking(booking), now=locked.now)
    turn = turn_of(entry, free=_free(slot), room=room.seats, capped=room.capped)
    if not turn.seats:
        return turn.held_back
    entrance = entrance_of(db, slot, booking.person_id, now=locked.now)
    if entrance.held_back:
        return entrance.held_back
    if entrance.pending_until is not None:
        offer_seat(db, locked, booking, until=min(entrance.pending_until, locked.closes_at))
    elif slot.line_mode == "confirm" and not booking.interest:
        settle(db, locked, booking)
        move_seats(db, slot, seats=1, waiting=-1)
    else:
        offer_seat(db, locked, booking)
    return ""


def _serve_block(db: Session, locked: LockedSlot, entry: Waiting) -> str:
    """Give the block its seats; or the reason why not."""
    slot = locked.slot
    block = claims.fresh_cohort(db, entry.booking_id)
    claimant = claimant_of_block(block)
    room = room_for(db, slot, claimant, now=locked.now, seats=entry.seats)
    turn = turn_of(entry, free=_free(slot), room=room.seats, capped=room.capped)
    if turn.seats:
        fill_block(db, locked, block, turn.seats)
    return turn.held_back
