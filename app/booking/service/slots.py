"""Changes of a slot that move people: more or fewer seats, another status, cancellation."""

from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.queries import claims
from app.booking.rules import BookingState, CohortState
from app.booking.service.desk import (
    Desk,
    LockedSlot,
    end_claim,
    leave_line,
    open_slot,
    promote,
    release_block,
)
from app.booking.service.moved import move_people
from app.core.errors import invalid
from app.registry.labels import cancellation_text
from app.registry.models import Slot
from app.registry.queries.rows import find_slot
from app.registry.rules import SlotStatus
from app.registry.schemas.inputs import CancellationIn, SlotPatch
from app.registry.service import slots as registry

_REASON = 4000  # what the column of a reason holds; a note can be as long by itself
_BEEN = (BookingState.ATTENDED, BookingState.NO_SHOW)


def change_slot(db: Session, actor: Actor, slot_id: UUID, patch: SlotPatch, desk: Desk) -> Slot:
    """Change a slot: its people's time moves along, added seats go to the line; in one commit.

    Raises:
        InvalidError: A field is wrong, such as seats below those already taken, or a start that is
            over while people rely on one to come.
    """
    find_slot(db, actor, slot_id)
    locked = open_slot(db, slot_id, desk)
    to_come = locked.now < locked.closes_at
    registry.change_slot(db, actor, slot_id, patch, now=locked.now)
    db.flush()
    if to_come:
        _check_still_to_come(locked)
    move_people(db, locked, by=actor.user_id)
    promote(db, locked)
    return locked.slot


def cancel_slot(
    db: Session, actor: Actor, slot_id: UUID, request: CancellationIn, desk: Desk
) -> Slot:
    """Cancel a slot and end every claim on it; who was told follows from the facts.

    Raises:
        StepError: The slot is a draft, over, or cancelled already.
    """
    find_slot(db, actor, slot_id)
    locked = open_slot(db, slot_id, desk)
    slot = registry.cancel_slot(db, actor, slot_id, request, now=locked.now)
    db.flush()
    reason = f"This date was cancelled. {cancellation_text(slot.status_reason)}".strip()[:_REASON]
    # Blocks first: seats of people named into them then go back to the slot, not to a block.
    # In the order of requests, whose rows are locked last (see demand.count_seats).
    cohorts = sorted(claims.active_cohorts(db, slot_id), key=lambda cohort: cohort.request_id)
    for cohort in cohorts:
        release_block(
            db,
            locked,
            cohort,
            by=actor.user_id,
            reason=reason,
            after=CohortState.CANCELLED,
        )
    for block in claims.waiting_blocks(db, slot_id):
        leave_line(db, locked, block, by=actor.user_id, reason=reason)
    for booking in claims.live_bookings(db, slot_id):
        if booking.state in _BEEN:  # a slot stopped half-way: who was there was there
            continue
        end_claim(db, locked, booking, BookingState.CANCELLED, by=actor.user_id, reason=reason)
    return slot


def _check_still_to_come(locked: LockedSlot) -> None:
    """People who have or await a seat can neither find the date over nor never see it begin."""
    slot = locked.slot
    if not slot.seats_claimed and not slot.waiting:
        return
    if locked.closes_at <= locked.now:
        msg = "This moment is over, and people have booked. Please cancel the date instead."
        raise invalid("meetings", msg, "in_the_past")
    if slot.status == SlotStatus.COMPLETED and locked.now < slot.starts_at:
        msg = "This date has not begun. Please cancel it if it does not take place."
        raise invalid("status", msg, "not_started")


def sweep_slot(db: Session, slot_id: UUID, desk: Desk) -> None:
    """End what ran out on the slot and move its line; opening it does just that."""
    open_slot(db, slot_id, desk)
