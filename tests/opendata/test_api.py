"""The files over HTTP, on both databases: only what everybody may know, whoever asks."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.config import Settings
from app.core.db import Database
from app.main import create_app
from app.opendata import queries
from app.opendata.files import FRESH
from app.opendata.schemas import DATA_SETS
from app.registry.models import Slot
from tests.factories import (
    NOW,
    bearer,
    decide,
    login,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_slot,
)

SECRET = "Sesame"
FILES = [
    *(f"/data/{name}.{e}" for name in DATA_SETS for e in ("csv", "json")),
    "/data/slots.jsonld",
]


def items(client: TestClient, name: str) -> list[dict[str, Any]]:
    """The rows of the JSON file."""
    found: list[dict[str, Any]] = client.get(f"/data/{name}.json").json()["items"]
    return found


def lines(client: TestClient, name: str) -> list[dict[str, str]]:
    """The rows of the CSV file."""
    text = client.get(f"/data/{name}.csv").content.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Network:
    """Something of every kind, with :data:`SECRET` wherever the public may not look."""

    def __init__(self, database: Database) -> None:
        with database.write() as db:
            self.provider = make_provider(
                db, name="أكاديمية القمر", contact_email=f"{SECRET}@people.example", about="=1+1"
            )
            self.hall = make_facility(
                db, self.provider, name="Open hall", address="1 Main Street", places=30
            )
            self.site = make_facility(
                db,
                self.provider,
                name=f"{SECRET} suite",
                about=f"Fills {SECRET}",
                address=f"{SECRET} Road",
                visibility="need-to-know",
                latitude=1.5,
                longitude=2.5,
                places=4242,
            )
            self.course = make_course(
                db,
                self.provider,
                title="临床试验方案审查",
                mode="hands-on",
                facility=str(self.site.id),
            )
            starts_at = NOW + timedelta(days=30)
            meeting = {
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=3),
                "place": f"{SECRET} room",
                "join_url": f"https://meet.example/{SECRET}",
            }
            self.slot = make_slot(db, self.course, meetings=[meeting])
            make_slot(db, make_course(db, self.provider, title="Draft"), status="draft", code="D1")
        self._hide(database)
        self._ask(database)

    @staticmethod
    def _hide(database: Database) -> None:
        with database.write() as db:
            hidden = make_provider(db, name=f"{SECRET} applicant", state="applied")
            make_slot(db, make_course(db, hidden, title=f"{SECRET} course"))
            make_facility(db, hidden, name=f"{SECRET} lab")

    def _ask(self, database: Database) -> None:
        with database.write() as db:
            self.focal = make_focal_point(db, "KE")
            self.request = make_request(
                db,
                actor=self.focal,
                publish=True,
                code="OPEN",
                note=SECRET,
                office=SECRET,
                evidence_note=SECRET,
                funding_note=SECRET,
            )
            make_request(db, actor=self.focal, code=f"{SECRET}-1", publish=False)
            make_request(db, actor=self.focal, code=f"{SECRET}-2", publish=True, submit=False)


@pytest.fixture
def network(database: Database) -> Network:
    """What the files of these tests show."""
    return Network(database)


def test_nothing_confidential_is_in_any_file(client: TestClient, network: Network) -> None:
    for address in FILES:
        answer = client.get(address)

        assert answer.status_code == 200, address
        assert SECRET.casefold() not in answer.text.casefold(), address
        assert "4242" not in answer.text, address
    assert network.site.address


def test_the_files_do_not_depend_on_who_asks(
    client: TestClient, database: Database, settings: Settings, network: Network
) -> None:
    plain = {address: client.get(address).content for address in FILES}
    with database.write() as db:
        secretariat = make_secretariat(db)
        callers = [
            bearer(db, secretariat),
            bearer(db, network.focal),
            {"Cookie": f"cadre_login={login(db, secretariat)}"},
        ]

    for headers in callers:
        fresh = TestClient(create_app(database, settings), base_url=settings.base_url)
        for address in FILES:
            assert fresh.get(address, headers=headers).content == plain[address], address


def test_what_is_not_listed_is_in_no_file(client: TestClient, network: Network) -> None:
    assert [row["id"] for row in items(client, "providers")] == [str(network.provider.id)]
    assert {row["id"] for row in items(client, "facilities")} == {
        str(network.hall.id),
        str(network.site.id),
    }
    assert [row["id"] for row in items(client, "slots")] == [str(network.slot.id)]
    assert [row["id"] for row in items(client, "requests")] == [str(network.request.id)]
    assert {row["title"] for row in items(client, "courses")} == {"临床试验方案审查", "Draft"}


def test_only_public_places_tell_where_they_are(client: TestClient, network: Network) -> None:
    rows = {row["id"]: row for row in lines(client, "facilities")}

    hall, site = rows[str(network.hall.id)], rows[str(network.site.id)]
    assert (hall["name"], hall["address"], hall["places"]) == ("Open hall", "1 Main Street", "30")
    assert hall["url"] == f"http://testserver/facilities/{network.hall.slug}"
    assert (site["city"], site["country"]) == ("Nairobi", "KE")
    for column in ("name", "address", "places", "latitude", "longitude", "about", "url"):
        assert site[column] == ""


def test_scripts_arrive_whole_and_formulas_do_not(client: TestClient, network: Network) -> None:
    assert network.provider.about == "=1+1"
    (provider,) = lines(client, "providers")
    (slot,) = lines(client, "slots")

    assert provider["name"] == slot["provider_name"] == "أكاديمية القمر"
    assert provider["about"] == "'=1+1"
    assert slot["course_title"] == "临床试验方案审查"
    assert items(client, "providers")[0]["about"] == "=1+1"
    (course,) = client.get("/data/slots.jsonld").json()["@graph"]
    assert course["name"] == "临床试验方案审查"


def test_the_same_facts_stand_in_both_forms(client: TestClient, network: Network) -> None:
    for name, data in DATA_SETS.items():
        rows, cells = items(client, name), lines(client, name)

        assert [row["id"] for row in rows] == [cell["id"] for cell in cells]
        assert all([*row] == [column for column, _ in data.columns] for row in rows)
    (slot,) = items(client, "slots")
    start, end = (
        f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (network.slot.starts_at, network.slot.ends_at)
    )
    assert (slot["starts_at"], slot["ends_at"], slot["meetings"]) == (
        start,
        end,
        [f"{start}/{end}"],
    )
    assert slot["facility_id"] == str(network.site.id)
    assert slot["skills"] == [{"skill": "mfg-aseptic-fill", "level": 3}]
    assert lines(client, "slots")[0]["skills"] == "mfg-aseptic-fill:3"
    (request,) = lines(client, "requests")
    assert request["needs"] == "mfg-aseptic-fill:3:vaccines:6"


def test_a_suspended_provider_and_a_withdrawn_consent_are_gone_at_once(
    client: TestClient, database: Database, network: Network
) -> None:
    assert items(client, "slots")
    assert items(client, "requests")
    headers = {}
    with database.write() as db:
        decide(db, network.provider, "suspended")
        headers = bearer(db, network.focal)
    sent = client.patch(
        f"/api/v1/requests/{network.request.id}", json={"publish": False}, headers=headers
    )

    assert sent.status_code == 200
    for name in ("providers", "facilities", "courses", "slots", "requests"):
        assert items(client, name) == [], name


class Watch:
    """A clock that tests set."""

    time = NOW

    def __call__(self) -> datetime:
        """The time it is set to."""
        return self.time


@pytest.fixture
def watch() -> Watch:
    """The clock of ``timed``."""
    return Watch()


@pytest.fixture
def timed(database: Database, settings: Settings, watch: Watch) -> Iterator[TestClient]:
    """A client of an application whose clock is ``watch``."""
    app = create_app(database, settings, clock=watch)
    with TestClient(app, base_url=settings.base_url) as client:
        yield client


def test_seats_are_counted_anew_after_some_minutes(
    timed: TestClient, watch: Watch, database: Database, network: Network
) -> None:
    old = timed.get("/data/slots.csv")
    with database.write() as db:
        slot = db.get_one(Slot, network.slot.id)
        slot.seats_claimed = slot.seats
        db.add(slot)
    kept = timed.get("/data/slots.csv")
    watch.time += FRESH

    since = {"If-Modified-Since": old.headers["last-modified"]}
    new = timed.get("/data/slots.csv", headers=since)

    assert kept.content == old.content
    assert new.status_code == 200
    assert lines(timed, "slots")[0]["seats_free"] == "0"
    assert (
        timed.get("/data/slots.csv", headers={"If-None-Match": new.headers["etag"]}).status_code
        == 304
    )


def test_slots_go_back_twelve_months(timed: TestClient, watch: Watch, network: Network) -> None:
    watch.time = network.slot.starts_at + timedelta(days=300)
    assert [row["id"] for row in items(timed, "slots")] == [str(network.slot.id)]

    watch.time = network.slot.starts_at + timedelta(days=367)
    assert items(timed, "slots") == []


def test_what_a_client_holds_is_not_sent_again(client: TestClient, network: Network) -> None:
    assert network.slot.id
    for address in FILES:
        whole = client.get(address, headers={"Accept-Encoding": "identity"})
        packed = client.get(address, headers={"Accept-Encoding": "gzip"})

        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == whole.content  # the client unpacks
        assert whole.headers["access-control-allow-origin"] == "*"
        assert whole.headers["link"].endswith('; rel="license"')
        assert whole.headers["cache-control"] == "public, max-age=60"
        assert "set-cookie" not in whole.headers
        for held in (
            {"If-None-Match": whole.headers["etag"]},
            {"If-None-Match": packed.headers["etag"]},
            {"If-Modified-Since": whole.headers["last-modified"]},
        ):
            again = client.get(address, headers=held)
            assert (again.status_code, again.content) == (304, b""), address


def test_head_has_the_headers_of_get(client: TestClient, network: Network) -> None:
    assert network.slot.id
    same = ("etag", "content-length", "content-type", "last-modified", "content-disposition")
    plain = {"Accept-Encoding": "identity"}
    for address in FILES:
        whole = client.get(address, headers=plain)
        head = client.head(address, headers=plain)

        assert (head.status_code, head.content) == (200, b""), address
        assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]


def test_each_form_says_what_it_is(client: TestClient) -> None:
    kinds = {
        address.rpartition(".")[2]: client.get(address).headers["content-type"] for address in FILES
    }

    assert kinds == {
        "csv": "text/csv; charset=utf-8; header=present",
        "json": "application/json",
        "jsonld": "application/ld+json",
    }
    disposition = client.get("/data/slots.csv").headers["content-disposition"]
    assert disposition == 'attachment; filename="cadre-slots.csv"'


@pytest.mark.parametrize(
    "address",
    ["/data/people.csv", "/data/bookings.json", "/data/courses.jsonld", "/data/slots.xml"],
)
def test_there_is_nothing_else(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_empty_network_has_empty_files(client: TestClient) -> None:
    for name in DATA_SETS.keys() - {"skills"}:
        assert items(client, name) == []
        assert client.get(f"/data/{name}.csv").text == (
            ",".join(column for column, _ in DATA_SETS[name].columns) + "\r\n"
        )
    assert len(items(client, "skills")) > 50
    assert json.loads(client.get("/data/slots.jsonld").content)["@graph"] == []


def test_no_file_is_longer_than_its_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_ROWS", 2)
    with database.write() as db:
        providers = [make_provider(db, name=f"Provider {number}") for number in range(5)]
        course = make_course(db, providers[0])
        for day in range(5):
            at = NOW + timedelta(days=30 + day)
            make_slot(db, course, starts_at=at, ends_at=at + timedelta(hours=1))
    with database.read() as db:
        whole = queries.provider_rows(db)
        cut = queries.provider_rows(db, 3)
        slots = queries.slot_rows(db, now=NOW)
        few = queries.slot_rows(db, 3, now=NOW)

    assert [row.name for row in whole] == [each.name for each in providers]
    assert cut == whole[:3]
    assert [row.starts_at for row in slots] == sorted(row.starts_at for row in slots)
    assert len(slots) == 5
    assert few == slots[:3]
