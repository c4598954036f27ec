"""How many seats one person, or one network, can keep from others without confirming them."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import Session, col, select

from app.booking.models import Booking
from app.booking.rules import BookingState
from app.booking.schemas import CancelIn
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.booking.service.seats import TooManyHoldsError
from app.core.db import Database
from app.registry.models import Slot
from tests.booking.people import Hands, book, book_new
from tests.factories import NOW, bearer, make_course, make_slot, make_trainee

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

S = BookingState


def days_apart(db: Session, count: int) -> list[Slot]:
    """So many slots on different days."""
    course = make_course(db)
    days = [NOW + timedelta(days=30 + number) for number in range(count)]
    return [
        make_slot(db, course, seats=1, starts_at=day, ends_at=day + timedelta(hours=2))
        for day in days
    ]


def test_a_person_holds_five_seats_and_no_sixth(database: Database, desk: Desk) -> None:
    with database.write() as db:
        *five, sixth = days_apart(db, 6)
        person = make_trainee(db)
        held = [book(db, person, slot.id, desk) for slot in five]
        with pytest.raises(TooManyHoldsError):
            book(db, person, sixth.id, desk)

        seats.confirm_booking(db, person, held[0].id, desk)

        assert book(db, person, sixth.id, desk).state == S.HELD


def test_holds_that_ran_out_or_were_given_back_do_not_count(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        *five, sixth, seventh = days_apart(db, 7)
        person = make_trainee(db)
        held = [book(db, person, slot.id, desk) for slot in five]
        seats.cancel_booking(db, person, held[0].id, CancelIn(), desk)
        assert book(db, person, sixth.id, desk).state == S.HELD

        hands.on(minutes=16)  # nobody has swept since

        assert book(db, person, seventh.id, desk).state == S.HELD


def test_a_place_in_the_line_is_no_hold(database: Database, desk: Desk) -> None:
    with database.write() as db:
        *five, full = days_apart(db, 6)
        book_new(db, full.id, desk)
        person = make_trainee(db)
        for slot in five:
            book(db, person, slot.id, desk)

        assert book(db, person, full.id, desk).state == S.WAITLISTED


def test_one_network_holds_twenty_seats_and_no_more(database: Database, hands: Hands) -> None:
    here, there = Desk(hands, address="here"), Desk(hands, address="there")
    with database.write() as db:
        slot = make_slot(db, seats=30)
        first, *_ = [book_new(db, slot.id, here) for _ in range(20)]
        with pytest.raises(TooManyHoldsError):
            book_new(db, slot.id, here)
        assert book_new(db, slot.id, there)[1].state == S.HELD

        seats.confirm_booking(db, first[0], first[1].id, here)

        assert book_new(db, slot.id, here)[1].state == S.HELD


def test_where_a_hold_came_from_is_forgotten_with_it(
    client: "TestClient", database: Database
) -> None:
    """A keyed hash while it is held; nothing afterwards."""
    with database.write() as db:
        slot = make_slot(db)
        headers = bearer(db, make_trainee(db))
    url = f"/api/v1/slots/{slot.id}/bookings"
    booking = client.post(url, headers=headers).json()["id"]
    query = select(Booking.placed_from).where(col(Booking.slot_id) == slot.id)
    with database.read() as db:
        kept = db.exec(query).one()
    assert len(kept) == 64
    assert "testclient" not in kept

    client.post(f"/api/v1/bookings/{booking}/confirmation", headers=headers)

    with database.read() as db:
        assert db.exec(query).one() == ""
