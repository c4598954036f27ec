"""Prerequisites: chains of earlier courses, finished in time or not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.matching.rules import Need, Paths, Ranking, Run, rank_offers
from tests.matching.examples import NOW, ident, make_need, make_offer, make_run, on_day

# Course 3 requires 2, which requires 1.
CHAIN = {ident(2): (ident(1),), ident(3): (ident(2),)}


def paths(*runs: Run, requires: dict[Any, Any] | None = None) -> Paths:
    taught: dict[Any, Sequence[Run]] = {
        run.course_id: [other for other in runs if other.course_id == run.course_id] for run in runs
    }
    return Paths(CHAIN if requires is None else requires, taught, {ident(1): "Basics"})


def rank(known: Paths, *, need: Need | None = None, **changes: Any) -> Ranking:
    offer = make_offer(day=20, **{"requires": (ident(3),), **changes})
    return rank_offers(need or make_need(), [offer], now=NOW, paths=known)


def missing(ranking: Ranking) -> list[int]:
    (near,) = ranking.near_misses
    assert near.blocked_by[0].criterion == "prerequisite"
    return [course.int for course in near.blocked_by[0].courses]


def test_a_chain_that_can_be_finished_before_the_start_is_no_limit() -> None:
    known = paths(make_run(1, day=1), make_run(2, day=5), make_run(3, day=19))

    assert len(rank(known).matches) == 1


def test_a_run_before_its_own_prerequisite_ends_does_not_count() -> None:
    known = paths(make_run(1, day=5, days=2), make_run(2, day=6), make_run(3, day=10))

    assert missing(rank(known)) == [2, 3]


def test_the_earliest_end_counts_not_the_earliest_start() -> None:
    slow, quick = make_run(1, day=1, days=15), make_run(1, day=3, days=1)
    known = paths(slow, quick, make_run(2, day=5), make_run(3, day=10))

    assert len(rank(known).matches) == 1


def test_a_chain_that_ends_after_the_start_is_named_from_where_it_is_late() -> None:
    known = paths(make_run(1, day=1), make_run(2, day=5), make_run(3, day=20, days=1))

    assert missing(rank(known)) == [3]


def test_a_chain_may_end_as_the_slot_starts() -> None:
    known = paths(make_run(1, day=1), make_run(2, day=5), make_run(3, day=19, days=1))

    assert known.runs[ident(3)][0].ends_at == on_day(20)
    assert len(rank(known).matches) == 1


def test_closed_full_and_foreign_runs_do_not_count() -> None:
    good = make_run(1, day=1)
    only_1: dict[str, Any] = {"requires": (ident(1),)}

    assert missing(rank(paths(replace(good, apply_by=NOW)), **only_1)) == [1]
    assert missing(rank(paths(replace(good, seats_free=0)), **only_1)) == [1]
    assert missing(rank(paths(replace(good, languages=frozenset({"es"}))), **only_1)) == [1]


def test_remote_people_cannot_take_an_earlier_course_on_location() -> None:
    known = paths(make_run(1, day=1, mode="hands-on"))
    need = make_need(remote_only=True, modes=frozenset())
    changes: dict[str, Any] = {"requires": (ident(1),), "mode": "classroom-remote"}

    assert missing(rank(known, need=need, **changes)) == [1]
    assert len(rank(known, need=make_need(modes=frozenset()), **changes).matches) == 1


def test_self_paced_work_takes_four_hours_a_day_from_any_day_of_its_window() -> None:
    # 20 hours are 5 days, 21 hours are 6: joined at the end of course 1 on day 14.
    window: dict[str, Any] = {"mode": "self-paced", "day": -20, "days": 60, "apply_by": on_day(40)}
    first = make_run(1, day=13)

    assert len(rank(paths(first, make_run(2, hours=24, **window)), requires=(ident(2),)).matches)
    assert missing(rank(paths(first, make_run(2, hours=25, **window)), requires=(ident(2),))) == [2]


def test_self_paced_work_must_end_inside_its_window() -> None:
    run = make_run(1, day=0, days=5, mode="self-paced", hours=20)

    assert len(rank(paths(run), requires=(ident(1),)).matches) == 1
    assert missing(rank(paths(replace(run, hours=21)), requires=(ident(1),))) == [1]


def test_self_paced_work_of_unknown_length_ends_with_its_window() -> None:
    run = make_run(1, day=0, days=20, mode="self-paced")

    assert len(rank(paths(run), requires=(ident(1),)).matches) == 1
    assert missing(rank(paths(replace(run, ends_at=on_day(21))), requires=(ident(1),))) == [1]


def test_a_self_paced_slot_of_known_length_leaves_time_for_what_comes_before() -> None:
    slot: dict[str, Any] = {"mode": "self-paced", "days": 30, "requires": (ident(1),)}
    known = paths(make_run(1, day=40, days=5))
    need = make_need(modes=frozenset())

    assert len(rank(known, need=need, hours=20, **slot).matches) == 1
    assert missing(rank(known, need=need, hours=24, **slot)) == [1]
    assert missing(rank(known, need=need, **slot)) == [1]


def test_a_cycle_is_a_chain_nobody_can_finish() -> None:
    requires = {ident(1): (ident(2),), ident(2): (ident(1),), ident(3): (ident(2),)}
    runs = [make_run(number, day=number) for number in (1, 2, 3)]

    assert missing(rank(paths(*runs, requires=requires))) == [1, 2, 3]


def test_every_course_that_a_slot_requires_counts() -> None:
    known = paths(make_run(1, day=1), requires={})

    assert missing(rank(known, requires=(ident(1), ident(5)))) == [5]


def test_the_sentence_names_courses_by_title_where_it_is_known() -> None:
    (near,) = rank(paths(requires={}), requires=(ident(1),)).near_misses

    assert "Requires Basics" in near.blocked_by[0].why
    assert "24 January 2027, 09:00 UTC" in near.blocked_by[0].change
