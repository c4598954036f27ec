"""Start a run, cancel it, take it as a worker, write down what came out."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from app.accounts.rules import Actor
from app.allocation.models import AllocationRun
from app.allocation.queries import runs as queries
from app.allocation.queries.network import last_applied
from app.allocation.rules import runs as rules
from app.allocation.rules.canonical import digest, packed
from app.allocation.rules.facts import Settings
from app.allocation.rules.lines import seats_by_slot
from app.allocation.rules.runs import LEASE, MOST_ATTEMPTS, LineState, Outcome, RunState
from app.allocation.schemas.runs import RunIn
from app.core import outbox
from app.core.ids import new_id
from app.core.outbox import Fact

_ERROR_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Taken:
    """A run in the hands of one worker; ``attempt`` tells it from an earlier one that was lost."""

    id: UUID
    attempt: int
    settings: Settings
    previous_id: UUID | None


def start_run(db: Session, actor: Actor, wish: RunIn, *, now: datetime) -> AllocationRun:
    """Ask for a proposal for the whole network; a worker makes it.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
    """
    user_id = actor.require_secretariat()
    row = AllocationRun(
        settings=wish.settings.model_dump(),
        note=wish.note,
        previous_id=last_applied(db),
        requested_by=user_id,
        requested_at=now,
    )
    db.add(row)
    db.flush()
    payload = {"settings": row.settings}
    changes = {"state": [None, str(RunState.QUEUED)]}
    fact = Fact("allocation.requested", row.id, row.version, now, user_id)
    _say(db, fact, payload, changes)
    return row


def cancel_run(db: Session, actor: Actor, run_id: UUID, *, now: datetime) -> AllocationRun:
    """Stop a run that waits or works; it leaves nothing but its record.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        NotFoundError: There is no such run.
        RunOverError: It has ended.
    """
    user_id = actor.require_secretariat()
    row = queries.lock_run(db, run_id)
    rules.check_cancellable(row.state)
    row.phase = ""
    _step(db, row, RunState.CANCELLED, "allocation.cancelled", now=now, by=user_id)
    return row


def take_run(db: Session, *, now: datetime, only: UUID | None = None) -> Taken | None:
    """Take the oldest run that waits, or whose worker was lost; None when there is none.

    One whose worker was lost three times is given up: it may be what ends them.
    """
    row = queries.lock_oldest_due(db, now=now, only=only)
    if row is None:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        row.error = "Its worker was lost three times."
        _step(db, row, RunState.FAILED, "allocation.failed", now=now)
        return None
    row.attempts += 1
    row.progress, row.phase = 0, "reading"
    row.leased_until = now + LEASE
    row.started_at = now
    _step(db, row, RunState.RUNNING, "allocation.started", now=now)
    return Taken(row.id, row.attempts, Settings(**row.settings), row.previous_id)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that a run found out, as rows by table."""

    figures: dict[str, Any]
    digest: str
    rows: dict[str, list[dict[str, Any]]]


def record_of(taken: Taken, outcome: Outcome) -> Record:
    """What is to be written down: made before the transaction, for which everybody waits."""
    rows = {
        "allocation_input": [{"run_id": taken.id, "body": packed(outcome.problem)}],
        "allocation_line": list(_lines(taken.id, outcome)),
        "allocation_verdict": list(_verdicts(taken.id, outcome)),
        "slot_worth": list(_worths(taken.id, outcome)),
    }
    return Record(outcome.figures, digest(outcome.problem), rows)


def finish_run(db: Session, taken: Taken, record: Record, *, now: datetime) -> bool:
    """Write down everything that a run found out, at once; False when it is no longer ours."""
    row = queries.lock_run(db, taken.id)
    if row.state != RunState.RUNNING or row.attempts != taken.attempt:
        return False
    row.figures = record.figures
    row.input_digest = record.digest
    row.progress, row.phase, row.leased_until = 100, "", None
    for table, rows in record.rows.items():
        if rows:  # all in one statement: a large plan has tens of thousands
            db.execute(insert(SQLModel.metadata.tables[table]), rows)
    _step(db, row, RunState.DONE, "allocation.done", now=now)
    return True


def fail_run(db: Session, taken: Taken, reason: str, *, now: datetime) -> bool:
    """Write down that a run could not be finished; False when it is no longer ours."""
    row = queries.lock_run(db, taken.id)
    if row.state != RunState.RUNNING or row.attempts != taken.attempt:
        return False
    row.error = reason[:_ERROR_LENGTH]
    _step(db, row, RunState.FAILED, "allocation.failed", now=now)
    return True


def _step(
    db: Session,
    row: AllocationRun,
    state: RunState,
    name: str,
    *,
    now: datetime,
    by: UUID | None = None,
) -> None:
    changes = {"state": [row.state, str(state)]}
    row.state = state
    row.version += 1
    if state not in rules.OPEN_STATES:
        row.finished_at, row.leased_until = now, None
    db.add(row)
    _say(db, Fact(name, row.id, row.version, now, by), {"state": str(state)}, changes)


def _say(db: Session, fact: Fact, payload: dict[str, Any], changes: dict[str, Any]) -> None:
    outbox.record(db, replace(fact, payload=payload, changes=changes))
    db.flush()


def _lines(run_id: UUID, outcome: Outcome) -> Iterator[dict[str, Any]]:
    countries = {ask.id: ask.country for ask in outcome.problem.asks}
    arcs = {(arc.ask, arc.place.partition("/")[0]): arc for arc in outcome.problem.arcs}
    for (ask, slot), seats in sorted(seats_by_slot(outcome.plan.given).items()):
        arc = arcs[ask, slot]
        yield {
            "id": new_id(),
            "run_id": run_id,
            "request_id": UUID(ask),
            "slot_id": UUID(slot),
            "country": countries[ask],
            "seats": seats,
            "seats_solved": seats,
            "score": arc.score,
            "is_theory": not arc.covers,
            "state": str(LineState.PROPOSED),
            "outcome": "",
            "edit_reason": "",
            "version": 1,
        }


def _verdicts(run_id: UUID, outcome: Outcome) -> Iterator[dict[str, Any]]:
    countries = {ask.id: ask.country for ask in outcome.problem.asks}
    for verdict in outcome.verdicts:
        yield {
            "id": new_id(),
            "run_id": run_id,
            "request_id": UUID(verdict.ask),
            "country": countries[verdict.ask],
            "asked": verdict.asked,
            "given": verdict.given,
            "binding": str(verdict.binding),
            "detail": verdict.detail(),
        }


def _worths(run_id: UUID, outcome: Outcome) -> Iterator[dict[str, Any]]:
    for worth in outcome.worths:
        fields = asdict(worth)
        month = date(fields.pop("year"), fields.pop("month"), 1)
        yield {
            "id": new_id(),
            "run_id": run_id,
            "skill_id": fields.pop("skill"),
            "month": month,
            **fields,
        }
