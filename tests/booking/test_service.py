"""Seats change hands: on both databases, with every counter equal to what it counts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from app.booking.jobs import sweep
from app.booking.models import Booking
from app.booking.queries.claims import waiting_line
from app.booking.rules import (
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CountryCapError,
    HoldExpiredError,
    NotBookableError,
    NotEnoughSeatsError,
)
from app.booking.schemas import AttendanceIn, CancelIn
from app.booking.service import attendance, decisions, seats
from app.booking.service.attendance import NotStartedError
from app.booking.service.desk import Desk
from app.booking.service.seats import AlreadyStartedError
from app.core.db import Database
from app.core.errors import ForbiddenError, NotFoundError
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.rules import ProviderState, Route
from tests.booking.people import (
    Hands,
    assert_counters,
    book,
    book_new,
    confirm_new,
    seats_of,
    state_of,
)
from tests.factories import (
    NOW,
    make_course,
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


def test_a_seat_is_held_confirmed_and_given_back(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        actor, booking = book_new(db, slot.id, desk)
        assert (booking.state, booking.held_until) == (S.HELD, NOW + timedelta(minutes=15))
        assert seats_of(db, slot.id) == (1, 0)

    with database.write() as db:
        seats.confirm_booking(db, actor, booking.id, desk)
        assert state_of(db, booking.id) == S.CONFIRMED

    with database.write() as db:
        seats.cancel_booking(db, actor, booking.id, CancelIn(reason="ill"), desk)
        assert state_of(db, booking.id) == S.CANCELLED
        assert seats_of(db, slot.id) == (0, 0)


def test_each_step_says_what_happened_once(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        actor, booking = confirm_new(db, slot.id, desk)
        seats.cancel_booking(db, actor, booking.id, CancelIn(reason="ill"), desk)

    with database.read() as db:
        events = db.exec(
            select(OutboxEvent.name, OutboxEvent.version)
            .where(OutboxEvent.subject_id == booking.id)
            .order_by(col(OutboxEvent.version))
        ).all()
        audit = db.exec(
            select(AuditEntry)
            .where(AuditEntry.subject_id == booking.id)
            .order_by(col(AuditEntry.id))
        ).all()
    assert [tuple(event) for event in events] == [
        ("booking.placed", 1),
        ("booking.confirmed", 2),
        ("booking.cancelled", 3),
    ]
    assert [entry.actor_id for entry in audit] == [actor.user_id] * 3
    assert audit[-1].reason == "ill"
    assert audit[-1].changes == {"state": ["confirmed", "cancelled"]}


def test_nobody_has_two_places_on_a_slot(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        actor, booking = book_new(db, slot.id, desk)
        with pytest.raises(AlreadyBookedError):
            book(db, actor, slot.id, desk)
        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        again = book(db, actor, slot.id, desk)

        assert again.id != booking.id


def test_a_full_slot_has_a_line_that_moves_in_its_order(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        first, seat = confirm_new(db, slot.id, desk)
        waiting = []
        for _ in range(3):
            hands.on(minutes=1)
            waiting.append(book_new(db, slot.id, desk))
        assert [booking.state for _, booking in waiting] == [S.WAITLISTED] * 3
        assert seats_of(db, slot.id) == (1, 3)

    with database.write() as db:
        seats.cancel_booking(db, first, seat.id, CancelIn(), desk)

    with database.write() as db:
        states = [state_of(db, booking.id) for _, booking in waiting]
        assert states == [S.OFFERED, S.WAITLISTED, S.WAITLISTED]
        assert seats_of(db, slot.id) == (1, 2)
        offered = db.get_one(Booking, waiting[0][1].id)
        assert offered.held_until == hands.at + timedelta(hours=48)
        seats.cancel_booking(db, waiting[0][0], offered.id, CancelIn(), desk)

    with database.read() as db:
        states = [state_of(db, booking.id) for _, booking in waiting]
        assert states == [S.DECLINED, S.OFFERED, S.WAITLISTED]


def test_a_newcomer_does_not_pass_the_line(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        first, seat = confirm_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)
        seats.cancel_booking(db, first, seat.id, CancelIn(), desk)
        hands.on(minutes=1)
        _, late = book_new(db, slot.id, desk)

        assert (state_of(db, waiting.id), late.state) == (S.OFFERED, S.WAITLISTED)


def test_leaving_the_line_frees_no_seat(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        confirm_new(db, slot.id, desk)
        actor, booking = book_new(db, slot.id, desk)

        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        assert state_of(db, booking.id) == S.CANCELLED
        assert seats_of(db, slot.id) == (1, 0)


def test_a_hold_runs_out_for_whoever_comes_next(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        late, held = book_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)

    hands.on(minutes=15)
    with pytest.raises(HoldExpiredError), database.write() as db:
        seats.confirm_booking(db, late, held.id, desk)
    with database.write() as db:
        _, newcomer = book_new(db, slot.id, desk)
        states = [state_of(db, each.id) for each in (held, waiting, newcomer)]

    assert states == [S.EXPIRED, S.OFFERED, S.WAITLISTED]


def test_a_hold_can_be_confirmed_until_it_runs_out(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        actor, held = book_new(db, slot.id, desk)
        hands.on(minutes=14, seconds=59)

        assert seats.confirm_booking(db, actor, held.id, desk).held_until is None


def test_the_sweeper_ends_what_ran_out_and_moves_the_line(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, other = make_slot(db, seats=1), make_slot(db, seats=1)
        _, held = book_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)
        _, untouched = confirm_new(db, other.id, desk)
    assert sweep(database, desk) == 0

    hands.on(hours=1)

    assert sweep(database, desk) == 1
    assert sweep(database, desk) == 0
    with database.read() as db:
        states = [state_of(db, each.id) for each in (held, waiting, untouched)]
    assert states == [S.EXPIRED, S.OFFERED, S.CONFIRMED]


def test_an_expired_offer_goes_on_to_the_next(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        first, seat = confirm_new(db, slot.id, desk)
        waiting = [book_new(db, slot.id, desk)[1].id for _ in range(2)]
        seats.cancel_booking(db, first, seat.id, CancelIn(), desk)
    hands.on(hours=48)

    sweep(database, desk)

    with database.read() as db:
        assert [state_of(db, each) for each in waiting] == [S.EXPIRED, S.OFFERED]


@pytest.mark.parametrize(
    "facts",
    [{"status": "tentative"}, {"apply_by": NOW - timedelta(minutes=1)}],
    ids=["planned", "too late"],
)
def test_some_slots_cannot_be_booked(database: Database, desk: Desk, facts: dict[str, Any]) -> None:
    with database.write() as db:
        slot = make_slot(db, **facts)
        with pytest.raises(NotBookableError):
            book(db, make_trainee(db), slot.id, desk)


def test_seats_of_a_provider_in_review_cannot_be_booked(database: Database, desk: Desk) -> None:
    with database.write() as db:
        provider = make_provider(db, state=ProviderState.IN_REVIEW)
        slot = make_slot(db, make_course(db, provider))
        with pytest.raises(NotBookableError):
            book(db, make_trainee(db), slot.id, desk)


def test_a_strangers_draft_is_not_there(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, status="draft")
        with pytest.raises(NotFoundError):
            book(db, make_trainee(db), slot.id, desk)


def test_one_country_has_no_more_than_its_seats(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=5, max_per_country=2)
        kenyans = [book_new(db, slot.id, desk, country="KE")[0] for _ in range(2)]
        with pytest.raises(CountryCapError):
            book_new(db, slot.id, desk, country="KE")
        assert book_new(db, slot.id, desk, country="GH")[1].state == S.HELD
        booking = db.exec(select(Booking).where(Booking.person_id == kenyans[0].user_id)).one()

        seats.cancel_booking(db, kenyans[0], booking.id, CancelIn(), desk)

        assert book_new(db, slot.id, desk, country="KE")[1].state == S.HELD


def test_the_line_passes_over_a_country_at_its_cap(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2, max_per_country=1)
        leavers = [confirm_new(db, slot.id, desk, country=each) for each in ("KE", "GH")]
        line = [book_new(db, slot.id, desk, country=each)[1] for each in ("UG", "UG", "TZ")]

        for actor, booking in leavers:
            seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        assert [state_of(db, each.id) for each in line] == [S.OFFERED, S.WAITLISTED, S.OFFERED]


def test_attendance_is_recorded_once_the_slot_has_begun(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        owner = owner_of(db, slot.provider_id)
        actor, booking = confirm_new(db, slot.id, desk)
        _, held = book_new(db, slot.id, desk)
        with pytest.raises(NotStartedError):
            attendance.record_attendance(db, owner, booking.id, AttendanceIn(), desk)
        hands.at = slot.starts_at

        for attended, state in ((True, S.ATTENDED), (False, S.NO_SHOW), (False, S.NO_SHOW)):
            wish = AttendanceIn(attended=attended)
            attendance.record_attendance(db, owner, booking.id, wish, desk)
            assert state_of(db, booking.id) == state
        with pytest.raises(ForbiddenError):
            attendance.record_attendance(db, actor, booking.id, AttendanceIn(), desk)
        with pytest.raises(BookingStepError):
            attendance.record_attendance(db, owner, held.id, AttendanceIn(), desk)


def test_nothing_is_confirmed_or_cancelled_after_the_start(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        actor, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.starts_at

        with pytest.raises(AlreadyStartedError):
            seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)


def test_a_provider_that_selects_offers_seats_by_hand(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, route=Route.SELECTION, max_per_country=1)
        owner = owner_of(db, slot.provider_id)
        applied = [book_new(db, slot.id, desk, country="KE") for _ in range(2)]
        assert [booking.state for _, booking in applied] == [S.WAITLISTED] * 2

        chosen = decisions.offer_place(db, owner, applied[1][1].id, desk)

        assert chosen.state == S.OFFERED
        assert len(waiting_line(db, slot.id)) == 1
        with pytest.raises(BookingStepError):
            decisions.offer_place(db, owner, applied[0][1].id, desk)
        with pytest.raises(ForbiddenError):
            decisions.offer_place(db, applied[0][0], applied[0][1].id, desk)
        seats.cancel_booking(db, applied[1][0], chosen.id, CancelIn(), desk)
        assert state_of(db, applied[0][1].id) == S.WAITLISTED
        decisions.offer_place(db, owner, applied[0][1].id, desk)


def test_no_more_seats_are_offered_than_there_are(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, route=Route.SELECTION)
        owner = owner_of(db, slot.provider_id)
        first, second = (book_new(db, slot.id, desk)[1] for _ in range(2))
        decisions.offer_place(db, owner, first.id, desk)

    with pytest.raises(NotEnoughSeatsError), database.write() as db:
        decisions.offer_place(db, owner, second.id, desk)


def test_an_ordinary_line_cannot_be_passed_by_hand(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        owner = owner_of(db, slot.provider_id)
        confirm_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)

        with pytest.raises(BookingStepError):
            decisions.offer_place(db, owner, waiting.id, desk)


def test_only_the_person_confirms_and_others_who_may_can_cancel(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        owner = owner_of(db, slot.provider_id)
        _, booking = book_new(db, slot.id, desk)
        with pytest.raises(ForbiddenError):
            seats.confirm_booking(db, owner, booking.id, desk)
        for stranger in (make_trainee(db), owner_of(db, make_provider(db).id)):
            with pytest.raises(NotFoundError):
                seats.cancel_booking(db, stranger, booking.id, CancelIn(), desk)

        seats.cancel_booking(db, make_secretariat(db), booking.id, CancelIn(), desk)

        assert state_of(db, booking.id) == S.CANCELLED


def test_what_ended_cannot_be_confirmed_or_cancelled_again(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        actor, booking = book_new(db, slot.id, desk)
        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        with pytest.raises(BookingStepError):
            seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)
        with pytest.raises(BookingStepError):
            seats.confirm_booking(db, actor, booking.id, desk)
        assert seats_of(db, slot.id) == (0, 0)


def test_the_private_calendar_sees_every_change_later_than_the_last(
    database: Database, desk: Desk
) -> None:
    """Two changes within one second get two instants (design of the calendars, R22)."""
    with database.write() as db:
        slot = make_slot(db, seats=1)
        actor, booking = book_new(db, slot.id, desk)
        placed = booking.revised_at
        confirmed = seats.confirm_booking(db, actor, booking.id, desk).revised_at
        ended = seats.cancel_booking(db, actor, booking.id, CancelIn(), desk).revised_at

        assert placed < confirmed < ended
