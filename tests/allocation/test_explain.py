"""What each request is told, and that it is true."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.allocation.rules.facts import Arc, Ask, AskedNeed, Finished, Given, Place, Plan, Problem
from app.allocation.rules.verdicts import Binding, Verdict, why
from app.allocation.solver import solve
from app.allocation.solver.explain import explain, explain_again
from tests.allocation.brute import covered
from tests.allocation.checker import complaints
from tests.allocation.problems import ask, everywhere, place
from tests.allocation.strategies import THEORY, problems


def _verdicts(problem: Problem) -> dict[str, Verdict]:
    return {each.ask: each for each in explain(problem, solve(problem))}


def _said(verdict: Verdict) -> str:
    return why(verdict.binding, verdict.detail())


def test_who_has_everything_is_told_so() -> None:
    found = _verdicts(everywhere((ask("a", "GH", 2),), (place("s", 4),)))

    assert (found["a"].binding, found["a"].asked, found["a"].given) == (Binding.MET, 2, 2)


def test_who_fits_nowhere_is_told_so() -> None:
    found = _verdicts(everywhere((ask("a", "GH", 2),), ()))

    assert found["a"].binding == Binding.NO_PLACE


def test_a_minimum_that_two_cannot_reach_is_named_with_its_numbers() -> None:
    asks = (ask("a", "GH", 2), ask("b", "SN", 2))

    found = _verdicts(everywhere(asks, (place("s", 6, minimum=5),)))

    assert {_said(each) for each in found.values()} == {"Minimum number not reached: 4 of 5."}


def test_a_minimum_that_enough_people_cannot_fill_in_whole_groups_is_not_blamed() -> None:
    asks = (ask("a", "GH", 2, together=True), ask("b", "SN", 2, together=True))

    found = _verdicts(everywhere(asks, (place("s", 3, minimum=3),)))

    assert {each.binding for each in found.values()} == {Binding.SEVERAL}


def test_a_group_that_stays_together_hears_how_many_seats_there_are() -> None:
    five = ask("a", "GH", 5, together=True)

    found = _verdicts(everywhere((five,), (place("s", 3), place("t", 4))))

    assert (found["a"].binding, found["a"].have, found["a"].bound) == (Binding.TOGETHER, 4, 5)


def test_the_cap_of_a_country_is_named() -> None:
    found = _verdicts(everywhere((ask("a", "GH", 4),), (place("s", 8, cap=2),)))

    assert (found["a"].binding, found["a"].given, found["a"].bound) == (Binding.CAP, 2, 2)


def test_missing_theory_is_named() -> None:
    four = ask("a", "GH", 4, finished=(Finished(THEORY, 0, 1),))

    found = _verdicts(everywhere((four,), (place("p", 4, day=20, requires=(THEORY,)),)))

    assert (found["a"].binding, found["a"].have, found["a"].bound) == (Binding.CHAIN, 2, 1)


def test_a_need_of_higher_value_is_named_by_urgency_and_significance_alone() -> None:
    asks = (ask("a", "GH", 2, value=8), ask("b", "SN", 2, value=4))

    found = _verdicts(everywhere(asks, (place("s", 2),), floor_percent=0))

    assert found["b"].binding == Binding.HIGHER
    assert (found["b"].urgency, found["b"].significance) == (8, 1)
    assert "GH" not in _said(found["b"])


def test_a_seat_that_lifts_a_country_to_its_floor_is_named() -> None:
    asks = (ask("a", "GH", 1, value=16), ask("b", "SN", 1, value=1), ask("c", "GH", 1, value=16))
    problem = everywhere(asks, (place("s", 1), place("t", 1)))

    found = _verdicts(problem)

    told = {each.binding for each in found.values() if each.ask in {"a", "c"}}
    assert told == {Binding.MET, Binding.FLOOR}
    assert found["b"].given == 1


def test_a_group_that_lifts_its_country_to_the_floor_is_named_though_it_is_more_than_enough() -> (
    None
):
    asks = (ask("a", "GH", 2, value=16), ask("b", "SN", 2, value=4, together=True))

    found = _verdicts(everywhere(asks, (place("s", 2), place("t", 1))))

    assert (found["a"].given, found["b"].given) == (1, 2)
    assert found["a"].binding == Binding.FLOOR


def test_equal_needs_hear_that_the_seats_are_given() -> None:
    asks = (ask("a", "GH", 4), ask("b", "SN", 4))

    found = _verdicts(everywhere(asks, (place("s", 4),)))

    assert {each.binding for each in found.values()} == {Binding.FULL}
    assert _said(found["a"]) == "All seats of a slot that fits are given: 4 of 4."


def test_every_code_has_a_sentence() -> None:
    assert all(why(each, {}).endswith(".") for each in Binding)


@settings(max_examples=80, deadline=None)
@given(problems())
def test_when_the_limit_that_is_named_is_lifted_there_is_room(problem: Problem) -> None:
    plan = solve(problem)
    for verdict in explain(problem, plan):
        if verdict.place:
            lifted = _lifted(problem, verdict)
            assert complaints(lifted, _more(plan, verdict)) == []


@settings(max_examples=80, deadline=None)
@given(problems())
def test_what_binds_does_bind(problem: Problem) -> None:
    plan = solve(problem)
    for verdict in explain(problem, plan):
        if verdict.place and verdict.binding not in {Binding.COST, Binding.LEFT}:
            assert complaints(problem, _more(plan, verdict)) != []


@settings(max_examples=80, deadline=None)
@given(problems())
def test_a_proven_plan_leaves_no_seat_that_is_worth_giving(problem: Problem) -> None:
    told = {verdict.binding for verdict in explain(problem, solve(problem))}

    assert Binding.LEFT not in told


@settings(max_examples=80, deadline=None)
@given(problems())
def test_what_is_said_of_who_took_the_seats_is_true(problem: Problem) -> None:
    plan = solve(problem)
    asks = {one.id: one for one in problem.asks}
    for verdict in explain(problem, plan):
        mine = _value(asks[verdict.ask])
        there = [line.ask for line in plan.given if line.place == verdict.place]
        others = [asks[name] for name in there if name != verdict.ask]
        if verdict.binding == Binding.HIGHER:
            assert min(map(_value, others)) == verdict.urgency * verdict.significance > mine
        elif verdict.binding == Binding.FLOOR:
            lower = [other for other in others if _value(other) < mine]
            assert lower
            assert all(_is_at_floor(problem, plan, other) for other in lower)


def test_a_seat_held_by_a_higher_and_an_equal_need_is_not_blamed_on_the_higher() -> None:
    asks = (ask("a", "GH", 2, value=8), ask("b", "GH", 2, value=4), ask("c", "GH", 2, value=4))
    problem = everywhere(asks, (place("s", 4),))
    plan = replace(solve(problem), given=(Given("a", "s", 2), Given("b", "s", 2)))

    told = {verdict.ask: verdict.binding for verdict in explain(problem, plan)}

    assert told == {"a": Binding.MET, "b": Binding.MET, "c": Binding.FULL}


def test_the_floor_is_not_blamed_where_a_country_above_it_has_a_lower_need() -> None:
    asks = (ask("a", "GH", 1, value=8), ask("b", "SN", 1, value=4), ask("c", "KE", 1, value=4))
    problem = everywhere(asks, (place("s", 2),))
    plan = Plan((Given("b", "s", 1), Given("c", "s", 1)), 0, 0, 0, 900_000, False)
    plan = replace(plan, reach=(("GH", 0), ("SN", 1), ("KE", 0)))

    told = {verdict.ask: verdict.binding for verdict in explain(problem, plan)}

    assert told["a"] == Binding.FULL


def test_a_group_hears_that_a_slot_is_full_when_not_one_seat_is_left() -> None:
    asks = (ask("a", "GH", 3), ask("b", "SN", 3, together=True))
    problem = everywhere(asks, (place("s", 3),))
    plan = replace(solve(problem), given=(Given("a", "s", 3),))

    told = {verdict.ask: verdict.binding for verdict in explain(problem, plan)}

    assert told["b"] == Binding.FULL


def test_a_seat_that_teaches_both_skills_counts_for_both() -> None:
    one = _group(together=False)
    problem = Problem((one,), (place("s", 6),), (Arc("a", "s", 9_000, (0, 1)),))

    found = _verdicts(problem)["a"]

    assert (found.asked, found.given, found.binding) == (6, 6, Binding.MET)


def test_a_group_of_two_skills_on_one_date_is_counted_as_its_request_is() -> None:
    both = Problem((_group(),), (place("s", 6),), (Arc("a", "s", 9_000, (0, 1)),))

    found = _verdicts(both)["a"]

    assert (found.asked, found.given, found.binding) == (6, 6, Binding.MET)


def test_a_group_hears_that_it_goes_to_one_date_and_the_rest_waits() -> None:
    places = (place("s", 6), place("t", 6))
    arcs = (Arc("a", "s", 9_000, (0,)), Arc("a", "t", 9_000, (1,)))

    for fitting, given_seats in ((arcs, 4), (arcs[1:], 0)):
        found = _verdicts(Problem((_group(),), places, fitting))["a"]
        assert (found.asked, found.given, found.binding) == (6, given_seats, Binding.ONE_DATE)
        assert _said(found).startswith("The 4 people go together on one date.")


def test_people_who_sit_where_too_few_do_count_towards_the_minimum() -> None:
    asks = (ask("a", "GH", 2), ask("b", "SN", 2))
    problem = everywhere(asks, (place("s", 6, minimum=5),))
    plan = Plan((Given("a", "s", 2),), 0, 0, 0, 0, is_proven=False)

    told = {each.ask: _said(each) for each in explain(problem, plan)}

    assert told["b"] == "Minimum number not reached: 4 of 5."


@settings(max_examples=150, deadline=None)
@given(problems(), st.data())
def test_an_edit_changes_no_verdict_but_those_looked_at_again(
    problem: Problem, data: st.DataObject
) -> None:
    before = replace(solve(problem), is_proven=False)
    lines = [line for line in before.given if data.draw(st.booleans())]
    after = replace(before, given=tuple(lines))

    for old, new in ((before, after), (after, before)):
        again = {each.ask: each for each in explain_again(problem, old, new)}
        kept = {each.ask: each for each in explain(problem, old)}
        assert tuple((kept | again).values()) == explain(problem, new)


def _group(*, together: bool = True) -> Ask:
    """Four people who need one skill, and two of them, or two more, another."""
    needs = (AskedNeed("one", 4, 4), AskedNeed("two", 2, 4))
    return Ask("a", "GH", 4 if together else 6, needs, 4, 1, together)


def _value(one: Ask) -> int:
    return one.urgency * one.significance


def _is_at_floor(problem: Problem, plan: Plan, one: Ask) -> bool:
    """Whether its country would fall below its floor without a seat of this ask."""
    own = tuple(line for line in plan.given if line.ask == one.id)
    lost = covered(problem, own)[one.country] if one.together else 1
    people = covered(problem, plan.given)[one.country]
    return (people - lost) * 1_000_000 < plan.floor * dict(plan.reach)[one.country]


def _more(plan: Plan, verdict: Verdict) -> tuple[Given, ...]:
    seats = {(line.ask, line.place): line.seats for line in plan.given}
    key = (verdict.ask, verdict.place)
    seats[key] = seats.get(key, 0) + verdict.more
    return tuple(Given(*each, count) for each, count in seats.items())


def _lifted(problem: Problem, verdict: Verdict) -> Problem:
    """The problem with that limit lifted, on that place, as far as the verdict says."""
    return replace(
        problem,
        asks=tuple(_finished(each, verdict) for each in problem.asks),
        places=tuple(_wider(each, verdict) for each in problem.places),
    )


def _finished(one: Ask, verdict: Verdict) -> Ask:
    if one.id != verdict.ask or verdict.binding != Binding.CHAIN:
        return one
    return replace(one, finished=(*one.finished, Finished(THEORY, 0, verdict.more)))


def _wider(one: Place, verdict: Verdict) -> Place:
    if one.id != verdict.place:
        return one
    if verdict.binding == Binding.MINIMUM:
        return replace(one, minimum=0)
    cap = one.cap
    if cap is not None and verdict.binding in {Binding.CAP, Binding.TOGETHER}:
        cap += verdict.more
    is_full = verdict.binding not in {Binding.CAP, Binding.CHAIN}
    return replace(one, cap=cap, free=one.free + verdict.more * is_full)
