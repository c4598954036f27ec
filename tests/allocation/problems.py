"""Small problems for tests; each names only what it is about."""

from app.allocation.rules.facts import (
    Arc,
    Ask,
    AskedNeed,
    Finished,
    Given,
    Place,
    Plan,
    Problem,
    Settings,
)

DAY = 86_400


def ask(
    name: str,
    country: str,
    people: int,
    *,
    value: int = 4,
    together: bool = False,
    finished: tuple[Finished, ...] = (),
) -> Ask:
    """One request for one skill; its value is its urgency, with a significance of one."""
    needs = (AskedNeed("skill", people, value),)
    return Ask(name, country, people, needs, value, 1, together, finished)


def place(
    name: str,
    free: int,
    *,
    minimum: int = 0,
    cap: int | None = None,
    taken: tuple[tuple[str, int], ...] = (),
    course: str = "course",
    day: int = 10,
    requires: tuple[str, ...] = (),
) -> Place:
    """One slot of two days."""
    starts = day * DAY
    return Place(name, course, starts, starts + 2 * DAY, free, minimum, cap, taken, requires)


def everywhere(
    asks: tuple[Ask, ...],
    places: tuple[Place, ...],
    *,
    previous: tuple[Given, ...] = (),
    floor_percent: int = 90,
) -> Problem:
    """Every place fits every ask equally well, and covers its first need."""
    arcs = tuple(Arc(one.id, other.id, 8_000, (0,)) for one in asks for other in places)
    return Problem(asks, places, arcs, previous, Settings(floor_percent=floor_percent))


def seats(plan: Plan) -> dict[tuple[str, str], int]:
    """Seats by ask and place."""
    return {(line.ask, line.place): line.seats for line in plan.given}
