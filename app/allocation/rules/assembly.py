"""Asks and open slots joined into a problem, along the matches of the ranking. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.allocation.rules.facts import Arc, Ask, Given, Problem, Settings
from app.allocation.rules.network import (
    Asked,
    Open,
    Part,
    arc_of,
    ask_of,
    is_way_in,
    places_of,
    slot_of,
)
from app.booking.rules.shares import Claimant
from app.matching.rules import Need
from app.registry.rules.chains import with_earlier


@dataclass(frozen=True, slots=True)
class Ranked:
    """A request with the need that ranking looks at, and whom its blocks count for."""

    request: Asked
    need: Need
    claimant: Claimant


Matches = Mapping[UUID, Sequence[tuple[UUID, int]]]
"""Slot and score of each match, by request."""


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that a plan is made from, at one moment.

    ``requires`` says what each course, and each one before it, requires directly.
    """

    requests: Sequence[Ranked]
    slots: Sequence[Open]
    requires: Mapping[UUID, tuple[UUID, ...]]
    now: datetime


def problem_of(
    network: Network,
    matches: Matches,
    *,
    previous: Sequence[Given] = (),
    settings: Settings | None = None,
) -> Problem:
    """The problem of the network: every ask that lacks something, every place that fits one.

    ``previous`` keeps only what is still possible. The order of rows does not matter.
    """
    begin = _tomorrow(network.now)
    slots = {slot.offer.slot_id: slot for slot in network.slots}
    parts = {slot_id: places_of(slot, now=begin) for slot_id, slot in slots.items()}
    courses = _by_course(network.slots)
    asks: list[Ask] = []
    arcs: list[Arc] = []
    for each in network.requests:
        ask = ask_of(each.request)
        if ask is not None:
            asks.append(ask)
            fits = [
                (slots[slot], score) for slot, score in matches[each.request.id] if slot in slots
            ]
            found = list(_arcs(ask, each, fits, parts))
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


def _tomorrow(now: datetime) -> datetime:
    """When people begin who learn at their own pace: the same for all runs of one day."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _arcs(
    ask: Ask,
    each: Ranked,
    fits: Sequence[tuple[Open, int]],
    parts: Mapping[UUID, Sequence[Part]],
) -> Iterator[Arc]:
    for slot, score in fits:
        for part in parts[slot.offer.slot_id]:
            if part.suits(each.claimant):
                arc = arc_of(ask, each.request, each.need, part, slot.offer, score)
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
        course
        for slot_id in {slot_of(place) for place in taken}
        for course in network.requires.get(_course(parts[slot_id]), ())
    }
    for course in sorted(with_earlier(required, network.requires)):
        for slot in courses.get(course, ()):
            if not is_way_in(each.need, slot.offer, now=network.now):
                continue
            for part in parts[slot.offer.slot_id]:
                if part.place.id not in taken and part.suits(each.claimant):
                    yield Arc(ask.id, part.place.id, 0, ())


def _course(parts: Sequence[Part]) -> UUID:
    return UUID(parts[0].place.course)


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
