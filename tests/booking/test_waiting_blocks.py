"""Blocks that wait in line for their seats together."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.jobs import sweep
from app.booking.models import Booking, Cohort
from app.booking.rules import BookingState, CohortState, CountryCapError, NotEnoughSeatsError
from app.booking.schemas import CancelIn, CohortIn, ShareIn
from app.booking.service import cohorts, seats, slots
from app.booking.service.cohorts import BlockClosedError
from app.booking.service.desk import Desk
from app.booking.service.sponsors import keep_seats
from app.core.db import Database
from app.core.errors import InvalidError
from app.core.outbox import OutboxEvent
from app.demand.schemas import WithdrawIn
from app.demand.service import withdraw_request
from app.registry.models import Slot
from app.registry.schemas.inputs import CancellationIn
from tests.booking.people import (
    Hands,
    assert_counters,
    book,
    book_new,
    confirm_new,
    name_new,
    request_of,
    seats_of,
    state_of,
    take_block,
)
from tests.factories import (
    NOW,
    make_actor,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
    make_slot,
    owner_of,
)

S = BookingState


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def full_slot(db: Session, desk: Desk, seats: int = 2, **facts: Any) -> Slot:
    """A slot all of whose seats are taken."""
    slot = make_slot(db, seats=seats, **facts)
    for _ in range(seats):
        confirm_new(db, slot.id, desk)
    return slot


def wait(
    db: Session, focal: Actor, slot: Slot, desk: Desk, count: int, *, partial_ok: bool = False
) -> Cohort:
    """A block of ``count`` seats that joins the line where it has to."""
    return take_block(db, focal, slot.id, desk, count, wait=True, partial_ok=partial_ok)


def kept(group: str, count: int, *countries: str) -> ShareIn:
    """Seats kept for a group for two days."""
    until = NOW + timedelta(days=2)
    return ShareIn.model_validate(
        {"kept_for": group, "countries": countries, "seats": count, "until": until}
    )


def state(db: Session, block: Cohort) -> str:
    """The block's state as the database has it."""
    return db.exec(select(Cohort.state).where(col(Cohort.id) == block.id)).one()


def test_a_block_that_finds_too_few_seats_joins_the_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = full_slot(db, desk)

        block = wait(db, make_focal_point(db), slot, desk, 2)

        assert (block.state, block.seats, block.seats_open) == (CohortState.WAITLISTED, 2, 0)
        assert seats_of(db, slot.id) == (2, 2)
        assert request_of(db, block).seats_held == 0
        events = select(OutboxEvent.name).where(col(OutboxEvent.subject_id) == block.id)
        assert list(db.exec(events)) == ["cohort.waitlisted"]


def test_a_block_that_need_not_wait_has_its_seats_at_once(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)

        block = wait(db, make_focal_point(db), slot, desk, 3)

        assert (block.state, block.seats_open) == (CohortState.ACTIVE, 3)


def test_a_block_has_a_free_seat_that_passed_by_everybody_who_waits(
    database: Database, desk: Desk
) -> None:
    """W1, as the fault harness found it: nothing would have moved the line for it later."""
    with database.write() as db:
        slot, elsewhere = make_slot(db, seats=1), make_slot(db, make_course(db))
        holder, booking = confirm_new(db, slot.id, desk)
        busy, waiting = book_new(db, slot.id, desk)
        book(db, busy, elsewhere.id, desk)
        seats.cancel_booking(db, holder, booking.id, CancelIn(), desk)
        assert (state_of(db, waiting.id), waiting.held_back) == (S.WAITLISTED, "clash")

        block = wait(db, make_focal_point(db), slot, desk, 1)

        assert (block.state, block.seats_open) == (CohortState.ACTIVE, 1)
        assert seats_of(db, slot.id) == (1, 1)


