"""What pages say where a moved date lies over another booking, and where a booking would."""

from typing import TYPE_CHECKING

import pytest
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.schemas import CancelIn
from app.booking.service.desk import Desk
from app.booking.service.seats import cancel_booking
from app.booking.service.slots import change_slot
from app.core.db import Database
from app.registry.models import Slot
from app.registry.schemas.inputs import MeetingIn, SlotPatch
from tests.booking.people import book, confirm_new
from tests.factories import bearer, in_days, login, make_course, make_slot, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

TWO_PLACES = "In two places at once."


def _clash(db: Session, desk: Desk) -> tuple[Actor, Booking, Slot]:
    """Somebody with two seats, the second of which was moved over the first."""
    gowning = make_slot(db, make_course(db, title="Gowning"), **in_days(50))
    moving = make_slot(db, make_course(db, title="Sampling"), **in_days(40))
    actor, first = confirm_new(db, gowning.id, desk)
    book(db, actor, moving.id, desk)
    patch = SlotPatch(meetings=[MeetingIn(**in_days(50))])
    change_slot(db, owner_of(db, moving.provider_id), moving.id, patch, desk)
    return actor, first, moving


def _sign_in(client: "TestClient", db: Session, actor: Actor) -> None:
    client.cookies.set("cadre_login", login(db, actor))


def test_both_bookings_say_what_they_clash_with(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        actor, first, moving = _clash(db, desk)
        _sign_in(client, db, actor)
    mine = client.get("/me").text
    page = client.get(f"/bookings/{first.id}").text

    assert TWO_PLACES in mine
    assert TWO_PLACES in page
    assert "“Sampling”" in page
    assert f'/slots/{moving.id}">The other date' in page


def test_the_roster_says_who_is_somewhere_else(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        _, _, moving = _clash(db, desk)
        _sign_in(client, db, owner_of(db, moving.provider_id))
    roster = client.get(f"/slots/{moving.id}/roster").text

    assert "is somewhere else at that time" in roster
    assert "Gowning" not in roster


def test_when_one_of_the_two_ends_nothing_is_said_any_more(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        actor, first, _ = _clash(db, desk)
        cancel_booking(db, actor, first.id, CancelIn(), desk)
        _sign_in(client, db, actor)

    assert TWO_PLACES not in client.get("/me").text


def test_a_booking_without_a_clash_says_nothing_of_one(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        actor, booking = confirm_new(db, make_slot(db).id, desk)
        _sign_in(client, db, actor)

    assert TWO_PLACES not in client.get(f"/bookings/{booking.id}").text


@pytest.mark.parametrize("seats", [1, 0])
def test_the_api_refuses_a_second_place_at_one_time_and_names_the_first(
    client: "TestClient", database: Database, desk: Desk, seats: int
) -> None:
    """Only where there is a seat: in a line nobody is anywhere yet."""
    with database.write() as db:
        first = make_slot(db, make_course(db, title="Gowning"))
        actor, _ = confirm_new(db, first.id, desk)
        second = make_slot(db, seats=1)
        if not seats:
            confirm_new(db, second.id, desk)
        headers = bearer(db, actor)
    answer = client.post(f"/api/v1/slots/{second.id}/bookings", json={}, headers=headers)
    body = answer.json()

    if not seats:
        assert (answer.status_code, body["state"]) == (201, "waitlisted")
        return
    assert (answer.status_code, body["code"]) == (409, "person_clash")
    assert "“Gowning”" in body["detail"]
    assert (body["slot"], body["title"]) == (str(first.id), "Gowning")
    assert body["url"].endswith(f"/slots/{first.id}")
