"""Changes of a slot move people: more seats, fewer, other times, cancelled."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.booking.models import Booking
from app.booking.rules import (
    BookingState,
    NotBookableError,
)
from app.booking.schemas import AttendanceIn, CancelIn
from app.booking.service import attendance, seats, slots
from app.booking.service.desk import Desk
from app.booking.service.seats import AlreadyStartedError
from app.core.db import Database
from app.core.errors import InvalidError
from app.registry.schemas.inputs import CancellationIn, SlotPatch
from tests.booking.people import (
    Hands,
    assert_counters,
    book_new,
    confirm_new,
    seats_of,
    state_of,
)
from tests.factories import (
    NOW,
    make_slot,
    owner_of,
)

S = BookingState


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def test_added_seats_go_to_the_line_first(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        owner = owner_of(db, slot.provider_id)
        confirm_new(db, slot.id, desk)
        line = [book_new(db, slot.id, desk)[1].id for _ in range(3)]

        slots.change_slot(db, owner, slot.id, SlotPatch(seats=3), desk)

        assert [state_of(db, each) for each in line] == [S.OFFERED, S.OFFERED, S.WAITLISTED]
        assert seats_of(db, slot.id) == (3, 1)


def test_seats_cannot_fall_below_those_taken(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        owner = owner_of(db, slot.provider_id)
        for _ in range(2):
            confirm_new(db, slot.id, desk)
        slots.change_slot(db, owner, slot.id, SlotPatch(seats=2), desk)

    with pytest.raises(InvalidError) as caught, database.write() as db:
        slots.change_slot(db, owner, slot.id, SlotPatch(seats=1), desk)

    assert caught.value.problems[0].code == "seats_below_taken"


def test_overbooked_seats_are_sold_and_move_the_line_too(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, overbook=1)
        first, seat = confirm_new(db, slot.id, desk)
        confirm_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)
        assert waiting.state == S.WAITLISTED

        seats.cancel_booking(db, first, seat.id, CancelIn(), desk)

        assert state_of(db, waiting.id) == S.OFFERED
        assert seats_of(db, slot.id) == (2, 0)


def test_a_cancelled_slot_ends_every_claim(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        owner = owner_of(db, slot.provider_id)
        claims = [
            confirm_new(db, slot.id, desk)[1],
            book_new(db, slot.id, desk)[1],
            book_new(db, slot.id, desk)[1],
        ]

    with database.write() as db:
        slots.cancel_slot(db, owner, slot.id, CancellationIn(reason="funding-withdrawn"), desk)

    with database.write() as db:
        assert {state_of(db, each.id) for each in claims} == {S.CANCELLED}
        assert seats_of(db, slot.id) == (0, 0)
        with pytest.raises(NotBookableError):
            book_new(db, slot.id, desk)


def test_people_read_in_words_why_a_slot_was_cancelled(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
    why = CancellationIn(reason="funding-withdrawn", note="x" * 4000)

    with database.write() as db:
        slots.cancel_slot(db, owner, slot.id, why, desk)

    with database.read() as db:
        reason = db.get_one(Booking, booking.id).reason
        assert reason.startswith("This date was cancelled. Funding was withdrawn. xxx")
        assert "funding-withdrawn" not in reason


def test_who_was_there_stays_so_when_a_slot_is_stopped_half_way(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        owner = owner_of(db, slot.provider_id)
        _, there = confirm_new(db, slot.id, desk)
        _, expected = confirm_new(db, slot.id, desk)
        hands.at = slot.starts_at + timedelta(minutes=10)
        attendance.record_attendance(db, owner, there.id, AttendanceIn(), desk)

        slots.cancel_slot(db, owner, slot.id, CancellationIn(), desk)

        states = [state_of(db, each.id) for each in (there, expected)]
        assert states == [S.ATTENDED, S.CANCELLED]


def test_an_offer_does_not_outlive_a_slot_that_was_moved_forward(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        owner = owner_of(db, slot.provider_id)
        first, seat = confirm_new(db, slot.id, desk)
        waiting, entry = book_new(db, slot.id, desk)
        seats.cancel_booking(db, first, seat.id, CancelIn(), desk)
        sooner = hands.at + timedelta(hours=3)
        times = [{"starts_at": sooner, "ends_at": sooner + timedelta(hours=2)}]
        patch = SlotPatch.model_validate({"meetings": times, "apply_by": sooner})
        slots.change_slot(db, owner, slot.id, patch, desk)
        hands.at = sooner

        with pytest.raises(AlreadyStartedError):
            seats.confirm_booking(db, waiting, entry.id, desk)


def _over(**since: float) -> SlotPatch:
    """The slot moved to two hours that began some time ago."""
    starts_at = NOW - timedelta(**since)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    return SlotPatch.model_validate({"meetings": [times]})


@pytest.mark.parametrize("patch", [_over(days=3), _over(hours=0)])
def test_a_slot_that_people_booked_is_not_moved_into_the_past(
    database: Database, desk: Desk, patch: SlotPatch
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        owner = owner_of(db, slot.provider_id)
        confirm_new(db, slot.id, desk)

    with pytest.raises(InvalidError) as caught, database.write() as db:
        slots.change_slot(db, owner, slot.id, patch, desk)

    assert [(each.loc, each.code) for each in caught.value.problems] == [
        (("meetings",), "in_the_past")
    ]


def test_the_times_of_a_slot_that_began_can_be_put_right(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, starts_at=NOW, ends_at=NOW + timedelta(hours=1))
        owner = owner_of(db, slot.provider_id)
        hands.at = NOW - timedelta(hours=1)
        confirm_new(db, slot.id, desk)
        hands.at = NOW + timedelta(minutes=5)

        slots.change_slot(db, owner, slot.id, _over(minutes=10), desk)

        assert slot.starts_at == NOW - timedelta(minutes=10)


def test_a_slot_is_not_completed_before_those_who_booked_have_met(
    database: Database, desk: Desk, hands: Hands
) -> None:
    done = SlotPatch(status="completed")
    with database.write() as db:
        slot = make_slot(db)
        owner = owner_of(db, slot.provider_id)
        confirm_new(db, slot.id, desk)

    with pytest.raises(InvalidError) as caught, database.write() as db:
        slots.change_slot(db, owner, slot.id, done, desk)
    hands.on(days=31)
    with database.write() as db:
        after = slots.change_slot(db, owner, slot.id, done, desk).status

    assert ([each.code for each in caught.value.problems], after) == (["not_started"], "completed")
