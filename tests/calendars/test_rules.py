"""What an entry may be, what a feed's window shows, and the words it uses."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calendars.rules import (
    DESCRIPTION_LIMIT,
    LOCATION_LIMIT,
    SUMMARY_LIMIT,
    EntryStatus,
    description_text,
    entry_uid,
    in_order,
    is_shown,
    last_change,
    local_time_line,
    location_line,
    most_wanted_first,
    place_line,
    shortened,
    summary_line,
    window_of,
)
from tests.calendars.examples import DAY, HOUR, MIDNIGHT, entry


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": MIDNIGHT + timedelta(days=30)},
        {"stamp": datetime.fromisoformat("2027-01-01")},
        {"starts_at": datetime.fromisoformat("2027-01-01"), "ends_at": MIDNIGHT},
        {"uid": ""},
        {"sequence": -1},
    ],
)
def test_what_no_calendar_could_show_is_no_entry(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(The times of an|An) entry"):
        entry(**wrong)


def test_the_uid_names_the_meeting_and_the_network() -> None:
    assert entry_uid("0192-ab", "cadre.example") == "occ-0192-ab@cadre.example"


def test_a_cancelled_entry_leaves_the_reader_free_whatever_it_was() -> None:
    assert entry(status=EntryStatus.CANCELLED, transparent=False).is_free_time
    assert entry(transparent=True).is_free_time
    assert not entry().is_free_time


def test_the_window_is_90_days_back_and_18_months_ahead_at_midnight_utc() -> None:
    window = window_of(DAY)

    assert window.rolled_at == MIDNIGHT
    assert window.opens_at == datetime(2026, 10, 22, tzinfo=UTC)
    assert window.tombstones_from == datetime(2026, 11, 21, tzinfo=UTC)
    assert window.closes_at == datetime(2028, 7, 20, tzinfo=UTC)


def test_the_window_closes_on_the_last_day_of_a_shorter_month() -> None:
    assert window_of(date(2027, 8, 31)).closes_at == datetime(2029, 2, 28, tzinfo=UTC)
    assert window_of(date(2026, 8, 31)).closes_at == datetime(2028, 2, 29, tzinfo=UTC)


def test_an_entry_is_shown_while_it_touches_the_window() -> None:
    window = window_of(DAY)

    assert not is_shown(entry(starts_at=window.opens_at - HOUR), window)
    assert is_shown(entry(starts_at=window.opens_at - HOUR + timedelta(seconds=1)), window)
    assert is_shown(entry(starts_at=window.closes_at - timedelta(seconds=1)), window)
    assert not is_shown(entry(starts_at=window.closes_at), window)


def test_a_cancelled_entry_stays_for_60_days_past_its_end() -> None:
    window = window_of(DAY)
    ends_then = window.tombstones_from - HOUR

    assert is_shown(entry(starts_at=ends_then, status=EntryStatus.CANCELLED), window)
    too_old = ends_then - timedelta(seconds=1)
    assert not is_shown(entry(starts_at=too_old, status=EntryStatus.CANCELLED), window)
    assert is_shown(entry(starts_at=too_old, status=EntryStatus.CONFIRMED), window)


def test_entries_are_in_order_of_start_then_uid() -> None:
    late = entry(uid="a", starts_at=MIDNIGHT + 2 * HOUR)
    second = entry(uid="c", starts_at=MIDNIGHT + HOUR)
    first = entry(uid="b", starts_at=MIDNIGHT + HOUR)

    assert in_order([late, second, first]) == in_order([first, late, second])
    assert in_order([late, second, first]) == [first, second, late]


def test_what_comes_soonest_is_wanted_most_and_what_is_long_over_least() -> None:
    running = entry(starts_at=MIDNIGHT - timedelta(minutes=30))
    soon, later = entry(starts_at=MIDNIGHT + HOUR), entry(starts_at=MIDNIGHT + 9 * HOUR)
    yesterday = entry(starts_at=MIDNIGHT - timedelta(days=1))
    long_ago = entry(starts_at=MIDNIGHT - timedelta(days=50))

    ranked = most_wanted_first([long_ago, later, running, yesterday, soon], window_of(DAY))

    assert ranked == [running, soon, later, yesterday, long_ago]


def test_the_last_change_is_the_newest_revision_or_the_roll_of_the_window() -> None:
    window = window_of(DAY)
    fresh = entry(stamp=MIDNIGHT + HOUR)

    assert last_change([], window) == MIDNIGHT
    assert last_change([entry()], window) == MIDNIGHT
    assert last_change([entry(), fresh], window) == MIDNIGHT + HOUR


def test_a_cancelled_title_says_so_within_the_limit() -> None:
    title = "Reviewing clinical trial protocols " * 5
    cancelled = summary_line(entry(summary=title, status=EntryStatus.CANCELLED))

    assert cancelled.startswith("Cancelled: Reviewing")
    assert cancelled.endswith("…")
    assert len(cancelled) <= SUMMARY_LIMIT
    assert summary_line(entry(summary="Pharmacovigilance")) == "Pharmacovigilance"


def test_titles_and_places_are_one_line_without_control_characters() -> None:
    dirty = "  Trial\u2028review\x00 \x07and\x85more\r\nwords\x0b!  "

    assert summary_line(entry(summary=dirty)) == "Trial review and more words !"
    assert location_line(entry(location=dirty)) == "Trial review and more words !"


def test_a_description_keeps_its_lines_and_drops_empty_ones() -> None:
    text = description_text(entry(description=("Local time", "", "a\r\n\r\nb\u2029c", "  ", "d")))

    assert text == "Local time\na\nb\nc\nd"


def test_letters_are_composed() -> None:
    assert summary_line(entry(summary="Cafe\u0301")) == "Caf\u00e9"


def test_a_place_is_what_is_known_of_it() -> None:
    assert place_line("Hall 2", None, " Accra ", "", "Ghana") == "Hall 2, Accra, Ghana"
    assert place_line(None, "") == ""


@pytest.mark.parametrize(
    ("start", "end", "zone", "line"),
    [
        ("2026-12-01 09:00", "2026-12-01 17:00", "Africa/Casablanca", "09:00–17:00"),
        ("2027-03-09 03:15", "2027-03-09 11:15", "Asia/Kathmandu", "09:00–17:00"),
        ("2027-03-09 20:00", "2027-03-10 01:00", "Asia/Kathmandu", "01:45–06:45"),
        ("2027-03-09 12:00", "2027-03-09 20:00", "Asia/Tokyo", "21:00–2027-03-10 05:00"),
    ],
)
def test_the_local_time_is_that_of_the_place(start: str, end: str, zone: str, line: str) -> None:
    starts_at, ends_at = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (start, end))

    assert local_time_line(starts_at, ends_at, zone) == f"Local time {line} {zone}"


def test_a_text_is_cut_after_a_word_where_one_is_near() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two three", 10) == "one two…"
    assert shortened("一二三四五六七八", 5) == "一二三四…"
    assert shortened("x" * 200, 50) == "x" * 49 + "…"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("aaaae\u0302bb", "aaaa…"),
        ("aaa👩🏽‍🔬bbbb", "aaa…"),
        ("aaaa👍🏽bb", "aaaa…"),
        ("aaaa🇬🇭bb", "aaaa…"),
        ("ကကကကို့bb", "ကကက…"),
    ],
)
def test_no_cut_inside_a_letter_with_marks_or_an_emoji_of_several_parts(
    text: str, cut: str
) -> None:
    assert shortened(text, 6) == cut


@given(st.text(), st.sampled_from(list(EntryStatus)))
def test_no_text_breaks_its_limit_or_its_line(text: str, status: EntryStatus) -> None:
    what = entry(summary=text, location=text * 5, description=(text * 9, text), status=status)

    assert len(summary_line(what)) <= SUMMARY_LIMIT
    assert len(location_line(what)) <= LOCATION_LIMIT
    assert len(description_text(what)) <= DESCRIPTION_LIMIT
    assert len(summary_line(what).splitlines()) <= 1
    assert len(location_line(what).splitlines()) <= 1
