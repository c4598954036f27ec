"""People named into a block: what each way out gives back, and one exchanged for another."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from app.booking.jobs import sweep
from app.booking.models import Booking, Cohort
from app.booking.rules import (
    AlreadyBookedError,
    BookingState,
    BookingStepError,
    CohortState,
)
from app.booking.schemas import BookSeatIn, CancelIn, DecisionIn, NominationIn
from app.booking.service import cohorts, nominations, seats
from app.booking.service.decisions import decide_request
from app.booking.service.desk import Desk
from app.booking.service.occupied import PersonClashError
from app.booking.service.seats import AlreadyStartedError
from app.booking.service.slots import change_slot
from app.core.db import Database
from app.core.errors import ForbiddenError, NotFoundError
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.schemas.inputs import SlotPatch
from tests.booking.people import (
    Hands,
    assert_counters,
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
    make_focal_point,
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


def open_seats(db: Session, cohort: Cohort) -> int:
    """Seats of the block without a name, as the database has it."""
    return db.exec(select(Cohort.seats_open).where(col(Cohort.id) == cohort.id)).one()


def somebody(db: Session) -> NominationIn:
    """A new person to be named."""
    return NominationIn(person=make_trainee(db).user_id)


def test_a_seat_that_is_declined_is_open_in_its_block_again(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=2), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        actor, booking = name_new(db, focal, block.id, desk)

        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        assert (state_of(db, booking.id), open_seats(db, block)) == (S.DECLINED, 2)
        assert seats_of(db, slot.id) == (2, 0)


def test_a_seat_that_its_person_gives_back_is_open_in_its_block_again(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=2), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, actor, booking.id, desk)

        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        assert (state_of(db, booking.id), open_seats(db, block)) == (S.CANCELLED, 2)
        assert request_of(db, block).seats_held == 2


def test_a_seat_given_back_after_the_release_goes_to_everybody(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=1), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, actor, booking.id, desk)
        cohorts.release_cohort(db, focal, block.id, desk)
        _, waiting = book_new(db, slot.id, desk)

        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        assert state_of(db, waiting.id) == S.OFFERED
        assert request_of(db, block).seats_held == 0


def test_an_offer_in_a_block_that_runs_out_goes_to_everybody(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=1), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1, release_at=NOW + timedelta(days=1))
        _, booking = name_new(db, focal, block.id, desk)
        _, waiting = book_new(db, slot.id, desk)

    hands.on(days=1)
    sweep(database, desk)

    with database.read() as db:
        assert (state_of(db, booking.id), state_of(db, waiting.id)) == (S.EXPIRED, S.OFFERED)


def test_a_nomination_says_who_named_whom(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)

        audit = db.exec(select(AuditEntry).where(col(AuditEntry.subject_id) == booking.id)).one()
        event = db.exec(select(OutboxEvent).where(col(OutboxEvent.subject_id) == booking.id)).one()
        assert (booking.created_by, booking.person_id) == (focal.user_id, actor.user_id)
        assert (audit.actor_id, audit.action) == (focal.user_id, "booking.nominated")
        assert audit.changes == {"state": [None, "offered"]}
        assert event.payload["person"] == str(actor.user_id)


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("released", [False, True])
def test_a_person_is_replaced_without_the_seat_ever_being_free(
    database: Database, desk: Desk, *, confirmed: bool, released: bool
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=2), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        actor, booking = name_new(db, focal, block.id, desk)
        if confirmed:
            seats.confirm_booking(db, actor, booking.id, desk)
        if released:
            cohorts.release_cohort(db, focal, block.id, desk)
        confirm_new(db, slot.id, desk) if released else None
        _, waiting = book_new(db, slot.id, desk)
        before = (seats_of(db, slot.id), open_seats(db, block), request_of(db, block).seats_held)

        new = nominations.replace_person(db, focal, booking.id, somebody(db), desk)

        after = (seats_of(db, slot.id), open_seats(db, block), request_of(db, block).seats_held)
        assert after == before
        assert (state_of(db, booking.id), state_of(db, new.id)) == (S.CANCELLED, S.OFFERED)
        assert state_of(db, waiting.id) == S.WAITLISTED
        assert (new.replaces_id, new.cohort_id) == (booking.id, block.id)


def test_a_newcomer_has_until_the_release_and_later_as_long_as_any_offer(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        release_at = NOW + timedelta(days=9)
        block = take_block(db, focal, slot.id, desk, 1, release_at=release_at)
        _, booking = name_new(db, focal, block.id, desk)

        second = nominations.replace_person(db, focal, booking.id, somebody(db), desk)
        assert second.held_until == release_at
        cohorts.release_cohort(db, focal, block.id, desk)
        third = nominations.replace_person(db, focal, second.id, somebody(db), desk)
        assert third.held_until == NOW + desk.offer


def test_a_newcomer_who_declines_after_the_release_frees_the_seat(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=1), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        _, booking = name_new(db, focal, block.id, desk)
        cohorts.release_cohort(db, focal, block.id, desk)
        actor = make_trainee(db)
        named = NominationIn(person=actor.user_id)
        new = nominations.replace_person(db, make_secretariat(db), booking.id, named, desk)

        seats.cancel_booking(db, actor, new.id, CancelIn(), desk)

        assert seats_of(db, slot.id) == (0, 0)
        assert request_of(db, block).seats_held == 0


def test_only_the_country_and_the_secretariat_replace(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        person, booking = name_new(db, focal, block.id, desk)
        owner = owner_of(db, slot.provider_id)
        for actor, error in (
            (person, ForbiddenError),
            (owner, ForbiddenError),
            (make_focal_point(db, "GH"), NotFoundError),
        ):
            with pytest.raises(error):
                nominations.replace_person(db, actor, booking.id, somebody(db), desk)


def test_nobody_takes_over_a_seat_that_is_no_more(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.cancel_booking(db, actor, booking.id, CancelIn(), desk)

        with pytest.raises(BookingStepError, match="holds no seat"):
            nominations.replace_person(db, focal, booking.id, somebody(db), desk)


def test_who_booked_alone_is_replaced_by_nobody(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db)
        _, booking = book_new(db, slot.id, desk)

        with pytest.raises(BookingStepError, match="named"):
            nominations.replace_person(db, make_secretariat(db), booking.id, somebody(db), desk)


def test_who_is_in_the_slot_already_takes_over_nobodys_seat(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        (_, first), (second, _) = (name_new(db, focal, block.id, desk) for _ in range(2))
        named = NominationIn(person=second.user_id)

        with pytest.raises(AlreadyBookedError):
            nominations.replace_person(db, focal, first.id, named, desk)


def test_nobody_is_named_once_the_slot_was_moved_forward_and_has_begun(
    database: Database, desk: Desk, hands: Hands
) -> None:
    sooner = NOW + timedelta(hours=3)
    times = {"starts_at": sooner, "ends_at": sooner + timedelta(hours=2)}
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        patch = SlotPatch.model_validate({"meetings": [times]})
        change_slot(db, owner_of(db, slot.provider_id), slot.id, patch, desk)

    hands.at = sooner
    with database.write() as db, pytest.raises(AlreadyStartedError):
        name_new(db, focal, block.id, desk)


def test_nobody_is_replaced_once_the_slot_has_begun(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, actor, booking.id, desk)

    hands.at = slot.starts_at
    with database.write() as db, pytest.raises(AlreadyStartedError):
        nominations.replace_person(db, focal, booking.id, somebody(db), desk)


def test_a_replacement_leaves_both_in_the_history(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        _, booking = name_new(db, focal, block.id, desk)
        new = nominations.replace_person(db, focal, booking.id, somebody(db), desk)

        rows = db.exec(select(Booking).where(col(Booking.cohort_id) == block.id)).all()
        assert {(row.id, row.reason) for row in rows} == {
            (booking.id, nominations.REPLACED),
            (new.id, ""),
        }
        events = db.exec(select(OutboxEvent).where(col(OutboxEvent.subject_id) == new.id)).all()
        assert [event.payload["replaces"] for event in events] == [str(booking.id)]
        assert db.get_one(Cohort, block.id).state == CohortState.ACTIVE


@pytest.mark.parametrize("named_too", [False, True])
def test_somebody_who_is_elsewhere_then_is_not_named_and_not_told_on(
    database: Database, desk: Desk, *, named_too: bool
) -> None:
    with database.write() as db:
        slot, other, focal = make_slot(db), make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor = make_trainee(db)
        named = NominationIn(person=actor.user_id)
        if named_too:  # by the same country, which knows of it
            elsewhere = take_block(db, focal, other.id, desk, 1)
            nominations.nominate(db, focal, elsewhere.id, named, desk)
        else:
            seats.book_seat(db, actor, other.id, BookSeatIn(), desk)

        with pytest.raises(PersonClashError) as caught:
            nominations.nominate(db, focal, block.id, named, desk)

        assert ("Aseptic filling" in caught.value.message) is named_too
        assert open_seats(db, block) == 1


def test_a_newcomer_who_is_elsewhere_then_takes_over_nobodys_seat(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, other, focal = make_slot(db), make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        _, booking = name_new(db, focal, block.id, desk)
        actor, _ = book_new(db, other.id, desk)
        named = NominationIn(person=actor.user_id)

        with pytest.raises(PersonClashError):
            nominations.replace_person(db, focal, booking.id, named, desk)

        assert state_of(db, booking.id) == S.OFFERED


def test_whoever_was_replaced_is_free_for_something_else(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, other, focal = make_slot(db), make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
        nominations.replace_person(db, focal, booking.id, somebody(db), desk)

        assert seats.book_seat(db, actor, other.id, BookSeatIn(), desk).state == S.HELD


def test_a_provider_clears_whom_a_country_named(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, decision_hours=48), make_focal_point(db)
        owner = owner_of(db, slot.provider_id)
        block = take_block(db, focal, slot.id, desk, 2)
        people = [name_new(db, focal, block.id, desk) for _ in range(2)]
        for actor, booking in people:
            seats.confirm_booking(db, actor, booking.id, desk)
            assert state_of(db, booking.id) == S.REQUESTED
        (_, first), (_, second) = people

        decide_request(db, owner, first.id, DecisionIn(approve=True), desk)
        decide_request(db, owner, second.id, DecisionIn(approve=False, reason="No visa."), desk)

        assert (state_of(db, first.id), state_of(db, second.id)) == (S.CONFIRMED, S.REJECTED)
        assert (open_seats(db, block), seats_of(db, slot.id)) == (1, (2, 0))


def test_a_clearance_that_nobody_decides_on_opens_the_seat_again(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, decision_hours=48), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, actor, booking.id, desk)

    hands.on(hours=48)
    sweep(database, desk)

    with database.read() as db:
        assert (state_of(db, booking.id), open_seats(db, block)) == (S.EXPIRED, 1)
