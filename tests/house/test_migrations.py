"""Revisions: from nothing to head and back, together or not at all, on both databases."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from app.core import migrate
from migrations import check
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'two.db'}"
        return
    base_url = request.getfixturevalue("postgres_url")
    names = [f"empty_{uuid4().hex}" for _ in range(2)]
    one, two = (postgres.create_database(base_url, name) for name in names)
    yield one, two
    for name in names:
        postgres.drop_database(base_url, name)


def test_the_revisions_make_the_tables_of_the_models(empty_urls: tuple[str, str]) -> None:
    assert check.drift(*empty_urls) == []


def test_a_difference_in_a_check_or_a_partial_index_is_seen(tmp_path: Path) -> None:
    engines = [create_engine(f"sqlite:///{tmp_path / name}") for name in ("a.db", "b.db")]
    for engine, least, state in zip(engines, (0, 1), ("held", "free"), strict=True):
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"CREATE TABLE cohort (seats INT, CONSTRAINT ck CHECK (seats > {least}))"
            )
            connection.exec_driver_sql(f"CREATE INDEX ix ON cohort (seats) WHERE seats = '{state}'")
    first, second = (check.schema(engine) for engine in engines)
    for engine in engines:
        engine.dispose()

    assert {line.split()[1] for line in first ^ second} == {"check", "index"}


def test_up_down_and_up_again(empty_urls: tuple[str, str]) -> None:
    url, _ = empty_urls
    migrate.upgrade(url)
    engine = create_engine(url)
    full = check.schema(engine)
    migrate.downgrade(url, "base")
    empty = check.schema(engine)
    migrate.upgrade(url)
    again = check.schema(engine)
    engine.dispose()

    assert empty == set()
    assert again == full != set()


def test_several_processes_at_once_migrate_once(empty_urls: tuple[str, str]) -> None:
    url, _ = empty_urls
    program = f"from app.core import migrate; migrate.upgrade({url!r})"

    processes = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", program], cwd=ROOT) for _ in range(3)
    ]
    codes = [process.wait(60) for process in processes]
    engine = create_engine(url)
    with engine.connect() as connection:
        at_head = migrate.current_is_head(connection)
    engine.dispose()

    assert codes == [0, 0, 0]
    assert at_head


def test_a_database_that_was_never_migrated_is_not_at_head(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.connect() as connection:
        revision, at_head = migrate.current(connection), migrate.current_is_head(connection)
    engine.dispose()

    assert revision is None
    assert not at_head


def test_an_sqlite_file_with_an_older_revision_is_copied_first(tmp_path: Path) -> None:
    path = tmp_path / "cadre.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE alembic_version (version_num TEXT);"
        "INSERT INTO alembic_version VALUES ('old');"
    )
    connection.close()

    with pytest.raises(Exception, match="old"):
        migrate.upgrade(f"sqlite:///{path}")

    assert (tmp_path / "cadre.db.before-old").exists()
