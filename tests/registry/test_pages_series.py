"""The page that plans a series, as a browser without JavaScript uses it."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from sqlmodel import col, func, select

from app.core.db import Database
from app.registry.models import Course, Provider, Slot
from tests import factories as make
from tests.factories import TODAY, login, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from playwright.sync_api import Browser

TUESDAY = TODAY + timedelta(days=14 + (2 - TODAY.isoweekday()) % 7)


@pytest.fixture
def provider(sqlite_database: Database) -> Provider:
    """A provider of Nairobi with a hands-on course at a bench."""
    with sqlite_database.write() as db:
        made = make.make_provider(db, name="Lantern School")
        place = make.make_facility(db, made, name="Bench")
        make.make_course(db, made, title="Gowning", mode="hands-on", facility=place.slug)
    return made


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Pages are the same on both; what they do is tested on both elsewhere."""
    return sqlite_database


@pytest.fixture
def owner(client: "TestClient", database: Database, provider: Provider) -> "TestClient":
    """A browser in which the provider's owner is signed in."""
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, owner_of(db, provider.id)))
    return client


def fields(database: Database, **changed: Any) -> dict[str, Any]:
    """The form as a browser sends it: half days on Tuesdays and Sundays, most fields empty."""
    with database.read() as db:
        course = db.exec(select(Course.id)).one()
    usual = {"course": str(course), "first": str(TUESDAY), "weekdays": ["2", "7"], "count": "4"}
    usual |= {"every_weeks": "1", "until": "", "skip": "", "apply_days": "2", "apply_at": ""}
    usual |= {"times-0-starts": "08:30", "times-0-ends": "12:30"}
    usual |= {"times-1-starts": "13:30", "times-1-ends": "17:30"}
    usual |= {"status": "confirmed", "route": "open", "line_mode": "offer", "overbook": "0"}
    return {**usual, "seats": "", "criteria": ["", ""], "step": "preview", **changed}


def planned(database: Database) -> int:
    with database.read() as db:
        return db.exec(select(func.count(col(Slot.id)))).one()


def ticked(text: str) -> list[str]:
    return re.findall(r'name="chosen" value="([^"]+)" checked', text)


def test_the_dates_are_shown_before_anything_is_made(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    address = f"/provider/{provider.slug}/series/new"
    shown = owner.post(address, data=fields(database))

    assert shown.status_code == 200
    assert ticked(shown.text) == [f"{TUESDAY}T08:30", f"{TUESDAY}T13:30"]
    assert shown.text.count('name="chosen"') == 4
    assert "A day of the weekend in Kenya." in shown.text
    assert planned(database) == 0


def test_the_chosen_dates_are_made_once(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    address = f"/provider/{provider.slug}/series/new"
    chosen = ticked(owner.post(address, data=fields(database)).text)
    sent = fields(database, step="create", chosen=chosen, form_key="once")
    made = owner.post(address, data=sent)
    again = owner.post(address, data=sent)

    assert made.headers["location"] == f"/provider/{provider.slug}?notice=published"
    assert again.headers["location"] == made.headers["location"]
    assert planned(database) == 2


def test_a_date_taken_meanwhile_is_named_and_the_choice_is_kept(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    address = f"/provider/{provider.slug}/series/new"
    chosen = ticked(owner.post(address, data=fields(database)).text)
    with database.write() as db:
        course = db.exec(select(Course)).one()
        times = {"starts_at": f"{TUESDAY}T14:00", "ends_at": f"{TUESDAY}T15:00"}
        make.make_slot(db, course, code="FIRST", meetings=[times])
    refused = owner.post(address, data=fields(database, step="create", chosen=chosen))

    assert refused.status_code == 409
    assert "Bench is taken by slot FIRST at that time." in refused.text
    assert ticked(refused.text) == chosen
    assert planned(database) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weekdays": []}, "Please"),
        ({"count": "", "until": ""}, "Say how many dates, or until when."),
        ({"times-0-ends": "08:00"}, "The end is not after the start."),
        ({"times-1-starts": "12:00"}, "Two of the times overlap."),
        ({"skip": "soon"}, "a date as year-month-day"),
        ({"step": "create"}, "Please choose at least one date."),
        ({"apply_days": "0", "apply_at": "09:00"}, "The deadline is after the start."),
    ],
)
def test_a_wrong_pattern_comes_back_with_what_was_typed(
    owner: "TestClient",
    database: Database,
    provider: Provider,
    changed: dict[str, Any],
    message: str,
) -> None:
    sent = fields(database, code="KEPT", **changed)
    answer = owner.post(f"/provider/{provider.slug}/series/new", data=sent)

    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="KEPT"' in answer.text


def test_a_strangers_series_page_does_not_exist(
    client: "TestClient", database: Database, provider: Provider
) -> None:
    sent = fields(database)
    with database.write() as db:
        other = owner_of(db, make.make_provider(db).id)
        client.cookies.set("cadre_login", login(db, other))
    address = f"/provider/{provider.slug}/series/new"

    assert client.get(address).status_code == 404
    assert client.post(address, data=sent).status_code == 404


def test_a_series_is_planned_on_a_phone_without_scripts(
    live_server: str, browser: "Browser", sqlite_database: Database, provider: Provider
) -> None:
    with sqlite_database.write() as db:
        cookie = login(db, owner_of(db, provider.id))
        course = db.exec(select(Course)).one()
    host = urlsplit(live_server).hostname or ""
    context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    context.add_cookies([{"name": "cadre_login", "value": cookie, "domain": host, "path": "/"}])
    page = context.new_page()
    page.goto(f"{live_server}/provider/{provider.slug}/series/new?course={course.slug}")
    page.get_by_label("First day").fill(str(TUESDAY))
    page.get_by_label("Tuesday").check()
    page.get_by_label("Sunday").check()
    page.get_by_label("From").first.fill("08:30")
    page.get_by_label("To", exact=True).first.fill("12:30")
    page.get_by_label("How many dates").fill("3")
    page.get_by_label("Confirmed").check()
    page.get_by_role("button", name="Show the dates").click()
    width = page.evaluate("document.documentElement.scrollWidth")
    boxes = page.get_by_role("checkbox", name=re.compile("08:30"))
    found = [boxes.nth(number).is_checked() for number in range(boxes.count())]
    page.get_by_role("button", name="Make the chosen dates").click()
    address = page.url
    context.close()

    assert width <= 360
    assert found == [True, False, True]
    assert f"/provider/{provider.slug}?notice=published" in address
    assert planned(sqlite_database) == 2
