"""The gap table and its picture: what is asked for, offered, held and trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session

from app.accounts.rules import Actor
from app.demand.rules import sees_everything
from app.reports import groups
from app.reports.queries.kept import demand_now, public_demand, supply_now
from app.reports.queries.supply import Wanted, countries_of
from app.reports.rules import (
    Axis,
    Demand,
    GapRow,
    Supply,
    counted_for,
    gap_rows,
    is_counted,
    quarter_of,
    totals,
)
from app.reports.schemas import Floor, GapFilter, GapTable, GapView, figures

_OF_COURSE = frozenset({Axis.PLATFORM, Axis.SECTOR})
_MATRIX = (Axis.URGENCY, Axis.SIGNIFICANCE)
_FOR_ALL = {"all", "any"}
"""What a course says of its product types and sectors that serves every one."""

Sees = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class GapPicture:
    """The table, how many of its first rows have people asked for, and people by both degrees.

    ``matrix`` holds people without a seat by (urgency, significance).
    """

    table: GapTable
    asked: int
    matrix: dict[tuple[int, int], GapRow]


def gap_table(
    db: Session, actor: Actor, wanted: GapFilter, *, now: datetime
) -> tuple[GapTable, int]:
    """The whole table of gaps, and how many of its first rows have people asked for.

    Everybody reads it; a need that its country does not publish is counted without the country's
    name, and only together with others, except for the country itself and the secretariat.
    """
    picture = gap_picture(db, actor, wanted, now=now, with_matrix=False)
    return picture.table, picture.asked


def gap_picture(
    db: Session, actor: Actor, wanted: GapFilter, *, now: datetime, with_matrix: bool = True
) -> GapPicture:
    """The table, and beside it the needs by urgency and significance."""
    sees = partial(sees_everything, actor)
    if _sees_more(actor):
        told = counted_for(demand_now(db, now=now), sees=sees)
    else:
        told = public_demand(db, now=now)
    needs = _wanted_needs(told, wanted)
    seats = _wanted_supply(db, wanted, now=now)
    rows = gap_rows(needs, seats, wanted.group, sees=sees)
    matrix = gap_rows(needs, (), _MATRIX, sees=sees) if with_matrix else []
    table = GapTable(
        items=tuple(GapView.of(row) for row in rows),
        total=len(rows),
        totals=figures(_whole(needs, sees=sees)),
        floor=None if actor.secretariat else Floor(),
    )
    return GapPicture(
        table,
        sum(row.asked > 0 for row in rows),
        {(row.key.urgency or 0, row.key.significance or 0): row for row in matrix},
    )


def _sees_more(actor: Actor) -> bool:
    return actor.secretariat or bool(actor.countries)


def _whole(needs: Sequence[Demand], *, sees: Sees) -> GapRow:
    """People of the whole table, each once, whether or not they may be told apart by its rows."""
    return next(iter(gap_rows(needs, (), (), sees=sees)), totals(()))


def _wanted_needs(needs: Sequence[Demand], wanted: GapFilter) -> list[Demand]:
    """The needs that pass the filters, of those that may be told apart by them."""
    axes = wanted.axes_filtered()
    skills, places = wanted.skills(), _places(wanted)
    quarters = frozenset(wanted.quarter)
    plain = (
        (Axis.PLATFORM, frozenset(wanted.platform)),
        (Axis.SECTOR, frozenset(wanted.sector)),
        (Axis.URGENCY, frozenset(wanted.urgency)),
        (Axis.SIGNIFICANCE, frozenset(wanted.significance)),
    )
    tests = [(str(axis), values) for axis, values in plain if values]

    def passes(need: Demand) -> bool:
        return (
            (skills is None or need.skill in skills)
            and (places is None or need.country in places)
            and all(getattr(need, name) in values for name, values in tests)
            and (not quarters or quarter_of(need.needed_by.year, need.needed_by.month) in quarters)
        )

    # A country and a group are no axes that anything unpublished is known on.
    strict = axes & {Axis.COUNTRY, Axis.GROUP}
    return [
        need
        for need in needs
        if passes(need) and is_counted(need, axes) and not (strict and need.known is not None)
    ]


def _wanted_supply(db: Session, wanted: GapFilter, *, now: datetime) -> list[Supply]:
    axes = wanted.axes_filtered() | set(wanted.group)
    scope = Wanted(
        skills=wanted.skills(),
        places=_places(wanted),
        by_quarter=Axis.QUARTER in axes,
        by_course=bool(axes & _OF_COURSE),
    )
    platforms, sectors = set(wanted.platform) | _FOR_ALL, set(wanted.sector) | _FOR_ALL
    return [
        seats
        for seats in supply_now(db, scope, now=now)
        if (not wanted.quarter or seats.quarter in wanted.quarter)
        and (not wanted.platform or platforms.intersection(seats.platforms))
        and (not wanted.sector or sectors.intersection(seats.sectors))
    ]


def _places(wanted: GapFilter) -> frozenset[str] | None:
    """The countries that all filters of places leave; None for all."""
    each: list[frozenset[str]] = []
    if wanted.region:
        each.append(countries_of(wanted.region))
    if wanted.country:
        each.append(frozenset(wanted.country))
    if wanted.country_group:
        members = [groups.members_of(code) for code in wanted.country_group]
        each.append(frozenset[str]().union(*members))
    return frozenset.intersection(*each) if each else None
