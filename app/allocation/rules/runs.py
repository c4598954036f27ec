"""States of a run and of its lines, and what stands against a step. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from app.allocation.rules.facts import Plan, Problem
from app.allocation.rules.verdicts import Verdict
from app.core.errors import ConflictError

LEASE = timedelta(seconds=60)
"""How long a run is somebody's who no longer says how far it is."""
MOST_ATTEMPTS = 3


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    APPLIED = "applied"


class LineState(StrEnum):
    """Where a line of a plan stands."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    FAILED = "failed"


OPEN_STATES = frozenset({RunState.QUEUED, RunState.RUNNING})
"""States in which there is no plan yet."""
WITH_PLAN = frozenset({RunState.DONE, RunState.APPLIED})

STATE_LABELS = {
    RunState.QUEUED: "Waiting for a worker",
    RunState.RUNNING: "Working",
    RunState.DONE: "Proposed",
    RunState.FAILED: "Failed",
    RunState.CANCELLED: "Cancelled",
    RunState.APPLIED: "Applied",
}
LINE_LABELS = {
    LineState.PROPOSED: "Proposed",
    LineState.APPLIED: "Applied",
    LineState.FAILED: "No longer fits",
}
PHASE_LABELS = {
    "": "",
    "reading": "Reading requests and dates",
    "alone": "Finding what each country could reach on its own",
    "share": "Finding the best common share",
    "value": "Giving seats where the need is most urgent and significant",
    "bound": "Finding how good a plan could be at most",
    "plan": "Making the plan",
    "improve": "Improving the plan",
    "explain": "Finding what stands against more, request by request",
    "worth": "Finding what one more date would be worth",
    "writing": "Writing the plan down",
}


class RunOverError(ConflictError):
    """The run has ended; it can no longer be cancelled."""

    code = "run_over"


class NoPlanError(ConflictError):
    """The run has no plan: it still works, was cancelled, or failed."""

    code = "no_plan"


class LineSettledError(ConflictError):
    """The line was applied, or is no longer to be had; it cannot be changed."""

    code = "line_settled"


class PlanChangedError(ConflictError):
    """The plan is no longer the one that the change was worked out for."""

    code = "plan_changed"


class LimitBrokenError(ConflictError):
    """The change would break a limit of the plan, which is named."""

    code = "limit_broken"


@dataclass(frozen=True, slots=True)
class Worth:
    """What one more typical slot would be worth; ``worth`` in thousandths of value."""

    skill: str
    level: int
    region: str
    year: int
    month: int
    seats: int
    worth: int
    people: int
    countries: int
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a run found out, ready to be written down at once."""

    problem: Problem
    plan: Plan
    figures: dict[str, Any]
    verdicts: tuple[Verdict, ...]
    worths: tuple[Worth, ...] = ()


def check_cancellable(state: str) -> None:
    """Allow a run to be cancelled.

    Raises:
        RunOverError: It has ended.
    """
    if state not in OPEN_STATES:
        raise RunOverError(f"This run is {state}; there is nothing to cancel.")


def check_plan(state: str) -> None:
    """Allow what needs a plan.

    Raises:
        NoPlanError: There is none.
    """
    if state not in WITH_PLAN:
        raise NoPlanError(f"This run is {state}; it has no plan.")


def check_open_line(state: str) -> None:
    """Allow a line to be changed.

    Raises:
        LineSettledError: It is applied or failed.
    """
    if state != LineState.PROPOSED:
        raise LineSettledError(f"This line is {state}; it can no longer be changed.")


def gap_percent(objective: int, bound: int) -> float:
    """How far at most the plan is from the best one, in percent of the bound."""
    return 0.0 if bound <= 0 else round(100 * (bound - objective) / bound, 3)
