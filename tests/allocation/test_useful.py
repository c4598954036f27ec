"""A plan gives no seat that booking would refuse because it trains nobody anew."""

from app.allocation.rules.facts import Arc, Ask, AskedNeed, Given, Place, Problem
from app.allocation.schemas.runs import ApplicationIn
from app.allocation.service.application import apply_plan
from app.allocation.solver import solve
from app.core.db import Database
from tests.allocation.plans import DESK, ask, lines_of, made_run, slot_of
from tests.factories import make_course

BOTH = ["mfg-aseptic-fill", "mfg-gowning"]


def test_no_seat_is_given_that_teaches_nobody_anything_new() -> None:
    """Four people lack one skill and two another: four seats that teach both are all of use."""
    needs = (AskedNeed("filling", 4, 4), AskedNeed("gowning", 2, 4))
    problem = Problem(
        (Ask("one", "KE", 6, needs),),
        (Place("both", "course", 0, 1, 10),),
        (Arc("one", "both", 10_000, (0, 1)),),
    )

    assert solve(problem).given == (Given("one", "both", 4),)


def test_seats_that_teach_two_wanted_skills_are_planned_and_taken(database: Database) -> None:
    with database.write() as db:
        wanted = [
            {"skill": skill, "level": 3, "platform": "vaccines", "people": people}
            for skill, people in zip(BOTH, (4, 2), strict=True)
        ]
        ask(db, "KE", 4, needs=wanted)
        slot_of(db, 10, course=make_course(db, skills=BOTH))
    actor, run_id = made_run(database)

    apply_plan(database.run, actor, run_id, ApplicationIn(), DESK)

    found = [(line.seats, line.state, line.outcome) for line in lines_of(database, run_id)]
    assert found == [(4, "applied", "")]


def test_one_group_of_several_skills_goes_together(database: Database) -> None:
    with database.write() as db:
        wanted = [
            {"skill": skill, "level": 3, "platform": "vaccines", "people": 4} for skill in BOTH
        ]
        request = ask(db, "KE", 4, needs=wanted)
        request.keep_together = True
        db.add(request)
        slot_of(db, 4, course=make_course(db, skills=BOTH))
    actor, run_id = made_run(database)

    apply_plan(database.run, actor, run_id, ApplicationIn(), DESK)

    assert [(line.seats, line.state) for line in lines_of(database, run_id)] == [(4, "applied")]
