"""Hard limits: what rules a slot out, in the order in which reasons are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.matching.rules.chains import is_chain_late
from app.matching.rules.facts import (
    ALL_PLATFORMS,
    EMPTY,
    REMOTE_MODES,
    Need,
    Offer,
    Paths,
    first_day,
    is_remote,
    is_understood,
    usable_seats,
    wants_taught,
)
from app.matching.rules.points import distance_km, fee_of
from app.registry.rules.chains import SELF_PACED


@dataclass(frozen=True, slots=True)
class Situation:
    """What all offers of one ranking share: the time, and when earlier courses can be done."""

    now: datetime
    completions: Mapping[UUID, datetime] = field(default_factory=dict)
    paths: Paths = EMPTY


def apply_until(offer: Offer) -> datetime:
    """The last moment to apply: the stated one, or earlier when the site must clear people first.

    A self-paced course has no site, and its start is no deadline.
    """
    if offer.mode == SELF_PACED:
        return offer.apply_by
    return min(offer.apply_by, offer.starts_at - timedelta(days=offer.lead_days))


def is_beyond_reach(need: Need, offer: Offer) -> bool:
    """Whether the place lies outside the country or region people may travel to."""
    if need.travel == "anywhere" or is_remote(offer):
        return False
    if need.travel == "none":
        return True
    if offer.country == need.country:
        return False
    return need.travel == "country" or need.region is None or offer.region != need.region


def is_too_far(need: Need, offer: Offer) -> bool:
    """Whether the distance is known and above the limit of the need."""
    if need.travel_limit_km is None:
        return False
    km = distance_km(need, offer)
    return km is not None and km > need.travel_limit_km


def _outside_window(need: Need, offer: Offer, _: Situation) -> bool:
    return not need.earliest <= first_day(need, offer) <= offer.ends_on <= need.needed_by


def _not_understood(need: Need, offer: Offer, _: Situation) -> bool:
    return not is_understood(need, offer)


def _mode_refused(need: Need, offer: Offer, _: Situation) -> bool:
    if need.remote_only and offer.mode not in REMOTE_MODES:
        return True
    return bool(need.modes) and offer.mode not in need.modes


def _too_dear(need: Need, offer: Offer, _: Situation) -> bool:
    if need.fee_limit_usd is None:
        return False
    fee = fee_of(offer)
    return fee is None or fee > need.fee_limit_usd


def _out_of_reach(need: Need, offer: Offer, _: Situation) -> bool:
    return is_beyond_reach(need, offer) or is_too_far(need, offer)


def _no_seat(_need: Need, offer: Offer, _: Situation) -> bool:
    return usable_seats(offer) == 0


def _not_eligible(need: Need, offer: Offer, _: Situation) -> bool:
    return bool(offer.eligible_countries) and need.country not in offer.eligible_countries


def _too_late_to_apply(_: Need, offer: Offer, when: Situation) -> bool:
    return apply_until(offer) <= when.now


def _other_platform(need: Need, offer: Offer, _: Situation) -> bool:
    if not offer.platforms or ALL_PLATFORMS in offer.platforms:
        return False
    return not any(
        want.platform == ALL_PLATFORMS or want.platform in offer.platforms
        for want, _ in wants_taught(need, offer)
    )


def _level_too_low(need: Need, offer: Offer, _: Situation) -> bool:
    return all(level < want.level for want, level in wants_taught(need, offer))


def _chain_missing(_: Need, offer: Offer, when: Situation) -> bool:
    return is_chain_late(offer, when.completions)


Check = Callable[[Need, Offer, Situation], bool]

# The order decides which reason is named when two remove equally many slots.
_CHECKS: tuple[tuple[str, Check], ...] = (
    ("window", _outside_window),
    ("language", _not_understood),
    ("mode", _mode_refused),
    ("fee", _too_dear),
    ("travel", _out_of_reach),
    ("seats", _no_seat),
    ("eligibility", _not_eligible),
    ("deadline", _too_late_to_apply),
    ("platform", _other_platform),
    ("level", _level_too_low),
    ("prerequisite", _chain_missing),
)
LIMIT_NAMES = tuple(name for name, _ in _CHECKS)


def broken_limits(
    need: Need, offer: Offer, when: Situation, *, at_most: int = len(_CHECKS)
) -> list[str]:
    """Names of the limits that the offer breaks, in the stated order, the first ``at_most``.

    Whether the offer is open at all is not asked here (see ``supply_of``): that is never relaxed.
    """
    found: list[str] = []
    for name, is_broken in _CHECKS:
        if is_broken(need, offer, when):
            found.append(name)
            if len(found) == at_most:
                break
    return found
