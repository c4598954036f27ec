"""Private feeds: what one person or one country sees, and for how long (R11 to R14)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from app.accounts.models import Membership, User
from app.accounts.rules import Actor, token_hash
from app.booking.models import Booking
from app.booking.schemas import BookSeatIn, CancelIn, CohortIn, NominationIn
from app.booking.service import cohorts, nominations, seats
from app.booking.service.desk import Desk
from app.calendars.models import FeedToken
from app.calendars.rules import FEEDS_MAX
from app.calendars.schemas import FeedIn
from app.calendars.service import make_feed
from app.core.config import Settings
from app.core.db import Database
from app.core.outbox import AuditEntry, OutboxEvent
from app.main import create_app
from app.registry.models import Slot
from app.registry.schemas.inputs import CancellationIn, FacilityPatch
from app.registry.service.facilities import edit_facility
from app.registry.service.slots import cancel_slot
from tests.calendars.examples import events, properties, unescaped
from tests.calendars.test_contents import blocks, hands_on
from tests.calendars.test_ical import assert_well_formed
from tests.factories import (
    NOW,
    bearer,
    make_focal_point,
    make_request,
    make_slot,
    make_trainee,
    owner_of,
)

DESK = Desk(clock=lambda: NOW)
JOIN = "https://meet.example/secret-room"


def subscribe(db: Session, actor: Actor, **fields: Any) -> str:
    """The path of a new private feed."""
    made = make_feed(db, actor, FeedIn(**fields), now=NOW)
    assert made.url is not None
    return made.url.removeprefix("http://testserver")


def booked(db: Session, actor: Actor, slot: Slot, *, confirm: bool = False) -> Booking:
    """A seat of the actor, held or confirmed."""
    booking = seats.book_seat(db, actor, slot.id, BookSeatIn(), DESK)
    return seats.confirm_booking(db, actor, booking.id, DESK) if confirm else booking


def shown(client: TestClient, path: str) -> list[dict[str, str]]:
    """The events at ``path``."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert_well_formed(answer.content)
    return events(answer.content)


