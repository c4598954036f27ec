"""The ``cadre`` command as a terminal and scripts meet it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from app import cli
from app.accounts import queries
from app.accounts.rules import Role
from app.core.config import Settings
from app.core.db import Database
from app.core.ids import new_id
from app.registry.models import Provider
from tests.factories import NOW, make_trainee
from tests.support import web

ROOT = Path(__file__).resolve().parents[2]
ADA = ("user", "create", "--email", "Ada@People.Example", "--name", "عائشة")
PASSWORD = "a long enough sentence"


@pytest.fixture(autouse=True)
def _this_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRE_DATABASE_URL", database.url)
    monkeypatch.setenv("CADRE_LOG_LEVEL", "error")


def run(*arguments: str) -> int:
    """The exit status of one command."""
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    return int(end.value.code or 0)


def test_a_person_is_made_and_can_call_at_once(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*ADA, "--country", "KE", "--with-token") == 0

    out = capsys.readouterr().out
    printed = json.loads(out)
    assert set(printed) == {"id", "email", "token"}
    assert printed["email"] == "ada@people.example"
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {printed['token']}"}).json()
    assert (me["id"], me["name"], me["country"]) == (printed["id"], "عائشة", "KE")
    assert me["roles"] == ["trainee"]


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        (("--role", "trainee"), {"trainee"}),
        (("--role", "provider"), {"trainee"}),  # applies afterwards
        (("--role", "focal", "--country", "ke"), {"trainee", "focal"}),
        (("--role", "secretariat"), {"trainee", "secretariat"}),
    ],
)
def test_a_person_gets_the_role(
    database: Database, options: tuple[str, ...], roles: set[str]
) -> None:
    assert run(*ADA, *options) == 0

    with database.read() as db:
        person = queries.known_user(db, "ada@people.example")
        actor = queries.actor_of_user(db, person.id)
    assert actor.roles == roles
    assert actor.countries == ({"KE"} if "focal" in roles else frozenset())


def test_a_person_can_be_made_owner_of_a_provider(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as db:
        provider = Provider(
            slug="example-institute",
            name="Example Institute",
            type="university",
            country="KE",
            zone="Africa/Nairobi",
            created_at=NOW,
            updated_at=NOW,
        )
        db.add(provider)

    assert run(*ADA, "--role", "provider", "--provider", "example-institute") == 0
    printed = json.loads(capsys.readouterr().out)

    assert printed["token"] is None
    with database.read() as db:
        (member,) = queries.members_of_provider(db, provider.id)
    assert (str(member[0].id), member[1].role) == (printed["id"], Role.PROVIDER_OWNER)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--role", "focal"), "A focal point needs --country."),
        (("--country", "XX"), "Unknown country"),
        (("--role", "provider", "--provider", "nowhere"), "No provider has the slug or id"),
        (("--provider", "nowhere"), "goes with --role provider"),
        (("--email", "no address"), "not an e-mail address"),
        (("--name", "A\x07da"), "control characters"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    database: Database,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    message: str,
) -> None:
    assert run(*ADA, *options) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    with database.read() as db:
        assert queries.user_by_email(db, "ada@people.example") is None


def test_an_address_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*ADA) == 0
    capsys.readouterr()

    assert run(*ADA) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "There is already a person with the address ada@people.example." in captured.err


def test_a_password_comes_from_standard_input(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run(*ADA, "--password-stdin") == 0
    assert PASSWORD not in "".join(capsys.readouterr())

    fields = {"email": "ada@people.example", "password": PASSWORD}
    assert client.post("/sign-in", data=fields).status_code == 303

    monkeypatch.setattr("sys.stdin", io.StringIO("tiny-one\n"))
    other = ("user", "create", "--email", "b@people.example", "--name", "B", "--password-stdin")
    assert run(*other) == 1
    assert "tiny-one" not in "".join(capsys.readouterr())


def test_somebody_made_without_a_password_signs_up_later(
    client: TestClient, database: Database
) -> None:
    run(*ADA, "--role", "secretariat")
    fields = {"name": "عائشة", "email": "ada@people.example", "password": PASSWORD}

    assert client.post("/sign-up", data=fields).status_code == 303

    with database.read() as db:
        assert [each.email for each in queries.secretariat(db)] == ["ada@people.example"]


def test_a_token_is_made_for_somebody_who_is_there(
    client: TestClient, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as db:
        email = make_trainee(db).email

    assert run("user", "token", "--email", email, "--scope", "read", "--days", "3") == 0

    headers = {"Authorization": f"Bearer {json.loads(capsys.readouterr().out)['token']}"}
    assert client.get("/api/v1/me", headers=headers).json()["email"] == email
    assert client.patch("/api/v1/me", headers=headers, json={"name": "X"}).status_code == 403
    assert run("user", "token", "--email", "nobody@people.example") == 1
    assert "Nobody has the address" in capsys.readouterr().err


def test_wrong_usage_is_status_2() -> None:
    assert run("user", "create", "--email", "a@b.example") == 2
    assert run("user", "create", "--role", "queen") == 2


def test_a_database_that_was_never_migrated_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CADRE_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")

    assert run(*ADA) == 1
    assert "run cadre migrate" in capsys.readouterr().err

    assert run("migrate") == 0
    assert run(*ADA) == 0


def test_the_command_answers_while_the_server_runs(
    sqlite_database: Database, settings: Settings
) -> None:
    with web.serve(sqlite_database, settings) as base_url:
        email = f"{new_id().hex}@people.example"
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "user", "create", "--email", email,
             "--name", "Ada", "--role", "focal", "--country", "GH", "--with-token"],
            cwd=ROOT,
            env={**os.environ, "CADRE_DATABASE_URL": sqlite_database.url},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )  # fmt: skip
        headers = {"Authorization": f"Bearer {json.loads(done.stdout)['token']}"}
        me = httpx2.get(f"{base_url}/api/v1/me", headers=headers).json()

    assert (me["email"], me["countries"]) == (email, ["GH"])
