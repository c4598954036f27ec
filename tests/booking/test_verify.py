"""``cadre verify`` sees histories that do not lead to what is there, and lines that stand still."""

from typing import Any

import pytest
from sqlmodel import Session, col, select, update

from app.booking.models import Booking, Cohort
from app.booking.queries.history import histories_off, lines_off
from app.booking.queries.ledger import counters_off
from app.booking.rules import BookingState, CohortState, Edge, history_problem
from app.booking.schemas import AttendanceIn, CancelIn
from app.booking.service import attendance, seats
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.outbox import OutboxEvent
from app.registry.models import Slot
from tests.booking.people import Hands, book_new, confirm_new, take_block
from tests.factories import NOW, make_focal_point, make_slot, owner_of

S = BookingState


def test_a_walk_along_the_steps_is_sound() -> None:
    edges = [Edge(None, S.HELD), Edge(S.HELD, S.CONFIRMED), Edge(S.CONFIRMED, S.ATTENDED)]

    assert history_problem(edges, S.ATTENDED) == ""


def test_the_order_in_which_servers_wrote_does_not_matter() -> None:
    edges = [Edge(S.HELD, S.CONFIRMED), Edge(S.CONFIRMED, S.CANCELLED), Edge(None, S.HELD)]

    assert history_problem(edges, S.CANCELLED) == ""


def test_a_mistake_on_the_roll_can_be_mended_back_and_forth() -> None:
    there, gone = Edge(S.ATTENDED, S.NO_SHOW), Edge(S.NO_SHOW, S.ATTENDED)
    edges = [Edge(None, S.HELD), Edge(S.HELD, S.CONFIRMED), Edge(S.CONFIRMED, S.ATTENDED)]

    assert history_problem([*edges, there, gone, there], S.NO_SHOW) == ""


def test_a_booking_made_before_first_states_were_written_begins_where_it_changed() -> None:
    assert history_problem([Edge(S.HELD, S.CONFIRMED)], S.CONFIRMED) == ""
    assert history_problem([], S.WAITLISTED) == ""


@pytest.mark.parametrize(
    ("edges", "state", "problem"),
    [
        ([Edge(None, S.HELD)], S.CONFIRMED, "is confirmed, and its history ends as held"),
        ([Edge(None, S.CONFIRMED)], S.CONFIRMED, "began as confirmed"),
        (
            [Edge(None, S.WAITLISTED), Edge(S.WAITLISTED, S.ATTENDED)],
            S.ATTENDED,
            "went from waitlisted to attended, which is no step",
        ),
        (
            [Edge(None, S.HELD), Edge(S.OFFERED, S.CONFIRMED)],
            S.HELD,
            "has changes that nothing leads to: offered to confirmed",
        ),
    ],
)
def test_a_history_that_cannot_be_is_named(edges: list[Edge], state: str, problem: str) -> None:
    assert history_problem(edges, state) == problem


def write(db: Session, booking: Booking, **values: Any) -> None:
    """Change the row behind everybody's back."""
    db.execute(update(Booking).where(col(Booking.id) == booking.id).values(**values))


def test_what_services_do_leaves_a_sound_history(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        person, booking = confirm_new(db, slot.id, desk)
        other, waiting = book_new(db, slot.id, desk)
        seats.cancel_booking(db, person, booking.id, CancelIn(), desk)
        seats.confirm_booking(db, other, waiting.id, desk)
        hands.at = slot.starts_at
        owner = owner_of(db, slot.provider_id)
        attendance.record_attendance(db, owner, waiting.id, AttendanceIn(), desk)

        assert list(histories_off(db)) == []


def test_a_state_that_no_history_tells_of_is_found(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, booking = book_new(db, make_slot(db).id, desk)
        write(db, booking, state=S.CONFIRMED, held_until=None)

        found = list(histories_off(db))

    assert found == [f"booking {booking.id} is confirmed, and its history ends as held"]


def test_a_change_that_nobody_was_told_of_is_found(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, booking = book_new(db, make_slot(db).id, desk)
        event = db.exec(select(OutboxEvent).where(OutboxEvent.subject_id == booking.id)).one()
        db.delete(event)
        db.flush()

        found = list(histories_off(db))

    assert found == [
        f"booking {booking.id} has version 1; its facts are 0, with 0 versions up to 0"
    ]


def test_a_line_that_stands_beside_a_free_seat_is_found(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        _, seat = confirm_new(db, slot.id, desk)
        book_new(db, slot.id, desk)
        assert list(lines_off(db, now=NOW)) == []
        write(db, seat, state=S.CANCELLED)
        changed = update(Slot).where(col(Slot.id) == slot.id).values(seats_claimed=0)
        db.execute(changed.execution_options(synchronize_session="fetch"))

        found = list(lines_off(db, now=NOW))
        later = list(lines_off(db, now=slot.starts_at))

    assert found == [f"slot {slot.id} has 1 seats free and 1 who could have one wait"]
    assert later == []


def test_seats_of_a_block_that_are_neither_open_nor_drawn_are_found(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)
        block = take_block(db, make_focal_point(db), slot.id, desk, 3)
        assert counters_off(db) == []
        changed = update(Cohort).where(col(Cohort.id) == block.id)
        db.execute(changed.values(state=CohortState.RELEASED, seats_open=0))
        db.expire_all()

        found = {each["what"] for each in counters_off(db)}

    assert found == {"slot.seats_claimed", "request.seats_held"}
