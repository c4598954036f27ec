"""The single changes of claims that every use case is made of: counters, states, blocks.

Each writes the row under a condition, the slot's counters with it, and the fact that says so.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, bindparam
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel, col, update

from app.booking.models import Booking, Cohort
from app.booking.rules import (
    SEAT_TAKING,
    BookingState,
    BookingStepError,
    CohortState,
    NotEnoughSeatsError,
    Waiting,
    check_step,
)
from app.booking.service.counting import count_seats
from app.booking.service.occupied import occupy, vacate
from app.core import outbox
from app.core.clock import Clock
from app.core.links import absolute
from app.core.outbox import Fact
from app.registry.models import Slot
from app.registry.rules import Span, next_revision

_WITHOUT_SEAT = (BookingState.CANCELLED, BookingState.EXPIRED, BookingState.REJECTED)


@dataclass(frozen=True, slots=True)
class Desk:
    """How long holds and offers stand, how many one caller can have, and the clock.

    ``address`` is a keyed hash of the caller's network address; empty where nobody calls.
    """

    clock: Clock
    hold: timedelta = timedelta(minutes=15)
    offer: timedelta = timedelta(hours=48)
    holds_per_person: int = 5
    holds_per_address: int = 20
    address: str = ""


@dataclass(frozen=True, slots=True)
class LockedSlot:
    """A slot under its lock, at the one instant that this transaction goes by.

    ``times``: when its meetings need their people, where that was looked up already.
    """

    slot: Slot
    provider_state: str
    now: datetime
    desk: Desk
    times: tuple[Span, ...] | None = None

    @property
    def closes_at(self) -> datetime:
        """When a seat can no longer change hands: the start; self-paced: the end."""
        return self.slot.ends_at if self.slot.mode == "self-paced" else self.slot.starts_at


# On the table, and built once: with the mapped class it takes five times as long under the lock.
_COUNTER = SQLModel.metadata.tables["slot"]
_claimed_after = _COUNTER.c.seats_claimed + bindparam("more_seats")
_waiting_after = _COUNTER.c.waiting + bindparam("more_waiting")
_MOVE = (
    update(_COUNTER)
    .where(
        _COUNTER.c.id == bindparam("slot_id"),
        _claimed_after >= 0,
        _claimed_after <= _COUNTER.c.seats + _COUNTER.c.overbook,
        _waiting_after >= 0,
    )
    .values(seats_claimed=_claimed_after, waiting=_waiting_after, stamped_at=bindparam("stamped"))
)


def move_seats(
    db: Session,
    slot: Slot,
    *,
    seats: int = 0,
    waiting: int = 0,
    stamped_at: datetime | None = None,
) -> None:
    """Change the slot's counters, never past what there is, and note the stamp of the change.

    The condition repeats what the lock and the decision already ensure: it holds even where
    somebody writes a path that forgets them, and the table's CHECK holds behind it.

    Raises:
        NotEnoughSeatsError: The seats are not there.
    """
    db.flush()  # the row is written past the session, which may hold other changes of it
    stamped = max(slot.stamped_at, stamped_at or slot.stamped_at)
    move = {
        "slot_id": slot.id,
        "more_seats": seats,
        "more_waiting": waiting,
        "stamped": stamped,
    }
    if _rows(db.connection().execute(_MOVE, move)) != 1:
        raise NotEnoughSeatsError("There are no seats left.")
    set_committed_value(slot, "seats_claimed", slot.seats_claimed + seats)
    set_committed_value(slot, "waiting", slot.waiting + waiting)
    set_committed_value(slot, "stamped_at", stamped)


def moment_of(slot: Slot, now: datetime, before: datetime | None) -> datetime:
    """The instant of a change that a private calendar shows.

    Later than the claim's last change and not before the slot's, so that the entry's
    LAST-MODIFIED always rises.
    """
    earlier = max(slot.revised_at, before) if before else slot.revised_at
    return next_revision(now=now, stamped_at=earlier)


def stamp(slot: Slot, now: datetime, before: datetime | None) -> datetime:
    """The instant of a change that a private calendar shows; the slot remembers the latest."""
    moment = moment_of(slot, now, before)
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
        "held_back": "",
        "placed_from": booking.placed_from if after == BookingState.HELD else "",
    }
    _write_guarded(db, booking, values)
    if before in SEAT_TAKING and after not in SEAT_TAKING:
        vacate(db, booking)
    elif before not in SEAT_TAKING and after in SEAT_TAKING:
        occupy(db, locked.slot, booking)
    fact = Fact(
        f"booking.{after}",
        booking.id,
        booking.version,
        locked.now,
        by,
        reason or None,
        payload=_payload(booking),
        changes={"state": [str(before), str(after)]},
    )
    outbox.record(db, fact)


def _payload(booking: Booking) -> dict[str, str]:
    """Whom the fact is about; for who is left without a seat, where others are to be found."""
    payload = {"slot": str(booking.slot_id), "person": str(booking.person_id)}
    if booking.state in _WITHOUT_SEAT:
        payload["alternatives"] = absolute(f"/bookings/{booking.id}#alternatives")
    return payload


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
    _revise_block(db, locked, cohort)
    move_seats(db, locked.slot, seats=-given_back)
    count_seats(db, cohort.request_id, held=-given_back, now=locked.now)
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


def leave_line(
    db: Session, locked: LockedSlot, block: Cohort, *, by: UUID | None = None, reason: str = ""
) -> None:
    """Take a waiting block out of the line; the caller promotes those behind it."""
    block.state = CohortState.CANCELLED
    block.held_back = ""
    block.reason = reason
    _revise_block(db, locked, block)
    db.flush()
    move_seats(db, locked.slot, waiting=-block.seats)
    payload = {"slot": str(block.slot_id), "seats": 0}
    changes = {"state": [str(CohortState.WAITLISTED), str(CohortState.CANCELLED)]}
    fact = Fact("cohort.cancelled", block.id, block.version, locked.now, by, reason or None)
    outbox.record(db, replace(fact, payload=payload, changes=changes))


def fill_block(db: Session, locked: LockedSlot, block: Cohort, seats: int) -> None:
    """Give a block that waits in line its seats; ``seats`` may be fewer than it asked for."""
    asked = block.seats
    move_seats(db, locked.slot, seats=seats, waiting=-asked)
    block.seats = seats
    block.seats_open = seats
    block.state = CohortState.ACTIVE
    block.held_back = ""
    if block.release_at <= locked.now:
        block.release_at = locked.closes_at
    _revise_block(db, locked, block)
    count_seats(db, block.request_id, held=seats, now=locked.now)
    payload = {
        "slot": str(block.slot_id),
        "request": str(block.request_id),
        "seats": seats,
        "asked": asked,
    }
    changes: dict[str, Any] = {"state": [str(CohortState.WAITLISTED), str(CohortState.ACTIVE)]}
    if seats != asked:
        changes["seats"] = [asked, seats]
    fact = Fact(
        "cohort.taken", block.id, block.version, locked.now, payload=payload, changes=changes
    )
    outbox.record(db, fact)


def pass_over(db: Session, locked: LockedSlot, entry: Waiting, reason: str) -> None:
    """Note, once, why a free seat passed an entry of the line by; it keeps its place."""
    row: Booking | Cohort
    if entry.is_block:
        row = db.get_one(Cohort, entry.booking_id)
    else:
        row = db.get_one(Booking, entry.booking_id)
    if row.held_back == reason:
        return
    changes = {"held_back": [row.held_back, str(reason)]}
    row.held_back = reason
    row.version += 1
    row.revised_at = stamp(locked.slot, locked.now, row.revised_at)
    db.add(row)
    db.flush()
    noun = "cohort" if entry.is_block else "booking"
    payload = {"slot": str(locked.slot.id), "held_back": str(reason)}
    outbox.record(
        db,
        Fact(
            f"{noun}.passed-over", row.id, row.version, locked.now, payload=payload, changes=changes
        ),
    )


def _revise_block(db: Session, locked: LockedSlot, block: Cohort) -> None:
    block.version += 1
    block.revised_at = stamp(locked.slot, locked.now, block.revised_at)
    db.add(block)


def _give_back(db: Session, locked: LockedSlot, booking: Booking) -> None:
    if booking.cohort_id is None:
        move_seats(db, locked.slot, seats=-1)
        return
    cohort = db.get_one(Cohort, booking.cohort_id)
    if cohort.state == CohortState.ACTIVE:
        cohort.seats_open += 1
        _revise_block(db, locked, cohort)
        return
    move_seats(db, locked.slot, seats=-1)
    count_seats(db, cohort.request_id, held=-1, now=locked.now)


def _rows(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount
