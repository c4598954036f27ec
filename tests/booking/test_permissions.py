"""Who may call what: every route about seats, called by everybody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlmodel import Session

from app.accounts.rules import Actor
from app.booking import api, pages
from app.booking.rules.shares import Group
from app.booking.schemas import ShareIn
from app.booking.service import seats
from app.booking.service.desk import Desk
from app.booking.service.sponsors import keep_seats
from app.core.config import Settings
from app.core.db import Database
from app.main import API_PREFIX, create_app
from app.qualifications.schemas.qualifications import QualificationIn
from app.qualifications.service.qualifications import claim
from app.registry.rules import Route
from tests.booking.people import Hands, book, name_new, take_block
from tests.factories import (
    NOW,
    bearer,
    login,
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

WHO = (
    *("anonymous", "trainee", "other trainee", "provider", "other provider"),
    *("focal", "other focal", "secretariat"),
)
STATUSES = {
    # What everybody gets, in the order of WHO. The fixture says whose things they are.
    "GET /me/bookings": (401, 200, 200, 200, 200, 200, 200, 200),
    "POST /slots/{slot}/bookings": (401, 409, 201, 201, 201, 201, 201, 201),
    "GET /slots/{slot}/bookings": (401, 404, 404, 200, 404, 404, 404, 200),
    "PATCH /slots/{slot}": (401, 403, 403, 200, 403, 403, 403, 403),
    "POST /slots/{slot}/cancellation": (401, 403, 403, 200, 403, 403, 403, 403),
    "POST /slots/{draft}/bookings": (401, 404, 404, 409, 404, 404, 404, 409),
    "PATCH /slots/{draft}": (401, 404, 404, 200, 404, 404, 404, 403),
    "GET /bookings/{held}": (401, 200, 404, 200, 404, 404, 404, 200),
    "POST /bookings/{held}/confirmation": (401, 200, 404, 403, 404, 404, 404, 403),
    "POST /bookings/{held}/cancellation": (401, 200, 404, 200, 404, 404, 404, 200),
    "POST /bookings/{begun}/attendance": (401, 403, 404, 200, 404, 404, 404, 200),
    "GET /slots/{slot}/attendance": (401, 404, 404, 200, 404, 404, 404, 200),
    "POST /slots/{slot}/attendance": (401, 404, 404, 200, 404, 404, 404, 200),
    "POST /bookings/{applied}/offer": (401, 403, 404, 200, 404, 404, 404, 403),
    "POST /bookings/{asked}/approval": (401, 403, 404, 200, 404, 404, 404, 200),
    "POST /bookings/{asked}/rejection": (401, 403, 404, 200, 404, 404, 404, 200),
    "POST /slots/{planned}/interest": (401, 201, 201, 201, 201, 201, 201, 201),
    "GET /bookings/{named}": (401, 404, 404, 200, 404, 200, 404, 200),
    "POST /bookings/{named}/confirmation": (401, 404, 404, 403, 404, 403, 404, 403),
    "POST /bookings/{named}/cancellation": (401, 404, 404, 200, 404, 200, 404, 200),
    "GET /requests/{request}/cohorts": (401, 404, 404, 404, 404, 200, 404, 200),
    "POST /requests/{request}/cohorts": (401, 404, 404, 404, 404, 201, 404, 403),
    "GET /requests/{request}/fulfilment": (404, 404, 404, 404, 404, 200, 404, 200),
    "POST /requests/{request}/withdrawal": (401, 404, 404, 404, 404, 409, 404, 403),
    "POST /requests/{request}/merge": (401, 404, 404, 404, 404, 409, 404, 409),
    "GET /cohorts/{block}": (401, 404, 404, 404, 404, 200, 404, 200),
    "POST /cohorts/{block}/nominations": (401, 404, 404, 404, 404, 201, 404, 403),
    "POST /cohorts/{block}/release": (401, 404, 404, 404, 404, 200, 404, 200),
    "POST /cohorts/{block}/release-date": (401, 404, 404, 404, 404, 200, 404, 200),
    "POST /bookings/{named}/replacement": (401, 404, 404, 403, 404, 201, 404, 201),
    "GET /slots/{slot}/shares": (200, 200, 200, 200, 200, 200, 200, 200),
    "POST /slots/{slot}/shares": (401, 403, 403, 201, 403, 403, 403, 403),
    "POST /shares/{share}/end": (401, 404, 404, 200, 404, 404, 404, 403),
    "GET /slots/{chosen}/selection": (401, 404, 404, 200, 404, 404, 404, 200),
    "POST /slots/{chosen}/selection": (401, 404, 404, 409, 404, 404, 404, 403),
    "GET /slots/{slot}/path": (401, 200, 200, 200, 200, 200, 200, 200),
    "GET /slots/{slot}/waivers": (401, 404, 404, 200, 404, 404, 404, 200),
    "POST /slots/{gated}/waivers": (401, 403, 403, 201, 403, 403, 403, 201),
    "GET /qualifications": (401, 404, 404, 200, 200, 404, 404, 200),
    "GET /qualifications/{claimed}": (401, 200, 404, 200, 404, 404, 404, 200),
    "POST /qualifications/{claimed}/verification": (401, 403, 404, 200, 404, 404, 404, 200),
    "POST /qualifications/{proved}/revocation": (401, 403, 404, 200, 404, 404, 404, 200),
}
PAGES = {
    "GET /me": (303, 200, 200, 200, 200, 200, 200, 200),
    "GET /slots/{slot}/roster": (303, 404, 404, 200, 404, 404, 404, 200),
    "GET /provider/slots/{slot}/attendance": (303, 404, 404, 200, 404, 404, 404, 200),
    "POST /provider/slots/{slot}/attendance": (303, 404, 404, 303, 404, 404, 404, 303),
    "GET /provider/slots/{slot}/roster/print": (303, 404, 404, 200, 404, 404, 404, 200),
    "GET /provider/slots/{slot}/roster.csv": (303, 404, 404, 200, 404, 404, 404, 200),
    "GET /slots/{slot}/edit": (303, 403, 403, 200, 403, 403, 403, 403),
    "GET /slots/{draft}/edit": (303, 404, 404, 200, 404, 404, 404, 403),
    "GET /slots/{slot}/cancellation": (303, 403, 403, 200, 403, 403, 403, 403),
    "GET /bookings/{held}": (303, 200, 404, 200, 404, 404, 404, 200),
    "GET /bookings/{named}": (303, 404, 404, 200, 404, 200, 404, 200),
    "GET /requests/{request}/seats": (303, 404, 404, 404, 404, 200, 404, 200),
    "GET /cohorts/{block}": (303, 404, 404, 404, 404, 200, 404, 200),
    "GET /bookings/{named}/replacement": (303, 404, 404, 404, 404, 200, 404, 200),
    "POST /bookings/{named}/replacement": (303, 404, 404, 403, 404, 303, 404, 303),
    "POST /cohorts/{block}/release-date": (303, 404, 404, 404, 404, 303, 404, 303),
    "POST /slots/{slot}/bookings": (303, 409, 303, 303, 303, 303, 303, 303),
    "POST /slots/{slot}/edit": (303, 403, 403, 303, 403, 403, 403, 403),
    "POST /slots/{slot}/cancellation": (303, 403, 403, 303, 403, 403, 403, 403),
    "POST /bookings/{held}/confirmation": (303, 303, 404, 403, 404, 404, 404, 403),
    "POST /bookings/{held}/cancellation": (303, 303, 404, 303, 404, 404, 404, 303),
    "POST /bookings/{begun}/attendance": (303, 403, 404, 303, 404, 404, 404, 303),
    "POST /bookings/{applied}/offer": (303, 403, 404, 303, 404, 404, 404, 403),
    "POST /bookings/{asked}/approval": (303, 403, 404, 303, 404, 404, 404, 303),
    "POST /bookings/{asked}/rejection": (303, 403, 404, 303, 404, 404, 404, 303),
    "POST /slots/{planned}/interest": (303, 303, 303, 303, 303, 303, 303, 303),
    "POST /requests/{request}/cohorts": (303, 404, 404, 404, 404, 303, 404, 403),
    "GET /requests/{request}/withdrawal": (303, 404, 404, 404, 404, 200, 404, 403),
    "POST /requests/{request}/withdrawal": (303, 404, 404, 404, 404, 422, 404, 403),
    "GET /requests/{request}/merge": (303, 404, 404, 404, 404, 200, 404, 200),
    "POST /requests/{request}/merge": (303, 404, 404, 404, 404, 409, 404, 409),
    "POST /cohorts/{block}/nominations": (303, 404, 404, 404, 404, 303, 404, 403),
    "POST /cohorts/{block}/release": (303, 404, 404, 404, 404, 303, 404, 303),
    "GET /provider/slots/{slot}/seats": (303, 404, 404, 200, 404, 404, 404, 200),
    "POST /provider/slots/{slot}/seats": (303, 403, 403, 303, 403, 403, 403, 403),
    "POST /shares/{share}/end": (303, 404, 404, 303, 404, 404, 404, 403),
    "GET /provider/slots/{chosen}/selection": (303, 404, 404, 200, 404, 404, 404, 200),
    "POST /provider/slots/{chosen}/selection": (303, 404, 404, 409, 404, 404, 404, 403),
    "GET /slots/{slot}/requirements": (303, 404, 404, 200, 404, 404, 404, 200),
    "POST /slots/{gated}/waivers": (303, 403, 403, 303, 403, 403, 403, 303),
    "GET /qualifications": (303, 404, 404, 200, 200, 404, 404, 200),
    "GET /qualifications/{claimed}": (303, 200, 404, 200, 404, 404, 404, 200),
    "POST /qualifications/{claimed}/verification": (303, 403, 404, 303, 404, 404, 404, 303),
    "POST /qualifications/{proved}/revocation": (303, 403, 404, 303, 404, 404, 404, 303),
}
BODIES: dict[str, dict[str, Any]] = {
    "POST /slots/{slot}/shares": {"kept_for": "women", "seats": 1},
    "POST /provider/slots/{slot}/seats": {"kept_for": "women", "seats": 1},
    "POST /shares/{share}/end": {"reason": "Not needed."},
    "POST /slots/{gated}/waivers": {"email": "new@people.example", "name": "New", "reason": "x"},
    "POST /qualifications/{claimed}/verification": {"verified": "true"},
    "POST /qualifications/{proved}/revocation": {"reason": "Copied."},
    "POST /provider/slots/{slot}/attendance": {"assessed": "true"},
    "POST /bookings/{asked}/rejection": {"reason": "No visa in time."},
    "PATCH /slots/{slot}": {"note": "Bring shoes."},
    "PATCH /slots/{draft}": {"note": "Bring shoes."},
    "POST /requests/{request}/cohorts": {"slot": "{spare}", "seats": 1},
    "POST /requests/{request}/withdrawal": {"reason": "No longer needed."},
    "POST /requests/{request}/merge": {"into": "{request}", "reason": "Filed twice."},
    "POST /cohorts/{block}/nominations": {"email": "new@people.example", "name": "New"},
    "POST /bookings/{named}/replacement": {"email": "new@people.example", "name": "New"},
    "POST /cohorts/{block}/release-date": {"release_at": f"{NOW + timedelta(days=2):%FT%TZ}"},
    "POST /slots/{slot}/edit": {"course": "{course}", "status": "confirmed", "note": "Shoes."},
}


@dataclass(frozen=True, slots=True)
class World:
    """Ids for the paths, and everybody of :data:`WHO` who signs in."""

    ids: dict[str, str]
    actors: dict[str, Actor]


@pytest.fixture
def world(database: Database, desk: Desk, hands: Hands) -> World:
    """One slot with its people, one applicant, one slot that has begun, one block."""
    with database.write() as db:
        provider = make_provider(db)
        course = make_course(db, provider)
        actors = {
            "trainee": make_trainee(db),
            "other trainee": make_trainee(db),
            "provider": owner_of(db, provider.id),
            "other provider": owner_of(db, make_provider(db).id),
            "focal": make_focal_point(db, "KE"),
            "other focal": make_focal_point(db, "GH"),
            "secretariat": make_secretariat(db),
        }
        slot = make_slot(db, course, seats=12)
        own, focal = actors["trainee"], actors["focal"]
        block = take_block(db, focal, slot.id, desk, 3)
        chosen = make_slot(db, course, route=Route.SELECTION, **_ANOTHER_DAY)
        women = ShareIn(kept_for=Group.WOMEN, seats=1)
        ids = {
            "course": course.id,
            "slot": slot.id,
            "spare": make_slot(db, course).id,
            "draft": make_slot(db, course, status="draft").id,
            "held": book(db, own, slot.id, desk).id,
            "named": name_new(db, focal, block.id, desk)[1].id,
            "chosen": chosen.id,
            "applied": book(db, own, chosen.id, desk).id,
            "share": keep_seats(db, actors["provider"], slot.id, women, desk).id,
            "asked": _asked(db, own, make_slot(db, course, **_CLEARED).id, desk),
            "planned": make_slot(db, course, status="tentative").id,
            "begun": _begun(db, own, make_slot(db, course, starts_at=NOW, **_SOON).id, desk, hands),
            "block": block.id,
            "request": block.request_id,
            "gated": make_slot(db, make_course(db, provider, prerequisites=[course.slug])).id,
            "proved": make_qualification(db, own.identified(), course).id,
            "claimed": claim(db, own, QualificationIn.model_validate(_CLAIM), now=NOW).id,
        }
        return World({name: str(each) for name, each in ids.items()}, actors)


_CLAIM = {"kind": "nda", "issuer": "Elsewhere", "issued_on": f"{NOW:%F}"}
_SOON: dict[str, Any] = {"ends_at": NOW + timedelta(hours=2)}
# The trainee has a seat on the day of the other slots, and is in one place at a time.
_ANOTHER_DAY: dict[str, Any] = {
    "starts_at": NOW + timedelta(days=40),
    "ends_at": NOW + timedelta(days=40, hours=2),
}


_CLEARED: dict[str, Any] = {
    "starts_at": NOW + timedelta(days=60),
    "ends_at": NOW + timedelta(days=60, hours=2),
    "decision_hours": 48,
}


def _asked(db: Session, actor: Actor, slot_id: Any, desk: Desk) -> Any:
    """A seat that waits for the provider's decision."""
    return seats.confirm_booking(db, actor, book(db, actor, slot_id, desk).id, desk).id


