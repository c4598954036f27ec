"""Large networks: plans near the best, under an honest bound; tried on small ones, and medium."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.allocation.rules import objective
from app.allocation.rules.facts import CancelledError, Plan, Problem
from app.allocation.solver import solve
from app.allocation.solver.large import GAP, solve_large
from benchmarks.instances import instance
from tests.allocation.checker import complaints
from tests.allocation.problems import ask, everywhere, place
from tests.allocation.strategies import problems

MILLION = 1_000_000
FEW = settings(max_examples=25, deadline=None)
SOME = settings(max_examples=60, deadline=None)


def _large(problem: Problem) -> Plan:
    return solve_large(problem, report=lambda _percent, _phase: None, should_stop=lambda: False)


@SOME
@given(problems())
def test_the_checker_accepts_every_plan_of_a_large_network(problem: Problem) -> None:
    plan = _large(problem)

    assert complaints(problem, plan.given) == []
    assert plan.objective == objective.objective(problem, plan.given)
    assert plan.objective <= plan.bound


@SOME
@given(problems())
def test_nothing_that_the_exact_search_finds_is_above_the_bound(problem: Problem) -> None:
    plan, exact = _large(problem), solve(problem)

    assert plan.reach == exact.reach
    if plan.left_out == exact.left_out:
        assert plan.share <= exact.share
        assert plan.bound >= exact.objective


@SOME
@given(problems())
def test_every_country_has_what_it_was_guaranteed(problem: Problem) -> None:
    plan = _large(problem)
    covered = objective.covered_by_country(problem, plan.given)

    for country, most in plan.reach:
        if country not in plan.left_out:
            assert covered[country] * MILLION >= plan.floor * most


@FEW
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_changes_nothing_in_a_large_network(
    problem: Problem, chance: Random
) -> None:
    shuffled = replace(
        problem,
        asks=tuple(chance.sample(problem.asks, len(problem.asks))),
        places=tuple(chance.sample(problem.places, len(problem.places))),
        arcs=tuple(chance.sample(problem.arcs, len(problem.arcs))),
    )

    assert repr(_large(shuffled)) == repr(_large(problem))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_plan_of_two_hundred_requests_is_near_the_bound(seed: int) -> None:
    problem = instance(200, 1_000, seed=seed).problem

    plan, exact = _large(problem), solve(problem)

    assert complaints(problem, plan.given) == []
    assert plan.is_proven
    assert plan.bound - plan.objective <= GAP * plan.bound
    assert plan.left_out == exact.left_out
    assert 0.98 * exact.share <= plan.share <= exact.share


def test_the_guarantee_holds_for_the_rest_when_two_want_the_only_seat() -> None:
    asks = (ask("a", "GH", 1), ask("b", "KE", 1), ask("c", "SN", 2, value=1))
    small = everywhere(asks, (place("p", 2),))

    plan = _large(small)

    assert len(plan.left_out) == 1
    assert plan.share > 0


def test_no_arcs_no_seats() -> None:
    plan = _large(everywhere((ask("a", "GH", 3),), ()))

    assert plan.given == ()
    assert plan.bound == 0
    assert plan.reach == (("GH", 0),)


def test_nothing_is_left_when_a_large_network_is_stopped() -> None:
    problem = instance(40, 200).problem
    looks = iter([False] * 3)

    with pytest.raises(CancelledError):
        solve_large(
            problem, report=lambda _percent, _phase: None, should_stop=lambda: next(looks, True)
        )


def test_a_run_without_time_still_ends_with_a_plan_and_a_bound() -> None:
    problem = instance(200, 1_000).problem
    hurried = replace(problem, settings=replace(problem.settings, seconds=0))

    plan = _large(hurried)

    assert complaints(hurried, plan.given) == []
    assert plan.given
    assert plan.objective < plan.bound
    assert plan.left_out == ()


def test_progress_only_grows() -> None:
    told: list[int] = []

    solve_large(
        instance(40, 200).problem,
        report=lambda percent, _phase: told.append(percent),
        should_stop=lambda: False,
    )

    assert told == sorted(told)
    assert told[-1] < 100
