"""Skill-gap requests: their states, who sees what of them. Pure."""

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

_STEPS: dict[RequestState, frozenset[RequestState]] = {
    _S.DRAFT: frozenset({_S.OPEN, _S.WITHDRAWN}),
    **{state: frozenset({_S.WITHDRAWN, _S.MET, _S.EXPIRED}) for state in LIVE},
}


class RequestStepError(ConflictError):
    """The request cannot go from its present state to the one asked for."""

    code = "step_not_allowed"


def check_step(before: str, after: RequestState) -> None:
    """Allow a person's change of state.

    Raises:
        RequestStepError: There is no such step.
    """
    if after not in _STEPS.get(RequestState(before), frozenset()):
        raise RequestStepError(f"A request that is {before} cannot become {after}.")


def state_after_count(state: str, *, people: int, held: int, met: int) -> RequestState:
    """The state that follows from the seats, for a live request; others stay as they are.

    A request is met by people trained, not by seats held.
    """
    current = RequestState(state)
    if current not in LIVE and current != RequestState.MET:
        return current
    if met >= people:
        return RequestState.MET
    if held >= people:
        return RequestState.MATCHED
    if held > 0:
        return RequestState.PARTLY_MATCHED
    return RequestState.OPEN
