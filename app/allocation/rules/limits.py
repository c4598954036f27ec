"""Which limits a plan breaks, looked up line by line; for plans that people edit."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.allocation.rules.facts import Arc, Ask, Given, Place, Problem


class Limit(StrEnum):
    """A limit of an allocation."""

    FITS = "no-match"
    SEATS = "more-than-asked"
    NEED = "no-need-left"
    FREE = "places-full"
    CAP = "country-cap"
    MINIMUM = "minimum-not-reached"
    TOGETHER = "together"
    CHAIN = "chain"
    UNUSED = "theory-unused"


@dataclass(frozen=True, slots=True)
class Broken:
    """A limit that does not hold: ``have`` seats where ``limit`` bounds them.

    ``ask`` or ``place`` is empty where the limit is not about one.
    """

    limit: Limit
    ask: str
    place: str
    have: int
    bound: int


MILD = frozenset({Limit.MINIMUM, Limit.UNUSED})
"""What a plan may break on the way from one edit to the next; it is said, not refused."""

_SENTENCES = {
    Limit.FITS: "This slot did not fit this request when the run read the network.",
    Limit.SEATS: "That is {have} seats; the request asks for {bound} more.",
    Limit.NEED: "That is {have} seats; only {bound} people lack what is taught there.",
    Limit.FREE: "The slot would have {have} seats taken by this plan; {bound} are free.",
    Limit.CAP: "The country would have {have} seats there; {bound} more may go to one country.",
    Limit.TOGETHER: "These people go together: all {bound} on one slot, or none.",
    Limit.CHAIN: (
        "Another course comes first: {have} would be needed who have finished it, {bound} will "
        "have. Give seats there first, or fewer here."
    ),
    Limit.MINIMUM: (
        "The slot has {have} seats of this plan, of the {bound} that are missing until it runs."
    ),
    Limit.UNUSED: "{have} seats come before {bound} of the course that requires it.",
}


def limit_text(one: Broken) -> str:
    """What does not hold, as a sentence."""
    return _SENTENCES[one.limit].format(have=one.have, bound=one.bound)


@dataclass(frozen=True, slots=True)
class Line:
    """Seats with the ask, the place and the arc that they are of."""

    ask: Ask
    place: Place
    arc: Arc
    seats: int


def broken(problem: Problem, given: Sequence[Given]) -> tuple[Broken, ...]:
    """Every limit that these seats break, sorted; empty when the plan holds."""
    lines, found = _lines(problem, given)
    by_ask: dict[str, list[Line]] = defaultdict(list)
    by_place: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_ask[line.ask.id].append(line)
        by_place[line.place.id].append(line)
    for group in by_ask.values():
        found.extend(of_ask(group))
    for group in by_place.values():
        found.extend(of_place(group))
    return tuple(sorted(set(found), key=lambda each: (each.ask, each.place, each.limit, each.have)))


def of_ask(lines: Sequence[Line]) -> Iterator[Broken]:
    """What all lines of one ask, at least one, break among themselves."""
    yield from _of_people(lines)
    yield from _of_chain(lines)


def of_place(lines: Sequence[Line]) -> Iterator[Broken]:
    """What all lines of one place, at least one, break among themselves."""
    place, have = lines[0].place, _seats(lines)
    if have > place.free:
        yield Broken(Limit.FREE, "", place.id, have, place.free)
    if have < place.minimum:
        yield Broken(Limit.MINIMUM, "", place.id, have, place.minimum)
    if place.cap is None:
        return
    for country in {line.ask.country for line in lines}:
        theirs = [line for line in lines if line.ask.country == country]
        most = max(0, place.cap - dict(place.taken).get(country, 0))
        if _seats(theirs) > most:
            yield Broken(Limit.CAP, theirs[0].ask.id, place.id, _seats(theirs), most)


def _lines(problem: Problem, given: Sequence[Given]) -> tuple[list[Line], list[Broken]]:
    asks = {ask.id: ask for ask in problem.asks}
    places = {place.id: place for place in problem.places}
    lines, found = [], []
    for each in given:
        arc = problem.fits.get((each.ask, each.place))
        if arc is None or each.seats < 0:
            found.append(Broken(Limit.FITS, each.ask, each.place, each.seats, 0))
        elif each.seats:
            lines.append(Line(asks[each.ask], places[each.place], arc, each.seats))
    return lines, found


def _of_people(lines: Sequence[Line]) -> Iterator[Broken]:
    ask = lines[0].ask
    covering = [line for line in lines if line.arc.covers]
    have = _seats(covering)
    if have > ask.seats:
        yield Broken(Limit.SEATS, ask.id, "", have, ask.seats)
    for needs in {frozenset(line.arc.covers) for line in covering}:
        inside = [line for line in covering if needs.issuperset(line.arc.covers)]
        have, most = _seats(inside), sum(ask.needs[need].people for need in needs)
        if have > most:
            yield Broken(Limit.NEED, ask.id, "", have, most)
    if ask.together:
        for line in covering:
            if line.seats != ask.seats:
                yield Broken(Limit.TOGETHER, ask.id, line.place.id, line.seats, ask.seats)
        yield from _apart(ask, [line for line in lines if not line.arc.covers])


def _apart(ask: Ask, theory: Sequence[Line]) -> Iterator[Broken]:
    for course in {line.place.course for line in theory}:
        taken = [line for line in theory if line.place.course == course]
        for line in taken[1:]:
            yield Broken(Limit.TOGETHER, ask.id, line.place.id, line.seats, _seats(taken))


def _of_chain(lines: Sequence[Line]) -> Iterator[Broken]:
    ask = lines[0].ask
    for course in {course for line in lines for course in line.place.requires}:
        practice = [line for line in lines if course in line.place.requires]
        theory = [line for line in lines if line.place.course == course and line not in practice]
        for line in practice:
            at = line.place.starts
            have = _seats([each for each in practice if each.place.starts <= at])
            ready = sum(e.people for e in ask.finished if e.course == course and e.at <= at)
            ready += _seats([each for each in theory if each.place.ends <= at])
            if have > ready:
                yield Broken(Limit.CHAIN, ask.id, line.place.id, have, ready)
    for line in lines:
        if not line.arc.covers:
            at, course = line.place.ends, line.place.course
            same = [each for each in lines if not each.arc.covers and each.place.course == course]
            have = _seats([each for each in same if each.place.ends >= at])
            then = [each for each in lines if course in each.place.requires]
            used = _seats([each for each in then if each.place.starts >= at])
            if have > used:
                yield Broken(Limit.UNUSED, ask.id, line.place.id, have, used)


def _seats(lines: Sequence[Line]) -> int:
    return sum(line.seats for line in lines)