def _begun(db: Session, actor: Actor, slot_id: Any, desk: Desk, hands: Hands) -> Any:
    """A confirmed booking of a slot that begins now."""
    hands.at = NOW - timedelta(minutes=5)
    booking = seats.confirm_booking(db, actor, book(db, actor, slot_id, desk).id, desk)
    hands.at = NOW
    return booking.id


@pytest.fixture
def sqlite_client(
    sqlite_database: Database, settings: Settings, hands: Hands
) -> "Iterator[TestClient]":
    """A client on SQLite only: permission is decided before the databases differ."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - as in the common fixture

    app = create_app(sqlite_database, settings, clock=hands)
    with TestClient(app, base_url=settings.base_url, follow_redirects=False) as client:
        yield client


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What the client is on."""
    return sqlite_database


@pytest.mark.parametrize("route", STATUSES)
def test_a_call_is_answered_by_who_calls(
    sqlite_client: "TestClient", database: Database, world: World, route: str
) -> None:
    method, _, path = route.partition(" ")
    body = {name: _filled(value, world) for name, value in BODIES.get(route, {}).items()}
    found = []
    for who in _harmless_first(STATUSES[route]):
        with database.write() as db:
            headers = bearer(db, world.actors[who]) if who in world.actors else {}
        url = f"{API_PREFIX}{_filled(path, world)}"
        json = body if method != "GET" else None
        answer = sqlite_client.request(method, url, headers=headers, json=json)
        found.append((who, answer.status_code))

    _assert_as_expected(found, STATUSES[route])


