"""What one more slot would be worth: estimated from prices, and checked by adding it.

Every country keeps the guarantee that the plan gave it, so another slot is never worth less than
nothing. The estimate is what the slot's seats would gain beyond the prices that the network, in
parts of people, pays for people and floors already. It is too high rather than too low: prices
fall as more seats come.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from app.allocation.rules import objective
from app.allocation.rules.facts import Arc, Given, Place, Plan, Problem
from app.allocation.solver.engine import Effort, maximise
from app.allocation.solver.exact import best_value, most_possible
from app.allocation.solver.large_network import (
    Network,
    Numbers,
    Positions,
    cut,
    neighbours,
    network,
)
from app.allocation.solver.model import build
from app.allocation.solver.worth_prices import estimates

WHOLE_ARCS = 4_000
"""Up to here a check solves the whole network again; above, what is near the slot."""
CHECKS = 12
MILLION = 1_000_000
_NODES = 20_000
_ESTIMATED = 20  # percent
_HOPS = 2  # from the slot to those it fits, and on to where they could sit

Report = Callable[[int, str], None]


class Check(StrEnum):
    """How sure a worth is."""

    ESTIMATE = "estimate"
    NEARBY = "nearby"
    """People were moved near the slot and nowhere else: it is worth at least this."""
    WHOLE = "whole"
    """The whole network was planned again: it is worth exactly this."""


@dataclass(frozen=True, slots=True)
class Added:
    """A slot that is not there yet, with what it would fit.

    Of each ``kind`` only the one with the highest estimate is checked. The place's id is not one
    of the problem's.
    """

    place: Place
    arcs: tuple[Arc, ...]
    kind: Hashable = None


@dataclass(frozen=True, slots=True)
class Worth:
    """What a slot would add to the plan, in thousandths of value, and never more than ``at_most``.

    ``people`` and ``countries`` are those whom it would newly serve, less those who would lose;
    of an estimate, those who would sit on it.
    """

    place: str
    worth: int
    at_most: int
    people: int
    countries: int
    check: Check = Check.ESTIMATE


@dataclass(frozen=True, slots=True)
class _Case:
    problem: Problem
    plan: Plan
    added: tuple[Added, ...]
    at_least: Mapping[str, int]
    effort: Effort


def worth_of_slots(
    problem: Problem,
    plan: Plan,
    added: Sequence[Added],
    *,
    report: Report,
    should_stop: Callable[[], bool],
    checks: int = CHECKS,
) -> list[Worth]:
    """The worth of each slot, added alone; by estimate, highest first, then by id.

    Args:
        problem: What was planned.
        plan: The plan of it.
        added: Any number, in any order.
        report: Told the percent done.
        should_stop: Asked often.
        checks: How many of them are checked, from the top; one of each kind.

    Raises:
        CancelledError: ``should_stop`` said so.
    """
    if not added:
        return []
    effort = Effort(
        nodes=_NODES, until=time.monotonic() + problem.settings.seconds, should_stop=should_stop
    )
    ordered = tuple(sorted(added, key=lambda each: each.place.id))
    case = _Case(problem, plan, ordered, guaranteed(plan), effort)
    net = network(build(_with(problem, ordered)))
    found = _estimated(case, net)
    report(_ESTIMATED, "worth")
    check: _Whole | _Nearby = _Nearby(case, net)
    if len(problem.arcs) <= WHOLE_ARCS:
        check = _Whole(case)
    top = _first_of_kinds(found, {each.place.id: each for each in ordered}, checks)
    done = {}
    for number, (worth, slot) in enumerate(top):
        report(_ESTIMATED + (100 - _ESTIMATED) * number // len(top), "worth")
        done[worth.place] = check.of(worth, slot)
    return [done.get(worth.place, worth) for worth in found]


def guaranteed(plan: Plan) -> dict[str, int]:
    """Whole people whom each country has for certain; countries without any are not named."""
    people = {country: -(-plan.floor * most // MILLION) for country, most in plan.reach}
    return {
        country: least
        for country, least in people.items()
        if least and country not in plan.left_out
    }


def _with(problem: Problem, added: Sequence[Added]) -> Problem:
    places = (*problem.places, *(each.place for each in added))
    arcs = (*problem.arcs, *(arc for each in added for arc in each.arcs))
    return replace(problem, places=places, arcs=arcs)


def _first_of_kinds(
    worths: Sequence[Worth], added: Mapping[str, Added], most: int
) -> list[tuple[Worth, Added]]:
    first: dict[Hashable, tuple[Worth, Added]] = {}
    for worth in worths:
        slot = added[worth.place]
        if worth.worth > 0:
            first.setdefault(worth.place if slot.kind is None else slot.kind, (worth, slot))
    return list(first.values())[:most]


def _estimated(case: _Case, net: Network) -> list[Worth]:
    places = {each.place.id: each.place for each in case.added}
    found = estimates(net, places, case.at_least, case.effort)
    spare = max(0, int(min(found.most, most_possible(case.problem))) - case.plan.objective)
    worths = [
        Worth(each.place, each.value, each.value + spare, each.people, each.countries)
        for each in found.slots
    ]
    return sorted(worths, key=lambda worth: (-worth.worth, worth.place))


class _Whole:
    """Checks by planning the whole network again, with and without the slot."""

    def __init__(self, case: _Case) -> None:
        self._case = case
        self._before = self._plan(case.problem)

    def of(self, worth: Worth, slot: Added) -> Worth:
        """What the slot is worth exactly; the estimate where time did not allow to be sure."""
        larger = _with(self._case.problem, [slot])
        after = self._plan(larger)
        if self._before is None or after is None:
            return worth
        gained = objective.objective(larger, after)
        gained -= objective.objective(self._case.problem, self._before)
        people, countries = _served(larger, self._before, after)
        return Worth(worth.place, gained, gained, people, countries, Check.WHOLE)

    def _plan(self, problem: Problem) -> tuple[Given, ...] | None:
        model = build(problem)
        if not model.links:
            return ()
        answer = best_value(model, self._case.at_least, self._case.effort)
        if answer.values is None or not answer.is_proven:
            return None
        return model.given(answer.values)


class _Nearby:
    """Checks by planning again what is near the slot, while all else stays as the plan has it."""

    def __init__(self, case: _Case, net: Network) -> None:
        self._case = case
        self._net = net
        self._is_seat = np.zeros(len(net.gain), dtype=bool)
        self._is_seat[[link.column for link in net.model.links]] = True
        names = {each.place.id for each in case.added}
        self._new: dict[str, list[int]] = {name: [] for name in names}
        for link in net.model.links:
            if link.place.id in names:
                self._new[link.place.id].append(link.column)
        self._values = self._point()

    def of(self, worth: Worth, slot: Added) -> Worth:
        """What the slot is worth at least; the estimate where nothing was found."""
        net, free = self._net, self._near(slot.place.id)
        low = net.lows(self._case.at_least)
        part = cut(net, free, self._values, net.gain, low)
        answer = maximise(*part, self._case.effort)
        if answer.values is None:
            return worth
        values = self._values.copy()
        values[free] = np.rint(answer.values)
        larger = _with(self._case.problem, [slot])
        after = net.model.given(values)
        gained = objective.objective(larger, after) - self._case.plan.objective
        if gained < 0:
            return worth
        people, countries = _served(larger, self._case.plan.given, after)
        most = max(gained, worth.at_most)
        return Worth(worth.place, gained, most, people, countries, Check.NEARBY)

    def _near(self, place: str) -> Positions:
        """The slot's unknowns, those of the requests it fits, and of the places these fit."""
        others = [column for name, own in self._new.items() if name != place for column in own]
        free = np.array(self._new[place], dtype=np.int64)
        for _ in range(_HOPS):
            free = np.setdiff1d(neighbours(self._net, free), others)
        return free

    def _point(self) -> Numbers:
        """The plan as values of all unknowns."""
        net = self._net
        seats = {(line.ask, line.place): line.seats for line in self._case.plan.given}
        values = np.zeros(len(net.gain))
        for link in net.model.links:
            values[link.column] = seats.get((link.ask.id, link.place.id), 0) / link.unit
        rest = np.flatnonzero(~self._is_seat)
        if len(rest):
            answer = maximise(*cut(net, rest, values, net.gain), self._case.effort)
            if answer.values is not None:
                values[rest] = np.rint(answer.values)
        return values


def _served(problem: Problem, before: Sequence[Given], after: Sequence[Given]) -> tuple[int, int]:
    """People newly served, less those who lose, and the countries that gain."""
    old = objective.covered_by_country(problem, before)
    new = objective.covered_by_country(problem, after)
    more = [new[country] - old[country] for country in new]
    return max(0, sum(more)), sum(count > 0 for count in more)
