"""What the page of gaps and its file call things."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.core import countries, sheets
from app.reports.groups import group_name
from app.reports.rules import Axis
from app.reports.schemas import GapHistory, GapPageFilter, GapTable, GapView
from app.taxonomy import queries as taxonomy

BY: tuple[tuple[str, str], ...] = (
    ("skill", "Skill and region"),
    ("domain", "Domain and region"),
    ("region", "Region of WHO"),
    ("country", "Country"),
    ("group", "Group of countries"),
    ("platform", "Product type"),
    ("sector", "Sector"),
    ("quarter", "Quarter"),
)
"""What rows can be grouped by, and how the page says it."""

_NAMES: dict[str, Callable[[str], str]] = {
    Axis.SKILL: taxonomy.skill_label,
    Axis.DOMAIN: lambda code: found.label if (found := taxonomy.domain(code)) else code,
    Axis.REGION: countries.region_name,
    Axis.COUNTRY: countries.name,
    Axis.GROUP: group_name,
    Axis.PLATFORM: lambda code: taxonomy.label("platforms", code),
    Axis.SECTOR: lambda code: taxonomy.label("audience_sectors", code),
    Axis.QUARTER: str,
}
_NOWHERE: dict[str, str] = {
    Axis.REGION: "No region of WHO",
    Axis.COUNTRY: "Countries that are not named",
    Axis.GROUP: "At a distance",
    Axis.PLATFORM: "Any product type",
    Axis.SECTOR: "Any sector",
}
_SLOT_FILTERS = ("skill", "domain", "region", "country", "platform")
_REQUEST_FILTERS = (*_SLOT_FILTERS, "sector", "urgency", "significance")
_TREND_WIDTH, _TREND_HEIGHT = 600, 120
_HEAT = (0, 1, 5, 20)
"""People from which on a cell of the table by both degrees is paler, middling or strong."""


@dataclass(frozen=True, slots=True)
class RowWords:
    """A row of the table, ready to show: its name, what stands below it, and where it leads."""

    view: GapView
    name: str
    below: str
    slots_url: str
    requests_url: str


@dataclass(frozen=True, slots=True)
class Trend:
    """A line for the people without a seat and one for those trained, as points of a polyline."""

    gap: str
    met: str
    highest: int


def row_words(rows: Iterable[GapView], wanted: GapPageFilter) -> list[RowWords]:
    """The rows with their names and links, which keep what the page is filtered by."""
    axes = wanted.table().group
    return [_row(row, axes, wanted) for row in rows]


def heat(people: int) -> int:
    """How strongly a number of people is shown: 0 none to 3 many."""
    return sum(people >= least for least in _HEAT) - 1 if people else 0


def trend_of(history: GapHistory) -> Trend | None:
    """The lines of the trend; None for fewer than two points."""
    points = history.items
    if len(points) <= 1:
        return None
    highest = max(1, *(max(each.gap, each.met) for each in points))
    return Trend(
        gap=_line([each.gap for each in points], highest),
        met=_line([each.met for each in points], highest),
        highest=highest,
    )


def csv_of(table: GapTable, wanted: GapPageFilter) -> bytes:
    """The table as a file for a spreadsheet; names instead of codes, and no totals of seats."""
    axes = wanted.table().group
    head = [dict(BY).get(axis, axis) if len(axes) == 1 else axis.capitalize() for axis in axes]
    columns = (
        *("demand", "held", "met", "gap", "urgency", "significance"),
        *("supply", "supply_free", "supply_remote", "supply_planned"),
    )
    rows: list[Sequence[Any]] = [[*head, *columns]]
    rows += [
        [*(_name(row, axis) for axis in axes), *(getattr(row, name) for name in columns)]
        for row in table.items
    ]
    return sheets.csv_file(rows, marked=True)


def _row(row: GapView, axes: Sequence[Axis], wanted: GapPageFilter) -> RowWords:
    names = [_name(row, axis) for axis in axes]
    said: dict[str, Any] = {
        name: getattr(wanted, name) for name in _REQUEST_FILTERS if getattr(wanted, name)
    }
    said |= {axis: [value] for axis in axes if (value := getattr(row, axis))}
    if row.group or wanted.country_group:  # which the lists know as a region
        groups = [row.group] if row.group else wanted.country_group
        known = [code for code in groups if countries.is_region(code)]
        said |= {"region": known} if known else {}
    return RowWords(
        view=row,
        name=names[0],
        below=", ".join(names[1:]),
        slots_url=_url("/slots", said, _SLOT_FILTERS),
        requests_url=_url("/requests", said, _REQUEST_FILTERS),
    )


def _url(path: str, said: dict[str, Any], known: Sequence[str]) -> str:
    query = [(name, value) for name in known for value in said.get(name, ())]
    return f"{path}?{urlencode(query)}" if query else path


def _name(row: GapView, axis: Axis) -> str:
    value = getattr(row, axis)
    return _NAMES[axis](value) if value else _NOWHERE.get(axis, "")


def _line(values: Sequence[int], highest: int) -> str:
    step = _TREND_WIDTH / (len(values) - 1)
    return " ".join(
        f"{number * step:.0f},{_TREND_HEIGHT - value * _TREND_HEIGHT / highest:.0f}"
        for number, value in enumerate(values)
    )
