"""Dates for the same people in the same weeks, of which one could move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.matching.rules.overlaps import overlapping
from app.registry.queries.slots import slots_by_id
from app.reports.queries.overlaps import SpareDate, spare_dates
from app.reports.schemas import OverlapView, PlaceFilter
from app.reports.service.tables import offset_of


@dataclass(frozen=True, slots=True)
class Overlaps:
    """One page of overlaps, how many there are, and where the next page begins (or None)."""

    items: list[OverlapView]
    total: int
    last: list[str | int] | None


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
    groups = _groups(spare_dates(db, wanted.skills(), frozenset(wanted.region), now=now))
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
