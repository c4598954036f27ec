"""Wall-clock times become the right instants, or a clear refusal."""

import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.zones import (
    AmbiguousTimeError,
    LocalTimeError,
    NonexistentTimeError,
    UnknownZoneError,
    is_zone,
    to_local,
    to_utc,
    tzdata_version,
    use_packaged_tzdata,
    zone_info,
    zone_names,
)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2027-03-09 09:00", "Asia/Kathmandu", "2027-03-09 03:15"),
        ("2027-03-09 09:00", "Pacific/Kiritimati", "2027-03-08 19:00"),
        ("2027-07-01 09:00", "Africa/Nairobi", "2027-07-01 06:00"),
        ("2027-07-01 09:00", "Africa/Accra", "2027-07-01 09:00"),
        ("2027-07-01 09:00", "America/Port_of_Spain", "2027-07-01 13:00"),
        ("2027-07-01 09:00", "UTC", "2027-07-01 09:00"),
    ],
)
def test_a_local_time_becomes_its_instant(local: str, zone: str, expected: str) -> None:
    assert to_utc(wall(local), zone) == instant(expected)


def test_morocco_follows_the_packaged_rules_not_those_of_the_machine() -> None:
    """Morocco gave up its permanent summer time; older zone files still say +01:00."""
    ramadan = to_utc(wall("2026-03-01 09:00"), "Africa/Casablanca")
    summer = to_utc(wall("2026-07-01 09:00"), "Africa/Casablanca")
    winter = to_utc(wall("2026-12-01 09:00"), "Africa/Casablanca")

    assert ramadan == instant("2026-03-01 09:00")
    assert summer == instant("2026-07-01 08:00")
    assert winter == instant("2026-12-01 09:00")


def test_a_time_in_the_spring_gap_is_refused_with_what_the_clock_shows_instead() -> None:
    with pytest.raises(NonexistentTimeError) as caught:
        to_utc(wall("2027-03-28 02:30"), "Europe/Berlin")

    assert caught.value.shifted == wall("2027-03-28 03:30")
    assert "does not exist in Europe/Berlin" in str(caught.value)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_fold_does_not_make_a_skipped_time_exist(fold: int) -> None:
    with pytest.raises(NonexistentTimeError):
        to_utc(wall("2027-03-28 02:30"), "Europe/Berlin", fold=fold)


@pytest.mark.parametrize("edge", ["2027-03-28 01:59", "2027-03-28 03:00"])
def test_the_minutes_beside_the_gap_exist(edge: str) -> None:
    assert to_local(to_utc(wall(edge), "Europe/Berlin"), "Europe/Berlin").replace(
        tzinfo=None
    ) == wall(edge)


def test_a_time_that_happens_twice_is_refused_with_both_instants() -> None:
    with pytest.raises(AmbiguousTimeError) as caught:
        to_utc(wall("2027-10-31 02:30"), "Europe/Berlin")

    assert caught.value.candidates == (instant("2027-10-31 00:30"), instant("2027-10-31 01:30"))


def test_fold_chooses_between_the_two() -> None:
    first = to_utc(wall("2027-10-31 02:30"), "Europe/Berlin", fold=0)
    second = to_utc(wall("2027-10-31 02:30"), "Europe/Berlin", fold=1)

    assert second - first == timedelta(hours=1)


def test_the_fold_of_the_datetime_itself_is_ignored() -> None:
    with pytest.raises(AmbiguousTimeError):
        to_utc(wall("2027-10-31 02:30").replace(fold=1), "Europe/Berlin")
    with pytest.raises(NonexistentTimeError):
        to_utc(wall("2027-03-28 02:30").replace(fold=1), "Europe/Berlin")
    assert to_utc(wall("2027-05-01 12:00").replace(fold=1), "Europe/Berlin") == instant(
        "2027-05-01 10:00"
    )


def test_a_day_that_a_zone_left_out_is_a_gap() -> None:
    """Samoa had no 30 December 2011 when it moved across the date line."""
    with pytest.raises(NonexistentTimeError):
        to_utc(wall("2011-12-30 12:00"), "Pacific/Apia")


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "EST", "Etc/GMT+3", "Factory", "africa/nairobi", "../etc/passwd"]
)
def test_what_is_not_a_place_is_not_a_zone(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(UnknownZoneError):
        zone_info(name)
    with pytest.raises(UnknownZoneError):
        to_utc(wall("2027-01-01 09:00"), name)


def test_every_offered_zone_can_be_read_and_the_list_is_sorted() -> None:
    names = zone_names()

    assert list(names) == sorted(names)
    assert {"UTC", "Africa/Casablanca", "Asia/Yangon", "America/Argentina/Ushuaia"} <= set(names)
    assert all(zone_info(name).key == name for name in names)


def test_a_zone_is_read_once_however_many_others_are_in_use() -> None:
    before = {name: zone_info(name) for name in zone_names()[:40]}

    assert all(zone_info(name) is known for name, known in before.items())


@pytest.mark.parametrize(
    ("local", "zone"),
    [("0001-01-01 00:00", "Asia/Tokyo"), ("9999-12-31 23:59", "America/Port_of_Spain")],
)
def test_the_ends_of_the_calendar_are_refused_not_crashed_on(local: str, zone: str) -> None:
    with pytest.raises(LocalTimeError, match="out of range"):
        to_utc(wall(local), zone)


def test_an_aware_time_is_refused() -> None:
    with pytest.raises(LocalTimeError):
        to_utc(instant("2027-01-01 09:00"), "Africa/Nairobi")


@given(
    st.datetimes(min_value=wall("2000-01-01"), max_value=wall("2037-01-01")),
    st.sampled_from(zone_names()),
    st.sampled_from([0, 1]),
)
def test_an_instant_leads_back_to_the_local_time(local: datetime, zone: str, fold: int) -> None:
    try:
        at = to_utc(local, zone, fold=fold)
    except NonexistentTimeError as error:
        local, at = error.shifted, to_utc(error.shifted, zone, fold=fold)

    assert to_local(at, zone).replace(tzinfo=None, fold=0) == local


def test_the_machine_s_zone_files_are_out_of_reach() -> None:
    """A fresh process, told by its environment to use the system's files, still uses ours."""
    script = (
        "import zoneinfo; from app.core.zones import use_packaged_tzdata;"
        "before = zoneinfo.ZoneInfo('Europe/Berlin'); use_packaged_tzdata(); use_packaged_tzdata();"
        "print(zoneinfo.TZPATH, before is zoneinfo.ZoneInfo('Europe/Berlin'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONTZPATH": "/usr/share/zoneinfo"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["()", "False"]


def test_the_version_names_an_iana_release() -> None:
    use_packaged_tzdata()

    assert zoneinfo.TZPATH == ()
    assert tzdata_version()[:4].isdigit()
    assert tzdata_version()[4:].isalpha()
