"""What stands before every route."""

import logging

import pytest
from fastapi.testclient import TestClient

from app.web.guard import masked

FORM = {"email": "a@people.example", "password": "wrong wrong wrong"}


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    answer = client.get("/sign-in")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ],
)
def test_a_form_of_another_site_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/sign-in", data=FORM, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
    ],
)
def test_our_own_form_is_let_through(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/sign-in", data=FORM, headers=headers)

    assert answer.status_code == 422


def test_an_api_call_of_another_site_is_refused_as_a_problem(client: TestClient) -> None:
    answer = client.post("/api/v1/requests", json={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "cross_origin"


def test_head_answers_as_get_without_a_body(client: TestClient) -> None:
    get, head = client.get("/api/v1/vocabularies"), client.head("/api/v1/vocabularies")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_a_sensible_request_id_is_kept_and_another_replaced(client: TestClient) -> None:
    kept = client.get("/sign-in", headers={"X-Request-ID": "abcdef-123456"})
    made = client.get("/sign-in", headers={"X-Request-ID": "<script>"})

    assert kept.headers["X-Request-ID"] == "abcdef-123456"
    assert made.headers["X-Request-ID"] != "<script>"


def test_the_secret_of_a_private_feed_is_masked() -> None:
    assert masked("/calendars/private/s3cr3t_-x.ics") == "/calendars/private/***.ics"
    assert masked("/slots/1.ics") == "/slots/1.ics"


def test_the_access_log_names_no_secret(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger().addHandler(caplog.handler)
    caplog.set_level(logging.INFO)

    client.get("/calendars/private/s3cr3ttoken.ics", headers={"Authorization": "Bearer xyzzy"})

    # The test's own client logs the address, too; only what the server says is looked at.
    said = "".join(r.getMessage() for r in caplog.records if not r.name.startswith("httpx"))
    assert "s3cr3ttoken" not in said
    assert "xyzzy" not in said
    assert "/calendars/private/***" in said
