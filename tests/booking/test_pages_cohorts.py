"""Pages of blocks of seats: take, name, give back."""

from typing import TYPE_CHECKING

import pytest

from app.booking.rules import BookingState
from app.booking.service.desk import Desk
from app.core.db import Database
from app.core.ids import new_id
from tests.booking.browsing import send, sign_in, words
from tests.booking.people import (
    assert_counters,
    name_new,
    seats_of,
    state_of,
    take_block,
)
from tests.factories import (
    make_focal_point,
    make_request,
    make_slot,
    make_trainee,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


S = BookingState


def test_a_focal_point_takes_names_and_gives_back(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=8)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
    sign_in(client, database, focal)
    wish = {"slot": str(slot.id), "seats": "4", "release_at": "", "form_key": "k"}

    first, again = (client.post(f"/requests/{request.id}/cohorts", data=wish) for _ in range(2))

    assert first.headers["location"] == again.headers["location"]
    path = first.headers["location"].partition("?")[0]
    page = client.get(first.headers["location"])
    who = {"name": "Kwame Ñandú", "email": "kwame@people.example", "country": "GH"}
    named = send(client, page, f"{path}/nominations", **who)
    assert named.headers["location"] == f"{path}?notice=nominated"
    page = client.get(path)
    assert "Kwame Ñandú" in words(page)
    twice = send(client, page, f"{path}/nominations", **who)
    assert (twice.status_code, "already has a place" in words(twice)) == (409, True)
    wrong = send(client, page, f"{path}/nominations", name="X", email="nobody")
    assert (wrong.status_code, 'value="nobody"' in wrong.text) == (422, True)
    assert "6 asked 4 held 1 named 0 confirmed" in words(
        client.get(f"/requests/{request.id}/seats")
    )
    assert path in client.get(f"/requests/{request.id}").text
    mine = client.get("/me")
    assert (path in mine.text, "Seats held for Kenya" in words(mine)) == (True, True)
    released = send(client, page, f"{path}/release")
    assert released.headers["location"] == f"{path}?notice=released"
    assert_counters(database)
    with database.read() as db:
        assert seats_of(db, slot.id) == (1, 0)


@pytest.mark.parametrize(
    ("wish", "status", "sentence"),
    [
        ({"seats": "5"}, 409, "5 seats were asked for and 3 are free."),
        ({"seats": "7"}, 422, "The request still needs 6 of 6 seats."),
        ({"seats": ""}, 422, "Please fill this in."),
        ({"seats": "two"}, 422, "Please enter a whole number."),
        ({"seats": "1", "release_at": "2020-01-01T09:00"}, 422, "The release date is over."),
        ({"seats": "1", "slot": str(new_id())}, 422, "There is no such slot."),
        ({"seats": "1", "slot": "x"}, 422, "This is not a known identifier."),
    ],
)
def test_seats_that_cannot_be_taken_are_explained(
    client: "TestClient", database: Database, wish: dict[str, str], status: int, sentence: str
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=3)
        focal = make_focal_point(db)
        request = make_request(db, actor=focal)
    sign_in(client, database, focal)

    answer = client.post(f"/requests/{request.id}/cohorts", data={"slot": str(slot.id), **wish})

    assert answer.status_code == status
    assert sentence in words(answer)
    with database.read() as db:
        assert seats_of(db, slot.id) == (0, 0)


def test_a_focal_point_takes_a_name_off(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        focal = make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2)
        _, booking = name_new(db, focal, block.id, desk)
    sign_in(client, database, focal)
    page = client.get(f"/cohorts/{block.id}")

    done = send(client, page, f"/bookings/{booking.id}/cancellation")

    assert done.headers["location"] == f"/cohorts/{block.id}?notice=cancelled"
    with database.read() as db:
        assert state_of(db, booking.id) == S.CANCELLED


def test_the_page_of_a_request_shows_blocks_to_insiders_only(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        focal = make_focal_point(db)
        request = make_request(db, actor=focal, publish=True)
        actor = make_trainee(db)
    sign_in(client, database, focal)
    assert "Seats on slots" in words(client.get(f"/requests/{request.id}"))

    sign_in(client, database, actor)

    assert "Seats on slots" not in words(client.get(f"/requests/{request.id}"))


def test_requests_are_listed_in_the_order_of_their_way(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        focal = make_focal_point(db)
        take_block(db, focal, make_slot(db, seats=8).id, desk, 2)
        make_request(db, actor=focal)
        make_request(db, actor=focal, submit=False)
    sign_in(client, database, focal)

    shown = words(client.get("/me")).partition("Requests by state")[2]

    places = [shown.index(f"{state} 1") for state in ("Draft", "Submitted", "Partly matched")]
    assert places == sorted(places)
