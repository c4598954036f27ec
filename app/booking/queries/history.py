"""Whether what is written about bookings tells how they came to be as they are."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.booking.models import Booking
from app.booking.queries.claims import waiting_line
from app.booking.rules import Edge, history_problem, next_in_line
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import Provider, Slot
from app.registry.rules import ProviderState, Route, SlotStatus

_SUBJECT = "booking"


def histories_off(db: Session) -> Iterator[str]:
    """Bookings whose history does not lead to their state, or is told with gaps.

    The audit's changes of state have to be one walk along the allowed steps, from nothing to the
    state of the row; the facts have to carry each version of the row exactly once.
    """
    told = _told(db)
    rows = select(Booking.id, Booking.state, Booking.version).order_by(col(Booking.id))
    walks = _walks(db)
    for booking_id, state, version in db.exec(rows):
        problem = history_problem(walks.get(booking_id, []), state)
        if problem:
            yield f"booking {booking_id} {problem}"
        found = told.get(booking_id, (0, 0, 0))
        if found != (version, version, version):
            count, distinct, last = found
            yield (
                f"booking {booking_id} has version {version}; its facts are {count}, with "
                f"{distinct} versions up to {last}"
            )


def lines_off(db: Session, *, now: datetime) -> Iterator[str]:
    """Slots on which a seat is free beside somebody who could have it.

    A sweep mends what time alone, or a provider's new verification, has brought about.
    """
    query = (
        select(Slot)
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .where(
            col(Slot.waiting) > 0,
            col(Slot.seats_claimed) < col(Slot.seats) + col(Slot.overbook),
            col(Slot.status) == SlotStatus.CONFIRMED,
            col(Provider.state) == ProviderState.VERIFIED,
        )
    )
    for slot in db.exec(query.order_by(col(Slot.id))):
        closes_at = slot.ends_at if slot.mode == "self-paced" else slot.starts_at
        unselected = slot.route == Route.SELECTION and slot.selected_at is None
        if unselected or now >= closes_at:
            continue
        free = slot.seats + slot.overbook - slot.seats_claimed
        line = [entry for entry in waiting_line(db, slot.id) if not entry.held_back]
        could = next_in_line(free, line, cap=None, taken={})
        if could:
            yield f"slot {slot.id} has {free} seats free and {len(could)} who could have one wait"


def _walks(db: Session) -> dict[UUID, list[Edge]]:
    """Each booking's changes of state, in the order in which they were written."""
    query = select(AuditEntry.subject_id, AuditEntry.changes).where(
        col(AuditEntry.subject) == _SUBJECT
    )
    rows = db.exec(query.order_by(col(AuditEntry.subject_id), col(AuditEntry.id)))
    return {
        booking_id: [Edge(*changes["state"]) for _, changes in entries if "state" in changes]
        for booking_id, entries in groupby(rows, key=lambda row: row[0])
    }


def _told(db: Session) -> dict[UUID, tuple[int, int, int]]:
    """Of each booking: how many facts, how many versions in them, the highest."""
    version = col(OutboxEvent.version)
    query = (
        select(
            OutboxEvent.subject_id,
            func.count(),
            func.count(version.distinct()),
            func.max(version),
        )
        .where(col(OutboxEvent.subject) == _SUBJECT)
        .group_by(col(OutboxEvent.subject_id))
    )
    return {row_id: (count, distinct, last) for row_id, count, distinct, last in db.exec(query)}