def test_a_held_seat_is_tentative_and_a_confirmed_one_shows_where_to_join(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        trainee = make_trainee(db)
        slot = make_slot(db, meetings=blocks(2, join_url=JOIN))
        path = subscribe(db, trainee)
        booking = booked(db, trainee, slot)
    held = shown(client, path)
    with database.write() as db:
        seats.confirm_booking(db, trainee, booking.id, DESK)

    confirmed = shown(client, path)

    assert [e["SUMMARY"] for e in held] == [f"Seat held: Aseptic filling ({n}/2)" for n in (1, 2)]
    assert {e["STATUS"] for e in held} == {"TENTATIVE"}
    assert "secret-room" not in "".join(value for e in held for value in e.values())
    assert [e["SUMMARY"] for e in confirmed] == [f"Aseptic filling ({n}/2)" for n in (1, 2)]
    for old, new in zip(held, confirmed, strict=True):
        assert new["UID"] == old["UID"]
        assert re.fullmatch(rf"bk-{booking.id}-[0-9a-f-]{{36}}@cadre\.example", new["UID"])
        assert int(new["SEQUENCE"]) > int(old["SEQUENCE"])
        assert new["LAST-MODIFIED"] > old["LAST-MODIFIED"]
        assert new["STATUS"] == "CONFIRMED"
        assert new["CONFERENCE"] == JOIN
        assert f"Join: {JOIN}" in unescaped(new["DESCRIPTION"]).split("\n")


def test_other_ends_of_a_claim(client: TestClient, database: Database) -> None:
    with database.write() as db:
        trainee, other = make_trainee(db), make_trainee(db)
        full = make_slot(db, seats=1)
        booked(db, other, full)
        booked(db, trainee, full)
        ended = booked(db, trainee, make_slot(db))
        seats.cancel_booking(db, trainee, ended.id, CancelIn(), DESK)
        off = make_slot(db)
        booked(db, trainee, off, confirm=True)
        reason = CancellationIn()
        cancel_slot(db, owner_of(db, off.provider_id), off.id, reason, now=NOW)
        path = subscribe(db, trainee)

    found = {event["SUMMARY"]: event["STATUS"] for event in shown(client, path)}

    assert found == {
        "Waiting list: Aseptic filling": "TENTATIVE",
        "Cancelled: Aseptic filling": "CANCELLED",
    }
    assert len(shown(client, path)) == 3


def test_the_place_is_told_after_acceptance(client: TestClient, database: Database) -> None:
    with database.write() as db:
        trainee = make_trainee(db)
        provider, facility, course = hands_on(
            db, visibility="need-to-know", address="12 Hidden Road"
        )
        booking = booked(db, trainee, make_slot(db, course))
        path = subscribe(db, trainee)
    (held,) = shown(client, path)
    with database.write() as db:
        seats.confirm_booking(db, trainee, booking.id, DESK)

    (confirmed,) = shown(client, path)

    assert "Hall of Light" not in "".join(held.values())
    assert "Hidden Road" not in "".join(held.values())
    assert confirmed["LOCATION"] == "Hall of Light\\, Nairobi\\, Kenya"
    assert "Address: 12 Hidden Road" in unescaped(confirmed["DESCRIPTION"])

    with database.write() as db:
        patch = FacilityPatch(address="14 Hidden Road")
        edit_facility(db, owner_of(db, provider.id), facility.slug, patch, now=NOW)
    (moved,) = shown(client, path)
    assert "Address: 14 Hidden Road" in unescaped(moved["DESCRIPTION"])
    assert int(moved["SEQUENCE"]) > int(confirmed["SEQUENCE"])
    assert moved["LAST-MODIFIED"] > confirmed["LAST-MODIFIED"]


def test_a_feed_shows_one_person_and_nobody_else(client: TestClient, database: Database) -> None:
    with database.write() as db:
        trainee, other = make_trainee(db, name="Ada Own"), make_trainee(db, name="Ben Other")
        slot = make_slot(db)
        booked(db, trainee, slot, confirm=True)
        booked(db, other, slot, confirm=True)
        path, empty = subscribe(db, trainee), subscribe(db, make_trainee(db))

    text = client.get(path).text

    assert len(events(client.get(path).content)) == 1
    for private in ("Ben Other", "Ada Own", "people.example"):
        assert private not in text
    assert shown(client, empty) == []


def test_a_country_sees_its_blocks_without_names(client: TestClient, database: Database) -> None:
    with database.write() as db:
        focal = make_focal_point(db, "KE")
        rival = make_focal_point(db, "GH")
        request, foreign = make_request(db, actor=focal), make_request(db, actor=rival)
        slot = make_slot(db, meetings=blocks(1, join_url=JOIN))
        block = cohorts.hold_cohort(db, focal, request.id, CohortIn(slot=slot.id, seats=4), DESK)
        cohorts.hold_cohort(db, rival, foreign.id, CohortIn(slot=slot.id, seats=2), DESK)
        named = NominationIn(email="grace@people.example", name="Grace Named")
        nominations.nominate(db, focal, block.id, named, DESK)
        path = subscribe(db, focal, kind="country", country="KE")
    (held,) = shown(client, path)
    with database.write() as db:
        cohorts.release_cohort(db, focal, block.id, DESK)

    (released,) = shown(client, path)

    assert held["SUMMARY"] == "4 seats: Aseptic filling"
    assert (held["STATUS"], held["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")
    assert held["UID"].startswith(f"co-{block.id}-")
    lines = unescaped(held["DESCRIPTION"]).split("\n")
    assert "3 of them have no name yet" in lines
    assert f"Request: http://testserver/requests/{request.id}" in lines
    assert any(line.startswith("Open seats are given back: ") for line in lines)
    for private in ("Grace", "secret-room", "2 seats"):
        assert private not in "".join(held.values())
    assert released["UID"] == held["UID"]
    assert released["STATUS"] == "CANCELLED"
    assert int(released["SEQUENCE"]) > int(held["SEQUENCE"])
    assert released["LAST-MODIFIED"] > held["LAST-MODIFIED"]


def test_a_block_that_waits_is_tentative_until_it_has_its_seats(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        focal, trainee = make_focal_point(db, "KE"), make_trainee(db)
        request = make_request(db, actor=focal)
        slot = make_slot(db, seats=2)
        before = booked(db, trainee, slot, confirm=True)
        wish = CohortIn(slot=slot.id, seats=2, wait=True)
        block = cohorts.hold_cohort(db, focal, request.id, wish, DESK)
        path = subscribe(db, focal, kind="country", country="KE")
    (waiting,) = shown(client, path)
    with database.write() as db:
        seats.cancel_booking(db, trainee, before.id, CancelIn(), DESK)

    (seated,) = shown(client, path)

    assert waiting["SUMMARY"] == "2 seats on the waiting list: Aseptic filling"
    assert waiting["STATUS"] == "TENTATIVE"
    assert "Block of 2 seats: waits in line" in unescaped(waiting["DESCRIPTION"]).split("\n")
    assert (seated["SUMMARY"], seated["STATUS"]) == ("2 seats: Aseptic filling", "CONFIRMED")
    assert seated["UID"] == waiting["UID"]
    assert seated["UID"].startswith(f"co-{block.id}-")
    assert int(seated["SEQUENCE"]) > int(waiting["SEQUENCE"])
    assert seated["LAST-MODIFIED"] > waiting["LAST-MODIFIED"]


def test_the_address_is_a_secret_that_is_kept_as_one(
    client: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write() as db:
        trainee = make_trainee(db)
        booked(db, trainee, make_slot(db))
        path = subscribe(db, trainee)
        stored = db.exec(select(FeedToken)).one().model_dump_json()
        facts = [row.model_dump_json() for row in db.exec(select(OutboxEvent)).all()]
        audit = [row.model_dump_json() for row in db.exec(select(AuditEntry)).all()]
    secret = path.rpartition("/")[2].removesuffix(".ics")
    caplog.set_level("DEBUG")

    answer = client.get(path)
    client.get(path.replace(".ics", "x.ics"))

    assert len(secret) * 6 >= 128
    assert len(f"http://testserver{path}") < 116
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["cache-control"] == "private, max-age=300"
    assert "set-cookie" not in answer.headers
    # The test's own client logs what it asks for.
    logged = [str(record.msg) for record in caplog.records if record.name != "httpx2"]
    assert any("/calendars/private/***" in line for line in logged)
    for place in (answer.text, stored, *logged, *facts, *audit):
        assert secret not in place
    assert not {p.name for p in properties(answer.content)} & {"SOURCE"}
    assert token_hash(secret) in stored


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_failure_is_logged_without_the_address(
    sqlite_database: Database,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    log_format: str,
) -> None:
    with sqlite_database.write() as db:
        path = subscribe(db, make_trainee(db))
        db.execute(text("ALTER TABLE booking RENAME TO elsewhere"))
    loud = settings.model_copy(update={"log_format": log_format})
    app = create_app(sqlite_database, loud)

    with TestClient(app, settings.base_url, raise_server_exceptions=False) as client:
        answer = client.get(path)

    logged = capsys.readouterr().err
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "no such table: booking" in logged
    assert path.rpartition("/")[2].removesuffix(".ics") not in logged


def test_a_private_feed_answers_304_like_any_other(client: TestClient, database: Database) -> None:
    with database.write() as db:
        trainee = make_trainee(db)
        booked(db, trainee, make_slot(db))
        path = subscribe(db, trainee)
    first, again = client.get(path), client.get(path)

    held = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    since = client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})

    assert first.content == again.content
    assert (held.status_code, since.status_code) == (304, 304)
    assert held.headers["cache-control"] == "private, max-age=300"
    assert held.headers["x-robots-tag"] == "noindex"
    assert client.head(path).headers["etag"] == first.headers["etag"]


def test_a_revoked_feed_is_gone_and_an_unknown_one_was_never_there(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        trainee = make_trainee(db)
        headers = bearer(db, trainee)
    made = client.post("/api/v1/me/feeds", json={"label": "Phone"}, headers=headers).json()
    path = made["url"].removeprefix("http://testserver")
    assert client.get(path).status_code == 200

    address = f"/api/v1/me/feeds/{made['id']}"
    first, again = (client.delete(address, headers=headers).status_code for _ in range(2))
    gone, unknown = client.get(path), client.get("/calendars/private/never-was.ics")

    assert (first, again) == (204, 204)
    assert (gone.status_code, unknown.status_code) == (410, 404)
    for answer in (gone, unknown):
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex"
    assert client.get("/api/v1/me/feeds", headers=headers).json()["items"] == []
    with database.read() as db:
        assert db.exec(select(FeedToken)).one().revoked_at is not None
        names = db.exec(select(OutboxEvent.name).where(OutboxEvent.subject == "feed")).all()
        assert sorted(names) == ["feed.made", "feed.revoked"]


def test_who_loses_the_role_or_the_account_loses_the_feed(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        focal, leaver = make_focal_point(db, "KE"), make_trainee(db)
        country = subscribe(db, focal, kind="country")
        own = subscribe(db, focal)
        closed = subscribe(db, leaver)
    assert [client.get(path).status_code for path in (country, own, closed)] == [200, 200, 200]
    with database.write() as db:
        db.execute(delete(Membership).where(col(Membership.user_id) == focal.user_id))
        db.get_one(User, leaver.identified()).is_active = False

    assert [client.get(path).status_code for path in (country, own, closed)] == [410, 200, 410]


def test_use_is_noted_once_a_day_and_never_in_the_way(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        path = subscribe(db, make_trainee(db))
    with database.read() as db:
        assert db.exec(select(FeedToken)).one().last_used_on is None

    assert client.get(path).status_code == 200

    with database.read() as db:
        used = db.exec(select(FeedToken)).one().last_used_on
    assert used is not None
    assert abs(used - NOW) < timedelta(days=2)
    assert (used.hour, used.minute, used.second) == (0, 0, 0)


def test_a_use_that_cannot_be_noted_is_no_failure_and_a_second_one_is_no_write(
    sqlite_database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    no_update = "CREATE TRIGGER full BEFORE UPDATE ON feed_token BEGIN SELECT RAISE(ABORT, ''); END"
    with sqlite_database.write() as db:
        path = subscribe(db, make_trainee(db))
        db.execute(text(no_update))
    app = create_app(sqlite_database, settings.model_copy(update={"log_level": "warning"}))

    with TestClient(app, settings.base_url) as client:
        refused = client.get(path)
        first_log = capsys.readouterr().err
        with sqlite_database.write() as db:
            db.execute(text("DROP TRIGGER full"))
        noted = client.get(path)
        with sqlite_database.write() as db:
            db.execute(text(no_update))
        again = client.get(path)

    assert {answer.status_code for answer in (refused, noted, again)} == {200}
    assert "feed_use_not_noted" in first_log
    assert "feed_use_not_noted" not in capsys.readouterr().err


def test_an_api_call_makes_a_feed_and_shows_its_address_once(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        focal = make_focal_point(db, "KE")
        headers = bearer(db, focal)
    body = {"kind": "country", "country": "ke", "label": "Ministry"}
    once = {**headers, "Idempotency-Key": "one"}

    made = client.post("/api/v1/me/feeds", json=body, headers=once)
    again = client.post("/api/v1/me/feeds", json=body, headers=once)
    listed = client.get("/api/v1/me/feeds", headers=headers).json()

    view = made.json()
    assert made.status_code == again.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"http://testserver/calendars/private/[\w-]{32}\.ics", view["url"])
    assert view["webcal_url"] == view["url"].replace("http:", "webcal:")
    assert again.json() == {**view, "url": None, "webcal_url": None}
    assert (view["kind"], view["country"], view["works"]) == ("country", "KE", True)
    assert listed["total"] == 1
    (item,) = listed["items"]
    assert item == {name: view[name] for name in item}
    assert not {"url", "webcal_url"} & item.keys()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "country", "country": "GH"}, 403),
        ({"kind": "person", "country": "KE"}, 422),
        ({"kind": "everybody"}, 422),
        ({"kind": "country", "country": "ZZ"}, 422),
        ({"label": ""}, 422),
        ({"label": "x" * 101}, 422),
        ({"secret": "mine"}, 422),
        ({"label": "Phone"}, 201),
    ],
)
def test_a_feed_is_made_for_what_one_may_see(
    client: TestClient, database: Database, body: dict[str, str], status: int
) -> None:
    with database.write() as db:
        headers = bearer(db, make_focal_point(db, "KE"))

    assert client.post("/api/v1/me/feeds", json=body, headers=headers).status_code == status
    assert client.post("/api/v1/me/feeds", json=body).status_code in (401, 422)


def test_twenty_feeds_are_enough_for_anybody(client: TestClient, database: Database) -> None:
    with database.write() as db:
        trainee = make_trainee(db)
        headers = bearer(db, trainee)
        for _ in range(FEEDS_MAX):
            subscribe(db, trainee)

    refused = client.post("/api/v1/me/feeds", json={}, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_feeds")
    first = client.get("/api/v1/me/feeds", headers=headers).json()["items"][0]["id"]
    client.delete(f"/api/v1/me/feeds/{first}", headers=headers)
    assert client.post("/api/v1/me/feeds", json={}, headers=headers).status_code == 201


def test_nobody_can_revoke_the_feed_of_another(client: TestClient, database: Database) -> None:
    with database.write() as db:
        stranger = bearer(db, make_trainee(db))
        path = subscribe(db, make_trainee(db))
        feed_id = db.exec(select(FeedToken)).one().id

    answer = client.delete(f"/api/v1/me/feeds/{feed_id}", headers=stranger)

    assert answer.status_code == 404
    assert client.get(path).status_code == 200


def test_a_program_may_ask_for_a_feed_without_a_body(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        headers = bearer(db, make_trainee(db))

    made = client.post("/api/v1/me/feeds", headers=headers)

    assert (made.status_code, made.json()["kind"]) == (201, "person")
    assert client.get(made.json()["url"]).status_code == 200
