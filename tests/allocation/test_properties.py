"""What is true of every plan, whatever the problem."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.allocation.rules import objective
from app.allocation.rules.facts import Arc, Place, Problem, Settings
from app.allocation.rules.limits import broken
from app.allocation.solver import solve
from app.allocation.solver.baselines import greedy, round_robin
from tests.allocation.brute import best
from tests.allocation.checker import complaints
from tests.allocation.problems import DAY
from tests.allocation.strategies import problems

MILLION = 1_000_000
FEW = settings(max_examples=25, deadline=None)
SOME = settings(max_examples=60, deadline=None)
TINY = problems(most_asks=3, most_places=2, most_seats=3)


@SOME
@given(problems())
def test_the_checker_accepts_every_plan(problem: Problem) -> None:
    plan = solve(problem)

    assert complaints(problem, plan.given) == []
    assert plan.objective == objective.objective(problem, plan.given)
    assert plan.objective <= plan.bound


@SOME
@given(problems())
def test_the_checker_accepts_what_needs_no_solver(problem: Problem) -> None:
    assert complaints(problem, greedy(problem)) == []
    assert complaints(problem, round_robin(problem)) == []


@SOME
@given(problems(), st.integers(-4, 6))
def test_limits_and_checker_agree(problem: Problem, more: int) -> None:
    plan = solve(problem).given
    if plan:
        plan = (replace(plan[0], seats=max(1, plan[0].seats + more)), *plan[1:])

    assert bool(broken(problem, plan)) == bool(complaints(problem, plan))


@SOME
@given(TINY | problems(most_asks=3, most_places=1, most_seats=2))
def test_nothing_better_is_found_by_trying_everything(problem: Problem) -> None:
    plan = solve(problem)
    truths = {(int(share * MILLION), objective) for share, objective in best(problem)}

    assert (plan.share, plan.objective) in truths
    assert plan.bound == plan.objective


@FEW
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_changes_nothing(problem: Problem, chance: Random) -> None:
    shuffled = replace(
        problem,
        asks=tuple(chance.sample(problem.asks, len(problem.asks))),
        places=tuple(chance.sample(problem.places, len(problem.places))),
        arcs=tuple(chance.sample(problem.arcs, len(problem.arcs))),
    )

    assert repr(solve(shuffled)) == repr(solve(problem))


@FEW
@given(problems(), st.integers(0, 3))
def test_one_more_seat_never_lowers_the_optimum_of_value(problem: Problem, which: int) -> None:
    problem = replace(problem, settings=Settings(floor_percent=0))
    spot = which % len(problem.places)
    wider = replace(problem.places[spot], free=problem.places[spot].free + 1)
    places = (*problem.places[:spot], wider, *problem.places[spot + 1 :])

    assert solve(replace(problem, places=places)).objective >= solve(problem).objective


@FEW
@given(problems(), st.integers(0, 3))
def test_more_value_of_a_need_never_gets_it_less(problem: Problem, which: int) -> None:
    problem = replace(problem, settings=Settings(floor_percent=0))
    spot = which % len(problem.asks)
    ask = problem.asks[spot]
    needs = tuple(replace(need, value=need.value + 5) for need in ask.needs)
    asks = (*problem.asks[:spot], replace(ask, needs=needs), *problem.asks[spot + 1 :])

    before = objective.covered_by_ask(problem, solve(problem).given)[ask.id]
    raised = replace(problem, asks=asks)
    after = objective.covered_by_ask(raised, solve(raised).given)[ask.id]

    assert sum(after) >= sum(before)


@FEW
@given(problems())
def test_a_place_that_nobody_uses_can_go(problem: Problem) -> None:
    unused = Place("zz", "course", 5 * DAY, 6 * DAY, 3)

    more = replace(problem, places=(unused, *problem.places))

    assert solve(more) == solve(problem)


@FEW
@given(problems())
def test_a_place_that_the_plan_left_empty_can_go(problem: Problem) -> None:
    problem = replace(problem, settings=Settings(floor_percent=0))
    plan = solve(problem)
    used = {line.place for line in plan.given}
    left = tuple(place for place in problem.places if place.id in used)
    arcs: tuple[Arc, ...] = tuple(arc for arc in problem.arcs if arc.place in used)

    assert solve(replace(problem, places=left, arcs=arcs)).objective == plan.objective


@FEW
@given(problems())
def test_a_plan_is_its_own_successor(problem: Problem) -> None:
    first = solve(problem)
    second = solve(replace(problem, previous=first.given))

    assert second.given == first.given
