"""Blocks of seats as their readers see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries.claims import find_cohort, find_request, waiting_line
from app.booking.queries.views import booking_views
from app.booking.rules import CohortState
from app.booking.rules.ahead import Ahead, who_is_ahead, why_block_waits
from app.booking.schemas import AheadView, BookingView, CohortView
from app.core.errors import NotFoundError
from app.demand.models import GapRequest
from app.registry.models import Slot
from app.registry.queries.rows import find_slot, sees_everything_of
from app.registry.queries.slots import slots_by_id

_LIVE = (CohortState.ACTIVE, CohortState.WAITLISTED)


def cohort_view(db: Session, actor: Actor, cohort_id: UUID, *, now: datetime) -> CohortView:
    """One block of seats.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    return _cohort_views(db, actor, [find_cohort(db, actor, cohort_id)], now=now)[0]


def cohorts_of_request(
    db: Session, actor: Actor, request_id: UUID, *, now: datetime
) -> list[CohortView]:
    """The blocks of one request, newest first.

    Raises:
        NotFoundError: There is no such request of the actor's countries (the secretariat sees
            all).
    """
    request = find_request(db, actor, request_id)
    query = select(Cohort).where(col(Cohort.request_id) == request.id)
    found = list(db.exec(query.order_by(col(Cohort.id).desc())))
    return _cohort_views(db, actor, found, now=now)


def own_cohorts(db: Session, actor: Actor, *, now: datetime) -> list[CohortView]:
    """The blocks of the actor's countries that hold seats or wait for them, by release date.

    Without those whose slot is over.
    """
    query = (
        select(Cohort)
        .join(Slot, col(Slot.id) == col(Cohort.slot_id))
        .where(
            col(Cohort.country).in_(actor.countries),
            col(Cohort.state).in_(_LIVE),
            col(Slot.ends_at) > now,
        )
    )
    found = list(db.exec(query.order_by(col(Cohort.release_at), col(Cohort.id))))
    return _cohort_views(db, actor, found, now=now)


def unnamed_on_slot(db: Session, actor: Actor, slot_id: UUID, *, now: datetime) -> list[CohortView]:
    """The blocks that have seats without a name on a slot, oldest first.

    Raises:
        NotFoundError: The actor neither edits the slot's provider nor is the secretariat.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    query = select(Cohort).where(
        col(Cohort.slot_id) == slot_id,
        col(Cohort.state) == CohortState.ACTIVE,
        col(Cohort.seats_open) > 0,
    )
    found = list(db.exec(query.order_by(col(Cohort.entered_at), col(Cohort.id))))
    return _cohort_views(db, actor, found, now=now)


def _cohort_views(
    db: Session, actor: Actor, cohorts: Sequence[Cohort], *, now: datetime
) -> list[CohortView]:
    slots = slots_by_id(db, list({cohort.slot_id for cohort in cohorts}), now=now)
    named = _named_into(db, actor, [cohort.id for cohort in cohorts], now=now)
    codes = _codes(db, cohorts)
    takers = _takers(db, cohorts)
    waits = {cohort.id: _wait(db, cohort) for cohort in cohorts}
    return [
        CohortView(
            **cohort.model_dump(
                include={
                    *("id", "country", "seats", "seats_open", "release_at", "state"),
                    *("partial_ok", "reason", "created_at", "version"),
                }
            ),
            request=cohort.request_id,
            request_code=codes[cohort.request_id],
            slot=slots[cohort.slot_id],
            nominations=tuple(named.get(cohort.id, ())),
            taken_by=takers.get(cohort.created_by, ""),
            **waits[cohort.id],
        )
        for cohort in cohorts
    ]


def _wait(db: Session, cohort: Cohort) -> dict[str, Any]:
    """Where a waiting block stands in its line, and why it has no seats yet."""
    if cohort.state != CohortState.WAITLISTED:
        return {}
    slot = db.get_one(Slot, cohort.slot_id)
    ahead = who_is_ahead(waiting_line(db, slot.id), cohort.id)
    free = max(0, slot.seats + slot.overbook - slot.seats_claimed)
    why = why_block_waits(
        cohort.held_back, seats=cohort.seats, free=free, first=ahead == Ahead(0, ())
    )
    return {
        "position": 1 + ahead.people + len(ahead.groups),
        "ahead": AheadView(people=ahead.people, groups=ahead.groups),
        "why_waiting": why,
    }


def _codes(db: Session, cohorts: Sequence[Cohort]) -> dict[UUID, str | None]:
    query = select(GapRequest.id, GapRequest.code).where(
        col(GapRequest.id).in_({cohort.request_id for cohort in cohorts})
    )
    return dict(db.exec(query).all())


def _takers(db: Session, cohorts: Sequence[Cohort]) -> dict[UUID, str]:
    query = select(User.id, User.name).where(
        col(User.id).in_({cohort.created_by for cohort in cohorts})
    )
    return dict(db.exec(query).all())


def _named_into(
    db: Session, actor: Actor, cohort_ids: Sequence[UUID], *, now: datetime
) -> dict[UUID, list[BookingView]]:
    query = select(Booking).where(col(Booking.cohort_id).in_(cohort_ids))
    bookings = list(db.exec(query.order_by(col(Booking.entered_at), col(Booking.id))))
    found: dict[UUID, list[BookingView]] = {}
    for view in booking_views(db, bookings, reader=actor, now=now):
        if view.cohort is not None:
            found.setdefault(view.cohort, []).append(view)
    return found
