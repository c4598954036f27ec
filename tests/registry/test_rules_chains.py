"""Which course comes before which, and when each can be finished."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.registry.rules.chains import due_by, end_of, hours_of, in_order, with_earlier

A, B, C, D = (UUID(int=number) for number in range(1, 5))
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Dated:
    """A sitting of which only the times matter."""

    starts_at: datetime
    ends_at: datetime
    mode: str = "hands-on"
    hours: int | None = None


def sitting(*, day: int, days: int = 1, mode: str = "hands-on", hours: int | None = None) -> Dated:
    starts_at = NOW + timedelta(days=day)
    return Dated(starts_at, starts_at + timedelta(days=days), mode, hours)


def test_the_first_of_a_chain_comes_first() -> None:
    requires = {D: (C,), C: (A, B), B: (A,)}

    assert in_order([D], requires) == (A, B, C, D)
    assert with_earlier([C], requires) == {A, B, C}


def test_nothing_is_asked_for_before_what_is_passed() -> None:
    assert in_order([D], {D: (C,), C: (B,), B: (A,)}, done={C}) == (D,)


def test_a_chain_that_bites_its_tail_ends() -> None:
    assert in_order([A], {A: (B,), B: (A,)}) == (B, A)
    assert with_earlier([A], {A: (B,), B: (A,)}) == {A, B}


def test_a_dated_class_can_be_joined_until_it_begins() -> None:
    assert end_of(sitting(day=3), NOW + timedelta(days=3)) == NOW + timedelta(days=4)
    assert end_of(sitting(day=3), NOW + timedelta(days=3, seconds=1)) is None


@pytest.mark.parametrize(("ready", "end"), [(0, 5), (12, 17), (25, 30), (26, None)])
def test_self_paced_work_is_done_from_when_one_joins(ready: int, end: int | None) -> None:
    window = sitting(day=0, days=30, mode="self-paced", hours=20)

    found = end_of(window, NOW + timedelta(days=ready))

    assert found == (None if end is None else NOW + timedelta(days=end))


def test_what_comes_before_self_paced_work_may_end_inside_its_window() -> None:
    assert due_by(sitting(day=3)) == NOW + timedelta(days=3)
    window = sitting(day=0, days=30, mode="self-paced", hours=20)
    assert due_by(window) == NOW + timedelta(days=25)


def test_only_what_is_counted_in_hours_has_hours() -> None:
    assert (hours_of(7.5, "hours"), hours_of(5, "days")) == (8, None)
