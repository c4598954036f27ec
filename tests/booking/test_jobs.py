"""Timed work goes on past what fails."""

from sqlmodel import col, update

from app.booking.jobs import sweep
from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Slot
from tests.booking.people import Hands, book_new, state_of
from tests.factories import make_slot


def test_a_slot_that_cannot_be_swept_keeps_no_other_waiting(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        broken, other = sorted((make_slot(db), make_slot(db)), key=lambda slot: slot.id)
        _, stuck = book_new(db, broken.id, desk)
        _, held = book_new(db, other.id, desk)
        db.execute(update(Slot).where(col(Slot.id) == broken.id).values(seats_claimed=0))
    hands.on(hours=1)

    sweep(database, desk)

    with database.read() as db:
        states = [state_of(db, each.id) for each in (stuck, held)]
    assert states == [BookingState.HELD, BookingState.EXPIRED]
