"""Decisions and the line on pages and through the API, without JavaScript."""

from typing import TYPE_CHECKING

from app.booking.schemas import CancelIn
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.core.db import Database
from tests.booking.browsing import forms_of, send, sign_in, words
from tests.booking.people import book, book_new, confirm_new, state_of, take_block
from tests.factories import (
    bearer,
    in_days,
    make_course,
    make_focal_point,
    make_provider,
    make_qualification,
    make_secretariat,
    make_slot,
    make_trainee,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

API = "/api/v1"


def test_a_provider_accepts_from_the_list_of_people(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, decision_hours=24)
        owner = owner_of(db, slot.provider_id)
        _, booking = confirm_new(db, slot.id, desk, name="Ada Example")
    sign_in(client, database, owner)
    page = client.get(f"/slots/{slot.id}/roster")
    assert "Asked for" in words(page)

    done = send(client, page, f"/bookings/{booking.id}/approval")

    assert done.headers["location"] == f"/slots/{slot.id}/roster?notice=approved"
    assert "Confirmed" in words(client.get(done.headers["location"]))


def test_a_provider_refuses_with_a_reason_that_the_person_reads(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, decision_hours=24)
        owner = owner_of(db, slot.provider_id)
        person, booking = confirm_new(db, slot.id, desk)
    sign_in(client, database, owner)
    page = client.get(f"/slots/{slot.id}/roster")
    path = f"/bookings/{booking.id}/rejection"
    silent = send(client, page, path, reason=" ")
    assert silent.status_code == 422
    assert "Say why, so that the person understands." in words(silent)

    done = send(client, page, path, reason="No escort that week.")

    assert done.headers["location"].endswith("?notice=rejected")
    sign_in(client, database, person)
    told = words(client.get(f"/bookings/{booking.id}"))
    assert "You were not accepted this time." in told
    assert "No escort that week." in told


def test_who_asked_sees_until_when_the_provider_decides(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, decision_hours=24)
        person, booking = book_new(db, slot.id, desk)
    sign_in(client, database, person)
    page = client.get(f"/bookings/{booking.id}")
    assert "(about 15 minutes left)" in words(page)

    done = send(client, page, f"/bookings/{booking.id}/confirmation")

    assert done.headers["location"] == f"/bookings/{booking.id}?notice=requested"
    page = client.get(done.headers["location"])
    assert "Decision by" in words(page)
    assert "(about 24 hours left)" in words(page)
    assert f"/bookings/{booking.id}/approval" not in forms_of(page)


def test_who_waits_reads_why(client: "TestClient", database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        other, seat = confirm_new(db, slot.id, desk)
        person, _ = confirm_new(db, make_slot(db).id, desk)
        waiting = book(db, person, slot.id, desk)
    sign_in(client, database, person)
    path = f"/bookings/{waiting.id}"
    assert "All seats are taken or promised." in words(client.get(path))

    with database.write() as db:
        seats.cancel_booking(db, other, seat.id, CancelIn(), desk)

    assert "at that time there is another booking" in words(client.get(path))
    assert "at that time there is another booking" in words(client.get(f"/slots/{slot.id}"))


def test_a_planned_date_takes_interest_and_offers_once_it_is_sure(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, status="tentative")
        person, owner = make_trainee(db), owner_of(db, slot.provider_id)
        headers = bearer(db, owner)
    sign_in(client, database, person)
    page = client.get(f"/slots/{slot.id}")
    assert "Tell me when it is sure" in words(page)

    joined = send(client, page, f"/slots/{slot.id}/interest")

    path = joined.headers["location"].partition("?")[0]
    assert "This date is not sure yet." in words(client.get(path))
    client.patch(f"{API}/slots/{slot.id}", json={"status": "confirmed"}, headers=headers)
    assert "A seat is offered to you." in words(client.get(path))


def test_the_secretariat_offers_a_seat_past_a_group_and_says_why(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        person, seat = confirm_new(db, slot.id, desk)
        confirm_new(db, slot.id, desk)
        take_block(db, make_focal_point(db, "KE"), slot.id, desk, 2, wait=True)
        _, urgent = book_new(db, slot.id, desk)
        seats.cancel_booking(db, person, seat.id, CancelIn(), desk)
        secretariat = make_secretariat(db)
    sign_in(client, database, secretariat)
    roster = words(client.get(f"/slots/{slot.id}/roster"))
    assert "A group waits for seats together: number 1 on the list, 2 seats, Kenya." in roster
    page = client.get(f"/bookings/{urgent.id}")
    path = f"/bookings/{urgent.id}/offer"
    silent = send(client, page, path)
    assert "Say why others who wait are passed over." in words(silent)

    done = send(client, page, path, reason="An outbreak.")

    assert done.headers["location"].endswith("?notice=offered")
    with database.read() as db:
        assert state_of(db, urgent.id) == "offered"


def test_everything_that_stands_in_the_way_is_told_at_once(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        basics = make_course(db, provider, title="Basics")
        slot = make_slot(db, make_course(db, provider, prerequisites=[str(basics.id)]))
        person, _ = confirm_new(db, make_slot(db).id, desk)
        headers = bearer(db, person)

    answer = client.post(f"{API}/slots/{slot.id}/bookings", headers=headers)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "prerequisite_missing")
    assert [each["code"] for each in body["problems"]] == ["prerequisite_missing", "person_clash"]
    assert all(set(each) == {"code", "msg", "overridable_by"} for each in body["problems"])
    assert body["detail"] == body["problems"][0]["msg"]
    sign_in(client, database, person)
    page = client.post(f"/slots/{slot.id}/bookings", data={})
    assert page.status_code == 409
    for problem in body["problems"]:
        assert problem["msg"] in words(page)


def test_a_decision_through_the_api(client: "TestClient", database: Database, desk: Desk) -> None:
    with database.write() as db:
        slot = make_slot(db, decision_hours=24, seats=2)
        headers = bearer(db, owner_of(db, slot.provider_id))
        bookings = [confirm_new(db, slot.id, desk)[1] for _ in range(2)]
    first, second = (f"{API}/bookings/{booking.id}" for booking in bookings)
    seen = client.get(first, headers=headers).json()
    assert seen["decide_by"] == seen["held_until"] is not None

    accepted = client.post(f"{first}/approval", headers=headers)
    refused = client.post(f"{second}/rejection", headers=headers, json={"reason": "No escort."})

    assert (accepted.status_code, accepted.json()["state"]) == (200, "confirmed")
    assert accepted.json()["decide_by"] is None
    assert (refused.json()["state"], refused.json()["reason"]) == ("rejected", "No escort.")
    without = client.post(f"{second}/rejection", headers=headers)
    assert without.status_code == 422
    assert client.post(f"{first}/approval", headers=headers).status_code == 409


def test_a_seat_is_kept_until_the_earlier_part_is_passed(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        provider = make_provider(db)
        basics = make_course(db, provider)
        course = make_course(db, provider, prerequisites=[str(basics.id)])
        first, later = make_slot(db, basics), make_slot(db, course, **in_days(50))
        person, _ = confirm_new(db, first.id, desk)
        headers = bearer(db, person)
    held = client.post(f"{API}/slots/{later.id}/bookings", headers=headers).json()
    path = f"{API}/bookings/{held['id']}/confirmation"
    assert held["held_until"] == f"{later.starts_at:%Y-%m-%dT%H:%M:%SZ}"
    early = client.post(path, headers=headers)
    assert (early.status_code, early.json()["code"]) == (409, "prerequisite_pending")

    with database.write() as db:
        make_qualification(db, person.identified(), basics)

    assert client.post(path, headers=headers).json()["state"] == "confirmed"
