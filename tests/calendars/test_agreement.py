"""A large feed read by two parsers that share no code with ours, compared with the JSON API."""

from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

import ics
import vobject
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.core.db import Database
from app.registry.schemas.inputs import CancellationIn
from app.registry.service.slots import cancel_slot
from tests.calendars.test_ical import assert_well_formed
from tests.factories import NOW, make_course, make_provider, make_slot, owner_of

SLOTS = 216
# Summer time of both hemispheres, odd offsets, and rules that changed in the last years.
ZONES = (
    "Africa/Casablanca",
    "America/Vancouver",
    "America/Santiago",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Paris",
    "Africa/Cairo",
    "Asia/Amman",
    "Pacific/Chatham",
)


class Shown(NamedTuple):
    """An event as every reader must see it."""

    url: str
    starts_at: datetime
    ends_at: datetime
    status: str


def _fill(db: Session) -> None:
    courses = [make_course(db, make_provider(db, state=s)) for s in ("verified", "in-review")]
    zones, statuses = cycle(ZONES), cycle(("confirmed", "confirmed", "tentative", "draft"))
    for number in range(SLOTS * 4 // 3):
        day = (NOW + timedelta(days=2 * number - 80)).date()
        slot = make_slot(
            db,
            courses[number % 7 == 0],
            zone=next(zones),
            status=next(statuses),
            meetings=[
                {
                    "starts_at": f"{day + timedelta(days=n)}T09:15",
                    "ends_at": f"{day + timedelta(days=n)}T17:45",
                }
                for n in range(1 + number % 2)
            ],
        )
        # What is long over leaves no tombstone, and the comparison is about what is shown.
        if number % 11 == 0 and slot.status != "draft" and slot.ends_at > NOW:
            owner = owner_of(db, slot.provider_id)
            cancel_slot(db, owner, slot.id, CancellationIn(), now=NOW)


def _from_api(client: TestClient) -> set[Shown]:
    found: set[Shown] = set()
    address: str | None = "/api/v1/slots?limit=200"
    while address:
        page = client.get(address).json()
        for slot in page["items"]:
            status = _status(slot)
            for meeting in slot["meetings"]:
                start, end = (
                    datetime.fromisoformat(meeting[name]) for name in ("starts_at", "ends_at")
                )
                found.add(Shown(slot["url"], start, end, status))
        address = page["next"]
    return found


def _status(slot: dict[str, Any]) -> str:
    if slot["status"] == "cancelled":
        return "CANCELLED"
    return "TENTATIVE" if slot["planned"] else "CONFIRMED"


def _by_vobject(text: str) -> set[Shown]:
    calendar = vobject.readOne(text)
    return {
        Shown(
            event.url.value,
            event.dtstart.value.astimezone(UTC),
            event.dtend.value.astimezone(UTC),
            event.status.value,
        )
        for event in calendar.vevent_list
    }


def _by_ics(text: str) -> set[Shown]:
    return {
        Shown(event.url, event.begin.datetime, event.end.datetime, event.status)
        for event in ics.Calendar(text).events
    }


def test_two_parsers_and_the_api_agree_on_every_meeting(
    client: TestClient, database: Database
) -> None:
    with database.write() as db:
        _fill(db)

    answer = client.get("/calendars/slots.ics")
    expected = _from_api(client)

    assert_well_formed(answer.content)
    assert len({shown.url for shown in expected}) == SLOTS
    assert {shown.status for shown in expected} == {"CONFIRMED", "TENTATIVE", "CANCELLED"}
    assert _by_vobject(answer.text) == expected
    assert _by_ics(answer.text) == expected
