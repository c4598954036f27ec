"""Runs: what they read, what they leave, who takes them; on both kinds of database."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.allocation.jobs import make_next
from app.allocation.models import (
    AllocationInput,
    AllocationLine,
    AllocationRun,
    AllocationVerdict,
    SlotWorth,
)
from app.allocation.queries.network import network_of
from app.allocation.queries.run_views import run_detail
from app.allocation.rules.assembly import problem_of
from app.allocation.rules.facts import Problem
from app.allocation.rules.runs import LEASE, RunOverError
from app.allocation.schemas.runs import RunIn
from app.allocation.service.reckoning import matches_of, read_network, reckon
from app.allocation.service.runs import cancel_run, finish_run, record_of, start_run, take_run
from app.core.db import Database
from app.core.errors import ForbiddenError
from app.core.outbox import OutboxEvent
from app.matching.schemas import OverrideIn
from app.matching.service.board import Board
from app.matching.service.overrides import override_match
from app.registry.models import Slot
from tests.allocation.plans import (
    DESK,
    ask,
    lines_of,
    made_run,
    queue_run,
    seats_by_country,
    slot_of,
)
from tests.booking.people import confirm_new, take_block
from tests.factories import (
    NOW,
    make_course,
    make_focal_point,
    make_secretariat,
    make_slot,
    make_trainee,
)


def problem(database: Database) -> Problem:
    """What a run would be solved from now."""
    with database.snapshot() as db:
        network = network_of(db, now=NOW)
        return problem_of(network, matches_of(db, Board(database), network))


def nothing_is_left(database: Database, run_id: UUID) -> bool:
    """Whether the run has neither lines nor verdicts, worth or input."""
    with database.read() as db:
        tables = (AllocationLine, AllocationVerdict, SlotWorth, AllocationInput)
        return all(
            db.exec(select(table).where(col(table.run_id) == run_id)).first() is None
            for table in tables
        )


def test_two_equal_countries_share_the_seats_of_one_slot(database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4, urgency=4)
        slot_of(db, 4)

    _, run_id = made_run(database)

    assert seats_by_country(database, run_id) == {"KE": 2, "RW": 2}


def test_what_was_set_aside_for_a_request_is_not_planned_for_it(database: Database) -> None:
    with database.write() as db:
        one, _ = ask(db, "KE", 2), ask(db, "RW", 2)
        word = {"slot": slot_of(db, 4).id, "kind": "set-aside", "reason": "No lodging there."}
        override_match(db, make_secretariat(db), one.id, OverrideIn.model_validate(word), now=NOW)

    _, run_id = made_run(database)

    assert seats_by_country(database, run_id) == {"RW": 2}


def test_a_request_that_nothing_suits_is_told_what_the_ranking_says(database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 2, languages=["fr"])
        slot_of(db, 4)

    _, run_id = made_run(database)

    with database.read() as db:
        verdict = run_detail(db, run_id).verdicts[0]
    assert (verdict.binding, verdict.reason) == ("no-place", "language")
    assert verdict.why.endswith("fits: no course in a language the people understand.")


def test_with_a_low_floor_the_urgent_country_gets_more(database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4, urgency=4)
        slot_of(db, 4)

    _, run_id = made_run(database, floor_percent=50)

    assert seats_by_country(database, run_id) == {"KE": 1, "RW": 3}


def test_a_run_says_when_it_was_asked_for_begun_and_done(database: Database) -> None:
    _, run_id = made_run(database)

    with database.read() as db:
        names = db.exec(
            select(OutboxEvent.name)
            .where(OutboxEvent.subject_id == run_id)
            .order_by(col(OutboxEvent.version))
        ).all()

    assert names == ["allocation.requested", "allocation.started", "allocation.done"]


def test_every_request_that_lacks_somebody_is_told_why_it_gets_no_more(database: Database) -> None:
    with database.write() as db:
        met, short = ask(db, "KE", 2).id, ask(db, "RW", 9).id
        slot_of(db, 6)

    _, run_id = made_run(database)

    with database.read() as db:
        rows = db.exec(select(AllocationVerdict).where(AllocationVerdict.run_id == run_id)).all()
    found = {row.request_id: (row.asked, row.given, row.binding) for row in rows}
    assert found == {met: (2, 2, "no-need-left"), short: (9, 4, "places-full")}


def test_the_figures_stand_beside_two_simple_rules(database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4, urgency=4)
        slot_of(db, 4)

    _, run_id = made_run(database)

    with database.read() as db:
        figures = db.get_one(AllocationRun, run_id).figures
    assert figures["plan"]["lowest_share"] == 0.5
    assert figures["greedy"]["lowest_share"] == 0.0
    assert figures["round_robin"]["people"] == 4
    assert figures["ldc_demand"] == 0.5
    assert figures["bound"] >= figures["plan"]["objective"]


def test_seats_that_are_held_are_facts_that_no_plan_moves(database: Database) -> None:
    with database.write() as db:
        slot = slot_of(db, 6)
        kenya = make_focal_point(db)
        take_block(db, kenya, slot.id, DESK, 6 - 2)
        ask(db, "RW", 5)

    _, run_id = made_run(database)

    assert sum(seats_by_country(database, run_id).values()) == 2


def test_people_in_line_come_before_a_plan(database: Database) -> None:
    with database.write() as db:
        slot = slot_of(db, 3)
        for _ in range(3):
            confirm_new(db, slot.id, DESK)
        ask(db, "RW", 2)

    assert problem(database).places == ()


def test_a_country_gets_no_more_than_its_cap_with_what_it_has(database: Database) -> None:
    with database.write() as db:
        slot = slot_of(db, 9, max_per_country=3)
        take_block(db, make_focal_point(db, "RW"), slot.id, DESK, 1)
        ask(db, "RW", 9)
        ask(db, "KE", 9)

    _, run_id = made_run(database)

    assert seats_by_country(database, run_id) == {"KE": 3, "RW": 2}


def test_a_slot_runs_with_its_minimum_or_not_at_all(database: Database) -> None:
    with database.write() as db:
        slot_of(db, 6, minimum_to_run=5)
        ask(db, "KE", 2)
        ask(db, "RW", 2)

    _, run_id = made_run(database)

    assert lines_of(database, run_id) == []
    with database.read() as db:
        rows = db.exec(select(AllocationVerdict).where(AllocationVerdict.run_id == run_id)).all()
    assert {row.binding for row in rows} == {"minimum-not-reached"}
    assert {(row.detail["have"], row.detail["bound"]) for row in rows} == {(4, 5)}


def test_people_who_stay_together_are_not_split(database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        slot_of(db, 3, course=course)
        slot_of(db, 4, course=course)
        request = ask(db, "KE", 5)
        request.keep_together = True
        db.add(request)

    _, run_id = made_run(database)

    assert lines_of(database, run_id) == []


def test_slots_whose_provider_still_selects_are_left_alone(database: Database) -> None:
    with database.write() as db:
        slot = slot_of(db, 5, route="individual-selection")
        ask(db, "KE", 2)

    assert problem(database).places == ()

    with database.write() as db:
        db.get_one(Slot, slot.id).selected_at = NOW
    assert [place.free for place in problem(database).places] == [5]


def test_theory_is_planned_before_the_practice_that_asks_for_it(database: Database) -> None:
    with database.write() as db:
        theory = make_course(db, title="Theory", skills=["mfg-gowning"], level=1)
        practice = make_course(db, prerequisites=[str(theory.id)])
        make_slot(db, theory, seats=9)
        later = NOW + timedelta(days=60)
        slot_of(db, 4, course=practice, starts_at=later, ends_at=later + timedelta(hours=2))
        ask(db, "KE", 3)

    _, run_id = made_run(database)

    found = {(line.is_theory, line.seats) for line in lines_of(database, run_id)}
    assert found == {(True, 3), (False, 3)}


def test_the_same_network_has_the_same_digest_and_the_same_plan(database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        for seats in (3, 4):
            slot_of(db, seats, course=course)
        for country in ("KE", "RW", "UG"):
            ask(db, country, 3)

    plans, digests = [], []
    for _ in range(2):
        _, run_id = made_run(database)
        plans.append(
            [(line.request_id, line.slot_id, line.seats) for line in lines_of(database, run_id)]
        )
        with database.read() as db:
            digests.append(db.get_one(AllocationRun, run_id).input_digest)

    assert digests[0] == digests[1]
    assert sorted(plans[0]) == sorted(plans[1])


def test_only_the_secretariat_starts_and_cancels_runs(database: Database) -> None:
    _, run_id = queue_run(database)
    with database.write() as db:
        for actor in (make_focal_point(db), make_trainee(db)):
            with pytest.raises(ForbiddenError):
                start_run(db, actor, RunIn(), now=NOW)
            with pytest.raises(ForbiddenError):
                cancel_run(db, actor, run_id, now=NOW)


def test_a_run_that_was_cancelled_before_a_worker_came_is_never_made(database: Database) -> None:
    actor, run_id = queue_run(database)
    database.run(lambda db: cancel_run(db, actor, run_id, now=NOW))

    assert make_next(database, lambda: NOW) is None
    assert nothing_is_left(database, run_id)


def test_a_run_that_is_over_cannot_be_cancelled(database: Database) -> None:
    actor, run_id = made_run(database)

    with database.write() as db, pytest.raises(RunOverError):
        cancel_run(db, actor, run_id, now=NOW)


@pytest.mark.parametrize("at", ["alone", "share", "value", "explain", "writing"])
def test_cancelled_midway_a_run_leaves_nothing(database: Database, at: str) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        slot_of(db, 4)
    actor, run_id = queue_run(database)
    heard: list[str] = []

    def said(_percent: int, phase: str) -> None:
        if phase == at and at not in heard:
            database.run(lambda db: cancel_run(db, actor, run_id, now=NOW))
        heard.append(phase)

    make_next(database, lambda: NOW, said=said)

    assert at in heard
    assert nothing_is_left(database, run_id)
    with database.read() as db:
        assert db.get_one(AllocationRun, run_id).state == "cancelled"


def test_a_run_whose_worker_was_lost_is_made_once_by_the_next(database: Database) -> None:
    with database.write() as db:
        ask(db, "KE", 4)
        slot_of(db, 4)
    _, run_id = queue_run(database)
    lost = database.run(lambda db: take_run(db, now=NOW))
    assert lost is not None

    assert make_next(database, lambda: NOW) is None
    assert make_next(database, lambda: NOW + LEASE) == run_id
    with database.snapshot() as db:
        read = read_network(db, Board(database), lost, now=NOW)
    outcome = reckon(read, report=lambda _percent, _phase: None, should_stop=lambda: False)

    assert not database.run(lambda db: finish_run(db, lost, record_of(lost, outcome), now=NOW))
    assert [line.seats for line in lines_of(database, run_id)] == [4]


def test_a_run_that_ends_every_worker_is_given_up(database: Database) -> None:
    _, run_id = queue_run(database)
    for count in range(3):
        assert database.run(partial(take_run, now=NOW + count * LEASE)) is not None

    assert database.run(lambda db: take_run(db, now=NOW + 3 * LEASE)) is None

    with database.read() as db:
        run = db.get_one(AllocationRun, run_id)
    assert (run.state, run.error) == ("failed", "Its worker was lost three times.")


def test_a_run_that_fails_says_so_and_leaves_nothing(database: Database) -> None:
    _, run_id = queue_run(database)

    def said(_percent: int, phase: str) -> None:
        if phase == "explain":
            raise MemoryError("no room")

    make_next(database, lambda: NOW, said=said)

    with database.read() as db:
        run = db.get_one(AllocationRun, run_id)
    assert (run.state, run.error) == ("failed", "MemoryError: no room")
    assert nothing_is_left(database, run_id)
