"""What public feeds say about slots, and how they say that something changed (R14 to R27)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.calendars.rules import MAX_ENTRIES
from app.core.db import Database
from app.registry.models import Course, Facility, Meeting, Provider, Slot
from app.registry.schemas.inputs import (
    CancellationIn,
    CoursePatch,
    FacilityPatch,
    ProviderPatch,
    SlotPatch,
)
from app.registry.service.courses import edit_course
from app.registry.service.facilities import edit_facility
from app.registry.service.providers import edit_provider
from app.registry.service.slots import cancel_slot, change_slot
from tests.calendars.examples import SCRIPTS, events, properties, unescaped
from tests.calendars.test_ical import assert_well_formed
from tests.factories import (
    NOW,
    decide,
    make_course,
    make_facility,
    make_provider,
    make_slot,
    owner_of,
)

ALL = "/calendars/slots.ics"
JOIN = "https://meet.example/secret-room"
LATER = NOW + timedelta(hours=1)


def shown(client: TestClient, address: str = ALL) -> list[dict[str, str]]:
    """The events at ``address``."""
    answer = client.get(address)
    assert answer.status_code == 200
    return events(answer.content)


def blocks(count: int, **facts: str) -> list[dict[str, Any]]:
    """So many meetings of an hour on following days, from 9:00 wall time on."""
    first = (NOW + timedelta(days=20)).date()
    return [
        {
            "starts_at": f"{first + timedelta(days=n)}T09:00",
            "ends_at": f"{first + timedelta(days=n)}T10:00",
            **facts,
        }
        for n in range(count)
    ]


def change(db: Session, slot: Slot, **fields: Any) -> None:
    """Edit the slot, an hour later."""
    patch = SlotPatch.model_validate(fields)
    change_slot(db, owner_of(db, slot.provider_id), slot.id, patch, now=LATER)


def hands_on(db: Session, **facts: Any) -> tuple[Provider, Facility, Course]:
    """A provider, its facility and a course there."""
    provider = make_provider(db, name="Lantern School")
    facility = make_facility(db, provider, name="Hall of Light", **facts)
    course = make_course(db, provider, mode="hands-on", facility=str(facility.id))
    return provider, facility, course


def test_an_event_tells_what_a_reader_needs(client: TestClient, database: Database) -> None:
    with database.write() as db:
        _, _, course = hands_on(db)
        meetings = blocks(1, place="Room 3")
        slot = make_slot(db, course, meetings=meetings, apply_by=f"{NOW.date()}T23:59")
        meeting = db.get_one(Slot, slot.id).id

    (event,) = shown(client)

    day = meetings[0]["starts_at"][:10]
    compact = day.replace("-", "")
    assert event.pop("UID").endswith("@cadre.example")
    assert {event.pop(name) for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED")} == {
        f"{NOW:%Y%m%dT%H%M%SZ}"
    }
    assert unescaped(event.pop("DESCRIPTION")).split("\n") == [
        "Local time 09:00–10:00 Africa/Nairobi",
        "Provider: Lantern School",
        "Hands-on training at a facility, level 3 (Independent practice)",
        "Languages: English",
        f"Apply by {NOW.date()} 23:59 Africa/Nairobi",
        "Place: Room 3",
        f"http://testserver/slots/{meeting}",
    ]
    assert event == {
        "SEQUENCE": "0",
        "DTSTART": f"{compact}T060000Z",
        "DTEND": f"{compact}T070000Z",
        "SUMMARY": "Aseptic filling",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "LOCATION": "Hall of Light\\, Nairobi\\, Kenya",
        "URL": f"http://testserver/slots/{slot.id}",
        "CATEGORIES": "Manufacturing,Hands-on training at a facility",
    }


def test_each_meeting_is_an_event_in_the_order_of_time(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_slot(db, meetings=blocks(3))

    found = shown(client)

    assert [event["SUMMARY"] for event in found] == [f"Aseptic filling ({n}/3)" for n in (1, 2, 3)]
    assert len({event["UID"] for event in found}) == 3
    assert found == sorted(found, key=lambda event: event["DTSTART"])


def test_a_moved_meeting_keeps_its_name_and_is_a_newer_revision(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, meetings=blocks(2))
    before = shown(client)
    moved = blocks(3)[1:]
    with database.write() as db:
        change(db, slot, meetings=moved)

    after = shown(client)

    assert [event["UID"] for event in after] == [event["UID"] for event in before]
    assert [event["SEQUENCE"] for event in after] == ["1", "1"]
    assert after[0]["DTSTART"] == before[1]["DTSTART"]
    for old, new in zip(before, after, strict=True):
        assert new["LAST-MODIFIED"] == new["DTSTAMP"] > old["LAST-MODIFIED"]
        assert new["CREATED"] == old["CREATED"]


def test_a_meeting_that_was_taken_out_stays_as_cancelled(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, meetings=blocks(3))
    before = shown(client)
    with database.write() as db:
        change(db, slot, meetings=blocks(2))

    for address in (ALL, f"/slots/{slot.id}.ics"):
        *kept, gone = shown(client, address)

        assert [event["SUMMARY"] for event in kept] == [
            "Aseptic filling (1/2)",
            "Aseptic filling (2/2)",
        ]
        assert gone["UID"] == before[2]["UID"]
        assert (gone["STATUS"], gone["TRANSP"], gone["SEQUENCE"]) == (
            "CANCELLED",
            "TRANSPARENT",
            "1",
        )
        assert gone["SUMMARY"] == "Cancelled: Aseptic filling"


def test_a_cancelled_slot_keeps_its_events_and_says_why(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        slot = make_slot(db, meetings=blocks(2))
    before = shown(client)
    with database.write() as db:
        reason = CancellationIn(reason="visa-refusals", note="for three of five")
        cancel_slot(db, owner_of(db, slot.provider_id), slot.id, reason, now=LATER)

    for address in (ALL, "/calendars/skills/mfg-aseptic-fill.ics", f"/slots/{slot.id}.ics"):
        after = shown(client, address)

        assert [event["UID"] for event in after] == [event["UID"] for event in before]
        for event in after:
            assert event["STATUS"] == "CANCELLED"
            assert event["TRANSP"] == "TRANSPARENT"
            assert event["SEQUENCE"] == "1"
            assert event["SUMMARY"].startswith("Cancelled: Aseptic filling")
            assert "Cancelled: Visas were refused\\n" in event["DESCRIPTION"]


def _rename_course(db: Session, provider: Provider, course: Course, _: Facility) -> None:
    patch = CoursePatch(title="A better title")
    edit_course(db, owner_of(db, provider.id), course.slug, patch, now=LATER)


def _rename_provider(db: Session, provider: Provider, _: Course, __: Facility) -> None:
    patch = ProviderPatch(name="A better school")
    edit_provider(db, owner_of(db, provider.id), provider.slug, patch, now=LATER)


def _rename_facility(db: Session, provider: Provider, _: Course, facility: Facility) -> None:
    patch = FacilityPatch(name="A better hall")
    edit_facility(db, owner_of(db, provider.id), facility.slug, patch, now=LATER)


def _hide_facility(db: Session, provider: Provider, _: Course, facility: Facility) -> None:
    patch = FacilityPatch(visibility="need-to-know")
    edit_facility(db, owner_of(db, provider.id), facility.slug, patch, now=LATER)


@pytest.mark.parametrize(
    ("rename", "words"),
    [
        (_rename_course, "A better title"),
        (_rename_provider, "A better school"),
        (_rename_facility, "A better hall"),
        (_hide_facility, "(details after acceptance)"),
    ],
)
def test_a_change_of_what_stands_behind_a_slot_is_a_revision_of_its_events(
    client: TestClient,
    database: Database,
    rename: Callable[[Session, Provider, Course, Facility], None],
    words: str,
) -> None:
    """Programs that look at SEQUENCE or LAST-MODIFIED only would miss it else."""
    with database.write() as db:
        provider, facility, course = hands_on(db)
        make_slot(db, course)
    (before,) = shown(client)
    with database.write() as db:
        rename(db, provider, course, facility)

    (after,) = shown(client)

    assert words in "".join(after.values())
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after["LAST-MODIFIED"] == f"{LATER:%Y%m%dT%H%M%SZ}" > before["LAST-MODIFIED"]


@pytest.mark.parametrize(
    ("state", "status"),
    [("verified", "CONFIRMED"), ("in-review", "TENTATIVE"), ("applied", None), ("suspended", None)],
)
def test_the_state_of_the_provider_decides(
    client: TestClient, database: Database, state: str, status: str | None
) -> None:
    with database.write() as db:
        provider = make_provider(db, state=state)
        slot = make_slot(db, make_course(db, provider))

    found = shown(client)

    assert [event["STATUS"] for event in found] == ([status] if status else [])
    single = client.get(f"/slots/{slot.id}.ics").status_code
    assert single == (200 if status else 404)
    own = client.get(f"/calendars/providers/{provider.slug}.ics").status_code
    assert own == (200 if status else 404)
    if status == "TENTATIVE":
        assert "Planned: seats cannot be booked yet." in found[0]["DESCRIPTION"]


def test_verifying_a_provider_confirms_its_events(client: TestClient, database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db, state="in-review")
        make_slot(db, make_course(db, provider))
    (before,) = shown(client)
    with database.write() as db:
        decide(db, db.get_one(Provider, provider.id), "verified", now=LATER)

    (after,) = shown(client)

    assert (before["STATUS"], after["STATUS"]) == ("TENTATIVE", "CONFIRMED")
    assert int(after["SEQUENCE"]) == int(before["SEQUENCE"]) + 1


def test_the_status_of_the_slot_decides(client: TestClient, database: Database) -> None:
    with database.write() as db:
        course = make_course(db)
        make_slot(db, course, status="draft")
        make_slot(db, course, status="tentative")
        change(db, make_slot(db, course), status="completed")

    assert sorted(event["STATUS"] for event in shown(client)) == ["CONFIRMED", "TENTATIVE"]


@pytest.mark.parametrize("visibility", ["network", "need-to-know"])
def test_a_confidential_place_never_leaks(
    client: TestClient, database: Database, visibility: str
) -> None:
    with database.write() as db:
        provider, facility, course = hands_on(
            db, visibility=visibility, address="12 Hidden Road", city="Kisumu"
        )
        slot = make_slot(db, course, meetings=blocks(2, place="Gate B"))

    for address in (
        ALL,
        f"/calendars/providers/{provider.slug}.ics",
        f"/calendars/facilities/{facility.slug}.ics",
        f"/calendars/facilities/{facility.id}.ics",
        f"/slots/{slot.id}.ics",
    ):
        text = client.get(address).text.replace("\r\n ", "")

        for secret in ("Hall of Light", "hall-of-light", "Hidden Road", "Gate B"):
            assert secret not in text, address
        assert text.count("LOCATION:Kisumu\\, Kenya (details after acceptance)") == 2


def test_the_address_to_join_is_in_no_public_feed(client: TestClient, database: Database) -> None:
    with database.write() as db:
        slot = make_slot(db, meetings=blocks(2, join_url=JOIN))
        provider = db.get_one(Provider, slot.provider_id)

    for address in (ALL, f"/calendars/providers/{provider.slug}.ics", f"/slots/{slot.id}.ics"):
        text = client.get(address).text.replace("\r\n ", "")

        assert "secret-room" not in text
        assert not {p.name for p in properties(client.get(address).content)} & {
            "CONFERENCE",
            "ATTENDEE",
            "ORGANIZER",
            "VALARM",
            "TZID",
            "RRULE",
        }
        assert text.count("LOCATION:Online") == 2


def test_what_one_does_at_any_hour_keeps_nobody_busy(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, mode="self-paced"))

    (event,) = shown(client)

    assert (event["TRANSP"], event["STATUS"]) == ("TRANSPARENT", "CONFIRMED")


@pytest.mark.parametrize("script", SCRIPTS)
def test_any_script_and_any_sign_passes_whole(
    client: TestClient, database: Database, script: str
) -> None:
    title = f"{SCRIPTS[script]} <b>&amp; 'x'"
    with database.write() as db:
        course = make_course(db, make_provider(db, name=SCRIPTS[script]), title=title)
        slot = make_slot(db, course)

    for address in (ALL, f"/slots/{slot.id}.ics"):
        answer = client.get(address)

        assert_well_formed(answer.content)
        (event,) = events(answer.content)
        assert unescaped(event["SUMMARY"]) == title
        assert f"Provider: {SCRIPTS[script]}" in unescaped(event["DESCRIPTION"])
        assert "None" not in answer.text


def test_a_long_title_gives_way_to_the_number_of_the_meeting(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        make_slot(db, make_course(db, title="Filling vials " * 14), meetings=blocks(12))

    last = unescaped(shown(client)[-1]["SUMMARY"])

    assert last.startswith("Filling vials")
    assert last.endswith("… (12/12)")
    assert len(last) <= 120


def test_a_feed_that_is_cut_keeps_what_comes_first_and_says_so(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        course = make_course(db)
        for _ in range(3):
            make_slot(db, course, meetings=blocks(366))
        assert MAX_ENTRIES == 1000

    answer = client.get(ALL)

    found = events(answer.content)
    assert len(found) == MAX_ENTRIES
    assert len(answer.content) < 1_000_000
    assert found[-1]["DTSTART"] < f"{NOW + timedelta(days=20 + 334):%Y%m%dT%H%M%SZ}"
    assert "98 later or older dates are left out." in answer.text.replace("\r\n ", "")


def test_a_tombstone_goes_after_sixty_days_and_a_past_event_after_ninety(
    client: TestClient, database: Database
) -> None:
    def past(ago: int) -> dict[str, Any]:
        start = NOW - timedelta(days=ago)
        return {"starts_at": start, "ends_at": start + timedelta(hours=1)}

    with database.write() as db:
        course = make_course(db)
        for ago in (58, 62, 88, 92):
            make_slot(db, course, **past(ago))
            gone = make_slot(db, course, **past(ago))
            reason = CancellationIn()
            cancel_slot(db, owner_of(db, gone.provider_id), gone.id, reason, now=NOW)
        uids = {f"occ-{row.id}@cadre.example" for row in db.exec(select(Meeting))}

    found = shown(client)

    days = [(event["DTSTART"][:8], event["STATUS"]) for event in found]
    expected = [(88, "CONFIRMED"), (62, "CONFIRMED"), (58, "CANCELLED"), (58, "CONFIRMED")]
    assert sorted(days) == [
        (f"{NOW - timedelta(days=ago):%Y%m%d}", status) for ago, status in expected
    ]
    assert {event["UID"] for event in found} <= uids