def test_a_block_waits_only_when_it_says_so(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = full_slot(db, desk)
        with pytest.raises(NotEnoughSeatsError):
            take_block(db, make_focal_point(db), slot.id, desk, 1)
        assert seats_of(db, slot.id) == (2, 0)


def test_who_comes_after_a_waiting_block_joins_behind_it(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        confirm_new(db, slot.id, desk)
        wait(db, make_focal_point(db), slot, desk, 3)

        _, booking = book_new(db, slot.id, desk)

        assert booking.state == S.WAITLISTED
        assert seats_of(db, slot.id) == (1, 4)


def test_a_block_leaves_the_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = full_slot(db, desk), make_focal_point(db)
        block = wait(db, focal, slot, desk, 2)

        cohorts.release_cohort(db, focal, block.id, desk, reason="found other seats")

        assert state(db, block) == CohortState.CANCELLED
        assert seats_of(db, slot.id) == (2, 0)
        with pytest.raises(BlockClosedError):
            cohorts.release_cohort(db, focal, block.id, desk)


def test_those_behind_a_block_that_leaves_move_up(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=3), make_focal_point(db)
        confirm_new(db, slot.id, desk)
        block = wait(db, focal, slot, desk, 3)
        _, behind = book_new(db, slot.id, desk)

        cohorts.release_cohort(db, make_secretariat(db), block.id, desk)

        db.refresh(behind)
        assert behind.state == S.OFFERED


def test_nobody_is_named_into_a_block_that_waits(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = full_slot(db, desk), make_focal_point(db)
        block = wait(db, focal, slot, desk, 1)
        with pytest.raises(BlockClosedError, match="waits in line"):
            name_new(db, focal, block.id, desk)


def test_a_group_larger_than_the_slot_would_wait_for_ever(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = full_slot(db, desk), make_focal_point(db)
        with pytest.raises(InvalidError) as caught:
            wait(db, focal, slot, desk, 3)
        assert caught.value.problems[0].code == "more_than_the_slot_has"

        assert wait(db, focal, slot, desk, 3, partial_ok=True).state == CohortState.WAITLISTED


def test_seats_waited_for_count_as_spoken_for(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, other = full_slot(db, desk, seats=4), make_slot(db, seats=10)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)  # for six people
        waiting = CohortIn(slot=slot.id, seats=4, wait=True)
        cohorts.hold_cohort(db, focal, request.id, waiting, desk)
        with pytest.raises(InvalidError, match="2 of 6 seats; 4 wait"):
            cohorts.hold_cohort(db, focal, request.id, CohortIn(slot=other.id, seats=3), desk)

        cohorts.hold_cohort(db, focal, request.id, CohortIn(slot=other.id, seats=2), desk)


def test_a_block_beyond_its_countrys_cap_does_not_wait(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=5, max_per_country=1)
        with pytest.raises(CountryCapError):
            wait(db, make_focal_point(db), slot, desk, 2)


def test_a_block_does_not_join_those_whom_a_provider_selects(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, route="individual-selection")
        book_new(db, slot.id, desk)
        with pytest.raises(NotEnoughSeatsError):
            wait(db, make_focal_point(db), slot, desk, 1)


def free_one(db: Session, slot: Slot, desk: Desk) -> None:
    """One person with a seat gives it back."""
    booking = db.exec(
        select(Booking).where(
            col(Booking.slot_id) == slot.id, col(Booking.state) == BookingState.CONFIRMED
        )
    ).first()
    assert booking is not None
    seats.cancel_booking(db, make_actor(db, booking.person_id), booking.id, CancelIn(), desk)


def test_a_block_waits_until_all_its_seats_are_free(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = full_slot(db, desk, seats=3)
        block = wait(db, make_focal_point(db), slot, desk, 2)
        _, behind = book_new(db, slot.id, desk)

        free_one(db, slot, desk)
        assert (state(db, block), seats_of(db, slot.id)) == (CohortState.WAITLISTED, (2, 3))
        free_one(db, slot, desk)

        db.refresh(block)
        assert (block.state, block.seats_open) == (CohortState.ACTIVE, 2)
        assert (behind.state, seats_of(db, slot.id)) == (S.WAITLISTED, (3, 1))
        assert request_of(db, block).seats_held == 2


def test_a_block_that_takes_part_of_its_seats_becomes_that_large(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = full_slot(db, desk, seats=3)
        block = wait(db, make_focal_point(db), slot, desk, 2, partial_ok=True)

        free_one(db, slot, desk)

        db.refresh(block)
        assert (block.state, block.seats, block.seats_open) == (CohortState.ACTIVE, 1, 1)
        assert seats_of(db, slot.id) == (3, 0)
        assert request_of(db, block).seats_held == 1


def test_a_block_whose_request_is_over_leaves_the_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = full_slot(db, desk, seats=2), make_focal_point(db)
        block = wait(db, focal, slot, desk, 1)
        _, behind = book_new(db, slot.id, desk)
        withdraw_request(db, focal, block.request_id, WithdrawIn(reason="solved"), now=NOW)

        free_one(db, slot, desk)

        db.refresh(behind)
        assert (state(db, block), behind.state) == (CohortState.CANCELLED, S.OFFERED)


def test_a_cancelled_date_ends_the_wait(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = full_slot(db, desk)
        block = wait(db, make_focal_point(db), slot, desk, 2)

        slots.cancel_slot(db, owner_of(db, slot.provider_id), slot.id, CancellationIn(), desk)

        assert (state(db, block), seats_of(db, slot.id)) == (CohortState.CANCELLED, (0, 0))


def test_everybody_is_told_of_a_cancelled_date_and_where_others_are(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = full_slot(db, desk, seats=2)
        book_new(db, slot.id, desk)

        slots.cancel_slot(db, owner_of(db, slot.provider_id), slot.id, CancellationIn(), desk)

        query = select(OutboxEvent).where(col(OutboxEvent.name) == "booking.cancelled")
        told = {event.payload["person"]: event for event in db.exec(query)}
        bookings = db.exec(select(Booking).where(col(Booking.slot_id) == slot.id)).all()
        assert len(told) == len(bookings) == 3
        for booking in bookings:
            link = told[str(booking.person_id)].payload["alternatives"]
            assert link.endswith(f"/bookings/{booking.id}#alternatives")


def test_a_block_takes_no_seat_that_is_kept_for_others(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=4), make_focal_point(db, "KE")
        keep_seats(db, owner_of(db, slot.provider_id), slot.id, kept("countries", 3, "GH"), desk)
        with pytest.raises(NotEnoughSeatsError) as caught:
            take_block(db, focal, slot.id, desk, 2)

        assert caught.value.details["seats_free"] == 1
        assert take_block(db, make_focal_point(db, "GH"), slot.id, desk, 3).seats_open == 3
        assert take_block(db, focal, slot.id, desk, 1).seats_open == 1


def test_a_block_waits_for_seats_that_are_kept_until_they_are_not(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)
        keep_seats(db, owner_of(db, slot.provider_id), slot.id, kept("countries", 3, "GH"), desk)
        block = wait(db, make_focal_point(db, "KE"), slot, desk, 2)
        assert (block.state, block.held_back) == (CohortState.WAITLISTED, "seats-kept")

    hands.on(days=3)
    sweep(database, desk)

    with database.read() as db:
        assert state(db, block) == CohortState.ACTIVE
