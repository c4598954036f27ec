"""The ranked answer from columns: the same as :func:`app.matching.rules.rank_offers` gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from app.matching.rules.chains import earliest_completions
from app.matching.rules.columns.claims import offer_for
from app.matching.rules.columns.drawn import Drawn, draw
from app.matching.rules.columns.limits import (
    BIT,
    Bits,
    Numbers,
    broken_bits,
    first_days,
    quick_bits,
    self_paced,
    slow_bits,
    usable,
)
from app.matching.rules.columns.points import scores
from app.matching.rules.columns.records import DRAFT, NOT_STATED, OVER, TENTATIVE, micros
from app.matching.rules.columns.store import Array, Flags, Rows
from app.matching.rules.columns.table import Columns
from app.matching.rules.facts import Need, Offer
from app.matching.rules.limits import LIMIT_NAMES, Situation
from app.matching.rules.ranking import (
    UNSETTLED_IN_PLANS,
    Match,
    NearMiss,
    reason_for_none,
)
from app.registry.rules.chains import SELF_PACED_HOURS_PER_DAY

_DAY = 86_400_000_000
_UNSETTLED = sum(BIT[name] for name in UNSETTLED_IN_PLANS)
_PLACE = np.int64(1) << 52  # above every instant in microseconds until the year 2112
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Fit:
    """A slot that breaks no limit, by its id: the bare figures, for thousands of needs."""

    slot_id: UUID
    score: int
    seats_usable: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first of everything there is to say about the slots for one need, and how many there are.

    ``reason_none`` is None when there are matches. ``is_empty`` says that no slot in the columns
    teaches a wanted skill, so that only what is over could tell "no seat" from "no such course".
    """

    matches: tuple[Match, ...]
    near_misses: tuple[NearMiss, ...]
    future_supply: tuple[UUID, ...]
    reason_none: str | None
    matches_total: int
    near_misses_total: int
    future_supply_total: int
    is_empty: bool = False


def rank_columns(
    columns: Columns, need: Need, *, now: datetime, limit: int | None = None
) -> Ranked:
    """Rank what the columns hold for a need; see :func:`app.matching.rules.rank_offers`.

    Args:
        columns: The slots to come.
        need: What is asked for.
        now: Aware UTC time.
        limit: Most matches, near misses and planned slots to give each; None: all.
    """
    found = _sift(columns, need, now)
    order = _best(found, limit)
    near = _first_near(found, limit)
    planned = _first(columns, found.planned.rows, found.planned.starts_at, limit)
    return Ranked(
        matches=_matches(need, found, now, order),
        near_misses=_near_misses(need, found, now, near),
        future_supply=tuple(columns.slot_ids.ids_at(found.planned.rows[planned])),
        reason_none=None if len(found.matching) else _reason(need, found, now),
        matches_total=len(found.matching),
        near_misses_total=len(found.near),
        future_supply_total=len(found.planned),
        is_empty=found.drawn_in_all == 0,
    )


def fits_of(columns: Columns, need: Need, *, now: datetime, limit: int | None = None) -> list[Fit]:
    """The matches alone, best first, without offers and sentences."""
    found = _sift(columns, need, now)
    order = _best(found, limit)
    ids = columns.slot_ids.ids_at(found.matching.rows[order])
    figures = (found.scores[order].tolist(), found.seats[order].tolist())
    return [Fit(*each) for each in zip(ids, *figures, strict=True)]


def look_at(
    columns: Columns, need: Need, slot_ids: Iterable[UUID], *, now: datetime
) -> dict[UUID, tuple[Offer, Situation]]:
    """Some slots as the need sees them, with what is needed to say which limits they break.

    A slot that is not in the columns is left out.
    """
    rows = [row for row in map(columns.row_of, slot_ids) if row is not None]
    offers = {offer.slot_id: offer for offer in _offers(columns, need, np.array(rows, int), now)}
    required = {course for offer in offers.values() for course in offer.requires}
    when = _situation(columns, need, required, now)
    return {slot_id: (offer, when) for slot_id, offer in offers.items()}


