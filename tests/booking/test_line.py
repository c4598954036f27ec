"""The waiting list: two modes, groups, reasons, skipping with a reason, dates not sure yet."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.jobs import sweep
from app.booking.models import Booking, Cohort
from app.booking.queries.views import booking_view
from app.booking.rules import (
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CohortState,
    HeldBack,
    NotBookableError,
    NotEnoughSeatsError,
)
from app.booking.schemas import BookSeatIn, CancelIn
from app.booking.service import decisions, seats, slots
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import InvalidError
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import Slot
from app.registry.schemas.inputs import SlotPatch
from tests.booking.people import (
    Hands,
    assert_counters,
    book,
    book_new,
    confirm_new,
    request_of,
    seats_of,
    state_of,
    take_block,
)
from tests.factories import (
    make_course,
    make_focal_point,
    make_provider,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

S = BookingState


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def full_slot(db: Session, desk: Desk, **facts: Any) -> tuple[Slot, Actor, Booking]:
    """A slot of one seat, and who has it."""
    slot = make_slot(db, **{"seats": 1, **facts})
    person, booking = confirm_new(db, slot.id, desk)
    return slot, person, booking


def free(db: Session, seat: tuple[Slot, Actor, Booking], desk: Desk) -> None:
    """The seat is given back."""
    seats.cancel_booking(db, seat[1], seat[2].id, CancelIn(), desk)


def grow(db: Session, slot: Slot, count: int, desk: Desk) -> None:
    """The provider makes it so many seats."""
    owner = owner_of(db, slot.provider_id)
    slots.change_slot(db, owner, slot.id, SlotPatch(seats=count), desk)


def held_back(db: Session, booking: Booking) -> str:
    """Why a free seat passed the person by, as the database has it."""
    return db.exec(select(Booking.held_back).where(col(Booking.id) == booking.id)).one()


def group(db: Session, slot: Slot, count: int, desk: Desk, **facts: Any) -> Cohort:
    """A block that waits for so many seats."""
    return take_block(db, make_focal_point(db), slot.id, desk, count, wait=True, **facts)


def busy(db: Session, desk: Desk) -> tuple[Actor, Booking]:
    """Somebody new who has a seat elsewhere at the usual time."""
    return confirm_new(db, make_slot(db).id, desk)


def test_in_the_mode_confirm_a_free_seat_is_theirs_at_once(database: Database, desk: Desk) -> None:
    with database.write() as db:
        seat = full_slot(db, desk, line_mode="confirm")
        _, waiting = book_new(db, seat[0].id, desk)

        free(db, seat, desk)

        assert state_of(db, waiting.id) == S.CONFIRMED
        assert seats_of(db, seat[0].id) == (1, 0)


def test_in_the_mode_confirm_the_provider_still_clears_people(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, line_mode="confirm", decision_hours=24)
        person, held = book_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)

        seats.cancel_booking(db, person, held.id, CancelIn(), desk)

        found = db.get_one(Booking, waiting.id, populate_existing=True)
        assert found.state == S.REQUESTED
        assert found.held_until == hands.at + timedelta(hours=24)


def test_a_slot_says_how_long_its_offers_stand(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        seat = full_slot(db, desk, offer_hours=6)
        _, waiting = book_new(db, seat[0].id, desk)

        free(db, seat, desk)

        found = db.get_one(Booking, waiting.id, populate_existing=True)
        assert found.held_until == hands.at + timedelta(hours=6)


def test_a_group_at_the_head_waits_for_all_its_seats_and_others_behind_it(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        seat = full_slot(db, desk, seats=3)
        slot = seat[0]
        others = [(slot, *confirm_new(db, slot.id, desk)) for _ in range(2)]
        block = group(db, slot, 3, desk)
        hands.on(minutes=1)
        person, behind = book_new(db, slot.id, desk)
        assert seats_of(db, slot.id) == (3, 4)

        for each in others:
            free(db, each, desk)

        assert (block.state, state_of(db, behind.id)) == (CohortState.WAITLISTED, S.WAITLISTED)
        view = booking_view(db, person, behind.id, now=hands.at)
        assert (view.position, view.why_waiting) == (
            2,
            "A group ahead waits for more seats than are free now.",
        )
        assert held_back(db, behind) == ""

        grow(db, slot, 5, desk)

        assert (block.state, block.seats_open) == (CohortState.ACTIVE, 3)
        assert state_of(db, behind.id) == S.OFFERED
        assert request_of(db, block).seats_held == 3
        assert seats_of(db, slot.id) == (5, 0)


def test_a_group_that_is_content_with_fewer_takes_what_is_there(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, *_ = full_slot(db, desk)
        block = group(db, slot, 3, desk, partial_ok=True)

        grow(db, slot, 3, desk)

        assert (block.state, block.seats, block.seats_open) == (CohortState.ACTIVE, 2, 2)
        assert seats_of(db, slot.id) == (3, 0)
        query = select(OutboxEvent.payload).where(OutboxEvent.name == "cohort.taken")
        assert [(each["asked"], each["seats"]) for each in db.exec(query)] == [(3, 2)]


def test_a_group_whose_release_date_has_passed_has_its_seats_until_the_start(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        seat = full_slot(db, desk)
        block = group(db, seat[0], 1, desk, release_at=hands.at + timedelta(days=1))
        hands.on(days=2)

        free(db, seat, desk)

        assert (block.state, block.release_at) == (CohortState.ACTIVE, seat[0].starts_at)


def test_somebody_who_is_elsewhere_then_is_passed_over_told_once_and_keeps_the_place(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        seat = full_slot(db, desk, seats=2)
        confirm_new(db, seat[0].id, desk)
        person, _ = busy(db, desk)
        first = book(db, person, seat[0].id, desk)
        _, second = book_new(db, seat[0].id, desk)

        free(db, seat, desk)
        grow(db, seat[0], 3, desk)

        assert (state_of(db, first.id), held_back(db, first)) == (S.WAITLISTED, HeldBack.CLASH)
        assert state_of(db, second.id) == S.OFFERED
        events = select(OutboxEvent.name).where(OutboxEvent.subject_id == first.id)
        assert list(db.exec(events)) == ["booking.placed", "booking.passed-over"]


def test_when_the_other_booking_ends_the_sweeper_gives_them_the_free_seat(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        seat = full_slot(db, desk)
        person, elsewhere = busy(db, desk)
        waiting = book(db, person, seat[0].id, desk)
        free(db, seat, desk)
        assert state_of(db, waiting.id) == S.WAITLISTED
        seats.cancel_booking(db, person, elsewhere.id, CancelIn(), desk)

    assert sweep(database, desk) == 1

    with database.read() as db:
        assert (state_of(db, waiting.id), held_back(db, waiting)) == (S.OFFERED, "")
    assert sweep(database, desk) == 0


def test_somebody_who_lacks_what_is_required_is_passed_over(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        first = make_course(db, provider)
        course = make_course(db, provider, prerequisites=[str(first.id)])
        planned = make_slot(db, course, status="tentative")
        person = make_trainee(db)
        interested = seats.show_interest(db, person, planned.id, BookSeatIn(), desk)

        patch = SlotPatch.model_validate({"status": "confirmed"})
        slots.change_slot(db, owner_of(db, provider.id), planned.id, patch, desk)

        assert held_back(db, interested) == HeldBack.PREREQUISITE
        view = booking_view(db, person, interested.id, now=hands.at)
        assert "has to be passed first" in str(view.why_waiting)


def test_an_offer_that_was_declined_ends_the_entry(database: Database, desk: Desk) -> None:
    with database.write() as db:
        seat = full_slot(db, desk)
        person, waiting = book_new(db, seat[0].id, desk)
        free(db, seat, desk)
        seats.cancel_booking(db, person, waiting.id, CancelIn(), desk)

        with pytest.raises(BookingStepError):
            seats.confirm_booking(db, person, waiting.id, desk)

        assert book(db, person, seat[0].id, desk).id != waiting.id


def test_the_secretariat_passes_over_others_with_a_reason_that_is_kept(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        seat = full_slot(db, desk, seats=3)
        slot = seat[0]
        for _ in range(2):
            confirm_new(db, slot.id, desk)
        secretariat = make_secretariat(db)
        block = group(db, slot, 3, desk)
        _, urgent = book_new(db, slot.id, desk)
        free(db, seat, desk)
        assert state_of(db, urgent.id) == S.WAITLISTED
        with pytest.raises(InvalidError) as caught:
            decisions.offer_place(db, secretariat, urgent.id, desk)
        assert caught.value.problems[0].code == "reason_required"

        decisions.offer_place(db, secretariat, urgent.id, desk, reason="Outbreak response.")

        assert state_of(db, urgent.id) == S.OFFERED
        entry = db.exec(select(AuditEntry).where(AuditEntry.action == "slot.line-skipped")).one()
        assert (entry.actor_id, entry.reason) == (secretariat.user_id, "Outbreak response.")
        assert entry.changes["passed"] == [str(block.id)]
        assert entry.changes["offered"] == str(urgent.id)


def test_nobody_is_given_a_seat_that_is_not_there(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, *_ = full_slot(db, desk)
        _, waiting = book_new(db, slot.id, desk)
        secretariat = make_secretariat(db)

    with pytest.raises(NotEnoughSeatsError), database.write() as db:
        decisions.offer_place(db, secretariat, waiting.id, desk, reason="Urgent.")

    with database.read() as db:
        query = select(AuditEntry).where(AuditEntry.action == "slot.line-skipped")
        assert list(db.exec(query)) == []


def test_interest_in_a_planned_date_becomes_an_offer_once_it_is_sure(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, status="tentative", line_mode="confirm")
        wishes = [
            seats.show_interest(db, make_trainee(db), slot.id, BookSeatIn(), desk) for _ in range(2)
        ]
        assert seats_of(db, slot.id) == (0, 2)

        patch = SlotPatch.model_validate({"status": "confirmed"})
        slots.change_slot(db, owner_of(db, slot.provider_id), slot.id, patch, desk)

        assert [state_of(db, each.id) for each in wishes] == [S.OFFERED, S.WAITLISTED]


def test_interest_is_for_planned_dates_and_once_each(database: Database, desk: Desk) -> None:
    with database.write() as db:
        person = make_trainee(db)
        sure = make_slot(db)
        with pytest.raises(NotBookableError):
            seats.show_interest(db, person, sure.id, BookSeatIn(), desk)
        planned = make_slot(db, status="tentative")
        seats.show_interest(db, person, planned.id, BookSeatIn(), desk)

        with pytest.raises(AlreadyBookedError):
            seats.show_interest(db, person, planned.id, BookSeatIn(), desk)
