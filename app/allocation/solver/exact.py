"""Small and medium problems: what each country could reach, the best common share, the best plan.

Three stages, each a whole-number program:

0. For every country: the most people it could cover if it were alone in the network.
1. The largest share F such that every country can cover at least F of that, all at once.
2. The plan worth most among those that leave every country at least ``floor_percent`` of F.

In medium problems F is that of parts of people as long as whole people can have what it guarantees:
that is never less than the guarantee of their own best share, and spares the slowest search.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.allocation.rules import objective
from app.allocation.rules.facts import Plan, Problem
from app.allocation.rules.objective import PERSON, seat_gain
from app.allocation.solver.engine import Answer, Effort, Relaxation, maximise
from app.allocation.solver.model import Model, build

EXACT_ARCS = 4_000  # up to here the very best is looked for; above, within GAP of the bound
GAP = 0.002
ROOMY_PERCENT = 95  # a guarantee up to here mostly leaves whole people the room that they need
MILLION = 1_000_000
_NODES = 20_000
_HAIR, _SLACK = 1e-3, 1e-9  # of the solver's numbers, absolute and relative
_ALONE_DONE, _SHARE_DONE = 20, 50  # percent
_ALONE_TIME, _PARTS_TIME, _SHARE_TIME = 0.3, 0.5, 0.7  # of the time of a run

Report = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Floor:
    """The best common share, what it means for each country in people, and whether it is best.

    ``start`` is a point of the model that gives it, should nothing better be found.
    """

    share: Fraction
    at_least: Mapping[str, int]
    start: NDArray[np.float64]
    is_proven: bool
    left_out: tuple[str, ...] = ()


def solve_exact(problem: Problem, *, report: Report, should_stop: Callable[[], bool]) -> Plan:
    """The plan worth most under all limits and floors, with a bound on anything better.

    Raises:
        CancelledError: ``should_stop`` said so.
    """
    effort = Effort(
        gap=0.0 if len(problem.arcs) <= EXACT_ARCS else GAP,
        nodes=_NODES,
        until=time.monotonic() + problem.settings.seconds,
        should_stop=should_stop,
    )
    model = build(problem)
    reach, is_reach_proven = reachable(problem, _part(effort, problem, _ALONE_TIME), report)
    if not model.links:
        nobody = tuple(sorted(reach.items()))
        return Plan(
            (), 0, 0, MILLION, MILLION * problem.settings.floor_percent // 100, True, nobody
        )
    report(_ALONE_DONE, "share")
    percent = problem.settings.floor_percent
    found = None
    if len(problem.arcs) > EXACT_ARCS and percent <= ROOMY_PERCENT:
        found = in_parts(model, reach, percent, _part(effort, problem, _PARTS_TIME), report)
    if found is None:
        floor = common_share(model, reach, percent, _part(effort, problem, _SHARE_TIME))
        report(_SHARE_DONE, "value")
        # Without a start: repairing one takes twice as long as finding a better plan from nothing.
        found = floor, best_value(model, floor.at_least, effort)
    floor, answer = found
    points = [floor.start] if answer.values is None else [answer.values, floor.start]
    plans = [model.given(values) for values in points]
    given = max(plans, key=lambda each: objective.objective(problem, each))
    worth = objective.objective(problem, given)
    share = int(floor.share * MILLION)
    return Plan(
        given,
        worth,
        max(worth, whole_bound(min(answer.bound, most_possible(problem)))),
        share,
        share * problem.settings.floor_percent // 100,
        is_reach_proven and floor.is_proven and answer.is_proven,
        tuple(sorted(reach.items())),
        floor.left_out,
    )


def reachable(problem: Problem, effort: Effort, report: Report) -> tuple[dict[str, int], bool]:
    """For each country the most people that it could cover alone in the network (stage 0).

    The second value says whether each of them is proven to be the most.
    """
    countries = sorted({ask.country for ask in problem.asks})
    reach, is_proven = {}, True
    for done, country in enumerate(countries):
        report(_ALONE_DONE * done // len(countries), "alone")
        reach[country], is_sure = _alone(_only(problem, country), effort)
        is_proven = is_proven and is_sure
    return reach, is_proven


def _part(effort: Effort, problem: Problem, share: float) -> Effort:
    """The same effort, which ends when so much of the run's time is used."""
    return replace(effort, until=effort.until - problem.settings.seconds * (1 - share))


