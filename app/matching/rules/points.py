"""Points: 10,000 in all, whole numbers, floor division; the formulas of the ranking table."""

from collections.abc import Callable
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from app.matching.rules.facts import (
    ALL_PLATFORMS,
    ANY,
    Need,
    Offer,
    first_day,
    is_remote,
    is_understood,
    usable_seats,
    wants_taught,
    window_days,
)

WEIGHTS = {
    "skills": 4000,
    "time": 1500,
    "seats": 1200,
    "travel": 1000,
    "cost": 800,
    "platform": 700,
    "sector": 400,
    "language": 400,
}
GENERAL_PLATFORM = 350
OTHER_LANGUAGE = 200
# Sixths hold halves and thirds of a level exactly; quarters are rounded down.
LEVEL_PARTS = 6
# Urgency weighs on lateness in fifths, so that the most urgent still scores on the last day.
URGENCY_PARTS = 5
# A need without a fee limit is compared with this sum; the sentence says so.
DEFAULT_FEE_CAP_USD = 5_000
# Half the way round the Earth: no two places are further apart than a little more than this.
FARTHEST_KM = 20_000
EARTH_RADIUS_KM = 6371.0088
# Kinds of funding under which the people of the need pay no fee.
FUNDED = frozenset({"free", "fully-funded", "fellowship", "sponsor-seats"})
TUITION_COVERED = "tuition-only"


def fee_of(offer: Offer) -> int | None:
    """What one person pays, in US dollars; None when a fee is due and not stated.

    Funded places cost 0. Where tuition alone is covered, only a stated fee counts.
    """
    if offer.funding in FUNDED:
        return 0
    if offer.fee_usd is None and offer.funding == TUITION_COVERED:
        return 0
    return offer.fee_usd


def distance_km(need: Need, offer: Offer) -> int | None:
    """Whole kilometres from the need to the offer, 0 when remote, None when a place is unknown."""
    if is_remote(offer):
        return 0
    if need.point is None or offer.point is None:
        return None
    return great_circle_km(need.point, offer.point)


@lru_cache(maxsize=8192)
def great_circle_km(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Distance of two (latitude, longitude) points in degrees, rounded to a kilometre.

    Source: haversine formula on a sphere of the Earth's mean radius (IUGG, 6371.0088 km).
    """
    lat, lon, other_lat, other_lon = map(radians, (*one, *other))
    chord = (
        sin((other_lat - lat) / 2) ** 2
        + cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
    )
    return round(2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord))))


def skill_parts(need: Need, offer: Offer) -> int:
    """Sixths of the wanted levels that the offer reaches, summed by weight."""
    return sum(
        want.weight * (LEVEL_PARTS * min(level, want.level) // want.level)
        for want, level in wants_taught(need, offer)
    )


def skill_parts_asked(need: Need) -> int:
    """All sixths that the need asks for."""
    return LEVEL_PARTS * sum(want.weight for want in need.wants)


def days_late(need: Need, offer: Offer) -> int:
    """Days from the earliest date of the need to the day its people would start.

    Of a slot outside the window, which is only scored where the secretariat puts it forward, the
    days are those of the nearer end.
    """
    late = (first_day(need, offer) - need.earliest).days
    return min(max(0, late), window_days(need))


def travel_reach_km(need: Need) -> int:
    """The distance at which the travel points run out."""
    return FARTHEST_KM if need.travel_limit_km is None else need.travel_limit_km


def fee_cap_usd(need: Need) -> int:
    """The fee at which the cost points run out."""
    return DEFAULT_FEE_CAP_USD if need.fee_limit_usd is None else need.fee_limit_usd


def is_same_platform(need: Need, offer: Offer) -> bool:
    """Whether a wanted skill is taught for the very product type it is wanted for."""
    return any(want.platform in offer.platforms for want, _ in wants_taught(need, offer))


def is_general_platform(need: Need, offer: Offer) -> bool:
    """Whether the course is general, or the need asks for no product type in particular."""
    if ALL_PLATFORMS in offer.platforms:
        return True
    return bool(offer.platforms) and any(
        want.platform == ALL_PLATFORMS for want, _ in wants_taught(need, offer)
    )


def skills_points(need: Need, offer: Offer) -> int:
    """Levels taught of the levels wanted, by weight."""
    return WEIGHTS["skills"] * skill_parts(need, offer) // skill_parts_asked(need)


def time_points(need: Need, offer: Offer) -> int:
    """Earlier is better, and the more so the more urgent the need is."""
    whole = URGENCY_PARTS * window_days(need)
    return WEIGHTS["time"] * (whole - need.urgency * days_late(need, offer)) // whole


def seats_points(need: Need, offer: Offer) -> int:
    """Seats that can be used, of the people asked for."""
    return WEIGHTS["seats"] * min(usable_seats(offer), need.people) // need.people


def travel_points(need: Need, offer: Offer) -> int:
    """Nearer is better; an unknown distance counts as the farthest."""
    km = distance_km(need, offer)
    if km is None:
        return 0
    reach = travel_reach_km(need)
    if km == 0:
        return WEIGHTS["travel"]
    return WEIGHTS["travel"] * max(0, reach - km) // max(1, reach)


def cost_points(need: Need, offer: Offer) -> int:
    """Cheaper is better; a fee that is due and not stated earns nothing."""
    fee = fee_of(offer)
    if fee is None:
        return 0
    if fee == 0:
        return WEIGHTS["cost"]
    cap = fee_cap_usd(need)
    return WEIGHTS["cost"] * max(0, cap - fee) // max(1, cap)


def platform_points(need: Need, offer: Offer) -> int:
    """The same product type, or half for a general course or a general need."""
    if is_same_platform(need, offer):
        return WEIGHTS["platform"]
    return GENERAL_PLATFORM if is_general_platform(need, offer) else 0


def sector_points(need: Need, offer: Offer) -> int:
    """Whether the course is meant for the need's sector."""
    fits = need.sector in offer.audience or ANY in offer.audience
    return WEIGHTS["sector"] if fits else 0


def language_points(need: Need, offer: Offer) -> int:
    """The preferred language, or half for another one that is understood."""
    preferred = need.languages[0]
    if preferred in offer.languages or (
        need.interpretation_ok and preferred in offer.interpretation
    ):
        return WEIGHTS["language"]
    return OTHER_LANGUAGE if is_understood(need, offer) else 0


POINTS: tuple[Callable[[Need, Offer], int], ...] = (
    skills_points,
    time_points,
    seats_points,
    travel_points,
    cost_points,
    platform_points,
    sector_points,
    language_points,
)


def score_of(need: Need, offer: Offer) -> int:
    """The whole score of an offer that breaks no limit, 0 to 10,000."""
    return sum(points(need, offer) for points in POINTS)
