"""Input that once reached the database or the calendar's arithmetic, on both databases."""

from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import Database
from tests import factories as make
from tests.factories import bearer, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
NUL = "a\x00b"


def first_error(answer: Any) -> tuple[int, str]:
    """The status, and the code beside the first field."""
    return answer.status_code, answer.json()["errors"][0]["code"]


@pytest.mark.parametrize("name", ["starts_after", "starts_before", "open_after"])
@pytest.mark.parametrize("moment", [FIRST, LAST])
@pytest.mark.parametrize("path", ["/api/v1/slots", "/calendars/slots.ics"])
def test_a_moment_that_utc_cannot_say_is_refused(
    client: "TestClient", path: str, name: str, moment: str
) -> None:
    answer = client.get(path, params={name: moment})

    assert first_error(answer) == (422, "date_out_of_range")


@pytest.mark.parametrize("name", ["q", "code", "provider", "facility", "course"])
def test_a_search_with_control_characters_is_refused(client: "TestClient", name: str) -> None:
    answer = client.get("/api/v1/slots", params={name: NUL})

    assert first_error(answer) == (422, "control_characters")


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/providers/a%00b", "/api/v1/facilities/a%00b", "/api/v1/courses/a%00b"),
        *("/providers/a%00b", "/facilities/a%00b", "/courses/a%00b"),
        *("/calendars/providers/a%00b.ics", "/calendars/facilities/a%00b.ics"),
    ],
)
def test_a_name_with_control_characters_names_nothing(client: "TestClient", path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"apply_by": FIRST}, "date_out_of_range"),
        ({"apply_by": LAST}, "date_out_of_range"),
        ({"meetings": [{"starts_at": FIRST, "ends_at": LAST}]}, "date_out_of_range"),
        ({"facility": NUL}, "control_characters"),
    ],
)
def test_a_slot_outside_every_calendar_is_refused(
    client: "TestClient", database: Database, change: dict[str, Any], code: str
) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        headers = bearer(db, owner_of(db, slot.provider_id))

    answer = client.patch(f"/api/v1/slots/{slot.id}", json=change, headers=headers)

    assert first_error(answer) == (422, code)


def test_a_facility_keeps_what_is_set_to_null(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        place = make.make_facility(db, provider, about="A hall.")
        headers = bearer(db, owner_of(db, provider.id))
    nulls = dict.fromkeys(("about", "address", "biosafety", "equipment", "access_rules"))

    answer = client.patch(f"/api/v1/facilities/{place.slug}", json=nulls, headers=headers)

    assert (answer.status_code, answer.json()["about"]) == (200, "A hall.")


def test_an_address_too_long_to_be_kept_is_refused(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        provider = make.make_provider(db)
        headers = bearer(db, owner_of(db, provider.id))
    sent = {"website": f"https://example.org/{'a' * 300}"}

    answer = client.patch(f"/api/v1/providers/{provider.slug}", json=sent, headers=headers)

    assert first_error(answer) == (422, "string_too_long")


def test_a_slot_is_cancelled_with_a_sentence(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot = make.make_slot(db)
        headers = bearer(db, owner_of(db, slot.provider_id))
    path = f"/api/v1/slots/{slot.id}/cancellation"

    misspelt = client.post(path, json={"reason": "no-trainer-at-all"}, headers=headers)
    ended = client.post(path, json={"reason": "The trainer fell ill."}, headers=headers)

    assert first_error(misspelt) == (422, "unknown_term")
    assert (ended.status_code, ended.json()["status"]) == (200, "cancelled")
    assert "The trainer fell ill." in ended.json()["status_reason"]
