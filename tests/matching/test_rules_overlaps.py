"""Which slots are at about the same time."""

from datetime import date, timedelta
from itertools import combinations
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.matching.rules.overlaps import Dated, overlapping, week_of
from tests.matching.examples import ident

MONDAY = date(2027, 3, 15)


def slot(number: int, start: int, days: int = 1) -> Dated[UUID]:
    """A slot that starts so many days after a Monday and lasts so many days."""
    starts_on = MONDAY + timedelta(days=start)
    return Dated(ident(number), starts_on, starts_on + timedelta(days=days - 1))


def numbers(slots: list[Dated[UUID]]) -> list[list[int]]:
    return [[each.slot_id.int for each in group] for group in overlapping(slots)]


def test_the_three_inspection_courses_of_the_demonstration_overlap() -> None:
    # Two in the week of 15 March, one in the week after.
    assert numbers([slot(1, 0, 5), slot(2, 1, 4), slot(3, 7, 5)]) == [[1, 2, 3]]


def test_a_free_week_in_between_is_no_overlap() -> None:
    assert numbers([slot(1, 0, 5), slot(2, 14)]) == []


def test_sunday_and_monday_of_the_week_after_next_are_no_overlap() -> None:
    assert numbers([slot(1, 6), slot(2, 7)]) == [[1, 2]]
    assert numbers([slot(1, 6), slot(2, 14)]) == []


def test_a_series_of_weeks_gives_a_group_for_each_pair_of_weeks() -> None:
    assert numbers([slot(1, 0), slot(2, 7), slot(3, 14)]) == [[1, 2], [2, 3]]


def test_a_long_slot_overlaps_with_all_within_it() -> None:
    assert numbers([slot(1, 0, 30), slot(2, 8), slot(3, 29)]) == [[1, 2], [1, 3]]


def test_one_slot_and_no_slot_do_not_overlap() -> None:
    assert overlapping([]) == []
    assert overlapping([slot(1, 0)]) == []


@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 25)), max_size=9),
    st.randoms(use_true_random=False),
)
def test_groups_hold_exactly_the_pairs_without_a_whole_week_between(
    spans: list[tuple[int, int]], random: Random
) -> None:
    slots = [slot(number, start, days) for number, (start, days) in enumerate(spans, start=1)]
    groups = overlapping(random.sample(slots, len(slots)))

    def near(one: Dated[UUID], other: Dated[UUID]) -> bool:
        first, second = sorted((one, other), key=lambda each: each.starts_on)
        return week_of(second.starts_on) - week_of(first.ends_on) <= 1

    pairs = {frozenset(pair) for group in groups for pair in combinations(group, 2)}
    assert pairs == {frozenset(pair) for pair in combinations(slots, 2) if near(*pair)}
    assert groups == overlapping(slots)
    assert not any(set(one) <= set(other) for one in groups for other in groups if one != other)
