"""Errors as their callers read them: problem+json for programs, pages for people."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.db import Database
from tests.factories import bearer, make_focal_point

PROBLEM = "application/problem+json"


@pytest.fixture
def focal(database: Database) -> dict[str, str]:
    """Headers of Kenya's focal point."""
    with database.write() as db:
        return bearer(db, make_focal_point(db))


def test_a_missing_thing_is_a_problem_for_programs(client: TestClient) -> None:
    answer = client.get("/api/v1/slots/00000000-0000-7000-8000-000000000000")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= body.keys()
    assert body["code"] == "not_found"


def test_a_missing_thing_is_a_page_for_people(client: TestClient) -> None:
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Not found" in answer.text


@pytest.mark.parametrize("path", ["/api/v1/slots/not-an-id", "/api/v1/requests/1;drop"])
def test_an_id_that_is_no_id_names_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b'{"a": NaN', b"\xff\xfe"])
def test_a_body_that_is_not_json_is_said_to_be_so(
    client: TestClient, focal: dict[str, str], body: bytes
) -> None:
    headers = {**focal, "Content-Type": "application/json"}
    answer = client.post("/api/v1/requests", content=body, headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["errors"]


def test_a_body_of_another_type_is_refused(client: TestClient, focal: dict[str, str]) -> None:
    headers = {**focal, "Content-Type": "text/plain"}
    answer = client.post("/api/v1/requests", content=b"{}", headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM


def test_a_body_that_is_too_large_is_refused(client: TestClient, focal: dict[str, str]) -> None:
    several: list[dict[str, Any]] = [
        {"json": {"note": "x" * size}} for size in (1_100_000, 3_000_000)
    ]
    of_unknown_length: dict[str, Any] = {"content": (b"x" * 100_000 for _ in range(30))}

    for body in (*several, of_unknown_length):
        answer = client.post("/api/v1/requests", headers=focal, **body)

        assert answer.status_code == 413
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["code"] == "too_large"


def test_a_file_that_is_too_large_is_refused_on_a_page(
    client: TestClient, focal: dict[str, str]
) -> None:
    file = {"file": ("survey.csv", b"x" * 3_000_000)}
    answer = client.post("/requests/import", files=file, headers={**focal, "Accept": "text/html"})

    assert answer.status_code == 413
    assert "nothing was saved" in answer.text


def test_a_wrong_method_is_a_problem_that_says_what_is_allowed(client: TestClient) -> None:
    answer = client.delete("/api/v1/vocabularies")

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_page_that_needs_a_person_leads_to_the_sign_in(client: TestClient) -> None:
    answer = client.get("/account")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/account"


def test_a_call_that_needs_a_person_says_how(client: TestClient) -> None:
    answer = client.get("/api/v1/me")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "sign_in_required"


def test_a_cursor_that_is_not_ours_is_refused(client: TestClient) -> None:
    answer = client.get("/api/v1/skills?cursor=AAAA")

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert answer.json()["errors"][0]["code"] == "bad_cursor"


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    following = client.get("/api/v1/skills?limit=1").json()["next"]
    answer = client.get(following.replace("/skills", "/slots"))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "bad_cursor")


def test_the_next_page_has_a_full_address_at_the_network_s_own_host(client: TestClient) -> None:
    path = "/api/v1/countries?limit=5&region=AFR"

    home = client.get(path).json()["next"]
    elsewhere = client.get(f"http://other.example{path}").json()["next"]

    assert home == f"http://testserver{elsewhere}"
    assert elsewhere.startswith("/api/v1/countries?")
    assert len(client.get(home).json()["items"]) == 5
