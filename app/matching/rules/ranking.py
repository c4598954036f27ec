"""The answer to a need: matches by score, near misses with their change, plans, or why none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.matching.rules.chains import earliest_completions
from app.matching.rules.changes import explain_limit
from app.matching.rules.facts import (
    EMPTY,
    Criterion,
    Limit,
    Need,
    Offer,
    Paths,
    Supply,
    supply_of,
    usable_seats,
)
from app.matching.rules.limits import LIMIT_NAMES, Situation, broken_limits
from app.matching.rules.points import fee_of, score_of
from app.matching.rules.reasons import criteria_of

NO_COURSE = "no-course-for-skill"
NO_SEAT = "no-seat-before-needed-by"
PLANNED_ONLY = "planned-only"
NOT_VERIFIED = "not-yet-verified-provider"
# The vocabulary of unmatched reasons, per limit; "planned-only" is our addition to it.
_REASONS = {
    "window": NO_SEAT,
    "language": "language",
    "mode": "mode-not-acceptable",
    "fee": "cost",
    "travel": "travel-or-visa",
    "seats": NO_SEAT,
    "eligibility": "provider-country-rule",
    "deadline": NO_SEAT,
    "platform": "wrong-product-platform",
    "level": NO_COURSE,
    "prerequisite": "prerequisite-missing",
}
# What is planned takes no applications yet: its deadline, its seats and the runs before it are
# not settled, so these three do not stop it from being shown as future supply.
UNSETTLED_IN_PLANS = frozenset({"deadline", "seats", "prerequisite"})


@dataclass(frozen=True, slots=True)
class Match:
    """A slot that breaks no limit, with its score of at most 10,000."""

    slot_id: UUID
    score: int
    seats_usable: int
    need: Need = field(repr=False)
    offer: Offer = field(repr=False)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The parts of the score with their sentences, written when asked for.

        A page shows twenty of perhaps a thousand matches; the others need no sentences.
        """
        return criteria_of(self.need, self.offer)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A slot that breaks exactly one limit, ``criterion``."""

    slot_id: UUID
    criterion: str
    need: Need = field(repr=False)
    offer: Offer = field(repr=False)
    when: Situation = field(repr=False, compare=False)

    @property
    def blocked_by(self) -> tuple[Limit, ...]:
        """That one limit, with why and what would lift it, written when asked for."""
        return (explain_limit(self.criterion, self.need, self.offer, self.when),)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everything there is to say about the offers for one need.

    ``future_supply`` holds planned slots by start; ``reason_none`` is None when there are matches.
    """

    matches: tuple[Match, ...]
    near_misses: tuple[NearMiss, ...]
    future_supply: tuple[UUID, ...]
    reason_none: str | None


def rank_offers(
    need: Need, offers: Iterable[Offer], *, now: datetime, paths: Paths = EMPTY
) -> Ranking:
    """Rank what suits the need, and say of the rest what would have to change.

    Offers that teach no wanted skill are passed over, and so are drafts and what is cancelled,
    over or already running. A planned slot (tentative, or of a provider not yet verified) is
    future supply when nothing but its deadline, seats or prerequisites speaks against it.
    The order of the rows does not matter.

    Args:
        need: What is asked for.
        offers: Facts of slots, each slot once; best only those that teach a wanted skill.
        now: Aware UTC time.
        paths: What the courses require, and the runs in which it can be learned first.
    """
    skills = {want.skill for want in need.wants}
    teaching = [offer for offer in offers if _teaches(offer, skills)]
    required = {course for offer in teaching for course in offer.requires}
    when = Situation(now, earliest_completions(need, required, paths, now=now), paths)
    found = _Sorted()
    for offer in teaching:
        _sort_in(found, need, offer, when)
    planned = sorted(found.planned, key=lambda offer: (offer.starts_at, offer.slot_id))
    return Ranking(
        matches=_by_score(need, found.matching),
        near_misses=_by_limit(need, found.near, when),
        future_supply=tuple(offer.slot_id for offer in planned),
        reason_none=None if found.matching else _reason_none(need, found, when),
    )


def _teaches(offer: Offer, skills: set[str]) -> bool:
    # A loop, not any(): half the time, and every offer passes here.
    for skill, _ in offer.skills:  # noqa: SIM110
        if skill in skills:
            return True
    return False


@dataclass(slots=True)
class _Sorted:
    matching: list[Offer] = field(default_factory=list)
    near: list[tuple[str, Offer]] = field(default_factory=list)
    planned: list[Offer] = field(default_factory=list)
    blocked: list[Offer] = field(default_factory=list)
    closed: int = 0


def _sort_in(found: _Sorted, need: Need, offer: Offer, when: Situation) -> None:
    supply = supply_of(offer, now=when.now)
    if supply is Supply.CLOSED:
        found.closed += 1
    if supply not in {Supply.OPEN, Supply.PLANNED}:
        return
    if supply is Supply.PLANNED:
        settled = UNSETTLED_IN_PLANS.issuperset(broken_limits(need, offer, when))
        (found.planned if settled else found.blocked).append(offer)
        return
    broken = broken_limits(need, offer, when, at_most=2)
    if not broken:
        found.matching.append(offer)
    elif len(broken) == 1:
        found.near.append((broken[0], offer))
    else:
        found.blocked.append(offer)


def _by_score(need: Need, offers: list[Offer]) -> tuple[Match, ...]:
    scored = [(score_of(need, offer), offer) for offer in offers]
    scored.sort(key=lambda pair: (-pair[0], *_tie_break(pair[1])))
    return tuple(
        Match(offer.slot_id, score, usable_seats(offer), need, offer) for score, offer in scored
    )


def _tie_break(offer: Offer) -> tuple[datetime, bool, int, UUID]:
    # A fee that is not stated comes after every stated one.
    fee = fee_of(offer)
    return offer.starts_at, fee is None, fee or 0, offer.slot_id


def _by_limit(need: Need, near: list[tuple[str, Offer]], when: Situation) -> tuple[NearMiss, ...]:
    place = {name: index for index, name in enumerate(LIMIT_NAMES)}
    near = sorted(near, key=lambda pair: (place[pair[0]], pair[1].starts_at, pair[1].slot_id))
    return tuple(NearMiss(offer.slot_id, name, need, offer, when) for name, offer in near)


def _reason_none(need: Need, found: _Sorted, when: Situation) -> str:
    if found.planned:
        tentative = any(offer.status == "tentative" for offer in found.planned)
        return reason_for_none({}, tentative=tentative, over=False)
    if found.near:
        counts = Counter(name for name, _ in found.near)
    else:
        counts = Counter(
            name for offer in found.blocked for name in broken_limits(need, offer, when)
        )
    return reason_for_none(counts, tentative=None, over=found.closed > 0)


def reason_for_none(counts: Mapping[str, int], *, tentative: bool | None, over: bool) -> str:
    """Why nothing matches: the reason that removes most, in the stated order where equal.

    Args:
        counts: How many slots each limit removes: of near misses if there are any, else of all.
        tentative: Whether one of the planned slots is tentative; None where none is planned.
        over: Whether a slot that teaches it is over, cancelled or running.
    """
    if tentative is not None:
        return PLANNED_ONLY if tentative else NOT_VERIFIED
    if any(counts.values()):
        return _REASONS[max(LIMIT_NAMES, key=lambda name: counts.get(name, 0))]
    # Nothing open or planned teaches it: runs that are over or cancelled show that a course does.
    return NO_SEAT if over else NO_COURSE
