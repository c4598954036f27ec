"""Use cases of reports; all of them read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.errors import invalid
from app.demand.rules import sees_everything
from app.matching.rules.overlaps import overlapping
from app.registry.queries.slots import slots_by_id
from app.reports import queries
from app.reports.queries import SpareDate
from app.reports.rules import Axis, gap_rows, totals
from app.reports.schemas import GapFilter, GapTable, GapView, OverlapView, PlaceFilter, figures


@dataclass(frozen=True, slots=True)
class Overlaps:
    """One page of overlaps, how many there are, and where the next page begins (or None)."""

    items: list[OverlapView]
    total: int
    last: list[str | int] | None


def gap_table(
    db: Session, actor: Actor, wanted: GapFilter, *, now: datetime
) -> tuple[GapTable, int]:
    """The whole table of gaps, and how many of its first rows have people asked for.

    Everybody reads it; a need that its country does not publish is counted without the country's
    name, except for the country itself and the secretariat.
    """
    skills, regions = wanted.skills(), frozenset(wanted.region)
    by_quarter = Axis.QUARTER in wanted.group
    rows = gap_rows(
        queries.demand(db, skills, regions),
        queries.supply(db, skills, regions, now=now, by_quarter=by_quarter),
        wanted.group,
        sees=lambda country: sees_everything(actor, country),
    )
    items = tuple(GapView.of(row) for row in rows)
    table = GapTable(items=items, total=len(items), totals=figures(totals(rows)))
    return table, sum(row.asked > 0 for row in rows)


def overlaps(
    db: Session,
    wanted: PlaceFilter,
    *,
    now: datetime,
    limit: int,
    after: list[str | int] | None = None,
) -> Overlaps:
    """Dates of one skill and region at about the same time, with seats to spare.

    Those of several providers come first, since one of them could move; then by time.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    groups = _groups(queries.spare_dates(db, wanted.skills(), frozenset(wanted.region), now=now))
    first = offset_of(after)
    shown = groups[first : first + limit]
    slots = slots_by_id(
        db, list({date.dated.slot_id for group in shown for date in group}), now=now
    )
    items = [
        OverlapView(
            skill=group[0].skill,
            region=group[0].region,
            starts_on=min(date.dated.starts_on for date in group),
            ends_on=max(date.dated.ends_on for date in group),
            providers=_providers(group),
            seats_free=sum(date.seats_free for date in group),
            slots=tuple(slots[date.dated.slot_id] for date in group),
        )
        for group in shown
    ]
    end = first + limit
    return Overlaps(items, len(groups), [end] if end < len(groups) else None)


def offset_of(after: list[str | int] | None) -> int:
    """Where a page of a table begins.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    match after:
        case None:
            return 0
        case [int() as offset] if offset >= 0:
            return offset
    raise invalid("cursor", "This cursor belongs to another list.", "bad_cursor")


def _groups(dates: Sequence[SpareDate]) -> list[list[SpareDate]]:
    kinds: dict[tuple[str, str], dict[object, SpareDate]] = {}
    for date in dates:
        kinds.setdefault((date.skill, date.region), {})[date.dated.slot_id] = date
    groups = [
        [of_kind[dated.slot_id] for dated in group]
        for _, of_kind in sorted(kinds.items())
        for group in overlapping(date.dated for date in of_kind.values())
    ]
    # Sorting keeps the order of skills and regions for what begins on the same day.
    return sorted(groups, key=lambda group: (_providers(group) == 1, group[0].dated.starts_on))


def _providers(group: Sequence[SpareDate]) -> int:
    return len({date.provider_id for date in group})
