"""A person applies a plan: each line becomes a block of seats, in a transaction of its own."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.models import AllocationLine
from app.allocation.queries import runs as queries
from app.allocation.rules import runs as rules
from app.allocation.rules.runs import LineState, RunState
from app.allocation.schemas.runs import ApplicationIn
from app.booking.schemas import CohortIn
from app.booking.service.cohorts import hold_planned
from app.booking.service.desk import Desk
from app.core import outbox
from app.core.errors import ConflictError, InvalidError, NotFoundError, invalid
from app.core.outbox import Fact

T = TypeVar("T")

THEORY = (
    "No seats are held here: people book this course themselves, before the one that requires it."
)
LONGEST = 20.0
"""Seconds after which a call applies no further line: nobody waits longer for an answer."""
_OUTCOME_LENGTH = 4000


class Transact(Protocol):
    """Carries out a command in one transaction and commits (``Database.run``)."""

    def __call__(self, command: Callable[[Session], T], /) -> T:
        """The command's value."""


def apply_plan(
    transact: Transact, actor: Actor, run_id: UUID, wish: ApplicationIn, desk: Desk
) -> int:
    """Apply a plan, or the lines of it that are named; lines that no longer fit say why.

    Each line is a transaction of its own. Whoever is interrupted applies again: what has its
    block is passed over, and nothing is taken twice, whoever else applies at the same moment.
    A call ends after :data:`LONGEST` seconds; what is left then is applied by the next one.

    Returns:
        How many lines were not come to.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        NotFoundError: There is no such run.
        NoPlanError: It has no plan.
        InvalidError: A line that is named is not one of the run.
    """
    lines = transact(partial(begin_application, actor=actor, run_id=run_id, wish=wish, desk=desk))
    until = time.monotonic() + LONGEST
    for done, line_id in enumerate(lines):
        if time.monotonic() > until:
            return len(lines) - done
        apply_line(transact, actor, run_id, line_id, desk)
    return 0


def begin_application(
    db: Session, *, actor: Actor, run_id: UUID, wish: ApplicationIn, desk: Desk
) -> list[UUID]:
    """Say that this person applies the plan; the lines to apply, each of them next."""
    user_id = actor.require_secretariat()
    row = queries.lock_run(db, run_id)
    rules.check_plan(row.state)
    lines = _chosen(queries.proposed_lines(db, run_id), queries.line_ids(db, run_id), wish)
    if row.state != RunState.APPLIED:
        changes = {"state": [row.state, str(RunState.APPLIED)]}
        row.state, row.applied_by, row.applied_at = RunState.APPLIED, user_id, desk.clock()
        row.version += 1
        db.add(row)
        payload = {"lines": len(lines)}
        fact = Fact("allocation.applied", row.id, row.version, desk.clock(), user_id)
        outbox.record(db, replace(fact, payload=payload, changes=changes))
        db.flush()
    return lines


def apply_line(transact: Transact, actor: Actor, run_id: UUID, line_id: UUID, desk: Desk) -> None:
    """Take the block of one line; or, where booking refuses it, write down its reason."""
    try:
        transact(partial(_take_block, actor=actor, run_id=run_id, line_id=line_id, desk=desk))
    except (ConflictError, InvalidError, NotFoundError) as error:
        # The refusal took everything back that the attempt had changed.
        reason = error.message
        transact(
            partial(_give_up, actor=actor, run_id=run_id, line_id=line_id, reason=reason, desk=desk)
        )


def _take_block(db: Session, *, actor: Actor, run_id: UUID, line_id: UUID, desk: Desk) -> bool:
    actor.require_secretariat()
    line = queries.lock_line(db, run_id, line_id)
    if line.state != LineState.PROPOSED or line.seats == 0:
        return False
    if line.is_theory:
        _settle(db, actor, line, LineState.APPLIED, desk, outcome=THEORY)
        return True
    wish = CohortIn(slot=line.slot_id, seats=line.seats)
    plan = f"by allocation {run_id}"
    cohort = hold_planned(db, actor, line.request_id, wish, desk, plan=plan)
    line.cohort_id = cohort.id
    _settle(db, actor, line, LineState.APPLIED, desk)
    return True


def _give_up(
    db: Session, *, actor: Actor, run_id: UUID, line_id: UUID, reason: str, desk: Desk
) -> bool:
    line = queries.lock_line(db, run_id, line_id)
    if line.state != LineState.PROPOSED:
        return False  # somebody else was quicker
    _settle(db, actor, line, LineState.FAILED, desk, outcome=reason[:_OUTCOME_LENGTH])
    return True


def _settle(
    db: Session,
    actor: Actor,
    line: AllocationLine,
    state: LineState,
    desk: Desk,
    *,
    outcome: str = "",
) -> None:
    changes = {"state": [line.state, str(state)]}
    line.state, line.outcome = state, outcome
    line.version += 1
    db.add(line)
    payload = {
        "run": str(line.run_id),
        "request": str(line.request_id),
        "slot": str(line.slot_id),
        "seats": line.seats,
        "cohort": str(line.cohort_id) if line.cohort_id else None,
    }
    name = f"allocation-line.{state}"
    fact = Fact(name, line.id, line.version, desk.clock(), actor.identified(), outcome or None)
    outbox.record(db, replace(fact, payload=payload, changes=changes))
    db.flush()


def _chosen(proposed: Sequence[UUID], known: Collection[UUID], wish: ApplicationIn) -> list[UUID]:
    if wish.lines is None:
        return list(proposed)
    if not set(wish.lines) <= set(known):
        raise invalid("lines", "A line is not one of this allocation.", "unknown_line")
    wanted = set(wish.lines)
    return [line_id for line_id in proposed if line_id in wanted]
