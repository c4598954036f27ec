"""Site clearance: the provider decides about each person by a deadline, the seat kept meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.jobs import sweep
from app.booking.models import Booking
from app.booking.rules import BookingState, BookingStepError
from app.booking.schemas import CancelIn, DecisionIn
from app.booking.service import decisions, seats
from app.booking.service.decisions import DecidedTooLateError
from app.booking.service.desk import Desk
from app.booking.service.slots import change_slot
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry
from app.registry.models import Slot
from app.registry.schemas.inputs import SlotPatch
from tests.booking.people import (
    Hands,
    assert_counters,
    book_new,
    confirm_new,
    name_new,
    seats_of,
    state_of,
    take_block,
)
from tests.factories import (
    make_focal_point,
    make_provider,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

S = BookingState
YES = DecisionIn(approve=True)
NO = DecisionIn(approve=False, reason="The site admits no visitors that week.")


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def cleared_slot(db: Session, **facts: Any) -> tuple[Slot, Actor]:
    """A slot whose provider clears people within a day, and somebody who decides."""
    slot = make_slot(db, **{"seats": 1, "decision_hours": 24, **facts})
    return slot, owner_of(db, slot.provider_id)


def asked(db: Session, slot_id: UUID, desk: Desk) -> tuple[Actor, Booking]:
    """Somebody new who confirmed a seat and waits for the provider."""
    return confirm_new(db, slot_id, desk)


def test_a_confirmed_seat_waits_for_the_provider_and_is_taken(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, _ = cleared_slot(db)

        _, booking = asked(db, slot.id, desk)

        assert booking.state == S.REQUESTED
        assert booking.held_until == hands.at + timedelta(hours=24)
        assert seats_of(db, slot.id) == (1, 0)


def test_the_time_to_decide_never_passes_the_start(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        starts_at = hands.at + timedelta(hours=5)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
        slot, _ = cleared_slot(db, apply_by=starts_at, **times)

        _, booking = asked(db, slot.id, desk)

        assert booking.held_until == slot.starts_at


def test_nobody_is_cleared_once_the_slot_was_moved_forward_and_has_begun(
    database: Database, desk: Desk, hands: Hands
) -> None:
    sooner = hands.at + timedelta(hours=3)
    times = {"starts_at": sooner, "ends_at": sooner + timedelta(hours=2)}
    with database.write() as db:
        slot, owner = cleared_slot(db)
        _, booking = asked(db, slot.id, desk)
        patch = SlotPatch.model_validate({"meetings": [times]})
        change_slot(db, owner, slot.id, patch, desk)

    hands.at = sooner
    with database.write() as db, pytest.raises(DecidedTooLateError):
        decisions.decide_request(db, owner, booking.id, YES, desk)


def test_a_person_who_is_accepted_has_the_seat(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db)
        _, booking = asked(db, slot.id, desk)

        decided = decisions.decide_request(db, owner, booking.id, YES, desk)

        assert (decided.state, decided.held_until) == (S.CONFIRMED, None)


def test_a_person_who_is_refused_reads_why_and_the_seat_goes_on(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db)
        _, booking = asked(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)

        decided = decisions.decide_request(db, owner, booking.id, NO, desk)

        assert (decided.state, decided.reason) == (S.REJECTED, NO.reason)
        assert state_of(db, waiting.id) == S.OFFERED
        assert seats_of(db, slot.id) == (1, 0)


def test_a_refusal_needs_a_reason(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db)
        _, booking = asked(db, slot.id, desk)

        with pytest.raises(InvalidError) as caught:
            decisions.decide_request(db, owner, booking.id, DecisionIn(approve=False), desk)

        assert caught.value.problems[0].code == "reason_required"
        assert state_of(db, booking.id) == S.REQUESTED


def test_without_a_decision_in_time_the_seat_goes_on(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db)
        _, booking = asked(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)
    hands.on(hours=24)

    with pytest.raises(DecidedTooLateError), database.write() as db:
        decisions.decide_request(db, owner, booking.id, YES, desk)
    assert sweep(database, desk) == 1

    with database.read() as db:
        assert [state_of(db, each.id) for each in (booking, waiting)] == [S.EXPIRED, S.OFFERED]


def test_a_refused_seat_of_a_block_is_open_in_the_block_again(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db, seats=3)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        person, named = name_new(db, focal, block.id, desk)
        assert seats.confirm_booking(db, person, named.id, desk).state == S.REQUESTED

        decisions.decide_request(db, owner, named.id, NO, desk)

        assert block.seats_open == 2
        assert seats_of(db, slot.id) == (2, 0)


def test_only_the_slots_provider_and_the_secretariat_decide(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, _ = cleared_slot(db)
        person, booking = asked(db, slot.id, desk)
        with pytest.raises(ForbiddenError):
            decisions.decide_request(db, person, booking.id, YES, desk)
        for stranger in (make_trainee(db), owner_of(db, make_provider(db).id)):
            with pytest.raises(NotFoundError):
                decisions.decide_request(db, stranger, booking.id, YES, desk)

        decisions.decide_request(db, make_secretariat(db), booking.id, YES, desk)

        assert state_of(db, booking.id) == S.CONFIRMED


def test_what_is_decided_is_not_decided_again(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db)
        person, held = book_new(db, slot.id, desk)
        with pytest.raises(BookingStepError):
            decisions.decide_request(db, owner, held.id, YES, desk)
        seats.confirm_booking(db, person, held.id, desk)
        with pytest.raises(BookingStepError):
            seats.confirm_booking(db, person, held.id, desk)
        decisions.decide_request(db, owner, held.id, YES, desk)

        with pytest.raises(BookingStepError):
            decisions.decide_request(db, owner, held.id, NO, desk)


def test_a_person_can_withdraw_while_the_provider_decides(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, _ = cleared_slot(db)
        person, booking = asked(db, slot.id, desk)

        seats.cancel_booking(db, person, booking.id, CancelIn(), desk)

        assert state_of(db, booking.id) == S.CANCELLED
        assert seats_of(db, slot.id) == (0, 0)


def test_the_audit_names_who_decided_and_why(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, owner = cleared_slot(db)
        _, booking = asked(db, slot.id, desk)
        decisions.decide_request(db, owner, booking.id, NO, desk)

    with database.read() as db:
        query = select(AuditEntry).where(AuditEntry.subject_id == booking.id)
        told = list(db.exec(query.order_by(col(AuditEntry.id))))
    assert [entry.changes["state"] for entry in told] == [
        [None, "held"],
        ["held", "requested"],
        ["requested", "rejected"],
    ]
    assert (told[-1].actor_id, told[-1].reason) == (owner.user_id, NO.reason)
