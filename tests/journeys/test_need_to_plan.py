"""The line that matters, through HTTP: needs, a plan, seats, calendars, people, a smaller gap."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.accounts.rules import Actor
from app.allocation.jobs import make_next
from app.booking.queries.history import lines_off
from app.booking.queries.invariants import broken
from app.core.config import Settings
from app.core.db import Database
from app.main import create_app
from tests import factories as make
from tests.booking.people import Hands

API = "/api/v1"
NAMES = ("أمينة العلي", "Zoë Dupré")


@dataclass
class Network:
    """A school with one date of four seats, two countries, the secretariat; and their addresses."""

    web: TestClient
    database: Database
    hands: Hands
    slot: str
    keys: dict[str, dict[str, str]]
    requests: dict[str, str] = field(default_factory=dict)

    def get(self, who: str, path: str) -> Any:
        """What somebody reads."""
        answer = self.web.get(API + path, headers=self.keys[who])
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def post(self, who: str, path: str, body: Any = None) -> Any:
        """What somebody does."""
        answer = self.web.post(API + path, headers=self.keys[who], json=body)
        assert answer.status_code in {200, 201}, (path, answer.text)
        return answer.json()

    def request(self, country: str) -> Any:
        """A country's request, as its focal point reads it."""
        return self.get(country, f"/requests/{self.requests[country]}")

    def gap(self, country: str) -> dict[str, int]:
        """A country's row of the gap table, as the secretariat reads it."""
        query = f"/gaps?group=country&country={country}&skill=mfg-aseptic-fill"
        [row] = self.get("secretariat", query)["items"]
        return {name: row[name] for name in ("demand", "held", "met", "gap")}


@pytest.fixture
def network(database: Database, settings: Settings) -> Iterator[Network]:
    """The people of the story and one date; nobody has asked for anything yet."""
    hands = Hands()
    app = create_app(database, settings, clock=hands)
    with TestClient(app, base_url=settings.base_url, follow_redirects=False) as web:
        with database.write() as db:
            slot = make.make_slot(db, make.make_course(db, seats=4))
            people = {
                "KE": make.make_focal_point(db, "KE"),
                "RW": make.make_focal_point(db, "RW"),
                "secretariat": make.make_secretariat(db),
                "school": make.owner_of(db, slot.provider_id),
            }
            keys = {who: make.bearer(db, actor) for who, actor in people.items()}
            slot_id = str(slot.id)
        yield Network(web, database, hands, slot_id, keys)


def file_requests(network: Network) -> None:
    """Two countries file two people each, see what fits at once, and are opened."""
    need = {"skill": "mfg-aseptic-fill", "level": 3, "platform": "vaccines", "people": 2}
    for country in ("KE", "RW"):
        body = make.request_body(needs=[need], country=country, submit=True)
        filed = network.post(country, "/requests", body)
        assert filed["state"] == "submitted"
        network.requests[country] = filed["id"]
        [match] = network.get(country, f"/requests/{filed['id']}/matches")["matches"]
        assert match["slot"]["id"] == network.slot
        assert sum(each["score"] for each in match["criteria"]) == match["score"]
        opened = network.post("secretariat", f"/requests/{filed['id']}/opening")
        assert opened["state"] == "open"


def plan_and_apply(network: Network) -> None:
    """The worker makes a plan of two seats each; the secretariat applies it."""
    run = network.post("secretariat", "/allocations", {})["id"]
    assert str(make_next(network.database, network.hands)) == run
    plan = network.get("secretariat", f"/allocations/{run}")
    assert {line["country"]: line["seats"] for line in plan["lines"]} == {"KE": 2, "RW": 2}
    assert network.request("KE")["seats_held"] == 0
    network.post("secretariat", f"/allocations/{run}/application")


