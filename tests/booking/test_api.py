"""The JSON calls about seats: shapes, refusals, and who may call what."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.booking.schemas import CancelIn
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.ids import new_id
from tests.booking.people import (
    Hands,
    assert_counters,
    book,
    book_new,
    confirm_new,
    name_new,
    seats_of,
    take_block,
)
from tests.factories import (
    NOW,
    bearer,
    in_days,
    make_focal_point,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

API = "/api/v1"
BOOKING = {"id", "slot", "person", "state", "held_until", "position", "reason", "created_at"}
COHORT = {"id", "request", "slot", "seats", "seats_open", "release_at", "state"}


def test_a_trainee_books_confirms_and_cancels(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot_id = make_slot(db, seats=1).id
        headers = bearer(db, make_trainee(db, name="Ada Example"))

    made = client.post(f"{API}/slots/{slot_id}/bookings", headers=headers, json={})
    booking = made.json()

    assert made.status_code == 201
    assert set(booking) >= BOOKING
    assert (booking["state"], booking["slot"]["id"]) == ("held", str(slot_id))
    assert booking["person"]["name"] == "Ada Example"
    assert booking["held_until"] == (NOW + timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = f"{API}/bookings/{booking['id']}"
    confirmed = client.post(f"{path}/confirmation", headers=headers)
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    assert client.get(path, headers=headers).json() == confirmed.json()
    ended = client.post(f"{path}/cancellation", headers=headers, json={"reason": "ill"})
    assert (ended.json()["state"], ended.json()["reason"]) == ("cancelled", "ill")
    assert client.get(f"{API}/slots/{slot_id}").json()["seats_free"] == 1
    assert_counters(database)


@pytest.mark.parametrize("body", [None, {}, {"note": "ممنون", "answers": {"C16 passed": True}}])
def test_the_body_of_a_booking_may_be_left_out(
    client: "TestClient", database: Database, body: dict[str, Any] | None
) -> None:
    with database.write() as db:
        slot_id = make_slot(db).id
        headers = bearer(db, make_trainee(db))

    made = client.post(f"{API}/slots/{slot_id}/bookings", headers=headers, json=body)

    assert made.status_code == 201
    assert made.json()["note"] == (body or {}).get("note", "")
    assert made.json()["answers"] == (body or {}).get("answers", {})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "invalid_json"),
        ('{"seat": 3}', "invalid"),
        ('{"note": "a\\u0000b"}', "invalid"),
        ('{"note": "%s"}' % ("x" * 4001), "invalid"),
        ('{"answers": {"%s": true}}' % ("x" * 101), "invalid"),
        ("[]", "invalid"),
    ],
)
def test_a_bad_body_books_nothing(
    client: "TestClient", database: Database, content: str, code: str
) -> None:
    with database.write() as db:
        slot_id = make_slot(db).id
        headers = bearer(db, make_trainee(db)) | {"Content-Type": "application/json"}

    answer = client.post(f"{API}/slots/{slot_id}/bookings", headers=headers, content=content)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    with database.read() as db:
        assert seats_of(db, slot_id) == (0, 0)


def test_a_waiting_person_sees_the_place_in_line(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot_id = make_slot(db, seats=1).id
        confirm_new(db, slot_id, desk)
        book_new(db, slot_id, desk)
        hands.on(seconds=1)
        headers = bearer(db, make_trainee(db))

    made = client.post(f"{API}/slots/{slot_id}/bookings", headers=headers).json()

    assert (made["state"], made["position"], made["held_until"]) == ("waitlisted", 2, None)


def test_one_key_books_once_and_another_body_is_refused(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot_id = make_slot(db, seats=5).id
        headers = bearer(db, make_trainee(db)) | {"Idempotency-Key": "once"}
    path = f"{API}/slots/{slot_id}/bookings"

    first, again = (client.post(path, headers=headers, json={}) for _ in range(2))
    other = client.post(path, headers=headers, json={"note": "other"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with database.read() as db:
        assert seats_of(db, slot_id) == (1, 0)


def test_every_refusal_has_its_code(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot, planned = make_slot(db, seats=2), make_slot(db, status="tentative")
        actor = make_trainee(db)
        booking = book(db, actor, slot.id, desk)
        headers = bearer(db, actor)
    again = client.post(f"{API}/slots/{slot.id}/bookings", headers=headers)
    early = client.post(f"{API}/slots/{planned.id}/bookings", headers=headers)
    missing = client.post(f"{API}/slots/{new_id()}/bookings", headers=headers)
    hands.on(minutes=20)
    late = client.post(f"{API}/bookings/{booking.id}/confirmation", headers=headers)

    found = [(each.status_code, each.json()["code"]) for each in (again, early, missing, late)]

    assert found == [
        (409, "already_booked"),
        (409, "not_bookable"),
        (404, "not_found"),
        (409, "hold_expired"),
    ]
    assert all(
        each.headers["content-type"].startswith("application/problem+json")
        for each in (again, early, missing, late)
    )


def test_own_bookings_come_in_pages_newest_first(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        actor = make_trainee(db)
        made = [
            str(book(db, actor, make_slot(db, **in_days(30 + n)).id, desk).id) for n in range(5)
        ]
        book_new(db, make_slot(db).id, desk)
        headers = bearer(db, actor)

    seen: list[str] = []
    url: str | None = f"{API}/me/bookings?limit=2"
    while url:
        answer = client.get(url, headers=headers).json()
        assert answer["total"] == 5
        seen += [each["id"] for each in answer["items"]]
        url = answer["next"]

    assert seen == made[::-1]


def test_the_roster_comes_in_pages_in_the_order_of_the_line(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        headers = bearer(db, owner_of(db, slot.provider_id))
        made = []
        for number in range(5):
            hands.on(seconds=1)
            made.append(book_new(db, slot.id, desk, name=f"Person {number}")[1])
        seats.cancel_booking(db, owner_of(db, slot.provider_id), made[3].id, CancelIn(), desk)

    lines: list[dict[str, Any]] = []
    url: str | None = f"{API}/slots/{slot.id}/bookings?limit=2"
    while url:
        answer = client.get(url, headers=headers).json()
        lines += answer["items"]
        url = answer["next"]

    assert [(line["person"]["name"][-1], line["state"], line["position"]) for line in lines] == [
        ("0", "held", None),
        ("1", "held", None),
        ("2", "waitlisted", 1),
        ("4", "waitlisted", 2),
        ("3", "cancelled", None),
    ]
    assert all("@" in line["person"]["email"] for line in lines)


@pytest.mark.parametrize("path", ["me/bookings", "slots/{slot}/bookings"])
def test_a_cursor_of_another_list_is_refused(
    client: "TestClient", database: Database, path: str
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        headers = bearer(db, owner_of(db, slot.provider_id))
    cursors = client.app.state.cursors  # type: ignore[attr-defined] # an ASGI app, to its types
    url = f"{API}/{path.format(slot=slot.id)}"

    for values in (["x", "y", "z"], [1], [], ["a"], [0, "2027", "no"]):
        answer = client.get(url, headers=headers, params={"cursor": cursors.encode(values)})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "bad_cursor")


def test_a_block_is_taken_named_and_released(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot_id = make_slot(db, seats=6).id
        focal = make_focal_point(db)
        request_id = make_request(db, actor=focal).id
        headers = bearer(db, focal)
    wish = {"slot": str(slot_id), "seats": 4, "release_at": None}

    made = client.post(f"{API}/requests/{request_id}/cohorts", headers=headers, json=wish)
    block = made.json()

    assert made.status_code == 201
    assert set(block) >= COHORT
    assert (block["request"], block["slot"]["id"]) == (str(request_id), str(slot_id))
    assert (block["seats"], block["seats_open"], block["state"]) == (4, 4, "active")
    path = f"{API}/cohorts/{block['id']}"
    who = {"email": "Ama@People.example", "name": "Ama Example"}
    named = client.post(f"{path}/nominations", headers=headers, json=who)
    assert (named.status_code, named.json()["state"]) == (201, "offered")
    assert named.json()["person"]["email"] == "ama@people.example"
    assert named.json()["cohort"] == block["id"]
    twice = client.post(f"{path}/nominations", headers=headers, json=who)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_booked")
    assert client.get(path, headers=headers).json()["seats_open"] == 3
    request = client.get(f"{API}/requests/{request_id}", headers=headers).json()
    assert (request["seats_held"], request["seats_asked"]) == (4, 6)
    ended = client.post(f"{path}/release", headers=headers)
    assert (ended.json()["state"], ended.json()["seats_open"]) == ("released", 0)
    listed = client.get(f"{API}/requests/{request_id}/cohorts", headers=headers).json()
    assert listed == {"items": [ended.json()], "total": 1, "next": None}
    assert_counters(database)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"seats": 1}, "slot", "missing"),
        ({"slot": "{slot}", "seats": 0}, "seats", "greater_than_equal"),
        ({"slot": "{slot}", "seats": 100_001}, "seats", "less_than_equal"),
        ({"slot": "{slot}", "seats": 7}, "seats", "more_than_needed"),
        ({"slot": str(new_id()), "seats": 1}, "slot", "unknown_slot"),
        (
            {"slot": "{slot}", "seats": 1, "release_at": "2020-01-01T00:00:00Z"},
            "release_at",
            "in_the_past",
        ),
    ],
)
def test_a_block_says_which_field_is_wrong(
    client: "TestClient", database: Database, body: dict[str, Any], field: str, code: str
) -> None:
    with database.write() as db:
        slot_id = make_slot(db, seats=20).id
        focal = make_focal_point(db)
        request_id = make_request(db, actor=focal).id
        headers = bearer(db, focal)
    if body.get("slot") == "{slot}":
        body = body | {"slot": str(slot_id)}

    answer = client.post(f"{API}/requests/{request_id}/cohorts", headers=headers, json=body)

    assert answer.status_code == 422
    assert [(each["loc"], each["code"]) for each in answer.json()["errors"]] == [([field], code)]


def test_a_provider_changes_and_cancels_a_slot(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        headers = bearer(db, owner_of(db, slot.provider_id))
        confirm_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)
    path = f"{API}/slots/{slot.id}"

    more = client.patch(path, headers=headers, json={"seats": 2, "version": slot.version})
    stale = client.patch(path, headers=headers, json={"seats": 3, "version": slot.version})
    fewer = client.patch(path, headers=headers, json={"seats": 1})
    ended = client.post(
        f"{path}/cancellation", headers=headers, json={"reason": "funding-withdrawn"}
    )
    again = client.post(f"{path}/cancellation", headers=headers)

    assert (more.status_code, more.json()["waiting"], more.json()["seats_free"]) == (200, 0, 0)
    assert (stale.status_code, stale.json()["code"]) == (409, "edit_conflict")
    assert (fewer.status_code, fewer.json()["errors"][0]["loc"]) == (422, ["seats"])
    assert (ended.json()["status"], ended.json()["seats_free"]) == ("cancelled", 2)
    assert (again.status_code, again.json()["code"]) == (409, "step_not_allowed")
    roster = client.get(f"{path}/bookings", headers=headers).json()
    assert {line["state"] for line in roster["items"]} == {"cancelled"}
    assert str(waiting.id) in {line["id"] for line in roster["items"]}


def test_the_join_link_is_for_those_with_a_seat(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    link = "https://meet.example/secret"
    starts = NOW + timedelta(days=30)
    with database.write() as db:
        meeting = {"starts_at": starts, "ends_at": starts + timedelta(hours=1), "join_url": link}
        slot = make_slot(db, meetings=[meeting])
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
        own, country, owner = (
            bearer(db, each) for each in (actor, focal, owner_of(db, slot.provider_id))
        )
    path = f"{API}/bookings/{booking.id}"

    def links(headers: dict[str, str]) -> set[str | None]:
        found = client.get(path, headers=headers).json()["meetings"]
        return {each["join_url"] for each in found}

    assert links(own) == {None}
    client.post(f"{path}/confirmation", headers=own)
    assert links(own) == links(owner) == {link}
    assert links(country) == {None}
    assert link not in client.get(f"{API}/slots/{slot.id}", headers=own).text
