"""The axes and filters of gaps over JSON, and what is told of unpublished needs."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.core.db import Database
from app.demand.schemas import WithdrawIn
from app.demand.service import withdraw_request
from tests.factories import (
    NOW,
    bearer,
    make_course,
    make_focal_point,
    make_request,
    make_secretariat,
)
from tests.reports.test_api import OTHER, SKILL, gaps, need, placed_slot


def picture(client: TestClient, axis: str, query: str = "", **sent: Any) -> dict[Any, Any]:
    """People asked for and seats offered, by one axis."""
    field = f"{axis}_is" if axis in {"urgency", "significance"} else axis
    rows = gaps(client, f"?group={axis}{query}", **sent)["items"]
    return {row[field]: (row["demand"], row["supply"]) for row in rows}


def three_countries(db: Session, people: int = 4, **facts: Any) -> None:
    """The same need of three countries in Africa, none of which publishes it."""
    for country in ("KE", "UG", "RW"):
        make_request(db, country=country, needs=need(people), **facts)


def test_people_and_seats_by_domain_platform_and_sector(
    client: TestClient, database: Database
) -> None:
    line = {"skill": SKILL, "level": 1, "people": 6, "platform": "vaccines"}
    with database.write() as db:
        make_request(db, needs=[line], publish=True)
        lots = need(2, "reg-lot-release")
        make_request(db, needs=lots, country="FJ", sector="regulator", publish=True)
        placed_slot(db, "KE", platforms=["vaccines", "diagnostics"], audience=["regulator"])

    assert picture(client, "domain") == {"manufacturing": (6, 10), "regulation": (2, 0)}
    assert picture(client, "sector") == {"industry-private": (6, 0), "regulator": (2, 10)}
    platforms = picture(client, "platform", f"&skill={SKILL}")
    assert platforms == {"vaccines": (6, 10), "diagnostics": (0, 10)}


def test_groups_of_countries_overlap_and_the_total_counts_people_once(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, country="RW", needs=need(6), publish=True)
        placed_slot(db, "KE")
    found = gaps(client, "?group=group")
    rows = {row["group"]: (row["demand"], row["supply"]) for row in found["items"]}

    assert (rows["LDC"], rows["EAC"], rows["WB-LM"]) == ((6, 0), (6, 10), (0, 10))
    assert found["totals"]["demand"] == 6


def test_urgency_and_significance_are_two_axes_without_seats(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, needs=need(6), urgency=4, significance=2, publish=True)
        make_request(db, needs=need(1, OTHER), urgency=4, significance=1, publish=True)
        placed_slot(db, "KE")
    rows = gaps(client, "?group=urgency&group=significance")["items"]

    cells = {(row["urgency_is"], row["significance_is"]): row["gap"] for row in rows}
    assert cells == {(4, 2): 6, (4, 1): 1}
    assert picture(client, "urgency") == {4: (7, 0)}


@pytest.mark.parametrize(
    ("query", "demand", "supply"),
    [
        ("country=KE", 6, 10),
        ("country=ke&region=WPR", 0, 0),
        ("country_group=EAC", 6, 10),
        ("country_group=SIDS", 2, 0),
        ("platform=vaccines", 6, 12),
        ("sector=regulator", 2, 12),
        ("urgency=4", 6, 12),
        ("significance=1&significance=2", 2, 12),
        ("quarter=1999-Q1", 0, 0),
    ],
)
def test_filters_of_needs_and_seats(
    client: TestClient, database: Database, query: str, demand: int, supply: int
) -> None:
    line = {"skill": SKILL, "level": 1, "people": 6, "platform": "vaccines"}
    other = {"skill": SKILL, "level": 1, "people": 2, "platform": "diagnostics"}
    with database.write() as db:
        make_request(db, needs=[line], urgency=4, significance=3, publish=True)
        less: dict[str, Any] = {
            "urgency": 1,
            "significance": 2,
            "sector": "regulator",
            "publish": True,
        }
        make_request(db, country="FJ", needs=[other], **less)
        placed_slot(db, "KE", platforms=["vaccines"], audience=["any"])
        placed_slot(db, "ZA", seats=2, platforms=["vaccines"], audience=["any"])
    found = gaps(client, f"?group=skill&{query}")

    assert found["totals"]["demand"] == demand
    assert sum(row["supply"] for row in found["items"]) == supply


@pytest.mark.parametrize(
    "query", ["country=XX", "country_group=AFR", "urgency=5", "quarter=2027", "platform=boats"]
)
def test_unknown_values_of_filters_are_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/gaps?{query}").status_code == 422


def test_unpublished_needs_are_counted_from_three_countries_on(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        three_countries(db)
        make_request(db, country="BR", needs=need(7))
        office = bearer(db, make_secretariat(db))
        kenya = bearer(db, make_focal_point(db))
    public, seen = gaps(client), gaps(client, headers=office)

    assert [row["demand"] for row in seen["items"]] == [12, 7]
    assert (seen["totals"]["demand"], seen["floor"]) == (19, None)
    # A row for Africa and a total of all would give Brazil away.
    assert public["items"] == []
    assert public["floor"] == {"countries": 3, "people": 5}
    assert gaps(client, "?group=skill")["totals"]["demand"] == 19
    assert [row["demand"] for row in gaps(client, headers=kenya)["items"]] == [4]


def test_no_filter_shows_unpublished_needs_of_single_countries(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        three_countries(db)

    for query in ("country=KE", "country_group=EAC", "country=KE&country=UG&country=RW"):
        assert gaps(client, f"?group=skill&{query}")["totals"]["demand"] == 0
    assert picture(client, "group") == {}
    assert gaps(client, "?group=skill&region=AFR")["totals"]["demand"] == 12


def test_the_most_urgent_of_a_row_says_nothing_of_needs_left_out(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, country="ZA", needs=need(6), urgency=1, publish=True)
        make_request(db, country="UG", needs=need(6), urgency=4)
    [row] = gaps(client)["items"]

    assert (row["demand"], row["urgency"]) == (6, 1)


def test_withdrawn_requests_are_counted_nowhere(client: TestClient, database: Database) -> None:
    with database.write() as db:
        kenya = make_focal_point(db)
        request = make_request(db, actor=kenya, needs=need(6), publish=True)
        withdraw_request(db, kenya, request.id, WithdrawIn(reason="Filed twice."), now=NOW)
        make_course(db)

    assert gaps(client)["items"] == []


def test_what_changed_since_the_last_look_is_counted(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, needs=need(6), publish=True)
        placed_slot(db, "KE")
    first = picture(client, "skill")
    with database.write() as db:
        make_request(db, needs=need(2), publish=True)
        placed_slot(db, "KE")

    assert (first, picture(client, "skill")) == ({SKILL: (6, 10)}, {SKILL: (8, 20)})
