"""Accepts a plan or says what is wrong with it; shares no code with what makes plans.

Plain dictionaries and loops, slow and obvious, so that a mistake of a solver is not repeated here.
"""

from typing import Any

from app.allocation.rules.facts import Given, Problem


def complaints(problem: Problem, given: tuple[Given, ...]) -> list[str]:
    """Every limit that the plan breaks, in words; none when it is a plan."""
    asks = {each.id: each for each in problem.asks}
    places = {each.id: each for each in problem.places}
    arcs = {(each.ask, each.place): each for each in problem.arcs}
    seats: dict[tuple[str, str], int] = {}
    wrong = []
    for line in given:
        key = (line.ask, line.place)
        if key in seats:
            wrong.append(f"{key} is there twice")
        if key not in arcs:
            wrong.append(f"{key} does not fit")
            continue
        if line.seats < 1:
            wrong.append(f"{key} has {line.seats} seats")
        seats[key] = line.seats
    for name, place in places.items():
        wrong += _place(name, place, {a: n for (a, p), n in seats.items() if p == name}, asks)
    for name, one in asks.items():
        mine = {place: n for (who, place), n in seats.items() if who == name}
        covers = {place: set(arcs[name, place].covers) for place in mine}
        wrong += _people(one, mine, covers)
        wrong += _chain(one, mine, covers, places)
    return wrong


def _place(name: str, place: Any, mine: dict[str, int], asks: dict[str, Any]) -> list[str]:
    wrong = []
    total = sum(mine.values())
    if total > place.free:
        wrong.append(f"{name}: {total} seats of {place.free}")
    if 0 < total < place.minimum:
        wrong.append(f"{name}: runs with {total}, below {place.minimum}")
    if place.cap is not None:
        by_country = dict(place.taken)
        for who, count in mine.items():
            country = asks[who].country
            by_country[country] = by_country.get(country, 0) + count
            if by_country[country] > place.cap:
                wrong.append(f"{name}: {by_country[country]} of {country}, above {place.cap}")
    return wrong


def _people(one: Any, mine: dict[str, int], covers: dict[str, set[int]]) -> list[str]:
    wrong = []
    used = {place: n for place, n in mine.items() if covers[place]}
    if sum(used.values()) > one.seats:
        wrong.append(f"{one.id}: {sum(used.values())} seats, asked {one.seats}")
    for needs in covers.values():
        people = sum(one.needs[need].people for need in needs)
        inside = sum(n for place, n in used.items() if covers[place] <= needs)
        if needs and inside > people:
            wrong.append(f"{one.id}: {inside} seats for {people} people")
    if one.together and used and list(used.values()) != [one.seats]:
        wrong.append(f"{one.id}: split into {used}")
    return wrong


def _chain(
    one: Any, mine: dict[str, int], covers: dict[str, set[int]], places: dict[str, Any]
) -> list[str]:
    required = {course for place in mine for course in places[place].requires}
    wrong = [
        f"{one.id}: practice without {course}"
        for course in required
        if _lowest(_forward(one, course, mine, places)) < 0
    ]
    theory = [place for place in mine if not covers[place]]
    for course in {places[place].course for place in theory}:
        same = {place for place in theory if places[place].course == course}
        if _lowest(_backward(course, same, mine, places)) < 0:
            wrong.append(f"{one.id}: {course} for nothing")
        if one.together and len(same) > 1:
            wrong.append(f"{one.id}: {course} split")
    return wrong


def _forward(one: Any, course: str, mine: dict[str, int], places: dict[str, Any]) -> list[Any]:
    """The year forward: who finishes comes in, who begins the practice goes out."""
    events = [(each.at, 0, each.people) for each in one.finished if each.course == course]
    for place, count in mine.items():
        if course in places[place].requires:
            events.append((places[place].starts, 1, -count))
        elif places[place].course == course:
            events.append((places[place].ends, 0, count))
    return events


def _backward(
    course: str, theory: set[str], mine: dict[str, int], places: dict[str, Any]
) -> list[Any]:
    """The year backward: every seat of theory wants one of practice after it."""
    events = [(-places[place].ends, 1, -mine[place]) for place in theory]
    for place, count in mine.items():
        if course in places[place].requires:
            events.append((-places[place].starts, 0, count))
    return events


def _lowest(events: list[Any]) -> int:
    level = lowest = 0
    for _, _, change in sorted(events):
        level += change
        lowest = min(lowest, level)
    return lowest
