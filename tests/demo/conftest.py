"""The demonstration, loaded once on each kind of database for all tests that only look at it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from app.core import zones
from app.core.db import Database
from app.demo.loader import DemoSummary, load_demo
from tests.support import postgres

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, DemoSummary]]:
    zones.use_packaged_tzdata()
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("demo") / "demo.db"
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, path)
        database = Database(f"sqlite:///{path}")
        yield database, load_demo(database, now=NOW)
        database.dispose()
        return
    base_url: str = request.getfixturevalue("postgres_url")
    name = f"demo_{uuid4().hex}"
    database = Database(postgres.create_database(base_url, name, template="cadre_template"))
    yield database, load_demo(database, now=NOW)
    database.dispose()
    postgres.drop_database(base_url, name)


@pytest.fixture
def network(loaded: tuple[Database, DemoSummary]) -> Database:
    return loaded[0]
