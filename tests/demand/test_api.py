"""The calls of ``/api/v1/requests``, on both databases."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.core.db import Database
from app.demand.models import GapRequest
from tests import factories as make
from tests.factories import days, request_body

URL = "/api/v1/requests"
CONTRACT = {
    "id", "code", "country", "state", "needs", "people", "sector", "urgency", "significance",
    "evidence", "earliest", "needed_by", "modes", "languages", "remote_only", "fee_limit",
    "seats_asked", "seats_held", "seats_met", "updated_at",
}  # fmt: skip
NEED = request_body()["needs"][0]

Headers = dict[str, str]


@pytest.fixture
def focal(database: Database) -> Headers:
    """Headers of the focal point of Kenya."""
    with database.write() as db:
        return make.bearer(db, make.make_focal_point(db, "KE"))


def stored(database: Database) -> int:
    with database.read() as db:
        return len(db.exec(select(GapRequest)).all())


def test_a_filed_request_has_the_fields_of_the_contract(client: TestClient, focal: Headers) -> None:
    body = request_body(code="R01", fee_limit=500, modes=["any"], submit=True)
    answer = client.post(URL, json=body, headers=focal)

    assert answer.status_code == 201
    seen = answer.json()
    assert set(seen) >= CONTRACT
    assert seen["state"] == "submitted"
    assert seen["needs"] == [{**NEED, "weight": 1, "role": "", "level_now": None}]
    assert (seen["people"], seen["seats_asked"], seen["modes"]) == (6, 6, [])
    assert seen["updated_at"].endswith("Z")
    assert answer.headers["location"] == f"{URL}/{seen['id']}"
    assert client.get(answer.headers["location"], headers=focal).json() == seen


def test_the_way_of_a_request_from_draft_to_withdrawal(client: TestClient, focal: Headers) -> None:
    made = client.post(URL, json=request_body(), headers=focal).json()
    own = f"{URL}/{made['id']}"
    assert made["state"] == "draft"

    changed = client.patch(own, json={"urgency": 1, "version": 1}, headers=focal)
    filed = client.post(f"{own}/submission", headers=focal)
    again = client.post(f"{own}/submission", headers=focal)
    gone = client.post(f"{own}/withdrawal", json={"reason": "Filed twice."}, headers=focal)

    assert (changed.status_code, changed.json()["urgency"]) == (200, 1)
    assert (filed.status_code, filed.json()["state"]) == (200, "submitted")
    assert (again.status_code, again.json()["code"]) == (409, "step_not_allowed")
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")


def test_a_live_request_is_closed_with_outcome_and_reason(
    client: TestClient, focal: Headers
) -> None:
    made = client.post(URL, json=request_body(submit=True), headers=focal).json()
    closure = f"{URL}/{made['id']}/closure"

    wrong = client.post(closure, json={"outcome": "withdrawn", "reason": "No"}, headers=focal)
    silent = client.post(closure, json={"outcome": "expired", "reason": " "}, headers=focal)
    closed = client.post(closure, json={"outcome": "expired", "reason": "Late"}, headers=focal)

    assert [wrong.json()["errors"][0]["loc"], silent.json()["errors"][0]["loc"]] == [
        ["outcome"],
        ["reason"],
    ]
    assert (closed.json()["state"], closed.json()["state_reason"]) == ("expired", "Late")


@pytest.mark.parametrize("query", ["q=a%00b", "code=%00"])
def test_a_search_with_control_characters_is_refused(
    client: TestClient, focal: Headers, query: str
) -> None:
    answer = client.get(f"{URL}?{query}", headers=focal)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "control_characters")


BAD: list[tuple[dict[str, Any], list[str | int], str]] = [
    ({"needs": [{**NEED, "skill": "juggling"}]}, ["needs", 0, "skill"], "unknown_skill"),
    ({"needs": [{**NEED, "people": 0}]}, ["needs", 0, "people"], "greater_than_equal"),
    ({"needs": [{**NEED, "people": 100_001}]}, ["needs", 0, "people"], "less_than_equal"),
    ({"needs": [{**NEED, "level": 5}]}, ["needs", 0, "level"], "less_than_equal"),
    ({"needs": [{**NEED, "platform": "x"}]}, ["needs", 0, "platform"], "unknown_platform"),
    ({"needs": []}, ["needs"], "too_short"),
    ({"needs": [NEED, NEED]}, ["needs", 1, "skill"], "repeated_need"),
    ({"country": "XX"}, ["country"], "unknown_country"),
    ({"country": "GH"}, ["country"], "not_your_country"),
    ({"earliest": days(9), "needed_by": days(8)}, ["needed_by"], "window_order"),
    ({"needed_by": days(-2)}, ["needed_by"], "past_date"),
    ({"needed_by": "9999-12-31"}, ["needed_by"], "date_out_of_range"),
    ({"needed_by": "soon"}, ["needed_by"], "date_from_datetime_parsing"),
    ({"languages": []}, ["languages"], "too_short"),
    ({"languages": ["tlh"]}, ["languages", 0], "unknown_language"),
    ({"modes": ["telepathy"]}, ["modes", 0], "unknown_term"),
    ({"sector": "any"}, ["sector"], "unknown_term"),
    ({"urgency": 5}, ["urgency"], "less_than_equal"),
    ({"significance": 0}, ["significance"], "greater_than_equal"),
    ({"evidence": "rumour"}, ["evidence"], "unknown_term"),
    ({"fee_limit": -1}, ["fee_limit"], "greater_than_equal"),
    ({"travel": "moon"}, ["travel"], "enum"),
    ({"note": "a\x00b"}, ["note"], "control_characters"),
    ({"note": "x" * 10_000}, ["note"], "string_too_long"),
    ({"office": "ministry\x1b[31m"}, ["office"], "control_characters"),
    ({"seats_met": 6}, ["seats_met"], "extra_forbidden"),
]


def test_bad_input_is_named_and_nothing_is_kept(
    client: TestClient, database: Database, focal: Headers
) -> None:
    for facts, loc, code in BAD:
        answer = client.post(URL, json=request_body(**facts), headers=focal)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert answer.headers["content-type"] == "application/problem+json"
        [problem] = answer.json()["errors"]
        assert (problem["loc"], problem["code"]) == (loc, code)
        assert problem["msg"]
    assert stored(database) == 0


def test_a_body_that_is_not_json_is_refused(
    client: TestClient, database: Database, focal: Headers
) -> None:
    headers = {**focal, "Content-Type": "application/json"}
    answer = client.post(URL, content=b'{"needs": [', headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_json")
    assert stored(database) == 0


def test_arabic_and_chinese_come_back_as_they_were_sent(client: TestClient, focal: Headers) -> None:
    words = {"office": "هيئة الدواء", "note": "无菌灌装\nمرحلة"}

    answer = client.post(URL, json=request_body(**words), headers=focal)

    assert {name: answer.json()[name] for name in words} == words


@pytest.mark.parametrize(
    "patch", [{"sector": None}, {"needs": []}, {"country": "UG"}, {"modes": None}]
)
def test_a_patch_clears_nothing_that_a_request_must_have(
    client: TestClient, focal: Headers, patch: dict[str, Any]
) -> None:
    made = client.post(URL, json=request_body(), headers=focal).json()
    own = f"{URL}/{made['id']}"

    assert client.patch(own, json=patch, headers=focal).status_code == 422
    assert client.get(own, headers=focal).json() == made


def test_an_old_version_is_a_conflict(client: TestClient, focal: Headers) -> None:
    made = client.post(URL, json=request_body(), headers=focal).json()
    own = f"{URL}/{made['id']}"
    client.patch(own, json={"urgency": 1}, headers=focal)

    answer = client.patch(own, json={"urgency": 2, "version": made["version"]}, headers=focal)

    assert (answer.status_code, answer.json()["code"]) == (409, "edit_conflict")


def test_a_call_that_is_sent_twice_files_once(
    client: TestClient, database: Database, focal: Headers
) -> None:
    headers = {**focal, "Idempotency-Key": "a-key-of-ours"}
    first = client.post(URL, json=request_body(), headers=headers)
    second = client.post(URL, json=request_body(), headers=headers)
    other = client.post(URL, json=request_body(urgency=1), headers=headers)

    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["location"] == first.headers["location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert stored(database) == 1


def calls(request_id: UUID) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Every call that changes a request."""
    own = f"{URL}/{request_id}"
    return [
        ("PATCH", own, {"urgency": 1}),
        ("POST", f"{own}/submission", None),
        ("POST", f"{own}/withdrawal", {"reason": "No"}),
        ("POST", f"{own}/closure", {"outcome": "met", "reason": "No"}),
    ]


