"""The page of matches, as a browser without JavaScript uses it, on both databases."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts.rules import Actor
from app.core.db import Database
from app.registry.models import Slot
from tests.factories import (
    NOW,
    login,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_slot,
)

FITTING: dict[str, Any] = {"level": 3, "platforms": ["vaccines"], "audience": ["industry-private"]}


@pytest.fixture
def kenya(client: TestClient, database: Database) -> Actor:
    """The focal point of Kenya, signed in in the client's browser."""
    with database.write() as db:
        actor = make_focal_point(db)
        client.cookies.set("cadre_login", login(db, actor))
    return actor


def placed_slot(db: Session, country: str, **facts: Any) -> Slot:
    """A hands-on slot in a place of the country."""
    provider = make_provider(db, country=country)
    place = make_facility(db, provider, country=country)
    course = make_course(db, provider, mode="hands-on", facility=str(place.id), **FITTING)
    return make_slot(db, course, **facts)


def test_a_match_shows_its_score_and_reasons_and_offers_the_seats(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        slot = make_slot(db, make_course(db, title="Fill & finish", **FITTING), seats=20)
        request = make_request(db, actor=kenya)
    page = client.get(f"/requests/{request.id}/matches")

    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert "Fill &amp; finish" in page.text
    assert "of 10,000" in page.text
    assert "6 seats to use for 6 asked" not in page.text
    assert "20 seats to use for 6 asked: 1200 × 6 ÷ 6 = 1200 points." in page.text
    field = re.search(r'<input[^>]*name="seats"[^>]*>', page.text)
    assert field
    assert 'value="6"' in field[0]
    assert 'max="6"' in field[0]
    assert f'name="slot" value="{slot.id}"' in page.text


def test_the_form_of_a_match_takes_the_seats(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, **FITTING), seats=4)
        request = make_request(db, actor=kenya)
    address = f"/requests/{request.id}"
    page = client.get(f"{address}/matches")
    sent = dict(re.findall(r'name="(form_key|slot|seats)"[^>]*value="([^"]+)"', page.text))
    answer = client.post(f"{address}/cohorts", data=sent)
    after = client.get(f"{address}/matches")

    assert sent["seats"] == "4"
    assert answer.status_code == 303
    assert "Seats on slots" in after.text
    assert re.search(r"<strong>4</strong> <span>seats held", after.text)
    # The slot is full now, by ourselves: no match, and more seats would help.
    assert "If there were more seats" in after.text


def test_a_request_whose_people_all_have_seats_offers_no_more(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, **FITTING), seats=20)
        request = make_request(db, actor=kenya)
    address = f"/requests/{request.id}"
    page = client.get(f"{address}/matches")
    sent = dict(re.findall(r'name="(form_key|slot|seats)"[^>]*value="([^"]+)"', page.text))
    client.post(f"{address}/cohorts", data=sent)
    after = client.get(f"{address}/matches")

    assert "Every person of this request has a seat." in after.text
    assert 'name="seats"' not in after.text


def test_a_match_offers_no_more_seats_than_its_own_skill_still_needs(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    skills = {"mfg-aseptic-fill": 4, "mfg-gowning": 2}
    needs = [
        {"skill": skill, "level": 3, "platform": "vaccines", "people": people}
        for skill, people in skills.items()
    ]
    with database.write() as db:
        slots = {
            str(make_slot(db, make_course(db, skills=[skill], **FITTING), seats=20).id): people
            for skill, people in skills.items()
        }
        request = make_request(db, actor=kenya, needs=needs)
    address = f"/requests/{request.id}"
    page = client.get(f"{address}/matches").text
    fields = r'name="slot" value="([^"]+)".*?name="seats"[^>]*value="([^"]+)"'
    offered = dict(re.findall(fields, page, flags=re.DOTALL))

    assert {slot: int(seats) for slot, seats in offered.items()} == slots


def test_a_draft_shows_what_it_would_find_and_takes_nothing(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, **FITTING))
        request = make_request(db, actor=kenya, submit=False)
    page = client.get(f"/requests/{request.id}/matches")

    assert "Best matches first" in page.text
    assert 'name="seats"' not in page.text
    assert f'action="/requests/{request.id}/submission"' in page.text


def test_the_secretariat_reads_the_ranking_and_takes_no_seats(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, **FITTING))
        request = make_request(db, actor=kenya)
        client.cookies.set("cadre_login", login(db, make_secretariat(db)))
    page = client.get(f"/requests/{request.id}/matches")

    assert "Best matches first" in page.text
    assert 'name="seats"' not in page.text


def test_near_misses_are_grouped_by_what_would_have_to_change(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        for _ in range(2):
            make_slot(db, make_course(db, **{**FITTING, "languages": ["es"]}))
        make_slot(db, make_course(db, **{**FITTING, "level": 1}))
        request = make_request(db, actor=kenya)
    page = client.get(f"/requests/{request.id}/matches")

    headings = re.findall(r'<summary><h3>(.*?)</h3> <span class="count">(\d+)', page.text)
    assert headings == [
        ("If it were taught in another language", "2"),
        ("If another level would do", "1"),
    ]
    assert "Taught in Spanish; your people understand English or French." in page.text
    assert "No course in a language the people understand." in page.text
    assert "Name further languages" in page.text


def test_planned_slots_stand_apart_from_matches(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, **FITTING), status="tentative")
        request = make_request(db, actor=kenya)
    page = client.get(f"/requests/{request.id}/matches")

    assert "Planned, not certain yet" in page.text
    assert "Only planned supply fits." in page.text
    assert "Best matches first" not in page.text


def test_two_matches_of_one_region_and_week_are_pointed_out(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        placed_slot(db, "RW")
        placed_slot(db, "ZA", starts_at=NOW + timedelta(days=31), ends_at=NOW + timedelta(days=32))
        request = make_request(db, actor=kenya)
    page = client.get(f"/requests/{request.id}/matches")

    assert "<strong>African Region:</strong>" in page.text
    assert 'href="#match-1"' in page.text
    assert 'href="#match-2"' in page.text


def test_a_need_that_another_office_filed_too_is_pointed_out(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        first, second = make_request(db, actor=kenya), make_request(db, actor=kenya)
    page = client.get(f"/requests/{second.id}/matches")

    assert "Possibly filed twice." in page.text
    assert f'href="/requests/{first.id}"' in page.text
    assert f'href="/requests/{second.id}/merge?into={first.id}"' in page.text


def test_text_of_people_is_escaped_and_keeps_its_direction(
    client: TestClient, database: Database, kenya: Actor
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, title="<script>alert(1)</script> تعبئة", **FITTING))
        request = make_request(db, actor=kenya)
    page = client.get(f"/requests/{request.id}/matches")

    assert "<script>alert" not in page.text
    assert 'dir="auto">&lt;script&gt;alert(1)&lt;/script&gt; تعبئة</a>' in page.text


def test_strangers_find_nothing_and_visitors_are_asked_to_sign_in(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        request = make_request(db, publish=True)
        other = login(db, make_focal_point(db, "UG"))
    visitor = client.get(f"/requests/{request.id}/matches")
    client.cookies.set("cadre_login", other)
    stranger = client.get(f"/requests/{request.id}/matches")

    assert visitor.status_code == 303
    assert visitor.headers["location"].startswith("/sign-in")
    assert stranger.status_code == 404
