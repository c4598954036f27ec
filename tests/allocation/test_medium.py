"""Medium problems: the share of parts of people, as long as whole people can have its guarantee."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from app.allocation.rules import objective
from app.allocation.rules.facts import Plan, Problem, Settings
from app.allocation.solver import exact, solve
from benchmarks.instances import instance
from tests.allocation.checker import complaints
from tests.allocation.problems import ask, everywhere, place
from tests.allocation.strategies import problems

MILLION = 1_000_000
SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _as_medium(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> Plan:
    with monkeypatch.context() as patched:
        patched.setattr(exact, "EXACT_ARCS", 0)
        return solve(problem)


def _lacks(problem: Problem, plan: Plan, part: int) -> list[str]:
    """The countries that have less than this part, in millionths, of what they could reach."""
    covered = objective.covered_by_country(problem, plan.given)
    return [
        country
        for country, most in plan.reach
        if country not in plan.left_out and covered[country] * MILLION < part * most
    ]


@SOME
@given(problems())
def test_the_guarantee_is_at_least_that_of_the_best_share_of_whole_people(
    monkeypatch: pytest.MonkeyPatch, problem: Problem
) -> None:
    plan, small = _as_medium(problem, monkeypatch), solve(problem)

    assert complaints(problem, plan.given) == []
    assert plan.left_out == small.left_out
    assert plan.share >= small.share
    if plan.is_proven:
        assert _lacks(problem, plan, max(plan.floor, small.floor)) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plan_of_two_hundred_requests_is_within_its_gap_and_fairer(seed: int) -> None:
    problem = instance(200, 1_000, seed=seed).problem

    plan, other = solve(problem), solve(replace(problem, settings=_all_guaranteed(problem)))

    assert len(problem.arcs) > exact.EXACT_ARCS
    assert complaints(problem, plan.given) == []
    assert plan.is_proven
    assert plan.bound - plan.objective <= exact.GAP * plan.bound
    assert plan.share >= other.share
    assert _lacks(problem, plan, plan.floor) == []


def test_where_whole_people_cannot_have_the_guarantee_their_own_share_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In parts of people each country gets half of the only seat; in whole ones somebody does not.
    asks = (ask("a", "GH", 1), ask("b", "KE", 1), ask("c", "SN", 2, value=1))
    problem = everywhere(asks, (place("p", 2),))

    plan = _as_medium(problem, monkeypatch)

    assert plan == solve(problem)
    assert len(plan.left_out) == 1


def _all_guaranteed(problem: Problem) -> Settings:
    """So much that the share is looked up in whole people."""
    return replace(problem.settings, floor_percent=100)
