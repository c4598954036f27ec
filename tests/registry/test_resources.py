"""Equipment and trainers: through the API, and on the provider's pages."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlmodel import Session

from app.core.db import Database
from app.registry.models import Provider
from tests import factories as make
from tests.factories import NOW, bearer, login, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

API = "/api/v1"
HALF_DAY = {
    "starts_at": (NOW + timedelta(days=30)).isoformat(),
    "ends_at": (NOW + timedelta(days=30, hours=4)).isoformat(),
}


@pytest.fixture
def provider(database: Database) -> Provider:
    """A verified provider."""
    with database.write() as db:
        return make.make_provider(db)


@pytest.fixture
def headers(database: Database, provider: Provider) -> dict[str, str]:
    """What the provider's owner calls the API with."""
    with database.write() as db:
        return bearer(db, owner_of(db, provider.id))


def trainer(**facts: Any) -> dict[str, Any]:
    """A body of ``POST /providers/{id}/resources``."""
    return {"kind": "trainer", "name": "Dr Example", **facts}


def sign_in(client: "TestClient", db: Session, provider_id: UUID) -> None:
    """Sign the provider's owner in on the client."""
    client.cookies.set("cadre_login", login(db, owner_of(db, provider_id)))


def test_a_resource_is_added_listed_changed_and_taken_out_of_use(
    client: "TestClient", provider: Provider, headers: dict[str, str]
) -> None:
    url = f"{API}/providers/{provider.slug}/resources"
    sent = trainer(code="T-1", buffer_minutes=15)
    made = client.post(url, json=sent, headers=headers)
    changed = client.patch(
        f"{API}/resources/{made.json()['id']}",
        json={"name": "Dr E. Example", "is_active": False, "version": 1},
        headers=headers,
    )
    listed = client.get(url, headers=headers).json()

    assert made.status_code == 201
    assert {name: made.json()[name] for name in sent} == sent
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert [(each["name"], each["is_active"]) for each in listed] == [("Dr E. Example", False)]


def test_a_slot_says_what_it_needs_and_is_refused_while_another_has_it(
    client: "TestClient", database: Database, provider: Provider, headers: dict[str, str]
) -> None:
    with database.write() as db:
        course = make.make_course(db, provider)
    url = f"{API}/providers/{provider.slug}/resources"
    resource = client.post(url, json=trainer(), headers=headers).json()["id"]
    body = {"course": course.slug, "status": "confirmed", "resources": [resource], **HALF_DAY}

    first = client.post(f"{API}/slots", json=body, headers=headers)
    second = client.post(f"{API}/slots", json=body, headers=headers)
    patch: dict[str, Any] = {"resources": []}
    freed = client.patch(f"{API}/slots/{first.json()['id']}", json=patch, headers=headers)
    again = client.post(f"{API}/slots", json=body, headers=headers)
    needs = client.get(f"{API}/slots/{again.json()['id']}/resources", headers=headers).json()

    assert (first.status_code, freed.status_code, again.status_code) == (201, 200, 201)
    assert (second.status_code, second.json()["code"]) == (409, "resource_clash")
    assert [each["id"] for each in needs] == [resource]


def test_an_edit_over_somebody_elses_is_refused(
    client: "TestClient", provider: Provider, headers: dict[str, str]
) -> None:
    url = f"{API}/providers/{provider.slug}/resources"
    resource = client.post(url, json=trainer(), headers=headers).json()["id"]
    answers = [
        client.patch(f"{API}/resources/{resource}", json={"name": n, "version": 1}, headers=headers)
        for n in ("One", "Two")
    ]

    assert [answer.status_code for answer in answers] == [200, 409]


