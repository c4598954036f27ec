"""Needs and offers by chance: most fields fit, so that matches are common; the rest is nasty."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from app.matching.rules import Offer, Want
from tests.matching.examples import EARLIEST, NAIROBI, NOW, ident, make_need, make_offer

CORK, SUVA = (51.9, -8.5), (-18.1, 178.4)
SKILLS = ["mfg-aseptic-fill", "mfg-gowning", "mfg-lnp"]
PLATFORMS = ["vaccines", "devices", "all"]
LANGUAGES = ["en", "fr", "es"]
MODES = ["hands-on", "classroom-remote", "self-paced", "blended"]
PLACES = [("KE", "AFR", NAIROBI), ("IE", "EUR", CORK), ("FJ", "WPR", SUVA), ("KE", "AFR", None)]
FUNDING = ["free", "fee", "partial", "tuition-only", "sponsor-seats"]

wants = st.builds(
    Want,
    st.sampled_from(SKILLS[:2]),
    st.integers(1, 4),
    st.sampled_from(PLATFORMS),
    st.integers(1, 3),
)


def some(choices: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for a few of the fields; the rest stay as they fit, so that matches are common."""
    names = st.sets(st.sampled_from(sorted(choices)), max_size=4)
    return names.flatmap(lambda drawn: st.fixed_dictionaries({n: choices[n] for n in drawn}))


def days_after(least: int, most: int) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda days: EARLIEST + timedelta(days=days))


needs = some(
    {
        "wants": st.lists(wants, min_size=1, max_size=3).map(tuple),
        "people": st.integers(1, 9),
        "urgency": st.integers(1, 4),
        "earliest": days_after(-5, 40),
        "needed_by": days_after(20, 60),
        "modes": st.frozensets(st.sampled_from(MODES)),
        "languages": st.lists(st.sampled_from(LANGUAGES), min_size=1, unique=True).map(tuple),
        "remote_only": st.booleans(),
        "travel": st.sampled_from(["region", "country", "none"]),
        "travel_limit_km": st.integers(0, 20_000),
        "fee_limit_usd": st.integers(0, 3000),
        "interpretation_ok": st.booleans(),
    }
).map(lambda changes: make_need(**{"modes": frozenset(), **changes}))
offer_changes = some(
    {
        "status": st.sampled_from(["tentative", "cancelled", "draft"]),
        "provider_verified": st.booleans(),
        "mode": st.sampled_from(MODES),
        "skills": st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 4)).map(
            lambda levels: tuple(levels.items())
        ),
        "platforms": st.frozensets(st.sampled_from(PLATFORMS)),
        "languages": st.frozensets(st.sampled_from(LANGUAGES)),
        "interpretation": st.frozensets(st.sampled_from(LANGUAGES), max_size=1),
        "funding": st.sampled_from(FUNDING),
        "place": st.sampled_from(PLACES),
        "seats_free": st.integers(0, 8),
        "waiting": st.integers(0, 5),
        "country_seats_left": st.integers(-1, 3),
        "kept_for_others": st.integers(0, 9),
        "apply_by": st.integers(-2, 9).map(lambda days: NOW + timedelta(days=days)),
        "lead_days": st.sampled_from([5, 20, 45]),
        "audience": st.frozensets(st.sampled_from(["any", "industry-private", "regulator"])),
        "eligible_countries": st.sampled_from([frozenset({"KE"}), frozenset({"GH"})]),
        "requires": st.just((ident(7),)),
    }
)


@st.composite
def offers(draw: st.DrawFn, number: int = 10) -> Offer:
    """An offer on any days that breaks no limit, one or a few."""
    changes = draw(offer_changes)
    country, region, point = changes.pop("place", PLACES[0])
    return make_offer(
        number,
        day=draw(st.integers(-8, 45)),
        days=draw(st.integers(0, 12)),
        fee_usd=draw(st.none() | st.integers(1, 6000)),
        country=country,
        region=region,
        point=point,
        **changes,
    )


@st.composite
def offer_lists(draw: st.DrawFn) -> list[Offer]:
    """Two to five offers, each with an id of its own."""
    return [draw(offers(number)) for number in range(draw(st.integers(2, 5)))]
