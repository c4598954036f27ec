"""Counting in months."""

from datetime import date

import pytest

from app.core.clock import months_later


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 12, 15), 1, date(2028, 1, 15)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2027, 1, 10), -1, date(2026, 12, 10)),
        (date(2027, 6, 30), 0, date(2027, 6, 30)),
    ],
)
def test_a_day_some_months_later_stays_within_its_month(
    day: date, months: int, expected: date
) -> None:
    assert months_later(day, months) == expected