@pytest.mark.parametrize("route", PAGES)
def test_a_page_is_shown_by_who_asks(
    sqlite_client: "TestClient", database: Database, world: World, route: str
) -> None:
    method, _, path = route.partition(" ")
    body = {name: _filled(value, world) for name, value in BODIES.get(route, {}).items()}
    found = []
    for who in _harmless_first(PAGES[route]):
        sqlite_client.cookies.clear()
        if who in world.actors:
            with database.write() as db:
                sqlite_client.cookies.set("cadre_login", login(db, world.actors[who]))
        data = body if method != "GET" else None
        answer = sqlite_client.request(method, _filled(path, world), data=data)
        found.append((who, answer.status_code))
        to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
        assert to_sign_in == (who == "anonymous")

    _assert_as_expected(found, PAGES[route])


def test_every_route_about_seats_is_walked() -> None:
    """A new route must take its place in the tables above."""

    def served(router: APIRouter) -> set[str]:
        return {
            _shape(f"{method} {route.path}")
            for route in _routes(router)
            for method in route.methods or ()
        }

    assert served(api.router) == {_shape(route) for route in STATUSES}
    assert served(pages.router) == {_shape(route) for route in PAGES}


def _routes(router: APIRouter) -> Iterator[APIRoute]:
    """The routes of a router and of those that it includes."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif included := getattr(route, "original_router", None):
            yield from _routes(included)


def _shape(route: str) -> str:
    return re.sub(r"\{\w+\}", "{}", route)


def _harmless_first(statuses: tuple[int, ...]) -> list[str]:
    """Everybody, those who are refused first: one success may change things for the next."""
    ranked = sorted(zip(statuses, WHO, strict=True), key=lambda pair: pair[0] < 400)
    return [who for _, who in ranked]


def _assert_as_expected(found: list[tuple[str, int]], expected: tuple[int, ...]) -> None:
    """Each status as the table says; 409 for who may, once somebody else has done it."""
    done = False
    for who, status in found:
        wanted = expected[WHO.index(who)]
        assert status == wanted or (done and wanted < 400 and status == 409), (who, status)
        done = done or status in (200, 201, 303)


def _filled(text: Any, world: World) -> Any:
    return text.format(**world.ids) if isinstance(text, str) else text
