"""Gaps as they were: written down once a day and never changed, so that trends are true."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import invalid
from app.demand.rules import sees_everything
from app.matching.queries import region_of
from app.reports.models import GapSnapshotRow
from app.reports.queries import history as queries
from app.reports.queries.demand import demand
from app.reports.queries.history import Scope
from app.reports.queries.supply import Wanted, countries_of, supply
from app.reports.rules import (
    Demand,
    Supply,
    asked_for,
    counted_for,
    gap_of,
    is_counted,
    quarter_of,
)
from app.reports.schemas import GapHistory, HistoryFilter, HistoryPoint, Step
from app.taxonomy import queries as taxonomy

_YEAR = timedelta(days=366)
_MOST_DAYS = 100
_FIGURES = ("needs", "asked", "held", "met", "gap", "offered", "free", "planned")


def gaps_of_today(db: Session, *, now: datetime) -> list[GapSnapshotRow]:
    """The gaps as they are, as cells of today (UTC) that nothing was written of yet.

    Apart from :func:`write_down`, since counting the whole network takes seconds that no writer
    should wait for.
    """
    day = now.date()
    cells: dict[tuple[Any, ...], GapSnapshotRow] = {}
    for need in demand(db):
        _count_need(_cell(cells, _need_key(need), day, now), need)
    for seats in supply(db, Wanted(by_quarter=True), now=now):
        _count_seats(_cell(cells, _seats_key(seats), day, now), seats)
    return [cells[key] for key in sorted(cells)]


def write_down(db: Session, cells: Sequence[GapSnapshotRow]) -> int:
    """Keep the cells of a day, once; returns how many, 0 when the day was written down before.

    Raises:
        IntegrityError: Another worker did so at the same moment; its rows stand.
    """
    if not cells or queries.has_snapshot(db, cells[0].day):
        return 0
    queries.write_snapshot(db, cells)
    return len(cells)


def gap_history(db: Session, actor: Actor, wanted: HistoryFilter, *, now: datetime) -> GapHistory:
    """How the gaps developed, a point for each day, or for the last one of a week or month.

    What a country did not agree to publish on a day is counted for that day as in the table of
    gaps: without its name, and only together with others.

    Raises:
        InvalidError: Day by day, more than a hundred days are asked for.
    """
    since = wanted.since or (now - _YEAR).date()
    days = _last_of_each(queries.days_since(db, since), wanted.step)
    if len(days) > _MOST_DAYS:
        text = f"At most {_MOST_DAYS} points at once: begin later, or take weeks or months."
        raise invalid("since", text, "too_many_points")
    skills = wanted.skills()
    places = countries_of(wanted.region) if wanted.region else None
    scope = Scope(skills, places)
    points: dict[date, dict[str, int]] = {day: {} for day in days}
    for row in (
        *queries.people_seen(db, actor, days, scope),
        *_told(queries.people_unseen(db, actor, days), actor, wanted),
        *queries.seats(db, days, scope),
    ):
        _add(points[row.day], row)
    return GapHistory(
        items=tuple(_point(day, sums) for day, sums in points.items()),
        began_on=queries.first_day(db),
    )


def _told(rows: Iterable[Any], actor: Actor, wanted: HistoryFilter) -> list[Any]:
    """Of what others know only in sum, the rows that may be counted under these filters."""
    by_day: dict[date, list[Any]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    axes = wanted.axes_filtered()
    skills = wanted.skills()
    places = countries_of(wanted.region) if wanted.region else None
    found = []
    for of_day in by_day.values():
        needs = counted_for(map(_hidden, of_day), sees=partial(sees_everything, actor))
        told = {(need.skill, need.country) for need in needs if is_counted(need, axes)}
        found += [
            row
            for row in of_day
            if (row.skill_id, row.country) in told
            and (skills is None or row.skill_id in skills)
            and (places is None or row.country in places)
        ]
    return found


def _hidden(row: Any) -> Demand:
    """People of one skill and country as one need, of which nothing else is told."""
    skill = taxonomy.skill(row.skill_id)
    return Demand(
        skill=row.skill_id,
        country=row.country,
        region=region_of(row.country),
        needed_by=row.day,
        people=int(row.asked),
        held=0,
        met=0,
        urgency=0,
        significance=0,
        published=False,
        domain=skill.domain if skill else "",
    )


def _last_of_each(days: Sequence[date], step: Step) -> list[date]:
    """The last day of each step that was written down; the newest is the present."""
    last: dict[Any, date] = {}
    for day in days:
        week = day.isocalendar()
        of = {Step.DAY: day, Step.WEEK: (week.year, week.week), Step.MONTH: (day.year, day.month)}
        last[of[step]] = day
    return list(last.values())


def _add(sums: dict[str, int], row: Any) -> None:
    for name in _FIGURES:
        sums[name] = sums.get(name, 0) + int(getattr(row, name, 0) or 0)


def _point(day: date, sums: dict[str, int]) -> HistoryPoint:
    return HistoryPoint(
        day=day,
        needs=sums.get("needs", 0),
        demand=sums.get("asked", 0),
        held=sums.get("held", 0),
        met=sums.get("met", 0),
        gap=sums.get("gap", 0),
        supply=sums.get("offered", 0),
        supply_free=sums.get("free", 0),
        supply_planned=sums.get("planned", 0),
    )


def _cell(
    cells: dict[tuple[Any, ...], GapSnapshotRow], key: tuple[Any, ...], day: date, now: datetime
) -> GapSnapshotRow:
    if key not in cells:
        names = (
            *("skill_id", "country", "platform", "sector"),
            *("quarter", "urgency", "significance", "published"),
        )
        fields = dict(zip(names, key, strict=True))
        cells[key] = GapSnapshotRow(day=day, taken_at=now, **fields)
    return cells[key]


def _need_key(need: Demand) -> tuple[Any, ...]:
    quarter = quarter_of(need.needed_by.year, need.needed_by.month)
    what = (need.skill, need.country, need.platform, need.sector)
    return (*what, quarter, need.urgency, need.significance, need.published)


def _seats_key(seats: Supply) -> tuple[Any, ...]:
    return (seats.skill, seats.country or "", "", "", seats.quarter or "", 0, 0, True)


def _count_need(row: GapSnapshotRow, need: Demand) -> None:
    row.needs += 1
    row.asked += asked_for(need)
    row.held += need.held
    row.met += need.met
    row.gap += gap_of(need)


def _count_seats(row: GapSnapshotRow, seats: Supply) -> None:
    if seats.planned:
        row.planned += seats.seats
    else:
        row.offered += seats.seats
        row.free += seats.seats_free
