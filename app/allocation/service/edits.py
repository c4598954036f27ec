"""Lines of a plan changed by hand: what that does to the plan is worked out and shown.

Working it out looks at the whole network of the run, so it is done in a session that only reads;
what came out is kept in a short transaction, if the plan is still the one that was looked at.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, update

from app.accounts.rules import Actor
from app.allocation.models import AllocationLine, AllocationRun, AllocationVerdict
from app.allocation.queries import runs as queries
from app.allocation.rules import runs as rules
from app.allocation.rules.facts import Given, Plan, Problem
from app.allocation.rules.limits import MILD, Broken, broken, limit_text
from app.allocation.rules.lines import given_of
from app.allocation.rules.network import slot_of
from app.allocation.rules.runs import LimitBrokenError, PlanChangedError
from app.allocation.rules.verdicts import Verdict
from app.allocation.schemas.runs import LineIn, LinePatch
from app.allocation.service.reckoning import measured, plan_figures
from app.allocation.solver.edits import Effect as SolverEffect
from app.allocation.solver.edits import effect
from app.allocation.solver.explain import explain_again
from app.allocation.solver.measure import MILLION
from app.core import countries, outbox
from app.core.errors import AppError, invalid
from app.core.outbox import Fact

T = TypeVar("T")

Reads = Callable[[], AbstractContextManager[Session]]
"""Opens a session that only reads (``Database.read``)."""

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Effect:
    """A changed line, and the plan's objective (thousandths of value) before and after.

    ``warnings`` say what does not hold now: limits that another edit can mend, and countries that
    have less than they were guaranteed.
    """

    line: AllocationLine
    before: int
    after: int
    warnings: tuple[str, ...]


Edit = Callable[[Session], Effect]
"""Keeps an edit that was worked out, or raises what stands against it."""


def change_line(
    reads: Reads, actor: Actor, run_id: UUID, line_id: UUID, wish: LinePatch, *, now: datetime
) -> Edit:
    """Give a line another number of seats; 0 takes it out of the plan.

    Returns:
        What keeps it, in a transaction. All that this raises comes from there, so that a call that
        is sent twice gets its first answer: ForbiddenError (not of the secretariat), NotFoundError
        (no such run or line), NoPlanError, LineSettledError (applied, or no longer to be had),
        LimitBrokenError (which is named), PlanChangedError (see :func:`insist`).
    """

    def look(db: Session) -> _Ready:
        why = _Reason(actor.require_secretariat(), wish.reason, now)
        run = _run_with_plan(db, run_id)
        line = queries.find_line(db, run_id, line_id)
        return _worked_out(db, run, line, wish.seats, why)

    return _prepared(reads, look)


def add_line(reads: Reads, actor: Actor, run_id: UUID, wish: LineIn, *, now: datetime) -> Edit:
    """Put a line in by hand, for a request and a slot that the run found to fit.

    Returns:
        As :func:`change_line`; also InvalidError, where the slot did not fit the request by the
        ranking when the run read it.
    """

    def look(db: Session) -> _Ready:
        why = _Reason(actor.require_secretariat(), wish.reason, now)
        run = _run_with_plan(db, run_id)
        line = queries.line_between(db, run_id, wish.request, wish.slot)
        return _worked_out(db, run, line or _new_line(db, run_id, wish), wish.seats, why)

    return _prepared(reads, look)


def insist(attempt: Callable[[], T]) -> T:
    """Work an edit out again when somebody else edited the plan meanwhile.

    Raises:
        PlanChangedError: They did, each time.
    """
    for _ in range(_TRIES - 1):
        try:
            return attempt()
        except PlanChangedError:
            continue
    return attempt()


@dataclass(frozen=True, slots=True)
class _Reason:
    """Who changes a line, why and when."""

    by: UUID
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Ready:
    """An edit that was worked out for the plan of one version of the run.

    ``line`` is as it was before the edit; ``verdicts`` are those that the edit changes.
    """

    run_id: UUID
    version: int
    line: AllocationLine
    is_new: bool
    seats: int
    why: _Reason
    before: int
    after: int
    figures: dict[str, Any]
    verdicts: tuple[Verdict, ...]


def _prepared(reads: Reads, look: Callable[[Session], _Ready]) -> Edit:
    try:
        with reads() as db:
            return partial(_keep, look(db))
    except AppError as error:
        return partial(_refuse, error)


def _refuse(error: AppError, _db: Session) -> Effect:
    raise error


def _run_with_plan(db: Session, run_id: UUID) -> AllocationRun:
    run = queries.find_run(db, run_id)
    rules.check_plan(run.state)
    return run


def _new_line(db: Session, run_id: UUID, wish: LineIn) -> AllocationLine:
    problem = queries.problem_of_run(db, run_id)
    arc = next(
        (
            arc
            for arc in problem.arcs_of.get(str(wish.request), ())
            if arc.place.partition("/")[0] == str(wish.slot)
        ),
        None,
    )
    if arc is None:
        text = "This slot did not fit this request when the run read the network."
        raise invalid("slot", text, "no_match")
    country = next(ask.country for ask in problem.asks if ask.id == arc.ask)
    return AllocationLine(
        run_id=run_id,
        request_id=wish.request,
        slot_id=wish.slot,
        country=country,
        seats=0,
        seats_solved=0,
        score=arc.score,
        is_theory=not arc.covers,
    )


def _worked_out(
    db: Session, run: AllocationRun, line: AllocationLine, seats: int, why: _Reason
) -> _Ready:
    rules.check_open_line(line.state)
    problem = queries.problem_of_run(db, run.id)
    told = _plan(run, given_of(problem, queries.seats_of_lines(db, run.id)))
    # Nobody got the seats of a line that failed: others may have them instead.
    lines = queries.seats_of_lines(db, run.id, with_failed=False)
    before = _plan(run, given_of(problem, lines))
    lines[str(line.request_id), str(line.slot_id)] = seats
    after = _plan(run, given_of(problem, lines))
    # What was there goes, what is there now comes.
    changes = [replace(each, seats=0) for each in before.given] + list(after.given)
    found = effect(problem, before, changes)
    _check(problem, before.given, found.broken)
    reach = run.figures.get("reach", {})
    return _Ready(
        run_id=run.id,
        version=run.version,
        line=line,
        is_new=line not in db,
        seats=seats,
        why=why,
        before=found.before,
        after=found.after,
        figures={
            "edited": plan_figures(measured(problem, after.given, reach=reach)),
            "warnings": _warnings(db, found),
        },
        verdicts=_news(db, run.id, explain_again(problem, told, after)),
    )


def _plan(run: AllocationRun, given: tuple[Given, ...]) -> Plan:
    """The plan as it stands, with what the run guaranteed."""
    figures = run.figures
    return Plan(
        given,
        0,
        0,
        0,
        round(figures.get("floor", 0) * MILLION),
        is_proven=False,
        reach=tuple(figures.get("reach", {}).items()),
        left_out=tuple(figures.get("left_out", ())),
    )


def _check(problem: Problem, before: Sequence[Given], after: Sequence[Broken]) -> None:
    """Refuse what breaks a limit that held before, unless another edit can mend it."""
    known = set(broken(problem, before))
    hard = [each for each in after if each.limit not in MILD and each not in known]
    if hard:
        first = hard[0]
        raise LimitBrokenError(
            limit_text(first),
            limit=str(first.limit),
            have=first.have,
            bound=first.bound,
            request=first.ask or None,
            slot=first.place.partition("/")[0] or None,
        )


def _warnings(db: Session, found: SolverEffect) -> list[str]:
    """What does not hold after the edit, as sentences."""
    slots = {each.place: slot_of(each.place) for each in found.broken if each.place}
    names = queries.names_of_slots(db, set(slots.values()))
    said = [
        f"{names[slots[each.place]]}: {limit_text(each)}" if each.place else limit_text(each)
        for each in found.broken
    ]
    short = [countries.name(code) for code in found.below_floor]
    return said + [f"{name} has less than the plan guarantees." for name in short]


def _news(db: Session, run_id: UUID, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts that say something else than is kept of them."""
    kept = queries.verdicts_of(db, run_id)
    return tuple(
        each
        for each in verdicts
        if kept[UUID(each.ask)] != (each.given, str(each.binding), each.detail())
    )


