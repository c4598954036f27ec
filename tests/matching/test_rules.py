"""Ranking by hand: the golden cases, each limit, each criterion, each reason for none."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.matching.rules import (
    LIMIT_NAMES,
    WEIGHTS,
    Limit,
    Need,
    Offer,
    Ranking,
    Want,
    distance_km,
    rank_offers,
)
from tests.matching.examples import ASEPTIC, EARLIEST, NOW, ident, make_need, make_offer, on_day


def rank(need: Need, *offers: Offer) -> Ranking:
    return rank_offers(need, offers, now=NOW)


def only_limit(need: Need, offer: Offer) -> Limit:
    ranking = rank(need, offer)
    assert ranking.matches == ()
    ((limit,),) = [near.blocked_by for near in ranking.near_misses]
    return limit


def points(need: Need, offer: Offer) -> dict[str, int]:
    (match,) = rank(need, offer).matches
    return {criterion.name: criterion.score for criterion in match.criteria}


def sentence(need: Need, offer: Offer, name: str) -> str:
    (match,) = rank(need, offer).matches
    return next(criterion.why for criterion in match.criteria if criterion.name == name)


def test_golden_1_a_scores_9360_and_b_is_a_near_miss_by_level_alone() -> None:
    b = make_offer(
        11,
        day=0,
        skills=(("mfg-aseptic-fill", 2),),
        seats_free=6,
        languages=frozenset({"fr"}),
    )

    ranking = rank(make_need(), b, make_offer(10))

    (match,) = ranking.matches
    assert (match.slot_id, match.score, match.seats_usable) == (ident(10), 9360, 4)
    assert {part.name: part.score for part in match.criteria} == {
        "skills": 4000,
        "time": 1260,
        "seats": 800,
        "travel": 1000,
        "cost": 800,
        "platform": 700,
        "sector": 400,
        "language": 400,
    }
    (near,) = ranking.near_misses
    assert near.slot_id == ident(11)
    assert [limit.criterion for limit in near.blocked_by] == ["level"]
    assert "level 3" in near.blocked_by[0].change
    assert ranking.reason_none is None


def test_golden_2_two_limits_are_neither_match_nor_near_miss() -> None:
    c = make_offer(12, day=96, languages=frozenset({"es"}))
    assert (c.ends_on - EARLIEST).days == 101

    ranking = rank(make_need(), c)

    assert (ranking.matches, ranking.near_misses, ranking.future_supply) == ((), (), ())
    assert ranking.reason_none == "no-seat-before-needed-by"


def test_points_are_ten_thousand_in_all() -> None:
    best = make_offer(day=0, seats_free=6)

    assert rank(make_need(), best).matches[0].score == sum(WEIGHTS.values()) == 10_000


def test_every_sentence_ends_in_the_sum_that_gives_its_score() -> None:
    need = make_need(
        wants=(ASEPTIC, Want("mfg-gowning", 2, "all", weight=3)),
        travel_limit_km=9000,
        fee_limit_usd=2000,
        modes=frozenset(),
    )
    offers = [
        make_offer(10, fee_usd=700, funding="fee", point=(51.9, -8.5), country="IE"),
        make_offer(11, skills=(("mfg-gowning", 3),), platforms=frozenset({"all"}), waiting=1),
        make_offer(12, mode="self-paced", country=None, day=-9, days=40, apply_by=on_day(9)),
        make_offer(13, languages=frozenset({"fr"}), point=None, audience=frozenset({"regulator"})),
    ]

    matches = rank(need, *offers).matches

    assert len(matches) == 4
    for match in matches:
        for part in match.criteria:
            sum_of = re.search(r": ([^:]*?)(?: = (\d+))? points\.$", part.why)
            assert sum_of is not None, part.why
            python = sum_of[1].translate({0xD7: "*", 0xF7: "//", 0x2212: "-"})
            assert re.fullmatch(r"[\d*/() -]+", python)
            assert eval(python) == part.score  # noqa: S307 - digits and signs, checked above
            assert part.weight == WEIGHTS[part.name]


BLOCKED: dict[str, tuple[Mapping[str, Any], Mapping[str, Any], str]] = {
    "window": ({}, {"ends_on": EARLIEST + timedelta(days=101)}, "until 15 April 2027"),
    "language": ({}, {"languages": frozenset({"es"})}, "into English or French"),
    "mode": ({}, {"mode": "classroom-onsite"}, "accept a class on location"),
    "fee": ({"fee_limit_usd": 999}, {"funding": "fee", "fee_usd": 1000}, "limit of 1000 USD"),
    "travel": ({"travel": "country"}, {"country": "IE", "region": "EUR"}, "travel abroad, to IE"),
    "seats": ({}, {"seats_free": 2, "waiting": 3}, "at least 2 more seats"),
    "eligibility": ({}, {"eligible_countries": frozenset({"GH"})}, "admit KE"),
    "deadline": ({}, {"apply_by": NOW}, "extend the deadline"),
    "platform": ({}, {"platforms": frozenset({"devices"})}, "cover vaccines"),
    "level": ({}, {"skills": (("mfg-aseptic-fill", 2),)}, "aseptic filling at level 3"),
    "prerequisite": ({}, {"requires": (ident(7),)}, str(ident(7))),
}


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_each_limit_alone_makes_a_near_miss_that_names_its_change(name: str) -> None:
    of_need, of_offer, change = BLOCKED[name]

    limit = only_limit(make_need(**of_need), make_offer(**of_offer))

    assert limit.criterion == name
    assert change in limit.change


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("window", "no-seat-before-needed-by"),
        ("language", "language"),
        ("mode", "mode-not-acceptable"),
        ("fee", "cost"),
        ("travel", "travel-or-visa"),
        ("seats", "no-seat-before-needed-by"),
        ("eligibility", "provider-country-rule"),
        ("deadline", "no-seat-before-needed-by"),
        ("platform", "wrong-product-platform"),
        ("level", "no-course-for-skill"),
        ("prerequisite", "prerequisite-missing"),
    ],
)
def test_a_limit_gives_the_reason_of_the_vocabulary(name: str, reason: str) -> None:
    of_need, of_offer, _ = BLOCKED[name]

    assert rank(make_need(**of_need), make_offer(**of_offer)).reason_none == reason


def test_the_window_holds_its_first_and_its_last_day() -> None:
    whole = make_offer(day=0, days=100)
    before = make_offer(day=-1, days=5)

    assert len(rank(make_need(), whole).matches) == 1
    assert "3 January 2027" in only_limit(make_need(), before).change


def test_a_running_self_paced_course_is_joined_on_the_earliest_date() -> None:
    running = make_offer(
        mode="self-paced", country=None, day=-30, days=90, apply_by=on_day(50), lead_days=30
    )
    need = make_need(modes=frozenset())

    assert points(need, running)["time"] == 1500
    assert only_limit(need, replace(running, apply_by=NOW)).criterion == "deadline"
    assert rank(need, replace(running, ends_at=NOW)).reason_none == "no-seat-before-needed-by"


def test_a_self_paced_course_that_ends_before_the_earliest_date_is_outside_the_window() -> None:
    over = make_offer(mode="self-paced", country=None, day=-60, days=59, apply_by=on_day(-1))
    need = make_need(modes=frozenset())

    assert "start by 3 January 2027" in only_limit(need, over).change


def test_interpretation_is_understood() -> None:
    interpreted = make_offer(languages=frozenset({"es"}), interpretation=frozenset({"fr"}))

    assert points(make_need(), interpreted)["language"] == 200
    assert "Interpreted into French" in sentence(make_need(), interpreted, "language")
    assert points(make_need(languages=("fr", "en")), interpreted)["language"] == 400


@pytest.mark.parametrize(
    ("mode", "fits"),
    [
        ("classroom-remote", True),
        ("self-paced", True),
        ("mentoring", True),
        ("blended", False),
        ("hands-on", False),
    ],
)
def test_remote_only_people_get_nothing_with_parts_on_location(mode: str, *, fits: bool) -> None:
    need = make_need(remote_only=True, modes=frozenset())

    assert bool(rank(need, make_offer(mode=mode)).matches) == fits


def test_remote_only_and_another_mode_are_one_limit_with_two_changes() -> None:
    need = make_need(remote_only=True, modes=frozenset({"self-paced"}))

    limit = only_limit(need, make_offer())

    assert "accept hands-on training and send people who can come" in limit.change


@pytest.mark.parametrize(
    ("funding", "fee_usd", "cost"),
    [
        ("fully-funded", 900, 800),
        ("tuition-only", None, 800),
        ("fee", 2500, 400),
        ("fee", 6000, 0),
        ("partial", None, 0),
    ],
)
def test_cost_without_a_limit_runs_out_at_5000_dollars(
    funding: str, fee_usd: int | None, cost: int
) -> None:
    assert points(make_need(), make_offer(funding=funding, fee_usd=fee_usd))["cost"] == cost


def test_a_fee_that_is_not_stated_is_above_every_limit() -> None:
    limit = only_limit(make_need(fee_limit_usd=100), make_offer(funding="cost-sharing"))

    assert "state a fee of 100 USD or less" in limit.change


def test_a_limit_of_nothing_takes_what_costs_nothing_and_is_at_hand() -> None:
    need = make_need(fee_limit_usd=0, travel_limit_km=0)

    assert rank(need, make_offer()).matches[0].score == 9360


@pytest.mark.parametrize(
    ("travel", "reached"),
    [
        ("anywhere", ["KE", "RW", "IE", "online"]),
        ("region", ["KE", "RW", "online"]),
        ("country", ["KE", "online"]),
        ("none", ["online"]),
    ],
)
def test_travel_reaches_from_nowhere_to_anywhere(travel: str, reached: list[str]) -> None:
    need = make_need(travel=travel, modes=frozenset())
    places = {"KE": "AFR", "RW": "AFR", "IE": "EUR"}
    names = [*places, "online"]
    offers = [
        make_offer(number, country=country, region=region)
        for number, (country, region) in enumerate(places.items())
    ]
    offers.append(make_offer(3, mode="classroom-remote", country="IE", region="EUR"))

    matches = rank(need, *offers).matches

    assert sorted(match.slot_id.int for match in matches) == [names.index(name) for name in reached]


def test_distance_is_the_great_circle() -> None:
    need, offer = make_need(point=(0.0, 0.0)), make_offer(point=(0.0, 90.0))

    assert distance_km(need, offer) == 10_008
    assert points(need, offer)["travel"] == 1000 * (20_000 - 10_008) // 20_000
    assert "10008 km" in only_limit(replace(need, travel_limit_km=10_007), offer).change


def test_a_place_on_the_other_side_of_the_earth_earns_nothing() -> None:
    need, offer = make_need(point=(0.0, 0.0)), make_offer(point=(0.0, 180.0))

    assert distance_km(need, offer) == 20_015
    assert points(need, offer)["travel"] == 0


def test_an_unknown_region_is_nobodys_own() -> None:
    need = make_need(travel="region", region=None)

    assert only_limit(need, make_offer(country="IE", region=None)).criterion == "travel"


def test_an_unknown_distance_is_allowed_and_earns_nothing() -> None:
    need = make_need(point=None, travel_limit_km=10)

    assert points(need, make_offer())["travel"] == 0
    assert "not known" in sentence(need, make_offer(), "travel")


def test_people_in_line_and_the_cap_per_country_come_off_the_free_seats() -> None:
    offer = make_offer(seats_free=9, waiting=2, country_seats_left=2)

    (match,) = rank(make_need(), offer).matches

    assert match.seats_usable == 2
    assert points(make_need(), offer)["seats"] == 400
    assert "9 free, 2 waiting and 2 left" in sentence(make_need(), offer, "seats")


def test_a_full_share_of_one_country_blocks_it_while_seats_are_free() -> None:
    limit = only_limit(make_need(), make_offer(country_seats_left=0))

    assert limit.criterion == "seats"
    assert "cap per country raised by 1" in limit.change


def test_clearance_of_the_site_brings_the_deadline_forward() -> None:
    offer = make_offer(day=20, lead_days=30)

    limit = only_limit(make_need(), offer)

    assert limit.criterion == "deadline"
    assert "counted with 30 days for clearance" in limit.why
    assert "in 22 days instead of 30" in limit.change
    assert len(rank(make_need(), replace(offer, lead_days=22)).matches) == 1


def test_clearance_that_would_end_this_moment_is_too_late() -> None:
    offer = make_offer(day=20, lead_days=30, starts_at=NOW + timedelta(days=10))

    assert "in 9 days instead of 30" in only_limit(make_need(), offer).change


@pytest.mark.parametrize(
    ("wanted", "named", "score"),
    [
        ("vaccines", {"vaccines", "devices"}, 700),
        ("vaccines", {"all"}, 350),
        ("all", {"devices"}, 350),
        ("all", {"all"}, 700),
        ("vaccines", set(), 0),
    ],
)
def test_platform_points(wanted: str, named: set[str], score: int) -> None:
    need = make_need(wants=(replace(ASEPTIC, platform=wanted),))

    assert points(need, make_offer(platforms=frozenset(named)))["platform"] == score


def test_a_need_of_several_skills_matches_by_one_and_scores_by_all() -> None:
    need = make_need(wants=(ASEPTIC, Want("mfg-gowning", 4, "vaccines", weight=2)))
    offer = make_offer(skills=(("mfg-aseptic-fill", 4), ("mfg-gowning", 3)))

    # 6 sixths, and twice 6 x 3 // 4 = 4 sixths, of 18 in all.
    assert points(need, offer)["skills"] == 4000 * (6 + 2 * 4) // 18


def test_of_a_skill_named_twice_the_higher_level_counts() -> None:
    twice = make_offer(skills=(("mfg-aseptic-fill", 3), ("mfg-aseptic-fill", 1)))

    assert points(make_need(), twice)["skills"] == 4000


@pytest.mark.parametrize(
    ("audience", "score"), [({"any"}, 400), ({"industry-private"}, 400), ({"regulator"}, 0)]
)
def test_sector_points(audience: set[str], score: int) -> None:
    assert points(make_need(), make_offer(audience=frozenset(audience)))["sector"] == score


def test_a_few_points_more_come_first_though_the_start_is_later() -> None:
    sooner = make_offer(1, day=20, funding="fee", fee_usd=200)

    matches = rank(make_need(), sooner, make_offer(2, day=21)).matches

    assert [(match.slot_id.int, match.score) for match in matches] == [(2, 9348), (1, 9328)]


def test_ties_go_by_start_then_fee_then_id() -> None:
    need = make_need(fee_limit_usd=None, urgency=1)
    late = make_offer(1, starts_at=on_day(20) + timedelta(hours=1))
    dear = make_offer(3, funding="fee", fee_usd=6000)
    dearer = make_offer(2, funding="fee", fee_usd=7000)
    unstated = make_offer(0, funding="fee")

    matches = rank(need, unstated, dearer, make_offer(9), make_offer(8), dear, late).matches

    assert [match.slot_id.int for match in matches] == [8, 9, 1, 3, 2, 0]


def test_near_misses_go_by_limit_then_start_then_id() -> None:
    full = make_offer(1, day=1, seats_free=0)
    spanish = frozenset({"es"})

    near = rank(
        make_need(),
        full,
        make_offer(4, day=9, languages=spanish),
        make_offer(3, day=8, languages=spanish),
        make_offer(2, day=9, languages=spanish),
    ).near_misses

    assert [miss.slot_id.int for miss in near] == [3, 2, 4, 1]


@pytest.mark.parametrize("status", ["cancelled", "completed", "confirmed"])
def test_what_is_over_or_cancelled_is_never_relaxed(status: str) -> None:
    ranking = rank(
        make_need(earliest=EARLIEST - timedelta(days=9)), make_offer(day=-5, status=status)
    )

    assert (ranking.matches, ranking.near_misses, ranking.future_supply) == ((), (), ())
    assert ranking.reason_none == "no-seat-before-needed-by"


def test_a_draft_leaves_no_trace() -> None:
    assert rank(make_need(), make_offer(status="draft")).reason_none == "no-course-for-skill"


def test_other_skills_are_passed_over() -> None:
    other = make_offer(skills=(("mfg-gowning", 4),))

    ranking = rank(make_need(), other)

    assert (ranking.matches, ranking.near_misses) == ((), ())
    assert ranking.reason_none == "no-course-for-skill"


def test_a_plan_is_future_supply_though_full_and_never_a_match() -> None:
    plan = make_offer(status="tentative", seats_free=0, apply_by=NOW, requires=(ident(7),))

    ranking = rank(make_need(), plan, make_offer(2, languages=frozenset({"es"})))

    assert (ranking.matches, ranking.future_supply) == ((), (ident(10),))
    assert ranking.reason_none == "planned-only"


def test_a_plan_in_another_language_is_no_future_supply_but_counts_as_a_reason() -> None:
    ranking = rank(make_need(), make_offer(status="tentative", languages=frozenset({"es"})))

    assert (ranking.near_misses, ranking.future_supply) == ((), ())
    assert ranking.reason_none == "language"


def test_an_unverified_provider_alone_is_named_as_the_reason() -> None:
    unverified = make_offer(1, provider_verified=False)
    tentative = make_offer(2, day=10, provider_verified=False, status="tentative")

    assert rank(make_need(), unverified).reason_none == "not-yet-verified-provider"
    both = rank(make_need(), unverified, tentative)
    assert both.reason_none == "planned-only"
    assert both.future_supply == (ident(2), ident(1))


def test_the_reason_is_the_limit_that_alone_removes_most() -> None:
    spanish = frozenset({"es"})
    ranking = rank(
        make_need(),
        make_offer(1, day=96, languages=spanish, seats_free=0),
        make_offer(2, seats_free=0),
        make_offer(3, languages=spanish),
        make_offer(4, languages=spanish),
    )

    assert ranking.reason_none == "language"


def test_equal_counts_go_by_the_stated_order() -> None:
    ranking = rank(
        make_need(),
        make_offer(2, platforms=frozenset({"devices"})),
        make_offer(3, languages=frozenset({"es"})),
    )

    assert ranking.reason_none == "language"


@pytest.mark.parametrize(
    "changes",
    [
        {"people": 0},
        {"urgency": 0},
        {"urgency": 5},
        {"languages": ()},
        {"wants": (replace(ASEPTIC, level=0),)},
        {"wants": (replace(ASEPTIC, weight=0),)},
    ],
)
def test_a_need_that_makes_no_sense_is_refused(changes: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^\w.*\.$"):
        make_need(**changes)
