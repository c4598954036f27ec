"""Slots that the network could add: typical ones, per skill, level, subregion and month. Pure.

Typical is what the network itself does: the median seats and length of the slots that teach the
skill, their usual mode, and the language and country in which most is taught in the subregion.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from statistics import median_low
from uuid import UUID

from app.allocation.rules.assembly import Network, Ranked
from app.allocation.rules.facts import Arc, Ask, Place, Plan, Problem
from app.allocation.rules.network import covers, seat_cost
from app.allocation.rules.objective import covered_by_ask
from app.core import countries
from app.core.clock import months_later
from app.matching.rules import Offer, broken_limits
from app.matching.rules.facts import REMOTE_MODES
from app.matching.rules.limits import Situation
from app.matching.rules.points import score_of
from app.registry.rules.chains import SELF_PACED

MONTHS = 12
MOST_KINDS = 60
"""Kinds of slot (skill, level, subregion) that are looked at: those most people wait for."""
_FIRST_DAY, _FIRST_HOUR = 10, 8
_DEFAULT_SEATS, _DEFAULT_HOURS = 12, 48
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Kind:
    """What could be taught where."""

    skill: str
    level: int
    region: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One typical slot in one month, as a place with its arcs."""

    kind: Kind
    month: date
    place: Place
    arcs: tuple[Arc, ...]


@dataclass(frozen=True, slots=True)
class _Usual:
    seats: int
    length: timedelta
    mode: str
    language: str
    country: str


@lru_cache(maxsize=512)
def subregion_of(country: str) -> str:
    """The smallest subregion of the United Nations that the country is in; "" where none is."""
    own = set(countries.regions_of(country))
    found = [each.code for each in countries.regions() if each.kind == "un-subregion"]
    inside = [code for code in found if code in own]
    return min(inside, key=lambda code: (len(countries.in_region(code)), code), default="")


def candidates(network: Network, problem: Problem, plan: Plan) -> list[Candidate]:
    """Typical slots that somebody would fit who lacks a seat in the plan; sorted."""
    lacking = list(_lacking(network, problem, plan))
    found = []
    for kind in _kinds(lacking):
        usual = _usual(network, kind, lacking)
        asking = [(each, ask) for each, ask, _ in lacking if _wants(each, kind)]
        for month in months_from(network.now.date()):
            candidate = _candidate(network, kind, usual, month, asking)
            if candidate.arcs:
                found.append(candidate)
    return found


def months_from(today: date) -> list[date]:
    """The first days of the next twelve months."""
    return [months_later(today.replace(day=1), number) for number in range(1, MONTHS + 1)]


def _lacking(network: Network, problem: Problem, plan: Plan) -> Iterator[tuple[Ranked, Ask, int]]:
    """Requests with the people that the plan leaves without a seat."""
    asks = {ask.id: ask for ask in problem.asks}
    covered = covered_by_ask(problem, plan.given)
    for each in network.requests:
        ask = asks.get(str(each.request.id))
        if ask is not None:
            left = sum(need.people for need in ask.needs) - sum(covered[ask.id])
            if left > 0:
                yield each, ask, left


def _kinds(lacking: Sequence[tuple[Ranked, Ask, int]]) -> list[Kind]:
    """What is lacking, the kinds that weigh most first."""
    weight: Counter[Kind] = Counter()
    for each, ask, left in lacking:
        region = subregion_of(each.request.country)
        if region:
            for want in each.request.wanted:
                if want.people:
                    value = ask.urgency * ask.significance
                    weight[Kind(want.skill, want.level, region)] += left * value
    ordered = sorted(weight, key=lambda kind: (-weight[kind], kind.skill, kind.level, kind.region))
    return ordered[:MOST_KINDS]


def _wants(each: Ranked, kind: Kind) -> bool:
    return any(
        want.people and want.skill == kind.skill and want.level <= kind.level
        for want in each.request.wanted
    )


def _usual(network: Network, kind: Kind, lacking: Sequence[tuple[Ranked, Ask, int]]) -> _Usual:
    offers = [slot.offer for slot in network.slots if slot.offer.mode != SELF_PACED]
    same = [each for each in offers if any(skill == kind.skill for skill, _ in each.skills)]
    local = [each for each in offers if each.country and subregion_of(each.country) == kind.region]
    seats = {slot.offer.slot_id: slot.seats for slot in network.slots}
    asking = [each for each, _, _ in lacking if subregion_of(each.request.country) == kind.region]
    model = same or local or offers
    return _Usual(
        seats=median_low([seats[each.slot_id] for each in model] or [_DEFAULT_SEATS]),
        length=median_low(
            [each.ends_at - each.starts_at for each in model] or [timedelta(hours=_DEFAULT_HOURS)]
        ),
        mode=_most([each.mode for each in model], "classroom-onsite"),
        language=_most(
            [language for each in local for language in sorted(each.languages)],
            _most([each.need.languages[0] for each in asking], "en"),
        ),
        country=_most(
            [each.country for each in local if each.country],
            _most([each.request.country for each in asking], ""),
        ),
    )


def _most(values: Iterable[str], otherwise: str) -> str:
    """The most frequent value, of equals the first in the alphabet."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default=otherwise)


def _candidate(
    network: Network,
    kind: Kind,
    usual: _Usual,
    month: date,
    asking: Sequence[tuple[Ranked, Ask]],
) -> Candidate:
    starts_at = datetime(month.year, month.month, _FIRST_DAY, _FIRST_HOUR, tzinfo=UTC)
    offer = _offer(kind, usual, starts_at)
    place = Place(
        id=f"one more {kind.skill} {kind.level} {kind.region} {month:%Y-%m}",
        course="one more",
        starts=int(starts_at.timestamp()),
        ends=int(offer.ends_at.timestamp()),
        free=usual.seats,
    )
    arcs = []
    when = Situation(network.now)
    for each, ask in asking:
        if not broken_limits(each.need, offer, when, at_most=1):
            covered = covers(each.request, offer)
            score = score_of(each.need, offer)
            cost = seat_cost(each.need, offer)
            if covered:
                arcs.append(Arc(ask.id, place.id, score, covered, cost))
    return Candidate(kind, month, place, tuple(sorted(arcs, key=lambda arc: arc.ask)))


def _offer(kind: Kind, usual: _Usual, starts_at: datetime) -> Offer:
    remote = usual.mode in REMOTE_MODES
    place = countries.country(usual.country) if not remote else None
    ends_at = starts_at + usual.length
    return Offer(
        slot_id=_NOBODY,
        course_id=_NOBODY,
        provider_verified=True,
        status="confirmed",
        starts_at=starts_at,
        ends_at=ends_at,
        starts_on=starts_at.date(),
        ends_on=ends_at.date(),
        mode=usual.mode,
        skills=((kind.skill, kind.level),),
        platforms=frozenset({"all"}),
        languages=frozenset({usual.language}),
        interpretation=frozenset(),
        funding="free",
        fee_usd=None,
        country=usual.country if place else None,
        region=(place.who_region or None) if place else None,
        point=(place.lat, place.lon) if place else None,
        seats_free=usual.seats,
        waiting=0,
        country_seats_left=None,
        apply_by=starts_at,
        lead_days=0,
        audience=frozenset({"any"}),
        eligible_countries=frozenset(),
        requires=(),
    )
