"""The provider's console as a browser without JavaScript uses it, on both databases."""

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import col, func, select

from app.core.db import Database
from app.registry.models import Course, Facility, FacilityClosure, Meeting, Provider, Slot
from tests import factories as make
from tests.factories import owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

LONG = "词" * 10_000


@pytest.fixture
def provider(database: Database) -> Provider:
    """A verified provider of Nairobi with a facility and a hands-on course."""
    with database.write() as db:
        made = make.make_provider(db, name="Lantern School")
        place = make.make_facility(db, made, name="Pilot plant")
        make.make_course(db, made, title="Gowning", mode="hands-on", facility=place.slug)
    return made


@pytest.fixture
def owner(client: "TestClient", database: Database, provider: Provider) -> "TestClient":
    """A browser in which the provider's owner is signed in."""
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, owner_of(db, provider.id)))
    return client


def form_key(text: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', text)
    assert found
    return found[1]


def count(database: Database, table: Any) -> int:
    with database.read() as db:
        return db.exec(select(func.count(col(table.id)))).one()


def first(database: Database, table: Any) -> Any:
    with database.read() as db:
        return db.exec(select(table)).one()


def slot_fields(database: Database, **changed: Any) -> dict[str, Any]:
    """The form of a date as a browser sends it, most fields empty."""
    fields = {
        "course": str(first(database, Course).id),
        "mode": "",
        "facility": "",
        "code": "",
        "apply_by": "",
        "seats": "",
        "minimum_to_run": "",
        "max_per_country": "",
        "overbook": "0",
        "route": "open",
        "status": "confirmed",
        "note": "",
    }
    for number in range(3):
        for name in ("starts_at", "ends_at", "place", "join_url", "mode"):
            fields[f"meetings-{number}-{name}"] = ""
    fields |= {"meetings-0-starts_at": "2027-06-08T09:00", "meetings-0-ends_at": "2027-06-08T17:00"}
    return {**fields, **changed}


def test_somebody_without_a_provider_is_shown_how_to_apply(
    client: "TestClient", database: Database
) -> None:
    asked = client.get("/provider")
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_trainee(db)))
    empty = client.get("/provider")

    assert asked.headers["location"] == "/sign-in?next=/provider"
    assert "You do not edit a provider yet" in empty.text


def test_an_application_is_filed_once_and_its_console_opens(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_trainee(db)))
    key = form_key(client.get("/provider/apply").text)
    sent = {
        "form_key": key,
        "name": "أكاديمية القمر",
        "name_latin": "Moon Academy",
        "type": "university",
        "country": "EG",
        "zone": "",
        "website": "",
        "languages": ["ar", "en"],
    }
    answer = client.post("/provider/apply", data=sent)
    again = client.post("/provider/apply", data=sent)
    row = first(database, Provider)

    assert answer.headers["location"] == "/provider/moon-academy?notice=applied"
    assert again.headers["location"] == answer.headers["location"]
    assert (row.name, row.zone, row.languages) == ("أكاديمية القمر", "Africa/Cairo", ("ar", "en"))
    assert "has not looked at your application" in client.get("/provider/moon-academy").text


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"name": ""}, "name", "Please fill this in."),
        ({"name": "a\x01b"}, "name", "control characters"),
        ({"name": LONG}, "name", "at most 200 characters"),
        ({"country": "XX"}, "country", "Unknown country “XX”."),
        ({"languages": []}, "languages", "Please"),
        ({"website": "javascript:alert(1)"}, "website", "URL"),
        ({"contact_email": "nobody"}, "contact_email", "email"),
    ],
)
def test_a_bad_application_comes_back_with_what_was_typed(
    client: "TestClient", database: Database, changed: dict[str, Any], field: str, message: str
) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", make.login(db, make.make_trainee(db)))
    sent = {"name": "Kept", "city": "Nairobi <b>", "type": "university", "country": "KE"}
    answer = client.post("/provider/apply", data={**sent, "languages": ["en"], **changed})

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert message in unescape(answer.text)
    assert 'value="Nairobi &lt;b&gt;"' in answer.text
    assert count(database, Provider) == 0


