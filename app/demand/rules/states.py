"""The states of a request: which there are, how one follows from another, what seats do. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import ConflictError


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


_S = RequestState

LIVE = frozenset(
    {_S.SUBMITTED, _S.CLARIFIED, _S.OPEN, _S.PARTLY_MATCHED, _S.MATCHED, _S.IN_TRAINING}
)
"""States in which seats can be taken for the request."""

EDITABLE = LIVE | {_S.DRAFT}
"""States in which the request can still be changed."""

PUBLIC = LIVE | {_S.MET, _S.EXPIRED}
"""States in which everybody sees a request that its country agreed to publish."""

TRIAGE = frozenset({_S.SUBMITTED, _S.CLARIFIED})
"""States of a filed request that the secretariat has not opened and that holds no seats."""

_ENDS = frozenset({_S.WITHDRAWN, _S.MET, _S.EXPIRED})
_STEPS: dict[RequestState, frozenset[RequestState]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    **dict.fromkeys(LIVE, _ENDS),
    _S.SUBMITTED: _ENDS | {_S.CLARIFIED, _S.OPEN},
    _S.CLARIFIED: _ENDS | {_S.OPEN},
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


class NoQuestionError(ConflictError):
    """Nobody waits for an answer."""

    code = "no_question"


class SeatsStillHeldError(ConflictError):
    """People or open seats are still on slots for the request."""

    code = "seats_still_held"


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats of a request: held (open and named, on slots) and met (people who attended)."""

    held: int
    met: int


@dataclass(frozen=True, slots=True)
class Case:
    """What was done with a filed request, apart from its seats.

    ``opened`` by the secretariat, a question ``asked`` and not answered yet, ``clarified`` by an
    answer; ``training``: a date on which it holds seats has begun.
    """

    opened: bool = False
    asked: bool = False
    clarified: bool = False
    training: bool = False

    @property
    def state(self) -> RequestState:
        """Where triage left a request that holds no seats."""
        if self.opened:
            return RequestState.OPEN
        return RequestState.CLARIFIED if self.clarified else RequestState.SUBMITTED


_OPENED = Case(opened=True)


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
        raise RequestNotLiveError(f"This request is {state}: it was not filed yet, or it is over.")


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


def check_opening(state: str, case: Case) -> None:
    """Allow the secretariat to open a request: once, while it is live.

    Raises:
        RequestStepError: It is a draft, over, or open already.
    """
    if RequestState(state) not in LIVE or case.opened:
        raise RequestStepError(f"A request that is {_said(state, case)} cannot be opened.")


def check_question(state: str) -> None:
    """Allow the secretariat to ask: while the request is live.

    Raises:
        RequestStepError: It is a draft or over.
    """
    if RequestState(state) not in LIVE:
        raise RequestStepError(f"A request that is {state} is not asked about any more.")


def check_answer(state: str, case: Case) -> None:
    """Allow the country to answer a question that waits.

    Raises:
        RequestStepError: The request is a draft or over.
        NoQuestionError: Nothing was asked, or it was answered already.
    """
    check_question(state)
    if not case.asked:
        raise NoQuestionError("No question waits for an answer; please write a note instead.")


def state_after_triage(state: str, case: Case) -> RequestState:
    """The state of a request after it was opened or clarified; seats held say more than that."""
    current = RequestState(state)
    return case.state if current in TRIAGE else current


def state_after_count(
    state: str,
    *,
    people: int,
    held: int,
    met: int,
    by_hand: bool = False,
    case: Case = _OPENED,
) -> RequestState:
    """The state that follows from the seats, for a live request; others stay as they are.

    A request is met by people trained, not by seats held. One that was closed as met ``by_hand``
    stays closed when its seats are given back. One that has given all its seats back is where
    triage left it: ``case`` says whether that was before it was opened.
    """
    current = RequestState(state)
    if current not in LIVE and (current != RequestState.MET or by_hand):
        return current
    if met >= people:
        return RequestState.MET
    if held <= 0:
        return case.state
    if case.training:
        return RequestState.IN_TRAINING
    return RequestState.MATCHED if held >= people else RequestState.PARTLY_MATCHED


def _said(state: str, case: Case) -> str:
    live = RequestState(state) in LIVE
    return "open already" if live and case.opened else state
