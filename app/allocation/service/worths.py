"""What one more typical slot would be worth: estimated for all, checked by solving again."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.allocation.rules.assembly import Network
from app.allocation.rules.facts import Plan, Problem
from app.allocation.rules.objective import PERSON, covered_by_ask, covered_by_country
from app.allocation.rules.runs import Worth
from app.allocation.rules.typical import Candidate, Kind, candidates
from app.allocation.solver import solve

CHECKED = 12
"""How many kinds of slot, those worth most, are checked by adding the slot and solving again."""
KEPT = 500
_CHECK_ARCS = 4_000

ShouldStop = Callable[[], bool]


def worths_of(
    network: Network, problem: Problem, plan: Plan, *, should_stop: ShouldStop
) -> tuple[Worth, ...]:
    """The typical slots worth most, at most :data:`KEPT`.

    The estimate counts the most valuable people without a seat whom the slot fits. In networks
    where a plan takes long, nothing is checked.
    """
    covered = covered_by_ask(problem, plan.given)
    found = [_estimated(problem, covered, each) for each in candidates(network, problem, plan)]
    order = sorted(
        range(len(found)),
        key=lambda index: (-found[index][1].worth, found[index][0].place.id),
    )
    best = [found[index] for index in order if found[index][1].worth > 0][:KEPT]
    if len(problem.arcs) > _CHECK_ARCS:
        return tuple(worth for _, worth in best)
    return tuple(_checked(problem, plan, best, should_stop))


def _checked(
    problem: Problem,
    plan: Plan,
    best: Sequence[tuple[Candidate, Worth]],
    should_stop: ShouldStop,
) -> list[Worth]:
    """The first of each kind checked; the other months of a kind keep their estimate."""
    kinds: list[Kind] = []
    worths = []
    for candidate, worth in best:
        fresh = candidate.kind not in kinds
        if fresh and len(kinds) < CHECKED:
            kinds.append(candidate.kind)
            worths.append(_solved(problem, plan, candidate, worth, should_stop))
        else:
            worths.append(worth)
    return worths


def _solved(
    problem: Problem, plan: Plan, candidate: Candidate, worth: Worth, should_stop: ShouldStop
) -> Worth:
    larger = replace(
        problem,
        places=(*problem.places, candidate.place),
        arcs=(*problem.arcs, *candidate.arcs),
    )
    again = solve(larger, should_stop=should_stop)
    before = covered_by_country(problem, plan.given)
    after = covered_by_country(larger, again.given)
    more = {country: after[country] - before[country] for country in after}
    return replace(
        worth,
        worth=max(0, again.objective - plan.objective),
        people=max(0, sum(more.values())),
        countries=sum(count > 0 for count in more.values()),
        is_checked=True,
    )


def _estimated(
    problem: Problem, covered: dict[str, tuple[int, ...]], candidate: Candidate
) -> tuple[Candidate, Worth]:
    asks = {ask.id: ask for ask in problem.asks}
    waiting: list[tuple[int, int, str]] = []
    for arc in candidate.arcs:
        ask = asks[arc.ask]
        people = max(ask.needs[need].people - covered[ask.id][need] for need in arc.covers)
        waiting.append((ask.urgency * ask.significance, people, ask.country))
    left, worth, places = candidate.place.free, 0, set()
    for value, people, country in sorted(waiting, key=lambda each: (-each[0], each[2])):
        taken = min(left, people)
        left -= taken
        worth += PERSON * value * taken
        places |= {country} if taken else set()
    return candidate, Worth(
        skill=candidate.kind.skill,
        level=candidate.kind.level,
        region=candidate.kind.region,
        year=candidate.month.year,
        month=candidate.month.month,
        seats=candidate.place.free,
        worth=worth,
        people=candidate.place.free - left,
        countries=len(places),
        is_checked=False,
    )
