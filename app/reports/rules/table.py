"""The gap table: what is asked for, offered, held and met, by skill, place and more. Pure.

Seats of a course that teaches several skills count under each of them, so rows of different
skills must not be added up; nor rows of groups of countries, which overlap. Urgency and
significance stay apart, as recommendation 4 has them; so do established and planned supply.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import product
from operator import attrgetter

_MONTHS_OF_QUARTER = 3


class Axis(StrEnum):
    """What rows are grouped by."""

    SKILL = "skill"
    DOMAIN = "domain"
    REGION = "region"
    COUNTRY = "country"
    GROUP = "group"
    PLATFORM = "platform"
    SECTOR = "sector"
    QUARTER = "quarter"
    URGENCY = "urgency"
    SIGNIFICANCE = "significance"


_PLACES = frozenset({Axis.REGION, Axis.COUNTRY})
_FIELDS = {Axis.GROUP: "groups", Axis.QUARTER: "needed_by"}
"""What of a need says where it is on an axis, where that is not called like the axis."""
_OF_DEMAND = frozenset({Axis.URGENCY, Axis.SIGNIFICANCE})
"""Axes that no seat has a place on."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which row a figure belongs to; an axis that is not asked for is None.

    ``region`` is a WHO region (there whenever the country is asked for), ``group`` a group of
    countries, ``quarter`` reads ``2027-Q2``, ``urgency`` and ``significance`` are degrees.
    Region and country are also None for supply at a distance; the country also for needs that it
    does not publish.
    """

    skill: str | None = None
    region: str | None = None
    country: str | None = None
    quarter: str | None = None
    domain: str | None = None
    group: str | None = None
    platform: str | None = None
    sector: str | None = None
    urgency: int | None = None
    significance: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """One line of a request: people who need a skill.

    ``held`` counts seats taken for them, ``met`` people trained; a person met was held before.
    ``missed`` of those held did not come, and lack a seat again. ``closed`` says that the country
    closed the request as met. ``known`` are the axes that the reader may know of a need that is not
    published (see :mod:`app.reports.rules.privacy`); None is all of them.
    """

    skill: str
    country: str
    region: str | None
    needed_by: date
    people: int
    held: int
    met: int
    urgency: int
    significance: int
    closed: bool = False
    published: bool = True
    missed: int = 0
    domain: str = ""
    platform: str = ""
    sector: str = ""
    groups: tuple[str, ...] = ()
    known: frozenset[Axis] | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """Seats of slots to come that teach a skill.

    ``country`` and ``region`` are None at a distance. ``planned`` seats are announced and cannot
    be taken yet.
    """

    skill: str
    country: str | None
    region: str | None
    quarter: str | None
    seats: int
    seats_free: int
    planned: bool = False
    domain: str = ""
    platforms: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GapRow:
    """The figures of one row; ``needs`` counts lines of requests.

    ``offered`` and ``free`` seats are in the place, ``remote`` ones reach every place and are the
    same in each row of a skill; ``planned`` are in the place or remote. ``gap`` is people without
    a seat. ``urgency`` and ``significance`` are the highest among them, 0 when there are none.
    """

    key: Key
    needs: int = 0
    asked: int = 0
    held: int = 0
    met: int = 0
    gap: int = 0
    urgency: int = 0
    significance: int = 0
    offered: int = 0
    free: int = 0
    remote: int = 0
    planned: int = 0


@dataclass(slots=True)
class _Sums:
    """A row while it is counted."""

    needs: int = 0
    asked: int = 0
    held: int = 0
    met: int = 0
    gap: int = 0
    urgency: int = 0
    significance: int = 0
    offered: int = 0
    free: int = 0
    remote: int = 0
    planned: int = 0

    def add(self, need: Demand) -> None:
        """Count a need."""
        gap = gap_of(need)
        self.needs += 1
        self.asked += asked_for(need)
        self.held += need.held
        self.met += need.met
        self.gap += gap
        if gap:
            self.urgency = max(self.urgency, need.urgency)
            self.significance = max(self.significance, need.significance)

    def row(self, key: Key) -> GapRow:
        """The figures as they are now."""
        return GapRow(key, **{name: getattr(self, name) for name in _FIGURES})


_FIGURES = tuple(_Sums.__dataclass_fields__)


@dataclass(slots=True)
class _Remote:
    seats: int = 0
    planned: int = 0


@dataclass(slots=True)
class _Table:
    rows: dict[Key, _Sums] = field(default_factory=dict)
    remote: dict[Key, _Remote] = field(default_factory=dict)


def quarter_of(year: int, month: int) -> str:
    """The quarter of a month: ``2027-Q2``."""
    return f"{year}-Q{(month - 1) // _MONTHS_OF_QUARTER + 1}"


def asked_for(need: Demand) -> int:
    """People who count as asked for.

    Of a request that its country closed as met, only those trained through the network.
    """
    return min(need.people, need.met) if need.closed else need.people


def gap_of(need: Demand) -> int:
    """People of the need who have no seat that trained or can still train them."""
    return max(0, asked_for(need) - max(need.held - need.missed, need.met))


def is_counted(need: Demand, axes: Collection[Axis]) -> bool:
    """Whether the need may be counted in a table that groups or filters by these axes.

    Without its name a country is still counted in its region.
    """
    if need.known is None:
        return True
    return all((Axis.REGION if axis == Axis.COUNTRY else axis) in need.known for axis in axes)


def gap_rows(
    demand: Iterable[Demand],
    supply: Iterable[Supply],
    axes: Iterable[Axis],
    *,
    sees: Callable[[str], bool],
) -> list[GapRow]:
    """The table: one row per group, the most urgent need without a seat first.

    Order: urgency, then significance, then the gap, each from high to low; then rows for which
    nothing is asked come last; then the names, so that every process gives the same table.

    Args:
        demand: What is asked for.
        supply: What is offered and planned; left out of a table by urgency or significance,
            which no seat has.
        axes: What to group by; nothing gives one row.
        sees: Whether the reader may know which needs are of this country. What a country does not
            publish is counted without its name for everybody else.
    """
    wanted = frozenset(axes)
    table = _Table()
    facts_of = _facts_on(wanted)
    named: dict[tuple[object, bool], list[_Sums]] = {}
    for need in demand:
        if is_counted(need, wanted):
            is_named = need.known is None and (need.published or sees(need.country))
            # Making a key costs more than counting: needs that agree on all axes share theirs.
            alike = (facts_of(need), is_named)
            if alike not in named:
                keys = _demand_keys(need, wanted, is_named=is_named)
                named[alike] = [table.rows.setdefault(key, _Sums()) for key in keys]
            for sums in named[alike]:
                sums.add(need)
    if not wanted & _OF_DEMAND:
        for seats in supply:
            for key in _supply_keys(seats, wanted):
                _count_supply(table, key, seats)
        _spread_remote(table)
    return sorted((sums.row(key) for key, sums in table.rows.items()), key=_by_urgency)


def totals(rows: Sequence[GapRow]) -> GapRow:
    """People of all rows together; seats are left out, since rows may share them."""
    return GapRow(
        Key(),
        needs=sum(row.needs for row in rows),
        asked=sum(row.asked for row in rows),
        held=sum(row.held for row in rows),
        met=sum(row.met for row in rows),
        gap=sum(row.gap for row in rows),
        urgency=max((row.urgency for row in rows), default=0),
        significance=max((row.significance for row in rows), default=0),
    )


def _facts_on(axes: frozenset[Axis]) -> Callable[[Demand], object]:
    """What of a need its keys are made of."""
    fields = [_FIELDS.get(axis, str(axis)) for axis in sorted(axes)]
    return attrgetter(*fields) if fields else lambda _need: None


def _demand_keys(need: Demand, axes: frozenset[Axis], *, is_named: bool) -> Iterator[Key]:
    key = Key(
        skill=need.skill if Axis.SKILL in axes else None,
        domain=need.domain if Axis.DOMAIN in axes else None,
        region=need.region if axes & _PLACES else None,
        country=need.country if Axis.COUNTRY in axes and is_named else None,
        platform=need.platform if Axis.PLATFORM in axes else None,
        sector=need.sector if Axis.SECTOR in axes else None,
        quarter=quarter_of(need.needed_by.year, need.needed_by.month)
        if Axis.QUARTER in axes
        else None,
        urgency=need.urgency if Axis.URGENCY in axes else None,
        significance=need.significance if Axis.SIGNIFICANCE in axes else None,
    )
    if Axis.GROUP not in axes:
        yield key
        return
    for group in need.groups:
        yield replace(key, group=group)


def _supply_keys(seats: Supply, axes: frozenset[Axis]) -> Iterator[Key]:
    """The rows of the seats; a course for several product types or sectors counts under each."""
    key = Key(
        skill=seats.skill if Axis.SKILL in axes else None,
        domain=seats.domain if Axis.DOMAIN in axes else None,
        region=seats.region if axes & _PLACES else None,
        country=seats.country if Axis.COUNTRY in axes else None,
        quarter=seats.quarter if Axis.QUARTER in axes else None,
    )
    in_place = seats.country is not None
    each_of = product(
        seats.groups if Axis.GROUP in axes and in_place else (None,),
        seats.platforms if Axis.PLATFORM in axes else (None,),
        seats.sectors if Axis.SECTOR in axes else (None,),
    )
    for group, platform, sector in each_of:
        yield replace(key, group=group, platform=platform, sector=sector)


def _count_supply(table: _Table, key: Key, seats: Supply) -> None:
    if seats.country is None:
        far = table.remote.setdefault(key, _Remote())
        if seats.planned:
            far.planned += seats.seats
        else:
            far.seats += seats.seats
        return
    row = table.rows.setdefault(key, _Sums())
    if seats.planned:
        row.planned += seats.seats
    else:
        row.offered += seats.seats
        row.free += seats.seats_free


def _spread_remote(table: _Table) -> None:
    """Put what is taught at a distance into every row that it reaches."""
    reached: set[Key] = set()
    for key, row in table.rows.items():
        anywhere = replace(key, region=None, country=None, group=None)
        far = table.remote.get(anywhere)
        if far is not None:
            reached.add(anywhere)
            row.remote = far.seats
            row.planned += far.planned
    for key in table.remote.keys() - reached:
        far = table.remote[key]
        table.rows[key] = _Sums(remote=far.seats, planned=far.planned)


def _by_urgency(row: GapRow) -> tuple[int, int, int, bool, list[str]]:
    key, nothing_asked = row.key, row.asked == 0
    names = (
        *(key.skill, key.region, key.country, key.quarter),
        *(key.domain, key.group, key.platform, key.sector, key.urgency, key.significance),
    )
    return (
        -row.urgency,
        -row.significance,
        -row.gap,
        nothing_asked,
        [str(name or "") for name in names],
    )
