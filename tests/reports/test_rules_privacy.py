"""What everybody may know of needs that are not published; with an attacker who subtracts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reports.rules import Axis, Demand, counted_for, gap_rows, is_counted
from app.reports.rules.privacy import FEWEST_COUNTRIES, cells, is_large_enough

SKILLS = {"a1": "a", "a2": "a", "b1": "b"}
PLACES = {"KE": "AFR", "UG": "AFR", "RW": "AFR", "ZA": "AFR", "FJ": "WPR", "WS": "WPR", "BR": "AMR"}
AXES = (Axis.SKILL, Axis.DOMAIN, Axis.REGION, Axis.COUNTRY, Axis.GROUP, Axis.URGENCY)


def hidden(country: str, skill: str = "a1", people: int = 4, urgency: int = 2) -> Demand:
    """A need that its country does not publish."""
    return Demand(
        skill=skill,
        country=country,
        region=PLACES[country],
        needed_by=date(2027, 5, 31),
        people=people,
        held=0,
        met=0,
        urgency=urgency,
        significance=3,
        published=False,
        domain=SKILLS[skill],
        platform="vaccines",
        sector="regulator",
        groups=("AU", "EAC") if PLACES[country] == "AFR" else ("SIDS",),
    )


def nobody(_: str) -> bool:
    return False


def asked(needs: Sequence[Demand], *axes: Axis) -> dict[tuple[object, ...], int]:
    """What a visitor sees of these needs: people asked for by row."""
    rows = gap_rows(counted_for(needs, sees=nobody), [], axes, sees=nobody)
    return {tuple(getattr(row.key, axis) for axis in axes): row.asked for row in rows}


def test_three_countries_are_counted_together_and_two_are_not() -> None:
    two, three = [hidden("KE"), hidden("UG")], [hidden("KE"), hidden("UG"), hidden("RW")]

    assert asked(two, Axis.SKILL) == {}
    assert asked(three, Axis.SKILL) == {("a1",): 12}
    assert asked(three, Axis.SKILL, Axis.COUNTRY) == {("a1", None): 12}
    assert asked(three, Axis.GROUP) == {}


def test_three_requests_of_one_country_are_not_counted() -> None:
    assert asked([hidden("KE")] * 3, Axis.SKILL) == {}


def test_one_person_each_is_too_few_to_be_told() -> None:
    one_each = [hidden(country, people=1) for country in ("KE", "UG", "RW")]

    assert asked(one_each) == {}
    assert asked([*one_each, hidden("ZA", people=2)]) == {(): 5}
    assert asked([hidden(country, people=1) for country in PLACES]) == {}


def test_published_needs_stand_beside_and_never_hide_others() -> None:
    public = replace(hidden("ZA", people=9), published=True)
    needs = [public, hidden("KE"), hidden("UG")]

    assert asked(needs, Axis.SKILL) == {("a1",): 9}
    assert asked([*needs, hidden("RW")], Axis.SKILL) == {("a1",): 21}


def test_the_total_does_not_give_away_a_part_that_is_left_out() -> None:
    in_africa = [hidden(country) for country in ("KE", "UG", "RW")]
    needs = [*in_africa, hidden("BR", people=7)]

    # With a row for Africa beside it, the total less that row would be Brazil's figure.
    assert asked(needs, Axis.REGION) == {}
    assert asked(needs) == {(): 19}


def test_small_parts_are_counted_together_where_that_says_nothing() -> None:
    in_africa = [hidden(country, "a1") for country in ("KE", "UG", "RW")]
    elsewhere = [hidden(country, "a1") for country in ("FJ", "WS", "BR")]

    assert asked([*in_africa, *elsewhere], Axis.REGION) == {("AFR",): 12}
    assert asked([*in_africa, *elsewhere], Axis.SKILL) == {("a1",): 24}


def test_who_sees_one_country_is_told_of_it_and_not_of_the_one_beside_it() -> None:
    needs = [hidden("KE"), hidden("UG"), hidden("RW"), hidden("ZA", people=9)]

    def seen(*own: str) -> list[tuple[str | None, int]]:
        sees: Callable[[str], bool] = own.__contains__
        rows = gap_rows(counted_for(needs, sees=sees), [], [Axis.COUNTRY], sees=sees)
        return [(row.key.country, row.asked) for row in rows]

    assert seen("KE") == [(None, 17), ("KE", 4)]
    assert seen("KE", "UG", "RW") == [("KE", 4), ("RW", 4), ("UG", 4)]


needs_of_a_network = st.lists(
    st.builds(
        lambda country, skill, people, urgency, published: replace(
            hidden(country, skill, people, urgency), published=published
        ),
        st.sampled_from(sorted(PLACES)),
        st.sampled_from(sorted(SKILLS)),
        st.integers(1, 9),
        st.integers(1, 2),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=24,
)


def tables(needs: Sequence[Demand]) -> Iterator[tuple[frozenset[int], int]]:
    """Every figure that visitors can ask for: which needs it counts (by number), and the sum.

    All groupings by up to three axes, with one filter or two on any values, rows and totals.
    """
    numbered = [replace(need, significance=number) for number, need in enumerate(needs)]
    told = counted_for(numbered, sees=nobody)
    values: dict[Axis, Callable[[Demand], object]] = {
        Axis.SKILL: lambda need: need.skill,
        Axis.DOMAIN: lambda need: need.domain,
        Axis.REGION: lambda need: need.region,
        Axis.URGENCY: lambda need: need.urgency,
        Axis.COUNTRY: lambda need: need.country if need.known is None else None,
    }
    for size in range(4):
        for axes in combinations(values, size):
            rows: dict[tuple[object, ...], set[int]] = {}
            for need in told:
                if is_counted(need, axes):
                    key = tuple(values[axis](need) for axis in axes)
                    rows.setdefault(key, set()).add(need.significance)
            for counted in (*rows.values(), set().union(*rows.values())):
                yield frozenset(counted), sum(needs[each].people for each in counted)


@settings(max_examples=150, deadline=None)
@given(needs_of_a_network)
def test_nobody_works_out_what_a_country_asks_for_by_adding_and_subtracting(
    needs: list[Demand],
) -> None:
    secret = [number for number, need in enumerate(needs) if not need.published]
    figures = {tuple(float(number in counted) for number in secret) for counted, _ in tables(needs)}
    known = np.array(sorted(figures), dtype=float).reshape(len(figures), len(secret))
    for country in {needs[number].country for number in secret}:
        # The attacker may be another country, which knows its own needs one by one.
        for other in {needs[number].country for number in secret} - {country} | {"XX"}:
            own = np.array(
                [
                    [float(number == each) for number in secret]
                    for each in secret
                    if needs[each].country == other
                ]
            ).reshape(-1, len(secret))
            told = np.vstack([known, own])
            wanted = np.array([float(needs[number].country == country) for number in secret])
            with_it = np.linalg.matrix_rank(np.vstack([told, wanted]))
            assert with_it == np.linalg.matrix_rank(told) + 1


@settings(max_examples=150, deadline=None)
@given(needs_of_a_network)
def test_a_cell_is_counted_as_a_whole_or_not_at_all(needs: list[Demand]) -> None:
    numbered = [replace(need, significance=number) for number, need in enumerate(needs)]
    found = [
        {need.significance for need in cell.needs}
        for cell in cells(need for need in numbered if not need.published)
    ]
    for counted, _ in tables(needs):
        for cell in found:
            assert cell <= counted or not cell & counted


@given(needs_of_a_network)
def test_cells_are_large_enough_and_share_no_need(needs: list[Demand]) -> None:
    numbered = [
        replace(need, significance=number, published=False) for number, need in enumerate(needs)
    ]
    found = cells(numbered)

    assert all(is_large_enough(cell.needs) for cell in found)
    assert all(len({need.country for need in cell.needs}) >= FEWEST_COUNTRIES for cell in found)
    members = [need.significance for cell in found for need in cell.needs]
    assert len(members) == len(set(members))
    # Nothing is left out without need: what is large enough as a whole is counted somewhere.
    assert len(members) == (len(needs) if is_large_enough(numbered) else 0)


@given(needs_of_a_network, st.randoms(use_true_random=False))
def test_the_order_of_needs_does_not_matter(needs: list[Demand], random: Random) -> None:
    shuffled = list(needs)
    random.shuffle(shuffled)

    for axes in ((), (Axis.REGION,), (Axis.SKILL, Axis.REGION), (Axis.URGENCY,)):
        assert asked(needs, *axes) == asked(shuffled, *axes)
