"""Standing requests: who is told of a slot, once, and who is not; on both databases."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.accounts.rules import Actor
from app.booking.schemas import BookSeatIn, CancelIn, CohortIn
from app.booking.service import slots as desk_slots
from app.booking.service.cohorts import hold_cohort, release_cohort
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat, cancel_booking
from app.core.db import Database
from app.core.delivery import Delivery
from app.core.outbox import AuditEntry, OutboxEvent
from app.demand import service as demand
from app.demand.models import GapRequest
from app.demand.schemas import GapRequestPatch, WithdrawIn
from app.matching.jobs import supply_changed
from app.matching.models import MatchAlert, MatchOverride
from app.matching.service.alerts import mark_seen
from app.registry.models import Course, Slot
from app.registry.schemas.inputs import CoursePatch, SlotPatch
from app.registry.service import courses
from app.worker import Tools, Worker
from tests.factories import (
    NOW,
    decide,
    in_days,
    make_course,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

DESK = Desk(lambda: NOW)
_SECOND = timedelta(seconds=1)
LATER = NOW + _SECOND
"""After whatever happened at :data:`NOW`."""


def work(database: Database) -> None:
    """Let a worker deal with everything that waits."""
    worker = Worker(Tools(database, DESK), timed=())
    while worker.turn():
        pass


def told(database: Database) -> list[tuple[UUID, UUID, str]]:
    """Request, slot and cause of every alert; what was seen at a filing is none."""
    with database.read() as db:
        found = db.exec(select(MatchAlert).order_by(MatchAlert.id)).all()  # type: ignore[arg-type]
    return [
        (alert.request_id, alert.slot_id, alert.cause)
        for alert in found
        if not alert.cause.startswith("request.")
    ]


def change(db: Session, slot: Slot, **facts: Any) -> None:
    """The provider changes the slot a moment later."""
    owner = owner_of(db, slot.provider_id)
    desk_slots.change_slot(db, owner, slot.id, SlotPatch(**facts), Desk(lambda: LATER))


def fill(db: Session, slot: Slot) -> list[tuple[Actor, UUID]]:
    """People take every seat of the slot."""
    taken = []
    for _ in range(slot.seats):
        trainee = make_trainee(db)
        booking = book_seat(db, trainee, slot.id, BookSeatIn(), DESK)
        taken.append((trainee, booking.id))
    return taken


def leave(db: Session, taken: tuple[Actor, UUID]) -> None:
    """Somebody gives their seat back a moment later."""
    trainee, booking_id = taken
    cancel_booking(db, trainee, booking_id, CancelIn(), Desk(lambda: LATER))


def test_a_slot_that_came_after_the_request_is_told(database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        request = make_request(db)
    work(database)
    with database.write() as db:
        slot = make_slot(db, course, now=LATER)
    work(database)

    assert told(database) == [(request.id, slot.id, "slot.planned")]


def test_a_slot_that_fitted_when_the_request_was_filed_is_no_news(database: Database) -> None:
    with database.write() as db:
        make_slot(db)
        make_request(db)
    work(database)

    assert told(database) == []


def test_a_seat_that_comes_free_where_there_were_some_is_no_news(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        trainee = make_trainee(db)
        booking = book_seat(db, trainee, slot.id, BookSeatIn(), DESK)
        make_request(db)
    work(database)
    with database.write() as db:
        leave(db, (trainee, booking.id))
    work(database)

    assert told(database) == []


def test_a_seat_that_comes_free_where_there_was_none_is_told(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        [taken] = fill(db, slot)
        request = make_request(db)
    work(database)
    with database.write() as db:
        leave(db, taken)
    work(database)

    assert told(database) == [(request.id, slot.id, "booking.cancelled")]


def test_more_seats_on_a_full_date_are_told(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        fill(db, slot)
        request = make_request(db)
    work(database)
    with database.write() as db:
        change(db, slot, seats=3)
    work(database)

    assert told(database) == [(request.id, slot.id, "slot.changed")]


def test_a_date_that_moves_into_the_window_is_told(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, **in_days(300))
        request = make_request(db)
    work(database)
    with database.write() as db:
        change(db, slot, meetings=[in_days(40)])
    work(database)

    assert told(database) == [(request.id, slot.id, "slot.changed")]


def test_a_course_that_gains_a_language_is_told_for_each_of_its_dates(database: Database) -> None:
    with database.write() as db:
        course = make_course(db, languages=["es"])
        slots = {make_slot(db, course).id, make_slot(db, course, **in_days(50)).id}
        request = make_request(db)
    work(database)
    with database.write() as db:
        owner = owner_of(db, course.provider_id)
        patch = CoursePatch(interpretation=("en",))
        courses.edit_course(db, owner, str(course.id), patch, now=LATER)
    work(database)

    assert {slot_id for _, slot_id, _ in told(database)} == slots
    assert {request_id for request_id, _, _ in told(database)} == {request.id}


def test_the_dates_of_a_provider_are_told_when_it_is_verified(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db, state="in-review")
        slot = make_slot(db, make_course(db, provider))
        request = make_request(db)
    work(database)
    before = told(database)
    with database.write() as db:
        decide(db, provider, "verified", now=LATER)
    work(database)

    assert before == []
    assert told(database) == [(request.id, slot.id, "provider.verified")]


def test_a_block_that_is_given_back_frees_its_seats_for_others(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        ghana = make_focal_point(db, "GH")
        theirs = make_request(db, actor=ghana, country="GH")
        block = hold_cohort(db, ghana, theirs.id, CohortIn(slot=slot.id, seats=2), DESK)
        request = make_request(db)
    work(database)
    with database.write() as db:
        release_cohort(db, ghana, block.id, Desk(lambda: LATER))
    work(database)

    assert told(database) == [(request.id, slot.id, "cohort.released")]


def test_an_earlier_course_that_can_be_finished_in_time_opens_the_later_one(
    database: Database,
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        first = make_course(db, provider, skills=["mfg-gowning"])
        course = make_course(db, provider, prerequisites=[str(first.id)])
        slot = make_slot(db, course, **in_days(60))
        request = make_request(db)
    work(database)
    with database.write() as db:
        make_slot(db, first, **in_days(20), now=LATER)
    work(database)

    assert told(database) == [(request.id, slot.id, "slot.planned")]


@pytest.mark.parametrize("status", ["draft", "tentative"])
def test_what_is_not_certain_is_not_told_until_it_is(database: Database, status: str) -> None:
    with database.write() as db:
        request = make_request(db)
        slot = make_slot(db, status=status, now=LATER)
    work(database)
    before = told(database)
    with database.write() as db:
        change(db, slot, status="confirmed")
    work(database)

    assert before == []
    assert told(database) == [(request.id, slot.id, "slot.changed")]


def test_a_slot_that_fits_again_is_not_told_again(database: Database) -> None:
    with database.write() as db:
        make_request(db)
        slot = make_slot(db, now=LATER, seats=1)
    work(database)
    with database.write() as db:
        [taken] = fill(db, slot)
        leave(db, taken)
    work(database)

    assert len(told(database)) == 1


def test_nothing_is_told_of_a_request_that_was_taken_back(database: Database) -> None:
    with database.write() as db:
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
        reason = WithdrawIn(reason="No longer needed.")
        demand.withdraw_request(db, focal, request.id, reason, now=NOW)
        make_slot(db, now=LATER)
    work(database)

    assert told(database) == []


def test_nothing_is_told_of_a_request_that_holds_all_its_seats(database: Database) -> None:
    with database.write() as db:
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
        first = make_slot(db)
        hold_cohort(db, focal, request.id, CohortIn(slot=first.id, seats=6), DESK)
        make_slot(db, now=LATER)
    work(database)

    assert told(database) == []


def test_what_fits_an_amended_request_was_before_its_eyes(database: Database) -> None:
    with database.write() as db:
        focal = make_focal_point(db)
        slot = make_slot(db, make_course(db, languages=["es"]), seats=2)
        request = make_request(db, actor=focal)
        [taken, _] = fill(db, slot)
        leave(db, taken)
    work(database)
    with database.write() as db:
        patch = GapRequestPatch(languages=("es",))
        demand.amend_request(db, focal, request.id, patch, now=LATER)
    work(database)
    with database.write() as db:
        change(db, slot, seats=9)
    work(database)

    assert told(database) == []


def test_a_slot_that_was_set_aside_by_hand_is_not_told(database: Database) -> None:
    with database.write() as db:
        request = make_request(db)
        slot = make_slot(db, now=LATER)
        decided = MatchOverride(
            request_id=request.id,
            slot_id=slot.id,
            kind="set-aside",
            reason="The group was there last year.",
            made_by=make_secretariat(db).identified(),
            made_at=NOW,
        )
        db.add(decided)
    work(database)

    assert told(database) == []


def test_an_event_that_is_delivered_twice_tells_once(database: Database) -> None:
    with database.write() as db:
        make_request(db)
        slot = make_slot(db, now=LATER)
    event = event_about(database, slot)
    counts = [supply_changed(database, lambda: LATER, event) for _ in range(2)]
    work(database)

    assert counts == [1, 0]
    assert len(told(database)) == 1
    assert facts(database) == ["alert.found"]


def test_a_late_worker_tells_what_came_after_the_filing_and_nothing_else(
    database: Database,
) -> None:
    """Both requests and both slots wait in the outbox when the worker starts."""
    with database.write() as db:
        course = make_course(db)
        make_slot(db, course)
        request = make_request(db, now=NOW + _SECOND)
        second = make_slot(db, course, now=NOW + 2 * _SECOND)
        make_request(db, country="GH", now=NOW + 3 * _SECOND)
    work(database)

    assert [pair[:2] for pair in told(database)] == [(request.id, second.id)]


def test_an_alert_records_one_fact_and_leaves_the_request_as_it_is(database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        request = make_request(db)
    work(database)
    with database.write() as db:
        slot = make_slot(db, course, now=LATER)
    work(database)
    with database.read() as db:
        after = db.get_one(GapRequest, request.id)
        event = db.exec(select(OutboxEvent).where(OutboxEvent.name == "alert.found")).one()

    assert after.version == request.version
    assert event.payload["request"] == str(request.id)
    assert event.payload["slot"] == str(slot.id)
    assert event.payload["cause"] == "slot.planned"
    assert 0 < event.payload["score"] <= 10_000


def test_marking_as_read_is_noted_once_and_by_whom(database: Database) -> None:
    with database.write() as db:
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
        make_slot(db, now=LATER)
    work(database)
    with database.write() as db:
        counts = [mark_seen(db, focal, request.id, now=LATER) for _ in range(2)]
    with database.read() as db:
        alert = db.exec(select(MatchAlert)).one()
        entry = db.exec(select(AuditEntry).where(AuditEntry.action == "alert.seen")).one()

    assert counts == [1, 0]
    assert alert.seen_at == LATER
    assert entry.actor_id == focal.user_id


def facts(database: Database) -> list[str]:
    """The facts about alerts, in order."""
    with database.read() as db:
        found = db.exec(select(OutboxEvent).where(OutboxEvent.subject == "alert"))
        return [event.name for event in found]


def event_about(database: Database, slot: Slot, *, at: datetime = LATER) -> Delivery:
    """The event that the slot was planned, as a worker gets it."""
    with database.read() as db:
        query = select(OutboxEvent).where(
            OutboxEvent.subject_id == slot.id, OutboxEvent.name == "slot.planned"
        )
        event = db.exec(query).one()
    return Delivery(event.id, event.name, slot.id, event.version, event.payload, at, 1)


def test_a_course_of_another_skill_tells_nobody(database: Database) -> None:
    with database.write() as db:
        make_request(db)
        course: Course = make_course(db, skills=["mfg-gowning"])
        make_slot(db, course, now=LATER)
    work(database)

    assert told(database) == []
