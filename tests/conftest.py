"""Fixtures for every test: databases of both kinds, a client, a served application, a browser."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.core import migrate
from app.core.config import Settings
from app.core.db import Database
from tests.support import browser as browsers
from tests.support import postgres

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from playwright.sync_api import Browser, Page

POSTGRES_FOLDER = "CADRE_TESTS_POSTGRES"
TEMPLATE = "cadre_template"
BROWSER_FIXTURES = {"browser", "tab"}

_left_out: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Make the run independent of the caller's settings; choose a folder for its PostgreSQL."""
    if hasattr(config, "workerinput"):
        return
    for name in [name for name in os.environ if name.startswith("CADRE_")]:
        del os.environ[name]
    # Workers of pytest-xdist inherit the environment, and so find the same server.
    os.environ[POSTGRES_FOLDER] = str(postgres.new_run().folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the PostgreSQL of this run, if any test started it."""
    if not hasattr(config, "workerinput") and POSTGRES_FOLDER in os.environ:
        postgres.stop(_postgres_run())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out where there is no browser."""
    if browsers.find() is not None:
        return
    wanting = [item for item in items if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ()))]
    items[:] = [item for item in items if item not in wanting]
    config.hook.pytest_deselected(items=wanting)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which browser was used; where there is none its tests were not run."""
    found = browsers.find()
    terminalreporter.write_line(
        f"browser: {found}" if found else "no browser found: the tests that need one did not run"
    )


def _postgres_run() -> postgres.Run:
    return postgres.Run(Path(os.environ[POSTGRES_FOLDER]))


def _make_template(base_url: str) -> None:
    migrate.upgrade(postgres.create_database(base_url, TEMPLATE))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The address of the run's PostgreSQL server, with a migrated template in it."""
    return postgres.ensure_started(_postgres_run(), _make_template)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "cadre.db"
    migrate.upgrade(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    # A copy that is in WAL mode already saves each test the change.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return path


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "cadre.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """A fresh, migrated PostgreSQL database."""
    name = f"test_{uuid4().hex}"
    database = Database(postgres.create_database(postgres_url, name, template=TEMPLATE))
    yield database
    database.dispose()
    postgres.drop_database(postgres_url, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh, migrated database; the test runs once on each kind."""
    kind = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    made = request.getfixturevalue(kind)
    assert isinstance(made, Database)
    return made


@pytest.fixture
def settings() -> Settings:
    """Settings of a test: nothing from the environment, and a key that is no secret."""
    return Settings(
        base_url="http://testserver",
        secret_key=SecretStr("a key for tests only, thirty-two characters"),
        log_level="error",
    )


@pytest.fixture
def client(database: Database, settings: Settings) -> "Iterator[TestClient]":
    """A client of the application, on both kinds of database in turn."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - tests of rules need not wait

    from app.main import create_app  # noqa: PLC0415 - the same

    app = create_app(database, settings)
    with TestClient(app, base_url=settings.base_url, follow_redirects=False) as client:
        yield client


@pytest.fixture
def live_server(sqlite_database: Database, settings: Settings) -> Iterator[str]:
    """The application served on a port of this machine; the value is its base address.

    On SQLite only: what a browser shows does not depend on the database. ``sqlite_database`` in
    the same test is the database that is served. Others call ``tests.support.web.serve``.
    """
    from tests.support import web  # noqa: PLC0415 - tests of pure rules need not wait for it

    with web.serve(sqlite_database, settings) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The system's Chromium, without a window; for contexts of one's own (phone, no script)."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - 0.3 s for few tests

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browsers.find(), args=browsers.arguments()
        )
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: "Browser") -> "Iterator[Page]":
    """A fresh tab of 1280 by 800 pixels; an error in the page's own scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert not problems, problems
