"""What one more slot is worth, held against adding it and planning everything again."""

from dataclasses import replace
from random import Random

import pytest

from app.allocation.rules import objective
from app.allocation.rules.facts import Arc, CancelledError, Plan, Problem, Settings
from app.allocation.solver import solve, worth
from app.allocation.solver.worth import Added, Check, Worth, worth_of_slots
from benchmarks.instances import instance
from tests.allocation.checker import complaints
from tests.allocation.problems import ask, everywhere, place

SEEDS = range(50)


def _problem(seed: int, *, floor_percent: int) -> Problem:
    """A dozen asks, in need of more seats than there are."""
    settings = Settings(floor_percent=floor_percent)
    return instance(12, 30, seed=seed, settings=settings).problem


def _slot(problem: Problem, seed: int, name: str = "new") -> Added:
    """A slot that fits about half of the asks."""
    chance = Random(seed)
    free, cap = chance.randint(1, 8), chance.choice((None, None, 2))
    arcs = tuple(
        Arc(each.id, name, chance.randint(5_000, 9_000), (0,), chance.randint(0, 90))
        for each in problem.asks
        if chance.random() < 0.5
    )
    return Added(place(name, free, minimum=chance.choice((0, 0, 2)), cap=cap), arcs)


def _with(problem: Problem, slot: Added) -> Problem:
    return replace(problem, places=(*problem.places, slot.place), arcs=(*problem.arcs, *slot.arcs))


def _worths(problem: Problem, plan: Plan, *slots: Added, checks: int = 12) -> list[Worth]:
    return worth_of_slots(
        problem,
        plan,
        slots,
        report=lambda _percent, _phase: None,
        should_stop=lambda: False,
        checks=checks,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_worth_is_that_of_adding_the_slot_and_solving_again(seed: int) -> None:
    problem = _problem(seed, floor_percent=0)
    slot, plan = _slot(problem, seed), solve(problem)

    [checked] = _worths(problem, plan, slot)
    again = solve(_with(problem, slot))

    assert plan.is_proven
    assert again.is_proven
    if checked.check == Check.WHOLE:
        assert checked.worth == again.objective - plan.objective
    else:
        assert checked.worth == 0 == again.objective - plan.objective


@pytest.mark.parametrize("seed", SEEDS)
def test_no_slot_is_worth_more_than_its_estimate_and_what_the_bound_leaves(seed: int) -> None:
    problem = _problem(seed, floor_percent=90)
    slot, plan = _slot(problem, seed), solve(problem)

    [estimated] = _worths(problem, plan, slot, checks=0)
    [checked] = _worths(problem, plan, slot)

    assert estimated.check == Check.ESTIMATE
    assert 0 <= checked.worth <= estimated.at_most


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_found_near_the_slot_is_never_above_its_worth(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = _problem(seed, floor_percent=90)
    slot, plan = _slot(problem, seed), solve(problem)
    [whole] = _worths(problem, plan, slot)

    monkeypatch.setattr(worth, "WHOLE_ARCS", 0)
    [near] = _worths(problem, plan, slot)

    assert near.check != Check.WHOLE
    if near.check == Check.NEARBY:
        assert 0 <= near.worth <= whole.worth <= near.at_most


def test_a_slot_serves_those_who_wait() -> None:
    asks = (ask("a", "GH", 3, value=9), ask("b", "KE", 2))
    problem = everywhere(asks, (place("old", 1),), floor_percent=0)
    arcs = tuple(Arc(each.id, "new", 8_000, (0,)) for each in asks)

    [found] = _worths(problem, solve(problem), Added(place("new", 3), arcs))

    assert (found.people, found.countries) == (3, 2)
    assert found.worth == 2 * 9_000 + 4_000 - 3 * 10
    assert found.check == Check.WHOLE


def test_a_slot_that_nobody_needs_is_worth_nothing() -> None:
    asks = (ask("a", "GH", 2),)
    problem = everywhere(asks, (place("old", 5),))

    [found] = _worths(
        problem, solve(problem), Added(place("new", 3), (Arc("a", "new", 8_000, (0,)),))
    )

    assert (found.worth, found.people, found.countries) == (0, 0, 0)


def test_only_the_best_of_each_kind_is_checked() -> None:
    problem = everywhere((ask("a", "GH", 9), ask("b", "KE", 9)), (place("old", 1),))
    arcs = {name: (Arc("a", name, 8_000, (0,)),) for name in ("x", "y", "z")}
    slots = [
        Added(place("x", 2), arcs["x"], "one"),
        Added(place("y", 4), arcs["y"], "one"),
        Added(place("z", 1), arcs["z"], "two"),
    ]

    found = _worths(problem, solve(problem), *slots)

    assert [(each.place, each.check) for each in found] == [
        ("y", Check.WHOLE),
        ("x", Check.ESTIMATE),
        ("z", Check.WHOLE),
    ]


def test_others_move_up_into_the_seats_that_a_slot_frees() -> None:
    asks = (ask("a", "GH", 4, value=16), ask("b", "KE", 4, value=1))
    problem = everywhere(asks, (place("old", 4),))
    arcs = (Arc("a", "new", 8_000, (0,)),)

    [found] = _worths(problem, solve(problem), Added(place("new", 4), arcs))

    assert found.worth == 2 * 16_000 + 2 * 1_000 - 4 * 10
    assert (found.people, found.countries) == (4, 2)


def test_the_order_of_slots_changes_nothing() -> None:
    problem = _problem(7, floor_percent=90)
    slots = [_slot(problem, seed, f"new{seed}") for seed in range(4)]
    plan = solve(problem)

    assert _worths(problem, plan, *slots) == _worths(problem, plan, *slots[::-1])


def test_the_plan_with_a_slot_found_nearby_keeps_every_limit() -> None:
    problem = instance(200, 1_000).problem
    plan = solve(problem)
    slots = [_slot(problem, seed, f"new{seed}") for seed in range(3)]

    found = _worths(problem, plan, *slots)

    assert {each.check for each in found} == {Check.NEARBY}
    assert all(0 < each.worth <= each.at_most for each in found)
    assert complaints(problem, plan.given) == []
    assert plan.objective == objective.objective(problem, plan.given)


def test_weighing_slots_can_be_stopped() -> None:
    problem = _problem(1, floor_percent=90)
    plan = solve(problem)

    with pytest.raises(CancelledError):
        worth_of_slots(
            problem,
            plan,
            [_slot(problem, 1)],
            report=lambda _percent, _phase: None,
            should_stop=lambda: True,
        )


def test_no_slots_no_worth() -> None:
    problem = _problem(1, floor_percent=90)

    assert _worths(problem, solve(problem)) == []
