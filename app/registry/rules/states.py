"""The states of what is supplied, and the steps between them."""

from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import ConflictError


class ProviderState(StrEnum):
    """Where a provider stands in joining the network."""

    APPLIED = "applied"
    IN_REVIEW = "in-review"
    VERIFIED = "verified"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class ProgrammeStatus(StrEnum):
    """Recommendation 4: programmes "already established and planned"."""

    PLANNED = "planned"
    ESTABLISHED = "established"
    PAUSED = "paused"
    RETIRED = "retired"


class SlotStatus(StrEnum):
    """Where one dated delivery stands. "Full" is not a state: it follows from the seats."""

    DRAFT = "draft"
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Route(StrEnum):
    """How a person comes to a seat."""

    OPEN = "open"
    SELECTION = "individual-selection"
    NOMINATION = "government-nomination"


LISTED_PROVIDERS = frozenset({ProviderState.IN_REVIEW, ProviderState.VERIFIED})
"""States in which the public sees a provider and its published slots."""

REMOTE_MODES = frozenset({"classroom-remote", "self-paced", "mentoring"})
"""Delivery modes without a place."""

_PROVIDER_STEPS: dict[ProviderState, frozenset[ProviderState]] = {
    ProviderState.APPLIED: frozenset(
        {ProviderState.IN_REVIEW, ProviderState.VERIFIED, ProviderState.WITHDRAWN}
    ),
    ProviderState.IN_REVIEW: frozenset(
        {ProviderState.VERIFIED, ProviderState.APPLIED, ProviderState.WITHDRAWN}
    ),
    ProviderState.VERIFIED: frozenset({ProviderState.SUSPENDED, ProviderState.WITHDRAWN}),
    ProviderState.SUSPENDED: frozenset({ProviderState.VERIFIED, ProviderState.WITHDRAWN}),
    ProviderState.WITHDRAWN: frozenset({ProviderState.APPLIED}),
}

_SLOT_STEPS: dict[SlotStatus, frozenset[SlotStatus]] = {
    SlotStatus.DRAFT: frozenset({SlotStatus.TENTATIVE, SlotStatus.CONFIRMED}),
    SlotStatus.TENTATIVE: frozenset({SlotStatus.CONFIRMED, SlotStatus.CANCELLED}),
    SlotStatus.CONFIRMED: frozenset({SlotStatus.CANCELLED, SlotStatus.COMPLETED}),
    SlotStatus.CANCELLED: frozenset(),
    SlotStatus.COMPLETED: frozenset(),
}

REVIEW_EVERY = timedelta(days=730)
"""A verification is good for 24 months (vocabulary ``provider_verification``)."""


class StepError(ConflictError):
    """The thing cannot go from its present state to the one asked for."""

    code = "step_not_allowed"


class FacilityClashError(ConflictError):
    """The facility is taken or closed at that time."""

    code = "facility_clash"


def check_provider_step(before: str, after: ProviderState) -> None:
    """Allow the change of a provider's state.

    Raises:
        StepError: There is no such step.
    """
    if after not in _PROVIDER_STEPS[ProviderState(before)]:
        raise StepError(f"A provider that is {before} cannot become {after}.")


def provider_steps(state: str) -> tuple[ProviderState, ...]:
    """The states a provider can go to from this one, in the order of the lifecycle."""
    steps = _PROVIDER_STEPS[ProviderState(state)]
    return tuple(step for step in ProviderState if step in steps)


def check_slot_step(before: str, after: SlotStatus) -> None:
    """Allow the change of a slot's status.

    Raises:
        StepError: There is no such step; a cancelled slot stays cancelled.
    """
    if after not in _SLOT_STEPS[SlotStatus(before)]:
        raise StepError(f"A slot that is {before} cannot become {after}.")


def is_bookable(*, status: str, provider_state: str, apply_by: datetime, now: datetime) -> bool:
    """Whether seats of a slot can be taken now: confirmed, by a verified provider, in time.

    A self-paced slot can be joined after its start: its deadline decides, as for any other.
    """
    return (
        status == SlotStatus.CONFIRMED
        and provider_state == ProviderState.VERIFIED
        and now < apply_by
    )


def takes_interest(*, status: str, provider_state: str, apply_by: datetime, now: datetime) -> bool:
    """Whether people can join the line of a date that a verified provider plans, in time."""
    return (
        status == SlotStatus.TENTATIVE
        and provider_state == ProviderState.VERIFIED
        and now < apply_by
    )
