"""The own account as programs see it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.accounts import queries, service
from app.accounts.models import ApiToken, User
from app.accounts.rules import Actor, Role, Scope
from app.accounts.schemas import TokenIn
from app.core.clock import utc_now
from app.core.db import Database
from app.core.idempotency import IdempotencyKey
from app.core.ids import new_id
from tests.factories import NOW, bearer, login, make_focal_point, make_trainee

ME = "/api/v1/me"
TOKENS = "/api/v1/me/tokens"


def trainee(database: Database, **facts: object) -> tuple[Actor, dict[str, str]]:
    """Somebody, and the headers of a token that may write."""
    with database.write() as db:
        actor = make_trainee(db, **facts)
        return actor, bearer(db, actor)


def token_of(database: Database, actor: Actor, *scopes: Scope) -> dict[str, str]:
    with database.write() as db:
        body = TokenIn(label="Test", scopes=scopes)
        made = service.make_token(db, actor, body, now=utc_now())
    return {"Authorization": f"Bearer {made.token}"}


def test_me_says_who_the_token_belongs_to(client: TestClient, database: Database) -> None:
    with database.write() as db:
        actor = make_focal_point(db, "GH", "TG")
        headers = bearer(db, actor)

    answer = client.get(ME, headers=headers)

    assert answer.status_code == 200
    body = answer.json()
    assert body["id"] == str(actor.user_id)
    assert body["name"] == "Focal point of GH"
    assert body["email"] == actor.email
    assert (body["country"], body["zone"], body["languages"]) == ("GH", "UTC", [])
    assert body["roles"] == ["focal", "trainee"]
    assert (body["providers"], body["countries"]) == ([], ["GH", "TG"])


def test_nobody_gets_a_problem_with_a_code(client: TestClient) -> None:
    answer = client.get(ME)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "sign_in_required"


@pytest.mark.parametrize(
    "header", ["Bearer cadre_invented", "Bearer", "Basic YTpi", "Bearer " + "x" * 900, "", "x"]
)
def test_a_header_without_a_known_token_is_refused(client: TestClient, header: str) -> None:
    answer = client.get(ME, headers={"Authorization": header})

    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")


def test_a_bad_header_never_falls_back_to_the_cookie(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, make_trainee(db)))
    assert client.get(ME).status_code == 200

    answer = client.get(ME, headers={"Authorization": "Bearer cadre_invented"})

    assert answer.status_code == 401


def test_a_revoked_token_is_refused_by_its_code(client: TestClient, database: Database) -> None:
    actor, headers = trainee(database)
    with database.write() as db:
        token = db.exec(select(ApiToken)).one()
        service.revoke_token(db, actor, token.id, now=NOW)

    answer = client.get(ME, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")


def test_the_token_of_a_closed_account_is_refused(client: TestClient, database: Database) -> None:
    actor, headers = trainee(database)
    with database.write() as db:
        db.get_one(User, actor.identified()).is_active = False

    answer = client.get(ME, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")


def test_an_expired_token_is_refused_by_its_code(client: TestClient, database: Database) -> None:
    with database.write() as db:
        actor = make_trainee(db)
        long_ago = utc_now() - timedelta(days=2)
        made = service.make_token(db, actor, TokenIn(label="Old", days=1), now=long_ago)

    answer = client.get(ME, headers={"Authorization": f"Bearer {made.token}"})

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_a_reading_token_reads_and_changes_nothing(client: TestClient, database: Database) -> None:
    actor, _ = trainee(database, name="Ada")
    headers = token_of(database, actor, Scope.READ)

    answers = [
        client.patch(ME, headers=headers, json={"name": "Other"}),
        client.post(TOKENS, headers=headers, json={"label": "More"}),
        client.delete(f"{TOKENS}/{new_id()}", headers=headers),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "read_only_token")] * 3
    assert client.get(ME, headers=headers).json()["name"] == "Ada"


@pytest.mark.parametrize("name", ["李明", "محمد بن سلمان", "Nguyễn Thị Ánh", "👩🏽‍🔬 Ada"])
def test_names_of_any_script_come_back_as_they_were(
    client: TestClient, database: Database, name: str
) -> None:
    _, headers = trainee(database)

    answer = client.patch(ME, headers=headers, json={"name": name, "languages": ["ar", "zh"]})

    assert answer.status_code == 200
    assert client.get(ME, headers=headers).json()["name"] == name


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": "A\x07da"}, "name", "control_characters"),
        ({"name": "x" * 10_000}, "name", "string_too_long"),
        ({"name": ""}, "name", "string_too_short"),
        ({"name": None}, "name", "string_type"),
        ({"country": "XX"}, "country", "unknown_country"),
        ({"zone": "Mars/Olympus"}, "zone", "unknown_zone"),
        ({"languages": ["en", "xx"]}, "languages", "unknown_language"),
        ({"sector": "any"}, "sector", "unknown_term"),
        ({"email": "other@people.example"}, "email", "extra_forbidden"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    client: TestClient, database: Database, body: dict[str, object], field: str, code: str
) -> None:
    _, headers = trainee(database, name="Ada")

    answer = client.patch(ME, headers=headers, json=body)

    assert answer.status_code == 422
    problem = answer.json()["errors"][0]
    assert (problem["loc"][0], problem["code"]) == (field, code)
    assert client.get(ME, headers=headers).json()["name"] == "Ada"


def test_a_body_that_is_not_json_is_refused(client: TestClient, database: Database) -> None:
    _, headers = trainee(database)

    answer = client.patch(
        ME, headers={**headers, "Content-Type": "application/json"}, content=b'{"name": '
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_json")


def test_an_edit_of_an_old_version_is_a_conflict(client: TestClient, database: Database) -> None:
    _, headers = trainee(database)
    assert client.patch(ME, headers=headers, json={"name": "B", "version": 1}).status_code == 200

    answer = client.patch(ME, headers=headers, json={"name": "C", "version": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "edit_conflict")
    assert answer.json()["version"] == 2


def test_a_token_is_shown_once_and_kept_as_a_hash(client: TestClient, database: Database) -> None:
    _, headers = trainee(database)

    answer = client.post(TOKENS, headers=headers, json={"label": "Scanner", "scopes": ["read"]})

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert made["token"].startswith("cadre_")
    assert len(made["token"]) > 40
    assert client.get(ME, headers={"Authorization": f"bearer {made['token']}"}).status_code == 200
    listed = client.get(TOKENS, headers=headers)
    assert listed.json()["total"] == 2
    assert listed.json()["items"][0]["label"] == "Scanner"
    assert made["token"] not in listed.text


def test_a_repeated_call_makes_one_token_and_does_not_keep_its_text(
    client: TestClient, database: Database
) -> None:
    actor, headers = trainee(database)
    keyed = {**headers, "Idempotency-Key": "once"}

    first = client.post(TOKENS, headers=keyed, json={"label": "Scanner"})
    again = client.post(TOKENS, headers=keyed, json={"label": "Scanner"})
    other = client.post(TOKENS, headers=keyed, json={"label": "Another"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "token": None}
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with database.read() as db:
        assert queries.count_live_tokens(db, actor.identified(), utc_now()) == 2
        assert first.json()["token"] not in db.exec(select(IdempotencyKey)).one().body


@pytest.mark.parametrize(
    "body",
    [{}, {"label": ""}, {"label": "x" * 101}, {"label": "x", "scopes": []},
     {"label": "x", "scopes": ["everything"]}, {"label": "x", "days": 0}],
)  # fmt: skip
def test_a_token_needs_a_label_and_known_scopes(
    client: TestClient, database: Database, body: dict[str, object]
) -> None:
    _, headers = trainee(database)

    assert client.post(TOKENS, headers=headers, json=body).status_code == 422


def test_a_token_can_be_taken_back_by_its_owner_only(
    client: TestClient, database: Database
) -> None:
    _, headers = trainee(database)
    _, strangers = trainee(database)
    made = client.post(TOKENS, headers=headers, json={"label": "Lost"}).json()
    address = f"{TOKENS}/{made['id']}"

    assert client.delete(address, headers=strangers).status_code == 404
    assert client.delete(address, headers=headers).status_code == 204

    answer = client.get(ME, headers={"Authorization": f"Bearer {made['token']}"})
    assert answer.json()["code"] == "token_revoked"
    assert client.delete(f"{TOKENS}/no-id", headers=headers).status_code == 404


def test_a_call_from_another_site_is_refused(client: TestClient, database: Database) -> None:
    with database.write() as db:
        actor = make_trainee(db, name="Ada")
        client.cookies.set("cadre_login", login(db, actor))

    answer = client.patch(ME, json={"name": "Eve"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert client.get(ME).json()["name"] == "Ada"


def test_a_role_shows_at_the_next_call(client: TestClient, database: Database) -> None:
    actor, headers = trainee(database)
    with database.write() as db:
        service.add_membership(db, actor.identified(), Role.SECRETARIAT, by=None, now=NOW)

    assert client.get(ME, headers=headers).json()["roles"] == ["secretariat", "trainee"]
