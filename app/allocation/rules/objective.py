"""What a plan is worth, in whole thousandths of value: exact, and the same for every solver.

A covered person counts 1000 x urgency x significance; a seat that the last plan gave counts
``stability_percent`` of that on top; what the ranking's score lacks of a perfect one (50 at most)
and what a seat costs in fee and travel go off, which decides between places that are otherwise
equal. So no seat is worth anything that covers nobody: booking would refuse it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from app.allocation.rules.facts import Arc, Ask, Given, Problem, Settings

PERSON = 1000
SCORE_STEP = 200
PERFECT = 10_000


def seat_gain(arc: Arc) -> int:
    """What one seat counts besides the people it covers, in thousandths; never above nought.

    What its score lacks, and its cost. Theory before practice covers nobody and has no score.
    """
    return -(((PERFECT - arc.score) // SCORE_STEP if arc.covers else 0) + arc.cost)


def kept_gain(ask: Ask, arc: Arc, settings: Settings) -> int:
    """What a seat counts on top because the last plan gave it, in thousandths.

    At least a hair where stability counts at all, so that theory stays where it was, too.
    """
    value = sum(ask.needs[need].value for need in arc.covers)
    return max(value * PERSON, 100) * settings.stability_percent // 100


def covered(ask: Ask, seats: Iterable[tuple[Arc, int]]) -> tuple[int, ...]:
    """People covered of each need by these seats of one ask; each person once."""
    people = [0] * len(ask.needs)
    for arc, count in seats:
        for need in arc.covers:
            people[need] += count
    return tuple(min(have, need.people) for have, need in zip(people, ask.needs, strict=True))


def covered_by_ask(problem: Problem, given: Sequence[Given]) -> dict[str, tuple[int, ...]]:
    """People covered of each need of every ask.

    Raises:
        KeyError: A line that no arc allows.
    """
    seats: Mapping[str, list[tuple[Arc, int]]] = defaultdict(list)
    for line in given:
        seats[line.ask].append((problem.fits[line.ask, line.place], line.seats))
    return {ask.id: covered(ask, seats.get(ask.id, ())) for ask in problem.asks}


def covered_by_country(problem: Problem, given: Sequence[Given]) -> dict[str, int]:
    """People covered in each country that asks, over all needs."""
    by_ask = covered_by_ask(problem, given)
    people: dict[str, int] = defaultdict(int)
    for ask in problem.asks:
        people[ask.country] += sum(by_ask[ask.id])
    return dict(people)


def value(problem: Problem, given: Sequence[Given]) -> int:
    """Weighted people covered: urgency x significance of each, not in thousandths."""
    by_ask = covered_by_ask(problem, given)
    return sum(
        need.value * people
        for ask in problem.asks
        for need, people in zip(ask.needs, by_ask[ask.id], strict=True)
    )


def objective(problem: Problem, given: Sequence[Given]) -> int:
    """All that the plan is worth, in thousandths of value.

    Raises:
        KeyError: A line that no arc allows.
    """
    asks = {ask.id: ask for ask in problem.asks}
    before = {(line.ask, line.place): line.seats for line in problem.previous}
    total = PERSON * value(problem, given)
    for line in given:
        arc = problem.fits[line.ask, line.place]
        kept = min(line.seats, before.get((line.ask, line.place), 0))
        total += line.seats * seat_gain(arc)
        total += kept * kept_gain(asks[line.ask], arc, problem.settings)
    return total
