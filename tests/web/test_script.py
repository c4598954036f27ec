"""What the script adds to a page in a browser; every page works without it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.core.db import Database
from tests.factories import NOW, make_course, make_provider, make_slot

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("reader", "place", "shown"),
    [
        ("Africa/Nairobi", "Africa/Nairobi", False),
        ("Africa/Addis_Ababa", "Africa/Nairobi", False),  # another zone, the same wall clock
        ("Africa/Lagos", "Africa/Nairobi", True),
        ("Asia/Kathmandu", "Asia/Kathmandu", False),
        ("Asia/Kolkata", "Asia/Kathmandu", True),  # a quarter of an hour apart
        ("America/Bogota", "America/Lima", False),
        ("UTC", "Africa/Abidjan", False),
        ("Africa/Lagos", "America/Lima", True),  # +1 against -5
    ],
)
def test_the_own_time_stands_beside_times_of_places_with_another_clock(
    live_server: str,
    sqlite_database: Database,
    browser: "Browser",
    reader: str,
    place: str,
    shown: bool,
) -> None:
    starts_at = datetime.combine(
        (NOW + timedelta(days=30)).date(), datetime.min.time(), ZoneInfo("UTC")
    ) + timedelta(hours=12)
    with sqlite_database.write() as db:
        course = make_course(db, make_provider(db))
        slot = make_slot(db, course, zone=place, starts_at=starts_at, ends_at=starts_at + HOUR)
    context = browser.new_context(timezone_id=reader)
    page = context.new_page()

    page.goto(f"{live_server}/slots/{slot.id}")
    times = page.locator("time[data-local]")
    hints = page.locator(".reader")

    assert times.count() > 0
    assert hints.count() == (times.count() if shown else 0)
    if shown:
        own = starts_at.astimezone(ZoneInfo(reader))
        assert f"{own:%H:%M}, your time" in (hints.first.text_content() or "")
    context.close()
