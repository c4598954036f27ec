"""Plans that are edited by hand, measured, and compared."""

from dataclasses import replace

from app.allocation.rules.facts import Arc, Ask, AskedNeed, Finished, Given, Place, Plan, Problem
from app.allocation.rules.limits import Limit, broken
from app.allocation.solver import solve
from app.allocation.solver.compare import Cause, Difference, differences
from app.allocation.solver.edits import effect
from app.allocation.solver.measure import measure
from tests.allocation.problems import DAY, ask, everywhere, place

TWO = everywhere((ask("a", "GH", 4, value=8), ask("b", "SN", 4)), (place("s", 4, cap=3),))


def _plan(problem: Problem, **seats: int) -> Plan:
    given = tuple(Given(name, "s", count) for name, count in seats.items())
    return replace(solve(problem), given=given)


def test_moving_a_seat_shows_what_it_is_worth() -> None:
    found = effect(TWO, _plan(TWO, a=2, b=2), [Given("a", "s", 3), Given("b", "s", 1)])

    assert found.difference == 1000 * (8 - 4)
    assert found.broken == ()
    assert found.given == (Given("a", "s", 3), Given("b", "s", 1))


def test_taking_a_seat_from_a_country_at_its_floor_is_said() -> None:
    found = effect(TWO, _plan(TWO, a=2, b=2), [Given("b", "s", 1)])

    assert found.below_floor == ("SN",)
    assert found.difference < 0


def test_one_seat_too_many_names_the_limits_it_breaks() -> None:
    found = effect(TWO, _plan(TWO, a=2, b=2), [Given("a", "s", 4)])

    assert {each.limit for each in found.broken} == {Limit.FREE, Limit.CAP}


def test_a_line_without_a_match_counts_for_nothing() -> None:
    found = effect(TWO, _plan(TWO, a=2, b=2), [Given("a", "elsewhere", 1)])

    assert [each.limit for each in found.broken] == [Limit.FITS]
    assert found.difference == 0


def test_taking_out_a_line_can_leave_a_slot_below_its_minimum() -> None:
    problem = everywhere((ask("a", "GH", 2), ask("b", "SN", 2)), (place("s", 4, minimum=4),))

    found = effect(problem, _plan(problem, a=2, b=2), [Given("b", "s", 0)])

    assert [(each.limit, each.have, each.bound) for each in found.broken] == [(Limit.MINIMUM, 2, 4)]


def test_theory_for_nobody_and_practice_for_nobody_ready_are_named() -> None:
    one = ask("a", "GH", 3)
    places = (place("t", 5, course="theory"), place("p", 5, day=30, requires=("theory",)))
    problem = Problem((one,), places, (Arc("a", "t", 0, ()), Arc("a", "p", 0, (0,))))

    assert [each.limit for each in broken(problem, (Given("a", "t", 1),))] == [Limit.UNUSED]
    assert [each.limit for each in broken(problem, (Given("a", "p", 1),))] == [Limit.CHAIN]
    assert broken(problem, (Given("a", "p", 3), Given("a", "t", 3))) == ()
    assert solve(problem).given == (Given("a", "p", 3), Given("a", "t", 3))


def test_people_who_finished_the_theory_need_it_no_more() -> None:
    one = ask("a", "GH", 3, finished=(Finished("theory", 0, 2),))
    places = (place("t", 5, course="theory"), place("p", 5, day=30, requires=("theory",)))
    problem = Problem((one,), places, (Arc("a", "t", 0, ()), Arc("a", "p", 0, (0,))))

    assert solve(problem).given == (Given("a", "p", 3), Given("a", "t", 1))


def test_a_seat_that_teaches_two_wanted_skills_counts_for_both() -> None:
    both = Ask("a", "GH", 4, (AskedNeed("one", 2, 4), AskedNeed("two", 2, 4)), 4, 1)
    problem = Problem((both,), (place("s", 4),), (Arc("a", "s", 0, (0, 1)),))

    plan = solve(problem)

    assert plan.given == (Given("a", "s", 2),)
    assert measure(problem, plan.given, reach=dict(plan.reach)).covered == 4


def test_the_figures_of_a_plan_can_be_worked_out_by_hand() -> None:
    plan = _plan(TWO, a=3, b=1)

    figures = measure(TWO, plan.given, reach={"GH": 3, "SN": 3}, ldc=frozenset({"SN"}))

    assert (figures.value, figures.covered, figures.asked, figures.seats) == (28, 4, 8, 4)
    assert figures.lowest == 333_333
    assert figures.jain == (1_000_000 + 333_333) ** 2 * 1_000_000 // (
        2 * (1_000_000**2 + 333_333**2)
    )
    assert (figures.ldc_coverage, figures.ldc_demand) == (250_000, 500_000)


def test_a_plan_compared_with_itself_has_no_difference() -> None:
    plan = solve(TWO)

    assert differences((TWO, plan), (TWO, plan)) == ()


def test_a_request_that_is_gone_is_the_cause_of_its_line_and_of_who_took_its_seats() -> None:
    wide = everywhere(TWO.asks, (place("s", 4),))
    later = everywhere(wide.asks[1:], wide.places)

    found = differences((wide, solve(wide)), (later, solve(later)))

    assert found == (
        Difference("a", "s", 2, 0, Cause.ASK_GONE, ("b",)),
        Difference("b", "s", 2, 4, Cause.OTHERS, ("a",)),
    )


def test_a_slot_with_fewer_seats_is_the_cause_of_its_lines() -> None:
    one = everywhere((ask("a", "GH", 4),), (place("s", 4),))
    less = everywhere(one.asks, (place("s", 3),))

    found = differences((one, solve(one)), (less, solve(less)))

    assert [(each.before, each.after, each.cause) for each in found] == [
        (4, 3, Cause.PLACE_CHANGED)
    ]


def test_a_new_match_and_other_settings_are_told_apart() -> None:
    none = replace(TWO, arcs=TWO.arcs[1:])
    free = everywhere(TWO.asks, TWO.places, floor_percent=0)

    by_match = differences((none, solve(none)), (TWO, solve(TWO)))
    by_settings = differences((TWO, solve(TWO)), (free, solve(free)))

    assert by_match[0].cause == Cause.MATCH_NEW
    assert {each.cause for each in by_settings} == {Cause.SETTINGS}


def test_an_edit_by_hand_is_a_difference_with_the_same_input() -> None:
    plan = solve(TWO)
    edited = replace(plan, given=plan.given[1:])

    assert differences((TWO, plan), (TWO, edited))[0].cause == Cause.SAME


def test_a_slot_that_moved_is_the_cause() -> None:
    one = everywhere((ask("a", "GH", 4),), (place("s", 4),))
    moved = replace(one, places=(replace(one.places[0], starts=90 * DAY),), arcs=())

    found = differences((one, solve(one)), (moved, solve(moved)))

    assert [each.cause for each in found] == [Cause.MATCH_GONE]


def test_a_place_without_seats_is_never_used() -> None:
    full = Place("s", "course", 0, DAY, 0)
    problem = everywhere((ask("a", "GH", 4),), (full,))

    assert solve(problem).given == ()
