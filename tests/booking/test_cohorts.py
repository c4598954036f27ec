"""Blocks of seats: all or nothing, named, given back, counted towards the request."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.booking.jobs import sweep
from app.booking.models import Cohort
from app.booking.rules import (
    AlreadyBookedError,
    BookingState,
    CohortState,
    CountryCapError,
    NotBookableError,
    NotEnoughSeatsError,
)
from app.booking.schemas import AttendanceIn, CancelIn, CohortIn, NominationIn
from app.booking.service import attendance, cohorts, nominations, seats, slots
from app.booking.service.cohorts import BlockClosedError, RequestNotOpenError
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.demand.rules import RequestState
from app.registry.schemas.inputs import CancellationIn
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


def test_a_block_is_taken_named_confirmed_and_attended(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=10)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 6)
        assert seats_of(db, slot.id) == (6, 0)
        assert request_of(db, block).state == RequestState.MATCHED

    with database.write() as db:
        people = [name_new(db, focal, block.id, desk) for _ in range(2)]
        assert [booking.state for _, booking in people] == [S.OFFERED] * 2
        assert db.get_one(Cohort, block.id).seats_open == 4
        assert seats_of(db, slot.id) == (6, 0)
        for actor, booking in people:
            seats.confirm_booking(db, actor, booking.id, desk)

    hands.at = slot.starts_at
    with database.write() as db:
        owner = owner_of(db, slot.provider_id)
        for attended, (_, booking) in zip((True, False), people, strict=True):
            wish = AttendanceIn(attended=attended)
            attendance.record_attendance(db, owner, booking.id, wish, desk)
        request = request_of(db, block)
        # The slot's start is past the block's release date: what had no name went back.
        assert (request.seats_held, request.seats_met) == (2, 1)
        attendance.record_attendance(db, owner, people[0][1].id, AttendanceIn(attended=False), desk)
        assert request_of(db, block).seats_met == 0


@pytest.mark.parametrize(("capacity", "taken"), [(5, 0), (6, 1)])
def test_a_block_is_all_or_nothing(
    database: Database, desk: Desk, capacity: int, taken: int
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=capacity)
        focal = make_focal_point(db)
        for _ in range(taken):
            confirm_new(db, slot.id, desk)

    with pytest.raises(NotEnoughSeatsError) as caught, database.write() as db:
        take_block(db, focal, slot.id, desk, 6)

    assert caught.value.details["seats_free"] == 5
    with database.read() as db:
        assert seats_of(db, slot.id) == (taken, 0)


def test_a_block_waits_behind_the_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3, max_per_country=2)
        for _ in range(2):
            confirm_new(db, slot.id, desk, country="GH")
        confirm_new(db, slot.id, desk, country="UG")
        book_new(db, slot.id, desk, country="TZ")

        with pytest.raises(NotEnoughSeatsError):
            take_block(db, make_focal_point(db, "KE"), slot.id, desk, 1)


def test_a_block_keeps_to_the_cap_of_its_country(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=10, max_per_country=3)
        confirm_new(db, slot.id, desk, country="KE")
        focal = make_focal_point(db, "KE")
        with pytest.raises(CountryCapError):
            take_block(db, focal, slot.id, desk, 3)

        take_block(db, focal, slot.id, desk, 2)

        with pytest.raises(CountryCapError):
            book_new(db, slot.id, desk, country="KE")


def test_a_block_takes_no_more_than_the_request_needs(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, other = make_slot(db, seats=10), make_slot(db, seats=10)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
        cohorts.hold_cohort(db, focal, request.id, CohortIn(slot=slot.id, seats=4), desk)
        with pytest.raises(InvalidError) as caught:
            cohorts.hold_cohort(db, focal, request.id, CohortIn(slot=other.id, seats=3), desk)

        cohorts.hold_cohort(db, focal, request.id, CohortIn(slot=other.id, seats=2), desk)

    assert caught.value.problems[0].code == "more_than_needed"
    assert "still needs 2 of 6" in caught.value.message


def test_blocks_are_for_open_requests_and_bookable_slots(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, planned = make_slot(db), make_slot(db, status="tentative")
        focal = make_focal_point(db)
        draft = make_request(db, actor=focal, submit=False)
        with pytest.raises(RequestNotOpenError):
            cohorts.hold_cohort(db, focal, draft.id, CohortIn(slot=slot.id, seats=1), desk)
        with pytest.raises(NotBookableError):
            take_block(db, focal, planned.id, desk, 1)
        hidden = make_slot(db, status="draft")
        with pytest.raises(InvalidError, match="no such slot"):
            take_block(db, focal, hidden.id, desk, 1)


def test_only_the_own_focal_point_takes_and_names(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db)
        focal, other = make_focal_point(db, "KE"), make_focal_point(db, "GH")
        secretariat = make_secretariat(db)
        block = take_block(db, focal, slot.id, desk, 2)
        wish = CohortIn(slot=slot.id, seats=1)
        named = NominationIn(email="a@people.example", name="A")
        for actor, error in ((other, NotFoundError), (secretariat, ForbiddenError)):
            with pytest.raises(error):
                cohorts.hold_cohort(db, actor, block.request_id, wish, desk)
            with pytest.raises(error):
                nominations.nominate(db, actor, block.id, named, desk)
        with pytest.raises(NotFoundError):
            cohorts.release_cohort(db, other, block.id, desk)

        cohorts.release_cohort(db, secretariat, block.id, desk, reason="nobody came forward")

        assert seats_of(db, slot.id) == (0, 0)


def test_a_release_date_lies_between_now_and_the_start(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db)
        focal = make_focal_point(db)
        for release_at in (NOW, slot.starts_at + timedelta(minutes=1)):
            with pytest.raises(InvalidError) as caught:
                take_block(db, focal, slot.id, desk, 1, release_at=release_at)
            assert caught.value.problems[0].loc == ("release_at",)

        block = take_block(db, focal, slot.id, desk, 1, release_at=NOW + timedelta(days=3))

        assert block.release_at == NOW + timedelta(days=3)


def test_a_release_date_without_an_offset_is_on_the_slots_clock(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db)  # Nairobi, three hours ahead of UTC
        wanted = NOW + timedelta(days=3)

        block = take_block(
            db,
            make_focal_point(db),
            slot.id,
            desk,
            1,
            release_at=wanted.replace(tzinfo=None) + timedelta(hours=3),
        )

        assert block.release_at == wanted


def test_open_seats_go_to_the_line_on_the_release_date(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 4, release_at=NOW + timedelta(days=2))
        keeper, kept = name_new(db, focal, block.id, desk)
        _, lost = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, keeper, kept.id, desk)
        line = [book_new(db, slot.id, desk)[1] for _ in range(4)]

    hands.on(days=2)
    sweep(database, desk)

    with database.read() as db:
        assert (state_of(db, kept.id), state_of(db, lost.id)) == (S.CONFIRMED, S.EXPIRED)
        assert [state_of(db, each.id) for each in line] == [S.OFFERED] * 3 + [S.WAITLISTED]
        assert db.get_one(Cohort, block.id).state == CohortState.RELEASED
        request = request_of(db, block)
        assert (request.seats_held, request.state) == (1, RequestState.PARTLY_MATCHED)


def test_a_seat_given_back_returns_to_its_block_or_later_to_everybody(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        first, second = (name_new(db, focal, block.id, desk) for _ in range(2))
        _, waiting = book_new(db, slot.id, desk)

        seats.cancel_booking(db, first[0], first[1].id, CancelIn(), desk)

        assert state_of(db, first[1].id) == S.DECLINED
        assert db.get_one(Cohort, block.id).seats_open == 1
        assert state_of(db, waiting.id) == S.WAITLISTED
        cohorts.release_cohort(db, focal, block.id, desk)
        assert state_of(db, waiting.id) == S.OFFERED
        _, late = book_new(db, slot.id, desk)
        seats.cancel_booking(db, focal, second[1].id, CancelIn(reason="left us"), desk)
        assert state_of(db, late.id) == S.OFFERED
        assert request_of(db, block).seats_held == 0


def test_a_block_has_as_many_names_as_seats(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=5)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        someone, _ = name_new(db, focal, block.id, desk)
        with pytest.raises(NotEnoughSeatsError):
            name_new(db, focal, block.id, desk)
        second = take_block(db, focal, slot.id, desk, 1)
        with pytest.raises(AlreadyBookedError):
            nominations.nominate(db, focal, second.id, NominationIn(person=someone.user_id), desk)
        cohorts.release_cohort(db, focal, second.id, desk)
        with pytest.raises(BlockClosedError):
            name_new(db, focal, second.id, desk)
        with pytest.raises(BlockClosedError):
            cohorts.release_cohort(db, focal, second.id, desk)


def test_a_person_is_named_by_an_address_in_any_case(database: Database, desk: Desk) -> None:
    with database.write() as db:
        later = NOW + timedelta(days=40)
        other = make_slot(db, starts_at=later, ends_at=later + timedelta(hours=2))
        slots_here = [make_slot(db), other]
        focal = make_focal_point(db)
        people = set()
        for slot, email in zip(
            slots_here, ("Ama@People.example", "ama@people.example"), strict=True
        ):
            block = take_block(db, focal, slot.id, desk, 1)
            named = NominationIn(email=email, name="Ama Example", country="GH")
            people.add(nominations.nominate(db, focal, block.id, named, desk).person_id)

        assert len(people) == 1


def test_a_cancelled_slot_gives_blocks_back(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=8)
        owner = owner_of(db, slot.provider_id)
        blocks = []
        for country in ("KE", "GH"):
            focal = make_focal_point(db, country)
            block = take_block(db, focal, slot.id, desk, 3)
            actor, booking = name_new(db, focal, block.id, desk)
            seats.confirm_booking(db, actor, booking.id, desk)
            blocks.append((block, booking))

    with database.write() as db:
        slots.cancel_slot(db, owner, slot.id, CancellationIn(), desk)

    with database.read() as db:
        assert seats_of(db, slot.id) == (0, 0)
        for block, booking in blocks:
            assert db.get_one(Cohort, block.id).state == CohortState.CANCELLED
            assert state_of(db, booking.id) == S.CANCELLED
            request = request_of(db, block)
            assert (request.seats_held, request.state) == (0, RequestState.SUBMITTED)


@pytest.mark.parametrize("course", [{"skills": ["mfg-gowning"]}, {"level": 2}])
def test_seats_that_do_not_meet_the_need_are_not_taken_for_it(
    database: Database, desk: Desk, course: dict[str, Any]
) -> None:
    with database.write() as db:
        slot_id = make_slot(db, make_course(db, **course)).id
        focal = make_focal_point(db)
        request_id = make_request(db, actor=focal).id

    with pytest.raises(InvalidError, match="teaches none") as caught, database.write() as db:
        cohorts.hold_cohort(db, focal, request_id, CohortIn(slot=slot_id, seats=1), desk)
    assert [problem.code for problem in caught.value.problems] == ["skill_not_taught"]
