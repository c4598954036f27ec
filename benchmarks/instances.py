"""Invented problems of allocation, the same for the same size and seed.

Made like the network they stand for: skills of unlike demand, countries of unlike weight, places
that fit by skill, region, language and month, and more wanted than offered where most is wanted.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.allocation.rules.facts import (
    Arc,
    Ask,
    AskedNeed,
    Finished,
    Given,
    Place,
    Problem,
    Settings,
)
from app.allocation.solver.worth import Added
from app.core import countries

DAY = 86_400
PLACES_OF_A_SKILL = 100
LDC_DEMAND = 0.106
_START = 1_800_000_000  # an instant in 2027; nothing depends on it
_DAYS = 365
_FITS = 0.3
_COUNTRIES = 120
_REGIONS = 6
_TOGETHER = 0.08
_SECOND_NEED = 0.25
_MINIMUM = 0.12
_CAPPED = 0.3
_CHAINED = 0.1


@dataclass(frozen=True, slots=True)
class Instance:
    """A problem, and which of its countries are least developed."""

    name: str
    problem: Problem
    ldc: frozenset[str]


def instance(
    asks: int, places: int, *, seed: int = 1, settings: Settings | None = None
) -> Instance:
    """An invented problem of so many asks and places, with about 30 arcs an ask.

    Least developed countries have about 10.6 % of the demand. A tenth of the skills are taught in
    two steps, a theory course before the practice; a tenth of the places need a minimum number,
    three in ten have a cap per country, one ask in twelve goes together.
    """
    chance = random.Random(f"{seed}/{asks}/{places}")
    skills = max(2, places // PLACES_OF_A_SKILL)
    ldc, weights = _weights(chance)
    offered = [_place(chance, number, skills) for number in range(places)]
    by_skill: dict[int, list[_Offer]] = {}
    for each in offered:
        for skill in each.skills:
            by_skill.setdefault(skill, []).append(each)
    wanted, arcs = [], []
    for number in range(asks):
        ask, found = _ask(chance, number, by_skill, weights)
        wanted.append(ask)
        arcs.extend(found)
    problem = Problem(
        tuple(wanted),
        tuple(each.place for each in offered),
        tuple(arcs),
        settings=settings or Settings(),
    )
    return Instance(f"{asks} x {places}", problem, ldc)


def nudged(problem: Problem, previous: tuple[Given, ...], *, seed: int = 1) -> Problem:
    """The problem a week later: one ask in a hundred is gone, one place in a hundred is smaller."""
    chance = random.Random(seed)
    gone = {each.id for each in problem.asks if chance.random() < 0.01}
    places = tuple(
        Place(
            each.id,
            each.course,
            each.starts,
            each.ends,
            max(1, each.free - (chance.random() < 0.01)),
            min(each.minimum, max(1, each.free - 1)),
            each.cap,
            each.taken,
            each.requires,
        )
        for each in problem.places
    )
    return Problem(
        tuple(each for each in problem.asks if each.id not in gone),
        places,
        tuple(each for each in problem.arcs if each.ask not in gone),
        tuple(each for each in previous if each.ask not in gone),
        problem.settings,
    )


def more_slots(problem: Problem, count: int, *, seed: int = 1) -> tuple[Added, ...]:
    """Slots like some that are there already, which fit the same asks, without a minimum."""
    chance = random.Random(seed)
    fits: dict[str, list[Arc]] = {}
    for arc in problem.arcs:
        fits.setdefault(arc.place, []).append(arc)
    like = [each for each in problem.places if each.id in fits]
    chosen = chance.sample(like, min(count, len(like)))
    return tuple(
        Added(
            replace(each, id=f"new-{each.id}", minimum=0),
            tuple(replace(arc, place=f"new-{each.id}") for arc in fits[each.id]),
        )
        for each in chosen
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    place: Place
    skills: tuple[int, ...]
    region: int
    is_theory: bool


def _weights(chance: random.Random) -> tuple[frozenset[str], dict[str, float]]:
    """How often each country asks: few ask often; those least developed together as stated."""
    every = chance.sample([each.alpha2 for each in countries.countries()], _COUNTRIES)
    ldc = frozenset(every) & countries.in_region("LDC")
    raw = {code: 1 / (4 + place) for place, code in enumerate(every)}
    theirs = sum(raw[code] for code in sorted(ldc))
    rest = sum(raw.values()) - theirs
    return ldc, {
        code: weight * (LDC_DEMAND / theirs if code in ldc else (1 - LDC_DEMAND) / rest)
        for code, weight in raw.items()
    }


def _place(chance: random.Random, number: int, skills: int) -> _Offer:
    skill = chance.randrange(skills)
    is_chained = _is_chained(skill)
    is_theory = is_chained and chance.random() < 0.4
    also = chance.randrange(skills) if not is_chained and chance.random() < 0.15 else skill
    starts = _START + chance.randrange(_DAYS) * DAY
    free = chance.choice((1, 1, 2, 2, 3, 4)) * (3 if is_theory else 1)
    has_minimum = free > 1 and chance.random() < _MINIMUM
    place = Place(
        id=f"place-{number:06}",
        course=f"theory-{skill:04}" if is_theory else f"course-{skill:04}-{chance.randrange(6)}",
        starts=starts,
        ends=starts + chance.choice((1, 3, 5, 10)) * DAY,
        free=free,
        minimum=chance.randint(2, free) if has_minimum else 0,
        cap=chance.choice((1, 2, 3)) if chance.random() < _CAPPED else None,
        requires=(f"theory-{skill:04}",) if is_chained and not is_theory else (),
    )
    return _Offer(place, tuple(sorted({skill, also})), chance.randrange(_REGIONS), is_theory)


def _is_chained(skill: int) -> bool:
    return skill % round(1 / _CHAINED) == 1


def _ask(
    chance: random.Random, number: int, by_skill: dict[int, list[_Offer]], weights: dict[str, float]
) -> tuple[Ask, list[Arc]]:
    # Half the demand is for the first third of the skills, where seats are short.
    known = sorted(by_skill)
    first = known[int(len(known) * chance.random() ** 1.7)]
    chosen = [first]
    if chance.random() < _SECOND_NEED:
        chosen.append(known[(known.index(first) + 1 + chance.randrange(3)) % len(known)])
    chosen = list(dict.fromkeys(chosen))
    urgency, significance = chance.randint(1, 4), chance.randint(1, 4)
    needs = tuple(
        AskedNeed(
            f"skill-{skill:04}", min(40, 1 + int(chance.expovariate(0.12))), urgency * significance
        )
        for skill in chosen
    )
    together = len(needs) == 1 and needs[0].people <= 4 and chance.random() < _TOGETHER * 3
    window = (
        _START + chance.randrange(120) * DAY,
        _START + chance.randrange(180, _DAYS + 30) * DAY,
    )
    ask = Ask(
        id=f"ask-{number:05}",
        country=chance.choices(list(weights), list(weights.values()))[0],
        seats=sum(each.people for each in needs),
        needs=needs,
        urgency=urgency,
        significance=significance,
        together=together,
        finished=tuple(_finished(chance, chosen)),
    )
    return ask, list(_arcs(chance, ask, chosen, by_skill, window))


def _finished(chance: random.Random, chosen: list[int]) -> Iterator[Finished]:
    for skill in chosen:
        if _is_chained(skill) and chance.random() < 0.3:
            yield Finished(f"theory-{skill:04}", _START, chance.randint(1, 4))


def _arcs(
    chance: random.Random,
    ask: Ask,
    chosen: list[int],
    by_skill: dict[int, list[_Offer]],
    window: tuple[int, int],
) -> Iterator[Arc]:
    home, earliest, latest = chance.randrange(_REGIONS), *window
    seen = set()
    for skill in chosen:
        for offer in by_skill.get(skill, ()):
            is_near = offer.region == home
            fits = earliest <= offer.place.starts and offer.place.ends <= latest
            if (
                offer.place.id in seen
                or not fits
                or chance.random() > _FITS * (2 if is_near else 1)
            ):
                continue
            seen.add(offer.place.id)
            covers = () if offer.is_theory else _covered(chosen, offer.skills)
            yield Arc(
                ask.id,
                offer.place.id,
                chance.randint(5_500, 8_000) + (1_500 if is_near else 0),
                covers,
                cost=chance.randint(0, 40) + (0 if is_near else 60),
            )


def _covered(chosen: list[int], skills: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(place for place, skill in enumerate(chosen) if skill in skills)
