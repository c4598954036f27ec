"""Whether a booking's changes of state lead to where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.booking.rules.states import STEPS, BookingState

_FIRST = frozenset(
    {BookingState.HELD, BookingState.WAITLISTED, BookingState.OFFERED, BookingState.REQUESTED}
)
"""States in which a booking can be made."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One change of state as it was written down; ``before`` is None where it was made."""

    before: str | None
    after: str


def history_problem(edges: Sequence[Edge], state: str) -> str:
    """What is wrong with a history that should lead to ``state``; empty when nothing is.

    The edges may come in any order (two servers' clocks differ): they are walked by what each
    leads to. Bookings made before the first state was written down begin where their first
    change did.
    """
    left = list(edges)
    start = next((edge for edge in left if edge.before is None), None)
    if start is not None:
        left.remove(start)
        if start.after not in _FIRST:
            return f"began as {start.after}"
    at = start.after if start else _first_of(left, state)
    while step := next((edge for edge in left if edge.before == at), None):
        if step.after not in STEPS[BookingState(at)]:
            return f"went from {at} to {step.after}, which is no step"
        left.remove(step)
        at = step.after
    if left:
        loose = ", ".join(f"{edge.before} to {edge.after}" for edge in left)
        return f"has changes that nothing leads to: {loose}"
    return "" if at == state else f"is {state}, and its history ends as {at}"


def _first_of(edges: Sequence[Edge], state: str) -> str:
    """The state that no change leads to."""
    reached = {edge.after for edge in edges}
    firsts = [edge.before for edge in edges if edge.before and edge.before not in reached]
    return firsts[0] if firsts else state
