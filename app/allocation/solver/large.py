"""Large networks: a plan and an honest bound in minutes, where the exact search takes hours.

Without whole people the problem is a linear programme whose best point is whole nearly
everywhere. So it is solved that way, which also bounds what any plan can be worth; then only what
is not whole yet is decided again, in whole people, together with all that it touches.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from app.allocation.rules import objective
from app.allocation.rules.facts import Given, Plan, Problem
from app.allocation.solver.baselines import greedy
from app.allocation.solver.engine import Effort, Optimum, Relaxation, maximise
from app.allocation.solver.exact import most_possible
from app.allocation.solver.large_network import (
    Network,
    Numbers,
    Positions,
    bound,
    covered_people,
    cut,
    is_within,
    neighbours,
    network,
    pieces,
    with_floors,
)
from app.allocation.solver.model import build

GAP = 0.02
STEPS = 250  # the best common share is looked up in parts of 0.4 %
MILLION = 1_000_000
_PART_GAP, _PART_NODES = 0.0005, 2_000
_HOPS = 5
_TRIES = 8
_MOST_LIFTED = 8_000  # unknowns decided at once for countries that fall short
_NOT_WHOLE = 1e-6
_ALONE_DONE, _SHARE_DONE = 20, 60  # percent
_SHARE_TIME = 0.7  # of the time of a run

Report = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class _Case:
    """A network with all that is needed to plan for it.

    ``reach`` tells for each country the most people that it could cover alone in the network;
    those in ``left_out`` have no guarantee.
    """

    problem: Problem
    net: Network
    relaxation: Relaxation
    effort: Effort
    reach: Mapping[str, int]
    left_out: tuple[str, ...] = ()

    def people(self, share: Fraction) -> dict[str, int]:
        """Whole people of each country that make at least this share of its reach."""
        return {
            country: 0 if country in self.left_out else math.ceil(share * people)
            for country, people in self.reach.items()
        }

    def best(self, at_least: Mapping[str, int]) -> Optimum | None:
        """The best point in parts of people; None if there is none, or none was found in time."""
        rows = {self.net.country_row[country]: least for country, least in at_least.items()}
        optimum = self.relaxation.best(rows, self.effort.until)
        return optimum if optimum is not None and optimum.finished else None

    def share(self, given: tuple[Given, ...]) -> Fraction:
        """The part of its reach that every country has by a plan."""
        covered = objective.covered_by_country(self.problem, given)
        shares = (
            Fraction(covered[country], most)
            for country, most in self.reach.items()
            if most and country not in self.left_out
        )
        return min([Fraction(1), *shares])


def solve_large(problem: Problem, *, report: Report, should_stop: Callable[[], bool]) -> Plan:
    """A plan near the best under all limits and floors, with a bound on anything better.

    The share is the highest for which whole people were found; without them it may be a little
    higher. The plan counts as proven when it is within :data:`GAP` of the bound.

    Raises:
        CancelledError: ``should_stop`` said so.
    """
    effort = Effort(
        gap=_PART_GAP,
        nodes=_PART_NODES,
        until=time.monotonic() + problem.settings.seconds,
        should_stop=should_stop,
    )
    effort.check()
    model = build(problem)
    if not model.links:
        return _plan(problem, (), 0, Fraction(1), {})
    net = network(model)
    reach = _reachable(net, effort, report)
    report(_ALONE_DONE, "share")
    case = _Case(problem, net, Relaxation(model.columns, net.rows, effort), effort, reach)
    case, fair = _fair(case, _until(effort, problem, _SHARE_TIME))
    share = case.share(fair)
    report(_SHARE_DONE, "value")
    given, most = _best_value(case, share * problem.settings.floor_percent / 100)
    plan = _plan(problem, fair if given is None else given, most, share, reach)
    return replace(plan, left_out=case.left_out)


def _plan(
    problem: Problem, given: tuple[Given, ...], most: int, share: Fraction, reach: Mapping[str, int]
) -> Plan:
    worth = objective.objective(problem, given)
    millionths = int(share * MILLION)
    nobody = {ask.country: 0 for ask in problem.asks}
    return Plan(
        given,
        worth,
        max(worth, most),
        millionths,
        millionths * problem.settings.floor_percent // 100,
        most - worth <= GAP * abs(most),
        tuple(sorted((nobody | dict(reach)).items())),
    )


def _reachable(net: Network, effort: Effort, report: Report) -> dict[str, int]:
    columns: dict[str, list[int]] = {country: [] for country in net.country_row}
    for link in net.model.links:
        columns[link.ask.country].append(link.column)
    is_seat = np.zeros(len(net.gain), dtype=bool)
    is_seat[[link.column for link in net.model.links]] = True
    reach = {}
    for done, (country, own) in enumerate(columns.items()):
        report(_ALONE_DONE * done // len(columns), "alone")
        seats = np.array(own, dtype=np.int64)
        near = neighbours(net, seats)
        free = np.union1d(seats, near[~is_seat[near]])
        reach[country] = _alone(net, country, free, effort)
    return reach


def _alone(net: Network, country: str, free: Positions, effort: Effort) -> int:
    """The most people that a country could cover if nobody else took a seat."""
    gain = np.zeros(len(net.gain))
    covering, factors = net.model.cover[country]
    np.add.at(gain, covering, factors)
    nobody = np.zeros(len(net.gain))
    answer = maximise(*cut(net, free, nobody, gain), replace(effort, gap=0.0))
    return 0 if answer.values is None else round(float(gain[free] @ answer.values))


def _until(effort: Effort, problem: Problem, part: float) -> Effort:
    """The same effort that ends when this part of the time of a run is over."""
    return replace(effort, until=effort.until - (1 - part) * problem.settings.seconds)


def _fair(case: _Case, effort: Effort) -> tuple[_Case, tuple[Given, ...]]:
    """Whole seats with the highest common share, and which countries that leaves out."""
    hurried = replace(case, effort=effort)
    fair = _common_share(hurried)
    if case.share(fair):
        return case, fair
    left_out = _left_out(hurried)
    if time.monotonic() > effort.until:  # then it says nothing, and nobody is guaranteed anything
        return case, fair
    fair = _common_share(replace(hurried, left_out=left_out))
    return replace(case, left_out=left_out), fair


def _common_share(case: _Case) -> tuple[Given, ...]:
    """Whole seats with the highest share for every country for which any were found."""
    possible, highest = _highest(case)
    for target in _downwards(possible):
        at_least = case.people(Fraction(target, STEPS))
        optimum = case.best(at_least)
        if optimum is not None:
            found = _guaranteed(case, at_least, optimum)
            if found is not None:
                return found
    values = None if highest is None else _whole(case, highest)
    return greedy(case.problem) if values is None else case.net.model.given(values)


def _highest(case: _Case) -> tuple[int, Optimum | None]:
    """The highest step that parts of people can have, and the point that shows it."""
    possible, impossible, highest = 0, STEPS + 1, None
    while impossible - possible > 1:
        middle = (possible + impossible) // 2
        optimum = case.best(case.people(Fraction(middle, STEPS)))
        if optimum is None:
            impossible = middle
        else:
            possible, highest = middle, optimum
    return possible, highest


def _left_out(case: _Case) -> tuple[str, ...]:
    """Countries without a guarantee, since not all can have somebody covered at once.

    They are let in one after the other, the one that could reach least first, as long as not even
    parts of people stand against it; then those are left out that whole people were not found for.
    """
    inside: dict[str, int] = dict.fromkeys(case.reach, 0)
    for country in sorted(case.reach, key=lambda name: (case.reach[name], name)):
        if case.reach[country] and case.best(inside | {country: 1}) is not None:
            inside[country] = 1
    optimum = case.best(inside)
    while optimum is not None and _guaranteed(case, inside, optimum) is None:
        values = _whole(case, optimum)
        short = inside if values is None else _short(case, inside, values)
        if not any(short.values()):
            break
        inside = {country: 0 if country in short else one for country, one in inside.items()}
        optimum = case.best(inside)
    return tuple(sorted(name for name, most in case.reach.items() if most and not inside[name]))


def _downwards(highest: int) -> Iterator[int]:
    """From the highest down to 0 by growing steps, since whole people are mostly found near it."""
    step = 1
    while highest > 0:
        yield highest
        highest, step = max(highest - step, highest // 2), 2 * step
    yield 0


def _best_value(case: _Case, share: Fraction) -> tuple[tuple[Given, ...] | None, int]:
    """The plan worth most that gives every country this share, and what none can exceed."""
    at_least = case.people(share)
    most = most_possible(case.problem)
    rows = {case.net.country_row[country]: least for country, least in at_least.items()}
    optimum = case.relaxation.best(rows, case.effort.until)
    if optimum is None:
        return None, most
    most = int(min(most, bound(case.net, case.net.lows(at_least), optimum.prices)))
    return (_guaranteed(case, at_least, optimum) if optimum.finished else None), most


def _guaranteed(
    case: _Case, at_least: Mapping[str, int], first: Optimum
) -> tuple[Given, ...] | None:
    """Whole seats that cover at least so many people of each country; None where none were found.

    Where whole people fall short of parts of them, more are aimed at, and at last the seats of
    those countries and all near them are decided again.
    """
    aim, optimum, last = dict(at_least), first, None
    for _ in range(_TRIES):
        values = _whole(case, optimum)
        if values is None:
            break
        last, short = values, _short(case, at_least, values)
        if not short:
            return case.net.model.given(values)
        aim = {name: least + short.get(name, -1) + 1 for name, least in aim.items()}
        again = case.best(aim)
        if again is None:
            break
        optimum = again
    return None if last is None else _lifted(case, at_least, last)


def _short(case: _Case, at_least: Mapping[str, int], values: Numbers) -> dict[str, int]:
    """How many people which countries lack."""
    covered = covered_people(case.net, values)
    return {
        name: least - covered[name] for name, least in at_least.items() if least > covered[name]
    }


def _lifted(case: _Case, at_least: Mapping[str, int], values: Numbers) -> tuple[Given, ...] | None:
    """Whole seats once those of countries that fall short, and more around them, are redecided."""
    net, short = case.net, _short(case, at_least, values)
    seats = [link.column for link in net.model.links if link.ask.country in short]
    free, before = neighbours(net, np.array(seats, dtype=np.int64)), 0
    while before < len(free) <= _MOST_LIFTED:
        part = cut(net, free, values, net.gain, net.lows(at_least))
        answer = maximise(*part, case.effort)
        if answer.values is not None:
            lifted = values.copy()
            lifted[free] = np.rint(answer.values)
            if is_within(net, lifted) and not _short(case, at_least, lifted):
                return net.model.given(lifted)
        free, before = neighbours(net, free), len(free)
    return None


def _whole(case: _Case, optimum: Optimum) -> Numbers | None:
    """Whole seats near a point that has parts of them; None where none were found.

    All stays that is whole; the rest is decided again together with what it touches, first the
    nearest, then more. People of countries at their floor count at its price, but it may be missed.
    """
    net = case.net
    values = np.rint(optimum.values)
    gain = with_floors(net, optimum.prices)
    small = replace(case.effort, until=math.inf)
    unsettled = np.flatnonzero(np.abs(optimum.values - values) > _NOT_WHOLE)
    for hop in range(_HOPS):
        failed = []
        for piece in pieces(net, neighbours(net, unsettled, in_asks=hop == 1)):
            answer = maximise(*cut(net, piece, values, gain), small)
            if answer.values is None:
                failed.append(piece)
            else:
                values[piece] = np.rint(answer.values)
        if not failed:
            break
        unsettled = np.concatenate(failed)
    return values if is_within(net, values) else None
