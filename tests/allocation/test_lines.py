"""Lines changed by hand: what readers are told stays true, and nobody waits meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.allocation.models import AllocationLine, AllocationRun, AllocationVerdict
from app.allocation.rules.runs import PlanChangedError
from app.allocation.schemas.runs import ApplicationIn, LineIn, LinePatch
from app.allocation.service.application import apply_plan
from app.allocation.service.edits import Edit, add_line, change_line, insist
from app.core.db import Database
from app.core.errors import ForbiddenError
from app.core.outbox import AuditEntry
from tests.allocation.plans import DESK, ask, lines_of, made_run, slot_of
from tests.factories import NOW, bearer, make_focal_point


def planned(database: Database, **facts: Any) -> tuple[Actor, UUID, AllocationLine]:
    """A plan of two seats for each of two countries, and Kenya's line."""
    with database.write() as db:
        ask(db, "KE", 4)
        ask(db, "RW", 4)
        slot_of(db, 4, **facts)
    actor, run_id = made_run(database)
    return actor, run_id, lines_of(database, run_id)[0]


def worked_out(
    database: Database, actor: Actor, line: AllocationLine, seats: int, why: str = "Asked."
) -> Edit:
    wish = LinePatch(seats=seats, reason=why)
    return change_line(database.read, actor, line.run_id, line.id, wish, now=NOW)


def told(database: Database, run_id: UUID) -> dict[str, tuple[int, int, str]]:
    """Given, asked and what binds, by country."""
    with database.read() as db:
        rows = db.exec(select(AllocationVerdict).where(AllocationVerdict.run_id == run_id))
        return {row.country: (row.given, row.asked, row.binding) for row in rows}


@contextmanager
def statements(db: Session) -> Iterator[list[str]]:
    """What is sent to the database in this transaction."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    connection = db.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


def test_what_requests_are_told_is_true_of_the_plan_after_each_edit(database: Database) -> None:
    actor, run_id, line = planned(database)
    seen = [told(database, run_id)]

    for seats in (0, 2):
        database.run(worked_out(database, actor, line, seats))
        seen.append(told(database, run_id))

    full = {"KE": (2, 4, "places-full"), "RW": (2, 4, "places-full")}
    assert seen == [full, {"KE": (0, 4, "left-over"), "RW": (2, 4, "left-over")}, full]


def test_a_line_that_is_put_in_by_hand_is_told_too(database: Database) -> None:
    actor, run_id, line = planned(database)
    database.run(worked_out(database, actor, line, 0))
    with database.write() as db:
        db.delete(db.get_one(AllocationLine, line.id))
    wish = LineIn(request=line.request_id, slot=line.slot_id, seats=1, reason="One can come.")

    effect = database.run(add_line(database.read, actor, run_id, wish, now=NOW))

    assert effect.after - effect.before > 0
    assert told(database, run_id)["KE"] == (1, 4, "left-over")


def test_an_edit_says_what_does_not_hold_any_more(database: Database) -> None:
    actor, _, line = planned(database, minimum_to_run=4)

    effect = database.run(worked_out(database, actor, line, 0))

    assert len(effect.warnings) == 2
    short = "The slot has 2 seats of this plan, of the 4 that are missing until it runs."
    assert effect.warnings[0].endswith(short)
    assert effect.warnings[1] == "Kenya has less than the plan guarantees."


def test_keeping_an_edit_does_not_read_what_the_run_was_made_from(database: Database) -> None:
    actor, _, line = planned(database)
    edit = worked_out(database, actor, line, 1)

    with database.write() as db, statements(db) as sent:
        edit(db)

    assert any("allocation_verdict" in each for each in sent)
    assert not any("allocation_input" in each for each in sent)


def test_an_edit_of_a_plan_that_changed_meanwhile_is_worked_out_again(database: Database) -> None:
    actor, run_id, line = planned(database)
    late = worked_out(database, actor, line, 1, "Late.")
    database.run(worked_out(database, actor, line, 0, "Quick."))
    with pytest.raises(PlanChangedError):
        database.run(late)
    tries = iter([late, late])

    insist(lambda: database.run(next(tries, None) or worked_out(database, actor, line, 1, "New.")))

    after = lines_of(database, run_id)[0]
    assert (after.seats, after.edit_reason) == (1, "New.")
    with database.read() as db:
        reasons = db.exec(
            select(AuditEntry.reason)
            .where(AuditEntry.action == "allocation.edited")
            .order_by(col(AuditEntry.id))
        ).all()
        assert list(reasons) == ["Quick.", "New."]
        assert set(db.get_one(AllocationRun, run_id).figures["edited"]) >= {"value", "jain"}


def test_a_line_that_was_applied_meanwhile_is_not_changed(
    client: TestClient, database: Database
) -> None:
    actor, run_id, line = planned(database)
    address = f"/api/v1/allocations/{run_id}/lines/{line.id}"
    body = {"seats": 1, "reason": "They ask for fewer."}
    with database.write() as db:
        sent = bearer(db, actor) | {"Idempotency-Key": "once"}

    first = client.patch(address, headers=sent, json=body)
    apply_plan(database.run, actor, run_id, ApplicationIn(), DESK)
    again = client.patch(address, headers=sent, json=body)
    other = client.patch(address, headers=sent | {"Idempotency-Key": "twice"}, json=body)

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert again.json() == first.json()
    assert other.json()["code"] == "line_settled"


def test_only_the_secretariat_keeps_an_edit(database: Database) -> None:
    _, _, line = planned(database)
    with database.write() as db:
        stranger = make_focal_point(db, "KE")

    edit = worked_out(database, stranger, line, 1)

    with pytest.raises(ForbiddenError):
        database.run(edit)
