"""The start page: what it offers can be had."""

import re
from datetime import timedelta

from fastapi.testclient import TestClient

from app.core.db import Database
from tests.factories import NOW, make_course, make_provider, make_slot


def test_only_dates_that_can_be_booked_are_offered(client: TestClient, database: Database) -> None:
    with database.write() as db:
        provider = make_provider(db)
        closed = make_slot(
            db,
            make_course(db, provider, title="Closed course"),
            now=NOW - timedelta(days=9),
            apply_by=str(NOW - timedelta(hours=1)),
        )
        make_slot(db, make_course(db, provider, title="Open course", seats=12))
        tentative = make_course(db, provider, title="Planned course")
        make_slot(db, tentative, status="tentative")

    home = client.get("/").text
    found = client.get("/slots?has_seats=true").text
    everything = client.get("/slots").text

    assert closed.apply_by < NOW < closed.starts_at
    for page in (home, found):
        assert "Open course" in page
        assert "Closed course" not in page
        assert "Planned course" not in page
        assert "Applications are closed" not in page
    assert "Closed course" in everything
    assert "Planned course" in everything
    assert re.search(r"<strong>12</strong> <span><a [^>]*>seats free now</a>", home)
