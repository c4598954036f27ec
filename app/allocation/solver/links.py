"""The arcs of a problem with their ends, sorted by ask and place, without those of no use."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.allocation.rules.facts import Arc, Ask, Place, Problem


@dataclass(frozen=True, slots=True)
class Link:
    """An arc with its ends, the most seats it can ever carry, its unknown, and seats per unit."""

    arc: Arc
    ask: Ask
    place: Place
    most: int
    column: int = -1
    unit: int = 1


def links_of(problem: Problem) -> Iterator[Link]:
    """Every arc that can carry a seat.

    Raises:
        KeyError: An arc names an ask or a place that is not there.
        ValueError: Two arcs have the same ask and place.
    """
    if len({(arc.ask, arc.place) for arc in problem.arcs}) < len(problem.arcs):
        msg = "Two arcs have the same ask and place."
        raise ValueError(msg)
    asks = {ask.id: ask for ask in problem.asks}
    places = {place.id: place for place in problem.places}
    for arc in sorted(problem.arcs, key=lambda arc: (arc.ask, arc.place)):
        link = _link(arc, asks[arc.ask], places[arc.place])
        if link.most > 0:
            yield link


def _link(arc: Arc, ask: Ask, place: Place) -> Link:
    """With the most seats that this ask could take there if nobody else were."""
    most = place.free
    if place.cap is not None:
        most = min(most, place.cap - dict(place.taken).get(ask.country, 0))
    if arc.covers:
        most = min(most, ask.seats, sum(ask.needs[need].people for need in arc.covers))
        if ask.together and most < ask.seats:
            most = 0
    return Link(arc, ask, place, max(0, most))
