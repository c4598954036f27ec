"""The ranked answer over JSON, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.db import Database
from app.demand.models import GapRequest
from app.matching.rules import WEIGHTS
from tests.factories import (
    NOW,
    bearer,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_slot,
    make_trainee,
)

VACCINES: dict[str, Any] = {"level": 3, "platforms": ["vaccines"], "audience": ["industry-private"]}


def ask(client: TestClient, database: Database, request: GapRequest, query: str = "") -> Any:
    """The matches as the request's own focal point gets them."""
    with database.write() as db:
        headers = bearer(db, make_focal_point(db, request.country))
    answer = client.get(f"/api/v1/requests/{request.id}/matches{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_matches_come_with_the_reason_for_each_criterion(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        # Ghana's clock shows UTC, so that the days of the test are those of the place.
        course = make_course(db, make_provider(db, country="GH"), **VACCINES)
        better, worse = make_slot(db, course, seats=6), make_slot(db, course, seats=3)
        request = make_request(db, country="GH")
    found = ask(client, database, request)

    assert [match["slot"]["id"] for match in found["matches"]] == [str(better.id), str(worse.id)]
    assert found["matches_total"] == 2
    first = found["matches"][0]
    assert (first["seats_free"], first["seats_usable"]) == (6, 6)
    assert [part["name"] for part in first["criteria"]] == list(WEIGHTS)
    assert [part["weight"] for part in first["criteria"]] == list(WEIGHTS.values())
    assert first["score"] == sum(part["score"] for part in first["criteria"])
    # 200 days, urgency 4, 30 days late: 1500 * (1000 - 120) // 1000; all else is full.
    assert first["score"] == 10_000 - 1500 + 1320
    assert all(part["why"] for part in first["criteria"])
    assert found["matches"][1]["criteria"][2] == {
        "name": "seats",
        "score": 600,
        "weight": 1200,
        "why": "3 seats to use for 6 asked: 1200 × 3 ÷ 6 = 600 points.",
    }
    assert (found["near_misses"], found["reason_none"], found["future_supply"]) == ([], None, [])
    assert found["need"]["id"] == str(request.id)


def test_a_near_miss_says_what_would_have_to_change(client: TestClient, database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, make_course(db, **{**VACCINES, "level": 2}))
        make_slot(db, make_course(db, **{**VACCINES, "level": 2, "languages": ["es"]}))
        request = make_request(db)
    found = ask(client, database, request)

    assert found["matches"] == []
    assert found["reason_none"] == "no-course-for-skill"
    [miss] = found["near_misses"]
    assert miss["slot"]["id"] == str(slot.id)
    [limit] = miss["blocked_by"]
    assert limit["criterion"] == "level"
    assert "level 2" in limit["why"]
    assert "level 3" in limit["change"]


def test_planned_slots_are_future_supply_and_no_match(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        planned = make_slot(db, make_course(db, **VACCINES), status="tentative")
        request = make_request(db)
    found = ask(client, database, request)

    assert [slot["id"] for slot in found["future_supply"]] == [str(planned.id)]
    assert (found["matches"], found["near_misses"]) == ([], [])
    assert found["reason_none"] == "planned-only"


def test_a_skill_that_nobody_teaches_is_named_as_the_reason(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_slot(db)
        request = make_request(db, needs=[{"skill": "rd-glp", "level": 1, "people": 2}])
    found = ask(client, database, request)

    assert found["reason_none"] == "no-course-for-skill"


def test_matches_at_the_same_time_in_one_region_are_pointed_out(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slots = []
        for country, day in (("KE", 28), ("ZA", 30), ("GH", 90), ("BR", 29)):
            provider = make_provider(db, country=country)
            place = make_facility(db, provider, country=country)
            facts = {**VACCINES, "mode": "hands-on", "facility": str(place.id)}
            starts_at = NOW + timedelta(days=day)
            slots.append(
                make_slot(
                    db,
                    make_course(db, provider, **facts),
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(hours=4),
                )
            )
        make_slot(db, make_course(db, **VACCINES))
        request = make_request(db)
    found = ask(client, database, request)

    assert len(found["matches"]) == 5
    [overlap] = found["overlaps"]
    assert overlap["region"] == "AFR"
    assert overlap["slots"] == [str(slot.id) for slot in slots[:2]]


def test_the_limit_leaves_out_the_rest_and_the_totals_count_it(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db, **VACCINES)
        for _ in range(3):
            make_slot(db, course)
            make_slot(db, course, seats=1, max_per_country=1, apply_by=NOW - timedelta(days=1))
        request = make_request(db)
    found = ask(client, database, request, "?limit=2")

    assert (len(found["matches"]), found["matches_total"]) == (2, 3)
    assert (len(found["near_misses"]), found["near_misses_total"]) == (2, 3)


@pytest.mark.parametrize("limit", ["0", "201", "many"])
def test_a_limit_out_of_range_is_refused(
    client: TestClient, database: Database, limit: str
) -> None:
    with database.write() as db:
        headers = bearer(db, make_focal_point(db))
        request = make_request(db)
    answer = client.get(f"/api/v1/requests/{request.id}/matches?limit={limit}", headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][-1] == "limit"


def test_a_ranking_is_the_business_of_the_country_and_the_secretariat(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        request = make_request(db, publish=True)
        draft = make_request(db, submit=False)
        callers = {
            "own": bearer(db, make_focal_point(db)),
            "secretariat": bearer(db, make_secretariat(db)),
            "other": bearer(db, make_focal_point(db, "UG")),
            "trainee": bearer(db, make_trainee(db, country="KE")),
        }
    seen = {
        name: [
            client.get(f"/api/v1/requests/{each.id}/matches", headers=headers).status_code
            for each in (request, draft)
        ]
        for name, headers in callers.items()
    }
    stranger = client.get(f"/api/v1/requests/{request.id}/matches")

    assert seen == {
        "own": [200, 200],
        "secretariat": [200, 404],
        "other": [404, 404],
        "trainee": [404, 404],
    }
    assert stranger.status_code == 401
    assert stranger.json()["code"] == "sign_in_required"


def test_an_unknown_request_has_no_matches(client: TestClient, database: Database) -> None:
    with database.write() as db:
        headers = bearer(db, make_focal_point(db))
    answer = client.get(
        "/api/v1/requests/01900000-0000-7000-8000-000000000000/matches", headers=headers
    )

    assert answer.status_code == 404
