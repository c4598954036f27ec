"""From the network to everything that a run finds out. Reads once, then only counts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.allocation.queries.network import lines_still_open, network_of
from app.allocation.rules import objective
from app.allocation.rules.assembly import Network, problem_of
from app.allocation.rules.facts import Given, Plan, Problem
from app.allocation.rules.runs import Outcome, Verdict, gap_percent
from app.allocation.service.runs import Taken
from app.allocation.solver import solve
from app.core import countries

Report = Callable[[int, str], None]
ShouldStop = Callable[[], bool]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Read:
    """The network at one moment, and the problem it poses."""

    network: Network
    problem: Problem


def read_network(db: Session, taken: Taken, *, now: datetime) -> Read:
    """Everything that the run looks at, of one moment; ``db`` should be a snapshot."""
    network = network_of(db, now=now)
    previous = lines_still_open(db, taken.previous_id)
    return Read(network, problem_of(network, previous=previous, settings=taken.settings))


def reckon(read: Read, *, report: Report, should_stop: ShouldStop) -> Outcome:
    """Plan, figures, verdicts and worth: no database, no transaction, as long as it takes.

    Raises:
        CancelledError: ``should_stop`` said so.
    """
    started = time.monotonic()
    plan = solve(
        read.problem,
        report=lambda percent, phase: report(10 + percent * 6 // 10, phase),
        should_stop=should_stop,
    )
    report(70, "explain")
    figures = _figures(read.problem, plan)
    figures["seconds"] = round(time.monotonic() - started, 2)
    return Outcome(read.problem, plan, figures, tuple(_verdicts(read.problem, plan)))


def _figures(problem: Problem, plan: Plan) -> dict[str, Any]:
    asked = [need.people for ask in problem.asks for need in ask.needs]
    return {
        "bound": plan.bound,
        "gap_percent": gap_percent(plan.objective, plan.bound),
        "is_proven": plan.is_proven,
        "common_share": plan.share / _MILLION,
        "floor": plan.floor / _MILLION,
        "requests": len(problem.asks),
        "slots": len({place.id.partition("/")[0] for place in problem.places}),
        "matches": sum(bool(arc.covers) for arc in problem.arcs),
        "asked": sum(asked),
        "countries": len({ask.country for ask in problem.asks}),
        "ldc_demand": _ldc_share({ask.country: 0 for ask in problem.asks}),
        "plan": _plan_figures(problem, plan.given),
        "greedy": None,
        "round_robin": None,
    }


def _plan_figures(problem: Problem, given: tuple[Given, ...]) -> dict[str, Any]:
    covered = objective.covered_by_country(problem, given)
    return {
        "objective": objective.objective(problem, given),
        "value": objective.value(problem, given),
        "people": sum(covered.values()),
        "seats": sum(line.seats for line in given),
        "lowest_share": 0.0,
        "jain": 0.0,
        "ldc_share": _ldc_share(covered),
    }


def _ldc_share(people: dict[str, int]) -> float:
    total = sum(people.values())
    ldc = sum(people[each] for each in people if each in countries.in_region("LDC"))
    return round(ldc / total, 4) if total else 0.0


def _verdicts(problem: Problem, plan: Plan) -> list[Verdict]:
    covered = objective.covered_by_ask(problem, plan.given)
    return [
        Verdict(ask.id, sum(need.people for need in ask.needs), sum(covered[ask.id]), "")
        for ask in problem.asks
    ]
