"""Release dates of blocks: moved by the country, told in time, kept to."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.booking.jobs import remind, sweep
from app.booking.models import Booking, Cohort
from app.booking.rules import BookingState, CohortState, is_reminder_due
from app.booking.schemas import ReleaseDateIn
from app.booking.service import cohorts, releases
from app.booking.service.cohorts import BlockClosedError
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import InvalidError, NotFoundError
from app.core.outbox import OutboxEvent
from tests.booking.people import (
    Hands,
    assert_counters,
    name_new,
    seats_of,
    state_of,
    take_block,
)
from tests.factories import NOW, make_focal_point, make_secretariat, make_slot

S = BookingState
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _counters(database: Database) -> Iterator[None]:
    """Whatever a test did, the counters equal the claims afterwards."""
    yield
    assert_counters(database)


def until(moment: datetime) -> ReleaseDateIn:
    """A wish for this release date."""
    return ReleaseDateIn(release_at=moment)


def told(db: Session, cohort_id: UUID) -> list[int]:
    """The open seats that each reminder of the block named."""
    query = select(OutboxEvent.payload).where(
        col(OutboxEvent.subject_id) == cohort_id, col(OutboxEvent.name) == "cohort.release-near"
    )
    return [payload["open"] for payload in db.exec(query.order_by(col(OutboxEvent.version)))]


@pytest.mark.parametrize(
    ("left", "told_before", "due"),
    [
        (timedelta(days=15), timedelta(days=20), False),
        (timedelta(days=14), timedelta(days=20), True),
        (timedelta(days=10), timedelta(days=14), False),
        (timedelta(days=10), timedelta(days=14, seconds=1), True),
        (timedelta(days=3), timedelta(days=14), True),
        (timedelta(days=2), timedelta(days=3), False),
        (timedelta(days=1), timedelta(days=3), True),
        (timedelta(hours=1), timedelta(days=20), True),
        (timedelta(0), timedelta(days=20), False),
    ],
)
def test_a_reminder_is_due_once_for_each_threshold(
    left: timedelta, told_before: timedelta, *, due: bool
) -> None:
    release_at = NOW + left
    told_at = release_at - told_before

    assert is_reminder_due(release_at=release_at, told_at=told_at, now=NOW) is due


def test_a_country_is_reminded_three_times(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2, release_at=NOW + 20 * DAY)

    for _ in range(4 * 20):
        hands.on(hours=6)
        remind(database, desk)

    with database.read() as db:
        assert told(db, block.id) == [2, 2, 2]


def test_a_block_whose_seats_all_have_names_needs_no_reminder(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1, release_at=NOW + 20 * DAY)
        name_new(db, focal, block.id, desk)

    hands.on(days=18)

    assert remind(database, desk) == 0


def test_a_block_that_was_just_taken_is_not_told_of_what_was_just_chosen(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        take_block(db, focal, slot.id, desk, 1, release_at=NOW + 2 * DAY)

    assert remind(database, desk) == 0


def test_the_release_date_moves_with_the_offers_that_end_then(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 3, release_at=NOW + 5 * DAY)
        _, booking = name_new(db, focal, block.id, desk)

        releases.move_release(db, focal, block.id, until(NOW + 9 * DAY), desk)

        held = db.get_one(Booking, booking.id, populate_existing=True).held_until
        assert held == NOW + 9 * DAY
        assert db.get_one(Cohort, block.id, populate_existing=True).release_at == NOW + 9 * DAY


def test_seats_go_back_on_the_new_date_and_not_on_the_old_one(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 3, release_at=NOW + 5 * DAY)
        _, booking = name_new(db, focal, block.id, desk)
        releases.move_release(db, focal, block.id, until(NOW + 9 * DAY), desk)

    hands.on(days=8)
    sweep(database, desk)
    with database.read() as db:
        assert (seats_of(db, slot.id), state_of(db, booking.id)) == ((3, 0), S.OFFERED)

    hands.on(days=1)
    sweep(database, desk)
    with database.read() as db:
        assert (seats_of(db, slot.id), state_of(db, booking.id)) == ((0, 0), S.EXPIRED)
        assert db.get_one(Cohort, block.id).state == CohortState.RELEASED


def test_the_release_date_lies_between_now_and_the_start(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        for wrong in (NOW, slot.starts_at + timedelta(seconds=1)):
            with pytest.raises(InvalidError) as caught:
                releases.move_release(db, focal, block.id, until(wrong), desk)
            assert caught.value.problems[0].loc == ("release_at",)

        releases.move_release(db, focal, block.id, until(slot.starts_at), desk)


def test_the_country_and_the_secretariat_move_a_release_date(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        with pytest.raises(NotFoundError):
            releases.move_release(db, make_focal_point(db, "GH"), block.id, until(NOW + DAY), desk)

        releases.move_release(db, make_secretariat(db), block.id, until(NOW + DAY), desk)

        assert db.get_one(Cohort, block.id).release_at == NOW + DAY


def test_what_was_given_back_has_no_release_date_any_more(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        cohorts.release_cohort(db, focal, block.id, desk)

        with pytest.raises(BlockClosedError):
            releases.move_release(db, focal, block.id, until(NOW + DAY), desk)
