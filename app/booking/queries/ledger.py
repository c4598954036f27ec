"""The counters recomputed from the claims, which are the truth."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.rules import SEAT_TAKING, BookingState, CohortState
from app.demand.models import GapRequest
from app.registry.models import Slot


def counters_off(db: Session) -> list[dict[str, Any]]:
    """Every counter that differs from the claims it counts; empty when all is well.

    One row per difference: ``what``, ``id``, ``stored``, ``counted``.
    """
    return [*_slots_off(db), *_cohorts_off(db), *_requests_off(db)]


def _slots_off(db: Session) -> list[dict[str, Any]]:
    taking: dict[UUID, int] = dict(_counted(db, col(Booking.state).in_(SEAT_TAKING)))
    waiting: dict[UUID, int] = dict(_counted(db, col(Booking.state) == BookingState.WAITLISTED))
    blocks: dict[UUID, int] = dict(
        db.exec(
            select(Cohort.slot_id, func.sum(col(Cohort.seats_open))).group_by(col(Cohort.slot_id))
        ).all()
    )
    queued = select(Cohort.slot_id, func.sum(col(Cohort.seats))).where(
        col(Cohort.state) == CohortState.WAITLISTED
    )
    for slot_id, seats in db.exec(queued.group_by(col(Cohort.slot_id))):
        waiting[slot_id] = waiting.get(slot_id, 0) + int(seats)
    off = []
    for slot_id, claimed, line in db.exec(select(Slot.id, Slot.seats_claimed, Slot.waiting)):
        counted = taking.get(slot_id, 0) + int(blocks.get(slot_id, 0))
        for what, stored, real in (
            ("slot.seats_claimed", claimed, counted),
            ("slot.waiting", line, waiting.get(slot_id, 0)),
        ):
            if stored != real:
                off.append(_difference(what, slot_id, stored, real))
    return off


def _counted(db: Session, condition: ColumnElement[bool]) -> Sequence[tuple[UUID, int]]:
    query = select(Booking.slot_id, func.count()).where(condition)
    return db.exec(query.group_by(col(Booking.slot_id))).all()


def _cohorts_off(db: Session) -> list[dict[str, Any]]:
    """Open and drawn seats are the block; what was given back can only have been open."""
    drawn = _drawn(db, col(Booking.state).in_(SEAT_TAKING))
    off = []
    for cohort in db.exec(select(Cohort)):
        taken = drawn.get(cohort.id, 0)
        real = cohort.seats - taken if cohort.state == CohortState.ACTIVE else 0
        if cohort.seats_open != real:
            off.append(_difference("cohort.seats_open", cohort.id, cohort.seats_open, real))
        most = 0 if cohort.state == CohortState.WAITLISTED else cohort.seats
        if taken > most:
            off.append(_difference("cohort.seats", cohort.id, most, taken))
    return off


def _requests_off(db: Session) -> list[dict[str, Any]]:
    drawn = _drawn(db, col(Booking.state).in_(SEAT_TAKING))
    attended = _drawn(db, col(Booking.state) == BookingState.ATTENDED)
    held: dict[UUID, int] = {}
    met: dict[UUID, int] = {}
    for cohort in db.exec(select(Cohort)):
        request = cohort.request_id
        held[request] = held.get(request, 0) + cohort.seats_open + drawn.get(cohort.id, 0)
        met[request] = met.get(request, 0) + attended.get(cohort.id, 0)
    off = []
    for request_id, stored_held, stored_met in db.exec(
        select(GapRequest.id, GapRequest.seats_held, GapRequest.seats_met)
    ):
        for what, stored, real in (
            ("request.seats_held", stored_held, held.get(request_id, 0)),
            ("request.seats_met", stored_met, met.get(request_id, 0)),
        ):
            if stored != real:
                off.append(_difference(what, request_id, stored, real))
    return off


def _drawn(db: Session, condition: ColumnElement[bool]) -> dict[UUID | None, int]:
    query = select(Booking.cohort_id, func.count()).where(
        col(Booking.cohort_id).is_not(None), condition
    )
    return dict(db.exec(query.group_by(col(Booking.cohort_id))).all())


def _difference(what: str, row_id: UUID, stored: int, counted: int) -> dict[str, Any]:
    return {"what": what, "id": str(row_id), "stored": stored, "counted": counted}
