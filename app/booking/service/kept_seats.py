"""Seats kept for a group, and the most seats that one country or one authority can have.

The one place that knows the caps and shares of a slot: everything that gives a seat asks
:func:`room_for`, or walks a :class:`SeatBook` when it gives several.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.booking.queries.shares import as_share, claims_of, shares_of
from app.booking.rules import AuthorityCapError
from app.booking.rules.shares import Caps, Claimant, Room, SeatBook, Share
from app.core import outbox
from app.core.errors import ConflictError
from app.core.outbox import Fact
from app.registry.models import Slot

__all__ = [
    "Claimant",
    "KeptSeatsError",
    "Room",
    "end_due_shares",
    "note_next_end",
    "open_book",
    "room_for",
]


class KeptSeatsError(ConflictError):
    """The seats that are left are kept for a group that the person is not in."""

    code = "seats_kept"


def room_for(db: Session, slot: Slot, claimant: Claimant, *, now: datetime, seats: int = 1) -> Room:
    """The free seats of ``slot`` that are not kept for others and that no cap forbids."""
    return open_book(db, slot, now=now).room(claimant, seats=seats)


def open_book(db: Session, slot: Slot, *, now: datetime, more: Sequence[Share] = ()) -> SeatBook:
    """The slot's free seats, shares (and ``more``) and caps, read under its lock.

    A slot without shares and caps costs no query at all.
    """
    free = slot.seats + slot.overbook - slot.seats_claimed
    caps = Caps(slot.max_per_country, slot.max_per_authority)
    rows = shares_of(db, slot.id, after=now) if slot.kept_until is not None else []
    shares = [*map(as_share, rows), *more]
    claims = claims_of(db, slot.id) if shares or caps.any else []
    return SeatBook.of(free, shares, caps, claims)


def authority_problems(
    db: Session, slot: Slot, claimant: Claimant, *, now: datetime
) -> list[ConflictError]:
    """What the cap of an employer has against a person named for a seat that a country has."""
    if slot.max_per_authority is None or not claimant.authority:
        return []
    if open_book(db, slot, now=now).left_of_authority(claimant) > 0:
        return []
    return [AuthorityCapError("This person's employer has all the seats that one can have.")]


def end_due_shares(db: Session, slot: Slot, *, now: datetime) -> None:
    """Say of shares whose time is over that their seats are everybody's, and when the next end.

    What :func:`room_for` answers follows from the time alone; this keeps the sweeper from looking
    at the slot for ever. The caller promotes the line afterwards.
    """
    if slot.kept_until is None or slot.kept_until > now:
        return
    for share in shares_of(db, slot.id):
        if slot.kept_until <= share.until <= now:
            share.version += 1
            db.add(share)
            payload = {"slot": str(slot.id), "seats": share.seats}
            outbox.record(db, Fact("share.over", share.id, share.version, now, payload=payload))
    note_next_end(db, slot, now=now)


def note_next_end(db: Session, slot: Slot, *, now: datetime) -> None:
    """Keep with the slot when the next of its shares ends."""
    db.flush()
    left = shares_of(db, slot.id, after=now)
    slot.kept_until = left[0].until if left else None
    db.add(slot)
