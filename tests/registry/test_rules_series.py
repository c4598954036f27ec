"""From a pattern to occurrences and instants, for any pattern."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.zones import AmbiguousTimeError, NonexistentTimeError, to_local
from app.registry.rules.series import (
    DeadlineRule,
    Occurrence,
    Pattern,
    deadline_of,
    expand,
    span_of,
)

HALF_DAYS = ((time(8, 30), time(12, 30)), (time(13, 30), time(17, 30)))
MOST = 100
ZONES = ("Europe/Lisbon", "Africa/Nairobi", "America/Santiago", "Australia/Lord_Howe", "UTC")


def wall(text: str) -> datetime:
    """What a clock shows."""
    return datetime.fromisoformat(text)


patterns = st.builds(
    Pattern,
    first=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    times=st.sampled_from((HALF_DAYS, HALF_DAYS[:1], ((time(14), time(16)),))),
    every_weeks=st.integers(1, 5),
    count=st.integers(1, 60),
    skip=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=5),
)


def pattern(**facts: object) -> Pattern:
    """A weekly clinic on Tuesdays at 14:00, from 9 March 2027 on."""
    usual: dict[str, object] = {
        "first": date(2027, 3, 9),
        "weekdays": frozenset({2}),
        "times": ((time(14), time(16)),),
        "count": 5,
    }
    return Pattern(**(usual | facts))  # type: ignore[arg-type] # a mixed bag, checked at run time


@given(patterns)
def test_a_pattern_gives_as_many_dates_as_were_asked_for(given_pattern: Pattern) -> None:
    found = expand(given_pattern, most=MOST)

    assert len(found) == given_pattern.count
    assert [each.position for each in found] == list(range(1, len(found) + 1))


@given(patterns)
def test_dates_follow_each_other_and_never_overlap(given_pattern: Pattern) -> None:
    found = expand(given_pattern, most=MOST)

    assert all(earlier.ends <= later.starts for earlier, later in pairwise(found))


@given(patterns)
def test_every_date_is_on_a_wanted_day_of_a_wanted_week(given_pattern: Pattern) -> None:
    monday = given_pattern.first - timedelta(days=given_pattern.first.isoweekday() - 1)
    days = [each.starts.date() for each in expand(given_pattern, most=MOST)]

    assert all(day.isoweekday() in given_pattern.weekdays for day in days)
    assert all((day - monday).days // 7 % given_pattern.every_weeks == 0 for day in days)
    assert all(day >= given_pattern.first and day not in given_pattern.skip for day in days)


@given(patterns, st.sampled_from(ZONES))
def test_the_clock_at_the_place_shows_the_same_time_all_year(
    given_pattern: Pattern, zone: str
) -> None:
    found = expand(given_pattern, most=MOST)
    spans = [span_of(each, zone, take_first=False) for each in found]

    assert [to_local(span.starts_at, zone).replace(tzinfo=None) for span in spans] == [
        each.starts for each in found
    ]
    assert all(earlier.ends_at <= later.starts_at for earlier, later in pairwise(spans))


def test_two_times_a_day_are_two_dates() -> None:
    found = expand(pattern(times=HALF_DAYS, count=3), most=MOST)

    assert [each.starts for each in found] == [
        wall("2027-03-09T08:30"),
        wall("2027-03-09T13:30"),
        wall("2027-03-16T08:30"),
    ]


def test_a_pattern_ends_on_its_last_day_at_the_latest() -> None:
    found = expand(pattern(count=None, until=date(2027, 3, 23)), most=MOST)

    assert [each.starts.day for each in found] == [9, 16, 23]


def test_a_day_that_is_left_out_is_made_up_for() -> None:
    found = expand(pattern(count=2, skip=frozenset({date(2027, 3, 16)})), most=MOST)

    assert [each.starts.day for each in found] == [9, 23]


def test_a_pattern_without_an_end_stops_at_the_most() -> None:
    assert len(expand(pattern(count=None), most=7)) == 7


def test_a_time_that_the_clock_skips_is_refused() -> None:
    skipped = Occurrence(1, wall("2027-03-28T01:30"), wall("2027-03-28T03:30"))

    with pytest.raises(NonexistentTimeError):
        span_of(skipped, "Europe/Lisbon", take_first=True)


def test_a_time_that_happens_twice_is_refused_until_somebody_says_which() -> None:
    twice = Occurrence(1, wall("2027-10-31T01:30"), wall("2027-10-31T03:30"))

    with pytest.raises(AmbiguousTimeError):
        span_of(twice, "Europe/Lisbon", take_first=False)
    first = span_of(twice, "Europe/Lisbon", take_first=True)
    assert first.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_deadline_keeps_its_clock_over_the_change_of_the_hour() -> None:
    rule = DeadlineRule(days=3, at=time(18))

    assert deadline_of(wall("2027-03-30T14:00"), "Europe/Dublin", rule) == datetime(
        2027, 3, 27, 18, tzinfo=UTC
    )
    assert deadline_of(wall("2027-04-06T14:00"), "Europe/Dublin", rule) == datetime(
        2027, 4, 3, 17, tzinfo=UTC
    )


def test_a_deadline_in_a_gap_is_the_moment_after_it() -> None:
    rule = DeadlineRule(days=0, at=time(1, 30))

    assert deadline_of(wall("2027-03-28T09:00"), "Europe/Lisbon", rule) == datetime(
        2027, 3, 28, 1, 30, tzinfo=UTC
    )
