"""The provider's pages of a slot: who comes, changes, cancellation."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.rules import Route
from tests.booking.browsing import edit_form, forms_of, send, sign_in, words
from tests.booking.people import (
    Hands,
    book_new,
    confirm_new,
    name_new,
    state_of,
    take_block,
)
from tests.factories import (
    NOW,
    make_focal_point,
    make_slot,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


S = BookingState


def test_the_roster_marks_who_was_there(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    starts = NOW + timedelta(days=3)
    with database.write() as db:
        slot = make_slot(db, seats=2, starts_at=starts, ends_at=starts + timedelta(hours=2))
        owner = owner_of(db, slot.provider_id)
        _, there = confirm_new(db, slot.id, desk, name="نور", country="EG")
        _, absent = confirm_new(db, slot.id, desk)
        book_new(db, slot.id, desk, name="李雷")
    sign_in(client, database, owner)
    page = client.get(f"/slots/{slot.id}/roster")
    assert "Was there" not in words(page)
    assert "On the list number 1" in words(page)
    assert words(page).index("نور") < words(page).index("李雷")
    hands.at = slot.starts_at

    for booking, attended in ((there, "true"), (absent, "false")):
        page = client.get(f"/slots/{slot.id}/roster")
        marked = send(client, page, f"/bookings/{booking.id}/attendance", attended=attended)
        assert marked.headers["location"] == f"/slots/{slot.id}/roster?notice=attendance"

    with database.read() as db:
        assert [state_of(db, each.id) for each in (there, absent)] == [S.ATTENDED, S.NO_SHOW]


def test_the_roster_shows_seats_of_countries_that_nobody_is_named_for(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=4)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 3)
        name_new(db, focal, block.id, desk)
        owner = owner_of(db, slot.provider_id)
    sign_in(client, database, owner)

    page = client.get(f"/slots/{slot.id}/roster")

    assert "Kenya: 2 of 3 seats without a name" in words(page)


def test_a_selecting_provider_offers_seats_from_the_roster(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, route=Route.SELECTION)
        owner = owner_of(db, slot.provider_id)
        first, second = (book_new(db, slot.id, desk)[1] for _ in range(2))
    sign_in(client, database, owner)
    page = client.get(f"/slots/{slot.id}/roster")

    offered = send(client, page, f"/bookings/{second.id}/offer")
    refused = send(client, page, f"/bookings/{first.id}/offer")

    assert offered.headers["location"] == f"/slots/{slot.id}/roster?notice=offered"
    assert (refused.status_code, "no seats left" in words(refused)) == (409, True)
    with database.read() as db:
        assert [state_of(db, each.id) for each in (first, second)] == [S.WAITLISTED, S.OFFERED]


def test_a_provider_changes_a_slot_and_sees_a_change_by_somebody_else(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1, code="A-1", minimum_to_run=1, note="Bring shoes.")
        owner = owner_of(db, slot.provider_id)
        confirm_new(db, slot.id, desk)
        _, waiting = book_new(db, slot.id, desk)
    sign_in(client, database, owner)
    action = f"/slots/{slot.id}/edit"
    fields = edit_form(client.get(action), action)
    same = client.post(action, data=fields)
    before = client.get(f"/api/v1/slots/{slot.id}").json()
    assert (same.status_code, before["version"], before["sequence"]) == (303, 1, 0)
    assert (before["code"], before["note"]) == ("A-1", "Bring shoes.")

    fields["form_key"] = ""
    saved = client.post(action, data=fields | {"seats": "2", "code": "", "minimum_to_run": ""})
    stale = client.post(action, data=fields | {"note": "Mine."})
    fewer = client.post(action, data=fields | {"seats": "1", "version": "2"})

    after = client.get(f"/api/v1/slots/{slot.id}").json()
    assert saved.headers["location"] == f"/slots/{slot.id}?notice=saved"
    assert (after["seats"], after["code"], after["minimum_to_run"]) == (2, None, None)
    assert stale.status_code == 409
    assert "Somebody else changed this meanwhile." in words(stale)
    assert "Mine." in stale.text
    assert (fewer.status_code, "2 seats are taken already" in words(fewer)) == (422, True)
    with database.read() as db:
        assert state_of(db, waiting.id) == S.OFFERED


def test_a_provider_cancels_a_slot_with_a_reason(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        owner = owner_of(db, slot.provider_id)
        actor, booking = confirm_new(db, slot.id, desk)
    sign_in(client, database, owner)
    action = f"/slots/{slot.id}/cancellation"
    page = client.get(action)
    assert "Seats taken: 1. People waiting: 0." in words(page)
    unknown = send(client, page, action, reason="because")
    assert (unknown.status_code, forms_of(unknown)[action] != {}) == (422, True)

    done = send(client, page, action, reason="funding-withdrawn", note="لا تمويل")

    assert done.headers["location"] == f"/slots/{slot.id}?notice=cancelled"
    assert client.get(action).status_code == 409
    sign_in(client, database, actor)
    page = client.get(f"/bookings/{booking.id}")
    assert "This date is cancelled." in words(page)
    assert "لا تمويل" in words(page)
