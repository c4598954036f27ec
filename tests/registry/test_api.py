"""JSON calls of the supply side, on both databases."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from app.core.db import Database
from app.registry.models import Provider
from tests import factories as make
from tests.factories import NOW, bearer, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

LONG = "漢" * 10_000
SLOT_FIELDS = {
    *("id", "code", "course", "provider", "facility", "mode", "status", "seats", "seats_free"),
    *("waiting", "zone", "starts_at", "ends_at", "meetings", "apply_by", "languages", "skills"),
    *("platforms", "funding", "url", "ics_url", "updated_at", "sequence"),
}


def body_of_slot(course: str, **facts: Any) -> dict[str, Any]:
    """A slot of two hours, thirty days from now."""
    start = NOW + timedelta(days=30)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    return {"course": course, "status": "confirmed", **times, **facts}


def test_a_provider_joins_is_verified_and_opens_seats(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        applicant = bearer(db, make.make_trainee(db))
        secretariat = bearer(db, make.make_secretariat(db))
    sent = {"name": "Marula College", "type": "university", "country": "ZA", "languages": ["en"]}
    provider = client.post("/api/v1/providers", json=sent, headers=applicant).json()
    hidden = client.get(f"/api/v1/providers/{provider['slug']}")
    decision = {"state": "verified"}
    address = f"/api/v1/providers/{provider['id']}/verification"
    verified = client.post(address, json=decision, headers=secretariat).json()
    course = client.post(
        "/api/v1/courses",
        json={
            "provider": provider["slug"],
            "title": "Aseptic filling",
            "mode": "classroom-remote",
            "level": 2,
            "skills": ["mfg-aseptic-fill"],
            "languages": ["en"],
            "length": 1,
            "seats": 8,
            "funding": "free",
        },
        headers=applicant,
    ).json()
    slot = client.post("/api/v1/slots", json=body_of_slot(course["slug"]), headers=applicant)

    assert hidden.status_code == 404
    assert verified["state"] == "verified"
    assert slot.status_code == 201
    assert slot.json().keys() >= SLOT_FIELDS
    assert (slot.json()["bookable"], slot.json()["seats_free"]) == (True, 8)
    assert slot.json()["zone"] == "Africa/Johannesburg"
    assert client.get("/api/v1/slots").json()["total"] == 1


def test_one_key_plans_one_slot(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        headers = bearer(db, owner_of(db, course.provider_id)) | {"Idempotency-Key": "plan-1"}
        slug = course.slug
    first = client.post("/api/v1/slots", json=body_of_slot(slug), headers=headers)
    again = client.post("/api/v1/slots", json=body_of_slot(slug), headers=headers)
    other = client.post("/api/v1/slots", json=body_of_slot(slug, seats=3), headers=headers)

    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert client.get("/api/v1/slots").json()["total"] == 1


@pytest.mark.parametrize(
    ("facts", "loc", "code"),
    [
        ({"seats": 0}, ["seats"], "greater_than_equal"),
        ({"seats": 100_001}, ["seats"], "less_than_equal"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, ["meetings", 0, "ends_at"], "ends_before_start"),
        ({"zone": "Mars/Olympus"}, ["zone"], "unknown_zone"),
        ({"note": "a\x07b"}, ["note"], "control_characters"),
        ({"note": LONG}, ["note"], "string_too_long"),
        ({"status": "cancelled"}, ["status"], "literal_error"),
        ({"seatz": 4}, ["seatz"], "extra_forbidden"),
    ],
)
def test_a_bad_slot_is_a_problem_with_a_code_and_saves_nothing(
    client: "TestClient", database: Database, facts: dict[str, Any], loc: list[Any], code: str
) -> None:
    with database.write() as db:
        course = make.make_course(db)
        headers = bearer(db, owner_of(db, course.provider_id))
        sent = body_of_slot(course.slug, **facts)
    answer = client.post("/api/v1/slots", json=sent, headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["errors"][0]["loc"], answer.json()["errors"][0]["code"]) == (loc, code)
    assert client.get("/api/v1/slots", headers=headers).json()["total"] == 0


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"skills": ["no-such-skill"]}, "unknown_skill"), ({"skills": []}, "too_short")],
)
def test_a_course_of_an_unknown_skill_is_refused(
    client: "TestClient", database: Database, facts: dict[str, Any], code: str
) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        headers = bearer(db, owner_of(db, provider.id))
        sent = {"provider": provider.slug, "title": "T", "mode": "hands-on", "level": 1}
    sent |= {"languages": ["en"], "length": 1, "seats": 1, "funding": "free", **facts}
    answer = client.post("/api/v1/courses", json=sent, headers=headers)

    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == [code]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("skill=nope", "unknown_skill"),
        ("country=XX", "unknown_country"),
        ("region=Atlantis", "unknown_region"),
        ("starts_after=soon", "datetime_from_date_parsing"),
        ("cursor=forged", "bad_cursor"),
    ],
)
def test_an_unknown_filter_is_a_problem(client: "TestClient", query: str, code: str) -> None:
    answer = client.get(f"/api/v1/slots?{query}")

    assert answer.status_code == 422
    assert code in {answer.json()["code"], *(e["code"] for e in answer.json()["errors"])}


def test_a_body_that_is_not_json_has_its_own_code(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        headers = bearer(db, make.make_trainee(db)) | {"Content-Type": "application/json"}
    answer = client.post("/api/v1/slots", content=b"{not json", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_json")


@pytest.mark.parametrize("noun", ["providers", "facilities", "courses"])
def test_what_is_not_there_is_404_for_everybody(client: "TestClient", noun: str) -> None:
    assert client.get(f"/api/v1/{noun}/{uuid4()}").status_code == 404
    assert client.get(f"/api/v1/{noun}/no-such-slug").status_code == 404
    assert client.get("/api/v1/slots/not-an-id").status_code == 404


def test_filters_find_what_they_name(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        facility = make.make_facility(db, provider, country="RW", zone="Africa/Kigali")
        onsite = make.make_course(
            db,
            provider,
            title="Filling by hand",
            mode="hands-on",
            facility=facility.slug,
            languages=["fr"],
            skills=["mfg-gowning"],
            funding="fully-funded",
        )
        make.make_slot(db, onsite, code="HERE")
        make.make_slot(db, make.make_course(db, provider), code="REMOTE")

    def codes(query: str) -> list[str]:
        answer = client.get(f"/api/v1/slots?{query}")
        return sorted(item["code"] for item in answer.json()["items"])

    assert codes("") == ["HERE", "REMOTE"]
    for query in (
        *("country=RW", "region=eastern-africa", "mode=hands-on", "language=fr"),
        *("funding=fully-funded", "skill=mfg-gowning", "q=HAND", "code=HERE"),
        *(f"facility={facility.slug}", f"course={onsite.slug}", "country=RW&country=KE"),
    ):
        assert codes(query) == ["HERE"], query
    assert codes(f"provider={provider.slug}&has_seats=true") == ["HERE", "REMOTE"]
    assert codes("starts_before=2020-01-01") == codes("has_seats=false") == []
    assert codes("q=%25") == codes("country=KE") == []


def test_a_page_ends_where_the_next_begins(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        for number in range(5):
            make.make_slot(db, course, code=f"N{number}")  # all at the same moment
    seen: list[str] = []
    url: str | None = "/api/v1/slots?limit=2"
    while url:
        answer = client.get(url).json()
        seen += [item["code"] for item in answer["items"]]
        url = answer["next"]

    assert sorted(seen) == ["N0", "N1", "N2", "N3", "N4"]


@pytest.mark.parametrize("visibility", ["public", "network", "need-to-know"])
def test_a_confidential_address_is_for_those_who_may_know_it(
    client: "TestClient", database: Database, visibility: str
) -> None:
    with database.write() as db:
        facility = make.make_facility(db, visibility=visibility, address="12 Secret Road")
        owner = bearer(db, owner_of(db, facility.provider_id))
        member = bearer(db, make.make_trainee(db))
        address = f"/api/v1/facilities/{facility.slug}"
    known = {
        name: client.get(address, headers=headers).json()["address"] is not None
        for name, headers in (("visitor", {}), ("member", member), ("owner", owner))
    }

    assert known == {
        "visitor": visibility == "public",
        "member": visibility != "need-to-know",
        "owner": True,
    }


@pytest.mark.parametrize("state", ["applied", "suspended", "withdrawn"])
def test_nothing_of_an_unlisted_provider_is_public(
    client: "TestClient", database: Database, state: str
) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        facility = make.make_facility(db, provider)
        course = make.make_course(db, provider)
        slot = make.make_slot(db, course)
        _put_into(db.get_one(Provider, provider.id), state)
        paths = [f"providers/{provider.slug}", f"facilities/{facility.slug}"]
        paths += [f"courses/{course.slug}", f"slots/{slot.id}"]

    assert [client.get(f"/api/v1/{path}").status_code for path in paths] == [404] * 4
    for noun in ("providers", "facilities", "courses", "slots"):
        assert client.get(f"/api/v1/{noun}").json()["total"] == 0


def test_slots_of_a_provider_in_review_are_planned_and_not_bookable(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        make.make_slot(db, make.make_course(db, make.make_provider(db, state="in-review")))
    [slot] = client.get("/api/v1/slots").json()["items"]

    assert (slot["status"], slot["planned"], slot["bookable"]) == ("confirmed", True, False)
    assert client.get("/api/v1/slots?has_seats=true").json()["total"] == 0


def _put_into(provider: Provider, state: str) -> None:
    provider.state = state