@pytest.mark.parametrize(
    "facts",
    [{"buffer_minutes": -1}, {"buffer_minutes": 10081}, {"kind": "room"}, {"name": ""}, {"x": 1}],
)
def test_a_resource_that_cannot_be_is_refused(
    client: "TestClient", provider: Provider, headers: dict[str, str], facts: dict[str, Any]
) -> None:
    url = f"{API}/providers/{provider.slug}/resources"
    answer = client.post(url, json=trainer(**facts), headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == [next(iter(facts))]


def test_to_strangers_a_providers_resources_do_not_exist(
    client: "TestClient", database: Database, provider: Provider, headers: dict[str, str]
) -> None:
    url = f"{API}/providers/{provider.slug}/resources"
    resource = client.post(url, json=trainer(), headers=headers).json()["id"]
    with database.write() as db:
        course = make.make_course(db, provider)
        slot = make.make_slot(db, course)
        stranger = bearer(db, owner_of(db, make.make_provider(db).id))
        secretariat = bearer(db, make.make_secretariat(db))
    addresses = [url, f"{API}/slots/{slot.id}/resources"]

    assert [client.get(each, headers=stranger).status_code for each in addresses] == [404, 404]
    assert [client.get(each, headers=secretariat).status_code for each in addresses] == [200, 200]
    patch = client.patch(f"{API}/resources/{resource}", json={"name": "X"}, headers=stranger)
    assert patch.status_code == 404
    assert client.get(url).status_code == 401


def test_the_buffer_of_a_facility_is_sent_and_shown(
    client: "TestClient", provider: Provider, headers: dict[str, str]
) -> None:
    body = {
        "provider": provider.slug,
        "name": "Line 1",
        "type": "commercial-gmp-plant",
        "city": "Nairobi",
        "places": 8,
        "buffer_minutes": 45,
    }
    made = client.post(f"{API}/facilities", json=body, headers=headers).json()
    url = f"{API}/facilities/{made['id']}"
    changed = client.patch(url, json={"buffer_minutes": 0}, headers=headers).json()

    assert (made["buffer_minutes"], changed["buffer_minutes"]) == (45, 0)


def test_the_page_adds_changes_and_shows_resources(
    client: "TestClient", database: Database, provider: Provider
) -> None:
    with database.write() as db:
        sign_in(client, db, provider.id)
    home = f"/provider/{provider.slug}/resources"
    added = client.post(home, data=trainer(buffer_minutes=20, is_active="true", facility=""))
    shown = client.get(home)
    link = shown.text.partition(f'href="{home}/')[2].partition('"')[0]
    form = client.get(f"{home}/{link}")
    sent = {"kind": "trainer", "name": "Dr Other", "buffer_minutes": 5, "version": 1}
    saved = client.post(f"{home}/{link}", data=sent)
    after = client.get(home).text

    assert (added.status_code, saved.status_code) == (303, 303)
    assert "Dr Example" in shown.text
    assert 'value="Dr Example"' in form.text
    assert "Dr Other" in after
    assert "no longer in use" in after


def test_a_form_with_a_mistake_comes_back_with_what_was_typed(
    client: "TestClient", database: Database, provider: Provider
) -> None:
    with database.write() as db:
        sign_in(client, db, provider.id)
    home = f"/provider/{provider.slug}/resources"
    answer = client.post(home, data=trainer(buffer_minutes=99999, name="Filling line 7"))

    assert answer.status_code == 422
    assert "Please enter 10080 or less." in answer.text
    assert 'value="Filling line 7"' in answer.text


def test_another_provider_has_no_such_page(
    client: "TestClient", database: Database, provider: Provider
) -> None:
    with database.write() as db:
        sign_in(client, db, make.make_provider(db).id)

    assert client.get(f"/provider/{provider.slug}/resources").status_code == 404


def test_the_form_of_a_date_offers_resources_and_keeps_the_chosen(
    client: "TestClient", database: Database, provider: Provider, headers: dict[str, str]
) -> None:
    url = f"{API}/providers/{provider.slug}/resources"
    resource = client.post(url, json=trainer(), headers=headers).json()["id"]
    with database.write() as db:
        course = make.make_course(db, provider)
        slot = make.make_slot(db, course, resources=[resource])
        sign_in(client, db, provider.id)
    blank = client.get(f"/provider/{provider.slug}/slots/new").text
    form = client.get(f"/slots/{slot.id}/edit").text
    box = form.partition(f'value="{resource}"')[2].partition(">")[0]

    assert f'value="{resource}"' in blank
    assert "checked" in box
