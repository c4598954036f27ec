"""Calls that the secretariat sends out: what each kind is, and what stands against an answer."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from app.core.errors import ConflictError, FieldProblem

SHOWN_FOR = timedelta(days=60)
"""How long a call is shown whose last day nobody named."""
FEWEST_TO_JOIN = 2


class CallKind(StrEnum):
    """What is asked of those it goes to."""

    SLOTS = "slots"
    DATES = "dates"
    JOINT = "joint"


KIND_LABELS = {
    CallKind.SLOTS: "Call for slots",
    CallKind.DATES: "Proposal to join dates",
    CallKind.JOINT: "Proposal to fill a date together",
}


class CallOverError(ConflictError):
    """The last day on which the call is shown has passed."""

    code = "call_over"


def is_open(ends_on: date | None, today: date) -> bool:
    """Whether the call is still shown and answered."""
    return ends_on is None or ends_on >= today


def check_open(ends_on: date | None, today: date) -> None:
    """Allow an answer.

    Raises:
        CallOverError: The call is over.
    """
    if not is_open(ends_on, today):
        raise CallOverError("This call is over; it can no longer be answered.")


def party_problems(
    kind: CallKind, providers: Sequence[str], countries: Sequence[str]
) -> list[FieldProblem]:
    """What is wrong with whom a call goes to.

    Joint proposals go to at least two countries, the other kinds to providers; a call for slots
    without any goes to all who teach the skill.
    """
    if kind == CallKind.JOINT:
        problems = [_problem("providers", "goes to countries", "not_for_providers")] * bool(
            providers
        )
        if len(countries) < FEWEST_TO_JOIN:
            problems.append(_problem("countries", "needs two countries or more", "too_few_parties"))
        return problems
    problems = [_problem("countries", "goes to providers", "not_for_countries")] * bool(countries)
    if kind == CallKind.DATES and not providers:
        problems.append(_problem("providers", "needs a provider", "too_few_parties"))
    return problems


def time_problems(month: date | None, ends_on: date | None, *, today: date) -> list[FieldProblem]:
    """What is wrong with its month (of which the first day is named) and its last day."""
    problems = []
    if month is not None and month < today.replace(day=1):
        problems.append(FieldProblem(("month",), "This month has passed.", "past_date"))
    if ends_on is not None and ends_on < today:
        problems.append(FieldProblem(("ends_on",), "This date has already passed.", "past_date"))
    return problems


def _problem(field: str, text: str, code: str) -> FieldProblem:
    return FieldProblem((field,), f"This kind of call {text}.", code)
