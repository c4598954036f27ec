"""Joint proposals and proposals to join dates, sent by the secretariat; on both databases."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from app.allocation.models import SupplyCall, SupplyCallParty
from app.booking.schemas import CohortIn
from app.booking.service.cohorts import hold_cohort
from app.booking.service.desk import Desk
from app.core.db import Database
from app.registry.models import Slot
from app.reports.queries.synergies import communities_of
from tests.factories import (
    NOW,
    bearer,
    login,
    make_focal_point,
    make_request,
    make_secretariat,
)
from tests.reports.test_api import SKILL, need, placed_slot

DESK = Desk(lambda: NOW)


def pair(db: Session) -> tuple[Any, Any, Slot]:
    """Two countries of East Africa with five people each, and a date of twelve seats in Rwanda."""
    requests = [
        make_request(db, country=country, needs=need(5), earliest=str(NOW.date()))
        for country in ("KE", "UG")
    ]
    return requests[0], requests[1], placed_slot(db, "RW", seats=12)


def parties(db: Session) -> list[tuple[str, str]]:
    query = select(SupplyCall.kind, SupplyCallParty).join(
        SupplyCallParty, col(SupplyCallParty.call_id) == col(SupplyCall.id)
    )
    return sorted((kind, each.country or str(each.provider_id)) for kind, each in db.exec(query))


def button(page: str, action: str) -> list[tuple[str, str]]:
    """The hidden fields of the first form that goes to ``action``."""
    form = re.search(rf'<form method="post" action="{action}".*?</form>', page, flags=re.DOTALL)
    assert form is not None
    return re.findall(r'name="([^"]+)" value="([^"]*)"', form.group(0))


def test_requests_that_go_together_are_for_the_secretariat(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya, uganda, slot = pair(db)
        office = bearer(db, make_secretariat(db))
        focal = bearer(db, make_focal_point(db))
    found = client.get("/api/v1/synergies", headers=office).json()

    [joint] = found["items"]
    assert (joint["countries"], joint["people"], joint["target"]) == (["KE", "UG"], 10, 9)
    assert (joint["slot"]["id"], joint["region"], joint["south_south"]) == (
        str(slot.id),
        "AFR",
        True,
    )
    assert {each["id"] for each in joint["requests"]} == {str(kenya.id), str(uganda.id)}
    assert client.get("/api/v1/synergies", headers=focal).status_code == 404
    assert client.get("/api/v1/synergies").status_code == 401
    assert client.get("/api/v1/synergies?region=WPR", headers=office).json()["total"] == 0


def test_people_with_a_seat_are_not_proposed_again(client: TestClient, database: Database) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        _, _, slot = pair(db)
        own = make_request(db, actor=kenya, needs=need(5))
        hold_cohort(db, kenya, own.id, CohortIn(slot=slot.id, seats=5), DESK)
        office = bearer(db, make_secretariat(db))
    found = client.get("/api/v1/synergies", headers=office).json()["items"]

    assert str(own.id) not in {each["id"] for joint in found for each in joint["requests"]}


def test_a_joint_proposal_goes_to_its_countries_once(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        pair(db)
        client.cookies.set("cadre_login", login(db, make_secretariat(db)))
    page = client.get("/secretariat/synergies").text
    fields = button(page, "/secretariat/synergies/calls")
    answers = [client.post("/secretariat/synergies/calls", data=_posted(fields)) for _ in range(2)]
    with database.read() as db:
        sent = parties(db)
    again = client.get("/secretariat/synergies").text

    assert [answer.status_code for answer in answers] == [303, 303]
    assert sent == [("joint", "KE"), ("joint", "UG")]
    assert "Proposed to the countries on" in again
    assert "Propose to the countries" not in again


def test_overlapping_dates_are_proposed_to_their_providers(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slots = [placed_slot(db, country) for country in ("RW", "ZA")]
        make_request(db, publish=True)
        client.cookies.set("cadre_login", login(db, make_secretariat(db)))
    page = client.get("/gaps").text
    fields = button(page, "/secretariat/overlaps/calls")
    answer = client.post("/secretariat/overlaps/calls", data=_posted(fields))
    with database.read() as db:
        sent = parties(db)

    assert "or it could move to other weeks" in page.lower()
    assert answer.status_code == 303
    assert sent == sorted(("dates", str(slot.provider_id)) for slot in slots)
    assert "Proposed to the providers on" in client.get("/gaps").text


@pytest.mark.parametrize("kind", ["synergies", "overlaps"])
def test_what_changed_meanwhile_is_not_proposed(
    client: TestClient, database: Database, kind: str
) -> None:
    with database.write() as db:
        kenya, uganda, _ = pair(db)
        alone = make_request(db, country="FJ", needs=need(1))
        slots = [placed_slot(db, "RW", day=day) for day in (60, 200)]
        office = bearer(db, make_secretariat(db))
        focal = bearer(db, make_focal_point(db))
    body: dict[str, Any] = {"skill": SKILL}
    if kind == "synergies":
        body["requests"] = [str(kenya.id), str(uganda.id), str(alone.id)]
    else:
        body["slots"] = [str(slot.id) for slot in slots]
    path = f"/api/v1/{kind}/calls"
    refused = client.post(path, json=body, headers=office)

    assert (refused.status_code, refused.json()["code"]) == (409, "proposal_changed")
    assert client.post(path, json=body, headers=focal).status_code == 403
    assert client.post(path, json=body).status_code == 401
    assert client.post(path, json={"skill": SKILL}, headers=office).status_code == 422


def test_the_page_is_for_the_secretariat(client: TestClient, database: Database) -> None:
    with database.write() as db:
        focal, office = login(db, make_focal_point(db)), login(db, make_secretariat(db))
    client.cookies.set("cadre_login", focal)
    assert client.get("/secretariat/synergies").status_code == 404
    client.cookies.set("cadre_login", office)
    page = client.get("/secretariat/synergies")

    assert page.status_code == 200
    assert "Nothing to propose" in page.text


def test_the_nearest_date_with_room_is_told_over_the_api(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=need(6))
        empty, fuller = (placed_slot(db, country) for country in ("RW", "KE"))
        hold_cohort(db, kenya, request.id, CohortIn(slot=fuller.id, seats=6), DESK)
        assert fuller.starts_at - timedelta(days=1) > NOW
    [overlap] = client.get("/api/v1/overlaps").json()["items"]
    said = overlap["advice"]

    assert (said["emptier"], said["into"]) == (str(empty.id), str(fuller.id))
    assert (said["people"], said["left"], said["languages"]) == (0, 4, ["en"])
    assert 0 < said["km"] < 2000


def _posted(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data


def test_east_and_west_of_a_continent_are_no_neighbours() -> None:
    assert not communities_of("GH") & communities_of("KE")
    assert {"ECOWAS", "western-africa"} <= communities_of("GH") & communities_of("SN")