def _keep(ready: _Ready, db: Session) -> Effect:
    """Write the edit down, if it is still one of the plan that was looked at."""
    run = queries.lock_run(db, ready.run_id)
    if run.version != ready.version:
        raise PlanChangedError("Somebody else changed this plan just now. Please try again.")
    why = ready.why
    if ready.is_new:
        line = AllocationLine(**ready.line.model_dump())  # the whole command may run again
    else:
        line = queries.lock_line(db, run.id, ready.line.id)
        rules.check_open_line(line.state)
    changes = {"seats": [line.seats, ready.seats]}
    line.seats, line.edited_by, line.edit_reason = ready.seats, why.by, why.text
    line.version += 1
    run.figures = {**run.figures, **ready.figures}
    run.version += 1
    db.add_all([run, line])
    _say_why(db, run.id, ready.verdicts)
    payload = {"line": str(line.id), "request": str(line.request_id), "slot": str(line.slot_id)}
    fact = Fact("allocation.edited", run.id, run.version, why.at, why.by, why.text)
    outbox.record(db, replace(fact, payload=payload, changes=changes))
    db.flush()
    return Effect(line, ready.before, ready.after, tuple(ready.figures["warnings"]))


def _say_why(db: Session, run_id: UUID, verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        statement = (
            update(AllocationVerdict)
            .where(
                col(AllocationVerdict.run_id) == run_id,
                col(AllocationVerdict.request_id) == UUID(verdict.ask),
            )
            .values(given=verdict.given, binding=str(verdict.binding), detail=verdict.detail())
        )
        db.execute(statement.execution_options(synchronize_session=False))
