"""Times in words."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.moments import iso_text, local_text, offset_text, reader_text, zone_text

START = datetime(2027, 1, 14, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (None, "Thu 14 Jan 2027, 09:00"),
        (3.5, "Thu 14 Jan 2027, 09:00–12:30"),
        (32, "Thu 14 Jan 2027, 09:00 to Fri 15 Jan 2027, 17:00"),
    ],
)
def test_a_time_is_said_in_the_zone_of_the_place(hours: float | None, expected: str) -> None:
    end = None if hours is None else START + timedelta(hours=hours)

    assert local_text(START, "Africa/Nairobi", end) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Africa/Nairobi", "Nairobi, UTC+3"),
        ("Asia/Kathmandu", "Kathmandu, UTC+5:45"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires, UTC-3"),
        ("Africa/Accra", "Accra, UTC"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_named_by_its_city_and_offset(zone: str, expected: str) -> None:
    assert zone_text(START, zone) == expected


@pytest.mark.parametrize("minutes", [-210, 0, 60, 765])
def test_offsets_have_minutes_only_where_they_need_them(minutes: int) -> None:
    text = offset_text(timedelta(minutes=minutes))

    assert text == {-210: "UTC-3:30", 0: "UTC", 60: "UTC+1", 765: "UTC+12:45"}[minutes]


def test_a_reader_in_the_same_offset_is_told_nothing_new() -> None:
    assert reader_text(START, "Africa/Nairobi", None) == ""
    assert reader_text(START, "Africa/Nairobi", "Asia/Riyadh") == ""
    assert reader_text(START, "Africa/Nairobi", "UTC") == "(Thu 14 Jan, 06:00 in UTC)"
    late = START + timedelta(hours=14)
    assert reader_text(late, "Africa/Nairobi", "Asia/Tokyo") == "(Fri 15 Jan, 05:00 in Tokyo)"


def test_machines_get_the_instant_in_utc() -> None:
    assert iso_text(START.astimezone(UTC)) == "2027-01-14T06:00:00Z"
