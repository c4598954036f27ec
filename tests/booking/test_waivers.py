"""Waivers, verification and early warnings change who can have a seat; on both databases."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking import jobs
from app.booking.models import Booking
from app.booking.queries.views import booking_view
from app.booking.rules import BookingState
from app.booking.schemas import CancelIn
from app.booking.service import proofs, seats, waivers
from app.booking.service.desk import Desk
from app.booking.service.entry import PrerequisitePendingError
from app.booking.service.requirements import PrerequisiteError
from app.booking.service.waivers import NothingToWaiveError
from app.core.db import Database
from app.core.delivery import Delivery
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.outbox import AuditEntry, OutboxEvent
from app.qualifications.models import Qualification, Waiver
from app.qualifications.rules.qualifications import QualificationStepError, last_day
from app.qualifications.schemas.paths import WaiverIn
from app.qualifications.schemas.qualifications import (
    QualificationIn,
    RevocationIn,
    VerificationIn,
)
from app.qualifications.service.qualifications import claim
from app.registry.models import Course, Slot
from app.worker import SUBSCRIBERS, Tools
from tests.booking.people import Hands, assert_counters, book, confirm_new, seats_of, state_of
from tests.factories import (
    NOW,
    TODAY,
    make_actor,
    make_course,
    make_facility,
    make_provider,
    make_qualification,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

S = BookingState
YES = VerificationIn(verified=True)


def gated(db: Session, **facts: Any) -> tuple[Course, Slot]:
    """A course, and a slot of another course of the same provider that requires it."""
    provider = make_provider(db)
    first = make_course(db, provider, title="Gowning")
    second = make_course(db, provider, title="Filling", prerequisites=[str(first.id)])
    return first, make_slot(db, second, **facts)


def waiver(person: Actor, **facts: Any) -> WaiverIn:
    sent = {"person": person.user_id, "reason": "Trained elsewhere.", **facts}
    return WaiverIn.model_validate(sent)


def claimed(db: Session, person: Actor, course: Course) -> Qualification:
    sent = {"course": str(course.id), "issuer": "Elsewhere", "issued_on": TODAY}
    return claim(db, person, QualificationIn.model_validate(sent), now=NOW)


def told(db: Session, booking_id: UUID, name: str) -> list[dict[str, Any]]:
    query = select(OutboxEvent).where(
        OutboxEvent.subject_id == booking_id, OutboxEvent.name == name
    )
    return [event.payload for event in db.exec(query.order_by(col(OutboxEvent.version)))]


def at_risk(db: Session, booking_id: UUID) -> tuple[str, ...]:
    return db.get_one(Booking, booking_id, populate_existing=True).at_risk


def test_without_the_course_there_is_no_seat_and_with_a_waiver_there_is(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        _, slot = gated(db)
        own, owner = make_trainee(db), owner_of(db, slot.provider_id)
        with pytest.raises(PrerequisiteError):
            book(db, own, slot.id, desk)
        (row,) = waivers.waive(db, owner, slot.id, waiver(own), desk)
        booking = seats.confirm_booking(db, own, book(db, own, slot.id, desk).id, desk)
        entry = db.exec(select(AuditEntry).where(AuditEntry.subject_id == row.id)).one()

        assert booking.state == S.CONFIRMED
        assert (row.role, row.reason) == ("provider", "Trained elsewhere.")
        assert (entry.action, entry.reason) == ("waiver.granted", "Trained elsewhere.")
        assert entry.actor_id == owner.user_id


def test_the_secretariat_waives_in_its_own_role(database: Database, desk: Desk) -> None:
    with database.write() as db:
        first, slot = gated(db)
        own, office = make_trainee(db), make_secretariat(db)

        (row,) = waivers.waive(db, office, slot.id, waiver(own, course=first.slug), desk)

        assert (row.role, row.course_id) == ("secretariat", first.id)


def test_somebody_without_an_account_is_waived_by_e_mail(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, slot = gated(db)
        owner = owner_of(db, slot.provider_id)
        named = {"email": "New@People.Example", "name": "New", "reason": "Trained elsewhere."}
        request = WaiverIn.model_validate(named)
        (row,) = waivers.waive(db, owner, slot.id, request, desk)

        assert make_actor(db, row.person_id).email == "new@people.example"


def test_nobody_else_waives_anything(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, slot = gated(db)
        own = make_trainee(db)
        stranger = owner_of(db, make_provider(db).id)
        for actor in (own, stranger):
            with pytest.raises(ForbiddenError):
                waivers.waive(db, actor, slot.id, waiver(own), desk)


def test_nobody_waives_for_themselves(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, slot = gated(db)
        owner = owner_of(db, slot.provider_id)

        with pytest.raises(ForbiddenError):
            waivers.waive(db, owner, slot.id, waiver(owner), desk)


def test_there_is_nothing_to_waive_twice(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, slot = gated(db)
        own, owner = make_trainee(db), owner_of(db, slot.provider_id)
        waivers.waive(db, owner, slot.id, waiver(own), desk)

        with pytest.raises(NothingToWaiveError):
            waivers.waive(db, owner, slot.id, waiver(own), desk)
        assert len(db.exec(select(Waiver)).all()) == 1


def test_only_what_the_slot_requires_can_be_waived(database: Database, desk: Desk) -> None:
    with database.write() as db:
        _, slot = gated(db)
        own, owner = make_trainee(db), owner_of(db, slot.provider_id)
        other = make_course(db)
        for course in (other.slug, "no-such-course"):
            with pytest.raises(InvalidError):
                waivers.waive(db, owner, slot.id, waiver(own, course=course), desk)


def test_a_seat_is_held_until_the_earlier_part_is_passed_and_confirmed_then(
    database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        first, slot = gated(db)
        starts_at = NOW + timedelta(days=20)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
        earlier = make_slot(db, first, **times)
        own = make_trainee(db)
        book(db, own, earlier.id, desk)
        booking = book(db, own, slot.id, desk)
        assert (booking.state, booking.held_until) == (S.HELD, slot.starts_at)

        with pytest.raises(PrerequisitePendingError):
            seats.confirm_booking(db, own, booking.id, desk)

    hands.on(days=21)
    with database.write() as db:
        make_qualification(db, own.identified(), first)
        assert seats.confirm_booking(db, own, booking.id, desk).state == S.CONFIRMED
    assert_counters(database)


def test_a_qualification_that_lapsed_meanwhile_is_passed_over_in_the_line(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, slot = gated(db, seats=1)
        holder, head, next_one = (make_trainee(db) for _ in range(3))
        rows = [
            make_qualification(db, each.identified(), first) for each in (holder, head, next_one)
        ]
        taken = seats.confirm_booking(db, holder, book(db, holder, slot.id, desk).id, desk)
        waits, behind = (book(db, each, slot.id, desk) for each in (head, next_one))
        rows[1].valid_until = last_day(slot.ends_at, slot.zone) - timedelta(days=1)
        db.add(rows[1])
        db.flush()

        seats.cancel_booking(db, holder, taken.id, CancelIn(), desk)

        assert state_of(db, behind.id) == S.OFFERED
        assert state_of(db, waits.id) == S.WAITLISTED
        passed_over = db.get_one(Booking, waits.id, populate_existing=True)
        assert passed_over.held_back == "prerequisite"
        assert len(told(db, waits.id, "booking.passed-over")) == 1
    assert_counters(database)


def test_a_waiver_moves_the_line_in_the_same_commit(database: Database, desk: Desk) -> None:
    with database.write() as db:
        first, slot = gated(db, seats=1)
        holder, waits = make_trainee(db), make_trainee(db)
        make_qualification(db, holder.identified(), first)
        row = make_qualification(db, waits.identified(), first)
        taken = book(db, holder, slot.id, desk)
        entry = book(db, waits, slot.id, desk)
        owner = owner_of(db, slot.provider_id)
        proofs.revoke(db, owner, row.id, RevocationIn(reason="Copied."), desk)
        seats.cancel_booking(db, holder, taken.id, CancelIn(), desk)
        assert (state_of(db, entry.id), seats_of(db, slot.id)) == (S.WAITLISTED, (0, 1))

        waivers.waive(db, owner, slot.id, waiver(waits), desk)

        assert (state_of(db, entry.id), seats_of(db, slot.id)) == (S.OFFERED, (1, 0))


def test_a_verified_claim_moves_the_line_in_the_same_commit(database: Database, desk: Desk) -> None:
    with database.write() as db:
        first, slot = gated(db, seats=1)
        waits = make_trainee(db)
        row = make_qualification(db, waits.identified(), first)
        holder, taken = confirm_new_with(db, slot, first, desk)
        entry = book(db, waits, slot.id, desk)
        owner = owner_of(db, slot.provider_id)
        proofs.revoke(db, owner, row.id, RevocationIn(reason="Wrong person."), desk)
        seats.cancel_booking(db, holder, taken.id, CancelIn(), desk)
        again = claimed(db, waits, first)

        proofs.verify(db, owner, again.id, YES, desk)

        assert state_of(db, entry.id) == S.OFFERED


def confirm_new_with(db: Session, slot: Slot, first: Course, desk: Desk) -> tuple[Actor, Booking]:
    own = make_trainee(db)
    make_qualification(db, own.identified(), first)
    return own, seats.confirm_booking(db, own, book(db, own, slot.id, desk).id, desk)


def test_whoever_loses_what_the_seat_asks_for_is_warned_once_and_told_when_it_is_mended(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, slot = gated(db)
        own, booking = confirm_new_with(db, slot, first, desk)
        row = db.exec(select(Qualification)).one()
        owner = owner_of(db, slot.provider_id)
        proofs.revoke(db, owner, row.id, RevocationIn(reason="Copied."), desk)
        assert at_risk(db, booking.id) == ("prerequisite",)
        shown = booking_view(db, own, booking.id, now=NOW)
        assert shown.at_risk == ("prerequisite",)

    for _ in range(2):
        jobs.check_requirements(database, desk)
    with database.write() as db:
        assert len(told(db, booking.id, "booking.at-risk")) == 1
        waivers.waive(db, owner, slot.id, waiver(own), desk)
        assert at_risk(db, booking.id) == ()
        (cleared,) = told(db, booking.id, "booking.risk-cleared")
    assert cleared["person"] == str(own.user_id)


def test_the_daily_look_finds_a_slot_that_was_moved_past_a_last_good_day(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, slot = gated(db)
        own = make_trainee(db)
        day = last_day(slot.ends_at, slot.zone)
        make_qualification(db, own.identified(), first, valid_until=day)
        booking = seats.confirm_booking(db, own, book(db, own, slot.id, desk).id, desk)
        slot.ends_at += timedelta(days=1)
        db.add(slot)

    assert jobs.check_requirements(database, desk) == 1

    with database.read() as db:
        assert at_risk(db, booking.id) == ("prerequisite",)


def test_a_document_that_ends_before_the_slot_warns_and_keeps_nobody_out(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        suite = make_facility(db, provider, access_rules=["insurance", "nda"])
        course = make_course(db, provider, mode="hands-on", facility=suite.slug)
        slot, own = make_slot(db, course), make_trainee(db)
        sent = {"kind": "insurance", "issuer": "Baobab", "issued_on": TODAY, "valid_until": TODAY}
        row = claim(db, own, QualificationIn.model_validate(sent), now=NOW)
        booking = seats.confirm_booking(db, own, book(db, own, slot.id, desk).id, desk)

        proofs.verify(db, owner_of(db, provider.id), row.id, YES, desk)

        assert at_risk(db, booking.id) == ("insurance",)
        assert state_of(db, booking.id) == S.CONFIRMED


def test_what_was_passed_here_moves_the_line_through_the_worker(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, slot = gated(db, seats=1)
        waits = make_trainee(db)
        row = make_qualification(db, waits.identified(), first)
        holder, taken = confirm_new_with(db, slot, first, desk)
        entry = book(db, waits, slot.id, desk)
        owner = owner_of(db, slot.provider_id)
        proofs.revoke(db, owner, row.id, RevocationIn(reason="Wrong person."), desk)
        seats.cancel_booking(db, holder, taken.id, CancelIn(), desk)
        passed = make_qualification(db, waits.identified(), first)
        event = db.exec(
            select(OutboxEvent).where(
                OutboxEvent.subject_id == passed.id, OutboxEvent.name == "qualification.passed"
            )
        ).one()
        facts = event.model_dump(include={"id", "name", "subject_id", "version", "payload"})
        assert state_of(db, entry.id) == S.WAITLISTED

    delivery = Delivery(**facts, recorded_at=NOW, attempt=1)
    for _ in range(2):  # at least once: a repetition changes nothing
        for handler in SUBSCRIBERS["qualification.passed"]:
            handler(Tools(database, desk), delivery)

    with database.read() as db:
        assert state_of(db, entry.id) == S.OFFERED
    assert_counters(database)


def test_strangers_do_not_know_of_a_qualification(database: Database, desk: Desk) -> None:
    with database.write() as db:
        first, _ = gated(db)
        row = claimed(db, make_trainee(db), first)
        for actor in (make_trainee(db), owner_of(db, first.provider_id)):
            with pytest.raises(NotFoundError):
                proofs.verify(db, actor, row.id, YES, desk)


def test_the_issuer_and_the_provider_that_asks_for_it_have_a_say_and_the_person_has_not(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, slot = gated(db)
        own = make_trainee(db)
        row = claimed(db, own, first)
        starts_at = NOW + timedelta(days=60)
        ends_at = starts_at + timedelta(hours=2)
        elsewhere = make_slot(db, starts_at=starts_at, ends_at=ends_at)
        book(db, own, elsewhere.id, desk)
        with pytest.raises(ForbiddenError):
            proofs.verify(db, own, row.id, YES, desk)
        with pytest.raises(ForbiddenError):  # they see it, and none of their courses requires it
            proofs.verify(db, owner_of(db, elsewhere.provider_id), row.id, YES, desk)

        other = make_slot(db, db.get_one(Course, first.id))
        book(db, own, other.id, desk)
        decided = proofs.verify(db, owner_of(db, slot.provider_id), row.id, YES, desk)

        assert decided.state == "verified"
        with pytest.raises(QualificationStepError):
            proofs.verify(db, make_secretariat(db), row.id, YES, desk)


def test_a_refusal_says_why_and_counts_for_nothing(database: Database, desk: Desk) -> None:
    with database.write() as db:
        first, slot = gated(db)
        own = make_trainee(db)
        row = claimed(db, own, first)
        no = VerificationIn(verified=False, reason="The number is not known.")

        refused = proofs.verify(db, make_secretariat(db), row.id, no, desk)

        assert (refused.state, refused.state_reason) == ("refused", "The number is not known.")
        with pytest.raises(PrerequisiteError):
            book(db, own, slot.id, desk)


def test_a_person_without_requirements_costs_the_daily_look_nothing(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        confirm_new(db, make_slot(db).id, desk)

    assert jobs.check_requirements(database, desk) == 0
