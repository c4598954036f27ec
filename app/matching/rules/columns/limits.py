"""Hard limits on whole arrays: one bit per limit, in the stated order."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from app.matching.rules.columns.claims import claimant_of
from app.matching.rules.columns.drawn import Drawn
from app.matching.rules.columns.records import NOT_STATED, micros
from app.matching.rules.columns.store import Flags
from app.matching.rules.facts import ALL_PLATFORMS, REMOTE_MODES, Need
from app.matching.rules.limits import LIMIT_NAMES
from app.registry.rules.chains import SELF_PACED

Bits = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64]
Checks = Mapping[str, Callable[[Need, Drawn], Flags]]

BIT = {name: 1 << index for index, name in enumerate(LIMIT_NAMES)}
_DAY = timedelta(days=1) // timedelta(microseconds=1)


def self_paced(drawn: Drawn) -> Flags:
    """Which of the slots are learned at one's own pace."""
    return drawn.in_mode(lambda mode: mode == SELF_PACED)


def first_days(need: Need, drawn: Drawn) -> Numbers:
    """The day (its ordinal) on which the people of the need would start."""
    starts_on = drawn.slots["starts_on"].astype(np.int64)
    joined = np.maximum(starts_on, need.earliest.toordinal())
    found: Numbers = np.where(self_paced(drawn), joined, starts_on)
    return found


def usable(need: Need, drawn: Drawn, now: datetime) -> Numbers:
    """Seats that the need could really take of each slot."""
    free = drawn.slots["seats_free"].astype(np.int64)
    seats = free - drawn.slots["waiting"]
    who, claims = claimant_of(need), drawn.columns.claims
    for index in np.flatnonzero(drawn.slots["claims"]).tolist():
        of = claims[int(drawn.rows[index])]
        left = of.left_for(need.country)
        least = min(int(seats[index]), int(free[index]) - of.kept_from(who, now=now))
        seats[index] = least if left is None else min(least, left)
    found: Numbers = np.maximum(seats, 0)
    return found


def broken_bits(need: Need, drawn: Drawn, seats: Numbers, *, now: datetime) -> Bits:
    """The limits that each slot breaks, but for the courses that must come first.

    Those are asked for where it still matters (see ``ranking``): it takes a look at other slots.
    """
    return quick_bits(need, drawn, seats, now=now) | slow_bits(need, drawn)


def quick_bits(need: Need, drawn: Drawn, seats: Numbers, *, now: datetime) -> Bits:
    """Of the limits those that are quickly told; together they stop most slots."""
    bits = (seats == 0) * BIT["seats"]
    bits |= _too_late(drawn, now) * BIT["deadline"]
    return _with(bits, _QUICK, need, drawn)


def slow_bits(need: Need, drawn: Drawn) -> Bits:
    """The other limits, but for the courses that must come first."""
    return _with(np.zeros(len(drawn), np.int64), _SLOW, need, drawn)


def _with(bits: Bits, checks: Checks, need: Need, drawn: Drawn) -> Bits:
    for name, is_broken in checks.items():
        bits |= is_broken(need, drawn) * BIT[name]
    return bits


def _outside_window(need: Need, drawn: Drawn) -> Flags:
    first, last = first_days(need, drawn), drawn.slots["ends_on"]
    found: Flags = (
        (first < need.earliest.toordinal()) | (first > last) | (last > need.needed_by.toordinal())
    )
    return found


def _not_understood(need: Need, drawn: Drawn) -> Flags:
    return ~drawn.understood(need, *need.languages)


def _mode_refused(need: Need, drawn: Drawn) -> Flags:
    def is_refused(mode: str) -> bool:
        if need.remote_only and mode not in REMOTE_MODES:
            return True
        return bool(need.modes) and mode not in need.modes

    return drawn.in_mode(is_refused)


def _too_dear(need: Need, drawn: Drawn) -> Flags:
    if need.fee_limit_usd is None:
        return np.zeros(len(drawn), np.bool_)
    fee = drawn.courses["fee"]
    found: Flags = (fee == NOT_STATED) | (fee > need.fee_limit_usd)
    return found


def _out_of_reach(need: Need, drawn: Drawn) -> Flags:
    if need.travel == "anywhere":
        beyond = np.zeros(len(drawn), np.bool_)
    else:
        beyond = drawn.at_place(lambda at: _is_beyond(need, *at))
        beyond &= ~drawn.remote
    if need.travel_limit_km is not None:
        beyond |= drawn.kilometres(need) > need.travel_limit_km
    return beyond


def _is_beyond(need: Need, country: str | None, region: str | None) -> bool:
    if need.travel == "none":
        return True
    if country == need.country:
        return False
    return need.travel == "country" or need.region is None or region != need.region


def _not_eligible(need: Need, drawn: Drawn) -> Flags:
    admitted = drawn.touching("eligible_countries", need.country)
    return ~(admitted | drawn.empty("eligible_countries"))


def _too_late(drawn: Drawn, now: datetime) -> Flags:
    at, apply_by = micros(now), drawn.slots["apply_by"]
    cleared = drawn.slots["starts_at"] - drawn.slots["lead_days"].astype(np.int64) * _DAY
    found: Flags = (apply_by <= at) | (~self_paced(drawn) & (cleared <= at))
    return found


def _other_platform(need: Need, drawn: Drawn) -> Flags:
    fits = drawn.empty("platforms") | drawn.touching("platforms", ALL_PLATFORMS)
    for want, level in zip(need.wants, drawn.levels, strict=True):
        taught = level > 0
        if want.platform != ALL_PLATFORMS:
            taught = taught & drawn.touching("platforms", want.platform)
        fits |= taught
    return ~fits


def _level_too_low(need: Need, drawn: Drawn) -> Flags:
    reached = np.zeros(len(drawn), np.bool_)
    for want, level in zip(need.wants, drawn.levels, strict=True):
        reached |= level >= want.level
    return ~reached


_QUICK: Checks = {
    "window": _outside_window,
    "language": _not_understood,
    "mode": _mode_refused,
    "level": _level_too_low,
}
_SLOW: Checks = {
    "fee": _too_dear,
    "travel": _out_of_reach,
    "eligibility": _not_eligible,
    "platform": _other_platform,
}
