"""Pages of blocks: wait in line, pass a seat on, move the release date; whom one named."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app.booking.rules import BookingState
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.core.db import Database
from tests.booking.browsing import send, sign_in, words
from tests.booking.people import (
    Hands,
    book_new,
    confirm_new,
    name_new,
    state_of,
    take_block,
)
from tests.factories import NOW, make_focal_point, make_request, make_slot, owner_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


S = BookingState


def test_a_group_joins_the_line_and_leaves_it(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=3), make_focal_point(db)
        for _ in range(3):
            confirm_new(db, slot.id, desk)
        book_new(db, slot.id, desk)
        take_block(db, make_focal_point(db, "GH"), slot.id, desk, 2, wait=True)
        request = make_request(db, actor=focal)
    sign_in(client, database, focal)
    wish = {"slot": str(slot.id), "seats": "3", "form_key": "k"}
    refused = client.post(f"/requests/{request.id}/cohorts", data=wish)
    assert (refused.status_code, "Wait in line" in words(refused)) == (409, True)

    joined = send(
        client, refused, f"/requests/{request.id}/cohorts", seats="3", wait="true", form_key="l"
    )

    assert joined.headers["location"].endswith("?notice=in-line")
    page = client.get(joined.headers["location"])
    assert "3rd in line: 1 person and a group of 2 ahead." in words(page)
    assert "All seats are taken or promised." in words(page)
    path = joined.headers["location"].partition("?")[0]
    assert "3rd in line" in words(client.get("/me"))
    assert "3rd in line" in words(client.get(f"/requests/{request.id}/seats"))
    left = send(client, page, f"{path}/release")
    assert left.headers["location"] == f"{path}?notice=left"
    assert "3rd in line" not in words(client.get(path))


def test_a_full_date_among_the_near_misses_lets_a_group_wait(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db, seats=2), make_focal_point(db)
        for _ in range(2):
            confirm_new(db, slot.id, desk)
        request = make_request(db, actor=focal)
    sign_in(client, database, focal)
    page = client.get(f"/requests/{request.id}/matches")
    assert "Wait in line for 2 seats" in words(page)

    joined = send(client, page, f"/requests/{request.id}/cohorts")

    assert "First in line." in words(client.get(joined.headers["location"]))


def test_a_seat_is_passed_on_from_page_to_page(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        _, booking = name_new(db, focal, block.id, desk)
    sign_in(client, database, focal)
    path = f"/bookings/{booking.id}/replacement"
    assert f'href="{path}"' in client.get(f"/cohorts/{block.id}").text
    page = client.get(path)

    wrong = send(client, page, path, name="Ngozi", email="nobody")
    done = send(client, page, path, name="Ngozi Åström", email="ngozi@people.example", form_key="n")

    assert (wrong.status_code, 'value="Ngozi"' in wrong.text) == (422, True)
    assert done.headers["location"] == f"/cohorts/{block.id}?notice=replaced"
    shown = words(client.get(done.headers["location"]))
    assert "Ngozi Åström" in shown
    assert "took over a seat" in shown
    with database.read() as db:
        assert state_of(db, booking.id) == S.CANCELLED


def test_the_release_date_is_moved_on_the_page_of_the_block(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 2, release_at=NOW + timedelta(days=2))
    sign_in(client, database, focal)
    page = client.get(f"/cohorts/{block.id}")
    assert "2 seats without a name go back in 2 days." in words(page)
    assert "2 seats without a name go back in 2 days." in words(client.get("/me"))
    path = f"/cohorts/{block.id}/release-date"

    late = send(client, page, path, release_at="2099-01-01T09:00")
    later = NOW + timedelta(days=20)
    done = send(client, page, path, release_at=f"{later:%Y-%m-%dT%H:%M}", form_key="m")

    assert (late.status_code, "after the slot begins" in words(late)) == (422, True)
    assert done.headers["location"] == f"/cohorts/{block.id}?notice=saved"
    assert "go back in" not in words(client.get("/me"))


def test_a_focal_point_sees_who_has_answered(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 3)
        name_new(db, focal, block.id, desk)
        actor, booking = name_new(db, focal, block.id, desk)
        seats.confirm_booking(db, actor, booking.id, desk)
    sign_in(client, database, focal)

    shown = words(client.get("/me"))

    assert "Have not answered yet 1" in shown
    assert "Confirmed 1" in shown
    assert "1 of 3 open" in shown


def test_whoever_was_named_sees_by_whom(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot, focal = make_slot(db), make_focal_point(db)
        block = take_block(db, focal, slot.id, desk, 1)
        actor, booking = name_new(db, focal, block.id, desk)
    sign_in(client, database, actor)

    assert "Named by Focal point of KE" in words(client.get(f"/bookings/{booking.id}"))


def test_a_provider_sees_which_decisions_wait_for_it(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, decision_hours=48)
        confirm_new(db, slot.id, desk, name="Amina Sample")
        owner = owner_of(db, slot.provider_id)
    sign_in(client, database, owner)

    shown = words(client.get(f"/provider/{slot.provider_id}"))

    assert "Decisions waiting for you 1" in shown
    assert "Amina Sample" in shown
    assert "2 days" in shown


def test_a_trainee_sees_the_time_that_is_left(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        actor, _ = book_new(db, make_slot(db).id, desk)
    hands.on(minutes=3)
    sign_in(client, database, actor)

    assert "12 minutes left" in words(client.get("/me"))
