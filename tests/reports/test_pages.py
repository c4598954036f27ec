"""The page of gaps, as a browser without JavaScript uses it, on both databases."""

import re
from datetime import timedelta

from fastapi.testclient import TestClient

from app.core.db import Database
from tests.factories import (
    NOW,
    login,
    make_course,
    make_facility,
    make_focal_point,
    make_provider,
    make_request,
    make_secretariat,
    make_slot,
)
from tests.reports.test_history import take_snapshot


def cells(text: str) -> list[dict[str, str]]:
    """The rows of the table: text by column."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", text, flags=re.DOTALL)
    found = []
    for row in rows:
        pairs = re.findall(r'<td[^>]*data-label="([^"]+)"[^>]*>(.*?)</td>', row, flags=re.DOTALL)
        plain = {name: " ".join(re.sub(r"<[^>]+>", " ", cell).split()) for name, cell in pairs}
        found.append(plain)
    return found


def test_everybody_sees_people_and_seats_by_skill_and_region(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        make_slot(db, make_course(db, seats=1200))
        make_slot(db, make_course(db, seats=8), status="tentative")
        make_slot(db, make_course(db, skills=["mfg-gowning"]))
    page = client.get("/gaps")

    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert cells(page.text) == [
        {
            "Urgency": "Critical",
            "Significance": "Severe",
            "People asked for": "6",
            "Seats held": "0",
            "People trained": "0",
            "Gap": "6",
            "Seats offered": "0 + 1,200 remote",
            "Planned": "8",
        }
    ]
    assert 'href="/requests?skill=mfg-aseptic-fill&amp;region=AFR"' in page.text
    assert "Overlaps" not in page.text


def test_filters_keep_their_choice_and_can_find_nothing(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, publish=True)
    page = client.get("/gaps?domain=&region=WPR&skill=")
    all_of_them = client.get("/gaps?domain=manufacturing&region=&skill=mfg-aseptic-fill")

    assert '<option value="WPR" selected>' in page.text
    assert "No gap here" in page.text
    assert len(cells(all_of_them.text)) == 1


def test_without_requests_the_page_says_what_will_be_there(client: TestClient) -> None:
    page = client.get("/gaps")

    assert page.status_code == 200
    assert "Gaps appear here when countries file what they lack." in page.text


def test_a_wrong_filter_gets_a_page_that_says_so(client: TestClient) -> None:
    answer = client.get("/gaps?skill=juggling")

    assert answer.status_code == 422
    assert "text/html" in answer.headers["content-type"]


def test_overlaps_are_for_the_secretariat(client: TestClient, database: Database) -> None:
    starts_at = NOW + timedelta(days=30)
    with database.write() as db:
        for country in ("KE", "ZA"):
            provider = make_provider(db, country=country)
            place = make_facility(db, provider, country=country)
            course = make_course(
                db, provider, title=f"In {country}", mode="hands-on", facility=str(place.id)
            )
            make_slot(db, course, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        office, kenya = login(db, make_secretariat(db)), login(db, make_focal_point(db))
    client.cookies.set("cadre_login", office)
    seen = client.get("/gaps")
    client.cookies.set("cadre_login", kenya)
    other = client.get("/gaps")

    assert "24 seats free with 2 providers." in seen.text
    assert "In KE" in seen.text
    assert "In ZA" in seen.text
    assert "In KE" not in other.text


def test_the_secretariat_is_told_that_nothing_overlaps(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        client.cookies.set("cadre_login", login(db, make_secretariat(db)))
    page = client.get("/gaps")

    assert "No two dates overlap." in page.text


def test_rows_can_be_grouped_otherwise_and_lead_to_what_they_count(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        provider = make_provider(db)
        place = make_facility(db, provider)
        make_slot(db, make_course(db, provider, mode="hands-on", facility=str(place.id)))
    page = client.get("/gaps?by=country&urgency=4&platform=")

    assert '<option value="country" selected>' in page.text
    assert 'href="/requests?country=KE&amp;urgency=4"' in page.text
    assert 'href="/slots?country=KE"' in page.text


def test_people_without_a_seat_stand_by_urgency_and_significance(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, urgency=4, significance=3, publish=True)
    page = client.get("/gaps")

    assert '<a href="/gaps?urgency=4&amp;significance=3&amp;by=skill">6</a>' in page.text


def test_the_page_says_what_is_left_out_except_to_the_secretariat(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        office = login(db, make_secretariat(db))
    public = client.get("/gaps").text
    client.cookies.set("cadre_login", office)

    assert "only together with at least 2 other countries" in public
    assert "only together with" not in client.get("/gaps").text


def test_the_table_is_a_file_for_spreadsheets(client: TestClient, database: Database) -> None:
    with database.write() as db:
        make_request(db, publish=True)
    answer = client.get("/gaps.csv?by=sector")
    lines = answer.text.splitlines()

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert lines[0].startswith("\ufeffSector,demand,held,met,gap,urgency")
    assert lines[1] == "Private manufacturer,6,0,0,6,4,3,0,0,0,0"


def test_the_trend_begins_with_the_first_day_and_draws_a_line_from_two_months_on(
    client: TestClient, database: Database
) -> None:
    before = client.get("/gaps").text
    with database.write() as db:
        make_request(db, publish=True)
        take_snapshot(db, now=NOW - timedelta(days=40))
    one = client.get("/gaps").text
    with database.write() as db:
        take_snapshot(db, now=NOW)
    page = client.get("/gaps").text

    assert "History begins today" in before
    assert "<polyline" not in one
    assert page.count("<polyline") == 2
    assert "The same in numbers" in page


def test_people_who_cannot_be_told_apart_are_said_to_be_in_no_row(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_request(db, publish=True)
        for country in ("KE", "UG", "BR"):
            make_request(db, country=country)
    page = client.get("/gaps").text

    # Of Africa only two countries ask: a row for it, or for the Americas, would name one of them.
    assert "18 of these people are in no row below" in page
