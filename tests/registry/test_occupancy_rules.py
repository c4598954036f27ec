"""What is taken for how long, and the number that stands for an id."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id
from app.registry.rules import Span, resource_key, taken_spans, takes_place, takes_time

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BIGINT = 2**63

meetings = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 9)).map(
        lambda pair: Span(NOW + pair[0] * HOUR, NOW + (pair[0] + pair[1]) * HOUR)
    ),
    max_size=8,
)


def span(start: int, end: int) -> Span:
    """From hour to hour after :data:`NOW`."""
    return Span(NOW + start * HOUR, NOW + end * HOUR)


def test_the_buffer_follows_each_meeting() -> None:
    spans = taken_spans([span(24, 26), span(0, 3)], buffer=HOUR)

    assert spans == [span(0, 4), span(24, 27)]


def test_meetings_of_one_slot_may_lie_closer_than_the_buffer() -> None:
    assert taken_spans([span(0, 3), span(3, 6)], buffer=HOUR) == [span(0, 7)]


def test_meetings_that_only_touch_stay_two_stretches() -> None:
    assert taken_spans([span(0, 3), span(3, 6)], buffer=timedelta()) == [span(0, 3), span(3, 6)]


@given(meetings, st.integers(0, 5))
def test_stretches_never_overlap_and_cover_every_meeting(spans: list[Span], hours: int) -> None:
    taken = taken_spans(spans, buffer=hours * HOUR)

    assert all(earlier.ends_at <= later.starts_at for earlier, later in pairwise(taken))
    for meeting in spans:
        covers = [
            each
            for each in taken
            if each.starts_at <= meeting.starts_at
            and meeting.ends_at + hours * HOUR <= each.ends_at
        ]
        assert len(covers) == 1


@pytest.mark.parametrize(
    ("mode", "place", "time"),
    [
        ("hands-on", True, True),
        ("blended", True, True),
        ("classroom-remote", False, True),
        ("self-paced", False, False),
        ("mentoring", False, False),
    ],
)
def test_a_mode_takes_a_place_or_only_time_or_neither(mode: str, place: bool, time: bool) -> None:
    assert (takes_place(mode), takes_time(mode)) == (place, time)


def test_the_key_is_the_low_63_bits() -> None:
    assert resource_key(UUID(int=2**127 + 2**63 + 5)) == 5


def test_keys_of_new_ids_differ_and_fit_a_big_integer() -> None:
    keys = {resource_key(new_id()) for _ in range(1000)}

    assert len(keys) == 1000
    assert all(0 <= key < BIGINT for key in keys)
