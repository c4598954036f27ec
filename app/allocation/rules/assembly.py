"""Asks and open slots joined into a problem, by the ranking itself. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.allocation.rules.facts import Arc, Ask, Given, Problem, Settings
from app.allocation.rules.network import (
    Asked,
    Open,
    Part,
    arc_of,
    ask_of,
    by_skill,
    is_way_in,
    places_of,
    teaching,
)
from app.booking.rules.shares import Claimant
from app.matching.rules import Need, Offer, Paths, rank_offers
from app.registry.rules.chains import with_earlier


@dataclass(frozen=True, slots=True)
class Ranked:
    """A request with the need that ranking looks at, and whom its blocks count for."""

    request: Asked
    need: Need
    claimant: Claimant


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that a plan is made from, at one moment."""

    requests: Sequence[Ranked]
    slots: Sequence[Open]
    paths: Paths
    now: datetime


def problem_of(
    network: Network, *, previous: Sequence[Given] = (), settings: Settings | None = None
) -> Problem:
    """The problem of the network: every ask that lacks something, every place that fits one.

    ``previous`` keeps only what is still possible. The order of rows does not matter.
    """
    skills = by_skill(network.slots)
    parts = {slot.offer.slot_id: places_of(slot, now=network.now) for slot in network.slots}
    courses = _by_course(network.slots)
    asks: list[Ask] = []
    arcs: list[Arc] = []
    for each in network.requests:
        ask = ask_of(each.request)
        if ask is not None:
            asks.append(ask)
            best = _best(network, each, teaching(skills, each.need))
            found = list(_arcs(ask, each, best, parts))
            arcs += found
            arcs += _ways_in(ask, each, found, network, courses, parts)
    used = {arc.place for arc in arcs}
    places = [part.place for found in parts.values() for part in found if part.place.id in used]
    return Problem(
        asks=tuple(sorted(asks, key=lambda ask: ask.id)),
        places=tuple(sorted(places, key=lambda place: place.id)),
        arcs=tuple(sorted(arcs, key=lambda arc: (arc.ask, arc.place))),
        previous=tuple(_still_possible(previous, arcs)),
        settings=settings or Settings(),
    )


def offer_to(slot: Open, country: str) -> Offer:
    """The slot as ranking sees it for one country."""
    if slot.cap is None:
        return slot.offer
    return replace(slot.offer, country_seats_left=slot.cap - slot.taken.get(country, 0))


def _tomorrow(now: datetime) -> datetime:
    """When people begin who learn at their own pace: the same for all runs of one day."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _best(network: Network, each: Ranked, slots: Sequence[Open]) -> dict[UUID, tuple[Offer, int]]:
    """Offer and score of each match."""
    offers = [offer_to(slot, each.request.country) for slot in slots]
    found = rank_offers(each.need, offers, now=network.now, paths=network.paths)
    return {match.slot_id: (match.offer, match.score) for match in found.matches}


def _arcs(
    ask: Ask,
    each: Ranked,
    best: Mapping[UUID, tuple[Offer, int]],
    parts: Mapping[UUID, Sequence[Part]],
) -> Iterator[Arc]:
    for slot_id, (offer, score) in best.items():
        for part in parts[slot_id]:
            if part.suits(each.claimant):
                arc = arc_of(ask, each.request, each.need, part, offer, score)
                if arc is not None:
                    yield arc


def _ways_in(
    ask: Ask,
    each: Ranked,
    found: Sequence[Arc],
    network: Network,
    courses: Mapping[UUID, Sequence[Open]],
    parts: Mapping[UUID, Sequence[Part]],
) -> Iterator[Arc]:
    """Places of the courses that come before what fits; they cover nobody by themselves."""
    taken = {arc.place for arc in found}
    required = {
        UUID(course)
        for slot_parts in parts.values()
        for part in slot_parts
        if part.place.id in taken
        for course in part.place.requires
    }
    for course in sorted(with_earlier(required, network.paths.requires)):
        for slot in courses.get(course, ()):
            offer = offer_to(slot, each.request.country)
            if not is_way_in(each.need, offer, now=network.now):
                continue
            for part in parts[offer.slot_id]:
                if part.place.id not in taken and part.suits(each.claimant):
                    yield Arc(ask.id, part.place.id, 0, ())


def _by_course(slots: Iterable[Open]) -> dict[UUID, list[Open]]:
    found: dict[UUID, list[Open]] = {}
    for slot in slots:
        found.setdefault(slot.offer.course_id, []).append(slot)
    return found


def _still_possible(previous: Sequence[Given], arcs: Sequence[Arc]) -> Iterator[Given]:
    possible = {(arc.ask, arc.place) for arc in arcs}
    for line in sorted(previous, key=lambda line: (line.ask, line.place)):
        if (line.ask, line.place) in possible:
            yield line
