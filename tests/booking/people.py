"""What tests of seats have in common: a settable clock, and claims made through the services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking, Cohort
from app.booking.queries.ledger import counters_off
from app.booking.schemas import BookSeatIn, CohortIn, NominationIn
from app.booking.service import cohorts, nominations, seats
from app.booking.service.desk import Desk
from app.core.db import Database
from app.demand.models import GapRequest
from app.registry.models import Slot
from tests.factories import NOW, make_request, make_trainee


class Hands:
    """A clock whose time a test sets."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The present instant of the test."""
        return self.at

    def on(self, **time: float) -> None:
        """Let so much time pass."""
        self.at += timedelta(**time)


def book(db: Session, actor: Actor, slot_id: UUID, desk: Desk) -> Booking:
    """A seat or a place in the line for the actor."""
    return seats.book_seat(db, actor, slot_id, BookSeatIn(), desk)


def book_new(db: Session, slot_id: UUID, desk: Desk, **facts: Any) -> tuple[Actor, Booking]:
    """Somebody new who booked."""
    actor = make_trainee(db, **facts)
    return actor, book(db, actor, slot_id, desk)


def confirm_new(db: Session, slot_id: UUID, desk: Desk, **facts: Any) -> tuple[Actor, Booking]:
    """Somebody new with a confirmed seat."""
    actor, booking = book_new(db, slot_id, desk, **facts)
    return actor, seats.confirm_booking(db, actor, booking.id, desk)


def take_block(
    db: Session, focal: Actor, slot_id: UUID, desk: Desk, count: int, **facts: Any
) -> Cohort:
    """A block of ``count`` seats for a new request of the focal point's country."""
    country = min(focal.countries)
    request = make_request(db, actor=focal, country=country)
    wish = CohortIn.model_validate({"slot": slot_id, "seats": count, **facts})
    return cohorts.hold_cohort(db, focal, request.id, wish, desk)


def name_new(db: Session, focal: Actor, cohort_id: UUID, desk: Desk) -> tuple[Actor, Booking]:
    """Somebody new, named into the block."""
    actor = make_trainee(db)
    named = NominationIn(person=actor.user_id)
    return actor, nominations.nominate(db, focal, cohort_id, named, desk)


def state_of(db: Session, booking_id: UUID) -> str:
    """The booking's state as the database has it."""
    return db.exec(select(Booking.state).where(col(Booking.id) == booking_id)).one()


def seats_of(db: Session, slot_id: UUID) -> tuple[int, int]:
    """Seats claimed and people waiting, as the slot counts them."""
    query = select(Slot.seats_claimed, Slot.waiting).where(col(Slot.id) == slot_id)
    claimed, waiting = db.exec(query).one()
    return claimed, waiting


def request_of(db: Session, cohort: Cohort) -> GapRequest:
    """The request of the block, as the database has it."""
    return db.get_one(GapRequest, cohort.request_id, populate_existing=True)


def assert_counters(database: Database) -> None:
    """Every counter equals the claims it counts."""
    with database.read() as db:
        assert counters_off(db) == []
