"""What the other tests stand on: the client, the served application, the browser."""

from typing import TYPE_CHECKING

from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.db import Database

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_client_reaches_the_application_on_both_databases(client: TestClient) -> None:
    answer = client.get("/api/v1/skills?limit=1")

    assert answer.status_code == 200
    assert answer.json()["items"]


def test_a_database_is_fresh_and_migrated(database: Database) -> None:
    with database.read() as db:
        users = db.execute(text('SELECT COUNT(*) FROM "user"')).scalar_one()
        revision = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()

    assert users == 0
    assert revision


def test_a_browser_opens_the_served_application(live_server: str, tab: "Page") -> None:
    answer = tab.goto(f"{live_server}/sign-in")

    assert answer is not None
    assert answer.status == 200
    assert tab.locator("h1").count() == 1


def test_a_browser_shows_errors_as_pages(live_server: str, tab: "Page") -> None:
    answer = tab.goto(f"{live_server}/no-such-page")

    assert answer is not None
    assert answer.status == 404
    assert tab.locator("h1").count() == 1
