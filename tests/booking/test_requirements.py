"""What a slot requires of a person: passed, waived, on the way, or missing; on both databases."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.queries.paths import path_to
from app.booking.service.desk import Desk
from app.booking.service.requirements import PrerequisiteError, Standing, standing_of
from app.core.db import Database
from app.qualifications.rules.qualifications import last_day
from app.qualifications.schemas.qualifications import QualificationIn, VerificationIn
from app.qualifications.service.qualifications import Waived, claim, decide, revoke, waive
from app.registry.models import Course, Slot
from tests.booking.people import book
from tests.factories import (
    NOW,
    TODAY,
    make_course,
    make_facility,
    make_provider,
    make_qualification,
    make_slot,
    make_trainee,
    owner_of,
)


def chain(db: Session, *titles: str) -> list[Course]:
    """Courses of one provider, each requiring the one before."""
    provider, found = make_provider(db), list[Course]()
    for title in titles:
        required = [str(course.id) for course in found[-1:]]
        found.append(make_course(db, provider, title=title, prerequisites=required))
    return found


def slot_in(db: Session, course: Course, day: int, **facts: Any) -> Slot:
    starts_at = NOW + timedelta(days=day)
    ends_at = starts_at + timedelta(hours=2)
    return make_slot(db, course, **{"starts_at": starts_at, "ends_at": ends_at, **facts})


def standing(db: Session, slot: Slot, actor: Actor, *, now: datetime = NOW) -> Standing:
    return standing_of(db, slot, actor.identified(), now=now)


def test_a_course_without_requirements_asks_for_nothing(database: Database) -> None:
    with database.write() as db:
        assert standing(db, make_slot(db), make_trainee(db)) == Standing()


def test_what_is_missing_is_refused_with_the_way_there(database: Database) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        early = slot_in(db, first, 5)
        slot_in(db, first, 40)
        slot = slot_in(db, second, 30)
        refusal = standing(db, slot, make_trainee(db)).refusal

    assert refusal is not None
    assert refusal.message == "One step comes before this slot: “GMP foundations”."
    assert refusal.details["overridable_by"] == ["provider", "secretariat"]
    path: Any = refusal.details["path"]
    (step,) = path
    assert (step["course"]["title"], step["state"]) == ("GMP foundations", "missing")
    dates = [(UUID(date["slot"]), date["in_time"]) for date in step["dates"]]
    assert dates == [(early.id, True)]


def test_dates_that_do_not_fit_are_told_where_no_other_is(database: Database) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        late = slot_in(db, first, 40)
        slot = slot_in(db, second, 30)
        path = path_to(db, slot, make_trainee(db).identified(), now=NOW)

    assert [(date.slot, date.in_time) for date in path.steps[0].dates] == [(late.id, False)]
    assert path.blocked


def test_a_chain_of_three_is_told_in_its_order(database: Database) -> None:
    with database.write() as db:
        first, second, third, fourth = chain(db, "E-learning", "Gowning", "Media fill", "Filling")
        own = make_trainee(db)
        slot = slot_in(db, fourth, 60)
        titles = [step.course.title for step in path_to(db, slot, own.identified(), now=NOW).steps]
        assert titles == ["E-learning", "Gowning", "Media fill"]

        make_qualification(db, own.identified(), second)
        path = path_to(db, slot, own.identified(), now=NOW)

    assert [step.course.id for step in path.steps] == [third.id]
    assert path.summary == "One step before you can enter this slot"
    assert first.id not in {step.course.id for step in path.steps}


def test_dates_of_a_later_step_begin_when_the_earlier_one_is_done(database: Database) -> None:
    with database.write() as db:
        first, second, third = chain(db, "E-learning", "Gowning", "Filling")
        slot_in(db, first, 10)
        slot_in(db, second, 5)
        fitting = slot_in(db, second, 20)
        slot = slot_in(db, third, 30)
        steps = path_to(db, slot, make_trainee(db).identified(), now=NOW).steps

    assert [(date.slot, date.in_time) for date in steps[1].dates] == [(fitting.id, True)]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Lima"])
def test_it_must_be_good_on_the_very_last_day_by_the_clock_of_the_place(
    database: Database, zone: str
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        first = make_course(db, provider, title="Gowning")
        second = make_course(db, provider, title="Filling", prerequisites=[str(first.id)])
        slot = slot_in(db, second, 30)
        slot.zone = zone
        day = last_day(slot.ends_at, zone)
        good, over = make_trainee(db), make_trainee(db)
        make_qualification(db, good.identified(), first, valid_until=day)
        make_qualification(db, over.identified(), first, valid_until=day - timedelta(days=1))
        assert standing(db, slot, good) == Standing()
        assert standing(db, slot, over).refusal is not None
        (step,) = path_to(db, slot, over.identified(), now=NOW).steps

    assert (step.state, step.valid_until) == ("lapsed", day - timedelta(days=1))


def test_what_was_revoked_no_longer_counts(database: Database) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        slot, own = slot_in(db, second, 30), make_trainee(db)
        row = make_qualification(db, own.identified(), first)
        by = owner_of(db, first.provider_id).identified()
        revoke(db, row, "Copied answers.", by=by, now=NOW)

        assert standing(db, slot, own).refusal is not None


def test_a_waiver_is_for_one_person_and_one_slot(database: Database) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        slot, later = slot_in(db, second, 30), slot_in(db, second, 31)
        own, other = make_trainee(db), make_trainee(db)
        by = owner_of(db, first.provider_id).identified()
        waived = Waived(own.identified(), slot.id, first.id, "provider", "Trained elsewhere.")
        waive(db, waived, by=by, now=NOW)

        assert standing(db, slot, own) == Standing()
        assert standing(db, later, own).refusal is not None
        assert standing(db, slot, other).refusal is not None


def test_an_earlier_part_that_is_booked_makes_it_pending_until_the_start(
    database: Database, desk: Desk
) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        slot, own = slot_in(db, second, 30), make_trainee(db)
        booking = book(db, own, slot_in(db, first, 20).id, desk)

        assert standing(db, slot, own) == Standing(pending_until=slot.starts_at)
        path = path_to(db, slot, own.identified(), now=NOW)
        assert [(step.state, step.booking) for step in path.steps] == [("booked", booking.id)]
        assert not path.blocked
        make_qualification(db, own.identified(), first)
        assert standing(db, slot, own) == Standing()


def test_an_earlier_part_that_ends_too_late_does_not_help(database: Database, desk: Desk) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        slot, own = slot_in(db, second, 30), make_trainee(db)
        book(db, own, slot_in(db, first, 31).id, desk)

        assert standing(db, slot, own).refusal is not None


def test_self_paced_work_can_be_finished_inside_its_window(database: Database, desk: Desk) -> None:
    with database.write() as db:
        provider = make_provider(db)
        first = make_course(
            db, provider, mode="self-paced", length=20, length_unit="hours", title="E-learning"
        )
        second = make_course(db, provider, title="Gowning", prerequisites=[str(first.id)])
        window = slot_in(db, first, 1, ends_at=NOW + timedelta(days=90))
        slot, soon = slot_in(db, second, 30), slot_in(db, second, 4)
        own = make_trainee(db)
        book(db, own, window.id, desk)

        assert standing(db, slot, own).pending_until == slot.starts_at
        assert standing(db, soon, own).refusal is not None  # 20 hours take five days
        late = NOW + timedelta(days=27)
        assert standing(db, slot, own, now=late).refusal is not None


@pytest.mark.parametrize(
    ("state", "result", "pending"),
    [
        ("attended", None, True),
        ("attended", "failed", False),
        ("no-show", None, False),
        ("cancelled", None, False),
    ],
)
def test_how_an_earlier_part_ended_decides(
    database: Database, desk: Desk, state: str, result: str | None, pending: bool
) -> None:
    with database.write() as db:
        first, second = chain(db, "GMP foundations", "Gowning")
        earlier, slot = slot_in(db, first, 20), slot_in(db, second, 30)
        own = make_trainee(db)
        row = db.get_one(Booking, book(db, own, earlier.id, desk).id)
        row.state, row.result, row.held_until = state, result, None
        if state == "cancelled":
            earlier.seats_claimed = 0
        db.flush()
        found = standing(db, slot, own, now=NOW + timedelta(days=25))

    assert (found.pending_until is not None) is pending
    assert (found.refusal is None) is pending


def test_a_refusal_can_be_had_without_its_way(database: Database) -> None:
    with database.write() as db:
        _, second = chain(db, "GMP foundations", "Gowning")
        slot, own = slot_in(db, second, 30), make_trainee(db)
        refusal = standing_of(db, slot, own.identified(), now=NOW, explain=False).refusal

    assert isinstance(refusal, PrerequisiteError)
    assert "path" not in refusal.details


def test_documents_of_the_site_are_told_and_refuse_nobody(database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db)
        suite = make_facility(db, provider, access_rules=["gowning-qualification", "nda"])
        course = make_course(db, provider, facility=str(suite.id), mode="hands-on")
        slot, own = slot_in(db, course, 30), make_trainee(db)
        day = last_day(slot.ends_at, slot.zone) - timedelta(days=1)
        held = {"kind": "gowning-qualification", "issuer": "Quiver Tree", "issued_on": TODAY}
        claimed = QualificationIn.model_validate({**held, "valid_until": day})
        row = claim(db, own, claimed, now=NOW)
        by = owner_of(db, provider.id).identified()
        decide(db, row, VerificationIn(verified=True), by=by, now=NOW)
        gowning, nda = path_to(db, slot, own.identified(), now=NOW).documents

        assert standing(db, slot, own) == Standing()
    assert (gowning.held, gowning.valid_until, gowning.lapses) == (True, day, True)
    assert (nda.label, nda.held, nda.lapses) == ("Confidentiality undertaking (NDA)", False, False)
