"""Requests in training, and requests whose time is over, as the worker finds them."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.booking.jobs import follow_requests
from app.booking.models import Cohort
from app.booking.schemas import NominationIn
from app.booking.service import cohorts, nominations, seats
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.outbox import AuditEntry
from app.demand.models import GapRequest
from tests.booking.people import Hands, request_of, take_block
from tests.factories import days, make_focal_point, make_request, make_slot, make_trainee

DAY = timedelta(days=1)


@pytest.fixture
def block(database: Database, desk: Desk) -> Cohort:
    """Two seats of Kenya with a name in one of them."""
    with database.write() as db:
        focal, slot = make_focal_point(db, "KE"), make_slot(db, seats=4)
        cohort = take_block(db, focal, slot.id, desk, 2)
        somebody = make_trainee(db)
        named = nominations.nominate(
            db, focal, cohort.id, NominationIn(person=somebody.user_id), desk
        )
        seats.confirm_booking(db, somebody, named.id, desk)
        db.refresh(cohort)
        db.expunge(cohort)
    return cohort


def state(database: Database, block: Cohort) -> str:
    with database.read() as db:
        return request_of(db, block).state


def starts(database: Database, block: Cohort, hands: Hands) -> None:
    """Go to the moment at which the block's date begins."""
    from app.registry.models import Slot  # noqa: PLC0415 - only for this

    with database.read() as db:
        hands.at = db.get_one(Slot, block.slot_id).starts_at


def test_training_begins_with_the_first_date_that_it_holds_seats_on(
    database: Database, desk: Desk, hands: Hands, block: Cohort
) -> None:
    assert follow_requests(database, desk) == (0, 0)
    starts(database, block, hands)

    assert follow_requests(database, desk) == (1, 0)
    assert follow_requests(database, desk) == (0, 0)

    assert state(database, block) == "in-training"
    with database.read() as db:
        assert request_of(db, block).training_since == hands.at
        query = select(AuditEntry).where(AuditEntry.action == "request.training-began")
        assert db.exec(query).one().changes == {"state": ["partly-matched", "in-training"]}


def test_a_block_that_was_given_back_whole_begins_nothing(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        focal, slot = make_focal_point(db, "KE"), make_slot(db, seats=4)
        block = take_block(db, focal, slot.id, desk, 2)
        cohorts.release_cohort(db, focal, block.id, desk)
    starts(database, block, hands)

    assert follow_requests(database, desk) == (0, 0)


def test_a_request_expires_the_day_after_its_date_in_its_country(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        far_east = make_request(db, country="KI", needed_by=days(10)).id
        far_west = make_request(db, country="WS", needed_by=days(10)).id
        nairobi = make_request(db, country="KE", needed_by=days(10)).id
        draft = make_request(db, country="KE", needed_by=days(10), submit=False).id

    def states() -> list[str]:
        with database.read() as db:
            found = (far_east, nairobi, draft, far_west)
            return [db.get_one(GapRequest, each).state for each in found]

    # Ten at night in Nairobi on the last day; the next day has begun in Kiribati and Samoa.
    hands.at = hands.at.replace(hour=19, minute=0) + 10 * DAY
    assert follow_requests(database, desk) == (0, 2)
    assert states() == ["expired", "submitted", "draft", "expired"]
    hands.on(hours=2)
    assert follow_requests(database, desk) == (0, 1)
    assert states() == ["expired", "expired", "draft", "expired"]


def test_seats_on_a_date_to_come_keep_a_request_from_expiring(
    database: Database, desk: Desk, hands: Hands, block: Cohort
) -> None:
    with database.write() as db:
        request = request_of(db, block)
        request.needed_by = hands.at.date()
        request.earliest = hands.at.date()
        db.add(request)
    hands.on(days=3)

    assert follow_requests(database, desk) == (0, 0)
    assert state(database, block) == "partly-matched"


def test_a_request_expires_when_the_date_of_its_seats_is_over_too(
    database: Database, desk: Desk, hands: Hands, block: Cohort
) -> None:
    with database.read() as db:
        hands.at = hands.at.combine(request_of(db, block).needed_by, hands.at.timetz()) + timedelta(
            days=2
        )

    assert follow_requests(database, desk) == (1, 1)
    assert state(database, block) == "expired"
