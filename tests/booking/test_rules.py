"""Seats as pure decisions: every edge of the states, who gets a seat, who is next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest

from app.booking.rules import (
    LIVE,
    SEAT_TAKING,
    STEPS,
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CountryCapError,
    NotBookableError,
    NotEnoughSeatsError,
    SeatFacts,
    Waiting,
    check_step,
    decide_block,
    decide_seat,
    next_in_line,
    offer_until,
)
from app.core.errors import AppError

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
S = BookingState
FINAL = {S.CANCELLED, S.DECLINED, S.EXPIRED, S.REJECTED}
ALLOWED = {
    *((S.REQUESTED, after) for after in (S.CONFIRMED, S.CANCELLED, S.REJECTED, S.EXPIRED)),
    *((S.HELD, after) for after in (S.CONFIRMED, S.REQUESTED, S.CANCELLED, S.EXPIRED)),
    *((S.OFFERED, after) for after in (S.CONFIRMED, S.REQUESTED, S.DECLINED)),
    *((S.OFFERED, after) for after in (S.CANCELLED, S.EXPIRED)),
    *((S.WAITLISTED, after) for after in (S.OFFERED, S.CONFIRMED, S.REQUESTED)),
    *((S.WAITLISTED, after) for after in (S.CANCELLED, S.REJECTED, S.EXPIRED)),
    *((S.CONFIRMED, after) for after in (S.CANCELLED, S.ATTENDED, S.NO_SHOW)),
    (S.ATTENDED, S.NO_SHOW),
    (S.NO_SHOW, S.ATTENDED),
}
FACTS = SeatFacts(
    bookable=True,
    selection=False,
    seats=10,
    claimed=4,
    waiting=0,
    country_cap=None,
    country_taken=0,
    already_in=False,
    hold=timedelta(minutes=15),
    closes_at=NOW + timedelta(days=30),
)


@pytest.mark.parametrize(("before", "after"), sorted(product(S, S)))
def test_a_booking_moves_along_the_edges_and_no_others(before: S, after: S) -> None:
    if (before, after) in ALLOWED:
        check_step(before, after)
        assert after in STEPS[before]
    else:
        with pytest.raises(BookingStepError, match=f"that is {before} cannot become {after}"):
            check_step(before, after)


def test_what_ended_stays_ended_and_takes_no_seat() -> None:
    assert {state for state in S if not STEPS[state]} == FINAL
    assert not FINAL & LIVE
    assert LIVE.difference(SEAT_TAKING) == {S.WAITLISTED}


def test_a_free_seat_is_held_for_a_while() -> None:
    decision = decide_seat(FACTS, now=NOW)

    assert (decision.state, decision.held_until) == (S.HELD, NOW + timedelta(minutes=15))


def test_a_hold_never_outlives_the_start_of_the_slot() -> None:
    facts = replace(FACTS, closes_at=NOW + timedelta(minutes=4))

    assert decide_seat(facts, now=NOW).held_until == NOW + timedelta(minutes=4)


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, claimed=10),
        replace(FACTS, claimed=12),
        replace(FACTS, waiting=1),
        replace(FACTS, selection=True),
        replace(FACTS, selection=True, country_cap=2, country_taken=2),
    ],
    ids=["full", "overbooked", "others wait", "selection", "selection over the cap"],
)
def test_who_cannot_have_a_seat_at_once_waits(facts: SeatFacts) -> None:
    decision = decide_seat(facts, now=NOW)

    assert (decision.state, decision.held_until) == (S.WAITLISTED, None)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        (replace(FACTS, bookable=False), NotBookableError),
        (replace(FACTS, already_in=True), AlreadyBookedError),
        (replace(FACTS, country_cap=2, country_taken=2), CountryCapError),
        (replace(FACTS, claimed=10, country_cap=2, country_taken=3), CountryCapError),
    ],
)
def test_a_refusal_says_why(facts: SeatFacts, error: type[AppError]) -> None:
    with pytest.raises(error) as caught:
        decide_seat(facts, now=NOW)

    assert caught.value.status == 409
    assert caught.value.message.endswith(".")


def test_the_last_seat_of_a_country_is_given() -> None:
    facts = replace(FACTS, country_cap=2, country_taken=1)

    assert decide_seat(facts, now=NOW).state == S.HELD


@pytest.mark.parametrize(("claimed", "waiting", "usable"), [(4, 0, 6), (4, 2, 4), (9, 3, 0)])
def test_a_block_is_all_or_nothing_after_those_in_line(
    claimed: int, waiting: int, usable: int
) -> None:
    facts = replace(FACTS, claimed=claimed, waiting=waiting)
    if usable:
        decide_block(facts, usable)

    with pytest.raises(NotEnoughSeatsError) as caught:
        decide_block(facts, usable + 1)

    assert caught.value.details == {"seats_free": usable}


def test_a_block_keeps_to_the_cap_of_a_country() -> None:
    facts = replace(FACTS, country_cap=5, country_taken=2)
    decide_block(facts, 3)

    with pytest.raises(CountryCapError) as caught:
        decide_block(facts, 4)

    assert caught.value.details == {"seats_left": 3}


def test_a_block_wants_a_bookable_slot() -> None:
    with pytest.raises(NotBookableError):
        decide_block(replace(FACTS, bookable=False), 1)


def _line(*countries: str | None) -> list[Waiting]:
    return [Waiting(uuid4(), country) for country in countries]


def _picked(line: list[Waiting], ids: list[UUID]) -> list[int]:
    return [index for index, entry in enumerate(line) if entry.booking_id in ids]


@pytest.mark.parametrize(
    ("free", "picked"), [(0, []), (1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (9, [0, 1, 2])]
)
def test_seats_are_offered_strictly_in_order(free: int, picked: list[int]) -> None:
    line = _line("KE", "KE", None)

    assert _picked(line, next_in_line(free, line, cap=None, taken={})) == picked


def test_a_country_at_its_cap_is_passed_over_and_counted_as_we_go() -> None:
    line = _line("KE", "GH", "GH", "GH", None)
    taken: dict[str | None, int] = {"KE": 2}

    chosen = next_in_line(4, line, cap=2, taken=taken)

    assert _picked(line, chosen) == [1, 2, 4]
    assert taken == {"KE": 2}


@pytest.mark.parametrize(("closes_in_hours", "hours"), [(100, 48), (48, 48), (3, 3)])
def test_an_offer_never_passes_the_closing_time(closes_in_hours: int, hours: int) -> None:
    closes_at = NOW + timedelta(hours=closes_in_hours)

    until = offer_until(now=NOW, offer=timedelta(hours=48), closes_at=closes_at)

    assert until == NOW + timedelta(hours=hours)
