"""Attendance by day, on both databases: all of it or nothing, and what follows from it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Attendance, Booking, Cohort
from app.booking.queries.attendance import roll
from app.booking.rules import BookingState, BookingStepError
from app.booking.schemas import AttendanceIn, AttendanceListIn
from app.booking.service import attendance, seats
from app.booking.service.attendance import NotStartedError, NotThereError
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.errors import InvalidError, NotFoundError
from app.core.ids import new_id
from app.core.outbox import AuditEntry
from app.demand.models import GapRequest
from app.registry.models import Course, Slot
from app.registry.queries.rows import meetings_of
from tests.booking.people import (
    Hands,
    assert_counters,
    book_new,
    confirm_new,
    name_new,
    state_of,
    take_block,
)
from tests.factories import (
    NOW,
    make_course,
    make_focal_point,
    make_provider,
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


def five_days(db: Session, **facts: Any) -> Slot:
    """A slot of five meetings, on five days from thirty days ahead."""
    first = (NOW + timedelta(days=30)).replace(hour=9, minute=0, second=0)
    starts = [first + timedelta(days=day) for day in range(5)]
    meetings = [{"starts_at": each, "ends_at": each + timedelta(hours=3)} for each in starts]
    return make_slot(db, make_course(db, **facts), meetings=meetings)


def sheet(db: Session, slot: Slot, marks: dict[UUID, str]) -> AttendanceListIn:
    """Marks by booking: a letter for each meeting from the first, ``x`` is there, ``-`` is not."""
    meetings = meetings_of(db, [slot.id])[slot.id]
    return AttendanceListIn.model_validate(
        {
            "marks": [
                {"booking": booking, "meeting": meeting.id, "present": letter == "x"}
                for booking, letters in marks.items()
                for letter, meeting in zip(letters, meetings, strict=False)
            ]
        }
    )


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ("xxxx-", S.ATTENDED),
        ("xxx--", S.CONFIRMED),
        ("-----", S.NO_SHOW),
        ("xxxx", S.CONFIRMED),
        ("----", S.CONFIRMED),
    ],
)
def test_the_days_decide_once_all_are_recorded(
    database: Database, desk: Desk, hands: Hands, days: str, state: BookingState
) -> None:
    with database.write() as db:
        slot = five_days(db)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.ends_at

        attendance.record_days(db, owner, slot.id, sheet(db, slot, {booking.id: days}), desk)

        assert state_of(db, booking.id) == state
        assert len(db.exec(select(Attendance)).all()) == len(days)


def test_a_course_says_how_much_is_enough(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = five_days(db)
        course = db.get_one(Course, slot.course_id)
        course.attendance_percent = 40
        db.add(course)
        db.flush()
        _, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.ends_at
        wish = sheet(db, slot, {booking.id: "xx---"})

        attendance.record_days(db, owner_of(db, slot.provider_id), slot.id, wish, desk)

        assert state_of(db, booking.id) == S.ATTENDED


def test_a_meeting_is_recorded_from_its_day_on(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = five_days(db)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.starts_at - timedelta(hours=2)  # the morning of the first day

        attendance.record_days(db, owner, slot.id, sheet(db, slot, {booking.id: "x"}), desk)
        with pytest.raises(NotStartedError):
            attendance.record_days(db, owner, slot.id, sheet(db, slot, {booking.id: "xx"}), desk)


def test_a_list_is_recorded_as_a_whole_or_not_at_all(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = five_days(db)
        owner = owner_of(db, slot.provider_id)
        _, confirmed = confirm_new(db, slot.id, desk)
        _, held = book_new(db, slot.id, desk)
        wish = sheet(db, slot, {confirmed.id: "x", held.id: "x"})
    hands.at = slot.starts_at

    with pytest.raises(BookingStepError), database.write() as db:
        attendance.record_days(db, owner, slot.id, wish, desk)

    with database.read() as db:
        assert db.exec(select(Attendance)).all() == []


def test_what_is_not_of_the_slot_is_refused_where_it_stands(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, other = five_days(db), make_slot(db)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
        _, stranger = confirm_new(db, other.id, desk)
        hands.at = slot.ends_at
        meeting = meetings_of(db, [other.id])[other.id][0]
        own = meetings_of(db, [slot.id])[slot.id][0]
        wrong: list[tuple[list[dict[str, Any]], tuple[str | int, ...]]] = [
            ([{"booking": stranger.id, "meeting": own.id}], ("marks", 0, "booking")),
            ([{"booking": booking.id, "meeting": meeting.id}], ("marks", 0, "meeting")),
            ([{"booking": booking.id, "meeting": own.id}] * 2, ("marks", 1, "meeting")),
        ]

        for marks, loc in wrong:
            sent = {"marks": [{**mark, "present": True} for mark in marks]}
            wish = AttendanceListIn.model_validate(sent)
            with pytest.raises(InvalidError) as caught:
                attendance.record_days(db, owner, slot.id, wish, desk)
            assert [problem.loc for problem in caught.value.problems] == [loc]


def test_a_mistake_is_mended_and_the_request_counts_again(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = five_days(db)
        owner = owner_of(db, slot.provider_id)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, actor, booking.id, desk)
        hands.at = slot.ends_at

        met = []
        for days in ("xxxxx", "xxx--", "-----", "xxxx-", "xxxx-"):
            attendance.record_days(db, owner, slot.id, sheet(db, slot, {booking.id: days}), desk)
            met.append((state_of(db, booking.id), met_of(db, block)))

        assert met == [
            (S.ATTENDED, 1),
            (S.NO_SHOW, 0),
            (S.NO_SHOW, 0),
            (S.ATTENDED, 1),
            (S.ATTENDED, 1),
        ]


def met_of(db: Session, block: Cohort) -> int:
    """How many people of the block's request have attended."""
    return db.exec(select(GapRequest.seats_met).where(col(GapRequest.id) == block.request_id)).one()


