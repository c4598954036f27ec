"""From what the network holds to a problem: asks, places and what fits. Pure.

A place is what a block of seats could really be taken from, as booking decides it. Where seats of
a slot are kept for groups, the slot becomes several places: the seats that everybody can have,
and those of each group (:func:`places_of`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.allocation.rules.facts import Arc, Ask, AskedNeed, Finished, Place
from app.booking.rules.shares import Claimant, Share
from app.matching.rules import Need, Offer
from app.matching.rules.facts import REMOTE_MODES
from app.matching.rules.limits import apply_until
from app.matching.rules.points import DEFAULT_FEE_CAP_USD, FARTHEST_KM, distance_km, fee_of
from app.registry.rules.chains import due_by, end_of

_MOST_COST = 50
"""Of the fee, and of the distance, in thousandths of a covered person of value 1."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One skill of a request at a level, and how many people still lack a seat that teaches it."""

    skill: str
    level: int
    people: int


@dataclass(frozen=True, slots=True)
class Had:
    """Seats that a request has on a slot, held or named."""

    course_id: UUID
    ends_at: datetime
    seats: int
    requires: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A live request, as far as a plan looks at it.

    ``prepared`` says by course how many people named for it have passed the course, or are booked
    on it by themselves, and when the last of them has finished.
    """

    id: UUID
    country: str
    wanted: tuple[Wanted, ...]
    urgency: int
    significance: int
    together: bool = False
    had: tuple[Had, ...] = ()
    prepared: Mapping[UUID, tuple[datetime, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """A slot with seats that a block could take, under the rules of booking.

    ``free`` of its ``seats`` nobody has claimed, for some of which people are ``waiting``. ``kept``
    are open seats of shares, with who may use them. ``short`` is how many are missing until it
    runs.
    """

    offer: Offer
    seats: int
    free: int
    waiting: int = 0
    short: int = 0
    cap: int | None = None
    taken: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[tuple[Share, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A place and who may take its seats; None: everybody."""

    place: Place
    share: Share | None = None

    def suits(self, who: Claimant) -> bool:
        """Whether a block for ``who`` can be taken from it."""
        return self.share is None or self.share.includes(who)


def ask_of(request: Asked) -> Ask | None:
    """What the request still lacks; None when that is nothing."""
    needs = tuple(
        AskedNeed(want.skill, want.people, request.urgency * request.significance)
        for want in _lacking(request)
    )
    if not needs:
        return None
    return Ask(
        id=str(request.id),
        country=request.country,
        # Who goes together is one group: of several skills it needs as many seats as the largest.
        seats=(max if request.together else sum)(need.people for need in needs),
        needs=needs,
        urgency=request.urgency,
        significance=request.significance,
        together=request.together,
        finished=tuple(_finished(request)),
    )


def covers(request: Asked, offer: Offer) -> tuple[int, ...]:
    """The positions in the ask's needs that a seat of the offer covers.

    Of several needs of one skill only the most demanding that it teaches: one seat trains one
    person in it once, as booking counts.
    """
    taught: dict[str, int] = {}
    for skill, level in offer.skills:
        taught[skill] = max(level, taught.get(skill, 0))
    best: dict[str, tuple[int, int]] = {}
    for index, want in enumerate(_lacking(request)):
        level = want.level if taught.get(want.skill, 0) >= want.level else 0
        if level > best.get(want.skill, (0, 0))[0]:
            best[want.skill] = (level, index)
    return tuple(sorted(index for _, index in best.values()))


def places_of(slot: Open, *, now: datetime) -> list[Part]:
    """The slot as places: the seats that everybody can have, then those of each group.

    ``now`` is when people begin who learn at their own pace.

    With a minimum or a cap there is only the first: neither can be counted over several places.
    Nobody gets a seat that booking would refuse; a few that it would give stay for people who
    ask for them themselves.
    """
    held_back = max(slot.waiting, sum(seats for _, seats in slot.kept))
    parts = [Part(_place(slot, slot.free - held_back, now=now))]
    if slot.short <= 0 and slot.cap is None:
        left = held_back - slot.waiting
        for number, (share, seats) in enumerate(slot.kept, start=1):
            free = min(seats, left)
            left -= free
            parts.append(Part(_place(slot, free, now=now, part=number), share))
    return [part for part in parts if part.place.free > 0]


def slot_of(place: str) -> UUID:
    """The slot that a place is of."""
    return UUID(place.partition("/")[0])


def seat_cost(need: Need, offer: Offer) -> int:
    """Fee and travel of one seat, in thousandths of a covered person of value 1; 100 at most.

    A fee that is due and not stated counts as 5,000 US dollars, an unknown distance as the
    farthest: what is known to be small comes first.
    """
    fee = fee_of(offer)
    fee = DEFAULT_FEE_CAP_USD if fee is None else min(fee, DEFAULT_FEE_CAP_USD)
    km = distance_km(need, offer)
    km = FARTHEST_KM if km is None else min(km, FARTHEST_KM)
    return fee * _MOST_COST // DEFAULT_FEE_CAP_USD + km * _MOST_COST // FARTHEST_KM


def arc_of(
    ask: Ask, request: Asked, need: Need, part: Part, offer: Offer, score: int
) -> Arc | None:
    """How the place suits the ask; None where it teaches nothing that is still lacking."""
    covered = covers(request, offer)
    if not covered:
        return None
    return Arc(ask.id, part.place.id, score, covered, seat_cost(need, offer))


def _lacking(request: Asked) -> list[Wanted]:
    return [want for want in request.wanted if want.people > 0]


def _finished(request: Asked) -> Iterator[Finished]:
    """People who will have finished a course, without those whose practice has its seats already.

    Seats of the request on the course itself, and people named for it who took the course
    elsewhere; a person counted twice would promise a seat that nobody may take.
    """
    used: dict[UUID, int] = {}
    for had in request.had:
        for course in had.requires:
            used[course] = used.get(course, 0) + had.seats
    for course, at, people in sorted(_preparing(request)):
        spent = min(people, used.get(course, 0))
        used[course] = used.get(course, 0) - spent
        if people > spent:
            yield Finished(str(course), int(at.timestamp()), people - spent)


def _preparing(request: Asked) -> Iterator[tuple[UUID, datetime, int]]:
    for had in request.had:
        yield had.course_id, had.ends_at, had.seats
    for course, (at, people) in request.prepared.items():
        yield course, at, people


def _place(slot: Open, free: int, *, now: datetime, part: int = 0) -> Place:
    offer = slot.offer
    ends_at = end_of(offer, now) or offer.ends_at
    return Place(
        id=str(offer.slot_id) + (f"/{part}" if part else ""),
        course=str(offer.course_id),
        starts=int(due_by(offer).timestamp()),
        ends=int(ends_at.timestamp()),
        free=max(0, free),
        minimum=max(0, slot.short),
        cap=slot.cap,
        taken=tuple(sorted(slot.taken.items())) if slot.cap is not None else (),
        requires=tuple(sorted(str(course) for course in offer.requires)),
    )


def is_way_in(need: Need, offer: Offer, *, now: datetime) -> bool:
    """Whether people of the need could take the course first, before another that requires it.

    As ranking looks at chains; what the need says of place, fee and mode is about the practice.
    """
    return (
        apply_until(offer) > now
        and not offer.languages.isdisjoint(need.languages)
        and (offer.mode in REMOTE_MODES or not need.remote_only)
        and (not offer.eligible_countries or need.country in offer.eligible_countries)
    )
