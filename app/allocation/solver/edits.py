"""What a change by hand does to a plan: to its worth, to the limits, and to what was guaranteed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.allocation.rules import objective
from app.allocation.rules.facts import Given, Plan, Problem
from app.allocation.rules.limits import Broken, broken

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Effect:
    """A plan before and after a change; objectives in thousandths of value.

    ``broken`` are the limits that do not hold afterwards, ``below_floor`` the countries that
    afterwards have less than what was guaranteed; both can be there before the change already.
    A line that no match allows counts for nothing in ``after``.
    """

    given: tuple[Given, ...]
    before: int
    after: int
    broken: tuple[Broken, ...]
    below_floor: tuple[str, ...]

    @property
    def difference(self) -> int:
        """What the change adds to the objective; below nought when it costs."""
        return self.after - self.before


def effect(problem: Problem, plan: Plan, changes: Sequence[Given]) -> Effect:
    """The plan with these lines in place of what it has for the same ask and place.

    Args:
        problem: What the plan was made for.
        plan: ``given`` as it stands now, edits before this one included; ``floor`` and ``reach``
            as the run found them.
        changes: Seats from now on; 0 takes a line out.
    """
    seats = {(line.ask, line.place): line.seats for line in plan.given}
    seats.update({(line.ask, line.place): line.seats for line in changes})
    given = tuple(Given(*key, count) for key, count in sorted(seats.items()) if count)
    fits = {(arc.ask, arc.place) for arc in problem.arcs}
    counted = tuple(line for line in given if (line.ask, line.place) in fits and line.seats > 0)
    return Effect(
        given,
        objective.objective(problem, plan.given),
        objective.objective(problem, counted),
        broken(problem, given),
        below_floor(problem, plan, counted),
    )


def below_floor(problem: Problem, plan: Plan, given: Sequence[Given]) -> tuple[str, ...]:
    """Countries with fewer covered people than the plan guaranteed them, sorted."""
    covered = objective.covered_by_country(problem, given)
    return tuple(
        country
        for country, reach in sorted(plan.reach)
        if country not in plan.left_out
        and covered.get(country, 0) < math.ceil(plan.floor * reach / _MILLION)
    )