def test_each_change_of_days_is_told_once(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = five_days(db)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.ends_at
        for days in ("x", "x", "-"):
            attendance.record_days(db, owner, slot.id, sheet(db, slot, {booking.id: days}), desk)

        told = db.exec(
            select(AuditEntry)
            .where(AuditEntry.subject_id == booking.id)
            .where(AuditEntry.action == "booking.days-recorded")
            .order_by(col(AuditEntry.id))
        ).all()
        first = str(meetings_of(db, [slot.id])[slot.id][0].id)
        assert [entry.changes["days"] for entry in told] == [
            [{}, {first: True}],
            [{first: True}, {first: False}],
        ]
        assert {entry.actor_id for entry in told} == {owner.user_id}


def test_a_result_belongs_to_somebody_who_came(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.ends_at

        passed = AttendanceIn(result="passed", result_note="18 of 20")
        attendance.record_attendance(db, owner, booking.id, passed, desk)
        assert result_of(db, booking.id) == (S.ATTENDED, "passed", "18 of 20")
        attendance.record_attendance(db, owner, booking.id, AttendanceIn(attended=False), desk)
        assert result_of(db, booking.id) == (S.NO_SHOW, None, "")
        late = AttendanceIn(attended=False, result="passed")
        with pytest.raises(NotThereError):
            attendance.record_attendance(db, owner, booking.id, late, desk)


def result_of(db: Session, booking_id: UUID) -> tuple[str, str | None, str]:
    """State, result and its note, as the database has them."""
    db.flush()
    row = db.get_one(Booking, booking_id, populate_existing=True)
    return row.state, row.result, row.result_note


def test_one_person_can_be_recorded_by_day(database: Database, desk: Desk, hands: Hands) -> None:
    with database.write() as db:
        slot = five_days(db)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk)
        meetings = meetings_of(db, [slot.id])[slot.id]
        hands.at = slot.ends_at
        days = [{"meeting": each.id, "present": each is not meetings[0]} for each in meetings]

        few = AttendanceIn.model_validate({"days": days[:2]})
        attendance.record_attendance(db, owner, booking.id, few, desk)
        assert state_of(db, booking.id) == S.CONFIRMED
        every = AttendanceIn.model_validate({"days": days})
        attendance.record_attendance(db, owner, booking.id, every, desk)
        assert state_of(db, booking.id) == S.ATTENDED
        said = AttendanceIn.model_validate({"days": days, "attended": False})
        attendance.record_attendance(db, owner, booking.id, said, desk)
        assert state_of(db, booking.id) == S.NO_SHOW


def test_only_the_providers_people_and_the_secretariat_know_the_list(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = five_days(db)
        actor, booking = confirm_new(db, slot.id, desk)
        hands.at = slot.ends_at
        wish = sheet(db, slot, {booking.id: "xxxxx"})
        strangers: list[Actor] = [actor, owner_of(db, make_provider(db).id), make_focal_point(db)]
        for stranger in strangers:
            with pytest.raises(NotFoundError):
                attendance.record_days(db, stranger, slot.id, wish, desk)
            with pytest.raises(NotFoundError):
                roll(db, stranger, slot.id)

        attendance.record_days(db, make_secretariat(db), slot.id, wish, desk)

        assert state_of(db, booking.id) == S.ATTENDED


def test_the_list_is_by_name_in_pages(database: Database, desk: Desk) -> None:
    names = ["Élodie", "abebe", "Zoë", "Bao", "欧阳慧敏"]
    with database.write() as db:
        slot = make_slot(db)
        owner = owner_of(db, slot.provider_id)
        for name in names:
            confirm_new(db, slot.id, desk, name=name)

        lines, total, more = roll(db, owner, slot.id, limit=3)
        rest, _, end = roll(db, owner, slot.id, limit=3, after=more)

        assert [line.person.name for line in (*lines, *rest)] == [
            *("abebe", "Bao", "Élodie", "Zoë", "欧阳慧敏")
        ]
        assert (total, end) == (5, None)


def test_a_booking_of_another_slot_has_no_line(database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db)
        empty = AttendanceListIn.model_validate(
            {"results": [{"booking": new_id(), "result": "passed"}]}
        )
        with pytest.raises(InvalidError):
            attendance.record_days(db, owner_of(db, slot.provider_id), slot.id, empty, desk)