def test_the_walk_through_roles(client: TestClient, database: Database) -> None:
    with database.write() as db:
        people = {
            "nobody": {},
            "trainee": make.bearer(db, make.make_trainee(db, country="KE")),
            "other": make.bearer(db, make.make_focal_point(db, "GH")),
            "secretariat": make.bearer(db, make.make_secretariat(db)),
        }
        public = make.make_request(db, country="KE", publish=True).id
        private = make.make_request(db, country="KE").id

    def statuses(who: str, request_id: UUID) -> list[int]:
        headers = people[who]
        seen = client.get(f"{URL}/{request_id}", headers=headers).status_code
        return [seen] + [
            client.request(method, url, json=body, headers=headers).status_code
            for method, url, body in calls(request_id)
        ]

    def filed(who: str) -> int:
        body = request_body(country="KE")
        return client.post(URL, json=body, headers=people[who]).status_code

    assert [filed(who) for who in people] == [401, 403, 422, 403]
    assert statuses("nobody", public) == [200, 401, 401, 401, 401]
    assert statuses("nobody", private) == [404, 401, 401, 401, 401]
    for who in ("trainee", "other"):
        assert statuses(who, public) == [200, 404, 404, 404, 404]
        assert statuses(who, private) == [404, 404, 404, 404, 404]
    assert statuses("secretariat", private) == [200, 403, 403, 403, 200]


def test_an_id_that_is_none_or_nobodys_is_not_found(client: TestClient, focal: Headers) -> None:
    for unknown in (uuid4(), "R01"):
        answer = client.get(f"{URL}/{unknown}", headers=focal)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_list_is_paged_and_filtered(client: TestClient, focal: Headers) -> None:
    for code in ("R01", "R02", "R03"):
        client.post(URL, json=request_body(code=code), headers=focal)

    first = client.get(f"{URL}?limit=2&state=draft", headers=focal).json()
    rest = client.get(first["next"], headers=focal).json()
    one = client.get(f"{URL}?code=R02&code=R9", headers=focal).json()

    assert [each["code"] for each in first["items"] + rest["items"]] == ["R03", "R02", "R01"]
    assert (first["total"], rest["total"], rest["next"]) == (3, 3, None)
    assert [each["code"] for each in one["items"]] == ["R02"]
    assert client.get(URL).json() == {"items": [], "total": 0, "next": None}


@pytest.mark.parametrize("query", ["skill=juggling", "state=lost", "urgency=9", "cursor=x"])
def test_a_filter_that_makes_no_sense_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"{URL}?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][0] == query.partition("=")[0]
