"""Why a limit rules a slot out, and what would have to change, from whoever could change it."""

from collections.abc import Callable
from datetime import timedelta

from app.matching.rules import words
from app.matching.rules.chains import missing_courses
from app.matching.rules.facts import (
    REMOTE_MODES,
    Limit,
    Need,
    Offer,
    first_day,
    wants_taught,
)
from app.matching.rules.limits import (
    Situation,
    apply_until,
    is_beyond_reach,
    is_too_far,
)
from app.matching.rules.points import distance_km, fee_of
from app.registry.rules.chains import SELF_PACED, due_by


def _window(need: Need, offer: Offer, _: Situation) -> Limit:
    start, end = first_day(need, offer), offer.ends_on
    why, change = [], []
    if start < need.earliest:
        why.append(
            f"starts on {words.day(start)}, before your earliest date {words.day(need.earliest)}"
        )
        change.append(f"people who can start on {words.day(start)}")
    if start > end:
        why.append(
            f"ends on {words.day(end)}, before your earliest date {words.day(need.earliest)}"
        )
        change.append(f"people who can start by {words.day(end)}")
    if end > need.needed_by:
        why.append(f"ends on {words.day(end)}, after {words.day(need.needed_by)}, your last date")
        change.append(f"a need that can wait until {words.day(end)}")
    return Limit("window", f"The slot {words.both(why)}.", f"It takes {words.both(change)}.")


def _language(need: Need, offer: Offer, _: Situation) -> Limit:
    languages = [words.language(code) for code in sorted(offer.languages)]
    offered = words.both(languages)
    wanted = words.either(words.language(code) for code in need.languages)
    if not (need.interpretation_ok or offer.interpretation.isdisjoint(need.languages)):
        return Limit(
            "language",
            f"Taught in {offered or 'no stated language'} and only interpreted into {wanted}.",
            f"You would have to accept interpreting, or the provider to teach it in {wanted}.",
        )
    return Limit(
        "language",
        f"Taught in {offered or 'no stated language'}; your people understand {wanted}.",
        f"The provider would have to interpret it into {wanted}"
        + (f", or you send people who understand {words.either(languages)}." if offered else "."),
    )


def _mode(need: Need, offer: Offer, _: Situation) -> Limit:
    what = words.mode(offer.mode)
    why, change = [], []
    if need.modes and offer.mode not in need.modes:
        asked = words.either(words.mode(name) for name in sorted(need.modes))
        why.append(f"you asked for {asked}")
        change.append(f"accept {what}")
    if need.remote_only and offer.mode not in REMOTE_MODES:
        why.append("your people can only learn remotely")
        change.append("send people who can come")
    return Limit(
        "mode",
        f"This is {what}; {words.both(why)}.",
        f"You would have to {words.both(change)}, or the provider to teach it another way.",
    )


def _fee(need: Need, offer: Offer, _: Situation) -> Limit:
    limit, fee = need.fee_limit_usd, fee_of(offer)
    if fee is None:
        return Limit(
            "fee",
            f"A fee is due but not stated; your limit is {limit} USD.",
            f"The provider would have to state a fee of {limit} USD or less.",
        )
    return Limit(
        "fee",
        f"The fee is {fee} USD per person, above your limit of {limit} USD.",
        f"A limit of {fee} USD, or a waiver or sponsor for the {fee - (limit or 0)} USD above it.",
    )


_REACH = {
    "none": "your people cannot travel",
    "country": "your people stay in their own country",
    "region": "your people stay in their own region",
}
_WIDER = {"none": "at all", "country": "abroad", "region": "beyond their region"}


def _travel(need: Need, offer: Offer, _: Situation) -> Limit:
    why, change = [], []
    if is_beyond_reach(need, offer):
        why.append(_REACH[need.travel])
        change.append(f"people who may travel {_WIDER[need.travel]}, to {offer.country}")
    if is_too_far(need, offer):
        km = distance_km(need, offer)
        why.append(f"it is {km} km away, above your limit of {need.travel_limit_km} km")
        change.append(f"a travel limit of {km} km")
    return Limit(
        "travel",
        f"The place is in {offer.country}; {words.both(why)}.",
        f"It takes {words.both(change)}, or a remote delivery.",
    )


