"""Skill-gap requests: their states, who may see and change what, what a request must say. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.accounts.rules import Actor
from app.core.errors import ConflictError, FieldProblem, ForbiddenError

MAX_PEOPLE = 100_000
"""Most people in one request, and in one of its needs."""


class RequestState(StrEnum):
    """Where a request stands (vocabulary ``request_states``)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CLARIFIED = "clarified"
    OPEN = "open"
    PARTLY_MATCHED = "partly-matched"
    MATCHED = "matched"
    IN_TRAINING = "in-training"
    MET = "met"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Travel(StrEnum):
    """How far the people of a request can travel."""

    ANYWHERE = "anywhere"
    REGION = "region"
    COUNTRY = "country"
    NONE = "none"


_S = RequestState

LIVE = frozenset(
    {_S.SUBMITTED, _S.CLARIFIED, _S.OPEN, _S.PARTLY_MATCHED, _S.MATCHED, _S.IN_TRAINING}
)
"""States in which seats can be taken for the request."""

EDITABLE = LIVE | {_S.DRAFT}
"""States in which the request can still be changed."""

PUBLIC = LIVE | {_S.MET, _S.EXPIRED}
"""States in which everybody sees a request that its country agreed to publish."""

_STEPS: dict[RequestState, frozenset[RequestState]] = {
    _S.DRAFT: frozenset({_S.OPEN, _S.WITHDRAWN}),
    **{state: frozenset({_S.WITHDRAWN, _S.MET, _S.EXPIRED}) for state in LIVE},
}


class RequestStepError(ConflictError):
    """The request cannot go from its present state to the one asked for."""

    code = "step_not_allowed"


class RequestEndedError(ConflictError):
    """The request is over and can no longer be changed."""

    code = "request_ended"


class RequestNotLiveError(ConflictError):
    """Seats are taken for requests that were filed and are not over."""

    code = "request_not_live"


class SeatsStillHeldError(ConflictError):
    """People or open seats are still on slots for the request."""

    code = "seats_still_held"


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats of a request: held (open and named, on slots) and met (people who attended)."""

    held: int
    met: int


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """One line of a request, as far as rules look at it."""

    skill: str
    level: int
    platform: str
    people: int


def is_own(actor: Actor, country: str) -> bool:
    """Whether the actor speaks for the country."""
    return country in actor.countries


def sees_everything(actor: Actor, country: str) -> bool:
    """Whether the actor reads what is not published: the country itself and the secretariat."""
    return actor.secretariat or is_own(actor, country)


def require_focal_point(actor: Actor) -> None:
    """Let only people file who speak for a country.

    Raises:
        SignInRequiredError: Nobody is signed in.
        ForbiddenError: The actor is no focal point, or the token may only read.
    """
    actor.require_write()
    if not actor.countries:
        raise ForbiddenError("Only the focal point of a country can file a request.")


def check_step(before: str, after: RequestState) -> None:
    """Allow a person's change of state.

    Raises:
        RequestStepError: There is no such step.
    """
    if after not in _STEPS.get(RequestState(before), frozenset()):
        raise RequestStepError(f"A request that is {before} cannot become {after}.")


def check_editable(state: str) -> None:
    """Allow a change of what the request says.

    Raises:
        RequestEndedError: The request is met, withdrawn or expired.
    """
    if RequestState(state) not in EDITABLE:
        raise RequestEndedError(f"This request is {state} and can no longer be changed.")


def check_live(state: str) -> None:
    """Allow seats to be taken for the request.

    Raises:
        RequestNotLiveError: It is a draft, met, withdrawn or expired.
    """
    if RequestState(state) not in LIVE:
        raise RequestNotLiveError(f"This request is {state}: no seats can be taken for it.")


def check_withdrawal(state: str, seats: Seats) -> None:
    """Allow the country to take a request back.

    Seats of people still to be trained must be given back first, so that nobody loses a seat
    by surprise.

    Raises:
        RequestStepError: The request is over already.
        SeatsStillHeldError: Seats are held for people who are not trained yet.
    """
    check_step(state, RequestState.WITHDRAWN)
    open_seats = seats.held - seats.met
    if open_seats > 0:
        raise SeatsStillHeldError(
            f"{open_seats} seats are still held for this request. Give them back first.",
            seats=open_seats,
        )


def state_after_count(
    state: str, *, people: int, held: int, met: int, by_hand: bool = False
) -> RequestState:
    """The state that follows from the seats, for a live request; others stay as they are.

    A request is met by people trained, not by seats held. One that was closed as met ``by_hand``
    stays closed when its seats are given back.
    """
    current = RequestState(state)
    if current not in LIVE and (current != RequestState.MET or by_hand):
        return current
    if met >= people:
        return RequestState.MET
    if held >= people:
        return RequestState.MATCHED
    if held > 0:
        return RequestState.PARTLY_MATCHED
    return RequestState.OPEN


def window_problems(earliest: date, needed_by: date, *, today: date) -> list[FieldProblem]:
    """What is wrong with the dates. ``today`` is the date in the country."""
    problems = []
    if needed_by < today:
        problems.append(FieldProblem(("needed_by",), "This date has already passed.", "past_date"))
    if needed_by < earliest:
        problems.append(
            FieldProblem(
                ("needed_by",),
                f"The window ends before it starts: the earliest date is {earliest}.",
                "window_order",
            )
        )
    return problems


def need_problems(needs: Sequence[NeedFacts], seats: Seats) -> list[FieldProblem]:
    """What is wrong with the needs together.

    No line may be there twice (people would be counted twice), and people may not become fewer
    than the seats already held or met.
    """
    seen: set[tuple[str, int, str]] = set()
    problems = []
    for index, need in enumerate(needs):
        line = (need.skill, need.level, need.platform)
        if line in seen:
            problems.append(
                FieldProblem(
                    ("needs", index, "skill"),
                    "The same skill, level and product type is there twice. Put the people in one.",
                    "repeated_need",
                )
            )
        seen.add(line)
    people = total_people(needs)
    if people > MAX_PEOPLE:
        text = f"One request is for at most {MAX_PEOPLE:,} people; these are {people:,}."
        problems.append(FieldProblem(("needs",), text, "too_many_people"))
    taken = max(seats.held, seats.met)
    if people < taken:
        text = f"{taken} seats are held or met already; give seats back before asking for fewer."
        problems.append(FieldProblem(("needs",), text, "below_seats_held"))
    return problems


def total_people(needs: Iterable[NeedFacts]) -> int:
    """People over all needs."""
    return sum(need.people for need in needs)


class Action(StrEnum):
    """What a page may offer to do with a request."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    MATCH = "match"


def actions_for(actor: Actor, country: str, state: str) -> frozenset[Action]:
    """What this actor can do with a request of ``country`` in ``state``; services check again."""
    current = RequestState(state)
    found = set()
    if is_own(actor, country) and current in EDITABLE:
        found |= {Action.EDIT, Action.WITHDRAW}
    if is_own(actor, country) and current == RequestState.DRAFT:
        found.add(Action.SUBMIT)
    if sees_everything(actor, country) and current in LIVE:
        found |= {Action.CLOSE, Action.MATCH}
    return frozenset(found)
