"""Booking by plain forms: no script, one effect, every refusal in words."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.booking.rules import BookingState
from app.booking.schemas import CancelIn
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.core.db import Database
from tests.booking.browsing import forms_of, send, sign_in, words
from tests.booking.people import (
    Hands,
    assert_counters,
    book,
    book_new,
    confirm_new,
    seats_of,
    state_of,
)
from tests.factories import (
    NOW,
    make_slot,
    make_trainee,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


S = BookingState


def test_a_trainee_goes_from_the_slot_to_a_confirmed_seat(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=2)
        actor = make_trainee(db, zone="Europe/Lisbon")
    assert f"/sign-in?next=/slots/{slot.id}" in client.get(f"/slots/{slot.id}").text
    sign_in(client, database, actor)

    page = client.get(f"/slots/{slot.id}")
    booked = send(client, page, f"/slots/{slot.id}/bookings", note="أحتاج إلى مقعد قريب")

    assert booked.status_code == 303
    assert booked.headers["location"].startswith("/bookings/")
    assert booked.headers["location"].endswith("?notice=held")
    page = client.get(booked.headers["location"])
    assert "A seat is held for you. Confirm it to keep it." in words(page)
    assert "Nairobi, UTC+3" in words(page)
    assert "in Lisbon" in words(page)
    assert 'dir="auto">أحتاج إلى مقعد قريب</dd>' in page.text
    path = booked.headers["location"].partition("?")[0]
    confirmed = send(client, page, f"{path}/confirmation")
    page = client.get(confirmed.headers["location"])
    assert "Your seat is confirmed." in words(page)
    assert "/me/calendar" in page.text
    assert f"/slots/{slot.id}.ics" in page.text
    assert "Your seat is confirmed." in words(client.get(f"/slots/{slot.id}"))
    ended = send(client, page, f"{path}/cancellation", reason="ill")
    assert ended.headers["location"] == f"{path}?notice=cancelled"
    assert_counters(database)
    with database.read() as db:
        assert seats_of(db, slot.id) == (0, 0)


def test_a_form_sent_twice_books_once(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=5)
        actor = make_trainee(db)
    sign_in(client, database, actor)
    page = client.get(f"/slots/{slot.id}")

    first, second = (send(client, page, f"/slots/{slot.id}/bookings") for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    path = first.headers["location"].partition("?")[0]
    page = client.get(path)
    again = [send(client, page, f"{path}/confirmation").status_code for _ in range(2)]
    assert again == [303, 303]
    with database.read() as db:
        assert seats_of(db, slot.id) == (1, 0)


def test_a_form_of_another_site_does_nothing(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db)
        actor = make_trainee(db)
    sign_in(client, database, actor)

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = client.post(f"/slots/{slot.id}/bookings", headers=headers)
        assert answer.status_code == 403

    with database.read() as db:
        assert seats_of(db, slot.id) == (0, 0)


def test_a_full_slot_offers_its_waiting_list(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        confirm_new(db, slot.id, desk)
        book_new(db, slot.id, desk)
        actor = make_trainee(db)
    sign_in(client, database, actor)
    page = client.get(f"/slots/{slot.id}")
    assert "You would be number 2 in line." in words(page)

    booked = send(client, page, f"/slots/{slot.id}/bookings")

    assert booked.headers["location"].endswith("?notice=waitlisted")
    page = client.get(booked.headers["location"])
    assert "You are number 2 on the waiting list." in words(page)
    assert "Leave the list" in words(page)
    assert "You are number 2 on the waiting list." in words(client.get("/me"))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"status": "tentative"}, "Seats can be taken once the provider has confirmed it."),
        ({"apply_by": NOW - timedelta(hours=1)}, "The deadline has passed"),
    ],
)
def test_a_slot_says_why_no_seat_can_be_taken(
    client: "TestClient", database: Database, facts: dict[str, Any], sentence: str
) -> None:
    with database.write() as db:
        slot = make_slot(db, **facts)
        actor = make_trainee(db)
    sign_in(client, database, actor)

    page = client.get(f"/slots/{slot.id}")
    refused = client.post(f"/slots/{slot.id}/bookings", data={})

    assert sentence in words(page)
    assert f"/slots/{slot.id}/bookings" not in forms_of(page)
    assert refused.status_code == 409
    assert "Seats of this slot cannot be booked now." in words(refused)


def test_a_note_that_is_too_long_comes_back_with_what_was_typed(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        actor = make_trainee(db)
    sign_in(client, database, actor)

    answer = client.post(f"/slots/{slot.id}/bookings", data={"note": "读" * 10_000})

    assert answer.status_code == 422
    assert "Please use at most 4000 characters." in words(answer)
    assert "读" * 10_000 in answer.text
    with database.read() as db:
        assert seats_of(db, slot.id) == (0, 0)


def test_an_offer_can_be_declined_and_says_until_when_it_stands(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    with database.write() as db:
        slot = make_slot(db, seats=1)
        first, seat = confirm_new(db, slot.id, desk)
        actor = make_trainee(db)
        booking = book(db, actor, slot.id, desk)
        seats.cancel_booking(db, first, seat.id, CancelIn(), desk)
    sign_in(client, database, actor)
    page = client.get(f"/bookings/{booking.id}")
    assert "A seat is offered to you." in words(page)
    until = (NOW + timedelta(hours=48)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f'datetime="{until}"' in page.text

    send(client, page, f"/bookings/{booking.id}/cancellation")

    with database.read() as db:
        assert state_of(db, booking.id) == S.DECLINED


def test_what_cannot_be_done_any_more_is_said_on_the_page(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        slot = make_slot(db)
        actor = make_trainee(db)
        booking = book(db, actor, slot.id, desk)
    sign_in(client, database, actor)
    page = client.get(f"/bookings/{booking.id}")
    hands.on(minutes=16)

    late = send(client, page, f"/bookings/{booking.id}/confirmation")

    assert late.status_code == 409
    assert "This seat was not confirmed in time and went back." in words(late)


def test_the_join_link_appears_with_the_confirmation(
    client: "TestClient", database: Database, desk: Desk
) -> None:
    link = "https://meet.example/secret"
    with database.write() as db:
        starts = NOW + timedelta(days=30)
        meeting = {"starts_at": starts, "ends_at": starts + timedelta(hours=1), "join_url": link}
        slot = make_slot(db, meetings=[meeting])
        actor = make_trainee(db)
        booking = book(db, actor, slot.id, desk)
    sign_in(client, database, actor)
    page = client.get(f"/bookings/{booking.id}")
    assert link not in page.text

    send(client, page, f"/bookings/{booking.id}/confirmation")

    assert link in client.get(f"/bookings/{booking.id}").text
    assert link not in client.get(f"/slots/{slot.id}").text


def test_my_page_starts_empty_and_then_sorts_by_date(
    client: "TestClient", database: Database, desk: Desk, hands: Hands
) -> None:
    with database.write() as db:
        actor = make_trainee(db)
        later, sooner, over = (
            make_slot(
                db, starts_at=NOW + timedelta(days=day), ends_at=NOW + timedelta(days=day + 1)
            )
            for day in (9, 5, 2)
        )
    sign_in(client, database, actor)
    assert "No booking yet" in words(client.get("/me"))
    with database.write() as db:
        bookings = [book(db, actor, each.id, desk) for each in (later, sooner, over)]
        for booking in bookings:
            seats.confirm_booking(db, actor, booking.id, desk)
    hands.on(days=4)
    page = client.get("/me").text

    places = [page.index(f"/bookings/{booking.id}") for booking in bookings]

    assert places[1] < places[0] < page.index("Past and ended") < places[2]
