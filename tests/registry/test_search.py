"""The search page: list, month and map of one question, on both databases."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from app.accounts.rules import VISITOR
from app.core.db import Database
from app.registry.pages.counts import FacetCache
from app.registry.pages.facets import chips, filter_pairs, region_options
from app.registry.pages.months import month_of, window
from app.registry.schemas.filters import SlotFilter, SlotSearch
from tests import factories as make
from tests.factories import NOW

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def titles(text: str) -> list[str]:
    """The titles of the cards on a page."""
    return [unescape(found) for found in re.findall(r'<h2><a href="/slots/[^>]*>([^<]*)<', text)]


@pytest.fixture
def two_slots(database: Database) -> Database:
    """A hands-on slot in Kigali in French, and a remote one in English."""
    with database.write() as db:
        provider = make.make_provider(db, name="Pangolin School")
        place = make.make_facility(db, provider, country="RW", zone="Africa/Kigali", city="Kigali")
        onsite = make.make_course(
            db,
            provider,
            title="Gowning",
            mode="hands-on",
            facility=place.slug,
            languages=["fr"],
            skills=["mfg-gowning"],
        )
        make.make_slot(db, onsite)
        make.make_slot(db, make.make_course(db, provider, title="Filling <b>"))
    return database


@pytest.mark.usefixtures("two_slots")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Gowning", "Filling <b>"]),
        ("q=gown", ["Gowning"]),
        ("mode=hands-on&language=fr&country=RW", ["Gowning"]),
        ("mode=&q=&country=&region=&starts_after=", ["Gowning", "Filling <b>"]),
        ("has_seats=true&language=en", ["Filling <b>"]),
        ("skill=mfg-gowning", ["Gowning"]),
        ("country=KE", []),
        ("starts_before=2020-01-01", []),
        ("status=cancelled", []),
    ],
)
def test_the_list_shows_what_the_filters_name(
    client: "TestClient", query: str, expected: list[str]
) -> None:
    page = client.get(f"/slots?{query}")

    assert page.status_code == 200
    assert sorted(titles(page.text)) == sorted(expected)
    assert page.text.count("<h1") == 1
    if not expected:
        assert "Nothing fits these filters" in page.text


@pytest.mark.usefixtures("two_slots")
def test_facets_count_and_every_filter_can_be_taken_off(client: "TestClient") -> None:
    text = unescape(client.get("/slots?mode=hands-on&language=fr&view=map").text)

    assert re.search(r'id="count-mode-classroom-remote"[^>]*>0<|count-mode-hands-on"[^>]*>1<', text)
    assert 'href="/slots?language=fr&view=map"' in text
    assert 'href="/slots?mode=hands-on&view=map"' in text


@pytest.mark.usefixtures("two_slots")
def test_the_calendar_asks_the_same_question(client: "TestClient") -> None:
    text = unescape(client.get("/slots?mode=hands-on&q=gown").text)

    [feed] = re.findall(r'<link rel="alternate" type="text/calendar"[^>]*href="([^"]*)"', text)
    assert feed == "http://testserver/calendars/slots.ics?q=gown&mode=hands-on"
    assert "webcal://testserver/calendars/slots.ics?q=gown&mode=hands-on" in text


@pytest.mark.usefixtures("two_slots")
def test_a_filter_that_makes_no_sense_is_named_and_left_out(client: "TestClient") -> None:
    page = client.get("/slots?skill=nope&q=gown")

    assert page.status_code == 422
    assert "Unknown skill “nope”." in page.text
    assert titles(page.text) == ["Gowning"]


@pytest.mark.usefixtures("two_slots")
def test_words_of_a_search_are_shown_as_text(client: "TestClient") -> None:
    page = client.get("/slots", params={"q": "<script>alert(1)</script>"})

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


@pytest.mark.usefixtures("two_slots")
def test_the_month_opens_where_the_next_slots_are(client: "TestClient") -> None:
    page = client.get("/slots?view=month")
    start = NOW + timedelta(days=30)

    assert f"{start:%B %Y}" in page.text
    assert "Gowning" in page.text
    assert "Kigali" in page.text


def test_an_empty_month_and_a_bad_one_still_show_a_calendar(client: "TestClient") -> None:
    assert "February 2027" in client.get("/slots?view=month&month=2027-02").text
    assert client.get("/slots?view=month&month=2027-13").status_code == 422


@pytest.mark.usefixtures("two_slots")
def test_the_map_has_a_dot_a_table_and_the_sentence_about_borders(client: "TestClient") -> None:
    text = client.get("/slots?view=map").text

    assert "Rwanda: 1 slot" in text
    assert 'href="/slots?country=RW"' in text
    assert "Kigali" in text
    assert "1 more is remote" in text
    assert "do not imply any opinion" in text


def test_past_and_cancelled_slots_are_not_to_come(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db, title="Long ago")
        make.make_slot(db, course, starts_at=NOW - timedelta(days=9), ends_at=NOW)
    past = client.get("/slots")
    asked = client.get("/slots?starts_after=2020-01-01")

    assert titles(past.text) == []
    assert titles(asked.text) == ["Long ago"]


def test_self_paced_learning_that_has_begun_can_still_be_found(
    client: "TestClient", database: Database
) -> None:
    with database.write() as db:
        course = make.make_course(db, title="At any time", mode="self-paced")
        times = {"starts_at": NOW - timedelta(days=9), "ends_at": NOW + timedelta(days=90)}
        make.make_slot(db, course, **times)

    assert titles(client.get("/slots").text) == ["At any time"]


def test_a_long_list_comes_in_pages(client: "TestClient", database: Database) -> None:
    with database.write() as db:
        course = make.make_course(db)
        for _ in range(23):
            make.make_slot(db, course)
    first = client.get("/slots?language=en")
    [after] = re.findall(r'rel="next" href="([^"]*)"', first.text)
    second = client.get(unescape(after))

    assert len(titles(first.text)) == 20
    assert len(titles(second.text)) == 3
    assert "Back to the first page" in second.text


def test_the_address_repeats_every_filter_once() -> None:
    search = SlotSearch.model_validate(
        {"q": "a b", "mode": ["hands-on"], "starts_after": "2027-01-04", "has_seats": "true"}
    )

    assert filter_pairs(search) == [
        ("q", "a b"),
        ("mode", "hands-on"),
        ("starts_after", "2027-01-04"),
        ("has_seats", "true"),
    ]
    assert chips(search)[0] == (
        "“a b”",
        "/slots?mode=hands-on&starts_after=2027-01-04&has_seats=true",
    )
    assert ("AFR", "African Region") in region_options()


@pytest.mark.parametrize("month", ["2027-01", "2028-02", "2026-12"])
def test_a_month_is_whole_weeks_that_hold_its_days_once(month: str) -> None:
    grid = month_of(month, [])
    own = [square.day for week in grid.weeks for square in week if square.own]
    start, end = window(month)

    assert all(len(week) == 7 for week in grid.weeks)
    assert own == sorted(set(own))
    assert own[0].day == 1
    assert (own[-1] + timedelta(days=1)).day == 1
    assert start <= datetime(own[0].year, own[0].month, 1, tzinfo=UTC) - timedelta(days=1)
    assert end >= datetime(own[-1].year, own[-1].month, own[-1].day, tzinfo=UTC) + timedelta(days=2)
    assert grid.previous < month < grid.next


def test_counts_are_kept_until_the_catalogue_changes(database: Database) -> None:
    cache, wanted = FacetCache(size=1), SlotFilter()
    with database.write() as db:
        course = make.make_course(db)
        make.make_slot(db, course)
    with database.read() as db:
        first = cache.counts(db, VISITOR, wanted)
        again = cache.counts(db, VISITOR, wanted)
    with database.write() as db:
        make.make_slot(db, course)
    with database.read() as db:
        later = cache.counts(db, VISITOR, wanted)

    assert again is first
    assert [(facet.value, facet.count) for facet in first["mode"]] == [("classroom-remote", 1)]
    assert later["mode"][0].count == 2
    assert later["domain"][0].count == 2


def test_a_slot_counts_once_in_a_domain_of_two_of_its_skills(database: Database) -> None:
    with database.write() as db:
        skills = ["mfg-gowning", "mfg-aseptic-fill"]
        make.make_slot(db, make.make_course(db, skills=skills))
    with database.read() as db:
        counts = FacetCache().counts(db, VISITOR, SlotFilter(has_seats=True))

    assert [facet.count for facet in counts["domain"]] == [1]
