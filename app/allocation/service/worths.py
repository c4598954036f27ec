"""What one more typical slot would be worth: by prices for all, checked by adding the best."""

from collections.abc import Callable

from app.allocation.rules.assembly import Network
from app.allocation.rules.facts import Plan, Problem
from app.allocation.rules.runs import Worth
from app.allocation.rules.typical import Candidate, candidates
from app.allocation.solver import worth as solver

KEPT = 500
"""Most slots of one run that are kept, those worth most."""


def worths_of(
    network: Network,
    problem: Problem,
    plan: Plan,
    *,
    report: Callable[[int, str], None],
    should_stop: Callable[[], bool],
) -> tuple[Worth, ...]:
    """The typical slots worth most, at most :data:`KEPT`.

    Of each kind (skill, level, subregion) only the best month is checked; the others keep their
    estimate, which is too high rather than too low.

    Raises:
        CancelledError: ``should_stop`` said so.
    """
    found = {each.place.id: each for each in candidates(network, problem, plan)}
    added = [solver.Added(each.place, each.arcs, each.kind) for each in found.values()]
    weighed = solver.worth_of_slots(problem, plan, added, report=report, should_stop=should_stop)
    useful = [each for each in weighed if each.worth > 0 and each.people > 0]
    best = sorted(useful, key=lambda each: (-each.worth, each.place))[:KEPT]
    return tuple(_worth(found[each.place], each) for each in best)


def _worth(candidate: Candidate, weighed: solver.Worth) -> Worth:
    return Worth(
        skill=candidate.kind.skill,
        level=candidate.kind.level,
        region=candidate.kind.region,
        year=candidate.month.year,
        month=candidate.month.month,
        seats=candidate.place.free,
        worth=weighed.worth,
        people=weighed.people,
        countries=weighed.countries,
        is_checked=weighed.check != solver.Check.ESTIMATE,
    )
