"""Points on whole arrays: the formulas of :mod:`app.matching.rules.points` once more."""

import numpy as np
import numpy.typing as npt

from app.matching.rules.columns.drawn import Drawn
from app.matching.rules.columns.records import NOT_STATED
from app.matching.rules.columns.store import Array, Flags
from app.matching.rules.facts import ALL_PLATFORMS, ANY, REMOTE_MODES, Need, window_days
from app.matching.rules.points import (
    EARTH_RADIUS_KM,
    GENERAL_PLATFORM,
    LEVEL_PARTS,
    OTHER_LANGUAGE,
    URGENCY_PARTS,
    WEIGHTS,
    fee_cap_usd,
    great_circle_km,
    skill_parts_asked,
    travel_reach_km,
)

Numbers = npt.NDArray[np.int64]

# Two ways of reckoning a sine differ in the last place; near half a kilometre that could tip the
# rounding, so those few are reckoned as the rules do. Next to the antipode it is 0.0003 km.
_DOUBTFUL_KM = 0.001


def remote_slots(drawn: Drawn) -> Flags:
    """Where nobody travels."""
    far = drawn.in_mode(lambda mode: mode in REMOTE_MODES)
    return far | drawn.at_place(lambda at: at[0] is None)


def kilometres(need: Need, drawn: Drawn) -> Numbers:
    """Whole kilometres to each slot: 0 when remote, NOT_STATED where a place is not known."""
    found = np.full(len(drawn), NOT_STATED, np.int64)
    remote, point = remote_slots(drawn), drawn.slots["point"]
    found[remote] = 0
    on_site = np.flatnonzero(~remote & (point != NOT_STATED))
    if need.point is not None and len(on_site):
        where = drawn.columns.where
        at = point[on_site]
        found[on_site] = _great_circle(need.point, where["lat"][at], where["lon"][at])
    return found


def _great_circle(one: tuple[float, float], lat: Array, lon: Array) -> Numbers:
    here_lat, here_lon = np.radians(one[0]), np.radians(one[1])
    there_lat, there_lon = np.radians(lat), np.radians(lon)
    chord = (
        np.sin((there_lat - here_lat) / 2) ** 2
        + np.cos(here_lat) * np.cos(there_lat) * np.sin((there_lon - here_lon) / 2) ** 2
    )
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    whole: Numbers = np.rint(km).astype(np.int64)
    for index in np.flatnonzero(np.abs(km - np.floor(km) - 0.5) < _DOUBTFUL_KM).tolist():
        whole[index] = great_circle_km(one, (float(lat[index]), float(lon[index])))
    return whole


def scores(need: Need, drawn: Drawn, first_day: Numbers, seats: Numbers) -> Numbers:
    """The whole score of each slot; they are slots that break no limit.

    Args:
        need: What is asked for.
        drawn: The slots.
        first_day: The ordinal of the day on which people would start each.
        seats: What the need could take of each.
    """
    whole = URGENCY_PARTS * window_days(need)
    late = first_day - need.earliest.toordinal()
    total: Numbers = (
        _skills(need, drawn)
        + WEIGHTS["time"] * (whole - need.urgency * late) // whole
        + WEIGHTS["seats"] * np.minimum(seats, need.people) // need.people
        + _falling(WEIGHTS["travel"], kilometres(need, drawn), travel_reach_km(need))
        + _falling(WEIGHTS["cost"], drawn.courses["fee"].astype(np.int64), fee_cap_usd(need))
        + _platform(need, drawn)
        + np.where(drawn.touching("audience", need.sector, ANY), WEIGHTS["sector"], 0)
        + _language(need, drawn)
    )
    return total


def _skills(need: Need, drawn: Drawn) -> Numbers:
    parts = np.zeros(len(drawn), np.int64)
    for want, level in zip(need.wants, drawn.levels, strict=True):
        parts += want.weight * (LEVEL_PARTS * np.minimum(level, want.level) // want.level)
    return WEIGHTS["skills"] * parts // skill_parts_asked(need)


def _falling(weight: int, value: Numbers, most: int) -> Numbers:
    """Full at 0, nothing from ``most`` on and where the value is not stated."""
    part = weight * np.maximum(0, most - value) // max(1, most)
    found: Numbers = np.where(value == 0, weight, np.where(value == NOT_STATED, 0, part))
    return found


def _platform(need: Need, drawn: Drawn) -> Numbers:
    same = np.zeros(len(drawn), np.bool_)
    any_will_do = np.zeros(len(drawn), np.bool_)
    for want, level in zip(need.wants, drawn.levels, strict=True):
        taught = level > 0
        same |= taught & drawn.touching("platforms", want.platform)
        if want.platform == ALL_PLATFORMS:
            any_will_do |= taught
    general = drawn.touching("platforms", ALL_PLATFORMS)
    general |= any_will_do & ~drawn.empty("platforms")
    found: Numbers = np.where(same, WEIGHTS["platform"], np.where(general, GENERAL_PLATFORM, 0))
    return found


def _language(need: Need, drawn: Drawn) -> Numbers:
    best = drawn.understood(need, need.languages[0])
    other = drawn.understood(need, *need.languages)
    found: Numbers = np.where(best, WEIGHTS["language"], np.where(other, OTHER_LANGUAGE, 0))
    return found
