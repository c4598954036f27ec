"""Requests of neighbours that fill a date together, and dates that could join; no database."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.rules.joining import Date, advice
from app.reports.rules.synergy import Joint, Opening, Want, filled, fits, joints
from app.reports.south import is_south

DAY = date(2027, 3, 1)
KM = {("KE", "UG"): 500, ("FJ", "WS"): 1100, ("KE", "FJ"): 15000}


def km(one: str, other: str) -> int | None:
    return KM.get((one, other), KM.get((other, one)))


def want(number: int, country: str, people: int = 5, **facts: object) -> Want:
    """People of an East African country unless told otherwise."""
    plain = Want(
        request_id=UUID(int=number),
        country=country,
        skill="a",
        level=2,
        people=people,
        earliest=DAY,
        needed_by=DAY + timedelta(days=90),
        languages=frozenset({"en"}),
        weight=6,
        communities=frozenset({"EAC"}),
    )
    return replace(plain, **facts)  # type: ignore[arg-type] # facts are its fields


def opening(number: int = 1, **facts: object) -> Opening:
    """A date of twelve free seats within the window."""
    plain = Opening(
        slot_id=UUID(int=100 + number),
        taught=(("a", 3),),
        mode="hands-on",
        country="RW",
        home="RW",
        starts_on=DAY + timedelta(days=10),
        ends_on=DAY + timedelta(days=12),
        seats_free=12,
        missing=0,
        languages=frozenset({"en"}),
    )
    return replace(plain, **facts)  # type: ignore[arg-type] # facts are its fields


def found(wants: list[Want], dates: list[Opening] | None = None, usual: int = 12) -> list[Joint]:
    return joints(wants, dates or [], usual=lambda _: usual, km=km)


def test_two_countries_fill_a_date_that_neither_fills_alone() -> None:
    [joint] = found([want(1, "KE"), want(2, "UG")], [opening()])

    assert (joint.countries, joint.people, joint.target) == (("KE", "UG"), 10, 9)
    assert (joint.slot_id, joint.shared, joint.home) == (UUID(int=101), frozenset({"EAC"}), "RW")


def test_a_date_that_lacks_people_to_run_is_reached_together() -> None:
    few = [want(1, "KE", 2), want(2, "UG", 2)]

    assert [joint.target for joint in found(few, [opening(missing=4)])] == [4]
    assert found(few, [opening(missing=5)]) == []
    assert found([want(1, "KE", 4), want(2, "UG", 2)], [opening(missing=4)]) == []


def test_without_a_date_that_fits_one_has_to_be_called_for() -> None:
    later = want(2, "UG", earliest=DAY + timedelta(days=30))
    [joint] = found([want(1, "KE"), later], [opening(languages=frozenset({"pt"}))])

    assert joint.slot_id is None
    assert (joint.starts_on, joint.ends_on) == (DAY + timedelta(days=30), DAY + timedelta(days=90))


@pytest.mark.parametrize(
    "other",
    [
        want(2, "KE"),
        want(2, "UG", 1),
        want(2, "UG", languages=frozenset({"fr"})),
        want(2, "UG", skill="b"),
        want(2, "FJ", communities=frozenset({"PIF"})),
        want(2, "UG", earliest=DAY + timedelta(days=91), needed_by=DAY + timedelta(days=120)),
    ],
    ids=["same country", "too few", "no language", "other skill", "far away", "other time"],
)
def test_what_does_not_go_together_is_not_proposed(other: Want) -> None:
    assert found([want(1, "KE"), other]) == []


def test_countries_without_a_community_are_neighbours_within_reach() -> None:
    pair = [want(1, "FJ", communities=frozenset()), want(2, "WS", communities=frozenset())]

    assert [joint.countries for joint in found(pair)] == [("FJ", "WS")]


@pytest.mark.parametrize(
    ("facts", "date_facts"),
    [
        ({"level": 4}, {}),
        ({"remote_only": True}, {}),
        ({"modes": frozenset({"classroom-remote"})}, {}),
        ({"travel": "none"}, {}),
        ({"travel": "country"}, {}),
        ({"travel": "region", "region": "AFR"}, {"country": "TH", "region": "SEAR"}),
        ({"travel": "region"}, {}),
        ({"needed_by": DAY + timedelta(days=11)}, {}),
        ({"earliest": DAY + timedelta(days=11)}, {}),
        ({"interpretation_ok": False}, {"languages": frozenset(), "interpretation": {"en"}}),
    ],
)
def test_a_date_that_does_not_suit_is_no_date_for_the_people(
    facts: dict[str, Any], date_facts: dict[str, Any]
) -> None:
    assert fits(want(1, "KE"), opening())
    assert not fits(want(1, "KE", **facts), opening(**date_facts))


def test_people_who_stay_in_their_region_can_come_to_a_date_there() -> None:
    staying = want(1, "KE", travel="region", region="AFR")

    assert fits(staying, opening(region="AFR"))
    assert fits(staying, opening(country="KE"))
    assert fits(staying, opening(country=None))


_wants = st.lists(
    st.builds(
        lambda number, country, skill, people, begins, speaks: want(
            number,
            country,
            people,
            skill=skill,
            earliest=DAY + timedelta(days=begins),
            needed_by=DAY + timedelta(days=begins + 40),
            languages=speaks,
            communities=frozenset({"EAC"} if country != "FJ" else {"PIF"}),
        ),
        st.integers(1, 999),
        st.sampled_from(["KE", "UG", "RW", "FJ"]),
        st.sampled_from(["a", "b"]),
        st.integers(1, 9),
        st.integers(0, 60),
        st.sampled_from([frozenset({"en"}), frozenset({"fr"}), frozenset({"en", "fr"})]),
    ),
    max_size=12,
    unique_by=lambda each: (each.request_id, each.skill),
)
_dates = st.lists(
    st.builds(
        lambda number, begins, free, missing: opening(
            number,
            starts_on=DAY + timedelta(days=begins),
            ends_on=DAY + timedelta(days=begins + 2),
            seats_free=free,
            missing=min(missing, free),
            taught=(("a", 3), ("b", 2)),
        ),
        st.integers(1, 99),
        st.integers(0, 80),
        st.integers(1, 14),
        st.integers(0, 8),
    ),
    max_size=4,
    unique_by=lambda each: each.slot_id,
)


@given(_wants, _dates)
def test_every_group_is_one_that_was_asked_for(wants: list[Want], dates: list[Opening]) -> None:
    by_id = {each.slot_id: each for each in dates}
    groups = found(wants, dates)

    for joint in groups:
        alone: dict[str, int] = {}
        for each in joint.wants:
            alone[each.country] = alone.get(each.country, 0) + each.people
        assert len(alone) > 1
        assert max(alone.values()) < joint.target <= joint.people
        assert frozenset.intersection(*(each.languages for each in joint.wants))
        assert all(each.skill == joint.skill for each in joint.wants)
        if joint.slot_id is None:
            assert joint.people <= 12
            assert max(each.earliest for each in joint.wants) <= min(
                each.needed_by for each in joint.wants
            )
        else:
            assert all(fits(each, by_id[joint.slot_id]) for each in joint.wants)
            assert joint.people <= by_id[joint.slot_id].seats_free
    members = [(each.request_id, each.skill) for joint in groups for each in joint.wants]
    assert len(members) == len(set(members))


@given(_wants, _dates, st.randoms(use_true_random=False))
def test_the_order_of_requests_and_dates_changes_nothing(
    wants: list[Want], dates: list[Opening], random: Random
) -> None:
    before = found(wants, dates)
    random.shuffle(wants)
    random.shuffle(dates)

    assert found(wants, dates) == before


def test_three_quarters_of_the_seats_count_as_filled() -> None:
    assert [filled(seats) for seats in (1, 4, 10, 12)] == [1, 3, 8, 9]


def test_the_south_is_what_unctad_calls_developing() -> None:
    assert all(map(is_south, ("KE", "BR", "IN", "CN", "FJ", "TR", "MX", "YE")))
    assert not any(map(is_south, ("US", "CA", "DE", "JP", "KR", "AU", "NZ", "CY", "RU", "XX")))


def dated(number: int, seats: int, free: int, country: str = "KE", speaks: str = "en") -> Date:
    return Date(UUID(int=number), seats, free, country, frozenset(speaks.split()))


def advised(*dates: Date) -> tuple[int, int, int | None, int]:
    said = advice(dates, km=lambda one, other: 0 if one == other else 900)
    return said.emptier.int, said.people, said.into.int if said.into else None, said.left


def test_the_people_of_the_emptier_date_join_the_nearest_with_room() -> None:
    assert advised(dated(1, 10, 8), dated(2, 10, 5, "UG"), dated(3, 10, 4)) == (1, 2, 3, 2)
    assert advised(dated(1, 10, 8), dated(2, 10, 5, "UG"), dated(3, 10, 1)) == (1, 2, 2, 3)


def test_without_room_or_a_common_language_the_emptier_date_can_only_move() -> None:
    assert advised(dated(1, 10, 6), dated(2, 10, 3)) == (1, 4, None, 0)
    assert advised(dated(1, 10, 8), dated(2, 10, 5, speaks="fr")) == (1, 2, None, 0)
