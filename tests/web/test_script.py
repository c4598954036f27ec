"""What the script adds to a page in a browser; every page works without it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.core.db import Database
from tests.factories import NOW, make_course, make_provider, make_slot

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STARTS_AT = datetime.combine(
    (NOW + timedelta(days=30)).date(), datetime.min.time(), ZoneInfo("UTC")
) + timedelta(hours=12)

CASES = (
    ("Africa/Nairobi", "Africa/Nairobi", False),
    ("Africa/Addis_Ababa", "Africa/Nairobi", False),  # another zone, the same wall clock
    ("Africa/Lagos", "Africa/Nairobi", True),
    ("Asia/Kathmandu", "Asia/Kathmandu", False),
    ("Asia/Kolkata", "Asia/Kathmandu", True),  # a quarter of an hour apart
    ("America/Bogota", "America/Lima", False),
    ("UTC", "Africa/Abidjan", False),
    ("Africa/Lagos", "America/Lima", True),  # +1 against -5
)
"""The reader's zone, the place's, and whether the reader is told another time."""


def test_the_own_time_stands_beside_times_of_places_with_another_clock(
    live_server: str, sqlite_database: Database, browser: "Browser"
) -> None:
    with sqlite_database.write() as db:
        course = make_course(db, make_provider(db))
        times = {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(hours=1)}
        slots = {
            place: make_slot(db, course, zone=place, **times)
            for place in sorted({place for _, place, _ in CASES})
        }

    for reader, place, shown in CASES:
        context = browser.new_context(timezone_id=reader)
        page = context.new_page()
        page.goto(f"{live_server}/slots/{slots[place].id}")
        # The first is the slot's own; other dates of the course, in other zones, come below.
        block = page.locator("time[data-local]").first.locator("..")

        assert block.locator(".reader").count() == shown, (reader, place)
        if shown:
            own = STARTS_AT.astimezone(ZoneInfo(reader))
            assert f"{own:%H:%M}, your time" in (block.text_content() or "")
        context.close()