def name_people(network: Network) -> None:
    """Kenya names two people into its block, and they confirm."""
    [cohort] = network.get("KE", f"/requests/{network.requests['KE']}/cohorts")["items"]
    assert cohort["seats"] == cohort["seats_open"] == 2
    with network.database.write() as db:
        actors = [_somebody(db, number, name) for number, name in enumerate(NAMES)]
        keys = [make.bearer(db, actor) for actor in actors]
    for number, (name, key) in enumerate(zip(NAMES, keys, strict=True)):
        person = {"email": _address(number), "name": name}
        booking = network.post("KE", f"/cohorts/{cohort['id']}/nominations", person)
        network.keys[name] = key
        confirmed = network.post(name, f"/bookings/{booking['id']}/confirmation")
        assert confirmed["state"] == "confirmed"


def _address(number: int) -> str:
    return f"person{number}@people.example"


def _somebody(db: Session, number: int, name: str) -> Actor:
    return make.make_trainee(db, email=_address(number), name=name, country="KE")


def train(network: Network) -> None:
    """The date passes; the school records who came, and gives certificates."""
    network.hands.on(days=31)
    people = network.get("school", f"/slots/{network.slot}/bookings")["items"]
    for booking in (each for each in people if each["state"] == "confirmed"):
        network.post("school", f"/bookings/{booking['id']}/attendance", {"attended": True})
    network.post("school", f"/slots/{network.slot}/certificates", {})


def chain_of(network: Network) -> list[int]:
    """How many of Kenya's people are at each step: asked, held, … certified."""
    chain = network.get("KE", f"/requests/{network.requests['KE']}/fulfilment")
    steps = ("asked", "held", "nominated", "confirmed", "attended", "certified")
    return [chain["total"][step] for step in steps]


def feed_of(network: Network, who: str, **wish: str) -> str:
    """The statuses and summaries of a private calendar, made now."""
    address = network.post(who, "/me/feeds", {"label": "Mine", **wish})["url"]
    return _dates(network.web.get(address).text)


def _dates(calendar: str) -> str:
    lines = calendar.replace("\r\n ", "").splitlines()
    return " ".join(line for line in lines if line.startswith(("SUMMARY", "STATUS")))


def test_two_people_are_trained_and_the_gap_is_smaller_by_exactly_them(network: Network) -> None:
    file_requests(network)
    assert [network.gap(country)["gap"] for country in ("KE", "RW")] == [2, 2]

    plan_and_apply(network)
    assert network.request("KE")["state"] == "matched"
    assert chain_of(network) == [2, 2, 0, 0, 0, 0]
    name_people(network)
    assert chain_of(network) == [2, 2, 2, 2, 0, 0]

    train(network)
    met = network.request("KE")
    assert (met["state"], met["seats_met"]) == ("met", 2)
    assert chain_of(network) == [2, 2, 2, 2, 2, 2]
    assert network.gap("KE") == {"demand": 2, "held": 2, "met": 2, "gap": 0}
    # Rwanda named nobody: its seats went back, and all of its gap stands.
    assert network.request("RW")["state"] == "open"
    assert network.gap("RW") == {"demand": 2, "held": 0, "met": 0, "gap": 2}
    with network.database.read() as db:
        assert [*broken(db), *lines_off(db, now=network.hands())] == []


def test_calendars_show_the_date_to_those_who_have_seats_on_it(network: Network) -> None:
    file_requests(network)
    assert feed_of(network, "KE", kind="country", country="KE") == ""
    plan_and_apply(network)
    name_people(network)

    public = network.web.get("/calendars/skills/mfg-aseptic-fill.ics").text
    assert _dates(public) == "SUMMARY:Aseptic filling STATUS:CONFIRMED"
    assert f"/slots/{network.slot}" in public.replace("\r\n ", "")
    assert "STATUS:CONFIRMED" in feed_of(network, NAMES[0], kind="person")
    assert "Aseptic filling" in feed_of(network, "KE", kind="country", country="KE")


def test_only_a_person_applies_a_plan_and_only_once(network: Network) -> None:
    file_requests(network)
    plan_and_apply(network)
    run = network.get("secretariat", "/allocations")["items"][0]["id"]

    network.post("secretariat", f"/allocations/{run}/application")

    for country in ("KE", "RW"):
        assert network.request(country)["seats_held"] == 2
    refused = network.web.get(f"{API}/allocations/{run}", headers=network.keys["KE"])
    assert refused.status_code == 404
