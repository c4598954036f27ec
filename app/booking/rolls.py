"""A slot's people as a list: its days, and the lines of a spreadsheet. No queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.booking.rules.attendance import is_day_come
from app.booking.schemas import RollLine
from app.booking.words import state_label
from app.core import countries
from app.core.moments import local_text
from app.core.zones import to_local
from app.registry.models import Meeting
from app.taxonomy import queries as taxonomy


@dataclass(frozen=True, slots=True)
class Day:
    """A meeting as a column of the list; ``come``: it can be recorded."""

    id: UUID
    label: str
    short: str
    come: bool


def days_of(meetings: Iterable[Meeting], *, now: datetime) -> list[Day]:
    """The meetings as columns, in their order."""
    return [
        Day(
            id=meeting.id,
            label=local_text(meeting.starts_at, meeting.zone, meeting.ends_at),
            short=_short(to_local(meeting.starts_at, meeting.zone)),
            come=is_day_come(meeting.starts_at, meeting.zone, now=now),
        )
        for meeting in meetings
    ]


def _short(start: datetime) -> str:
    return f"{start:%a} {start.day} {start:%b}, {start:%H:%M}"


def paper_label(paper: str) -> str:
    """What a place asks people to bring, in words."""
    return taxonomy.label("access_requirements", paper)


def roster_rows(
    lines: Sequence[RollLine],
    days: Sequence[Day],
    papers: Sequence[str],
    held: Mapping[UUID, frozenset[str]],
) -> list[list[Any]]:
    """The header, then a row for each person: who, from where, papers, days, result."""
    header = ["Number", "Name", "E-mail", "Country", "Organisation", "State", "Result"]
    header += [paper_label(paper) for paper in papers] + [day.label for day in days]
    return [header, *(_row(n, line, days, papers, held) for n, line in enumerate(lines, start=1))]


def _row(
    number: int,
    line: RollLine,
    days: Sequence[Day],
    papers: Sequence[str],
    held: Mapping[UUID, frozenset[str]],
) -> list[Any]:
    person = line.person
    own = held.get(person.id, frozenset())
    return [
        number,
        person.name,
        person.email,
        countries.name(person.country) if person.country else None,
        line.organisation,
        state_label(line.state),
        line.result,
        *("yes" if paper in own else "not shown here" for paper in papers),
        *(_DAYS[line.days.get(day.id)] for day in days),
    ]


_DAYS: Mapping[bool | None, str] = {True: "present", False: "absent", None: ""}
