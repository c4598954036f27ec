"""Pages that everybody sees, and the secretariat's, on both databases."""

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from app.core.db import Database
from app.registry.models import Course, Provider
from app.registry.schemas.inputs import CancellationIn
from app.registry.service import slots
from tests import factories as make
from tests.factories import NOW, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def signed_in(client: "TestClient", database: Database, cookie: str) -> "TestClient":
    """The same browser with a login."""
    del database
    client.cookies.set("cadre_login", cookie)
    return client


def text_of(answer: str) -> str:
    """What a person reads: no tags, single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer)).split())


def test_the_start_page_counts_what_everybody_can_see(
    client: "TestClient", database: Database
) -> None:
    empty = text_of(client.get("/").text)
    with database.write() as db:
        course = make.make_course(db)
        make.make_slot(db, course, seats=7)
        make.make_slot(db, course, seats=50, status="draft")
        make.make_slot(db, make.make_course(db, make.make_provider(db, state="applied")))
    text = text_of(client.get("/").text)

    assert "No dates yet" in empty
    assert "1 providers 1 countries" in text
    assert "1 dates to come 7 seats free now" in text
    assert "demo-demo-demo" not in text
    for step in ("Need", "Match", "Seats", "Calendar", "Trained people", "Smaller gap"):
        assert step in text


def test_a_slot_says_where_when_until_when_and_for_whom(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        provider = make.make_provider(db, name="مدرسة الفنار")
        place = make.make_facility(
            db,
            provider,
            name="Baobab plant",
            visibility="need-to-know",
            address="12 Secret Road",
            access_rules=["nda", "gowning-qualification"],
        )
        basics = make.make_course(db, provider, title="The basics")
        course = make.make_course(
            db,
            provider,
            title="Gowning & more",
            mode="hands-on",
            facility=place.slug,
            prerequisites=[basics.slug],
            interpretation=["fr"],
        )
        times: dict[str, Any] = {
            "starts_at": "2027-06-08T09:00",
            "ends_at": "2027-06-08T17:00",
        }
        slot = make.make_slot(db, course, **times, apply_by="2027-06-01T18:00", seats=6)
    page = client.get(f"/slots/{slot.id}")
    text = text_of(page.text)

    assert page.text.count("<h1") == 1
    for words in (
        *("Gowning & more", "مدرسة الفنار", "Baobab plant", "Nairobi, Kenya", "The basics"),
        *("Tue 8 Jun 2027, 09:00–17:00 Nairobi, UTC+3", "Tue 1 Jun 2027, 18:00 Nairobi, UTC+3"),
        *("6 of 6 seats free", "French", "Confidentiality undertaking (NDA)", "No fee"),
        *("Independent practice", "Given to those who have a seat"),
    ):
        assert words in text, words
    assert "Secret Road" not in page.text
    assert f'href="/courses/{basics.slug}"' in page.text
    assert f'href="/slots/{slot.id}.ics"' in page.text
    assert 'datetime="2027-06-08T06:00:00Z" data-local' in page.text


def test_a_signed_in_reader_sees_the_own_time_too(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(
            db, starts_at="2027-06-08T09:00", ends_at="2027-06-08T10:00", apply_by="2027-06-01"
        )
        reader = make.make_user(db, zone="Asia/Kathmandu")
        cookie = make.login(db, make.make_actor(db, reader.id))
    page = signed_in(client, database, cookie).get(f"/slots/{slot.id}")

    assert "(Tue 8 Jun, 11:45 in Kathmandu)" in page.text
    assert "data-local" not in page.text


def test_a_cancelled_slot_says_why_and_leads_to_others(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        make.make_slot(db, db.get_one(Course, slot.course_id))
        reason = CancellationIn(reason="visa-refusals", note="We are sorry.")
        slots.cancel_slot(db, owner_of(db, slot.provider_id), slot.id, reason, now=NOW)
    text = text_of(client.get(f"/slots/{slot.id}").text)

    assert "This date is cancelled. Visas were refused. We are sorry." in text
    assert "other dates of the same course" in text
    assert "seats free" in text  # of the other date
    assert "Sign in to book" not in text


def test_a_planned_slot_says_that_seats_cannot_be_taken(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make.make_slot(db, make.make_course(db, make.make_provider(db, state="in-review")))
        provider = db.get_one(Provider, slot.provider_id)
    text = text_of(client.get(f"/slots/{slot.id}").text)

    assert "This date is planned, not certain." in text
    assert "In review" in text_of(client.get("/providers").text)
    assert "In review" in text_of(client.get(f"/providers/{provider.slug}").text)


@pytest.mark.parametrize("state", ["applied", "suspended"])
def test_pages_of_an_unlisted_provider_do_not_exist(
    client: "TestClient", database: Database, state: str
) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        place, course = make.make_facility(db, provider), make.make_course(db, provider)
        slot = make.make_slot(db, course)
        db.get_one(Provider, provider.id).state = state
        paths = [f"/providers/{provider.slug}", f"/facilities/{place.slug}"]
        paths += [f"/courses/{course.slug}", f"/slots/{slot.id}", f"/provider/{provider.slug}"]
        cookie = make.login(db, make.make_trainee(db))
    browser = signed_in(client, database, cookie)

    assert [browser.get(path).status_code for path in paths] == [404] * 5


@pytest.mark.parametrize(
    "path",
    [
        *("/slots/none", f"/slots/{UUID(int=7)}"),
        *("/courses/none", "/providers/none", "/facilities/none"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(client: "TestClient", path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


def test_every_public_page_loads_and_offers_its_calendar(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        provider = make.make_provider(db, about="Line one\nLine two", website="https://a.example")
        place = make.make_facility(db, provider, equipment=["bfs"], about="Cold")
        course = make.make_course(db, provider, mode="hands-on", facility=place.slug)
        make.make_slot(db, course)
    feeds = {
        f"/providers/{provider.slug}": f"/calendars/providers/{provider.slug}.ics",
        f"/facilities/{place.slug}": f"/calendars/facilities/{place.slug}.ics",
        f"/courses/{course.slug}": f"/calendars/slots.ics?course={course.slug}",
        "/skills/mfg-aseptic-fill": "/calendars/skills/mfg-aseptic-fill.ics",
    }

    for path, feed in feeds.items():
        page = client.get(path)
        assert page.status_code == 200, path
        assert page.text.count("<h1") == 1
        assert f'href="http://testserver{feed}"' in page.text
        assert client.get(feed).headers["content-type"].startswith("text/calendar"), feed
        assert "Aseptic filling" in page.text


def test_a_skill_nobody_teaches_says_so(client: "TestClient") -> None:
    text = text_of(client.get("/skills/mfg-gowning").text)

    assert "No date is planned for this skill" in text
    assert "No provider teaches it yet." in text
    assert client.get("/skills/none").status_code == 404


def test_the_secretariat_decides_with_a_reason(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db, state="applied", name="Velvet Cactus")
        cookie = make.login(db, make.make_secretariat(db))
    browser = signed_in(client, database, cookie)
    queue = browser.get("/secretariat")
    path = f"/secretariat/providers/{provider.slug}"
    refused = browser.post(path, data={"state": "withdrawn", "reason": ""})
    decided = browser.post(path, data={"state": "in-review", "reason": "Papers are there."})

    assert "Velvet Cactus" in queue.text
    assert refused.status_code == 422
    assert "Please say why." in refused.text
    assert 'value="withdrawn" checked' in refused.text
    assert decided.headers["location"] == "/secretariat?notice=decided"
    assert client.get(f"/providers/{provider.slug}").status_code == 200


def test_reviews_that_are_due_are_listed(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db, name="Due soon")
        db.get_one(Provider, provider.id).review_by = (NOW + timedelta(days=20)).date()
        cookie = make.login(db, make.make_secretariat(db))
    text = text_of(signed_in(client, database, cookie).get("/secretariat").text)

    assert "1 reviews due within 90 days" in text
    assert "Due soon , verified until" in text


def test_the_secretariats_pages_do_not_exist_for_others(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        cookie = make.login(db, owner_of(db, provider.id))
    visitor = client.get("/secretariat")
    browser = signed_in(client, database, cookie)
    path = f"/secretariat/providers/{provider.slug}"

    assert visitor.headers["location"] == "/sign-in?next=/secretariat"
    assert browser.get("/secretariat").status_code == 404
    assert browser.get(path).status_code == 404
    assert browser.post(path, data={"state": "verified"}).status_code == 404
