"""What days of attendance add up to."""

from datetime import UTC, date, datetime

import pytest

from app.booking.rules import BookingState
from app.booking.rules.attendance import attendance_state, is_day_come, meeting_day

S = BookingState


@pytest.mark.parametrize(
    ("present", "meetings", "percent", "state"),
    [
        (4, 5, 80, S.ATTENDED),
        (3, 5, 80, S.CONFIRMED),
        (0, 5, 80, S.NO_SHOW),
        (1, 1, 100, S.ATTENDED),
        (2, 3, 67, S.CONFIRMED),
        (2, 3, 66, S.ATTENDED),
        (1, 100, 1, S.ATTENDED),
        (99, 100, 100, S.CONFIRMED),
    ],
)
def test_the_share_of_meetings_decides(
    present: int, meetings: int, percent: int, state: BookingState
) -> None:
    found = attendance_state(
        S.CONFIRMED, present=present, recorded=meetings, meetings=meetings, percent=percent
    )

    assert found == state


@pytest.mark.parametrize(("recorded", "meetings"), [(0, 0), (0, 2), (4, 5)])
def test_nothing_is_decided_before_every_meeting_is_recorded(recorded: int, meetings: int) -> None:
    for before in (S.CONFIRMED, S.NO_SHOW):
        found = attendance_state(
            before, present=recorded, recorded=recorded, meetings=meetings, percent=1
        )
        assert found == before


def test_a_mended_list_takes_attended_back() -> None:
    few = {"present": 1, "recorded": 5, "meetings": 5, "percent": 80}

    assert attendance_state(S.ATTENDED, **few) == S.NO_SHOW
    assert attendance_state(S.NO_SHOW, **few) == S.NO_SHOW
    assert attendance_state(S.CONFIRMED, **few) == S.CONFIRMED


def test_a_meeting_has_the_day_of_its_place() -> None:
    starts_at = datetime(2027, 1, 4, 22, 30, tzinfo=UTC)

    assert meeting_day(starts_at, "Asia/Kolkata") == date(2027, 1, 5)
    assert meeting_day(starts_at, "Africa/Accra") == date(2027, 1, 4)


def test_a_day_has_come_at_midnight_of_its_place() -> None:
    starts_at = datetime(2027, 1, 5, 3, 30, tzinfo=UTC)  # 09:00 in Kolkata

    assert not is_day_come(
        starts_at, "Asia/Kolkata", now=datetime(2027, 1, 4, 18, 29, 59, tzinfo=UTC)
    )
    assert is_day_come(starts_at, "Asia/Kolkata", now=datetime(2027, 1, 4, 18, 30, tzinfo=UTC))