def in_parts(
    model: Model, reach: Mapping[str, int], percent: int, effort: Effort, report: Report
) -> tuple[Floor, Answer] | None:
    """Stages 1 and 2 at once: the best share of parts of people, and the best plan it guarantees.

    No plan can give all countries more than that share. None when whole people were not found
    for its guarantee, or it guarantees nothing.
    """
    reach = {country: people for country, people in sorted(reach.items()) if people}
    shares = _shares(reach)
    share = shares[_first_impossible(model, reach, shares, effort) - 1] if shares else Fraction(0)
    if not share:
        return None
    report(_SHARE_DONE, "value")
    at_least = _people(share * percent / 100, reach)
    answer = best_value(model, at_least, effort)
    if answer.values is None:
        return None
    return Floor(share, at_least, answer.values, is_proven=True), answer


def common_share(model: Model, reach: Mapping[str, int], percent: int, effort: Effort) -> Floor:
    """The largest share of its reach that every country can have at once (stage 1).

    It is a fraction of whole people of some country, and what is possible at a share is possible
    at every lower one, so it is looked up by halving: first without whole people, which is quick
    and only excludes, then with them.

    Where not every country can have somebody covered at once, as few as possible are left out,
    and the share is that of the others: one collision would else end the guarantee of all.
    """
    reach = {country: people for country, people in sorted(reach.items()) if people}
    floor = _floor_of(model, reach, percent, effort)
    if floor.share or not reach:
        return floor
    served = _most_served(model, reach, effort)
    inside = {country: people for country, people in reach.items() if country in served}
    again = _floor_of(model, inside, percent, effort)
    return replace(again, left_out=tuple(country for country in reach if country not in served))


def _floor_of(model: Model, reach: Mapping[str, int], percent: int, effort: Effort) -> Floor:
    shares = _shares(reach)
    best, start, is_proven = _highest(model, reach, shares, effort)
    share = shares[best] if shares else Fraction(1)
    return Floor(share, _people(share * percent / 100, reach), start, is_proven)


def _shares(reach: Mapping[str, int]) -> list[Fraction]:
    """Every share that is a number of whole people of some country, ascending from 0."""
    return sorted({Fraction(k, people) for people in reach.values() for k in range(people + 1)})


def _most_served(model: Model, reach: Mapping[str, int], effort: Effort) -> set[str]:
    """The countries of the plan worth most among those that serve as many as possible."""
    gains = [0.0] * len(model.columns.gain)
    columns = replace(
        model.columns,
        lower=[*model.columns.lower],
        upper=[*model.columns.upper],
        gain=gains,
        whole=[*model.columns.whole],
    )
    rows = model.rows.copy()
    is_served = {country: columns.add(1, 1.0) for country in reach}
    for country, column in is_served.items():
        cover, factors = model.cover[country]
        rows.add([*cover, column], [*factors, -1.0], at_least=0)
    most = maximise(columns, rows, replace(effort, gap=0.0))
    if most.values is None:
        return set()
    count = sum(round(float(most.values[column])) for column in is_served.values())
    rows.add(list(is_served.values()), [1.0] * len(is_served), at_least=count)
    columns.gain = [*model.columns.gain, *([0.0] * len(is_served))]
    answer = maximise(columns, rows, effort, start=most.values)
    values = most.values if answer.values is None else answer.values
    return {country for country, column in is_served.items() if round(float(values[column]))}


