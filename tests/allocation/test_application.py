"""Applying a plan: blocks of seats, once each, whoever applies and whatever happened meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.allocation.models import AllocationRun
from app.allocation.rules.runs import NoPlanError
from app.allocation.schemas.runs import ApplicationIn, LinePatch
from app.allocation.service import application
from app.allocation.service.application import apply_line, apply_plan, begin_application
from app.allocation.service.edits import change_line
from app.booking.models import Cohort
from app.booking.queries.invariants import broken
from app.booking.rules import CohortState
from app.booking.schemas import CohortIn
from app.booking.service.cohorts import hold_planned, release_cohort
from app.core.db import Database
from app.core.errors import ForbiddenError, InvalidError
from app.core.outbox import AuditEntry
from app.demand.models import GapRequest
from tests.allocation.plans import DESK, ask, lines_of, made_run, queue_run, slot_of
from tests.booking.people import confirm_new
from tests.factories import NOW, make_course, make_focal_point, make_trainee

ALL = ApplicationIn()


def apply(database: Database, actor: Actor, run_id: UUID, wish: ApplicationIn = ALL) -> None:
    apply_plan(database.run, actor, run_id, wish, DESK)


def blocks(database: Database) -> list[tuple[str, int, str]]:
    """Country, seats and state of every block there is."""
    with database.read() as db:
        rows = db.exec(select(Cohort).order_by(col(Cohort.country), col(Cohort.id))).all()
    return [(row.country, row.seats, row.state) for row in rows]


def _span(first: int, last: int) -> dict[str, Any]:
    """Times of a slot, in days from now."""
    return {"starts_at": NOW + timedelta(days=first), "ends_at": NOW + timedelta(days=last)}


def two_countries(database: Database) -> tuple[Actor, UUID, UUID]:
    """Secretariat, run and slot of a plan that gives two countries two seats each."""
    with database.write() as db:
        ask(db, "KE", 2)
        ask(db, "RW", 2)
        slot_id = slot_of(db, 4).id
    actor, run_id = made_run(database)
    return actor, run_id, slot_id


def test_each_line_becomes_a_block_of_its_country(database: Database) -> None:
    actor, run_id, _ = two_countries(database)

    apply(database, actor, run_id)

    assert blocks(database) == [("KE", 2, "active"), ("RW", 2, "active")]
    assert {line.state for line in lines_of(database, run_id)} == {"applied"}
    with database.read() as db:
        run = db.get_one(AllocationRun, run_id)
        assert (run.state, run.applied_by) == ("applied", actor.user_id)
        assert broken(db) == []


def test_a_request_counts_the_seats_that_a_plan_took_for_it(database: Database) -> None:
    actor, run_id, _ = two_countries(database)

    apply(database, actor, run_id)

    with database.read() as db:
        rows = db.exec(select(GapRequest)).all()
    assert {(row.seats_held, row.state) for row in rows} == {(2, "matched")}


def test_the_record_of_a_block_names_the_plan_and_the_person(database: Database) -> None:
    actor, run_id, _ = two_countries(database)

    apply(database, actor, run_id)

    with database.read() as db:
        entries = db.exec(select(AuditEntry).where(AuditEntry.action == "cohort.taken")).all()
    assert {(entry.actor_id, entry.reason) for entry in entries} == {
        (actor.user_id, f"by allocation {run_id}")
    }


def test_the_focal_point_can_give_the_block_back(database: Database) -> None:
    actor, run_id, _ = two_countries(database)
    apply(database, actor, run_id)
    cohort_id = lines_of(database, run_id)[0].cohort_id
    assert cohort_id is not None

    with database.write() as db:
        release_cohort(db, make_focal_point(db, "KE"), cohort_id, DESK)

    assert blocks(database) == [("KE", 2, "released"), ("RW", 2, "active")]


def test_applying_twice_takes_nothing_twice(database: Database) -> None:
    actor, run_id, _ = two_countries(database)

    for _ in range(2):
        apply(database, actor, run_id)

    assert blocks(database) == [("KE", 2, "active"), ("RW", 2, "active")]


def test_what_no_longer_fits_says_why_and_the_rest_stands(database: Database) -> None:
    actor, run_id, slot_id = two_countries(database)
    with database.write() as db:
        confirm_new(db, slot_id, DESK)

    apply(database, actor, run_id)

    found = sorted((line.state, line.outcome) for line in lines_of(database, run_id))
    assert found == [
        ("applied", ""),
        ("failed", "2 seats were asked for and 1 are free."),
    ]
    assert [seats for _, seats, _ in blocks(database)] == [2]


def test_a_request_that_was_answered_meanwhile_gets_nothing_more(database: Database) -> None:
    with database.write() as db:
        request_id = ask(db, "KE", 2).id
        course = make_course(db)
        slot_of(db, 4, course=course)
        other = slot_of(db, 4, course=course).id
    actor, run_id = made_run(database)
    with database.write() as db:
        wish = CohortIn(slot=other, seats=2)
        hold_planned(db, actor, request_id, wish, DESK, plan="by hand")

    apply(database, actor, run_id)

    assert [line.state for line in lines_of(database, run_id)] == ["failed"]
    assert len(blocks(database)) == 1


def test_an_application_that_was_cut_short_goes_on_where_it_was(database: Database) -> None:
    actor, run_id, _ = two_countries(database)

    def begin(db: Session) -> list[UUID]:
        return begin_application(db, actor=actor, run_id=run_id, wish=ALL, desk=DESK)

    first, _ = database.run(begin)
    apply_line(database.run, actor, run_id, first, DESK)
    assert len(blocks(database)) == 1

    apply(database, actor, run_id)

    assert blocks(database) == [("KE", 2, "active"), ("RW", 2, "active")]


def test_only_the_lines_that_are_named_are_applied(database: Database) -> None:
    actor, run_id, _ = two_countries(database)
    rwanda = lines_of(database, run_id)[1]

    apply(database, actor, run_id, ApplicationIn(lines=(rwanda.id,)))

    assert blocks(database) == [("RW", 2, "active")]
    apply(database, actor, run_id)
    assert len(blocks(database)) == 2


def test_a_line_of_another_plan_is_refused(database: Database) -> None:
    actor, run_id, _ = two_countries(database)

    with pytest.raises(InvalidError):
        apply(database, actor, run_id, ApplicationIn(lines=(UUID(int=1),)))

    assert blocks(database) == []


def test_two_people_who_apply_at_once_apply_once(database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        for country in ("KE", "RW", "UG", "TZ"):
            ask(db, country, 3)
            slot_of(db, 3, course=course)
    actor, run_id = made_run(database)
    fewer = LinePatch(seats=1, reason="So that a second block would be had, too.")
    for line in lines_of(database, run_id):
        database.run(change_line(database.read, actor, run_id, line.id, fewer, now=NOW))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(apply, database, actor, run_id) for _ in range(4)]:
            done.result()

    lines = lines_of(database, run_id)
    assert {line.state for line in lines} == {"applied"}
    assert sorted(seats for _, seats, _ in blocks(database)) == sorted(line.seats for line in lines)


def test_of_theory_no_seats_are_held(database: Database) -> None:
    with database.write() as db:
        theory = make_course(db, title="Theory", skills=["mfg-gowning"], level=1, mode="self-paced")
        practice = make_course(db, prerequisites=[str(theory.id)])
        slot_of(db, 50, course=theory, **_span(2, 40))
        slot_of(db, 4, course=practice, **_span(60, 61))
        ask(db, "KE", 3)
    actor, run_id = made_run(database)

    apply(database, actor, run_id)

    assert blocks(database) == [("KE", 3, "active")]
    theory_line = next(line for line in lines_of(database, run_id) if line.is_theory)
    assert (theory_line.state, theory_line.outcome) == ("applied", application.THEORY)


def test_nobody_but_the_secretariat_applies(database: Database) -> None:
    _, run_id, slot_id = two_countries(database)
    with database.write() as db:
        strangers = [make_focal_point(db, "KE"), make_trainee(db)]
        request_id = db.exec(select(GapRequest.id)).first()
    assert request_id is not None

    for stranger in strangers:
        with pytest.raises(ForbiddenError):
            apply(database, stranger, run_id)
        wish = CohortIn(slot=slot_id, seats=1)
        with database.write() as db, pytest.raises(ForbiddenError):
            hold_planned(db, stranger, request_id, wish, DESK, plan="no")
    assert blocks(database) == []


def test_a_run_without_a_plan_cannot_be_applied(database: Database) -> None:
    actor, run_id = queue_run(database)

    with pytest.raises(NoPlanError):
        apply(database, actor, run_id)


def test_seats_given_back_may_be_planned_again_and_rather_so(database: Database) -> None:
    actor, run_id, _ = two_countries(database)
    apply(database, actor, run_id)
    given_back = lines_of(database, run_id)[0]
    assert given_back.cohort_id is not None
    with database.write() as db:
        release_cohort(db, actor, given_back.cohort_id, DESK)
        assert db.get_one(Cohort, given_back.cohort_id).state == CohortState.RELEASED

    _, again = made_run(database)

    with database.read() as db:
        assert db.get_one(AllocationRun, again).previous_id == run_id
    assert [(line.country, line.seats) for line in lines_of(database, again)] == [("KE", 2)]
