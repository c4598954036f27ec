"""Why each request got so much and not more, looked up in what the plan leaves, place by place.

Nothing is guessed: a limit is named only for a place where it is the one thing that stands against
more seats, everything else staying as it is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.allocation.rules import objective
from app.allocation.rules.facts import Arc, Ask, Place, Plan, Problem
from app.allocation.rules.limits import Broken, Limit, Line, of_ask, of_place
from app.allocation.rules.verdicts import Binding, Verdict

_MILLION = 1_000_000
_ORDER = list(Binding)


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """What stands against more seats on one place."""

    arc: Arc
    binding: Binding
    have: int = 0
    bound: int = 0
    by: Ask | None = None


def explain(problem: Problem, plan: Plan) -> tuple[Verdict, ...]:
    """A verdict for every ask, sorted by ask."""
    state = _State(problem, plan)
    return tuple(_verdict(state, ask) for ask in sorted(problem.asks, key=lambda ask: ask.id))


def explain_again(problem: Problem, before: Plan, after: Plan) -> tuple[Verdict, ...]:
    """The verdicts that can differ between two plans of the problem, as ``after`` has them.

    Those of asks whose seats moved, of asks that fit a place where seats moved, or one where people
    may be missing who moved, or one whose seats may have gone to a country for its floor.
    """
    old, new = _State(problem, before), _State(problem, after)
    moved = set(before.given) ^ set(after.given)
    asks = {line.ask for line in moved}
    places = {line.place for line in moved}
    places |= {
        arc.place for ask in asks for arc in problem.arcs_of[ask] if new.places[arc.place].minimum
    }
    for state in (old, new):
        for ask in old.at_floor ^ new.at_floor:
            places |= {line.place.id for line in state.of_ask.get(ask, ())}
    asks |= {arc.ask for place in places for arc in problem.arcs_to[place]}
    return tuple(_verdict(new, new.asks[ask]) for ask in sorted(asks))


class _State:
    """A plan, opened for looking things up."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.is_proven = plan.is_proven
        self.problem = problem
        self.places = {place.id: place for place in problem.places}
        self.asks = {ask.id: ask for ask in problem.asks}
        self.of_ask: dict[str, list[Line]] = defaultdict(list)
        self.of_place: dict[str, list[Line]] = defaultdict(list)
        for each in plan.given:
            ask, place = self.asks[each.ask], self.places[each.place]
            line = Line(ask, place, problem.fits[each.ask, each.place], each.seats)
            self.of_ask[each.ask].append(line)
            self.of_place[each.place].append(line)
        self.covered = objective.covered_by_ask(problem, plan.given)
        people = objective.covered_by_country(problem, plan.given)
        above = {
            country: people.get(country, 0) - math.ceil(plan.floor * reach / _MILLION)
            for country, reach in plan.reach
            if country not in plan.left_out
        }
        self.at_floor = {
            ask
            for ask in self.of_ask
            if self._loss(self.asks[ask]) > above.get(self.asks[ask].country, math.inf)
        }

    def _loss(self, ask: Ask) -> int:
        """People who go with a seat of the ask: one, or all of a group that stays together."""
        return sum(self.covered[ask.id]) if ask.together else 1

    def given(self, ask: Ask) -> int:
        return sum(line.seats for line in self.of_ask[ask.id] if line.arc.covers)

    def is_met(self, ask: Ask) -> bool:
        return sum(self.covered[ask.id]) == _asked(ask)

    def lacks(self, ask: Ask, need: int) -> bool:
        return self.covered[ask.id][need] < ask.needs[need].people

    def broken_by(self, arc: Arc, more: int) -> list[Broken]:
        """What so many more seats would break, all else as it is."""
        line = Line(self.asks[arc.ask], self.places[arc.place], arc, more)
        return [
            *of_ask(_added(self.of_ask[arc.ask], line)),
            *of_place(_added(self.of_place[arc.place], line)),
        ]

    def could_come(self, place: Place) -> int:
        """People who fit a place that does not run, as far as caps let them.

        Those without a seat; and those to whom somebody gave one there by hand.
        """
        taken = self.of_place[place.id]
        by_country: Counter[str] = Counter()
        for arc in self.problem.arcs_to[place.id]:
            ask = self.asks[arc.ask]
            if arc.covers and not self.is_met(ask):
                by_country[ask.country] += self._could_come(ask, arc, place)
        if place.cap is not None:
            for country in by_country:
                left = place.cap - dict(place.taken).get(country, 0)
                left -= sum(line.seats for line in taken if line.ask.country == country)
                by_country[country] = max(0, min(by_country[country], left))
        return min(place.free, sum(by_country.values()) + sum(line.seats for line in taken))

    def _could_come(self, ask: Ask, arc: Arc, place: Place) -> int:
        """The most of one ask that its own limits allow there."""
        most = place.free
        if place.cap is not None:
            most = min(most, place.cap - dict(place.taken).get(ask.country, 0))
        sizes = (ask.seats,) if ask.together else range(ask.seats - self.given(ask), 0, -1)
        for more in sizes:
            line = Line(ask, place, arc, more)
            if more <= most and not list(of_ask(_added(self.of_ask[ask.id], line))):
                return more
        return 0


def _added(lines: Sequence[Line], more: Line) -> list[Line]:
    same = [line for line in lines if (line.ask.id, line.place.id) == (more.ask.id, more.place.id)]
    rest = [line for line in lines if line not in same]
    return [*rest, replace(more, seats=more.seats + sum(line.seats for line in same))]


