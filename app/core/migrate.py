"""Bringing a database to the newest revision, and telling whether it is there.

Does not depend on the working directory: the revisions are found beside the package.
"""

import sqlite3
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database to ``revision``; several processes may ask at once.

    All revisions run in one transaction: it ends at ``revision``, or as it began. An SQLite file
    that holds data is copied first, to ``<name>.before-<its revision>``.
    """
    path = _sqlite_path(database_url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy_before_change(path, revision)
    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Take revisions back, down to ``revision`` (``base``: an empty database)."""
    command.downgrade(_config(database_url), revision)


@lru_cache
def head() -> str | None:
    """The newest revision there is; None before the first."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision the database is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def current_is_head(connection: Connection) -> bool:
    """Whether the database is what this program expects; for readiness checks."""
    return current(connection) == head()


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = database_url
    return config


def _sqlite_path(database_url: str) -> Path | None:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def _copy_before_change(path: Path, revision: str) -> None:
    if not path.exists():
        return
    source = sqlite3.connect(path)
    try:
        known = source.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        if known.fetchone() is None:
            return
        row = source.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None or row[0] in {revision, head()}:
            return
        copy = sqlite3.connect(path.with_name(f"{path.name}.before-{row[0]}"))
        try:
            source.backup(copy)
        finally:
            copy.close()
    finally:
        source.close()
