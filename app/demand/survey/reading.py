"""A table of needs as requests, or as what is wrong with which cell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.core.tables import Cell
from app.demand.schemas import GapRequestIn
from app.demand.survey.columns import COLUMNS, Column, column_of

_BY_REFERENCE = ("country", "code")
_BY_WINDOW = ("country", "code", "sector", "earliest", "needed_by")

MAX_REQUESTS = 300
"""Most requests of one survey."""


@dataclass(frozen=True, slots=True)
class SurveyProblem:
    """What is wrong with a cell: the row's number in the file, and the column's heading."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """One request of the survey, and the numbers of the rows that say so."""

    rows: tuple[int, ...]
    request: GapRequestIn


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found in a table: requests that can be kept as drafts, and problems."""

    requests: tuple[SurveyRequest, ...] = ()
    problems: tuple[SurveyProblem, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class _Row:
    """One row: the values of its cells by field."""

    number: int
    values: dict[str, Any]


@dataclass(slots=True)
class _Reading:
    """What is known while a table is read."""

    columns: dict[int, Column]
    problems: list[SurveyProblem] = field(default_factory=list)

    def problem(self, row: int, name: str, message: str) -> None:
        """Note what is wrong."""
        self.problems.append(SurveyProblem(row, name, message))


def read_survey(table: Sequence[Sequence[Cell]], *, country: str | None = None) -> Survey:
    """The requests of a table with one row for each need, below a row of headings.

    Rows with the same reference are one request; so are rows without one that name the same
    country, sector and window. What is wrong is said for each cell, and then nothing is made of
    the row.

    Args:
        table: The cells, from the first row on.
        country: Whose request a row is that names none.
    """
    start = next((index for index, row in enumerate(table) if any(row)), None)
    if start is None:
        return Survey(problems=(SurveyProblem(1, "", "The table is empty."),))
    reading, ignored = _headings(table[start], start + 1)
    if reading.problems:
        return Survey(problems=tuple(reading.problems), ignored=ignored)
    rows = list(_rows(table, start + 1, reading, country))
    if not rows and not reading.problems:
        reading.problem(start + 2, "", "There is no row below the headings.")
    found = []
    groups = _grouped(rows)
    if len(groups) > MAX_REQUESTS:
        reading.problem(1, "", f"These are {len(groups)} requests; please send {MAX_REQUESTS}.")
        groups = []
    for group in groups:
        made = _request(group, reading)
        if made is not None:
            found.append(SurveyRequest(tuple(row.number for row in group), made))
    problems = sorted(reading.problems, key=lambda each: each.row)
    return Survey(tuple(found), tuple(problems), ignored)


def _headings(cells: Sequence[Cell], number: int) -> tuple[_Reading, tuple[str, ...]]:
    reading, ignored = _Reading({}), []
    for index, cell in enumerate(cells):
        if cell is None:
            continue
        column = column_of(str(cell))
        if column is None:
            ignored.append(str(cell)[:60])
        elif column in reading.columns.values():
            reading.problem(number, column.heading, "This column is there twice.")
        else:
            reading.columns[index] = column
    for column in COLUMNS:
        if column.required and column not in reading.columns.values():
            reading.problem(number, column.heading, "This column is missing.")
    return reading, tuple(ignored)


def _rows(
    table: Sequence[Sequence[Cell]], start: int, reading: _Reading, country: str | None
) -> Iterator[_Row]:
    """The rows that are filled in; one with a problem is left out."""
    for index, cells in enumerate(table[start:], start=start + 1):
        if not any(cell is not None for cell in cells):
            continue
        before = len(reading.problems)
        values = _values(cells, index, reading)
        if country is not None:
            values.setdefault("country", country)
        if len(reading.problems) == before:
            yield _Row(index, values)


def _values(cells: Sequence[Cell], number: int, reading: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for index, column in reading.columns.items():
        cell = cells[index] if index < len(cells) else None
        if cell is None:
            continue
        try:
            found[column.field] = column.reader(cell)
        except ValueError as error:
            reading.problem(number, column.heading, str(error))
    for column in COLUMNS:
        if column.required and column.of_need and _is_empty(cells, column, reading):
            reading.problem(number, column.heading, "Please fill this in.")
    return found


def _is_empty(cells: Sequence[Cell], column: Column, reading: _Reading) -> bool:
    index = next(place for place, each in reading.columns.items() if each is column)
    return index >= len(cells) or cells[index] is None


def _grouped(rows: Sequence[_Row]) -> list[list[_Row]]:
    """The rows of each request, in the order of their first."""
    groups: dict[tuple[object, ...], list[_Row]] = {}
    for row in rows:
        names = _BY_REFERENCE if "code" in row.values else _BY_WINDOW
        key = tuple(row.values.get(name) for name in names)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _request(rows: Sequence[_Row], reading: _Reading) -> GapRequestIn | None:
    said: dict[str, Any] = {}
    before = len(reading.problems)
    for row in rows:
        for column in COLUMNS:
            value = row.values.get(column.field)
            if column.of_need or value is None:
                continue
            if said.setdefault(column.field, value) != value:
                text = f"Row {rows[0].number} of the same request says something else."
                reading.problem(row.number, column.heading, text)
    for column in COLUMNS:
        if column.required and not column.of_need and column.field not in said:
            reading.problem(rows[0].number, column.heading, "Please fill this in.")
    if len(reading.problems) > before:
        return None
    return _checked(said, rows, reading)


def _checked(said: dict[str, Any], rows: Sequence[_Row], reading: _Reading) -> GapRequestIn | None:
    of_need = {column.field for column in COLUMNS if column.of_need}
    needs = [{key: row.values[key] for key in of_need if key in row.values} for row in rows]
    detail = said.pop("publish_detail", "")
    published = {"publish": True, "publish_detail": detail} if detail else {}
    try:
        return GapRequestIn.model_validate({**said, **published, "needs": needs})
    except ValidationError as error:
        for problem in error.errors():
            reading.problem(*place_of(problem["loc"], [row.number for row in rows]), problem["msg"])
        return None


def place_of(loc: Sequence[str | int], rows: Sequence[int]) -> tuple[int, str]:
    """The row and the column's heading of a problem with a request that ``rows`` made."""
    row, name = rows[0], str(loc[0]) if loc else ""
    if len(loc) > 1 and name == "needs" and isinstance(loc[1], int):
        row = rows[min(loc[1], len(rows) - 1)]
        name = str(loc[2]) if len(loc) > 2 else "skill"  # noqa: PLR2004 - needs, index, field
    heading = next((each.heading for each in COLUMNS if each.field == name), "")
    return row, heading
