"""From a problem to a plan. Pure: no database, no clock in any answer, the same every time."""

from collections.abc import Callable

from app.allocation.rules.facts import CancelledError, Plan, Problem
from app.allocation.solver.exact import solve_exact
from app.allocation.solver.large import solve_large

__all__ = ["CancelledError", "solve"]

LARGE_ARCS = 60_000
"""From here on the exact search would take longer than the run may."""


def _silent(percent: int, phase: str) -> None:
    """Nobody listens."""


def solve(
    problem: Problem,
    *,
    report: Callable[[int, str], None] = _silent,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """The plan for the whole network: fair first, then worth most.

    Args:
        problem: Asks, places and arcs, in any order: the answer does not depend on it.
        report: Told the percent done and the phase: ``alone``, ``share``, ``value``, ``done``.
        should_stop: Asked about ten times a second, from the thread that called.

    Raises:
        CancelledError: ``should_stop`` said so; nothing is left behind.
        KeyError: An arc names an ask or a place that is not there.
        ValueError: Two arcs have the same ask and place.
    """
    solver = solve_large if len(problem.arcs) > LARGE_ARCS else solve_exact
    plan = solver(problem, report=report, should_stop=should_stop)
    report(100, "done")
    return plan
