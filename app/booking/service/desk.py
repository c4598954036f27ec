"""What every change of seats has in common: the lock, the clock, the counters, the line.

The order inside a transaction: lock the slot, read the clock once, end what ran out, decide,
write, offer freed seats to the line. Correctness never depends on the sweeper having run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, update

from app.booking.models import Booking, Cohort
from app.booking.queries import claims
from app.booking.rules import (
    SEAT_TAKING,
    BookingState,
    BookingStepError,
    CohortState,
    NotEnoughSeatsError,
    SeatFacts,
    check_step,
    next_in_line,
    offer_until,
)
from app.booking.service import kept_seats
from app.core import outbox
from app.core.clock import Clock
from app.core.outbox import Fact
from app.demand import service as demand
from app.registry.models import Slot
from app.registry.queries.rows import lock_slot
from app.registry.rules import ProviderState, Route, SlotStatus, is_bookable, next_revision


@dataclass(frozen=True, slots=True)
class Desk:
    """How long holds and offers stand, and the clock that decides about them."""

    clock: Clock
    hold: timedelta = timedelta(minutes=15)
    offer: timedelta = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class LockedSlot:
    """A slot under its lock, at the one instant that this transaction goes by."""

    slot: Slot
    provider_state: str
    now: datetime
    desk: Desk

    @property
    def closes_at(self) -> datetime:
        """When a seat can no longer change hands: the start; self-paced: the end."""
        return self.slot.ends_at if self.slot.mode == "self-paced" else self.slot.starts_at


def open_slot(db: Session, slot_id: UUID, desk: Desk) -> LockedSlot:
    """Lock the slot, read the clock once, end holds, blocks and kept seats that ran out.

    Raises:
        NotFoundError: There is no such slot.
    """
    slot = lock_slot(db, slot_id)
    locked = LockedSlot(slot, claims.provider_state(db, slot), desk.clock(), desk)
    for booking in claims.due_holds(db, slot_id, now=locked.now):
        end_claim(db, locked, booking, BookingState.EXPIRED, reason="not confirmed in time")
    for cohort in claims.due_cohorts(db, slot_id, now=locked.now):
        release_block(db, locked, cohort, reason="release date reached")
    kept_seats.end_due_shares(db, slot, now=locked.now)
    promote(db, locked)
    return locked


def seat_facts(
    db: Session, locked: LockedSlot, *, country: str | None, person_id: UUID | None
) -> SeatFacts:
    """The counts that decisions need, read under the lock."""
    slot = locked.slot
    already = person_id is not None and claims.live_booking(db, slot.id, person_id) is not None
    taken = 0
    if slot.max_per_country is not None:
        taken = claims.seats_by_country(db, slot.id).get(country, 0)
    return SeatFacts(
        bookable=is_bookable(
            status=slot.status,
            provider_state=locked.provider_state,
            apply_by=slot.apply_by,
            now=locked.now,
        ),
        selection=slot.route == Route.SELECTION,
        seats=slot.seats + slot.overbook,
        claimed=slot.seats_claimed,
        waiting=slot.waiting,
        country_cap=slot.max_per_country,
        country_taken=taken,
        already_in=already,
        hold=locked.desk.hold,
        closes_at=locked.closes_at,
    )


def move_seats(db: Session, slot: Slot, *, seats: int = 0, waiting: int = 0) -> None:
    """Change the slot's counters, never past what there is.

    The condition repeats what the lock and the decision already ensure: it holds even where
    somebody writes a path that forgets them, and the table's CHECK holds behind it.

    Raises:
        NotEnoughSeatsError: The seats are not there.
    """
    after = col(Slot.seats_claimed) + seats
    statement = (
        update(Slot)
        .where(
            col(Slot.id) == slot.id,
            after >= 0,
            after <= col(Slot.seats) + col(Slot.overbook),
            col(Slot.waiting) + waiting >= 0,
        )
        .values(seats_claimed=after, waiting=col(Slot.waiting) + waiting)
        .execution_options(synchronize_session=False)
    )
    if _rows(db.execute(statement)) != 1:
        raise NotEnoughSeatsError("There are no seats left.")
    set_committed_value(slot, "seats_claimed", slot.seats_claimed + seats)
    set_committed_value(slot, "waiting", slot.waiting + waiting)


def stamp(slot: Slot, now: datetime, before: datetime | None) -> datetime:
    """The instant of a change that a private calendar shows; the slot remembers the latest.

    Later than the claim's last change and not before the slot's, so that the entry's
    LAST-MODIFIED always rises.
    """
    earlier = max(slot.revised_at, before) if before else slot.revised_at
    moment = next_revision(now=now, stamped_at=earlier)
    slot.stamped_at = max(slot.stamped_at, moment)
    return moment


def step(  # noqa: PLR0913 - one sentence: what becomes what, by whom, why, until when
    db: Session,
    locked: LockedSlot,
    booking: Booking,
    after: BookingState,
    *,
    by: UUID | None = None,
    reason: str = "",
    held_until: datetime | None = None,
) -> None:
    """Change a booking's state, guarded by the state it is seen in, and record the fact.

    Raises:
        BookingStepError: There is no such step, or somebody else was faster.
    """
    check_step(booking.state, after)
    before = booking.state
    values: dict[str, Any] = {
        "state": str(after),
        "held_until": held_until,
        "version": booking.version + 1,
        "revised_at": stamp(locked.slot, locked.now, booking.revised_at),
        "reason": reason or booking.reason,
    }
    _write_guarded(db, booking, values)
    fact = Fact(
        f"booking.{after}",
        booking.id,
        booking.version,
        locked.now,
        by,
        reason or None,
        payload={"slot": str(booking.slot_id), "person": str(booking.person_id)},
        changes={"state": [str(before), str(after)]},
    )
    outbox.record(db, fact)


def _write_guarded(db: Session, booking: Booking, values: dict[str, Any]) -> None:
    """Write ``values`` only while the row is as ``booking`` was read."""
    statement = (
        update(Booking)
        .where(
            col(Booking.id) == booking.id,
            col(Booking.state) == booking.state,
            col(Booking.version) == booking.version,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if _rows(db.execute(statement)) != 1:
        raise BookingStepError("Somebody else changed this booking meanwhile.")
    for name, value in values.items():
        set_committed_value(booking, name, value)


def end_claim(
    db: Session,
    locked: LockedSlot,
    booking: Booking,
    after: BookingState,
    *,
    by: UUID | None = None,
    reason: str = "",
) -> None:
    """End a live claim and give back what it held: to its block, or to the public.

    The caller promotes the line afterwards.
    """
    before = BookingState(booking.state)
    step(db, locked, booking, after, by=by, reason=reason)
    if before == BookingState.WAITLISTED:
        move_seats(db, locked.slot, waiting=-1)
    elif before in SEAT_TAKING:
        _give_back(db, locked, booking)


def release_block(
    db: Session,
    locked: LockedSlot,
    cohort: Cohort,
    *,
    by: UUID | None = None,
    reason: str = "",
    after: CohortState = CohortState.RELEASED,
) -> None:
    """Give a block's open seats back to the public; named people keep theirs.

    The caller promotes the line afterwards.
    """
    given_back = cohort.seats_open
    cohort.seats_open = 0
    cohort.state = after
    cohort.reason = reason
    cohort.version += 1
    cohort.revised_at = stamp(locked.slot, locked.now, cohort.revised_at)
    db.add(cohort)
    move_seats(db, locked.slot, seats=-given_back)
    demand.count_seats(db, cohort.request_id, held=-given_back, now=locked.now)
    outbox.record(
        db,
        Fact(
            f"cohort.{after}",
            cohort.id,
            cohort.version,
            locked.now,
            by,
            reason or None,
            payload={"slot": str(cohort.slot_id), "seats": given_back},
        ),
    )


def promote(db: Session, locked: LockedSlot) -> list[UUID]:
    """Offer free seats to the line, in its order; the one way from the line to a seat.

    Called by every path that frees or adds a seat. A slot whose provider selects among the
    applicants has no automatic line.

    Returns:
        The bookings that were offered a seat.
    """
    slot = locked.slot
    free = slot.seats + slot.overbook - slot.seats_claimed
    runs = slot.status == SlotStatus.CONFIRMED and locked.provider_state == ProviderState.VERIFIED
    if free <= 0 or slot.waiting == 0 or not runs or slot.route == Route.SELECTION:
        return []
    if locked.now >= locked.closes_at:
        return []
    taken = claims.seats_by_country(db, slot.id) if slot.max_per_country is not None else {}
    chosen = next_in_line(
        free, claims.waiting_line(db, slot.id), cap=slot.max_per_country, taken=taken
    )
    for booking_id in chosen:
        offer_seat(db, locked, db.get_one(Booking, booking_id))
    return chosen


def offer_seat(
    db: Session, locked: LockedSlot, booking: Booking, *, by: UUID | None = None
) -> None:
    """Turn an entry of the line into an offer that stands for a while."""
    until = offer_until(now=locked.now, offer=locked.desk.offer, closes_at=locked.closes_at)
    step(db, locked, booking, BookingState.OFFERED, by=by, held_until=until)
    move_seats(db, locked.slot, seats=1, waiting=-1)


def _give_back(db: Session, locked: LockedSlot, booking: Booking) -> None:
    if booking.cohort_id is None:
        move_seats(db, locked.slot, seats=-1)
        return
    cohort = db.get_one(Cohort, booking.cohort_id)
    if cohort.state == CohortState.ACTIVE:
        cohort.seats_open += 1
        cohort.version += 1
        cohort.revised_at = stamp(locked.slot, locked.now, cohort.revised_at)
        db.add(cohort)
        return
    move_seats(db, locked.slot, seats=-1)
    demand.count_seats(db, cohort.request_id, held=-1, now=locked.now)


def _rows(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount
