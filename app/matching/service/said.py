"""A slot of which the secretariat has said something, beside the ranking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from app.matching.models import MatchOverride
from app.matching.rules import (
    Criterion,
    Limit,
    Need,
    Offer,
    Supply,
    broken_limits,
    score_of,
    supply_of,
    usable_seats,
)
from app.matching.rules.changes import explain_limit
from app.matching.rules.columns import Ranked
from app.matching.rules.limits import Situation
from app.matching.rules.overrides import OverrideKind
from app.matching.rules.ranking import UNSETTLED_IN_PLANS
from app.matching.rules.reasons import criteria_of
from app.matching.schemas import SaidView


@dataclass(frozen=True)
class Said:
    """The slot as the need sees it, whatever limit it breaks, and what was said of it."""

    row: MatchOverride
    need: Need
    offer: Offer
    when: Situation

    @property
    def slot_id(self) -> UUID:
        """The slot."""
        return self.row.slot_id

    @property
    def is_forward(self) -> bool:
        """Whether it was put forward; else it was set aside."""
        return self.row.kind == OverrideKind.PUT_FORWARD

    @property
    def score(self) -> int:
        """What the ranking gives it, or would give it without the limits."""
        return score_of(self.need, self.offer)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The parts of its score."""
        return criteria_of(self.need, self.offer)

    @property
    def seats_usable(self) -> int:
        """Seats that the need could really take."""
        return usable_seats(self.offer)

    @property
    def blocked_by(self) -> tuple[Limit, ...]:
        """All limits that it breaks, in the stated order."""
        return tuple(explain_limit(name, self.need, self.offer, self.when) for name in self._broken)

    @property
    def view(self) -> SaidView:
        """What was said, for readers."""
        row = self.row
        return SaidView(id=row.id, kind=row.kind, reason=row.reason, at=row.made_at)

    @property
    def ranked_as(self) -> str:
        """Where the ranking alone has it: ``match``, ``near``, ``planned``, or nowhere."""
        supply, broken = supply_of(self.offer, now=self.when.now), self._broken
        if supply is Supply.PLANNED:
            return "planned" if UNSETTLED_IN_PLANS.issuperset(broken) else ""
        if supply is not Supply.OPEN:
            return ""
        return {0: "match", 1: "near"}.get(len(broken), "")

    @cached_property
    def _broken(self) -> list[str]:
        return broken_limits(self.need, self.offer, self.when)


def without_said(ranked: Ranked, said: Sequence[Said], *, limit: int) -> Ranked:
    """The ranking without the slots of which something was said, cut to ``limit`` of each kind."""
    gone = {each.slot_id for each in said}
    places = [each.ranked_as for each in said]
    return replace(
        ranked,
        matches=tuple(each for each in ranked.matches if each.slot_id not in gone)[:limit],
        near_misses=tuple(each for each in ranked.near_misses if each.slot_id not in gone)[:limit],
        future_supply=tuple(each for each in ranked.future_supply if each not in gone)[:limit],
        matches_total=ranked.matches_total - places.count("match"),
        near_misses_total=ranked.near_misses_total - places.count("near"),
        future_supply_total=ranked.future_supply_total - places.count("planned"),
    )