@dataclass(slots=True)
class _Chosen:
    """Some slots, by what puts them in order."""

    rows: Rows
    starts_at: Numbers

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True)
class _Sifted:
    """What became of the slots; ``alive`` are all that were looked at."""

    columns: Columns
    matching: Drawn
    seats: Numbers
    scores: Numbers
    near: _Chosen
    near_bits: Bits
    planned: _Chosen
    has_tentative: bool
    alive: Drawn
    closed: int
    drawn_in_all: int
    when: Situation


def _sift(columns: Columns, need: Need, now: datetime) -> _Sifted:
    drawn = draw(columns, need)
    living, planned, closed = _supply(drawn, now)
    drawn_in_all = len(drawn)
    if not living.all():
        drawn, planned = drawn.only(living), planned[living]
    alive, seats = drawn, usable(need, drawn, now)
    bits = quick_bits(need, drawn, seats, now=now)
    # What breaks two limits already needs no look at the others: most do.
    going_on = np.flatnonzero(_at_most_one(bits, planned))
    drawn, planned = drawn.only(going_on), planned.take(going_on)
    seats, bits = seats.take(going_on), bits.take(going_on)
    bits |= slow_bits(need, drawn)
    # Whether an earlier course can be done in time matters only where nothing else is too much.
    asked = np.flatnonzero(~planned & (np.bitwise_count(bits) <= 1) & drawn.courses["requires"])
    when = _ask_chains(need, drawn, bits, asked, now)
    count = np.bitwise_count(bits)
    settled = np.flatnonzero(planned & (bits & ~_UNSETTLED == 0))
    fits, near = np.flatnonzero(~planned & (count == 0)), np.flatnonzero(~planned & (count == 1))
    matching, seats = drawn.only(fits), seats.take(fits)
    return _Sifted(
        columns=columns,
        matching=matching,
        seats=seats,
        scores=scores(need, matching, first_days(need, matching), seats),
        near=_chosen(drawn, near),
        near_bits=bits.take(near),
        planned=_chosen(drawn, settled),
        has_tentative=bool((drawn.slots["status"].take(settled) == TENTATIVE).any()),
        alive=alive,
        closed=closed,
        drawn_in_all=drawn_in_all,
        when=when,
    )


def _chosen(drawn: Drawn, places: Array) -> _Chosen:
    return _Chosen(drawn.rows.take(places), drawn.slots["starts_at"].take(places))


def _at_most_one(bits: Bits, planned: Flags) -> Flags:
    """Which break no more than a match, a near miss or a plan may."""
    found: Flags = np.where(planned, bits & ~_UNSETTLED == 0, bits & (bits - 1) == 0)
    return found


def _supply(drawn: Drawn, now: datetime) -> tuple[Flags, Flags, int]:
    """Which slots can be promised or are planned, which are only planned; how many are over."""
    status = drawn.slots["status"]
    over_at = np.where(self_paced(drawn), drawn.slots["ends_at"], drawn.slots["starts_at"])
    shown = status != DRAFT
    alive = shown & (status != OVER) & (over_at > micros(now))
    planned = (status == TENTATIVE) | ~drawn.courses["verified"]
    return alive, planned, int(np.count_nonzero(shown & ~alive))


def _ask_chains(need: Need, drawn: Drawn, bits: Bits, asked: Array, now: datetime) -> Situation:
    """Mark those of ``asked`` whose earlier courses cannot be done in time; in place."""
    columns = drawn.columns
    if not len(asked):
        return Situation(now)
    of_course = drawn.slots["course"][asked]
    courses = {course: columns.requires_of(course) for course in np.unique(of_course).tolist()}
    required = {earlier for found in courses.values() for earlier in found}
    when = _situation(columns, need, required, now)
    done = {course: micros(at) for course, at in when.completions.items()}
    ready = {
        course: max(done.get(earlier, _NEVER) for earlier in found)
        for course, found in courses.items()
    }
    ready_at = np.fromiter((ready[course] for course in of_course.tolist()), np.int64, len(asked))
    late = ready_at > _due(drawn.only(asked))
    bits[asked[late]] |= BIT["prerequisite"]
    return when


