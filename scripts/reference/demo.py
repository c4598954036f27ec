"""Write ``demo.json``, the demonstration network, from ``hand/demo.yaml``.

Courses repeat by a pattern; this lays out their slots in local time, applies the changes that make
the scenario awkward, and checks that nothing else collides. Run after ``countries``. Standard
library and PyYAML only.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.core.zones import use_packaged_tzdata
from scripts.reference.paths import DEMO, hand_kept, require, say

Row = dict[str, Any]

_LISTS = {
    "access_rules",
    "audience",
    "languages",
    "modes",
    "platforms",
    "prerequisites",
    "skills",
}
_TABLES = ("providers", "facilities", "courses", "requests", "people")
_ON_LOCATION = {"hands-on", "classroom-onsite", "blended"}
_DAYS_TO_PREPARE = 42  # applications for a course on location close six weeks ahead
_DAYS_TO_JOIN = 3
_WHOLE_DAY = 8  # hours
_HALF_DAY = 4
_CLINIC = 2
_LATEST_HOUR = 23
_MEANT_TO_COLLIDE = ("C38-S1", "C39-S9")


class Pattern(NamedTuple):
    """First week, weeks between runs, number of runs, weekday (0 is Monday), local start."""

    first: int
    every: int
    runs: int
    weekday: int
    starts: str


def main() -> None:
    """Lay out the network, check it and write the file."""
    use_packaged_tzdata()  # the system may still know the old rules of Morocco
    hand = hand_kept("demo")
    tables = {name: list(_rows(hand[name])) for name in _TABLES}
    slots = _slots(hand, tables)
    require(_collisions(slots) == [_MEANT_TO_COLLIDE], "only the planned double booking")
    out = {
        "notice": hand["notice"],
        "window": hand["window"],
        "providers": tables["providers"],
        "facilities": tables["facilities"],
        "courses": tables["courses"],
        "slots": slots,
        "facility_blocks": hand["facility_blocks"],
        "requests": tables["requests"],
        "people": tables["people"],
        "applications": list(_applications(hand["applications"])),
    }
    text = json.dumps(out, ensure_ascii=False, indent=1)
    (DEMO / "demo.json").write_text(f"{text}\n", encoding="utf-8")
    say(", ".join(f"{len(part)} {name}" for name, part in out.items() if isinstance(part, list)))


def _rows(table: Mapping[str, Any]) -> Iterable[Row]:
    for row in table["rows"]:
        named = dict(zip(table["columns"], row, strict=True))
        yield {key: value.split() if key in _LISTS else value for key, value in named.items()}


def _slots(hand: Row, tables: Mapping[str, list[Row]]) -> list[Row]:
    zones = {
        place["id"]: place["zone"] for part in ("providers", "facilities") for place in tables[part]
    }
    slots = {}
    for course in tables["courses"]:
        zone = ZoneInfo(zones[course["facility"] or course["provider"]])
        for run in range(Pattern(*course["pattern"]).runs):
            slot = _slot(hand, course, run, zone)
            slots[slot["id"]] = slot
    for slot_id, changes in hand["changes"].items():
        slots[slot_id]["notes"].append(changes["note"])
        slots[slot_id] |= {key: value for key, value in changes.items() if key != "note"}
    return [*slots.values(), *hand["extra_slots"]]


def _slot(hand: Row, course: Row, run: int, zone: ZoneInfo) -> Row:
    starts, ends = _times(hand, course, run, zone)
    long_and_there = course["mode"] in _ON_LOCATION and course["length"] >= 1
    ahead = timedelta(days=_DAYS_TO_PREPARE if long_and_there else _DAYS_TO_JOIN)
    return {
        "id": f"{course['id']}-S{run + 1}",
        "course": course["id"],
        "facility": course["facility"] or None,
        "zone": zone.key,
        "start": starts.isoformat(),
        "end": ends.isoformat(),
        "start_utc": starts.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "seats": course["seats"],
        "status": "tentative" if course["status"] == "planned" else "confirmed",
        "apply_by": datetime.combine((starts - ahead).date(), time(18), zone).isoformat(),
        "notes": [],
    }


def _times(hand: Row, course: Row, run: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    pattern = Pattern(*course["pattern"])
    monday = date.fromisoformat(hand["window"][0])
    day = monday + timedelta(weeks=pattern.first + pattern.every * run, days=pattern.weekday)
    starts = datetime.combine(day, time.fromisoformat(pattern.starts), zone)
    if course["mode"] == "self-paced":
        return starts, starts + timedelta(weeks=pattern.every)
    if course["length"] < 1:
        return starts, starts + timedelta(hours=_HALF_DAY if course["length"] == 0.5 else _CLINIC)  # noqa: PLR2004
    weekend = {4, 5} if zone.key in hand["sunday_to_thursday"] else {5, 6}
    left = -int(-course["length"] // 1)
    while True:
        left -= day.weekday() not in weekend
        if left == 0:
            break
        day += timedelta(days=1)
    hours = _HALF_DAY if course["mode"] == "classroom-remote" else _WHOLE_DAY
    last_hour = min(starts.hour + hours, _LATEST_HOUR)
    return starts, datetime.combine(day, time(last_hour, starts.minute), zone)


def _collisions(slots: list[Row]) -> list[tuple[str, str]]:
    """Pairs that use one facility on one day."""
    placed = [slot for slot in slots if slot["facility"] and slot["status"] != "cancelled"]
    return [
        (one["id"], other["id"])
        for index, one in enumerate(placed)
        for other in placed[index + 1 :]
        if one["facility"] == other["facility"]
        and one["start"][:10] <= other["end"][:10]
        and other["start"][:10] <= one["end"][:10]
    ]


def _applications(hand: Row) -> Iterable[Row]:
    given, family = hand["given_names"].split(), hand["family_names"].split()
    for index, country in enumerate(hand["countries"].split()):
        yield {
            "slot": hand["slot"],
            "n": index + 1,
            "name": f"{given[index % len(given)]} {family[index % len(family)]} (demo)",
            "country": country,
            "passed_C16": index % 5 != 4,  # noqa: PLR2004 - every fifth has not
            "submitted": f"2027-01-{4 + index % 9:02d}",
        }


if __name__ == "__main__":
    main()
