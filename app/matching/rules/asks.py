"""What a provider could change so that a need fits its date: one short sentence per limit.

The sentences of :mod:`app.matching.rules.changes` speak to the country; these speak to the other
side.
"""

from collections.abc import Callable

from app.matching.rules import words
from app.matching.rules.facts import Need, Offer, wants_taught
from app.matching.rules.limits import is_too_far


def _window(need: Need, _: Offer) -> str:
    first, last = words.day(need.earliest), words.day(need.needed_by)
    return f"Teach it between {first} and {last}."


def _language(need: Need, _: Offer) -> str:
    how = "in, or interpret it into," if need.interpretation_ok else "in"
    named = words.either(words.language(code) for code in need.languages)
    return f"Teach it {how} {named}."


def _mode(need: Need, _: Offer) -> str:
    if need.remote_only:
        return "Teach it remotely: their people cannot come."
    return f"Teach it as {words.either(words.mode(name) for name in sorted(need.modes))}."


def _fee(need: Need, _: Offer) -> str:
    if not need.fee_limit_usd:
        return "Waive the fee, or find a sponsor: they cannot pay one."
    return f"Ask {need.fee_limit_usd} USD a person or less, or find a sponsor for the rest."


def _travel(need: Need, offer: Offer) -> str:
    if is_too_far(need, offer):
        return f"Teach it within {need.travel_limit_km} km of them, or remotely."
    return {
        "none": "Teach it remotely: their people cannot travel.",
        "country": "Teach it in their country, or remotely.",
    }.get(need.travel, "Teach it in their region, or remotely.")


def _seats(_: Need, offer: Offer) -> str:
    if offer.country_seats_left is not None and offer.country_seats_left <= 0:
        return "Raise the number of seats that one country may have."
    return f"Add {words.count(max(1, 1 + offer.waiting - offer.seats_free), 'seat')} or more."


def _eligibility(_: Need, __: Offer) -> str:
    return "Admit people from this country."


def _deadline(_: Need, offer: Offer) -> str:
    if offer.lead_days:
        return "Keep applications open longer, or clear people for the site faster."
    return "Keep applications open longer."


def _platform(need: Need, offer: Offer) -> str:
    return f"Cover {words.either(sorted({w.platform for w, _ in wants_taught(need, offer)}))}."


def _level(need: Need, offer: Offer) -> str:
    pairs = wants_taught(need, offer)
    return f"Teach {words.either(f'{w.called} at level {w.level}' for w, _ in pairs)}."


def _prerequisite(_: Need, __: Offer) -> str:
    return "Offer the courses that come first early enough before this date."


_ASKS: dict[str, Callable[[Need, Offer], str]] = {
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


def ask_for(name: str, need: Need, offer: Offer) -> str:
    """The one change of the offer after which the need fits."""
    return _ASKS[name](need, offer)
