"""What pages show of standing requests: to the country, to the provider, and to nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from app.accounts.rules import VISITOR, Actor
from app.core.db import Database
from app.demand.models import GapRequest
from app.matching.queries.alerts import news_of
from app.registry.models import Course, Slot
from app.registry.rules import SlotStatus
from tests.factories import (
    NOW,
    login,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
    make_slot,
    owner_of,
)
from tests.matching.test_alerts import LATER, work


@contextmanager
def signed_in(client: TestClient, database: Database, actor: Actor) -> Iterator[TestClient]:
    """The client as this person's browser."""
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, actor))
    yield client
    client.cookies.clear()


@pytest.fixture
def told(database: Database) -> tuple[Actor, GapRequest, Slot]:
    """A published request of Kenya that was told of a slot; its focal point."""
    with database.write() as db:
        course = make_course(db)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal, publish=True)
    work(database)
    with database.write() as db:
        slot = make_slot(db, course, now=LATER)
    work(database)
    return focal, request, slot


@pytest.mark.parametrize("page", ["/", "/requests", "/requests/{id}", "/requests/{id}/matches"])
def test_a_country_sees_new_dates_until_it_marks_them_as_read(
    client: TestClient, database: Database, told: tuple[Actor, GapRequest, Slot], page: str
) -> None:
    focal, request, _ = told
    address = page.format(id=request.id)
    with signed_in(client, database, focal):
        before = client.get(address).text
        answer = client.post(
            f"/requests/{request.id}/alerts/seen",
            headers={"Origin": "http://testserver"},
        )
        after = client.get(address).text

    assert 'id="news"' in before
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/requests/{request.id}/matches")
    assert 'id="news"' not in after


@pytest.mark.parametrize("page", ["/", "/requests", "/requests/{id}"])
def test_others_see_no_news_of_a_country(
    client: TestClient, database: Database, told: tuple[Actor, GapRequest, Slot], page: str
) -> None:
    _, request, slot = told
    with database.write() as db:
        others = [
            make_focal_point(db, "GH"),
            owner_of(db, slot.provider_id),
            make_secretariat(db),
        ]
    for other in others:
        with signed_in(client, database, other):
            assert 'id="news"' not in client.get(page.format(id=request.id)).text
    assert 'id="news"' not in client.get(page.format(id=request.id)).text


def test_a_date_that_is_full_by_now_is_no_news(
    client: TestClient, database: Database, told: tuple[Actor, GapRequest, Slot]
) -> None:
    focal, request, slot = told
    with database.write() as db:
        row = db.get_one(Slot, slot.id)
        row.seats_claimed = row.seats
        db.add(row)
    with signed_in(client, database, focal):
        assert 'id="news"' not in client.get(f"/requests/{request.id}").text


def test_a_date_that_is_only_planned_by_now_is_no_news(
    client: TestClient, database: Database, told: tuple[Actor, GapRequest, Slot]
) -> None:
    focal, request, slot = told
    with database.write() as db:
        db.get_one(Slot, slot.id).status = SlotStatus.TENTATIVE
    with signed_in(client, database, focal):
        assert 'id="news"' not in client.get(f"/requests/{request.id}").text


def test_news_are_looked_up_from_the_requests_before_sqlite_has_statistics(
    sqlite_database: Database,
) -> None:
    plan: list[str] = []

    def note(_db: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        plan.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    with sqlite_database.read() as db:
        db.connection()  # what a session begins with is not what is looked at
        event.listen(db.get_bind(), "before_cursor_execute", note)
        news_of(db, replace(VISITOR, countries=frozenset({"KE"})), now=NOW)

    assert [step.split()[1] for step in plan[:3]] == ["gap_request", "match_alert", "slot"]


def test_a_provider_sees_which_requests_its_date_and_course_could_serve(
    client: TestClient, database: Database, told: tuple[Actor, GapRequest, Slot]
) -> None:
    _, request, slot = told
    with database.write() as db:
        make_request(db, country="GH", publish=True, languages=["es"])
        owner = owner_of(db, slot.provider_id)
        course = db.get_one(Course, slot.course_id)
    with signed_in(client, database, owner):
        roster = client.get(f"/slots/{slot.id}/roster").text
        of_course = client.get(f"/courses/{course.slug}").text
        console = client.get("/provider", follow_redirects=True).text
    public = client.get(f"/courses/{course.slug}").text

    assert "Requests this date could serve" in roster
    assert f'href="/requests/{request.id}"' in roster
    assert "interpret it into" in roster
    assert "Where your next date would help" in of_course
    assert "would suit <strong>6 people</strong>" in of_course
    assert "New requests that your dates could serve" in console
    assert f'href="/requests/{request.id}"' in console
    assert 'id="reach"' not in public
    assert str(request.id) not in public


def test_what_countries_keep_to_themselves_is_counted_on_pages_too(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        kept = [make_request(db, country=country) for country in ("UG", "RW", "TZ")]
        owner = owner_of(db, slot.provider_id)
    with signed_in(client, database, owner):
        roster = client.get(f"/slots/{slot.id}/roster").text
        console = client.get("/provider", follow_redirects=True).text

    assert "It would serve at least 10 people of 3 or more countries" in roster
    assert "At least 10 people of 3 or more countries" in console
    assert not any(str(request.id) in roster + console for request in kept)
