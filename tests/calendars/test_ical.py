"""The bytes of entries and feeds, as calendar programs have to read them."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import ics
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from app.calendars.ical import DEMONSTRATION_NOTE, PRODID, TAIL, head, join, render_event
from app.calendars.rules import EntryStatus, description_text, location_line, summary_line
from tests.calendars.examples import (
    HOUR,
    MIDNIGHT,
    SCRIPTS,
    entry,
    events,
    feed,
    properties,
    unescaped,
)

RICH = entry(
    sequence=4,
    summary="Trial review, part 1; basics",
    location="Hall 2, Accra, Ghana",
    description=("Local time 09:00–10:00 Africa/Accra", "Bring a laptop; no fee, no visa"),
    url="https://cadre.example/slots/1?a=1,2;b=3",
    categories=("Clinical trials, phase I", "Ethics"),
)


def assert_well_formed(text: bytes) -> None:
    """CRLF only, at most 75 octets in a line, each line whole characters, no control characters."""
    assert text.startswith(b"BEGIN:")
    assert text.endswith(b"\r\n")
    assert text.count(b"\n") == text.count(b"\r") == text.count(b"\r\n")
    lines = text.split(b"\r\n")[:-1]
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        shown = line.decode()
        assert shown != ""
        assert not {c for c in shown if c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029"}


def test_an_event_has_exactly_the_properties_of_the_design() -> None:
    (event,) = events(render_event(RICH))

    assert event == {
        "UID": "occ-1@cadre.example",
        "SEQUENCE": "4",
        "DTSTAMP": "20270117T000000Z",
        "LAST-MODIFIED": "20270117T000000Z",
        "CREATED": "20270111T000000Z",
        "DTSTART": "20270219T000000Z",
        "DTEND": "20270219T010000Z",
        "SUMMARY": "Trial review\\, part 1\\; basics",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "LOCATION": "Hall 2\\, Accra\\, Ghana",
        "DESCRIPTION": "Local time 09:00–10:00 Africa/Accra\\nBring a laptop\\; no fee\\, no visa",
        "URL": "https://cadre.example/slots/1?a=1,2;b=3",
        "CATEGORIES": "Clinical trials\\, phase I,Ethics",
    }


def test_what_is_not_known_is_absent_and_never_none() -> None:
    text = render_event(entry())

    assert not {"LOCATION", "DESCRIPTION", "URL", "CATEGORIES", "CONFERENCE"} & set(events(text)[0])
    assert b"None" not in text


def test_times_of_any_zone_are_written_in_utc_in_whole_seconds() -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    start = datetime(2027, 2, 1, 9, 0, 0, 999_999, tzinfo=east)

    (event,) = events(render_event(entry(starts_at=start, stamp=start, created=start)))

    times = ("DTSTART", "DTSTAMP", "LAST-MODIFIED", "CREATED")
    assert {event[name] for name in times} == {"20270201T031500Z"}
    assert b"TZID" not in render_event(entry(starts_at=start))


@pytest.mark.parametrize(
    ("status", "transparent", "shown"),
    [
        (EntryStatus.CONFIRMED, False, ("CONFIRMED", "OPAQUE", "Protocol review")),
        (EntryStatus.CONFIRMED, True, ("CONFIRMED", "TRANSPARENT", "Protocol review")),
        (EntryStatus.TENTATIVE, False, ("TENTATIVE", "OPAQUE", "Protocol review")),
        (EntryStatus.CANCELLED, False, ("CANCELLED", "TRANSPARENT", "Cancelled: Protocol review")),
    ],
)
def test_the_status_shows_in_three_places(
    status: EntryStatus, transparent: bool, shown: tuple[str, str, str]
) -> None:
    (event,) = events(render_event(entry(status=status, transparent=transparent)))

    assert (event["STATUS"], event["TRANSP"], event["SUMMARY"]) == shown


def test_a_place_to_join_is_a_typed_uri() -> None:
    text = render_event(entry(conference="https://meet.example/r/1?p=2,3"))

    assert b"\r\nCONFERENCE;FEATURE=VIDEO;VALUE=URI:https://meet.example/r/1?p=2,3\r\n" in text


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("a,b;c", "a\\,b\\;c"),
        ("C:\\New\\name", "C:\\\\New\\\\name"),
        ("\\n \\, \\;", "\\\\n \\\\\\, \\\\\\;"),
        ('"quoted" & <b>', '"quoted" & <b>'),
        ("a:b", "a:b"),
    ],
)
def test_text_is_escaped_exactly_once(typed: str, written: str) -> None:
    text = render_event(entry(summary=typed, location=typed, description=(typed, typed)))
    (event,) = events(text)

    assert event["SUMMARY"] == event["LOCATION"] == written
    assert event["DESCRIPTION"] == f"{written}\\n{written}"


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_line_separator_becomes_an_escaped_newline_or_a_blank(separator: str) -> None:
    typed = f"one{separator}two"

    (event,) = events(render_event(entry(summary=typed, location=typed, description=(typed,))))

    assert event["SUMMARY"] == event["LOCATION"] == "one two"
    assert event["DESCRIPTION"] == "one\\ntwo"


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x1c", "\x7f", "\x80", "\x9f"])
def test_control_characters_are_left_out(control: str) -> None:
    dirty = f"a{control}b"
    what = entry(summary=dirty, location=dirty, description=(dirty,), categories=(dirty,))

    (event,) = events(render_event(what))

    written = {event[name] for name in ("SUMMARY", "LOCATION", "DESCRIPTION", "CATEGORIES")}
    assert written == {"ab"}
    assert_well_formed(render_event(what))
    assert_well_formed(head(feed(name=dirty, description=dirty)))


def test_a_category_of_nothing_visible_is_left_out() -> None:
    (event,) = events(render_event(entry(categories=("", " ", "\x00", "Ethics"))))

    assert event["CATEGORIES"] == "Ethics"


def test_an_address_cannot_add_a_line() -> None:
    text = render_event(entry(url="https://cadre.example/a\r\nATTACH:x y\u2028"))

    assert events(text)[0]["URL"] == "https://cadre.example/aATTACH:xy"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("shift", range(5))
def test_long_lines_are_folded_by_octets_between_characters(script: str, shift: int) -> None:
    long = "x" * shift + SCRIPTS[script] * 12
    what = entry(summary=long, location=long, description=(long, long), categories=(long,))
    text = render_event(what)

    assert_well_formed(text)
    assert b"\r\n " in text
    (event,) = events(text)
    assert unescaped(event["SUMMARY"]) == summary_line(what)
    assert unescaped(event["LOCATION"]) == location_line(what)
    assert unescaped(event["DESCRIPTION"]) == description_text(what)


TEXTS = st.text(max_size=300) | st.text(alphabet='\\nN,;:" \r\n\tأ临🌍', max_size=300)


@given(summary=TEXTS, location=TEXTS, lines=st.lists(TEXTS, max_size=4), category=TEXTS)
def test_any_text_is_well_formed_and_reads_back(
    summary: str, location: str, lines: list[str], category: str
) -> None:
    what = entry(
        summary=summary, location=location, description=tuple(lines), categories=(category,)
    )
    text = render_event(what)

    assert_well_formed(text)
    (event,) = events(text)
    assert unescaped(event["SUMMARY"]) == summary_line(what)
    assert unescaped(event.get("LOCATION", "")) == location_line(what)
    assert unescaped(event.get("DESCRIPTION", "")) == description_text(what)


@given(name=TEXTS, description=TEXTS)
def test_any_name_of_a_feed_is_well_formed_and_said_twice(name: str, description: str) -> None:
    text = head(feed(name=name, description=description))

    assert_well_formed(text)
    said = {name: value for name, _, value in properties(text)}
    assert said["NAME"] == said["X-WR-CALNAME"]
    assert said["DESCRIPTION"] == said["X-WR-CALDESC"]


def test_the_head_has_exactly_the_properties_of_the_design() -> None:
    said = list(properties(head(feed())))

    assert [said[0], said[1]] == [("BEGIN", "", "VCALENDAR"), ("VERSION", "", "2.0")]
    assert sorted(said[1:]) == [
        ("CALSCALE", "", "GREGORIAN"),
        ("COLOR", "", "teal"),
        ("DESCRIPTION", "", "Every bookable meeting."),
        ("LAST-MODIFIED", "", "20270120T000000Z"),
        ("NAME", "", "Slots of the network"),
        ("PRODID", "", PRODID),
        ("REFRESH-INTERVAL", "VALUE=DURATION", "PT6H"),
        ("SOURCE", "VALUE=URI", "https://cadre.example/calendars/slots.ics"),
        ("URL", "", "https://cadre.example/slots"),
        ("VERSION", "", "2.0"),
        ("X-PUBLISHED-TTL", "", "PT6H"),
        ("X-WR-CALDESC", "", "Every bookable meeting."),
        ("X-WR-CALNAME", "", "Slots of the network"),
    ]


def test_a_private_feed_does_not_say_where_it_is() -> None:
    names = {name for name, _, _ in properties(head(feed(url=None, source=None)))}

    assert not {"URL", "SOURCE", "UID", "METHOD"} & names


def test_a_demonstration_says_that_it_is_one() -> None:
    said = {name: unescaped(value) for name, _, value in properties(head(feed(demonstration=True)))}

    assert said["DESCRIPTION"] == f"Every bookable meeting. {DEMONSTRATION_NOTE}"
    assert said["PRODID"] == PRODID


def test_a_joined_feed_is_head_events_tail() -> None:
    first, second = entry(uid="a"), entry(uid="b")
    text = join(feed(), [render_event(first), render_event(second)])

    assert text == head(feed()) + render_event(first) + render_event(second) + TAIL
    assert_well_formed(text)
    assert [event["UID"] for event in events(text)] == ["a", "b"]


def test_two_processes_with_other_hash_seeds_write_the_same_bytes() -> None:
    script = (
        "import sys; from tests.calendars.test_ical import RICH, feed, join, render_event;"
        "sys.stdout.buffer.write(join(feed(), [render_event(RICH)]))"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Kathmandu"))
    }

    assert written == {join(feed(), [render_event(RICH)])}


def example_feed() -> tuple[list[Any], bytes]:
    """Entries in all scripts and states, and the feed of them."""
    entries = [
        entry(
            uid=f"occ-{number}@cadre.example",
            sequence=number,
            starts_at=MIDNIGHT + number * HOUR,
            ends_at=MIDNIGHT + (number + 2) * HOUR,
            summary=f"{text} {number}",
            status=status,
            location=f"{text}, Accra, Ghana",
            description=(text * 5, text),
            categories=(text,),
            url="https://cadre.example/slots/1",
        )
        for number, (text, status) in enumerate(
            (text, status) for text in SCRIPTS.values() for status in EntryStatus
        )
    ]
    return entries, join(feed(), [render_event(each) for each in entries])


def test_vobject_reads_what_was_meant() -> None:
    entries, text = example_feed()
    read = {event.uid.value: event for event in vobject.readOne(text.decode()).vevent_list}

    assert len(read) == len(entries)
    for each in entries:
        event = read[each.uid]
        assert (event.dtstart.value, event.dtend.value) == (each.starts_at, each.ends_at)
        assert (event.status.value, int(event.sequence.value)) == (each.status, each.sequence)
        assert event.summary.value == summary_line(each)
        assert event.location.value == location_line(each)
        assert event.description.value == description_text(each)
        assert event.last_modified.value == event.dtstamp.value == each.stamp


def test_ics_reads_what_was_meant() -> None:
    entries, text = example_feed()
    read = {event.uid: event for event in ics.Calendar(text.decode()).events}

    assert len(read) == len(entries)
    for each in entries:
        event = read[each.uid]
        assert (event.begin.datetime, event.end.datetime) == (each.starts_at, each.ends_at)
        assert event.begin.datetime.utcoffset() == timedelta(0)
        assert event.status == each.status
        sequences = [line.value for line in event.extra if line.name == "SEQUENCE"]
        assert sequences == [str(each.sequence)]
        assert event.transparent == each.is_free_time
        assert event.last_modified.datetime == each.stamp.astimezone(UTC)


def test_our_own_reader_reads_what_was_meant() -> None:
    entries, text = example_feed()
    read = {event["UID"]: event for event in events(text)}

    assert len(read) == len(entries)
    for each in entries:
        event = read[each.uid]
        assert event["DTSTART"] == f"{each.starts_at:%Y%m%dT%H%M%SZ}"
        assert event["DTEND"] == f"{each.ends_at:%Y%m%dT%H%M%SZ}"
        assert (event["STATUS"], event["SEQUENCE"]) == (each.status, str(each.sequence))
        assert unescaped(event["CATEGORIES"]) == each.categories[0]


def test_no_other_module_writes_calendars_its_own_way() -> None:
    app = Path(sys.modules[render_event.__module__].__file__ or "").parent.parent
    importers = {
        path.relative_to(app).as_posix()
        for path in app.rglob("*.py")
        if re.search(r"^\s*(?:from|import) icalendar\b", path.read_text(), re.MULTILINE)
    }

    assert importers == {"calendars/ical.py"}
