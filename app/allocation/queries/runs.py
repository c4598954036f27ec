"""Runs and their lines: taken by one worker at a time, changed under a lock."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from app.allocation.models import (
    AllocationInput,
    AllocationLine,
    AllocationRun,
    AllocationVerdict,
)
from app.allocation.rules.canonical import unpacked
from app.allocation.rules.facts import Problem
from app.allocation.rules.runs import LEASE, LineState, RunState
from app.core.errors import NotFoundError
from app.core.moments import day_text
from app.core.zones import to_local
from app.registry.models import Course, Slot


def find_run(db: Session, run_id: UUID) -> AllocationRun:
    """The run with this id; who may ask is decided by the caller.

    Raises:
        NotFoundError: There is none.
    """
    row = db.get(AllocationRun, run_id)
    if row is None:
        raise NotFoundError("There is no such allocation.")
    return row


def lock_run(db: Session, run_id: UUID) -> AllocationRun:
    """The run, kept from every other writer until this transaction ends.

    Edits of its lines come one after the other, so that two of them cannot give one seat twice;
    and whoever cancels meets whoever finishes. Taken before lines and slots.

    Raises:
        NotFoundError: There is none.
    """
    query = select(AllocationRun).where(AllocationRun.id == run_id).with_for_update()
    row = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such allocation.")
    return row


def lock_line(db: Session, run_id: UUID, line_id: UUID) -> AllocationLine:
    """A line of the run, kept from every other writer: it is applied once, whoever asks.

    Taken before the slot of its block; nobody who has a slot asks for a line.

    Raises:
        NotFoundError: The run has no such line.
    """
    query = select(AllocationLine).where(
        AllocationLine.id == line_id, AllocationLine.run_id == run_id
    )
    row = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFoundError("This allocation has no such line.")
    return row


def due(now: datetime) -> ColumnElement[bool]:
    """A condition: a run that waits, or whose worker was lost."""
    lost = (col(AllocationRun.state) == RunState.RUNNING) & or_(
        col(AllocationRun.leased_until).is_(None), col(AllocationRun.leased_until) <= now
    )
    return or_(col(AllocationRun.state) == RunState.QUEUED, lost)


def has_due(db: Session, *, now: datetime) -> bool:
    """Whether a run waits for a worker."""
    return db.exec(select(AllocationRun.id).where(due(now)).limit(1)).first() is not None


def lock_oldest_due(
    db: Session, *, now: datetime, only: UUID | None = None
) -> AllocationRun | None:
    """The oldest run that waits, or ``only`` this one if it does; nobody else takes it now.

    PostgreSQL passes over what another worker is taking; SQLite has one writer at a time.
    """
    query = select(AllocationRun).where(due(now))
    if only is not None:
        query = query.where(AllocationRun.id == only)
    oldest = query.order_by(col(AllocationRun.requested_at), col(AllocationRun.id)).limit(1)
    return db.exec(oldest.with_for_update(skip_locked=True)).first()


def note_progress(  # one statement: it must not hold the row while the run goes on
    db: Session, run_id: UUID, attempt: int, *, progress: int, phase: str, now: datetime
) -> bool:
    """Say how far a run is and keep it for another while; False when it is no longer ours."""
    statement = (
        update(AllocationRun)
        .where(
            col(AllocationRun.id) == run_id,
            col(AllocationRun.state) == RunState.RUNNING,
            col(AllocationRun.attempts) == attempt,
        )
        .values(progress=progress, phase=phase, leased_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", db.execute(statement)).rowcount == 1


def problem_of_run(db: Session, run_id: UUID) -> Problem:
    """What the run was solved from.

    Raises:
        NotFoundError: Nothing was kept, because it has no plan.
    """
    row = db.get(AllocationInput, run_id)
    if row is None:
        raise NotFoundError("This allocation has no plan.")
    return _unpacked(row.body)


@lru_cache(maxsize=2)
def _unpacked(body: bytes) -> Problem:
    """What a run was made from never changes; who edits or compares asks for it again and again."""
    return unpacked(body)


def seats_of_lines(
    db: Session, run_id: UUID, *, with_failed: bool = True
) -> dict[tuple[str, str], int]:
    """Seats by request and slot, as the lines of the run stand."""
    columns = (AllocationLine.request_id, AllocationLine.slot_id, AllocationLine.seats)
    query = select(*columns).where(AllocationLine.run_id == run_id)
    if not with_failed:
        query = query.where(AllocationLine.state != LineState.FAILED)
    return {(str(request_id), str(slot_id)): seats for request_id, slot_id, seats in db.exec(query)}


def verdicts_of(db: Session, run_id: UUID) -> dict[UUID, tuple[int, str, dict[str, Any]]]:
    """What each request gets in a run, what binds and its figures, by request."""
    columns: tuple[Any, ...] = (
        *(col(AllocationVerdict.request_id), col(AllocationVerdict.given)),
        *(col(AllocationVerdict.binding), col(AllocationVerdict.detail)),
    )
    rows = db.execute(select(*columns).where(AllocationVerdict.run_id == run_id))
    return {request_id: (given, binding, detail) for request_id, given, binding, detail in rows}


def names_of_slots(db: Session, slot_ids: Collection[UUID]) -> dict[UUID, str]:
    """What to call each of these slots: course and day."""
    query = (
        select(Slot.id, Course.title, Slot.starts_at, Slot.zone)
        .join(Course, col(Course.id) == col(Slot.course_id))
        .where(col(Slot.id).in_(slot_ids))
    )
    return {
        slot_id: f"{title}, {day_text(to_local(at, zone))}"
        for slot_id, title, at, zone in db.exec(query)
    }


def find_line(db: Session, run_id: UUID, line_id: UUID) -> AllocationLine:
    """A line of the run.

    Raises:
        NotFoundError: There is no such run, or it has no such line.
    """
    find_run(db, run_id)
    row = db.get(AllocationLine, line_id)
    if row is None or row.run_id != run_id:
        raise NotFoundError("This allocation has no such line.")
    return row


def lines_of(db: Session, run_id: UUID) -> list[AllocationLine]:
    """The lines of a run, in order of request and slot."""
    return list(db.exec(_lines(run_id)))


def proposed_lines(db: Session, run_id: UUID) -> list[UUID]:
    """The lines that could still be applied, first those whose slots start with the lower id.

    Seats first, theory after: what comes before a practice is of no use without it.
    """
    query = select(AllocationLine.id).where(
        AllocationLine.run_id == run_id,
        AllocationLine.state == LineState.PROPOSED,
        col(AllocationLine.seats) > 0,
    )
    order = (col(AllocationLine.is_theory), col(AllocationLine.slot_id), col(AllocationLine.id))
    return list(db.exec(query.order_by(*order)))


def line_ids(db: Session, run_id: UUID) -> set[UUID]:
    """The identifiers of all lines of a run."""
    return set(db.exec(select(AllocationLine.id).where(AllocationLine.run_id == run_id)))


def line_between(
    db: Session, run_id: UUID, request_id: UUID, slot_id: UUID
) -> AllocationLine | None:
    """The line of a run for this request on this slot, if there is one."""
    query = select(AllocationLine).where(
        AllocationLine.run_id == run_id,
        AllocationLine.request_id == request_id,
        AllocationLine.slot_id == slot_id,
    )
    return db.exec(query).one_or_none()


def _lines(run_id: UUID) -> SelectOfScalar[AllocationLine]:
    query = select(AllocationLine).where(AllocationLine.run_id == run_id)
    return query.order_by(col(AllocationLine.request_id), col(AllocationLine.slot_id))