def test_the_console_shows_own_dates_drafts_and_what_to_do(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    with database.write() as db:
        course = db.exec(select(Course)).one()
        made = make.make_slot(db, course, seats=8)
        made.seats_claimed, made.waiting = 3, 2
        db.add(made)
        make.make_slot(db, course, status="draft")
    text = owner.get(f"/provider/{provider.slug}").text

    assert owner.get("/provider").headers["location"] == f"/provider/{provider.slug}"
    assert "3 of 8" in text
    assert f'href="/slots/{made.id}/edit"' in text
    assert "Change or publish" in text
    assert f"/provider/{provider.slug}/slots/new?course={course.slug}" in text


def test_a_date_is_planned_once_in_the_time_of_its_place(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    address = f"/provider/{provider.slug}/slots/new"
    empty = owner.get(f"{address}?course={first(database, Course).slug}")
    sent = slot_fields(database, form_key=form_key(empty.text))
    answer = owner.post(address, data=sent)
    again = owner.post(address, data=sent)
    slot = first(database, Slot)

    assert empty.text.count('type="datetime-local"') >= 7
    assert 'name="seats" type="number" value="12"' in empty.text
    assert answer.headers["location"] == f"/slots/{slot.id}?notice=published"
    assert again.headers["location"] == answer.headers["location"]
    assert (slot.zone, slot.starts_at.hour, slot.seats) == ("Africa/Nairobi", 6, 12)
    assert "It is published." in owner.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"meetings-0-ends_at": "2027-06-08T08:00"}, "meetings-0-ends_at", "not after the start"),
        ({"meetings-0-ends_at": ""}, "meetings-0-ends_at", "Please fill this in."),
        ({"meetings-0-starts_at": "soon"}, "meetings-0-starts_at", "a date and a time"),
        ({"seats": "100001"}, "seats", "100000 or less"),
        ({"seats": "0"}, "seats", "1 or more"),
        ({"apply_by": "2027-07-01T00:00"}, "apply_by", "after the start"),
        ({"note": "x\x07y"}, "note", "control characters"),
        ({"note": LONG}, "note", "at most 4000 characters"),
        ({"mode": "telepathy"}, "mode", "Unknown mode"),
    ],
)
def test_a_bad_date_comes_back_with_what_was_typed(
    owner: "TestClient",
    database: Database,
    provider: Provider,
    changed: dict[str, Any],
    field: str,
    message: str,
) -> None:
    sent = slot_fields(database, **{"code": "KEPT-7", **changed})
    answer = owner.post(f"/provider/{provider.slug}/slots/new", data=sent)

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert message in unescape(answer.text)
    assert 'value="KEPT-7"' in answer.text
    assert count(database, Slot) == count(database, Meeting) == 0


@pytest.mark.parametrize(
    ("zone", "starts_at", "message"),
    [
        ("Europe/Lisbon", "2027-03-28T01:30", "does not exist in Europe/Lisbon"),
        ("Europe/Lisbon", "2027-10-31T01:30", "happens twice in Europe/Lisbon"),
    ],
)
def test_a_clock_that_jumps_is_explained_beside_the_field(
    owner: "TestClient",
    database: Database,
    provider: Provider,
    zone: str,
    starts_at: str,
    message: str,
) -> None:
    with database.write() as db:
        place = make.make_facility(db, provider, country="PT", zone=zone, city="Lisboa")
    times = {"meetings-0-starts_at": starts_at, "meetings-0-ends_at": f"{starts_at[:10]}T09:00"}
    sent = slot_fields(database, facility=str(place.id), **times)
    answer = owner.post(f"/provider/{provider.slug}/slots/new", data=sent)

    assert answer.status_code == 422
    assert 'id="f-meetings-0-starts_at-error"' in answer.text
    assert message in answer.text
    assert f'value="{starts_at}"' in answer.text


