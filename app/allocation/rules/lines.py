"""Lines of a plan as people see and change them, and seats as the solver counts them. Pure."""

from collections.abc import Iterable, Mapping

from app.allocation.rules.facts import Given, Problem

Lines = Mapping[tuple[str, str], int]
"""Seats by ask and slot."""


def seats_by_slot(given: Iterable[Given]) -> dict[tuple[str, str], int]:
    """Seats by ask and slot: places of one slot (seats kept for groups) are put together."""
    seats: dict[tuple[str, str], int] = {}
    for line in given:
        key = (line.ask, line.place.partition("/")[0])
        seats[key] = seats.get(key, 0) + line.seats
    return seats


def given_of(problem: Problem, lines: Lines) -> tuple[Given, ...]:
    """The lines as seats of places: kept seats go first to those who may have them.

    What no place can take stays on the slot itself, where its limits refuse it.
    """
    free = {place.id: place.free for place in problem.places}
    parts: dict[tuple[str, str], list[str]] = {}
    for arc in problem.arcs:
        slot, _, part = arc.place.partition("/")
        if part:
            parts.setdefault((arc.ask, slot), []).append(arc.place)
    found = []
    for (ask, slot), seats in sorted(lines.items()):
        left = seats
        for place in sorted(parts.get((ask, slot), ())):
            taken = min(left, free[place])
            free[place] -= taken
            left -= taken
            if taken:
                found.append(Given(ask, place, taken))
        if left:
            found.append(Given(ask, slot, left))
    return tuple(sorted(found, key=lambda line: (line.ask, line.place)))
