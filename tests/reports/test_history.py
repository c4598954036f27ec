"""The gaps of each day, written down once and never changed, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, func, select

from app.accounts.rules import VISITOR, Actor
from app.core.db import Database
from app.demand.models import GapRequest
from app.demand.schemas import GapRequestPatch, WithdrawIn
from app.demand.service import amend_request, withdraw_request
from app.reports.jobs import snapshot
from app.reports.models import GapSnapshotRow
from app.reports.schemas import HistoryFilter, HistoryPoint
from app.reports.service import gap_history, gaps_of_today, write_down
from tests.factories import (
    NOW,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
    make_slot,
)
from tests.reports.test_api import OTHER, SKILL, need, placed_slot

LATER = NOW + timedelta(days=1)


def take_snapshot(db: Session, *, now: datetime) -> None:
    """Write the gaps of the day down, as the worker does."""
    write_down(db, gaps_of_today(db, now=now))


def cells(db: Session) -> list[GapSnapshotRow]:
    return list(db.exec(select(GapSnapshotRow).order_by(col(GapSnapshotRow.id))))


def history(db: Session, actor: Actor = VISITOR, **wanted: Any) -> list[HistoryPoint]:
    """The days since yesterday."""
    asked = {"since": NOW.date() - timedelta(days=1), "step": "day", **wanted}
    found = gap_history(db, actor, HistoryFilter.model_validate(asked), now=LATER)
    return list(found.items)


def test_a_day_is_written_down_once(database: Database) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        placed_slot(db, "KE")
        make_slot(db, make_course(db, seats=8), status="tentative")
    counts = [snapshot(database, lambda: NOW) for _ in range(2)]
    with database.read() as db:
        rows = cells(db)

    assert counts == [3, 0]
    assert {(row.day, row.needs, row.asked, row.gap) for row in rows if row.needs} == {
        (NOW.date(), 1, 6, 6)
    }
    assert sorted((row.country, row.offered, row.planned) for row in rows if not row.needs) == [
        ("", 0, 8),
        ("KE", 10, 0),
    ]


def test_workers_at_the_same_moment_write_one_set_of_rows(database: Database) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        placed_slot(db, "KE")
    together = threading.Barrier(4)

    def clock() -> Any:
        if not together.broken:
            together.wait(timeout=5)
        return NOW

    with ThreadPoolExecutor(max_workers=4) as pool:
        counts = list(pool.map(lambda _: snapshot(database, clock), range(4)))
    with database.read() as db:
        rows = db.exec(select(func.count()).select_from(GapSnapshotRow)).one()

    assert sorted(counts) == [0, 0, 0, 2]
    assert rows == 2


def test_what_changes_later_leaves_earlier_days_as_they_were(database: Database) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, publish=True)
        take_snapshot(db, now=NOW)
        patch = GapRequestPatch.model_validate({"needs": need(9, OTHER)})
        amend_request(db, kenya, request.id, patch, now=NOW)
        take_snapshot(db, now=LATER)
        days = history(db)
        of_skill = history(db, skill=[SKILL])

    assert [(each.day, each.demand) for each in days] == [(NOW.date(), 6), (LATER.date(), 9)]
    assert [each.demand for each in of_skill] == [6, 0]


def test_the_consent_of_the_day_decides(database: Database) -> None:
    with database.write() as db:
        kenya, office = make_focal_point(db), make_secretariat(db)
        request = make_request(db, actor=kenya, publish=True)
        take_snapshot(db, now=NOW)
        hide = GapRequestPatch.model_validate({"publish": False})
        amend_request(db, kenya, request.id, hide, now=NOW)
        take_snapshot(db, now=LATER)
        seen = {
            who: [each.demand for each in history(db, actor)]
            for who, actor in (("visitor", VISITOR), ("own", kenya), ("office", office))
        }

    assert seen == {"visitor": [6, 0], "own": [6, 6], "office": [6, 6]}


def test_unpublished_needs_of_three_countries_are_told_together(database: Database) -> None:
    with database.write() as db:
        for country in ("KE", "UG", "RW"):
            make_request(db, country=country, needs=need(4))
        make_request(db, country="BR", needs=need(7, OTHER))
        take_snapshot(db, now=NOW)

        assert [each.demand for each in history(db)] == [19]
        # Neither Africa nor the skill can be told apart without giving Brazil away.
        assert [each.demand for each in history(db, region=["AFR"])] == [0]
        assert [each.demand for each in history(db, skill=[SKILL])] == [0]


def test_figures_alone_are_counted_by_name_and_have_no_page(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        request = make_request(db, needs=need(6), publish=True, publish_detail="figures")
        make_request(db, country="UG", needs=need(4))
    snapshot(database, lambda: NOW)
    table = client.get("/api/v1/gaps?group=country").json()["items"]
    query = f"country=KE&step=day&since={NOW.date()}"
    points = client.get(f"/api/v1/gaps/history?{query}").json()["items"]

    assert [(row["country"], row["demand"]) for row in table] == [("KE", 6)]
    assert [point["demand"] for point in points] == [6]
    pages = (f"/requests/{request.id}", f"/api/v1/requests/{request.id}")
    assert [client.get(page).status_code for page in pages] == [404, 404]


def test_a_month_is_its_last_day_that_was_written_down(database: Database) -> None:
    first = NOW.replace(day=1) - timedelta(days=1)
    with database.write() as db:
        for days in (3, 2, 1):
            make_request(db, publish=True)
            take_snapshot(db, now=first - timedelta(days=days))
        make_request(db, publish=True)
        take_snapshot(db, now=NOW)
        found = gap_history(db, VISITOR, HistoryFilter(), now=NOW)

    assert [(each.day, each.needs) for each in found.items] == [
        ((first - timedelta(days=1)).date(), 3),
        (NOW.date(), 4),
    ]
    assert found.began_on == (first - timedelta(days=3)).date()


def test_withdrawn_requests_leave_the_days_to_come(database: Database) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, publish=True)
        take_snapshot(db, now=NOW)
        withdraw_request(db, kenya, request.id, WithdrawIn(reason="Filed twice."), now=NOW)
        make_request(db, actor=kenya, needs=need(1), publish=True)
        take_snapshot(db, now=LATER)

        assert db.get_one(GapRequest, request.id).state == "withdrawn"
        assert [each.demand for each in history(db)] == [6, 1]


def test_the_history_over_the_api(client: TestClient, database: Database) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        placed_slot(db, "ZA")
        take_snapshot(db, now=NOW)
    found = client.get(f"/api/v1/gaps/history?region=AFR&skill={SKILL}&step=day").json()

    [point] = found["items"]
    assert (point["demand"], point["gap"], point["supply"], point["supply_free"]) == (6, 6, 10, 10)
    assert found["began_on"] == str(NOW.date())


@pytest.mark.parametrize("query", ["step=hour", "region=EAC", "since=soon"])
def test_unknown_values_are_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/gaps/history?{query}").status_code == 422
