"""Lines of a plan changed by hand: what that does to the plan is worked out and shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.models import AllocationLine, AllocationRun
from app.allocation.queries import runs as queries
from app.allocation.rules import runs as rules
from app.allocation.rules.limits import Broken, Limit, broken
from app.allocation.rules.lines import given_of
from app.allocation.rules.objective import objective
from app.allocation.rules.runs import LimitBrokenError, LineState
from app.allocation.schemas.runs import LineIn, LinePatch
from app.allocation.service.reckoning import measured, plan_figures
from app.core import outbox
from app.core.errors import invalid
from app.core.outbox import Fact

_MILD = frozenset({Limit.MINIMUM, Limit.UNUSED})
"""What a plan may break on the way from one edit to the next; it is said, not refused."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A changed line, and the plan's objective (thousandths of value) before and after.

    ``mild`` are limits that do not hold now and that another edit can mend.
    """

    line: AllocationLine
    before: int
    after: int
    mild: tuple[Broken, ...]


def change_line(
    db: Session, actor: Actor, run_id: UUID, line_id: UUID, wish: LinePatch, *, now: datetime
) -> Effect:
    """Give a line another number of seats; 0 takes it out of the plan.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        NotFoundError: There is no such run or line.
        NoPlanError: The run has no plan.
        LineSettledError: The line is applied or no longer to be had.
        LimitBrokenError: The change breaks a limit, which is named.
    """
    user_id = actor.require_secretariat()
    run = _open_run(db, run_id)
    line = queries.lock_line(db, run_id, line_id)
    rules.check_open_line(line.state)
    return _changed(db, run, line, wish.seats, Reason(user_id, wish.reason, now))


def add_line(db: Session, actor: Actor, run_id: UUID, wish: LineIn, *, now: datetime) -> Effect:
    """Put a line in by hand, for a request and a slot that the run found to fit.

    Raises:
        ForbiddenError: The actor is not of the secretariat.
        NotFoundError: There is no such run.
        NoPlanError: The run has no plan.
        LineSettledError: There is such a line, and it is settled.
        InvalidError: The slot does not fit the request, by the ranking when the run read it.
        LimitBrokenError: The line breaks a limit, which is named.
    """
    user_id = actor.require_secretariat()
    run = _open_run(db, run_id)
    found = queries.line_between(db, run_id, wish.request, wish.slot)
    if found is not None:
        line = queries.lock_line(db, run_id, found.id)
        rules.check_open_line(line.state)
    else:
        line = _new_line(db, run_id, wish)
    return _changed(db, run, line, wish.seats, Reason(user_id, wish.reason, now))


@dataclass(frozen=True, slots=True)
class Reason:
    """Who changes a line, why and when."""

    by: UUID
    text: str
    at: datetime


def _open_run(db: Session, run_id: UUID) -> AllocationRun:
    run = queries.lock_run(db, run_id)
    rules.check_plan(run.state)
    return run


def _new_line(db: Session, run_id: UUID, wish: LineIn) -> AllocationLine:
    problem = queries.problem_of_run(db, run_id)
    pair = (str(wish.request), str(wish.slot))
    arc = next(
        (arc for arc in problem.arcs if (arc.ask, arc.place.partition("/")[0]) == pair), None
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


def _changed(
    db: Session, run: AllocationRun, line: AllocationLine, seats: int, why: Reason
) -> Effect:
    problem = queries.problem_of_run(db, run.id)
    lines = {
        (str(each.request_id), str(each.slot_id)): each.seats
        for each in queries.lines_of(db, run.id)
        if each.state != LineState.FAILED  # nobody got these seats: others may have them instead
    }
    before = given_of(problem, lines)
    after = given_of(problem, {**lines, (str(line.request_id), str(line.slot_id)): seats})
    stands, known = broken(problem, after), set(broken(problem, before))
    _refuse([each for each in stands if each not in known])
    figures = measured(problem, after, reach=run.figures.get("reach", {}))
    run.figures = {**run.figures, "edited": plan_figures(figures)}
    changes = {"seats": [line.seats, seats]}
    line.seats, line.edited_by, line.edit_reason = seats, why.by, why.text
    line.version += 1
    run.version += 1
    db.add_all([run, line])
    payload = {"line": str(line.id), "request": str(line.request_id), "slot": str(line.slot_id)}
    fact = Fact("allocation.edited", run.id, run.version, why.at, why.by, why.text)
    outbox.record(db, replace(fact, payload=payload, changes=changes))
    db.flush()
    mild = tuple(each for each in stands if each.limit in _MILD)
    return Effect(line, objective(problem, before), objective(problem, after), mild)


def _refuse(worse: Sequence[Broken]) -> None:
    hard = [each for each in worse if each.limit not in _MILD]
    if hard:
        first = hard[0]
        raise LimitBrokenError(
            _SENTENCES[first.limit].format(have=first.have, bound=first.bound),
            limit=str(first.limit),
            have=first.have,
            bound=first.bound,
            request=first.ask or None,
            slot=first.place.partition("/")[0] or None,
        )


_SENTENCES = {
    Limit.FITS: "This slot did not fit this request when the run read the network.",
    Limit.SEATS: "That is {have} seats; the request asks for {bound} more.",
    Limit.NEED: "That is {have} seats; only {bound} people lack what is taught there.",
    Limit.FREE: "The slot would have {have} seats taken by this plan; {bound} are free.",
    Limit.CAP: "The country would have {have} seats there; {bound} more may go to one country.",
    Limit.TOGETHER: "These people go together: all {bound} on one slot, or none.",
    Limit.CHAIN: (
        "Another course comes first: {have} would be needed who have finished it, {bound} will "
        "have. Give seats there first, or fewer here."
    ),
    Limit.MINIMUM: "The slot has {have} seats of this plan; it needs {bound} more to run.",
    Limit.UNUSED: "{have} seats come before {bound} of the course that requires it.",
}


def limit_text(one: Broken) -> str:
    """What does not hold, as a sentence."""
    return _SENTENCES[one.limit].format(have=one.have, bound=one.bound)
