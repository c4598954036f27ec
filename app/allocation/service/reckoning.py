"""From the network to everything that a run finds out. Reads once, then only counts."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.allocation.queries.network import lines_still_open, network_of
from app.allocation.rules.assembly import Matches, Network, problem_of
from app.allocation.rules.facts import Given, Plan, Problem
from app.allocation.rules.network import ask_of
from app.allocation.rules.runs import Outcome, gap_percent
from app.allocation.rules.verdicts import Binding, Verdict
from app.allocation.service.runs import Taken
from app.allocation.service.worths import worths_of
from app.allocation.solver import solve
from app.allocation.solver.baselines import greedy, round_robin
from app.allocation.solver.explain import explain
from app.allocation.solver.measure import MILLION, Figures, measure
from app.core import countries
from app.matching.queries.overrides import set_aside_pairs
from app.matching.service.board import Board

Report = Callable[[int, str], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Read:
    """The network at one moment, and the problem it poses.

    ``nowhere`` has, by ask, why nothing suits a request (vocabulary ``unmatched_reasons``).
    """

    network: Network
    problem: Problem
    nowhere: Mapping[str, str]


def read_network(db: Session, board: Board, taken: Taken, *, now: datetime) -> Read:
    """Everything that the run looks at, of one moment; ``db`` should be a snapshot.

    What fits is asked of the same ``board`` that pages and API ask.
    """
    network = network_of(db, now=now)
    matches = matches_of(db, board, network)
    previous = lines_still_open(db, taken.previous_id)
    problem = problem_of(network, matches, previous=previous, settings=taken.settings)
    return Read(network, problem, _nowhere(db, board, network, matches))


def matches_of(db: Session, board: Board, network: Network) -> Matches:
    """Slot and score of each match of each request that still lacks somebody.

    Without what the secretariat has set aside for it.
    """
    needy = [each for each in network.requests if ask_of(each.request) is not None]
    found = board.rankings(db, [each.need for each in needy], now=network.now)
    aside = set_aside_pairs(db)
    return {
        each.request.id: [
            (fit.slot_id, fit.score) for fit in fits if (each.request.id, fit.slot_id) not in aside
        ]
        for each, fits in zip(needy, found, strict=True)
    }


def _nowhere(db: Session, board: Board, network: Network, matches: Matches) -> dict[str, str]:
    """What the ranking says of requests without a match; nothing of those that lack nobody."""
    lost = [each for each in network.requests if matches.get(each.request.id) == []]
    found = {each.request.id: board.rank(db, each.need, now=network.now, limit=1) for each in lost}
    return {str(ask): ranked.reason_none for ask, ranked in found.items() if ranked.reason_none}


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
    verdicts = tuple(_named(each, read.nowhere) for each in explain(read.problem, plan))
    report(80, "worth")
    worths = worths_of(
        read.network,
        read.problem,
        plan,
        report=lambda percent, phase: report(80 + percent * 18 // 100, phase),
        should_stop=should_stop,
    )
    return Outcome(read.problem, plan, figures, verdicts, worths)


def _named(verdict: Verdict, nowhere: Mapping[str, str]) -> Verdict:
    if verdict.binding != Binding.NO_PLACE:
        return verdict
    return replace(verdict, reason=nowhere.get(verdict.ask, ""))


def _figures(problem: Problem, plan: Plan) -> dict[str, Any]:
    reach = dict(plan.reach)
    whole = measured(problem, plan.given, reach=reach)
    return {
        "bound": plan.bound,
        "gap_percent": gap_percent(plan.objective, plan.bound),
        "is_proven": plan.is_proven,
        "common_share": plan.share / MILLION,
        "floor": plan.floor / MILLION,
        "ldc_demand": whole.ldc_demand / MILLION,
        "requests": len(problem.asks),
        "slots": len({place.id.partition("/")[0] for place in problem.places}),
        "matches": sum(bool(arc.covers) for arc in problem.arcs),
        "asked": whole.asked,
        "countries": len(whole.countries),
        "reach": reach,
        "left_out": list(plan.left_out),
        "plan": plan_figures(whole),
        "greedy": plan_figures(measured(problem, greedy(problem), reach=reach)),
        "round_robin": plan_figures(measured(problem, round_robin(problem), reach=reach)),
    }


def plan_figures(figures: Figures) -> dict[str, Any]:
    """The figures of one plan as they are kept: shares from 0 to 1."""
    return {
        "objective": figures.objective,
        "value": figures.value,
        "people": figures.covered,
        "seats": figures.seats,
        "lowest_share": figures.lowest / MILLION,
        "jain": figures.jain / MILLION,
        "ldc_share": figures.ldc_coverage / MILLION,
    }


def measured(problem: Problem, given: Sequence[Given], *, reach: Mapping[str, int]) -> Figures:
    """The figures of any plan of the problem; ``reach`` is what each country could have alone."""
    return measure(problem, given, reach=reach, ldc=countries.in_region("LDC"))
