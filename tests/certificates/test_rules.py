"""Codes, dates, directions and who earns what: without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.booking.rules import BookingState
from app.certificates.rules import (
    Standing,
    code_of,
    good_until,
    is_earned,
    is_right_to_left,
    read_code,
    span_text,
    standing_of,
)

S = BookingState


@given(st.integers(min_value=0, max_value=2**60 - 1))
def test_every_code_is_read_as_it_was_made(number: int) -> None:
    code = code_of(number)

    assert len(code) == 14
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        assert read_code(typed) == code


@given(st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1))
def test_two_numbers_have_two_codes(one: int, other: int) -> None:
    assert (code_of(one) == code_of(other)) == (one == other)


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert read_code("oil0-OIL1-7k3m") == "0110-0111-7K3M"


@pytest.mark.parametrize(
    "typed",
    ["", "7K3M", "7K3M-9QXZ-T2VU", "7K3M-9QXZ-T2VDX", "../../etc", "७K3M-9QXZ-T2VD", "U" * 12],
)
def test_what_is_no_code_is_not_looked_for(typed: str) -> None:
    assert read_code(typed) is None


@pytest.mark.parametrize(
    ("kind", "state", "result", "earned"),
    [
        ("attendance", S.ATTENDED, None, True),
        ("attendance", S.ATTENDED, "failed", True),
        ("attendance", S.CONFIRMED, None, False),
        ("attendance", S.NO_SHOW, None, False),
        ("assessed-completion", S.ATTENDED, "passed", True),
        ("assessed-completion", S.ATTENDED, "failed", False),
        ("assessed-completion", S.ATTENDED, None, False),
        ("qualification-with-expiry", S.ATTENDED, None, False),
        ("qualification-with-expiry", S.CONFIRMED, "passed", False),
        ("none", S.ATTENDED, "passed", False),
    ],
)
def test_a_certificate_is_earned(
    kind: str, state: BookingState, result: str | None, earned: bool
) -> None:
    assert is_earned(kind, state=state, result=result) is earned


@pytest.mark.parametrize(
    ("issued", "months", "until"),
    [
        (date(2027, 1, 9), 24, date(2029, 1, 9)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2027, 12, 1), 1, date(2028, 1, 1)),
        (date(2027, 1, 9), None, None),
    ],
)
def test_a_certificate_is_good_until_the_same_day_some_months_later(
    issued: date, months: int | None, until: date | None
) -> None:
    assert good_until(issued, months) == until


def test_the_last_good_day_still_counts() -> None:
    last = date(2027, 1, 9)

    assert standing_of("valid", last, today=date(2027, 1, 9)) == Standing.VALID
    assert standing_of("valid", last, today=date(2027, 1, 10)) == Standing.EXPIRED
    assert standing_of("valid", None, today=date(2099, 1, 1)) == Standing.VALID
    assert standing_of("revoked", None, today=date(2027, 1, 1)) == Standing.REVOKED


@pytest.mark.parametrize(
    ("text", "rtl"),
    [
        ("محمد", True),
        ("(1) שלום", True),
        ("Abebe محمد", False),
        ("欧阳慧敏", False),
        ("2027", False),
        ("", False),
    ],
)
def test_a_text_begins_where_its_first_letter_says(text: str, rtl: bool) -> None:
    assert is_right_to_left(text) is rtl


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2027, 1, 4), date(2027, 1, 4), "4 January 2027"),
        (date(2027, 1, 4), date(2027, 1, 6), "4 to 6 January 2027"),
        (date(2027, 1, 30), date(2027, 2, 2), "30 January to 2 February 2027"),
        (date(2026, 12, 30), date(2027, 1, 2), "30 December 2026 to 2 January 2027"),
    ],
)
def test_days_are_written_as_people_write_them(first: date, last: date, text: str) -> None:
    assert span_text(first, last) == text
