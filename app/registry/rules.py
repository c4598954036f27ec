"""The supply side's decisions: states, what is public, what clashes, what a time means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time ``[starts_at, ends_at)`` with what fills it, in words."""

    starts_at: datetime
    ends_at: datetime
    label: str = ""

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share any moment; touching ends do not count."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


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


def first_clash(wanted: Sequence[Span], taken: Iterable[Span]) -> Span | None:
    """The earliest of ``taken`` that overlaps any of ``wanted``."""
    clashes = [other for other in taken if any(span.overlaps(other) for span in wanted)]
    return min(clashes, key=lambda span: span.starts_at, default=None)


def is_bookable(*, status: str, provider_state: str, apply_by: datetime, now: datetime) -> bool:
    """Whether seats of a slot can be taken now: confirmed, by a verified provider, in time.

    A self-paced slot can be joined after its start: its deadline decides, as for any other.
    """
    return (
        status == SlotStatus.CONFIRMED
        and provider_state == ProviderState.VERIFIED
        and now < apply_by
    )


def next_revision(*, now: datetime, stamped_at: datetime | None) -> datetime:
    """The instant of a visible change: whole seconds, and later than the one before.

    Some calendar programs skip an event whose LAST-MODIFIED has not risen, so two changes within
    one second still get two instants. Source: design of the calendar feeds, R22.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    if stamped_at is None or moment > stamped_at:
        return moment
    return stamped_at + timedelta(seconds=1)


def working_days(start: date, count: int, *, weekend: frozenset[int]) -> list[date]:
    """``count`` dates from ``start`` on, leaving out the weekend (ISO weekdays, Monday = 1)."""
    days: list[date] = []
    day = start
    while len(days) < count:
        if day.isoweekday() not in weekend:
            days.append(day)
        day += timedelta(days=1)
    return days