def test_a_taken_facility_is_named_above_the_form(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    address = f"/provider/{provider.slug}/slots/new"
    owner.post(address, data=slot_fields(database, code="FIRST"))
    answer = owner.post(address, data=slot_fields(database, code="SECOND"))

    assert answer.status_code == 422
    assert "Pilot plant is taken by slot FIRST at that time." in answer.text
    assert count(database, Slot) == 1


def test_a_strangers_course_cannot_be_planned(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    with database.write() as db:
        other = make.make_course(db)
    address = f"/provider/{provider.slug}/slots/new"
    with database.read() as db:
        own = db.exec(select(Course).where(Course.provider_id == provider.id)).one()
    fields = {"course": str(other.id), "status": "draft", "route": "open"}
    fields |= {"meetings-0-starts_at": "2027-06-08T09:00", "meetings-0-ends_at": "2027-06-08T10:00"}
    answer = owner.post(address, data=fields)
    asked = owner.get(f"{address}?course={other.slug}")

    assert answer.status_code == 404
    assert count(database, Slot) == 0
    assert "There is no such course." in asked.text
    assert str(own.id) in asked.text


def test_a_strangers_console_does_not_exist(
    client: "TestClient", database: Database, provider: Provider
) -> None:
    with database.write() as db:
        other = make.make_provider(db)
        client.cookies.set("cadre_login", make.login(db, owner_of(db, other.id)))
        place = db.exec(select(Facility)).one()
    home = f"/provider/{provider.slug}"
    paths = ["", "/edit", "/facilities/new", "/courses/new", "/slots/new"]
    mixed = f"/provider/{other.slug}/facilities/{place.slug}"

    assert [client.get(home + path).status_code for path in paths] == [404] * 5
    assert client.get(f"{mixed}/edit").status_code == 404
    closed = {"starts_on": "2027-06-01", "ends_on": "2027-06-02", "reason": "x"}
    assert client.post(f"{mixed}/closures", data=closed).status_code == 404
    assert client.post(f"{home}/edit", data={"name": "Mine now"}).status_code == 404
    assert first(database, Facility).version == place.version


def test_a_provider_changes_what_it_says_and_a_late_edit_is_refused(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    address = f"/provider/{provider.slug}/edit"
    version = re.search(r'name="version" value="(\d+)"', owner.get(address).text)
    assert version
    sent = {"name": "Lantern School", "type": "university", "country": "KE", "languages": ["en"]}
    sent |= {"version": version[1], "zone": "Africa/Nairobi"}
    saved = owner.post(address, data={**sent, "about": "Première ligne", "website": ""})
    late = owner.post(address, data={**sent, "about": "Too late"})

    assert saved.headers["location"] == f"/provider/{provider.slug}?notice=saved"
    assert late.status_code == 422
    assert "Somebody else changed this" in late.text
    assert "Too late" in late.text
    assert first(database, Provider).about == "Première ligne"


def test_a_facility_is_added_changed_and_closed(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    home = f"/provider/{provider.slug}/facilities"
    sent = {"name": "Hall 2", "type": "classroom", "country": "KE", "zone": "Africa/Nairobi"}
    sent |= {"city": "Mombasa", "places": "20", "visibility": "network", "cleanroom_grade": "none"}
    added = owner.post(f"{home}/new", data={**sent, "access_rules": ["nda"]})
    slug = added.headers["location"].split("/")[2].split("?")[0]
    form = owner.get(f"{home}/{slug}/edit").text
    changed = owner.post(f"{home}/{slug}/edit", data={**sent, "places": "0"})
    kept = owner.post(f"{home}/{slug}/edit", data={**sent, "places": "25"})
    closed = {"starts_on": "2027-06-09", "ends_on": "2027-06-08", "reason": "stock-taking"}
    refused = owner.post(f"{home}/{slug}/closures", data=closed)
    owner.post(f"{home}/{slug}/closures", data={**closed, "ends_on": "2027-06-10"})

    assert 'value="nda" checked' in form
    assert changed.status_code == 422
    assert kept.status_code == 303
    assert "The last day is before the first." in refused.text
    assert 'value="stock-taking"' in refused.text
    assert count(database, FacilityClosure) == 1
    assert "stock-taking" in owner.get(f"{home}/{slug}/closures").text
    with database.read() as db:
        row = db.exec(select(Facility).where(Facility.slug == slug)).one()
    assert (row.places, row.access_rules) == (25, ())


def test_a_course_is_added_with_its_skills_and_changed(
    owner: "TestClient", database: Database, provider: Provider
) -> None:
    home = f"/provider/{provider.slug}/courses"
    sent = {"title": "无菌灌装", "mode": "classroom-remote", "length": "1.5", "length_unit": "days"}
    sent |= {"seats": "10", "level": "2", "funding": "fee", "fee_usd": "300", "certificate": "none"}
    more = {"languages": ["zh", "en"], "platforms": ["all"], "audience": ["any"]}
    rows = {"skills-0-id": "", "skills-2-id": "mfg-gowning", "skills-2-level": "3"}
    bad = owner.post(f"{home}/new", data={**sent, **more, "skills-0-id": "nope"})
    none = owner.post(f"{home}/new", data={**sent, **more})
    added = owner.post(f"{home}/new", data={**sent, **more, **rows})
    slug = added.headers["location"].split("/")[2].split("?")[0]
    form = owner.get(f"{home}/{slug}/edit").text
    sent |= {"title": "Aseptic filling", "fee_usd": ""}
    changed = owner.post(f"{home}/{slug}/edit", data={**sent, **more, **rows})
    page = owner.get(f"/courses/{slug}").text

    assert "Unknown skill “nope”." in unescape(bad.text)
    assert none.status_code == 422
    assert 'value="mfg-gowning" selected' in form
    assert 'value="无菌灌装"' in form
    assert changed.status_code == 303
    assert "Aseptic filling" in page
    assert "to level 3" in page
    with database.read() as db:
        row = db.exec(select(Course).where(Course.slug == slug)).one()
    assert (row.fee_usd, row.length, row.languages) == (None, 1.5, ("zh", "en"))
