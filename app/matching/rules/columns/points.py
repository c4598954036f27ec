"""Points on whole arrays: the formulas of :mod:`app.matching.rules.points` once more."""

import numpy as np
import numpy.typing as npt

from app.matching.rules.columns.drawn import Drawn
from app.matching.rules.columns.records import NOT_STATED
from app.matching.rules.facts import ALL_PLATFORMS, ANY, Need, window_days
from app.matching.rules.points import (
    GENERAL_PLATFORM,
    LEVEL_PARTS,
    OTHER_LANGUAGE,
    URGENCY_PARTS,
    WEIGHTS,
    fee_cap_usd,
    skill_parts_asked,
    travel_reach_km,
)

Numbers = npt.NDArray[np.int64]


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
        + _falling(WEIGHTS["travel"], drawn.kilometres(need), travel_reach_km(need))
        + _falling(WEIGHTS["cost"], drawn.courses["fee"].astype(np.int64), fee_cap_usd(need))
        + _platform(need, drawn)
        + np.where(drawn.touching("audience", need.sector, ANY), WEIGHTS["sector"], 0)
        + _language(need, drawn)
    )
    return total


def _skills(need: Need, drawn: Drawn) -> Numbers:
    parts = np.zeros(len(drawn), np.int64)
    for want, level in zip(need.wants, drawn.levels, strict=True):
        parts += want.weight * (
            LEVEL_PARTS * np.minimum(level.astype(np.int64), want.level) // want.level
        )
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