def _seats(_: Need, offer: Offer, __: Situation) -> Limit:
    why, change = [], []
    in_line = offer.waiting - offer.seats_free
    if in_line >= 0:
        free = words.count(offer.seats_free, "seat")
        why.append(f"{free} free and {offer.waiting} waiting")
        change.append(f"at least {words.count(in_line + 1, 'more seat')} from the provider")
    if offer.country_seats_left is not None and offer.country_seats_left <= 0:
        why.append("your country already holds as many seats as one country may")
        change.append(f"a cap per country raised by {1 - offer.country_seats_left}")
    if offer.kept_for_others and offer.kept_for_others >= offer.seats_free:
        why.append(f"{offer.seats_free} free and {offer.kept_for_others} kept for other groups")
        too_many = offer.kept_for_others - offer.seats_free + 1
        change.append(f"{words.count(too_many, 'kept seat')} given to everybody")
    return Limit(
        "seats",
        f"No seat is left for you: {words.both(why)}.",
        f"It takes {words.both(change)}.",
    )


def _eligibility(need: Need, offer: Offer, _: Situation) -> Limit:
    admitted = words.both(sorted(offer.eligible_countries))
    return Limit(
        "eligibility",
        f"The provider admits people from {admitted}, not from {need.country}.",
        f"The provider would have to admit {need.country}.",
    )


def _deadline(_: Need, offer: Offer, when: Situation) -> Limit:
    change = []
    if offer.apply_by <= when.now:
        change.append("extend the deadline")
    cleared_from = offer.starts_at - timedelta(days=offer.lead_days)
    if offer.mode != SELF_PACED and cleared_from <= when.now:
        # Strictly less than the time left, so that there is still a moment to apply.
        days = (offer.starts_at - when.now - timedelta.resolution).days
        in_time = words.count(days, "day")
        change.append(f"clear people for the site in {in_time} instead of {offer.lead_days}")
    clearance = (
        f", counted with {words.count(offer.lead_days, 'day')} for clearance of the site"
        if apply_until(offer) < offer.apply_by
        else ""
    )
    return Limit(
        "deadline",
        f"Applications closed on {words.moment(apply_until(offer))}{clearance}.",
        f"The provider would have to {words.both(change)}.",
    )


def _platform(need: Need, offer: Offer, _: Situation) -> Limit:
    wanted = words.either(sorted({want.platform for want, _ in wants_taught(need, offer)}))
    named = words.both(sorted(offer.platforms))
    return Limit(
        "platform",
        f"The course is about {named}; you asked for {wanted}.",
        f"The provider would have to cover {wanted}, or you accept training on {named}.",
    )


def _level(need: Need, offer: Offer, _: Situation) -> Limit:
    pairs = wants_taught(need, offer)
    why = words.both(
        f"{want.called} at level {level} where you need level {want.level}" for want, level in pairs
    )
    change = words.either(f"{want.called} at level {want.level}" for want, _ in pairs)
    lower = words.either(f"level {level} in {want.called}" for want, level in pairs)
    return Limit(
        "level",
        f"Teaches {why}.",
        f"The course would have to teach {change}, or you accept {lower}.",
    )


def _prerequisite(_: Need, offer: Offer, when: Situation) -> Limit:
    missing = missing_courses(offer, when.completions, when.paths)
    named = words.both(when.paths.titles.get(course, str(course)) for course in missing)
    due = words.moment(due_by(offer))
    return Limit(
        "prerequisite",
        f"Requires {named}, which nobody who starts now can finish before {due}.",
        f"It takes open runs of {named} that end by {due}, one after the other where one requires"
        " the next.",
        missing,
    )


_EXPLAIN: dict[str, Callable[[Need, Offer, Situation], Limit]] = {
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


def explain_limit(name: str, need: Need, offer: Offer, when: Situation) -> Limit:
    """The limit of that name, which the offer breaks, with why and what would lift it."""
    return _EXPLAIN[name](need, offer, when)
