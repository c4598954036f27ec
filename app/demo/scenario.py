"""The invented network as the file has it, with its dates moved to begin next month."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

from app.core import countries
from app.registry.rules import working_days

Row = dict[str, Any]

_FILE = Path(__file__).parent / "data" / "demo.json"
_DECEMBER = 12
_SATURDAY = 6
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Scenario:
    """The tables of the file, and by how many days its dates move."""

    tables: dict[str, Any]
    shift: timedelta

    @property
    def starts_on(self) -> date:
        """The first Monday of the window."""
        return self.day(self.tables["window"][0])

    def rows(self, table: str) -> list[Row]:
        """One table of the file."""
        found: list[Row] = self.tables[table]
        return found

    def row(self, table: str, row_id: str) -> Row:
        """The row of a table with the file's own id, such as ``C09-S1``."""
        return next(row for row in self.rows(table) if row["id"] == row_id)

    def day(self, text: str) -> date:
        """A date of the file, moved."""
        return date.fromisoformat(text) + self.shift

    def wall(self, text: str) -> datetime:
        """A time of the file as wall time, moved: its offset is of the old date and is dropped."""
        return datetime.fromisoformat(text).replace(tzinfo=None) + self.shift

    def meetings(self, slot: Row) -> list[tuple[datetime, datetime]]:
        """Start and end of each meeting, in wall time: one on every working day of the course.

        What people do at their own pace is one meeting as long as the whole window.
        """
        starts, ends = self.wall(slot["start"]), self.wall(slot["end"])
        course = self.row("courses", slot["course"])
        if course["mode"] == "self-paced":
            return [(starts, ends)]
        days = self._days(course, starts.date(), ends.date())
        return [
            (datetime.combine(day, starts.time()), datetime.combine(day, ends.time()))
            for day in days
        ]

    def _days(self, course: Row, first: date, last: date) -> list[date]:
        weekend, count = countries.weekend(self._country(course)), ceil(course["length"])
        # India works on Saturdays; a course of two weeks there may keep them free all the same.
        for free in (weekend, weekend | {_SATURDAY}):
            days = working_days(first, count, weekend=free)
            if days[-1] == last:
                return days
        msg = f"{course['id']}: {count} working days from {first} do not end on {last}."
        raise ValueError(msg)

    def _country(self, course: Row) -> str:
        table = "facilities" if course["facility"] else "providers"
        country: str = self.row(table, course["facility"] or course["provider"])["country"]
        return country


def scenario(now: datetime) -> Scenario:
    """The network as it would be if its window began in the month after ``now``.

    Whole weeks, so that weekdays stay: the window's first Monday becomes the first Monday of that
    month which is at least a week away, since the first deadlines are three days before it. Clock
    times stay as well.
    """
    tables = _tables()
    first = date.fromisoformat(tables["window"][0])
    return Scenario(tables, _first_monday_after(now.date()) - first)


def _first_monday_after(today: date) -> date:
    year, month = (today.year + 1, 1) if today.month == _DECEMBER else (today.year, today.month + 1)
    earliest = max(date(year, month, 1), today + timedelta(days=_WEEK))
    return earliest + timedelta(days=-earliest.weekday() % _WEEK)


@cache
def _tables() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return loaded
