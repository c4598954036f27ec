"""Checking, printing and issuing on pages, and the same through the API."""

import re
from typing import TYPE_CHECKING

import pytest

from app.accounts.rules import Actor
from app.booking.service.desk import Desk
from app.certificates.schemas import IssueIn
from app.certificates.service import issue_certificates
from app.core.db import Database
from app.main import API_PREFIX
from app.registry.models import Slot
from tests.booking.browsing import forms_of, send, sign_in, words
from tests.booking.people import Hands
from tests.certificates.attended import attend, certificates_of, held_slot
from tests.factories import (
    NOW,
    bearer,
    make_focal_point,
    make_provider,
    make_secretariat,
    make_trainee,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from playwright.sync_api import Page


class Given:
    """A person with a certificate, and who issued it."""

    def __init__(self, database: Database, desk: Desk, hands: Hands) -> None:
        with database.write() as db:
            self.slot: Slot = held_slot(db, hands)
            self.owner: Actor = owner_of(db, self.slot.provider_id)
            self.person, self.booking = attend(
                db, self.slot, desk, hands, name="欧阳慧敏", country="CN"
            )
            (row,) = issue_certificates(db, self.owner, self.slot.id, IssueIn(), now=NOW)
            self.code = row.code


@pytest.fixture
def given(database: Database, desk: Desk, hands: Hands) -> Given:
    """A person with a certificate."""
    return Given(database, desk, hands)


def test_anybody_with_the_code_can_check_a_certificate(client: "TestClient", given: Given) -> None:
    for typed in (given.code, given.code.lower(), given.code.replace("-", "")):
        page = client.get(f"/certificates/{typed}")
        assert page.status_code == 200
        assert "欧阳慧敏" in words(page)
        assert "This certificate is genuine and valid" in words(page)
        assert page.headers["x-robots-tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in page.text
        assert "Change this certificate" not in words(page)
        assert f"{given.code}.pdf" not in page.text
    assert client.get("/certificates", params={"code": given.code}).status_code == 200


@pytest.mark.parametrize("code", ["0000-0000-0000", "nonsense", "<script>"])
def test_an_unknown_code_is_answered_with_help(client: "TestClient", code: str) -> None:
    page = client.get(f"/certificates/{code}")

    assert page.status_code == 404
    assert "twelve letters and digits" in words(page)
    assert forms_of(page) == {}
    assert "<script>" not in page.text.partition("<main")[2]


def test_a_revoked_certificate_says_since_when_but_not_why(
    client: "TestClient", database: Database, given: Given
) -> None:
    sign_in(client, database, given.owner)
    page = client.get(f"/certificates/{given.code}")
    action = f"/certificates/{given.code}/replacement"
    form = forms_of(page)[action]
    empty = client.post(f"/certificates/{given.code}/revocation", data={**form, "reason": " "})
    assert empty.status_code == 422
    assert "Please fill this in." in words(empty)

    url = f"/certificates/{given.code}/revocation"
    revoked = client.post(url, data={**form, "reason": "Issued in error."})

    assert revoked.headers["location"] == f"/certificates/{given.code}?notice=revoked"
    assert "Issued in error." in words(client.get(f"/certificates/{given.code}"))
    assert client.get(f"/certificates/{given.code}.pdf").status_code == 409
    client.cookies.clear()
    public = client.get(f"/certificates/{given.code}")
    assert "This certificate was revoked on" in words(public)
    assert "Issued in error." not in words(public)


def test_a_certificate_is_issued_again_on_its_page(
    client: "TestClient", database: Database, given: Given
) -> None:
    sign_in(client, database, given.owner)
    page = client.get(f"/certificates/{given.code}")

    action = f"/certificates/{given.code}/replacement"
    done = send(client, page, action, reason="The name was misspelt.")

    with database.read() as db:
        _, new = certificates_of(db, given.booking)
    assert done.headers["location"] == f"/certificates/{new.code}?notice=issued"
    assert "It was issued." in words(client.get(done.headers["location"]))


def test_an_expired_certificate_says_until_when(
    client: "TestClient", database: Database, given: Given, hands: Hands
) -> None:
    with database.write() as db:
        (row,) = certificates_of(db, given.booking)
        row.valid_until = row.issued_on
        db.add(row)
    hands.on(days=3)

    page = client.get(f"/certificates/{given.code}")
    answer = client.get(f"{API_PREFIX}/certificates/{given.code}")

    assert "This certificate is genuine. It was valid until" in words(page)
    assert answer.json()["state"] == "expired"


def test_only_those_it_concerns_can_print(
    client: "TestClient", database: Database, given: Given
) -> None:
    with database.write() as db:
        asking: list[tuple[Actor, int]] = [
            (given.person, 200),
            (given.owner, 200),
            (make_secretariat(db), 200),
            (make_trainee(db), 404),
            (make_focal_point(db, "CN"), 404),
            (owner_of(db, make_provider(db).id), 404),
        ]
    pdfs = set()
    for actor, status in asking:
        sign_in(client, database, actor)
        answer = client.get(f"/certificates/{given.code}.pdf")
        assert answer.status_code == status
        if status == 200:
            assert answer.headers["content-type"] == "application/pdf"
            assert answer.headers["cache-control"] == "private, no-store"
            pdfs.add(answer.content)
    assert len(pdfs) == 1
    client.cookies.clear()
    to_sign_in = client.get(f"/certificates/{given.code}.pdf")
    assert to_sign_in.headers["location"].startswith("/sign-in")


def test_one_button_issues_what_was_earned(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        owner = owner_of(db, slot.provider_id)
        actor, booking = attend(db, slot, desk, hands, name="Айгүл")
    url = f"/provider/slots/{slot.id}/certificates"
    sign_in(client, database, owner)
    page = client.get(url)
    assert "earned, not issued" in words(page)

    assert send(client, page, url).headers["location"] == f"{url}?notice=issued"

    with database.read() as db:
        (row,) = certificates_of(db, booking)
    again = client.get(url)
    assert row.code in words(again)
    assert "Nobody is waiting for a certificate." in words(again)
    sign_in(client, database, actor)
    for own in ("/me", "/me/certificates"):
        assert f"/certificates/{row.code}.pdf" in client.get(own).text


def test_who_has_none_is_told_how_to_get_one(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        actor = make_trainee(db)
    sign_in(client, database, actor)

    assert "No certificate yet" in words(client.get("/me/certificates"))
    assert "My certificates" not in words(client.get("/me"))


def test_the_api_issues_lists_replaces_and_revokes(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = held_slot(db, hands)
        person, booking = attend(db, slot, desk, hands)
        provider = bearer(db, owner_of(db, slot.provider_id))
        trainee = bearer(db, person)
    path = f"{API_PREFIX}/slots/{slot.id}/certificates"

    issued = client.post(path, headers={**provider, "Idempotency-Key": "once"})
    assert issued.status_code == 201
    (first,) = issued.json()["items"]
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", first["code"])
    again = client.post(path, headers={**provider, "Idempotency-Key": "once"})
    assert again.content == issued.content
    listed = client.get(path, headers=provider).json()["items"]
    assert [each["certificate"]["code"] for each in listed] == [first["code"]]

    own = f"{API_PREFIX}/certificates/{first['code']}"
    replaced = client.post(f"{own}/replacement", headers=provider, json={"reason": "Name"})
    assert replaced.status_code == 201
    code = replaced.json()["code"]
    revoked = client.post(
        f"{API_PREFIX}/certificates/{code}/revocation", headers=provider, json={"reason": "Error"}
    )
    assert (revoked.status_code, revoked.json()["reason"]) == (200, "Error")
    mine = client.get(f"{API_PREFIX}/me/certificates", headers=trainee).json()
    assert [each["state"] for each in mine["items"]] == ["revoked", "revoked"]
    assert {each["booking"] for each in mine["items"]} == {str(booking)}
    public = client.get(own).json()
    assert public["state"] == "revoked"
    assert "booking" not in public
    assert "reason" not in public


def test_the_api_refuses_what_is_not_ones_own(
    client: "TestClient", database: Database, given: Given
) -> None:
    slot, own = given.slot.id, f"{API_PREFIX}/certificates/{given.code}"
    with database.write() as db:
        headers = {
            "trainee": bearer(db, given.person),
            "other provider": bearer(db, owner_of(db, make_provider(db).id)),
            "focal": bearer(db, make_focal_point(db, "CN")),
        }
    for who in headers.values():
        path = f"{API_PREFIX}/slots/{slot}/certificates"
        assert client.get(path, headers=who).status_code == 404
        assert client.post(path, headers=who).status_code == 404
        for change in ("revocation", "replacement"):
            body = {"reason": "No"}
            assert client.post(f"{own}/{change}", headers=who, json=body).status_code == 403
    unknown = client.get(f"{API_PREFIX}/certificates/0000-0000-0000")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert client.post(f"{own}/revocation", json={"reason": "No"}).status_code == 401
    assert client.get(f"{API_PREFIX}/me/certificates").status_code == 401


def test_a_phone_shows_a_certificate(
    tab: "Page", live_server: str, sqlite_database: Database
) -> None:
    hands = Hands(NOW)
    given = Given(sqlite_database, Desk(clock=hands), hands)
    tab.set_viewport_size({"width": 360, "height": 740})

    tab.goto(f"{live_server}/certificates")
    tab.get_by_label("Code").fill(given.code.lower())
    tab.get_by_role("button", name="Check").click()

    assert "This certificate is genuine and valid" in tab.inner_text("main")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_certificate_without_an_end_stays_good(
    client: "TestClient", given: Given, hands: Hands
) -> None:
    hands.on(days=4000)

    assert client.get(f"{API_PREFIX}/certificates/{given.code}").json()["state"] == "valid"
