"""The outcome of a selection in sentences that a person can check by hand. No queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.booking.rules.selection import EARLIEST, Outcome, Result
from app.booking.rules.states import HeldBack
from app.core.moments import local_text
from app.registry.labels import CRITERIA
from app.registry.schemas.views import SlotView

_TEENS = range(11, 14)
_HUNDRED, _TEN = 100, 10


@dataclass(frozen=True, slots=True)
class SelectionTerms:
    """What all outcomes of one selection have in common.

    ``seats`` could be given, to ``eligible`` people, in ``order``; ``zone`` is the slot's.
    """

    order: tuple[str, ...]
    seats: int
    eligible: int
    per_country: int | None
    per_authority: int | None
    deadline: datetime
    zone: str


def order_text(order: Sequence[str]) -> str:
    """The stated order of a selection: the time of application always comes last."""
    stated = order if EARLIEST in order else (*order, EARLIEST)
    words = [CRITERIA[each] for each in stated[: stated.index(EARLIEST) + 1]]
    return ", then ".join(f"{each[0].lower()}{each[1:]}" for each in words)


def terms_text(slot: SlotView) -> str:
    """How the provider selects among those who apply, as it is stated beforehand."""
    sentences = [
        "After the deadline, those who have passed the required courses by then are "
        f"ranked by: {order_text(slot.criteria)}."
    ]
    for cap, what in ((slot.max_per_country, "country"), (slot.max_per_authority, "employer")):
        if cap is not None:
            sentences.append(f"At most {cap} seat{'s' if cap != 1 else ''} go to one {what}.")
    return " ".join([*sentences, "Everybody then sees their own outcome, with the reason."])


def reason_text(outcome: Outcome, terms: SelectionTerms) -> str:
    """Why an applicant was selected or not; names nobody else."""
    if outcome.result == Result.NOT_ELIGIBLE:
        missing = ", ".join(f"“{title}”" for title in outcome.applicant.missing)
        deadline = local_text(terms.deadline, terms.zone)
        return f"Not passed by the deadline ({deadline}): {missing}."
    passed = ", ".join(f"“{title}”" for title in outcome.applicant.passed)
    place = (
        f"{ordinal(outcome.position)} of {terms.eligible} by the order ({order_text(terms.order)})."
    )
    sentences = [f"Passed {passed}." if passed else "", place, _result_text(outcome, terms)]
    return " ".join(sentence for sentence in sentences if sentence)


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th`` and so on."""
    if number % _HUNDRED in _TEENS:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % _TEN, 'th') }"


def _result_text(outcome: Outcome, terms: SelectionTerms) -> str:
    if outcome.result == Result.SELECTED:
        return f"Seat {outcome.place} of {terms.seats}."
    return f"{_stop_text(outcome, terms)} Reserve place {outcome.place}."


def _stop_text(outcome: Outcome, terms: SelectionTerms) -> str:
    if outcome.stopped_by == HeldBack.COUNTRY_CAP:
        return _cap_text("Your country's", terms.per_country or 0, outcome, terms)
    if outcome.stopped_by == HeldBack.AUTHORITY_CAP:
        return _cap_text("Your employer's", terms.per_authority or 0, outcome, terms)
    if outcome.stopped_by == HeldBack.SEATS_KEPT:
        return "The seats that were left were kept for a group that you are not in."
    if outcome.stopped_by == "clash":
        return "You have another seat at these times; give it back to get the next that is free."
    if terms.seats <= 1:
        return "The one seat went to somebody before you." if terms.seats else "No seat was free."
    return f"All {terms.seats} seats went to people before you in the order."


def _cap_text(whose: str, cap: int, outcome: Outcome, terms: SelectionTerms) -> str:
    times = " and ".join(local_text(moment, terms.zone) for moment in outcome.ahead)
    seats = f"{whose} {cap} seats went" if cap != 1 else f"{whose} one seat went"
    before = cap - len(outcome.ahead)
    if not times:
        return f"{seats} to people who had them before the selection."
    given = f"{seats} to people before you in the order, who applied on {times}"
    return f"{given}; {before} had been taken before." if before > 0 else f"{given}."
