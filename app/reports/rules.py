"""Gaps: what is asked for, offered, held and met, by skill and place. Pure.

Seats of a course that teaches several skills count under each of them, so rows of different
skills must not be added up. Urgency and significance stay apart, as recommendation 4 has them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

_MONTHS_OF_QUARTER = 3


class Axis(StrEnum):
    """What rows are grouped by."""

    SKILL = "skill"
    REGION = "region"
    COUNTRY = "country"
    QUARTER = "quarter"


_PLACES = frozenset({Axis.REGION, Axis.COUNTRY})


@dataclass(frozen=True, slots=True)
class Key:
    """Which row a figure belongs to; an axis that is not asked for is None.

    ``region`` is a WHO region (there whenever the country is asked for), ``quarter`` reads
    ``2027-Q2``. Region and country are also None for supply at a distance; the country also for
    needs that it does not publish.
    """

    skill: str | None = None
    region: str | None = None
    country: str | None = None
    quarter: str | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """One line of a request: people who need a skill.

    ``held`` counts seats taken for them, ``met`` people trained; a person met was held before.
    ``closed`` says that the country closed the request as met.
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
class _Remote:
    seats: int = 0
    planned: int = 0


@dataclass(slots=True)
class _Table:
    rows: dict[Key, GapRow] = field(default_factory=dict)
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
    """People of the need who have no seat."""
    return max(0, asked_for(need) - max(need.held, need.met))


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
        supply: What is offered and planned.
        axes: What to group by; nothing gives one row.
        sees: Whether the reader may know which needs are of this country. What a country does not
            publish is counted without its name for everybody else.
    """
    wanted = frozenset(axes)
    table = _Table()
    for need in demand:
        _count_demand(table, need, wanted, is_named=need.published or sees(need.country))
    for seats in supply:
        _count_supply(table, seats, wanted)
    _spread_remote(table)
    return sorted(table.rows.values(), key=_by_urgency)


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


def _count_demand(table: _Table, need: Demand, axes: frozenset[Axis], *, is_named: bool) -> None:
    key = Key(
        skill=need.skill if Axis.SKILL in axes else None,
        region=need.region if axes & _PLACES else None,
        country=need.country if Axis.COUNTRY in axes and is_named else None,
        quarter=quarter_of(need.needed_by.year, need.needed_by.month)
        if Axis.QUARTER in axes
        else None,
    )
    row, gap = table.rows.get(key, GapRow(key)), gap_of(need)
    table.rows[key] = replace(
        row,
        needs=row.needs + 1,
        asked=row.asked + asked_for(need),
        held=row.held + need.held,
        met=row.met + need.met,
        gap=row.gap + gap,
        urgency=max(row.urgency, need.urgency if gap else 0),
        significance=max(row.significance, need.significance if gap else 0),
    )


def _count_supply(table: _Table, seats: Supply, axes: frozenset[Axis]) -> None:
    key = Key(
        skill=seats.skill if Axis.SKILL in axes else None,
        region=seats.region if axes & _PLACES else None,
        country=seats.country if Axis.COUNTRY in axes else None,
        quarter=seats.quarter if Axis.QUARTER in axes else None,
    )
    if seats.country is None:
        far = table.remote.setdefault(key, _Remote())
        if seats.planned:
            far.planned += seats.seats
        else:
            far.seats += seats.seats
        return
    row = table.rows.get(key, GapRow(key))
    table.rows[key] = (
        replace(row, planned=row.planned + seats.seats)
        if seats.planned
        else replace(row, offered=row.offered + seats.seats, free=row.free + seats.seats_free)
    )


def _spread_remote(table: _Table) -> None:
    """Put what is taught at a distance into every row that it reaches."""
    reached: set[Key] = set()
    for key, row in table.rows.items():
        anywhere = replace(key, region=None, country=None)
        far = table.remote.get(anywhere)
        if far is not None:
            reached.add(anywhere)
            table.rows[key] = replace(row, remote=far.seats, planned=row.planned + far.planned)
    for key in table.remote.keys() - reached:
        far = table.remote[key]
        table.rows[key] = GapRow(key, remote=far.seats, planned=far.planned)


def _by_urgency(row: GapRow) -> tuple[int, int, int, bool, list[str]]:
    names = (row.key.skill, row.key.region, row.key.country, row.key.quarter)
    nothing_asked = row.asked == 0
    return (
        -row.urgency,
        -row.significance,
        -row.gap,
        nothing_asked,
        [name or "" for name in names],
    )
