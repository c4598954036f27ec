"""The other direction, pure: which needs an offer fits, what is asked of it, what is told."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching.rules import (
    LIMIT_NAMES,
    Need,
    Offer,
    Paths,
    Supply,
    rank_offers,
    supply_of,
)
from app.matching.rules.asks import ask_for
from app.matching.rules.inverse import (
    NO_DATE,
    STEPS,
    Crowd,
    Judge,
    crowd_of,
    months_open,
    rank_needs,
)
from tests.matching.examples import ASEPTIC, EARLIEST, NOW, ident, make_need, make_offer, make_run
from tests.matching.strategies import needs, offers

BROKEN: dict[str, tuple[Need, Offer]] = {
    "window": (make_need(), make_offer(day=120)),
    "language": (make_need(), make_offer(languages=frozenset({"es"}))),
    "mode": (make_need(), make_offer(mode="classroom-onsite")),
    "fee": (make_need(fee_limit_usd=0), make_offer(funding="fee", fee_usd=100)),
    "travel": (make_need(travel="none"), make_offer()),
    "seats": (make_need(), make_offer(seats_free=0)),
    "eligibility": (make_need(), make_offer(eligible_countries=frozenset({"GH"}))),
    "deadline": (make_need(), make_offer(apply_by=NOW)),
    "platform": (make_need(), make_offer(platforms=frozenset({"mrna"}))),
    "level": (make_need(), make_offer(skills=(("mfg-aseptic-fill", 2),))),
    "prerequisite": (make_need(), make_offer(requires=(ident(77),))),
}


def test_every_limit_is_tried_here() -> None:
    assert tuple(BROKEN) == LIMIT_NAMES


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_near_miss_is_named_by_its_limit_and_asks_for_one_thing(name: str) -> None:
    need, offer = BROKEN[name]
    [miss] = rank_needs([need], lambda _: offer, Judge(NOW)).near

    assert miss.missed == name
    assert ask_for(name, need, offer).endswith(".")


@pytest.mark.parametrize(
    ("name", "need", "offer", "said"),
    [
        ("language", make_need(), make_offer(), "interpret it into, English or French"),
        ("language", make_need(interpretation_ok=False), make_offer(), "it in English or French"),
        ("mode", make_need(remote_only=True), make_offer(), "remotely"),
        ("mode", make_need(), make_offer(), "hands-on training"),
        ("fee", make_need(fee_limit_usd=40), make_offer(), "40 USD"),
        ("travel", make_need(travel="country"), make_offer(), "in their country"),
        ("travel", make_need(travel="region"), make_offer(), "in their region"),
        ("travel", make_need(travel_limit_km=5), make_offer(point=(50.0, 8.0)), "within 5 km"),
        ("seats", make_need(), make_offer(seats_free=1, waiting=3), "Add 3 seats"),
        ("seats", make_need(), make_offer(country_seats_left=0), "one country"),
        ("deadline", make_need(), make_offer(lead_days=9), "clear people"),
        ("platform", make_need(), make_offer(), "vaccines"),
        ("level", make_need(), make_offer(), "aseptic filling at level 3"),
    ],
)
def test_what_is_asked_names_what_would_do(name: str, need: Need, offer: Offer, said: str) -> None:
    assert said in ask_for(name, need, offer)


def test_a_slot_has_the_same_score_from_both_sides() -> None:
    need, offer = make_need(), make_offer()
    [match] = rank_offers(need, [offer], now=NOW).matches
    [fit] = rank_needs([need], lambda _: offer, Judge(NOW)).fits

    assert fit.score == match.score == 9360


def test_a_need_of_another_skill_is_passed_over() -> None:
    other = make_need(wants=(replace(ASEPTIC, skill="mfg-gowning"),))
    reach = rank_needs([other], lambda _: make_offer(), Judge(NOW))

    assert (reach.fits, reach.near) == ((), ())


def test_a_need_that_two_limits_keep_away_is_neither_match_nor_near_miss() -> None:
    offer = make_offer(day=120, languages=frozenset({"es"}))
    reach = rank_needs([make_need()], lambda _: offer, Judge(NOW))

    assert (reach.fits, reach.near) == ((), ())


def test_the_order_of_needs_changes_nothing() -> None:
    needs = [
        make_need(request_id=ident(1), urgency=2),
        make_need(request_id=ident(2)),
        make_need(request_id=ident(3)),
        make_need(request_id=ident(4), languages=("es",)),
    ]
    found = {
        tuple(fit.need.request_id for fit in (*reach.fits, *reach.near))
        for order in permutations(needs)
        for reach in [rank_needs(order, lambda _: make_offer(), Judge(NOW))]
    }

    assert found == {(ident(1), ident(2), ident(3), ident(4))}


def test_equal_scores_go_by_urgency_and_then_by_what_is_due_first() -> None:
    offer = make_offer(day=0)
    calm = make_need(request_id=ident(1), urgency=1)
    late = make_need(request_id=ident(2), needed_by=EARLIEST + timedelta(days=150))
    soon = make_need(request_id=ident(3))
    fits = rank_needs([calm, late, soon], lambda _: offer, Judge(NOW)).fits

    assert len({fit.score for fit in fits}) == 1
    assert [fit.need for fit in fits] == [soon, late, calm]


def test_a_course_without_a_date_is_not_judged_by_dates() -> None:
    offer = make_offer(day=300, seats_free=0, apply_by=NOW)
    reach = rank_needs([make_need()], lambda _: offer, Judge(NOW), ignore=NO_DATE)

    assert len(reach.fits) == 1


def test_chains_are_judged_as_in_the_ranking_of_each_need() -> None:
    offer = make_offer(requires=(ident(7),))
    paths = Paths({ident(7): ()}, {ident(7): [make_run(7, day=2, languages=frozenset({"fr"}))]})
    needs = [make_need(), make_need(request_id=ident(2), languages=("en",))]
    reach = rank_needs(needs, lambda _: offer, Judge(NOW, paths))

    assert [fit.need.request_id for fit in reach.fits] == [ident(1)]
    assert [(fit.need.request_id, fit.missed) for fit in reach.near] == [(ident(2), "prerequisite")]
    for need in needs:
        ranked = rank_offers(need, [offer], now=NOW, paths=paths).matches
        assert bool(ranked) is (need.request_id == ident(1))


@given(
    people=st.lists(st.integers(1, 9), max_size=8),
    countries=st.lists(st.sampled_from(["KE", "GH", "UG", "RW"]), min_size=8, max_size=8),
)
def test_a_count_never_stands_for_fewer_than_three(people: list[int], countries: list[str]) -> None:
    of_requests = {UUID(int=number): each for number, each in enumerate(people)}
    crowd = crowd_of(of_requests, countries[: len(people)])
    asked = Crowd(len(people), sum(people), len(set(countries[: len(people)])))

    if crowd is None:
        assert min(asked.requests, asked.people, asked.countries) < 3
    else:
        told = (crowd.requests, crowd.people, crowd.countries)
        counted = (asked.requests, asked.people, asked.countries)
        assert min(told) >= 3
        assert set(told) <= set(STEPS)
        assert all(
            figure <= count <= 2.5 * figure for figure, count in zip(told, counted, strict=True)
        )


def test_a_need_is_open_in_the_months_of_its_window() -> None:
    need = make_need(earliest=EARLIEST, needed_by=EARLIEST + timedelta(days=60))

    assert list(months_open(need, first=EARLIEST, count=18)) == [0, 1, 2]
    assert list(months_open(need, first=EARLIEST + timedelta(days=31), count=18)) == [0, 1]
    assert list(months_open(need, first=EARLIEST, count=2)) == [0, 1]
    assert list(months_open(need, first=EARLIEST + timedelta(days=90), count=18)) == []


@given(needed=st.lists(needs, min_size=1, max_size=5), offer=offers())
def test_both_directions_agree_on_every_pair(needed: list[Need], offer: Offer) -> None:
    """What a slot fits, by which score, or misses by which limit, is what each ranking says."""
    asked = [replace(need, request_id=ident(number)) for number, need in enumerate(needed)]
    open_offer = replace(offer, status="confirmed", provider_verified=True)
    reach = rank_needs(asked, lambda _: open_offer, Judge(NOW))
    rankings = [(need.request_id, rank_offers(need, [open_offer], now=NOW)) for need in asked]

    if supply_of(open_offer, now=NOW) is Supply.OPEN:
        assert {(fit.need.request_id, fit.score) for fit in reach.fits} == {
            (request, match.score) for request, found in rankings for match in found.matches
        }
        assert {(fit.need.request_id, fit.missed) for fit in reach.near} == {
            (request, miss.criterion) for request, found in rankings for miss in found.near_misses
        }
