"""What else there is for somebody whose date was cancelled, or who found no seat."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import Session

from app.accounts.rules import VISITOR, Actor
from app.booking.models import Booking
from app.booking.schemas import BookSeatIn
from app.booking.service.desk import Desk
from app.booking.service.seats import book_seat
from app.booking.service.slots import cancel_slot
from app.core.db import Database
from app.core.errors import NotFoundError
from app.main import API_PREFIX
from app.matching.service import alternatives_of_booking, alternatives_of_slot
from app.registry.models import Course, Slot
from app.registry.schemas.inputs import CancellationIn
from tests.factories import (
    NOW,
    bearer,
    login,
    make_course,
    make_provider,
    make_slot,
    make_trainee,
    owner_of,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

DESK = Desk(clock=lambda: NOW)


def dated(db: Session, course: Course, days: float, **facts: Any) -> Slot:
    """A slot of the course, so many days from now."""
    starts_at = NOW + timedelta(days=days)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    return make_slot(db, course, **times, **facts)


def cancelled_for(db: Session, actor: Actor, course: Course, days: float = 30) -> Booking:
    """A booking of the actor, whose date was cancelled."""
    slot = dated(db, course, days)
    booking = book_seat(db, actor, slot.id, BookSeatIn(), DESK)
    cancel_slot(db, owner_of(db, slot.provider_id), slot.id, CancellationIn(), DESK)
    return booking


def found_by(db: Session, actor: Actor, booking: Booking) -> list[Any]:
    """The dates that are offered instead."""
    found = alternatives_of_booking(db, actor, booking.id, now=NOW)
    return [each.slot.id for each in found]


def test_a_cancelled_date_offers_later_dates_of_its_course_first(database: Database) -> None:
    with database.write() as db:
        course, person = make_course(db), make_trainee(db)
        booking = cancelled_for(db, person, course)
        early, late, near = (dated(db, course, days) for days in (20, 60, 40))
        same = dated(db, make_course(db), 31)

        found = alternatives_of_booking(db, person, booking.id, now=NOW)

        assert [each.slot.id for each in found] == [near.id, late.id, same.id]
        assert [each.same_course for each in found] == [True, True, False]
        assert early.id not in {each.slot.id for each in found}


def test_an_earlier_date_is_better_than_none(database: Database) -> None:
    with database.write() as db:
        course, person = make_course(db), make_trainee(db)
        booking = cancelled_for(db, person, course)
        early = dated(db, course, 20)

        assert found_by(db, person, booking) == [early.id]


def test_a_course_of_one_level_less_comes_last_and_says_so(database: Database) -> None:
    with database.write() as db:
        person = make_trainee(db)
        booking = cancelled_for(db, person, make_course(db, level=3))
        lower = dated(db, make_course(db, level=2), 31)
        dated(db, make_course(db, level=1), 32)
        same = dated(db, make_course(db, level=3), 60)

        found = alternatives_of_booking(db, person, booking.id, now=NOW)

        assert [(each.slot.id, each.levels_short) for each in found] == [
            (same.id, 0),
            (lower.id, 1),
        ]


def test_only_languages_that_the_person_knows_are_offered(database: Database) -> None:
    with database.write() as db:
        reader, unknown = make_trainee(db, languages=("fr",)), make_trainee(db)
        course = make_course(db)
        booking = cancelled_for(db, reader, course)
        english, french = dated(db, course, 40), dated(db, make_course(db, languages=["fr"]), 41)

        assert found_by(db, reader, booking) == [french.id]
        other = cancelled_for(db, unknown, course, 33)
        assert found_by(db, unknown, other) == [english.id, french.id]


@pytest.mark.parametrize(
    "facts", [{"status": "tentative"}, {"status": "draft"}, {"apply_by": NOW + timedelta(hours=1)}]
)
def test_what_cannot_be_booked_is_no_alternative(database: Database, facts: dict[str, Any]) -> None:
    with database.write() as db:
        course, person = make_course(db), make_trainee(db)
        booking = cancelled_for(db, person, course)
        dated(db, course, 40, **facts)

        later = NOW + timedelta(hours=2)
        assert alternatives_of_booking(db, person, booking.id, now=later) == []


def test_a_full_date_and_ones_own_are_no_alternatives(database: Database) -> None:
    with database.write() as db:
        course, person = make_course(db), make_trainee(db)
        booking = cancelled_for(db, person, course)
        full, own = dated(db, course, 40, seats=1), dated(db, course, 50)
        book_seat(db, make_trainee(db), full.id, BookSeatIn(), DESK)
        book_seat(db, person, own.id, BookSeatIn(), DESK)

        assert found_by(db, person, booking) == []


def test_a_course_that_does_not_admit_the_persons_country_is_not_offered(
    database: Database,
) -> None:
    with database.write() as db:
        person = make_trainee(db, country="KE")
        booking = cancelled_for(db, person, make_course(db))
        dated(db, make_course(db, eligible_countries=["GH"]), 40)
        admitted = dated(db, make_course(db, eligible_countries=["KE"]), 41)

        assert found_by(db, person, booking) == [admitted.id]


def test_a_course_on_other_products_is_not_offered(database: Database) -> None:
    with database.write() as db:
        person = make_trainee(db)
        booking = cancelled_for(db, person, make_course(db, platforms=["vaccines", "biologics"]))
        dated(db, make_course(db, platforms=["small-molecule"]), 40)
        biologics = dated(db, make_course(db, platforms=["biologics"]), 41)

        assert found_by(db, person, booking) == [biologics.id]


def test_strangers_learn_nothing_of_a_booking(database: Database) -> None:
    with database.write() as db:
        booking = cancelled_for(db, make_trainee(db), make_course(db))
        with pytest.raises(NotFoundError):
            alternatives_of_booking(db, make_trainee(db), booking.id, now=NOW)


def test_a_draft_has_alternatives_for_nobody_else(database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, status="draft")
        with pytest.raises(NotFoundError):
            alternatives_of_slot(db, VISITOR, slot.id, now=NOW)


def test_the_api_lists_alternatives(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        course, person = make_course(db, make_provider(db)), make_trainee(db)
        booking = cancelled_for(db, person, course)
        other = dated(db, course, 40)
        headers = bearer(db, person)

    own = client.get(f"{API_PREFIX}/bookings/{booking.id}/alternatives", headers=headers)
    public = client.get(f"{API_PREFIX}/slots/{booking.slot_id}/alternatives")

    assert [each["slot"]["id"] for each in own.json()["items"]] == [str(other.id)]
    assert public.json() == own.json()
    assert client.get(f"{API_PREFIX}/bookings/{booking.id}/alternatives").status_code == 401


def test_the_pages_of_a_cancelled_date_and_its_booking_lead_to_others(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        course, person = make_course(db), make_trainee(db)
        booking = cancelled_for(db, person, course)
        other = dated(db, course, 40)
        cookie = login(db, person)

    public = client.get(f"/slots/{booking.slot_id}").text
    client.cookies.set("cadre_login", cookie)
    own = client.get(f"/bookings/{booking.id}").text

    for page in (public, own):
        assert 'href="#alternatives"' in page
        assert f'href="/slots/{other.id}"' in page.partition('id="alternatives"')[2]