def _verdict(state: _State, ask: Ask) -> Verdict:
    verdict = Verdict(ask.id, _asked(ask), sum(state.covered[ask.id]), Binding.MET)
    if state.is_met(ask):
        return verdict
    more = ask.seats if ask.together else 1
    arcs = [arc for arc in state.problem.arcs_of.get(ask.id, ()) if arc.covers]
    found = [_obstacle(state, ask, arc, more) for arc in arcs]
    useful = [each for each in found if each.binding != Binding.MET]
    if not useful:
        some = any(state.lacks(ask, need) for arc in arcs for need in arc.covers)
        if ask.together and some:
            return replace(verdict, binding=Binding.ONE_DATE, bound=ask.seats)
        return replace(verdict, binding=Binding.NO_PLACE)
    counts = Counter(each.binding for each in useful)
    alone = [binding for binding in counts if binding != Binding.SEVERAL]
    if not alone:
        return replace(verdict, binding=Binding.SEVERAL, counts=_plain(counts))
    binding = min(alone, key=lambda each: (-counts[each], _ORDER.index(each)))
    mine = [each for each in useful if each.binding == binding]
    best = min(mine, key=lambda each: (-_nearness(each), -each.arc.score, each.arc.place))
    return Verdict(
        ask.id,
        verdict.asked,
        verdict.given,
        binding,
        best.arc.place,
        more,
        best.have,
        best.bound,
        best.by.urgency if best.by else 0,
        best.by.significance if best.by else 0,
        _plain(counts),
    )


def _nearness(obstacle: _Obstacle) -> int:
    """Of groups that find no room, the place with most seats; of minimums, the nearest."""
    return obstacle.have if obstacle.binding in {Binding.TOGETHER, Binding.MINIMUM} else 0


def _plain(counts: Counter[Binding]) -> dict[str, int]:
    return {str(binding): counts[binding] for binding in _ORDER if counts[binding]}


def _obstacle(state: _State, ask: Ask, arc: Arc, more: int) -> _Obstacle:
    broken = state.broken_by(arc, more)
    limits = {each.limit for each in broken}
    if limits & {Limit.NEED, Limit.SEATS}:
        return _Obstacle(arc, Binding.MET)  # a seat here would cover nobody who lacks something
    if not broken:
        return _Obstacle(arc, _left_over(state, ask, arc, more))
    if len(limits) > 1:
        return _Obstacle(arc, Binding.SEVERAL)
    return _single(state, ask, arc, broken[0])


def _single(state: _State, ask: Ask, arc: Arc, one: Broken) -> _Obstacle:
    place, more = state.places[arc.place], ask.seats if ask.together else 1
    if one.limit == Limit.FREE:
        return _full(state, ask, arc, more)
    if one.limit == Limit.MINIMUM:
        return _too_few(state, ask, arc, one)
    if one.limit == Limit.CHAIN:
        return _Obstacle(arc, Binding.CHAIN, one.have, one.bound)
    if one.limit == Limit.CAP and not ask.together:
        return _Obstacle(arc, Binding.CAP, place.cap or 0, place.cap or 0)
    if one.limit == Limit.CAP:
        return _Obstacle(arc, Binding.TOGETHER, one.bound - (one.have - more), more)
    return _Obstacle(arc, Binding.SEVERAL)


def _too_few(state: _State, ask: Ask, arc: Arc, one: Broken) -> _Obstacle:
    have = state.could_come(state.places[arc.place])
    if have < one.bound:
        return _Obstacle(arc, Binding.MINIMUM, have, one.bound)
    left = _left_over(state, ask, arc, ask.seats if ask.together else 1)
    # Enough people, and yet nothing better exists: groups or caps do not add up to the minimum.
    is_mixed = left == Binding.LEFT and state.is_proven
    return _Obstacle(arc, Binding.SEVERAL if is_mixed else left)


def _full(state: _State, ask: Ask, arc: Arc, more: int) -> _Obstacle:
    place, lines = state.places[arc.place], state.of_place[arc.place]
    left = place.free - sum(line.seats for line in lines)
    if more > 1 and (left > 0 or place.free < more):
        return _Obstacle(arc, Binding.TOGETHER, left, more)
    others = [line.ask for line in lines if line.ask.id != ask.id]
    lower = [other for other in others if _value(other) < _value(ask)]
    if others and all(_value(other) > _value(ask) for other in others):
        least = min(others, key=lambda other: (_value(other), other.urgency, other.id))
        return _Obstacle(arc, Binding.HIGHER, place.free, place.free, least)
    if lower and all(other.id in state.at_floor for other in lower):
        return _Obstacle(arc, Binding.FLOOR, place.free, place.free)
    return _Obstacle(arc, Binding.FULL, place.free, place.free)


def _left_over(state: _State, ask: Ask, arc: Arc, more: int) -> Binding:
    covered = state.covered[ask.id]
    gain = more * objective.seat_gain(arc)
    for need in arc.covers:
        lacking = ask.needs[need].people - covered[need]
        gain += min(more, lacking) * ask.needs[need].value * objective.PERSON
    return Binding.COST if gain <= 0 else Binding.LEFT


def _asked(ask: Ask) -> int:
    """People of each skill, added up, as the page of the request counts them."""
    return sum(need.people for need in ask.needs)


def _value(ask: Ask) -> int:
    return ask.urgency * ask.significance
