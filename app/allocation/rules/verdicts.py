"""Why a request got so much and not more, as a code with figures and as a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Binding(StrEnum):
    """What stands against one more seat; in this order where several are equally frequent."""

    MET = "no-need-left"
    NO_PLACE = "no-place"
    MINIMUM = "minimum-not-reached"
    TOGETHER = "together"
    CHAIN = "chain"
    CAP = "country-cap"
    HIGHER = "taken-by-higher-value"
    FLOOR = "floor"
    FULL = "places-full"
    COST = "not-worth-its-cost"
    LEFT = "left-over"
    ONE_DATE = "one-date-for-all"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Asked, given, and what binds.

    ``asked`` and ``given`` are people of each skill, added up: six people in one skill and four in
    another are ten, and a seat that teaches both counts for both, as on the page of the request.
    ``place`` is the place that the binding is about: there it alone stands against ``more`` seats
    (one, or all of a group that stays together), everything else as it is. ``have`` and ``bound``
    are its figures. ``counts`` tells of how many places which binding is true. With ``several``
    every place that fits has more than one thing against it. ``reason`` says why no place fits
    at all (vocabulary ``unmatched_reasons``), where that is so.
    """

    ask: str
    asked: int
    given: int
    binding: Binding
    place: str = ""
    more: int = 0
    have: int = 0
    bound: int = 0
    urgency: int = 0
    significance: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    def detail(self) -> dict[str, Any]:
        """The figures of the sentence, ready to be kept as JSON; without what is nought."""
        every = {
            "place": self.place,
            "more": self.more,
            "have": self.have,
            "bound": self.bound,
            "urgency": self.urgency,
            "significance": self.significance,
            "counts": dict(self.counts),
            "reason": self.reason,
        }
        return {key: value for key, value in every.items() if value}


def why(binding: str, detail: Mapping[str, Any], *, reason: str = "") -> str:
    """The sentence for a person, from the code and the figures of ``Verdict.detail``.

    ``reason`` is the label of its ``reason``.
    """
    if reason:
        return f"No slot with free seats fits: {reason[0].lower()}{reason[1:]}."
    figures = {key: int(detail.get(key, 0)) for key in ("have", "bound", "urgency", "significance")}
    return _SENTENCES[Binding(binding)](**figures)


def _said(text: str) -> Callable[..., str]:
    return text.format


_SENTENCES: Mapping[Binding, Callable[..., str]] = {
    Binding.MET: _said("Everybody who was asked for has a seat."),
    Binding.NO_PLACE: _said(
        "No slot with free seats fits; the matches of the request say what stands against each."
    ),
    Binding.MINIMUM: _said("Minimum number not reached: {have} of {bound}."),
    Binding.TOGETHER: _said(
        "The {bound} people go together, and no slot that fits has so many seats left for them:"
        " {have} at most."
    ),
    Binding.CHAIN: _said(
        "Another course comes first, which {bound} people will have finished in time, and {have}"
        " would be needed."
    ),
    Binding.CAP: _said(
        "On a slot that fits the country has as many seats as one country may take: {bound}."
    ),
    Binding.HIGHER: _said(
        "The seats of a slot that fits went to needs of higher value; the least of them has"
        " urgency {urgency}, significance {significance}."
    ),
    Binding.FLOOR: _said(
        "A seat went to another country, which would else be below the share that everyone is"
        " guaranteed."
    ),
    Binding.FULL: _said("All seats of a slot that fits are given: {bound} of {bound}."),
    Binding.COST: _said("A seat is left, but it costs more than it is worth."),
    Binding.LEFT: _said(
        "Seats that fit are left over: the search for a better plan ended, or the plan was"
        " changed by hand."
    ),
    Binding.ONE_DATE: _said(
        "The {bound} people go together on one date. A date that only some of them need is not"
        " planned beside it; it can be taken by hand."
    ),
    Binding.SEVERAL: _said("Each slot that fits has more than one limit against it."),
}
