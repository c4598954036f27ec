"""The best plan of a tiny problem, by trying every one that the checker accepts."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

from app.allocation.rules.facts import Given, Problem
from tests.allocation.checker import complaints

Best = tuple[Fraction, int]
_Tried = list[tuple[dict[str, int], int]]


def best(problem: Problem) -> set[Best]:
    """The best common share, and the most any plan is worth that keeps the floor.

    Several where countries that cannot all be served can be left out in several ways.
    """
    countries = {ask.country for ask in problem.asks}
    reach = {country: _reach(problem, country) for country in countries}
    plans = [(covered(problem, given), worth(problem, given)) for given in every_plan(problem)]
    whole = _best(problem, plans, reach)
    if whole[0]:
        return {whole}
    count = max(_served(people) for people, _ in plans)
    most = max(worth for people, worth in plans if _served(people) == count)
    return {
        _best(problem, plans, {name: reach[name] for name, n in people.items() if n})
        for people, worth in plans
        if _served(people) == count and worth == most
    }


def _best(problem: Problem, plans: _Tried, reach: dict[str, int]) -> Best:
    share = max(_share(people, reach) for people, _ in plans)
    floor = share * problem.settings.floor_percent / 100
    return share, max(worth for people, worth in plans if _share(people, reach) >= floor)


def _served(people: dict[str, int]) -> int:
    return sum(count > 0 for count in people.values())


def every_plan(problem: Problem) -> Iterator[tuple[Given, ...]]:
    """All plans that keep every limit."""
    free = {place.id: place.free for place in problem.places}
    counts = [range(free[arc.place] + 1) for arc in problem.arcs]
    for chosen in product(*counts):
        given = tuple(
            Given(arc.ask, arc.place, seats)
            for arc, seats in zip(problem.arcs, chosen, strict=True)
            if seats
        )
        if not complaints(problem, given):
            yield given


def covered(problem: Problem, given: tuple[Given, ...]) -> dict[str, int]:
    """Covered people by country."""
    people = dict.fromkeys((ask.country for ask in problem.asks), 0)
    for ask in problem.asks:
        for number in range(len(ask.needs)):
            people[ask.country] += _of_need(problem, given, ask.id, number)
    return people


def worth(problem: Problem, given: tuple[Given, ...]) -> int:
    """The objective, written out once more."""
    total = 0
    for ask in problem.asks:
        for number, need in enumerate(ask.needs):
            total += 1000 * need.value * _of_need(problem, given, ask.id, number)
    for arc in problem.arcs:
        seats = sum(g.seats for g in given if (g.ask, g.place) == (arc.ask, arc.place))
        total -= seats * (((10_000 - arc.score) // 200 if arc.covers else 0) + arc.cost)
    return total


def _of_need(problem: Problem, given: tuple[Given, ...], ask: str, number: int) -> int:
    fits = {arc.place for arc in problem.arcs if arc.ask == ask and number in arc.covers}
    people = next(one for one in problem.asks if one.id == ask).needs[number].people
    return min(people, sum(g.seats for g in given if g.ask == ask and g.place in fits))


def _reach(problem: Problem, country: str) -> int:
    asks = tuple(ask for ask in problem.asks if ask.country == country)
    names = {ask.id for ask in asks}
    alone = replace(problem, asks=asks, arcs=tuple(arc for arc in problem.arcs if arc.ask in names))
    return max(sum(covered(alone, given).values()) for given in every_plan(alone))


def _share(people: dict[str, int], reach: dict[str, int]) -> Fraction:
    shares = [Fraction(people[name], most) for name, most in reach.items() if most]
    return min([Fraction(1), *shares])
