"""States, clashes and revisions of the supply side."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.errors import ConflictError
from app.registry.rules import (
    ProviderState,
    SlotStatus,
    Span,
    StepError,
    check_provider_step,
    check_slot_step,
    first_clash,
    is_bookable,
    next_revision,
    provider_steps,
    working_days,
)

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)


def span(start: int, end: int, label: str = "") -> Span:
    """From hour to hour after :data:`NOW`."""
    return Span(NOW + timedelta(hours=start), NOW + timedelta(hours=end), label)


@pytest.mark.parametrize(
    ("before", "after"),
    [("applied", "verified"), ("in-review", "verified"), ("suspended", "verified")],
)
def test_a_provider_takes_the_steps_of_its_life(before: str, after: str) -> None:
    check_provider_step(before, ProviderState(after))

    assert ProviderState(after) in provider_steps(before)


@pytest.mark.parametrize(
    ("before", "after"),
    [("applied", "suspended"), ("verified", "applied"), ("withdrawn", "verified")],
)
def test_a_provider_takes_no_other_step(before: str, after: str) -> None:
    with pytest.raises(StepError, match="cannot become") as refusal:
        check_provider_step(before, ProviderState(after))

    assert isinstance(refusal.value, ConflictError)
    assert refusal.value.code == "step_not_allowed"
    assert ProviderState(after) not in provider_steps(before)


@pytest.mark.parametrize("ended", [SlotStatus.CANCELLED, SlotStatus.COMPLETED])
@pytest.mark.parametrize("after", list(SlotStatus))
def test_nothing_follows_the_end_of_a_slot(ended: SlotStatus, after: SlotStatus) -> None:
    with pytest.raises(StepError):
        check_slot_step(ended, after)


def test_a_published_slot_never_becomes_a_draft_again() -> None:
    check_slot_step("draft", SlotStatus.CONFIRMED)
    check_slot_step("tentative", SlotStatus.CONFIRMED)

    with pytest.raises(StepError):
        check_slot_step("confirmed", SlotStatus.DRAFT)


def test_spans_that_only_touch_do_not_clash() -> None:
    assert first_clash([span(0, 2)], [span(2, 4), span(-3, 0)]) is None


def test_the_earliest_clash_is_named() -> None:
    taken = [span(5, 9, "later"), span(1, 3, "earlier"), span(20, 21, "elsewhere")]

    found = first_clash([span(2, 6)], taken)

    assert found is not None
    assert found.label == "earlier"


@pytest.mark.parametrize(
    ("status", "state", "hours_left", "expected"),
    [
        ("confirmed", "verified", 1, True),
        ("confirmed", "verified", 0, False),
        ("confirmed", "in-review", 1, False),
        ("tentative", "verified", 1, False),
        ("cancelled", "verified", 1, False),
    ],
)
def test_seats_can_be_taken_of_confirmed_slots_of_verified_providers_in_time(
    status: str, state: str, hours_left: int, expected: bool
) -> None:
    apply_by = NOW + timedelta(hours=hours_left)

    found = is_bookable(status=status, provider_state=state, apply_by=apply_by, now=NOW)

    assert found is expected


def test_two_changes_within_a_second_get_two_instants() -> None:
    first = next_revision(now=NOW.replace(microsecond=900_000), stamped_at=None)
    second = next_revision(now=NOW.replace(microsecond=950_000), stamped_at=first)

    assert first == NOW
    assert second == NOW + timedelta(seconds=1)
    assert next_revision(now=NOW + timedelta(days=1), stamped_at=second) == NOW + timedelta(days=1)


def test_working_days_leave_out_the_weekend_of_the_country() -> None:
    thursday = date(2027, 1, 7)

    days = working_days(thursday, 3, weekend=frozenset({5, 6}))

    assert days == [thursday, date(2027, 1, 10), date(2027, 1, 11)]
