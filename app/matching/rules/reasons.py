"""Why a match has its score: one sentence per criterion, with the sum to do again by hand.

A sentence ends in its sum; the division is rounded down to whole points.
"""

from collections.abc import Callable

from app.matching.rules import words
from app.matching.rules.facts import (
    Criterion,
    Need,
    Offer,
    first_day,
    is_remote,
    usable_seats,
    wants_taught,
    window_days,
)
from app.matching.rules.points import (
    LEVEL_PARTS,
    POINTS,
    URGENCY_PARTS,
    WEIGHTS,
    days_late,
    distance_km,
    fee_cap_usd,
    fee_of,
    is_general_platform,
    is_same_platform,
    skill_parts,
    skill_parts_asked,
    travel_reach_km,
)
from app.matching.rules.words import LESS, OVER, TIMES
from app.registry.rules.chains import SELF_PACED


def why_skills(need: Need, offer: Offer) -> str:
    """Level taught beside level wanted, for each wanted skill."""
    taught = dict(wants_taught(need, offer))
    parts = []
    for want in need.wants:
        level = taught.get(want, 0)
        sixths = LEVEL_PARTS * min(level, want.level) // want.level
        weight = f", weight {want.weight}" if want.weight > 1 else ""
        what = f"at level {level}" if level else "not at all"
        parts.append(
            f"{want.called} {what} where {want.level} is wanted ({sixths} of {LEVEL_PARTS}{weight})"
        )
    total = f"{WEIGHTS['skills']} {TIMES} {skill_parts(need, offer)}"
    return f"Teaches {words.both(parts)}: {total} {OVER} {skill_parts_asked(need)}"


def why_time(need: Need, offer: Offer) -> str:
    """Where in the window the slot starts, and how urgent the need is."""
    days, late = window_days(need), days_late(need, offer)
    verb = "Can be joined" if offer.mode == SELF_PACED else "Starts"
    whole = f"{URGENCY_PARTS} {TIMES} {days}"
    start = first_day(need, offer)
    outside = not 0 <= (start - need.earliest).days <= days
    counted = "which counts as " if outside else ""
    return (
        f"{verb} on {words.day(start)}, {counted}{words.count(late, 'day')} into a window "
        f"of {words.count(days, 'day')}, at urgency {need.urgency}: {WEIGHTS['time']} {TIMES} "
        f"({whole} {LESS} {need.urgency} {TIMES} {late}) {OVER} ({whole})"
    )


def why_seats(need: Need, offer: Offer) -> str:
    """Seats that can be used, and what made them fewer than the free ones."""
    usable = usable_seats(offer)
    less = []
    if offer.waiting:
        less.append(f"{offer.waiting} waiting")
    if offer.kept_for_others:
        less.append(f"{offer.kept_for_others} kept for others")
    if offer.country_seats_left is not None:
        less.append(f"{offer.country_seats_left} left for your country")
    free = f" ({words.both([f'{offer.seats_free} free', *less])})" if less else ""
    return (
        f"{words.count(usable, 'seat')} to use{free} for {need.people} asked: "
        f"{WEIGHTS['seats']} {TIMES} {min(usable, need.people)} {OVER} {need.people}"
    )


def why_travel(need: Need, offer: Offer) -> str:
    """How far people would travel, of how far they may."""
    if is_remote(offer):
        return f"Remote, nobody travels: {WEIGHTS['travel']}"
    reach = travel_reach_km(need)
    km = distance_km(need, offer)
    if km is None:
        return f"The distance is not known, so it counts as {reach} km or more: 0"
    if km == 0:
        return f"0 km to travel: {WEIGHTS['travel']}"
    scale = "your limit" if need.travel_limit_km is not None else "the scale without a limit"
    left = f"({reach} {LESS} {km})" if km < reach else "0"
    return (
        f"{km} km to travel, measured against {scale} of {reach} km: "
        f"{WEIGHTS['travel']} {TIMES} {left} {OVER} {reach}"
    )


def why_cost(need: Need, offer: Offer) -> str:
    """The fee, of the fee that would be too much."""
    fee = fee_of(offer)
    if fee is None:
        return "A fee is due, but the fee is not stated: 0"
    if fee == 0:
        return f"No fee to pay: {WEIGHTS['cost']}"
    cap = fee_cap_usd(need)
    scale = "your limit" if need.fee_limit_usd is not None else "the scale without a limit"
    left = f"({cap} {LESS} {fee})" if fee < cap else "0"
    return (
        f"A fee of {fee} USD per person, measured against {scale} of {cap} USD: "
        f"{WEIGHTS['cost']} {TIMES} {left} {OVER} {cap}"
    )


def why_platform(need: Need, offer: Offer) -> str:
    """How the product types of course and need compare."""
    named = words.both(sorted(offer.platforms)) or "no product type"
    score = POINTS[5](need, offer)
    if is_same_platform(need, offer):
        return f"The course covers the product type asked for ({named}): {score}"
    if is_general_platform(need, offer):
        return f"Course ({named}) and need meet in general, not in one product type: {score}"
    return f"The course names {named}, which says nothing about the one asked for: {score}"


def why_sector(need: Need, offer: Offer) -> str:
    """Whether the course is meant for the sector of the need."""
    audience = words.both(sorted(offer.audience)) or "nobody in particular"
    score = POINTS[6](need, offer)
    verb = "includes" if score else "does not name"
    return f"The audience of the course ({audience}) {verb} your sector, {need.sector}: {score}"


def why_language(need: Need, offer: Offer) -> str:
    """Which of the languages of the need is taught in or interpreted."""
    score = POINTS[7](need, offer)
    heard = next(
        (
            code
            for code in need.languages
            if code in offer.languages or (need.interpretation_ok and code in offer.interpretation)
        ),
        "",
    )
    how = "Taught in" if heard in offer.languages else "Interpreted into"
    which = (
        "the language you prefer"
        if heard == need.languages[0]
        else f"understood; you prefer {words.language(need.languages[0])}"
    )
    if not heard:
        return f"Neither taught in nor interpreted into a language you understand: {score}"
    return f"{how} {words.language(heard)}, {which}: {score}"


_SENTENCES: tuple[Callable[[Need, Offer], str], ...] = (
    why_skills,
    why_time,
    why_seats,
    why_travel,
    why_cost,
    why_platform,
    why_sector,
    why_language,
)


def criteria_of(need: Need, offer: Offer) -> tuple[Criterion, ...]:
    """The eight parts of a score, each with its points and its sentence."""
    found = []
    for (name, weight), points, why in zip(WEIGHTS.items(), POINTS, _SENTENCES, strict=True):
        score = points(need, offer)
        sentence = why(need, offer)
        worth = f" = {score} points." if OVER in sentence else " points."
        found.append(Criterion(name, score, weight, sentence + worth))
    return tuple(found)
