"""The cases worked out by hand in the design."""

from app.allocation.rules.facts import Arc, Finished, Problem
from app.allocation.solver import solve
from tests.allocation.problems import ask, everywhere, place, seats


def test_two_countries_share_one_slot_of_four_seats() -> None:
    plan = solve(everywhere((ask("a", "GH", 4), ask("b", "SN", 4)), (place("s", 4),)))

    assert seats(plan) == {("a", "s"): 2, ("b", "s"): 2}
    assert (plan.share, plan.floor, plan.is_proven) == (500_000, 450_000, True)


def test_the_floor_counts_in_whole_people_even_against_a_more_urgent_need() -> None:
    asks = (ask("a", "GH", 4, value=8), ask("b", "SN", 4, value=4))

    plan = solve(everywhere(asks, (place("s", 4),)))

    assert seats(plan) == {("a", "s"): 2, ("b", "s"): 2}


def test_a_lower_floor_leaves_more_to_the_urgent_need() -> None:
    asks = (ask("a", "GH", 4, value=8), ask("b", "SN", 4, value=4))

    plan = solve(everywhere(asks, (place("s", 4),), floor_percent=50))

    assert seats(plan) == {("a", "s"): 3, ("b", "s"): 1}


def test_nothing_is_placed_below_the_minimum_to_run() -> None:
    asks = (ask("a", "GH", 2), ask("b", "SN", 2))

    plan = solve(everywhere(asks, (place("s", 6, minimum=5),)))

    assert plan.given == ()
    assert plan.objective == plan.bound == 0


def test_the_minimum_can_be_reached_together() -> None:
    asks = (ask("a", "GH", 2), ask("b", "SN", 3))

    plan = solve(everywhere(asks, (place("s", 6, minimum=5),)))

    assert seats(plan) == {("a", "s"): 2, ("b", "s"): 3}


def test_people_who_go_together_go_on_one_slot_or_on_none() -> None:
    five = ask("a", "GH", 5, together=True)

    plan = solve(everywhere((five,), (place("s", 3), place("t", 4))))

    assert plan.given == ()


def test_people_who_may_be_split_are() -> None:
    plan = solve(everywhere((ask("a", "GH", 5),), (place("s", 3), place("t", 4))))

    assert sum(seats(plan).values()) == 5


def test_no_country_takes_more_than_its_cap() -> None:
    asks = tuple(ask(f"a{n}", code, 4) for n, code in enumerate(("GH", "GH", "SN", "KE", "RW")))

    plan = solve(everywhere(asks, (place("s", 8, cap=2, taken=(("RW", 1),)),)))

    by_country: dict[str, int] = {}
    for line in plan.given:
        country = next(each.country for each in asks if each.id == line.ask)
        by_country[country] = by_country.get(country, 0) + line.seats
    assert by_country == {"GH": 2, "SN": 2, "KE": 2, "RW": 1}


def test_practice_waits_for_as_many_as_finished_the_theory() -> None:
    four = ask("a", "GH", 4, finished=(Finished("theory", 0, 1),))
    practice = place("p", 4, day=20, requires=("theory",))

    plan = solve(everywhere((four,), (practice,)))

    assert seats(plan) == {("a", "p"): 1}


def test_two_countries_that_want_the_same_seat_do_not_end_the_guarantee_of_others() -> None:
    asks = (ask("a", "GH", 1), ask("b", "SN", 1), ask("c", "KE", 4), ask("d", "RW", 4, value=16))
    arcs = [Arc(name, "s", 0, (0,)) for name in "ab"] + [Arc(name, "t", 0, (0,)) for name in "cd"]

    plan = solve(Problem(asks, (place("s", 1), place("t", 4)), tuple(arcs)))

    assert seats(plan)["c", "t"] == seats(plan)["d", "t"] == 2
    assert len(plan.left_out) == 1
    assert plan.left_out[0] in {"GH", "SN"}
    assert plan.share == 500_000