def _highest(
    model: Model, reach: Mapping[str, int], shares: Sequence[Fraction], effort: Effort
) -> tuple[int, NDArray[np.float64], bool]:
    """The position of the highest share that whole people can have, a point that gives it."""
    possible, point, is_proven = 0, np.zeros(len(model.columns.upper)), True
    impossible = _first_impossible(model, reach, shares, effort)
    step = 1
    while impossible - possible > 1:
        # Downwards from the top by growing steps, since it is mostly near; then by halving.
        tried = max(impossible - step, (possible + impossible) // 2)
        at_least = _people(shares[tried], reach)
        answer = best_value(model, at_least, effort, any_will_do=True)
        if answer.values is None:
            impossible, step = tried, 2 * step
            is_proven = is_proven and answer.is_impossible
        else:
            possible, point = tried, answer.values
    return possible, point, is_proven


def _first_impossible(
    model: Model, reach: Mapping[str, int], shares: Sequence[Fraction], effort: Effort
) -> int:
    """The position of the lowest share that not even parts of people can have."""
    rows = model.rows.copy()
    row_of = {}
    for country in reach:
        row_of[country] = rows.count
        rows.add(*model.cover[country], at_least=0)
    relaxation = Relaxation(model.columns, rows, effort)
    possible, impossible = 0, len(shares)
    while impossible - possible > 1:
        middle = (possible + impossible) // 2
        people = _people(shares[middle], reach)
        if relaxation.is_possible({row_of[country]: least for country, least in people.items()}):
            possible = middle
        else:
            impossible = middle
    return impossible


def _people(share: Fraction, reach: Mapping[str, int]) -> dict[str, int]:
    """Whole people of each country that make at least this share of its reach."""
    return {country: math.ceil(share * people) for country, people in reach.items()}


def best_value(
    model: Model,
    at_least: Mapping[str, int],
    effort: Effort,
    *,
    any_will_do: bool = False,
) -> Answer:
    """The point worth most that covers at least so many people of each country (stage 2)."""
    rows = model.rows.copy()
    for country, people in sorted(at_least.items()):
        if people > 0:
            rows.add(*model.cover[country], at_least=people)
    return maximise(model.columns, rows, effort, any_will_do=any_will_do)


def whole_bound(bound: float) -> int:
    """A bound on whole numbers, from a float that may be a hair too low.

    Raises:
        ValueError: There is no bound.
    """
    if not math.isfinite(bound):
        msg = "Nothing bounds the objective."
        raise ValueError(msg)
    return math.floor(bound + _HAIR + abs(bound) * _SLACK)


def most_possible(problem: Problem) -> int:
    """What nothing can exceed, however little the search has shown: everybody is covered."""
    everybody = sum(need.value * need.people for ask in problem.asks for need in ask.needs)
    best = max((max(0, seat_gain(arc)) for arc in problem.arcs), default=0)
    seats = sum(place.free for place in problem.places)
    kept = everybody * PERSON * problem.settings.stability_percent // 100
    return everybody * PERSON + best * seats + kept


def _alone(problem: Problem, effort: Effort) -> tuple[int, bool]:
    model = build(problem)
    if not model.links:
        return 0, True
    gains = [0.0] * len(model.columns.gain)
    for columns, factors in model.cover.values():
        for column, factor in zip(columns, factors, strict=True):
            gains[column] = factor
    alone = replace(model.columns, gain=gains)
    answer = maximise(alone, model.rows, replace(effort, gap=0.0))
    if answer.values is None:
        return 0, False
    people = objective.covered_by_country(problem, model.given(answer.values))
    return sum(people.values()), answer.is_proven


def _only(problem: Problem, country: str) -> Problem:
    asks = tuple(ask for ask in problem.asks if ask.country == country)
    inside = {ask.id for ask in asks}
    arcs = tuple(arc for arc in problem.arcs if arc.ask in inside)
    return replace(problem, asks=asks, arcs=arcs, previous=())
