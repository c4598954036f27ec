"""Rows as files, and how long they are kept; no database."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.ids import new_id
from app.opendata.files import FRESH, Shelf, csv_file, json_file
from app.opendata.jsonld import jsonld_file
from app.opendata.schemas import DATA_SETS, CourseRow, FacilityRow, Need, RequestRow, SlotRow
from app.taxonomy.queries import skill_label

NOW = datetime(2027, 1, 14, 9, 30, tzinfo=UTC)


def facility(**facts: Any) -> FacilityRow:
    """A public facility in Lima."""
    return FacilityRow.model_construct(
        **{
            **dict.fromkeys(FacilityRow.model_fields, ""),
            "id": new_id(),
            "provider_id": new_id(),
            "places": 12,
            "latitude": -12.05,
            "longitude": 0.0,
            "equipment": (),
            "access_rules": (),
            "updated_at": NOW,
            **facts,
        }
    )


def course(**facts: Any) -> CourseRow:
    """A course without a fee that is stated."""
    sent: dict[str, Any] = {
        "id": new_id(),
        "code": None,
        "provider_id": new_id(),
        "facility_id": None,
        "title": "无菌灌装",
        "summary": "",
        "mode": "hands-on",
        "level": 3,
        "skills": [{"skill": "mfg-aseptic-fill", "level": 3}],
        "platforms": ["all"],
        "languages": ["zh"],
        "interpretation": [],
        "audience": [],
        "eligible_countries": [],
        "length": 2.5,
        "length_unit": "days",
        "seats": 8,
        "programme_status": "established",
        "funding": "fee",
        "fee_usd": None,
        "certificate": "attendance",
        "prerequisites": [],
        "url": "http://testserver/courses/one",
        "updated_at": NOW,
    }
    return CourseRow.model_validate({**sent, **facts})


def slot(of: CourseRow, **facts: Any) -> SlotRow:
    """A bookable slot of the course in Nairobi, without the columns that nothing here reads."""
    shared = of.model_dump(include={"provider_id", "mode", "languages", "funding", "fee_usd"})
    sent: dict[str, Any] = {
        **shared,
        "id": new_id(),
        "code": "S1",
        "course_id": of.id,
        "course_title": of.title,
        "provider_name": "Lantern School",
        "city": "Nairobi",
        "country": "KE",
        "status": "confirmed",
        "planned": False,
        "bookable": True,
        "starts_at": NOW,
        "ends_at": NOW + timedelta(hours=2),
        "apply_by": NOW - timedelta(days=2),
        "seats": 8,
        "seats_free": 3,
        "url": "http://testserver/slots/1",
    }
    return SlotRow.model_construct(**{**sent, **facts})


def table(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(start: str) -> None:
    text = f'{start}HYPERLINK("http://evil.example")'

    row = table(csv_file(DATA_SETS["facilities"], [facility(name=text)]))[0]

    assert row["name"] == f"'{text}"


def test_numbers_and_texts_with_such_characters_inside_stay() -> None:
    rows = [facility(name="A-1 + B=2 @ C", city="'quoted'")]

    row = table(csv_file(DATA_SETS["facilities"], rows))[0]

    assert row["latitude"] == "-12.05"
    assert row["longitude"] == "0"
    assert row["places"] == "12"
    assert row["name"] == "A-1 + B=2 @ C"
    assert row["city"] == "'quoted'"


def test_commas_quotes_and_lines_survive_and_lines_end_as_the_standard_says() -> None:
    text = 'One, "two"\nthree; أربعة، 五'

    content = csv_file(DATA_SETS["facilities"], [facility(about=text), facility(about=None)])

    assert [row["about"] for row in table(content)] == [text, ""]
    assert content.count(b"\r\n") == 3
    assert content.decode().split("\r\n")[0] == ",".join(FacilityRow.model_fields)


def test_several_values_are_parted_by_semicolons() -> None:
    needs = (
        Need(skill="mfg-aseptic-fill", level=3, platform="vaccines", people=6),
        Need(skill="qa-batch", level=2, platform="all", people=1),
    )
    row = RequestRow(
        id=new_id(),
        code=None,
        country="KE",
        state="open",
        needs=needs,
        people=7,
        seats_held=0,
        seats_met=0,
        sector="regulator",
        urgency=4,
        significance=3,
        evidence="expert-judgement",
        earliest=NOW.date(),
        needed_by=NOW.date(),
        modes=(),
        languages=("en", "fr"),
        remote_only=False,
        travel="anywhere",
        url="http://testserver/requests/1",
        created_at=NOW,
        updated_at=NOW,
    )

    cells = table(csv_file(DATA_SETS["requests"], [row]))[0]

    assert cells["needs"] == "mfg-aseptic-fill:3:vaccines:6;qa-batch:2:all:1"
    assert cells["languages"] == "en;fr"
    assert cells["remote_only"] == "false"
    assert cells["code"] == cells["modes"] == ""
    assert cells["needed_by"] == "2027-01-14"


def test_json_says_what_it_is_and_under_which_licence() -> None:
    made = json_file(DATA_SETS["courses"], [course()], network="Réseau")

    found = json.loads(made)
    assert found["licence"].startswith("CC BY 4.0")
    assert found["publisher"] == "Réseau"
    assert found["total"] == len(found["items"]) == 1
    assert found["columns"].keys() == found["items"][0].keys() == CourseRow.model_fields.keys()
    assert found["items"][0]["updated_at"] == "2027-01-14T09:30:00Z"
    assert "无菌灌装".encode() in made


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_column_says_what_it_holds(name: str) -> None:
    assert all(name and text for name, text in DATA_SETS[name].columns)


def test_schema_org_gets_what_is_known() -> None:
    one = course(fee_usd=250)

    graph = json.loads(jsonld_file([one, course()], [slot(one)]))["@graph"]

    (node,) = graph
    assert node["@type"] == "Course"
    assert node["name"] == "无菌灌装"
    assert node["provider"]["name"] == "Lantern School"
    assert node["teaches"] == [skill_label("mfg-aseptic-fill")]
    (instance,) = node["hasCourseInstance"]
    assert instance["eventStatus"] == "https://schema.org/EventScheduled"
    assert instance["courseMode"] == "Onsite"
    assert (instance["startDate"], instance["endDate"]) == (
        "2027-01-14T09:30:00Z",
        "2027-01-14T11:30:00Z",
    )
    assert instance["location"]["address"]["addressCountry"] == "KE"
    assert instance["remainingAttendeeCapacity"] == 3
    assert (instance["offers"]["price"], instance["offers"]["priceCurrency"]) == (250, "USD")
    assert instance["offers"]["availability"] == "https://schema.org/InStock"


def test_schema_org_is_told_nothing_that_is_not_so() -> None:
    one, free = course(), course(funding="free", mode="classroom-remote")
    slots = [
        slot(one, planned=True, code="planned"),
        slot(one, status="cancelled", bookable=False, code="off"),
        slot(one, seats_free=0, code="full"),
        slot(free, city=None, country=None, code="remote"),
    ]

    graph = json.loads(jsonld_file([one, free], slots))["@graph"]

    found = {each["identifier"]: each for node in graph for each in node["hasCourseInstance"]}
    assert found.keys() == {"off", "full", "remote"}
    assert found["off"]["eventStatus"] == "https://schema.org/EventCancelled"
    assert not {"offers", "remainingAttendeeCapacity"} & found["off"].keys()
    assert found["full"]["remainingAttendeeCapacity"] == 0
    assert found["full"]["offers"]["availability"] == "https://schema.org/SoldOut"
    assert not {"price", "priceCurrency"} & found["full"]["offers"].keys()
    assert found["remote"]["location"]["@type"] == "VirtualLocation"
    assert found["remote"]["offers"]["price"] == 0
    assert "description" not in graph[0]


def test_a_file_is_made_again_for_another_stamp_or_when_it_is_old() -> None:
    shelf = Shelf()
    made: list[bytes] = []

    def file(stamp: int, now: datetime, content: bytes) -> bytes:
        def make() -> bytes:
            made.append(content)
            return content

        return shelf.file("slots.csv", (stamp,), make, now=now).content

    assert file(1, NOW, b"one") == b"one"
    assert file(1, NOW + FRESH / 2, b"two") == b"one"
    assert file(2, NOW + FRESH / 2, b"two") == b"two"
    assert file(2, NOW + 2 * FRESH, b"three") == b"three"
    assert made == [b"one", b"two", b"three"]


def test_the_same_content_keeps_its_date() -> None:
    shelf = Shelf()
    later = NOW + FRESH

    first = shelf.file("slots.csv", (1,), lambda: b"same", now=NOW)
    second = shelf.file("slots.csv", (2,), lambda: b"same", now=later)
    third = shelf.file("slots.csv", (3,), lambda: b"other", now=later)

    assert second.last_modified == first.last_modified == NOW
    assert third.last_modified == later
    assert third.etag != first.etag


def test_a_failure_is_not_kept() -> None:
    shelf = Shelf()

    with pytest.raises(ZeroDivisionError):
        shelf.file("slots.csv", (1,), lambda: bytes([1 // 0]), now=NOW)

    assert shelf.file("slots.csv", (1,), lambda: b"well", now=NOW).content == b"well"
