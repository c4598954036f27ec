"""What must hold for every need and every set of offers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.rules import (
    EMPTY,
    WEIGHTS,
    Need,
    Offer,
    Paths,
    Want,
    distance_km,
    fee_of,
    rank_offers,
    score_of,
    usable_seats,
)
from tests.matching.examples import NOW
from tests.matching.strategies import needs, offer_lists, offers

REMOTE = {"classroom-remote", "self-paced", "mentoring"}


def matched(need: Need, found: list[Offer], paths: Paths = EMPTY) -> set[Any]:
    return {match.slot_id for match in rank_offers(need, found, now=NOW, paths=paths).matches}


@settings(deadline=None, max_examples=50)
@given(needs, offer_lists(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(need: Need, found: list[Offer], chance: Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)

    ranking = rank_offers(need, found, now=NOW)
    scores = [match.score for match in ranking.matches]
    assert rank_offers(need, shuffled, now=NOW) == ranking
    assert scores == sorted(scores, reverse=True)


@settings(deadline=None)
@given(needs, offers())
def test_scores_add_up_and_stay_within_ten_thousand(need: Need, offer: Offer) -> None:
    ranking = rank_offers(need, [offer], now=NOW)

    for match in ranking.matches:
        assert match.score == sum(part.score for part in match.criteria)
        assert [part.name for part in match.criteria] == list(WEIGHTS)
        assert all(0 <= part.score <= part.weight for part in match.criteria)
        assert match.score == score_of(need, offer)
    assert all(0 <= match.score <= 10_000 for match in ranking.matches)
    assert (ranking.reason_none is None) == bool(ranking.matches)


@settings(deadline=None, max_examples=50)
@given(needs, offer_lists())
def test_a_slot_appears_once_at_most(need: Need, found: list[Offer]) -> None:
    ranking = rank_offers(need, found, now=NOW)

    named = [match.slot_id for match in ranking.matches]
    named += [near.slot_id for near in ranking.near_misses]
    named += ranking.future_supply
    assert len(named) == len(set(named))


Relax = Callable[[Need], Need]
RELAXED: list[Relax] = [
    lambda need: replace(need, earliest=need.earliest - timedelta(days=3)),
    lambda need: replace(need, needed_by=need.needed_by + timedelta(days=3)),
    lambda need: replace(need, modes=frozenset()),
    lambda need: replace(need, modes=need.modes and need.modes | {"hands-on"}),
    lambda need: replace(need, languages=(*need.languages, "es")),
    lambda need: replace(need, remote_only=False),
    lambda need: replace(need, travel="anywhere"),
    lambda need: replace(need, travel={"none": "country"}.get(need.travel, need.travel)),
    lambda need: replace(need, travel={"country": "region"}.get(need.travel, need.travel)),
    lambda need: replace(need, travel_limit_km=None),
    lambda need: replace(need, travel_limit_km=need.travel_limit_km and need.travel_limit_km + 1),
    lambda need: replace(need, fee_limit_usd=None),
    lambda need: replace(need, interpretation_ok=True),
    lambda need: replace(need, fee_limit_usd=need.fee_limit_usd and need.fee_limit_usd + 1),
    lambda need: replace(need, wants=tuple(replace(want, level=1) for want in need.wants)),
    lambda need: replace(need, wants=tuple(replace(want, platform="all") for want in need.wants)),
    lambda need: replace(need, wants=(*need.wants, Want("mfg-lnp", 1, "all"))),
]


@settings(deadline=None, max_examples=300)
@given(needs, offers(), st.sampled_from(RELAXED))
def test_relaxing_a_limit_never_removes_a_match(need: Need, offer: Offer, relax: Relax) -> None:
    assert matched(need, [offer]) <= matched(relax(need), [offer])


def breaks_nothing(need: Need, offer: Offer) -> bool:
    """The limits once more, written as one statement each, apart from the code under test."""
    remote = offer.mode in REMOTE
    taught = dict(offer.skills)
    pairs = [(want, taught[want.skill]) for want in need.wants if want.skill in taught]
    reach = {
        "anywhere": True,
        "region": offer.region == need.region,
        "country": offer.country == need.country,
        "none": False,
    }
    fee, km = fee_of(offer), distance_km(need, offer)
    start = max(offer.starts_on, need.earliest) if offer.mode == "self-paced" else offer.starts_on
    days_to_clear = timedelta(days=0 if offer.mode == "self-paced" else offer.lead_days)
    kinds = {want.platform for want, _ in pairs}
    return all(
        [
            need.earliest <= start <= offer.ends_on <= need.needed_by,
            set(need.languages) & offer.languages
            or (need.interpretation_ok and set(need.languages) & offer.interpretation),
            offer.mode in (need.modes or {offer.mode}),
            remote or not need.remote_only,
            need.fee_limit_usd is None or (fee is not None and fee <= need.fee_limit_usd),
            remote or reach[need.travel],
            need.travel_limit_km is None or km is None or km <= need.travel_limit_km,
            usable_seats(offer) > 0,
            need.country in (offer.eligible_countries or {need.country}),
            offer.apply_by > NOW,
            offer.mode == "self-paced" or offer.starts_at - days_to_clear > NOW,
            not offer.platforms or "all" in kinds | offer.platforms or kinds & offer.platforms,
            any(level >= want.level for want, level in pairs),
            not offer.requires,
            offer.status == "confirmed",
            offer.provider_verified,
            offer.ends_at > NOW,
        ]
    )


@settings(deadline=None, max_examples=300)
@given(needs, offers())
def test_the_matches_are_the_offers_that_break_no_limit(need: Need, offer: Offer) -> None:
    assert bool(matched(need, [offer])) == breaks_nothing(need, offer)
