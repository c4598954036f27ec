"""Two plans that need no solver, to hold the allocation against: each keeps every limit.

A place that ends below its minimum is closed and everything is given again, until all that run
may run.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle

from app.allocation.rules.facts import Ask, Given, Problem
from app.allocation.solver.links import Link
from app.allocation.solver.room import Room


def greedy(problem: Problem) -> tuple[Given, ...]:
    """The most urgent request takes all it can, then the next: urgency, significance, id."""
    return _until_all_run(problem, _give_in_order)


def round_robin(problem: Problem) -> tuple[Given, ...]:
    """Countries take one seat each in turn, for their most urgent request that still can."""
    return _until_all_run(problem, _give_in_turn)


def _until_all_run(problem: Problem, give: Callable[[Problem, Room], None]) -> tuple[Given, ...]:
    minimum = {place.id: place.minimum for place in problem.places if place.minimum > 1}
    closed = {place.id for place in problem.places if place.minimum > place.free}
    while True:
        room = Room(problem, closed)
        give(problem, room)
        given = room.given()
        taken: dict[str, int] = {}
        for line in given:
            taken[line.place] = taken.get(line.place, 0) + line.seats
        short = {place for place, seats in taken.items() if seats < minimum.get(place, 0)}
        if not short:
            return given
        closed |= short


def _give_in_order(problem: Problem, room: Room) -> None:
    for ask in _by_urgency(problem.asks):
        for link in _best_first(room.of(ask)):
            room.take(link, ask.seats)


def _give_in_turn(problem: Problem, room: Room) -> None:
    waiting = {
        country: _chances(room, [ask for ask in problem.asks if ask.country == country])
        for country in sorted({ask.country for ask in problem.asks})
    }
    for country in cycle(list(waiting)):
        if not waiting:
            return
        if country in waiting and not _takes_one(room, waiting[country]):
            del waiting[country]


def _chances(room: Room, asks: Iterable[Ask]) -> list[Link]:
    """Everything a country could take, the last first."""
    found = [link for ask in _by_urgency(asks) for link in _best_first(room.of(ask))]
    return found[::-1]


def _takes_one(room: Room, chances: list[Link]) -> bool:
    while chances:
        link = chances[-1]
        if room.take(link, link.ask.seats if link.ask.together else 1):
            return True
        chances.pop()
    return False


def _by_urgency(asks: Iterable[Ask]) -> list[Ask]:
    return sorted(asks, key=lambda ask: (-ask.urgency, -ask.significance, ask.id))


def _best_first(links: Iterable[Link]) -> Iterator[Link]:
    covering = [link for link in links if link.arc.covers]
    yield from sorted(covering, key=lambda link: (-link.arc.score, link.place.id))
