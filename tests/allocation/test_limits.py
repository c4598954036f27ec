"""Limits that random problems seldom meet, each in the smallest problem that shows it."""

from collections.abc import Callable

import pytest

from app.allocation.rules.facts import Arc, Ask, AskedNeed, Finished, Given, Problem
from app.allocation.solver import solve
from app.allocation.solver.baselines import greedy, round_robin
from tests.allocation.problems import ask, place

Rule = Callable[[Problem], tuple[Given, ...]]


def _solved(problem: Problem) -> tuple[Given, ...]:
    return solve(problem).given


EVERY_RULE = pytest.mark.parametrize("rule", [_solved, greedy, round_robin])


@EVERY_RULE
def test_theory_is_not_filled_with_people_who_do_not_go_on(rule: Rule) -> None:
    places = (
        place("t", 5, course="theory", minimum=2),
        place("p", 1, day=30, requires=("theory",)),
    )
    problem = Problem((ask("a", "GH", 2),), places, _theory_and_practice())

    assert rule(problem) == ()


@EVERY_RULE
def test_a_minimum_is_not_filled_with_people_who_lack_nothing_there(rule: Rule) -> None:
    one = Ask("a", "GH", 4, (AskedNeed("first", 1, 4), AskedNeed("second", 3, 4)), 4, 1)
    places = (place("s", 3, minimum=2), place("t", 3))
    arcs = (Arc("a", "s", 0, (0,)), Arc("a", "t", 0, (1,)))

    assert rule(Problem((one,), places, arcs)) == (Given("a", "t", 3),)


@EVERY_RULE
def test_a_person_takes_one_seat_of_two_that_teach_the_same(rule: Rule) -> None:
    one = Ask("a", "GH", 4, (AskedNeed("first", 1, 4), AskedNeed("second", 3, 4)), 4, 1)
    places = (place("s", 1), place("t", 1), place("u", 3))
    arcs = (Arc("a", "s", 9_000, (0,)), Arc("a", "t", 8_000, (0,)), Arc("a", "u", 0, (1,)))

    assert rule(Problem((one,), places, arcs)) == (Given("a", "s", 1), Given("a", "u", 3))


@EVERY_RULE
def test_who_finished_the_theory_begins_one_practice_and_not_two(rule: Rule) -> None:
    two = ask("a", "GH", 2, finished=(Finished("theory", 0, 1),))
    places = tuple(place(f"p{day}", 1, day=day, requires=("theory",)) for day in (20, 40))
    # The later one fits better, so that whoever goes by score takes it first.
    arcs = (Arc("a", "p20", 8_000, (0,)), Arc("a", "p40", 9_000, (0,)))

    given = rule(Problem((two,), places, arcs))

    assert sum(line.seats for line in given) == 1


@EVERY_RULE
def test_theory_that_ends_after_the_practice_began_does_not_count(rule: Rule) -> None:
    places = (place("t", 5, course="theory", day=29), place("p", 5, day=30, requires=("theory",)))

    assert rule(Problem((ask("a", "GH", 2),), places, _theory_and_practice())) == ()


@EVERY_RULE
def test_theory_that_ends_when_the_practice_begins_counts(rule: Rule) -> None:
    places = (place("t", 5, course="theory", day=28), place("p", 5, day=30, requires=("theory",)))

    given = rule(Problem((ask("a", "GH", 2),), places, _theory_and_practice()))

    assert given == (Given("a", "p", 2), Given("a", "t", 2))


@EVERY_RULE
def test_a_group_that_stays_together_has_its_theory_together(rule: Rule) -> None:
    places = (
        place("t", 2, course="theory"),
        place("u", 2, course="theory"),
        place("p", 5, day=30, requires=("theory",)),
    )
    arcs = (*_theory_and_practice(), Arc("a", "u", 0, ()))

    assert rule(Problem((ask("a", "GH", 3, together=True),), places, arcs)) == ()


@EVERY_RULE
def test_a_group_that_stays_together_finds_the_one_place_for_all(rule: Rule) -> None:
    places = (place("s", 2), place("t", 3))
    arcs = (Arc("a", "s", 9_000, (0,)), Arc("a", "t", 0, (0,)))

    given = rule(Problem((ask("a", "GH", 3, together=True),), places, arcs))

    assert given == (Given("a", "t", 3),)


def test_turns_go_round_the_countries_and_urgency_takes_all() -> None:
    asks = (ask("a", "GH", 4, value=2), ask("b", "SN", 4, value=1))
    problem = Problem(asks, (place("s", 4),), tuple(Arc(each.id, "s", 0, (0,)) for each in asks))

    assert round_robin(problem) == (Given("a", "s", 2), Given("b", "s", 2))
    assert greedy(problem) == (Given("a", "s", 4),)


def _theory_and_practice() -> tuple[Arc, ...]:
    return (Arc("a", "t", 0, ()), Arc("a", "p", 0, (0,)))