def _situation(columns: Columns, need: Need, required: set[UUID], now: datetime) -> Situation:
    if not required:
        return Situation(now)
    paths = columns.paths_before(required, now=now)
    return Situation(now, earliest_completions(need, required, paths, now=now), paths)


def _due(drawn: Drawn) -> Numbers:
    """When what comes first must be done (see ``due_by`` of the registry's rules)."""
    starts_at, hours = drawn.slots["starts_at"], drawn.slots["hours"].astype(np.int64)
    days = -(-hours // SELF_PACED_HOURS_PER_DAY)
    own_pace = self_paced(drawn) & (hours != NOT_STATED)
    found: Numbers = np.where(
        own_pace, np.maximum(starts_at, drawn.slots["ends_at"] - days * _DAY), starts_at
    )
    return found


def _best(found: _Sifted, limit: int | None) -> Array:
    """Places of the best matches: by score, then start, fee (unstated last) and id."""
    score, count = found.scores, len(found.scores)
    chosen = np.arange(count)
    if limit is not None and count > limit:
        least = np.partition(score, count - limit)[count - limit]
        chosen = np.flatnonzero(score >= least)
    few = found.matching.only(chosen)
    fee = few.courses["fee"]
    high, low = found.columns.slot_ids.keys(few.rows)
    order = np.lexsort((low, high, fee, fee == NOT_STATED, few.slots["starts_at"], -score[chosen]))
    best: Array = chosen[order[:limit]]
    return best


def _first_near(found: _Sifted, limit: int | None) -> Array:
    """Places of the first near misses: by limit, then start and id."""
    which = np.log2(found.near_bits).astype(np.int64) if len(found.near) else found.near_bits
    return _first(found.columns, found.near.rows, which * _PLACE + found.near.starts_at, limit)


def _first(columns: Columns, rows: Rows, key: Numbers, limit: int | None) -> Array:
    """Places of the smallest keys, those of one key by id."""
    chosen = np.arange(len(key))
    if limit is not None and len(key) > limit:
        chosen = np.flatnonzero(key <= np.partition(key, limit - 1)[limit - 1])
    high, low = columns.slot_ids.keys(rows[chosen])
    first: Array = chosen[np.lexsort((low, high, key[chosen]))[:limit]]
    return first


def _offers(columns: Columns, need: Need, rows: Array, now: datetime) -> list[Offer]:
    return [
        offer_for(need, offer, columns.claims_at(row), now=now)
        for row, offer in zip(rows.tolist(), columns.offers_at(rows), strict=True)
    ]


def _matches(need: Need, found: _Sifted, now: datetime, order: Array) -> tuple[Match, ...]:
    offers = _offers(found.columns, need, found.matching.rows[order], now)
    figures = (found.scores[order].tolist(), found.seats[order].tolist())
    return tuple(
        Match(offer.slot_id, score, seats, need, offer)
        for offer, score, seats in zip(offers, *figures, strict=True)
    )


def _near_misses(need: Need, found: _Sifted, now: datetime, order: Array) -> tuple[NearMiss, ...]:
    offers = _offers(found.columns, need, found.near.rows[order], now)
    names = [LIMIT_NAMES[bits.bit_length() - 1] for bits in found.near_bits[order].tolist()]
    return tuple(
        NearMiss(offer.slot_id, name, need, offer, found.when)
        for offer, name in zip(offers, names, strict=True)
    )


def _reason(need: Need, found: _Sifted, now: datetime) -> str:
    if len(found.planned):
        return reason_for_none({}, tentative=found.has_tentative, over=False)
    bits = found.near_bits
    if not len(bits):  # every one breaks two limits or more, and now each of them counts
        drawn = found.alive
        bits = broken_bits(need, drawn, usable(need, drawn, now), now=now)
        _ask_chains(need, drawn, bits, np.flatnonzero(drawn.courses["requires"]), now)
    counts = {name: int(np.count_nonzero(bits & bit)) for name, bit in BIT.items()}
    return reason_for_none(counts, tentative=None, over=found.closed > 0)
