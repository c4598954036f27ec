"""A near miss becomes a match when its named change is made, and not with one less."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.matching.rules import (
    EMPTY,
    LIMIT_NAMES,
    NearMiss,
    Need,
    Offer,
    Paths,
    Want,
    distance_km,
    fee_of,
    rank_offers,
)
from tests.matching.examples import NOW, ident, make_need, make_offer, make_run

CORK = (51.9, -8.5)
REMOTE = {"classroom-remote", "self-paced", "mentoring"}
DAY = timedelta(days=1)
Case = tuple[Need, Offer, Paths]


@st.composite
def fitting(draw: st.DrawFn) -> Case:
    """A need and an offer that match, in many ways."""
    mode = draw(st.sampled_from(["hands-on", "classroom-remote", "self-paced"]))
    level = draw(st.integers(2, 4))
    need = make_need(
        wants=(Want("mfg-aseptic-fill", level, "vaccines"), Want("mfg-gowning", 4, "devices")),
        modes=draw(st.sampled_from([frozenset(), frozenset({mode})])),
        languages=draw(st.sampled_from([("en", "fr"), ("fr", "en")])),
        remote_only=mode != "hands-on" and draw(st.booleans()),
        travel=draw(st.sampled_from(["anywhere", "region", "country"])),
        travel_limit_km=draw(st.none() | st.integers(0, 9000)),
        fee_limit_usd=draw(st.none() | st.integers(1, 3000)),
    )
    offer = make_offer(
        day=draw(st.integers(0, 60)),
        days=draw(st.integers(0, 30)),
        mode=mode,
        skills=(("mfg-aseptic-fill", level),),
        seats_free=draw(st.integers(1, 9)),
        apply_by=NOW + timedelta(days=draw(st.integers(1, 9))),
    )
    return need, offer, EMPTY


@st.composite
def spoilt(draw: st.DrawFn, name: str, need: Need, offer: Offer) -> Case:
    """The same pair with one limit broken, by as much as is drawn."""
    much = draw(st.integers(1, 50))
    abroad = {"country": "IE", "region": "EUR", "point": CORK, "mode": "hands-on"}
    on_location = {"remote_only": False, "modes": frozenset()}
    ways: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
        "window": [
            ({"needed_by": offer.ends_on - much * DAY}, {}),
            ({"needed_by": offer.ends_on - much * DAY, "earliest": offer.ends_on + DAY}, {}),
            ({"earliest": offer.ends_on + much * DAY, "needed_by": date(2028, 1, 1)}, {}),
        ],
        "language": [({}, {"languages": frozenset({"es"})}), ({}, {"languages": frozenset()})],
        "mode": [
            ({"modes": frozenset({"placement"})}, {}),
            ({"remote_only": True}, {"mode": "hands-on"}),
        ],
        "fee": [
            ({"fee_limit_usd": much}, {"funding": "fee", "fee_usd": much + 1}),
            ({"fee_limit_usd": much}, {"funding": "partial"}),
        ],
        "travel": [
            ({**on_location, "travel": "region", "travel_limit_km": much}, abroad),
            ({**on_location, "travel": "anywhere", "travel_limit_km": much}, abroad),
            ({**on_location, "travel": "country", "travel_limit_km": None}, abroad),
            ({**on_location, "travel": "none"}, {"mode": "hands-on"}),
        ],
        "seats": [
            ({}, {"seats_free": much, "waiting": much * 2}),
            ({}, {"country_seats_left": -much + 1}),
            ({}, {"country_seats_left": 0, "seats_free": 0, "waiting": much}),
        ],
        "eligibility": [({}, {"eligible_countries": frozenset({"GH", "RW"})})],
        "deadline": [
            ({}, {"apply_by": NOW - much * DAY}),
            (on_location, {"mode": "hands-on", "lead_days": 62 + much}),
            (on_location, {"mode": "hands-on", "lead_days": 90, "apply_by": NOW - much * DAY}),
        ],
        "platform": [({}, {"platforms": frozenset({"oxygen", "devices"})})],
        "level": [({}, {"skills": (("mfg-aseptic-fill", 1), ("mfg-gowning", 3))})],
        "prerequisite": [({}, {"requires": (ident(7),)})],
    }
    of_need, of_offer = draw(st.sampled_from(ways[name]))
    return replace(need, **of_need), replace(offer, **of_offer), EMPTY


def _window(need: Need, offer: Offer, less: int) -> Case:
    start = offer.ends_on if offer.mode == "self-paced" else offer.starts_on
    if offer.ends_on > need.needed_by:
        last = offer.ends_on - less * DAY
        return replace(need, needed_by=last, earliest=min(need.earliest, start)), offer, EMPTY
    return replace(need, earliest=min(need.earliest, start + less * DAY)), offer, EMPTY


def _language(need: Need, offer: Offer, less: int) -> Case:
    into = "es" if less else need.languages[-1]
    return need, replace(offer, interpretation=frozenset({into})), EMPTY


def _mode(need: Need, offer: Offer, less: int) -> Case:
    modes = need.modes and need.modes | {offer.mode}
    remote_only = need.remote_only and offer.mode in REMOTE
    if less:
        return replace(need, modes=need.modes or frozenset({"mentoring"})), offer, EMPTY
    return replace(need, modes=modes, remote_only=remote_only), offer, EMPTY


def _fee(need: Need, offer: Offer, less: int) -> Case:
    fee = fee_of(offer)
    if fee is None:
        assert need.fee_limit_usd is not None
        return need, replace(offer, fee_usd=need.fee_limit_usd + less), EMPTY
    return replace(need, fee_limit_usd=fee - less), offer, EMPTY


def _travel(need: Need, offer: Offer, less: int) -> Case:
    km = distance_km(need, offer)
    if km and need.travel_limit_km is not None and km > need.travel_limit_km:
        return replace(need, travel="anywhere", travel_limit_km=km - less), offer, EMPTY
    return replace(need, travel=need.travel if less else "anywhere"), offer, EMPTY


def _seats(need: Need, offer: Offer, less: int) -> Case:
    left = offer.country_seats_left
    capped = left is not None and left <= 0
    free = max(offer.seats_free, offer.waiting + 1 - (0 if capped else less))
    cap = 1 - less if capped else left
    return need, replace(offer, seats_free=free, country_seats_left=cap), EMPTY


def _eligibility(need: Need, offer: Offer, less: int) -> Case:
    more = {"UG" if less else need.country}
    return need, replace(offer, eligible_countries=offer.eligible_countries | more), EMPTY


def _deadline(need: Need, offer: Offer, less: int) -> Case:
    clearance = (offer.starts_at - NOW - timedelta.resolution).days
    if offer.mode != "self-paced" and offer.lead_days > clearance:
        apply_by = max(offer.apply_by, NOW + timedelta.resolution)
        return need, replace(offer, lead_days=clearance + less, apply_by=apply_by), EMPTY
    return need, replace(offer, apply_by=NOW + (1 - less) * timedelta.resolution), EMPTY


def _platform(need: Need, offer: Offer, less: int) -> Case:
    more = {"devices" if less else "vaccines"}
    return need, replace(offer, platforms=offer.platforms | more), EMPTY


def _level(need: Need, offer: Offer, less: int) -> Case:
    taught = {**dict(offer.skills), "mfg-aseptic-fill": need.wants[0].level - less}
    return need, replace(offer, skills=tuple(taught.items())), EMPTY


def _prerequisite(need: Need, offer: Offer, less: int) -> Case:
    late = less * timedelta.resolution
    run = replace(
        make_run(7, day=0, hours=None, languages=frozenset(need.languages)),
        starts_at=NOW,
        apply_by=NOW + DAY,
        ends_at=offer.starts_at + late,
    )
    return need, offer, Paths({}, {ident(7): [run]})


CHANGES = {
    "window": _window,
    "language": _language,
    "mode": _mode,
    "fee": _fee,
    "travel": _travel,
    "seats": _seats,
    "eligibility": _eligibility,
    "deadline": _deadline,
    "platform": _platform,
    "level": _level,
    "prerequisite": _prerequisite,
}


def _is_match(case: Case) -> bool:
    need, offer, paths = case
    return bool(rank_offers(need, [offer], now=NOW, paths=paths).matches)


def _near_miss(case: Case) -> NearMiss | None:
    need, offer, paths = case
    found = rank_offers(need, [offer], now=NOW, paths=paths).near_misses
    return found[0] if found else None


@pytest.mark.parametrize("name", LIMIT_NAMES)
@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_named_change_lifts_a_near_miss_and_one_less_does_not(
    name: str, data: st.DataObject
) -> None:
    need, offer, paths = data.draw(fitting())
    assume(_is_match((need, offer, paths)))
    need, offer, paths = data.draw(spoilt(name, need, offer))

    near = _near_miss((need, offer, paths))

    assert near is not None
    assert [limit.criterion for limit in near.blocked_by] == [name]
    assert _is_match(CHANGES[name](need, offer, 0))
    assert not _is_match(CHANGES[name](need, offer, 1))


def test_one_of_the_languages_that_are_taught_is_enough_to_send_somebody() -> None:
    near = _near_miss((make_need(), make_offer(languages=frozenset({"es", "pt"})), EMPTY))

    assert near is not None
    limit = near.blocked_by[0]
    assert limit.why.startswith("Taught in Spanish and Portuguese;")
    assert limit.change.endswith("people who understand Spanish or Portuguese.")
