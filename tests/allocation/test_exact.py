"""The solver as a whole: progress, stopping, time, and staying close to the last plan."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.allocation.rules import objective
from app.allocation.rules.facts import CancelledError, Given, Problem, Settings
from app.allocation.solver import solve
from app.allocation.solver.engine import Columns, Effort, Relaxation, Rows, maximise
from app.allocation.solver.exact import whole_bound
from benchmarks.instances import instance, nudged
from tests.allocation.checker import complaints
from tests.allocation.problems import ask, everywhere, place, seats


@pytest.fixture(scope="module")
def network() -> Problem:
    """Sixty requests and a hundred slots, with everything that makes it hard."""
    return instance(60, 100).problem


def test_progress_only_grows_and_ends_at_a_hundred(network: Problem) -> None:
    told: list[tuple[int, str]] = []

    solve(network, report=lambda percent, phase: told.append((percent, phase)))

    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    assert told[-1] == (100, "done")
    assert list(dict.fromkeys(phase for _, phase in told)) == ["alone", "share", "value", "done"]


@pytest.mark.parametrize("phase", ["alone", "share", "value"])
def test_a_run_stops_in_every_phase(network: Problem, phase: str) -> None:
    now: list[str] = []

    with pytest.raises(CancelledError):
        solve(
            network,
            report=lambda _, phase: now.append(phase),
            should_stop=lambda: phase in now,
        )

    assert now[-1] == phase


def test_the_search_itself_is_stopped() -> None:
    columns, rows = _knapsack()
    told_to_stop = _after(2)

    with pytest.raises(CancelledError):
        maximise(columns, rows, Effort(should_stop=told_to_stop, look_every=0.0))


def test_a_question_to_the_relaxation_can_be_stopped() -> None:
    columns, rows = _knapsack()

    with pytest.raises(CancelledError):
        Relaxation(columns, rows, Effort(should_stop=lambda: True)).is_possible({0: 1})


def test_the_same_problem_gives_the_same_plan_byte_for_byte(network: Problem) -> None:
    backwards = replace(
        network,
        asks=network.asks[::-1],
        places=network.places[::-1],
        arcs=network.arcs[::-1],
    )

    assert repr(solve(backwards)) == repr(solve(network))


def test_a_run_without_time_still_gives_a_plan_that_holds_and_owns_up(network: Problem) -> None:
    rushed = replace(network, settings=Settings(seconds=0))

    plan = solve(rushed)

    assert complaints(rushed, plan.given) == []
    assert plan.objective <= plan.bound
    assert plan.is_proven <= (plan.objective == solve(network).objective)


def test_what_one_country_could_reach_is_told_for_each(network: Problem) -> None:
    plan = solve(network)

    assert [country for country, _ in plan.reach] == sorted({one.country for one in network.asks})
    covered = objective.covered_by_country(network, plan.given)
    guaranteed = {name: plan.floor * reach / 1_000_000 for name, reach in plan.reach}
    assert all(covered[name] >= guaranteed[name] - 1e-6 for name in guaranteed)


def test_the_last_plan_is_kept_where_nothing_speaks_against_it() -> None:
    asks = (ask("a", "GH", 2), ask("b", "SN", 2))
    places = (place("s", 2), place("t", 2))
    last = (Given("a", "t", 2), Given("b", "s", 2))

    plan = solve(everywhere(asks, places, previous=last))

    assert seats(plan) == {("a", "t"): 2, ("b", "s"): 2}


def test_the_last_plan_gives_way_to_a_more_urgent_need() -> None:
    asks = (ask("a", "GH", 2, value=4), ask("b", "GH", 2, value=5))
    last = (Given("a", "s", 2),)

    plan = solve(everywhere(asks, (place("s", 2),), previous=last))

    assert seats(plan) == {("b", "s"): 2}


def test_a_small_change_of_the_input_changes_few_lines(network: Problem) -> None:
    first = solve(network)
    later = nudged(network, first.given, seed=3)
    gone = {one.id for one in network.asks} - {one.id for one in later.asks}

    changed = set(solve(later).given) ^ {line for line in first.given if line.ask not in gone}

    assert len(changed) <= len(first.given) // 5


def test_two_arcs_between_the_same_ends_are_refused() -> None:
    problem = everywhere((ask("a", "GH", 2),), (place("s", 2),))

    with pytest.raises(ValueError, match="Two arcs"):
        solve(replace(problem, arcs=problem.arcs * 2))


def test_an_arc_to_nowhere_is_refused() -> None:
    problem = everywhere((ask("a", "GH", 2),), (place("s", 2),))

    with pytest.raises(KeyError):
        solve(replace(problem, places=()))


def test_nothing_asked_gives_an_empty_plan() -> None:
    plan = solve(Problem((), (), ()))

    assert (plan.given, plan.objective, plan.bound, plan.is_proven) == ((), 0, 0, True)


def test_a_float_a_hair_below_a_whole_bound_is_that_bound() -> None:
    assert whole_bound(6999.9999) == 7000
    assert whole_bound(7000.4) == 7000
    with pytest.raises(ValueError, match="bounds"):
        whole_bound(float("inf"))


def _knapsack() -> tuple[Columns, Rows]:
    """A search that takes its time: weights that add up to almost everything."""
    columns, rows = Columns(), Rows()
    sizes = np.random.default_rng(1).integers(10_000, 90_000, 60).tolist()
    for size in sizes:
        columns.add(1, float(size))
    for part in range(3):
        some = list(range(part, len(sizes)))
        rows.add(some, [float(sizes[number]) for number in some], at_most=sum(sizes) // 3 + part)
    return columns, rows


def _after(looks: int) -> Callable[[], bool]:
    left = [looks]

    def should_stop() -> bool:
        left[0] -= 1
        return left[0] < 0

    return should_stop
