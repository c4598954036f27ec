"""What else there is for somebody whose date fell through."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.matching.rules.facts import Need, Offer, wants_taught
from app.matching.rules.ranking import Match, NearMiss

SHOWN = 6
PER_COURSE = 2
_SAME_COURSE, _SAME_LEVEL, _LOWER_LEVEL = range(3)


class Answer(Protocol):
    """A ranking, as far as this looks at it: all matches and near misses, in their order."""

    @property
    def matches(self) -> Sequence[Match]:
        """What fits, best first."""

    @property
    def near_misses(self) -> Sequence[NearMiss]:
        """What fits but for one limit."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The date that fell through."""

    course_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another date. ``levels_short`` is 1 where it teaches one level less, else 0."""

    slot_id: UUID
    same_course: bool
    levels_short: int = 0


def choose_alternatives(
    ranking: Answer, lost: Lost, *, taken: Iterable[UUID] = ()
) -> tuple[Alternative, ...]:
    """The dates to offer instead, best first: at most two of a course and six in all.

    First come other dates of the same course, then what teaches the same, then what teaches one
    level less; courses in the order of their score. Of one course the dates after the lost one
    come before earlier ones, for which somebody may not be ready, and near ones before far ones.

    Args:
        ranking: Of the open slots, for what the lost date taught.
        lost: The date that fell through.
        taken: Slots that the person is in already.
    """
    courses: dict[tuple[int, UUID], list[Offer]] = {}
    passed = set(taken)
    for tier, offer in _candidates(ranking, lost):
        if offer.slot_id not in passed:
            courses.setdefault((tier, offer.course_id), []).append(offer)
    # Sorting keeps the order of equals, which is that of the ranking.
    ordered = sorted(courses.items(), key=lambda pair: pair[0][0])
    chosen = [
        Alternative(offer.slot_id, tier == _SAME_COURSE, int(tier == _LOWER_LEVEL))
        for (tier, _), offers in ordered
        for offer in _nearest(offers, lost)
    ]
    return tuple(chosen[:SHOWN])


def _candidates(ranking: Answer, lost: Lost) -> Iterator[tuple[int, Offer]]:
    for match in ranking.matches:
        same = match.offer.course_id == lost.course_id
        yield (_SAME_COURSE if same else _SAME_LEVEL), match.offer
    for miss in ranking.near_misses:
        if miss.criterion == "level" and _levels_short(miss.need, miss.offer) == 1:
            yield _LOWER_LEVEL, miss.offer


def _levels_short(need: Need, offer: Offer) -> int:
    """How far the best of the wanted skills stays below the level that is wanted."""
    return min(want.level - level for want, level in wants_taught(need, offer))


def _nearest(offers: list[Offer], lost: Lost) -> list[Offer]:
    def preference(offer: Offer) -> tuple[bool, float]:
        apart = (offer.starts_at - lost.starts_at).total_seconds()
        return apart < 0, abs(apart)

    return sorted(offers, key=preference)[:PER_COURSE]
