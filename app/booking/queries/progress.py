"""Requests whose training has begun, and requests whose time is over."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING
from app.demand.models import GapRequest
from app.demand.rules import LIVE
from app.registry.models import Slot

_AHEAD = timedelta(days=1)  # no country's date is further ahead of UTC


def training_begun(db: Session, *, now: datetime) -> dict[UUID, datetime]:
    """When the first date began on which a live request holds seats, where that is news."""
    columns: tuple[Any, ...] = (col(Cohort.request_id), func.min(col(Slot.starts_at)))
    query = (
        select(*columns)
        .join(Slot, col(Slot.id) == col(Cohort.slot_id))
        .join(GapRequest, col(GapRequest.id) == col(Cohort.request_id))
        .where(
            col(GapRequest.state).in_(LIVE),
            col(GapRequest.training_since).is_(None),
            col(GapRequest.seats_held) > 0,
            col(Slot.starts_at) <= now,
            _holds_seats(),
        )
        .group_by(col(Cohort.request_id))
    )
    return {row[0]: row[1] for row in db.execute(query)}


def windows_over(db: Session, *, now: datetime) -> list[UUID]:
    """Live requests whose date has passed, or nearly so, and that hold no seat on a date to come.

    The date in each country is looked at under the lock of its request.
    """
    query = select(GapRequest.id).where(
        col(GapRequest.state).in_(LIVE),
        col(GapRequest.needed_by) < (now + _AHEAD).date(),
        ~_seats_to_come(now, col(GapRequest.id)),
    )
    return list(db.exec(query.order_by(col(GapRequest.id))))


def has_seats_to_come(db: Session, request_id: UUID, *, now: datetime) -> bool:
    """Whether the request holds a seat on a date that is not over."""
    return bool(db.exec(select(_seats_to_come(now, request_id))).one())


def _seats_to_come(now: datetime, request_id: Any) -> ColumnElement[bool]:
    return exists().where(
        col(Cohort.request_id) == request_id,
        col(Slot.id) == col(Cohort.slot_id),
        col(Slot.ends_at) > now,
        _holds_seats(),
    )


def _holds_seats() -> ColumnElement[bool]:
    """Open seats of the block, or a person with a seat in it; also after it was given back."""
    named = exists().where(
        col(Booking.cohort_id) == col(Cohort.id), col(Booking.state).in_(SEAT_TAKING)
    )
    return or_(col(Cohort.seats_open) > 0, named)
