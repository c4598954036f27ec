"""Two requests for the same people become one. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.core.errors import ConflictError
from app.demand.rules.content import NeedFacts
from app.demand.rules.states import LIVE, RequestState


class NotOneNeedError(ConflictError):
    """The two requests are not for the same people, so they stay two."""

    code = "not_one_need"


@dataclass(frozen=True, slots=True)
class MergeSide:
    """One of two requests that may be merged."""

    id: UUID
    country: str
    state: str
    earliest: date
    needed_by: date
    skills: frozenset[str]


def check_merge(merged: MergeSide, into: MergeSide) -> None:
    """Allow one request to go into another: same country, both live, one time, one skill.

    Raises:
        NotOneNeedError: They are the same row, of two countries, one is over or a draft, their
            windows do not meet, or they share no skill.
    """
    if merged.id == into.id:
        raise NotOneNeedError("A request cannot be merged with itself.")
    if merged.country != into.country:
        raise NotOneNeedError("The two requests are of different countries.")
    for side in (merged, into):
        if RequestState(side.state) not in LIVE:
            raise NotOneNeedError(f"A request that is {side.state} cannot be merged.")
    if not windows_meet(merged, into):
        raise NotOneNeedError("The two requests are for different times.")
    if not merged.skills & into.skills:
        raise NotOneNeedError("The two requests have no skill in common.")


def windows_meet(one: MergeSide, other: MergeSide) -> bool:
    """Whether there is a day on which both want training."""
    return one.earliest <= other.needed_by and other.earliest <= one.needed_by


def merged_needs(into: Sequence[NeedFacts], merged: Iterable[NeedFacts]) -> list[NeedFacts]:
    """The lines that stand after a merger, unless somebody says otherwise.

    A line that is in both is for the same people, so the larger number stands; the others are
    put together, those of ``into`` first.
    """
    found = {need.line: need for need in into}
    for need in merged:
        known = found.get(need.line)
        found[need.line] = need if known is None else _larger(known, need)
    return list(found.values())


def _larger(one: NeedFacts, other: NeedFacts) -> NeedFacts:
    return replace(one, people=max(one.people, other.people))
