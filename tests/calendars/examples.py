"""Entries to test with, and a reader of iCalendar lines that shares no code with the writer."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from app.calendars.ical import FeedInfo
from app.calendars.rules import Entry, EntryStatus

DAY = date(2027, 1, 20)
MIDNIGHT = datetime(2027, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(**changes: Any) -> Entry:
    starts_at = changes.get("starts_at", MIDNIGHT + timedelta(days=30))
    facts: dict[str, Any] = {
        "uid": "occ-1@cadre.example",
        "sequence": 0,
        "stamp": MIDNIGHT - timedelta(days=3),
        "created": MIDNIGHT - timedelta(days=9),
        "starts_at": starts_at,
        "ends_at": starts_at + HOUR,
        "summary": "Protocol review",
        "status": EntryStatus.CONFIRMED,
    }
    return Entry(**{**facts, **changes})


def feed(**changes: Any) -> FeedInfo:
    facts: dict[str, Any] = {
        "name": "Slots of the network",
        "description": "Every bookable meeting.",
        "last_modified": MIDNIGHT,
        "url": "https://cadre.example/slots",
        "source": "https://cadre.example/calendars/slots.ics",
    }
    return FeedInfo(**{**facts, **changes})


SCRIPTS = {
    "latin": "Assessing an éthical review of trials, phase I; part 2 \\ Night shift",
    "arabic": "مراجعة بروتوكولات التجارب السريرية، المرحلة الأولى",
    "chinese": "临床试验方案审查与药物警戒",
    "burmese": "ကျန်းမာရေး သင်တန်း",
    "emoji": "👩🏽‍🔬 🇬🇭 🌍",
}


class Property(NamedTuple):
    """One content line, its value still escaped."""

    name: str
    parameters: str
    value: str


def properties(text: bytes) -> Iterator[Property]:
    """The lines of ``text``, unfolded as bytes as RFC 5545, section 3.1, says."""
    assert text.endswith(b"\r\n")
    for line in text.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]:
        start, _, value = line.partition(":")
        name, _, parameters = start.partition(";")
        yield Property(name, parameters, value)


def events(text: bytes) -> list[dict[str, str]]:
    """Each VEVENT of ``text``: property name to value, still escaped."""
    found: list[dict[str, str]] = []
    inside = False
    for name, _, value in properties(text):
        if value == "VEVENT":
            inside = name == "BEGIN"
            found.extend([{}] if inside else [])
        elif inside:
            assert name not in found[-1]
            found[-1][name] = value
    return found


def unescaped(value: str) -> str:
    """A TEXT value as people read it (RFC 5545, section 3.3.11)."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "N": "\n"}.get(found[1], found[1]), value)
