"""The pages of kept seats and of the selection, as a browser without JavaScript has them."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import col, select

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.rules.shares import Group
from app.booking.schemas import ShareIn
from app.booking.service.desk import Desk
from app.booking.service.sponsors import keep_seats
from app.core.db import Database
from app.registry.models import SeatShare, Slot
from app.registry.rules import Route
from tests.booking.browsing import forms_of, send, sign_in, words
from tests.booking.people import Hands, book_new, confirm_new
from tests.factories import NOW, bearer, make_focal_point, make_slot, make_trainee, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

API = "/api/v1"


@pytest.fixture
def owned(database: Database) -> tuple[Slot, Actor]:
    """A slot of four seats, and who looks after it."""
    with database.write() as db:
        slot = make_slot(db, seats=4)
        return slot, owner_of(db, slot.provider_id)


@pytest.fixture
def wanted(database: Database, desk: Desk, hands: Hands) -> tuple[Slot, Actor, list[Actor]]:
    """A slot of one seat for which two people applied, after its deadline."""
    with database.write() as db:
        apply_by = NOW + timedelta(days=10)
        slot = make_slot(db, seats=1, route=Route.SELECTION, apply_by=apply_by)
        people = []
        for _ in range(2):
            hands.on(minutes=1)
            people.append(book_new(db, slot.id, desk, country="KE")[0])
        hands.at = apply_by + timedelta(hours=1)
        return slot, owner_of(db, slot.provider_id), people


def test_a_provider_keeps_seats_and_everybody_reads_it(
    client: "TestClient", database: Database, owned: tuple[Slot, Actor]
) -> None:
    slot, owner = owned
    path = f"/provider/slots/{slot.id}/seats"
    sign_in(client, database, owner)
    sent = send(client, client.get(path), path, seats="3", kept_for="women", adds_seats="false")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?notice=kept")

    assert "3 women 0 3" in words(client.get(path))
    client.cookies.clear()
    assert "3 of 4 seats are kept for women until" in words(client.get(f"/slots/{slot.id}"))


def test_a_sponsors_seats_are_added_on_the_page(
    client: "TestClient", database: Database, owned: tuple[Slot, Actor]
) -> None:
    slot, owner = owned
    path = f"/provider/slots/{slot.id}/seats"
    sign_in(client, database, owner)
    typed = {"seats": "2", "kept_for": "countries", "adds_seats": "true"}
    refused = send(client, client.get(path), path, **typed)
    assert refused.status_code == 422
    assert "Please choose the countries." in words(refused)

    answer = client.post(
        path,
        data={**forms_of(refused)[path], **typed, "countries": ["BR", "AR"], "sponsor": "Fund"},
    )
    assert answer.status_code == 303
    text = words(client.get(path))
    assert "people from Argentina, Brazil" in text
    assert "Added and paid by Fund" in text
    with database.read() as db:
        assert db.get_one(Slot, slot.id).seats == 6


def test_what_cannot_be_kept_is_said_above_the_form_with_what_was_typed(
    client: "TestClient", database: Database, desk: Desk, owned: tuple[Slot, Actor]
) -> None:
    slot, owner = owned
    with database.write() as db:
        confirm_new(db, slot.id, desk, country="KE")
    path = f"/provider/slots/{slot.id}/seats"
    sign_in(client, database, owner)
    refused = send(client, client.get(path), path, seats="4", kept_for="sids", adds_seats="false")

    assert refused.status_code == 409
    assert "4 more seats would be kept and 3 are free." in words(refused)
    assert 'name="seats" type="number" value="4"' in refused.text


def test_kept_seats_are_let_go_with_a_reason(
    client: "TestClient", database: Database, owned: tuple[Slot, Actor]
) -> None:
    slot, owner = owned
    with database.write() as db:
        headers = bearer(db, owner)
    kept = client.post(
        f"{API}/slots/{slot.id}/shares", json={"kept_for": "ldc", "seats": 2}, headers=headers
    ).json()
    assert (kept["open"], kept["in_force"]) == (2, True)
    path, end = f"/provider/slots/{slot.id}/seats", f"/shares/{kept['id']}/end"
    sign_in(client, database, owner)
    missing = send(client, client.get(path), end, reason="")
    assert missing.status_code == 422
    assert "Why: Please fill this in." in words(missing)
    assert send(client, client.get(path), end, reason="Nobody came.").status_code == 303

    assert "Nobody came." in words(client.get(path))
    with database.read() as db:
        share = db.exec(select(SeatShare).where(col(SeatShare.slot_id) == slot.id)).one()
        assert share.ended_reason == "Nobody came."
    listed = client.get(f"{API}/slots/{slot.id}/shares").json()
    assert [each["in_force"] for each in listed["items"]] == [False]


def test_strangers_read_how_many_seats_are_kept_and_not_how_many_are_taken(
    client: "TestClient", database: Database, owned: tuple[Slot, Actor]
) -> None:
    slot, owner = owned
    with database.write() as db:
        headers = bearer(db, owner)
    body = {"kept_for": "countries", "countries": ["BR"], "seats": 2}
    client.post(f"{API}/slots/{slot.id}/shares", json=body, headers=headers)

    found = client.get(f"{API}/slots/{slot.id}/shares").json()["items"]
    assert [(each["seats"], each["label"], each["taken"], each["open"]) for each in found] == [
        (2, "people from Brazil", None, None)
    ]


def test_a_provider_previews_the_selection_and_makes_it(
    client: "TestClient", database: Database, wanted: tuple[Slot, Actor, list[Actor]]
) -> None:
    slot, owner, _ = wanted
    path = f"/provider/slots/{slot.id}/selection"
    sign_in(client, database, owner)
    preview = client.get(path)
    assert "The deadline has passed." in words(preview)
    assert "Seat 1 of 1." in words(preview)
    with database.read() as db:
        assert set(db.exec(select(Booking.state))) == {"waitlisted"}

    made = send(client, preview, path)
    assert (made.status_code, made.headers["location"]) == (303, f"{path}?notice=selected")
    assert "The selection was made." in words(client.get(path))
    again = client.post(path, data={"form_key": "another"})
    assert again.status_code == 409
    assert "The selection was made already" in words(again)


def test_before_the_deadline_the_preview_has_no_button(
    client: "TestClient",
    database: Database,
    hands: Hands,
    wanted: tuple[Slot, Actor, list[Actor]],
) -> None:
    slot, owner, _ = wanted
    hands.at = NOW + timedelta(days=1)
    sign_in(client, database, owner)
    page = client.get(f"/provider/slots/{slot.id}/selection")

    assert "People can still apply." in words(page)
    assert f"/provider/slots/{slot.id}/selection" not in forms_of(page)


def test_applicants_read_the_terms_before_and_their_own_reason_afterwards(
    client: "TestClient", database: Database, wanted: tuple[Slot, Actor, list[Actor]]
) -> None:
    slot, owner, people = wanted
    with database.write() as db:
        booking = db.exec(select(Booking).where(col(Booking.person_id) == people[1].user_id)).one()
        headers = bearer(db, owner)
    sign_in(client, database, people[1])
    terms = "ranked by: who applied earlier first"
    assert terms in words(client.get(f"/bookings/{booking.id}"))
    assert client.post(f"{API}/slots/{slot.id}/selection", headers=headers).status_code == 200

    text = words(client.get(f"/bookings/{booking.id}"))
    assert "The one seat went to somebody before you. Reserve place 1." in text
    assert "You are number 1 on the waiting list." in text


def test_the_page_of_the_slot_states_the_terms_of_the_selection(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        facts: dict[str, Any] = {"route": Route.SELECTION, "criteria": ("sids-first",)}
        slot = make_slot(db, **facts)
        trainee = make_trainee(db)
    sign_in(client, database, trainee)
    text = words(client.get(f"/slots/{slot.id}"))

    assert (
        "ranked by: people of small island developing States first, then who applied earlier first"
        in text
    )


def test_seats_of_countries_are_not_booked_by_people(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, route=Route.NOMINATION)
        focal = make_focal_point(db, "KE")
        headers = bearer(db, focal)
    refused = client.post(f"{API}/slots/{slot.id}/bookings", headers=headers, json={})

    assert (refused.status_code, refused.json()["code"]) == (409, "nomination_only")
    sign_in(client, database, focal)
    page = client.get(f"/slots/{slot.id}")
    assert "Please ask the focal point of your country." in words(page)
    assert f"/slots/{slot.id}/bookings" not in forms_of(page)


def test_where_the_free_seats_are_kept_the_page_promises_none(
    client: "TestClient", database: Database, desk: Desk, owned: tuple[Slot, Actor]
) -> None:
    slot, owner = owned
    with database.write() as db:
        keep_seats(db, owner, slot.id, ShareIn(kept_for=Group.WOMEN, seats=4), desk)
        people = [make_trainee(db, country="KE") for _ in range(2)]
    path = f"/slots/{slot.id}/bookings"
    for person, typed in zip(people, [{}, {"groups": "women"}], strict=True):
        sign_in(client, database, person)
        page = client.get(f"/slots/{slot.id}")
        assert "The free seats are kept for the groups above." in words(page)
        assert send(client, page, path, **typed).status_code == 303

    with database.read() as db:
        states = select(Booking.state).order_by(col(Booking.entered_at), col(Booking.id))
        assert list(db.exec(states)) == ["waitlisted", "offered"]
