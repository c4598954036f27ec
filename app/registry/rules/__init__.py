"""The supply side's decisions: states, what is public, what clashes, what a time means. Pure."""

from app.registry.rules.states import (
    LISTED_PROVIDERS,
    REMOTE_MODES,
    REVIEW_EVERY,
    FacilityClashError,
    ProgrammeStatus,
    ProviderState,
    Route,
    SlotStatus,
    StepError,
    check_provider_step,
    check_slot_step,
    is_bookable,
    provider_steps,
)
from app.registry.rules.times import (
    Span,
    first_clash,
    first_deadline,
    next_revision,
    working_days,
)

__all__ = [
    "LISTED_PROVIDERS",
    "REMOTE_MODES",
    "REVIEW_EVERY",
    "FacilityClashError",
    "ProgrammeStatus",
    "ProviderState",
    "Route",
    "SlotStatus",
    "Span",
    "StepError",
    "check_provider_step",
    "check_slot_step",
    "first_clash",
    "first_deadline",
    "is_bookable",
    "next_revision",
    "provider_steps",
    "working_days",
]
