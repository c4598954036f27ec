"""Signing up, in and out, and the account page, as a browser sees them."""

import logging
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import select

from app.accounts.models import ApiToken, Login, User
from app.accounts.rules import PAIR_FAILURES
from app.core.config import Settings
from app.core.db import Database
from app.main import create_app
from tests.factories import login, make_focal_point, make_trainee

PASSWORD = "a long enough sentence"
ADA = {"name": "Ada Example", "email": "ada@people.example", "password": PASSWORD}


@pytest.fixture
def signed_in(client: TestClient, database: Database) -> TestClient:
    """The client of somebody called Ada Example."""
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, make_trainee(db)))
    return client


@pytest.fixture
def https_client(sqlite_database: Database, settings: Settings) -> Iterator[TestClient]:
    """A client of a network that is reached by https."""
    secure = settings.model_copy(update={"base_url": "https://cadre.example"})
    app = create_app(sqlite_database, secure)
    with TestClient(app, base_url=secure.base_url, follow_redirects=False) as client:
        yield client


def sign_up(client: TestClient, **fields: str) -> Response:
    return client.post("/sign-up", data={**ADA, **fields})


def form_key(html: str, action: str) -> str:
    """The one-time key of the form that is sent to ``action``."""
    form = html.partition(f'action="{action}"')[2]
    found = re.search(r'name="form_key" value="([^"]+)"', form)
    assert found
    return found[1]


def test_a_newcomer_signs_up_and_is_signed_in(client: TestClient) -> None:
    assert client.get("/sign-up").status_code == 200

    answer = sign_up(client, country="KE")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/me?notice=signed-up"
    account = client.get("/account")
    assert account.status_code == 200
    assert account.headers["cache-control"] == "no-store"
    assert "Ada Example" in account.text
    assert '<option value="Africa/Nairobi" selected>' in account.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    morsel = SimpleCookie(sign_up(client).headers["set-cookie"])["cadre_login"]

    assert len(morsel.value) >= 43
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "lax", "/")
    assert (morsel["max-age"], morsel["secure"]) == ("1209600", "")


def test_on_https_the_cookie_belongs_to_this_host_alone(https_client: TestClient) -> None:
    header = sign_up(https_client).headers["set-cookie"]

    morsel = SimpleCookie(header)["__Host-cadre_login"]
    assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", "")
    assert https_client.get("/account").status_code == 200


def test_signing_in_leads_where_the_person_wanted_to_go(client: TestClient) -> None:
    sign_up(client)
    client.cookies.clear()
    wanted = client.get("/account")
    assert (wanted.status_code, wanted.headers["location"]) == (303, "/sign-in?next=/account")
    assert 'name="next" value="/account"' in client.get(wanted.headers["location"]).text

    answer = client.post("/sign-in", data={**ADA, "next": "/account"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "/\t/evil.example"]
)
def test_a_sign_in_never_leads_to_another_site(client: TestClient, target: str) -> None:
    sign_up(client)

    answer = client.post("/sign-in", data={**ADA, "next": target})
    already = client.get("/sign-in", params={"next": target})

    assert answer.headers["location"] == "/me"
    assert already.headers["location"] == "/me"


def test_people_with_a_role_arrive_at_their_work(client: TestClient, database: Database) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, make_focal_point(db)))

    assert client.get("/sign-up").headers["location"] == "/me"


def test_an_address_with_control_characters_signs_nobody_in(client: TestClient) -> None:
    answer = client.post("/sign-in", data={**ADA, "email": "a\x00@b.example"})

    assert answer.status_code == 422
    assert "control characters" in answer.text


def test_a_wrong_password_keeps_the_address_and_not_the_password(client: TestClient) -> None:
    sign_up(client)
    client.cookies.clear()

    answer = client.post("/sign-in", data={**ADA, "password": "a wrong sentence"})

    assert answer.status_code == 422
    assert "The e-mail address or the password is not right." in answer.text
    assert 'value="ada@people.example"' in answer.text
    assert "a wrong sentence" not in answer.text
    assert "set-cookie" not in answer.headers


def test_guessing_is_answered_with_the_time_to_wait(client: TestClient) -> None:
    sign_up(client)
    for _ in range(PAIR_FAILURES):
        client.post("/sign-in", data={**ADA, "password": "a wrong sentence"})

    answer = client.post("/sign-in", data=ADA)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 901


def test_a_login_that_was_signed_out_cannot_be_used_again(client: TestClient) -> None:
    sign_up(client)
    stolen = client.cookies["cadre_login"]

    answer = client.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/?notice=signed-out")
    assert "cadre_login" not in client.cookies
    client.cookies.set("cadre_login", stolen)
    assert client.get("/account").status_code == 303
    assert client.post("/sign-out").status_code == 303


def test_signing_in_again_ends_the_former_login(client: TestClient) -> None:
    sign_up(client)
    former = client.cookies["cadre_login"]

    client.post("/sign-in", data=ADA)

    assert client.cookies["cadre_login"] != former
    client.cookies.clear()
    client.cookies.set("cadre_login", former)
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("address", ["/sign-up", "/sign-in", "/sign-out", "/account"])
def test_forms_sent_from_another_site_are_not_carried_out(
    signed_in: TestClient, database: Database, address: str
) -> None:
    answer = signed_in.post(address, data=ADA, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    with database.read() as db:
        assert len(db.exec(select(User)).all()) == 1
        assert db.exec(select(Login)).one().revoked_at is None


def test_a_sign_up_sent_twice_makes_one_person(client: TestClient, database: Database) -> None:
    key = form_key(client.get("/sign-up").text, "/sign-up")

    first = sign_up(client, form_key=key)
    second = sign_up(client, form_key=key)

    assert (first.status_code, second.status_code) == (303, 303)
    assert client.get("/account").status_code == 200
    with database.read() as db:
        assert len(db.exec(select(User)).all()) == 1


def test_a_taken_address_is_said_beside_the_field(client: TestClient) -> None:
    sign_up(client)

    answer = sign_up(client, name="李明")

    assert answer.status_code == 422
    assert "There is already an account with this address." in answer.text
    assert 'value="李明"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "A\x07da"}, "control characters"),
        ({"name": "x" * 10_000}, "at most 200 characters"),
        ({"email": "no address"}, "not an e-mail address"),
        ({"password": "tiny-one"}, "at least 12 characters"),
        ({"password": "ab" * 5000}, "characters"),
        ({"country": "XX"}, "Unknown country"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    client: TestClient, database: Database, fields: dict[str, str], message: str
) -> None:
    answer = sign_up(client, **fields)

    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="ada@people.example"' in answer.text or "email" in fields
    with database.read() as db:
        assert not db.exec(select(User)).all()


@pytest.mark.parametrize("name", ["محمد <b>بن</b> سلمان", "李明 & 王芳"])
def test_a_name_of_any_script_is_shown_escaped(client: TestClient, name: str) -> None:
    sign_up(client, name=name)

    html = client.get("/account").text

    assert name not in html
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html


def test_the_profile_is_saved_and_an_empty_field_empties_it(
    signed_in: TestClient, database: Database
) -> None:
    fields = {
        "name": "Ada",
        "zone": "Asia/Kathmandu",
        "country": "NP",
        "languages": ["ne", "en"],
        "organisation": "",
        "version": "1",
    }

    answer = signed_in.post("/account", data=fields)

    assert answer.headers["location"] == "/account?notice=saved"
    assert "Saved." in signed_in.get("/account?notice=saved").text
    again = signed_in.post("/account", data={**fields, "country": "", "languages": []})
    assert again.status_code == 422
    assert "changed in another window" in again.text
    signed_in.post("/account", data={**fields, "country": "", "languages": [], "version": "2"})
    with database.read() as db:
        user = db.exec(select(User)).one()
    assert (user.name, user.zone, user.country, user.languages) == (
        "Ada",
        "Asia/Kathmandu",
        None,
        (),
    )


def test_an_unknown_zone_is_refused_and_what_was_typed_is_kept(signed_in: TestClient) -> None:
    answer = signed_in.post("/account", data={"name": "Grace", "zone": "Mars/Olympus"})

    assert answer.status_code == 422
    assert "Unknown time zone" in answer.text
    assert 'value="Grace"' in answer.text


def test_a_token_is_shown_on_the_page_this_once(signed_in: TestClient, database: Database) -> None:
    key = form_key(signed_in.get("/account").text, "/account/tokens")
    fields = {"label": "Скрипт", "scopes": ["read", "write"], "days": "30", "form_key": key}

    answer = signed_in.post("/account/tokens", data=fields)

    assert answer.status_code == 201
    token = re.search(r'value="(cadre_[^"]+)"', answer.text)
    assert token
    called = signed_in.get("/api/v1/me", headers={"Authorization": f"Bearer {token[1]}"})
    assert called.status_code == 200
    again = signed_in.post("/account/tokens", data=fields)
    assert (again.status_code, again.headers["location"]) == (303, "/account#tokens")
    page = signed_in.get("/account").text
    assert "Скрипт" in page
    assert token[1] not in page
    with database.read() as db:
        row = db.exec(select(ApiToken)).one()

    revoked = signed_in.post(f"/account/tokens/{row.id}/revocation")

    assert revoked.headers["location"] == "/account?notice=revoked"
    assert "Скрипт" not in signed_in.get("/account").text


def test_a_token_form_with_errors_comes_back(signed_in: TestClient) -> None:
    answer = signed_in.post("/account/tokens", data={"label": "", "days": "many"})

    assert answer.status_code == 422
    assert "Please enter a whole number." in answer.text
    assert 'value="many"' in answer.text


def test_no_password_or_token_reaches_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_up(client)
    client.post("/sign-in", data={**ADA, "password": "a wrong sentence"})
    client.post("/sign-in", data=ADA)

    out, err = capfd.readouterr()
    written = caplog.text + out + err
    assert "/sign-in" in written
    for secret in (PASSWORD, "a wrong sentence", client.cookies["cadre_login"]):
        assert secret not in written


def test_a_cookie_that_means_nothing_is_a_visitor(client: TestClient) -> None:
    for value in ("invented", "x" * 5000):
        client.cookies.set("cadre_login", value)
        assert client.get("/sign-in").status_code == 200


def test_a_form_whose_key_cannot_be_kept_is_refused(client: TestClient) -> None:
    sign_up(client)

    answer = client.post("/account/tokens", data={"label": "x", "form_key": "a\x00b"})

    assert answer.status_code == 422
    assert "printable" in answer.text
