"""How alembic meets the database: one transaction per upgrade, on SQLite and on PostgreSQL.

Run by ``app.core.migrate``, which gives the address in ``config.attributes["url"]``, and by the
``alembic`` command, which takes it from the settings.
"""

import sqlite3
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.environment import NameFilterParentNames
from sqlalchemy import Connection, Engine, create_engine, event, make_url, pool, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from app.core.config import settings_from_environment
from migrations.tables import import_all_tables

LOCK = 0x6361647265  # "cadre"; any number that no other program uses on the same server
WAIT_SECONDS = 60


def engine_for(url: str) -> Engine:
    """An engine for migrations only, never the application's.

    SQLite: foreign keys are off, because rebuilding a table with them on deletes the rows that
    refer to it (ON DELETE CASCADE), and they cannot be switched inside a transaction.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, poolclass=pool.NullPool, isolation_level="READ COMMITTED")
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that DDL can roll back
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones they are stored as.

    A revision must run unchanged for years, also when the class it was made from is gone.
    """
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def include_name(name: str | None, kind: str, _parents: NameFilterParentNames) -> bool:
    """Compare only tables of ours: the database may hold others (search indexes, extensions)."""
    return kind != "table" or name in SQLModel.metadata.tables


def migrate() -> None:
    """Run the asked revisions in one transaction; a second caller waits and finds them done."""
    url = context.config.attributes.get("url")
    if url is None:  # the alembic command, which may compare with the tables
        import_all_tables()
        url = settings_from_environment().database_url
    engine = engine_for(url)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            transactional_ddl=True,
            include_name=include_name,
            render_item=render_item,
        )
        with context.begin_transaction():
            if not is_sqlite:
                # Held to the end of the transaction. SQLite's BEGIN IMMEDIATE does the same.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            context.run_migrations()
            if is_sqlite:
                _refuse_broken_references(connection)
    engine.dispose()


def _refuse_broken_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(10)
    if broken:
        rows = ", ".join(f"{table} {row} -> {parent}" for table, row, parent, _ in broken)
        msg = f"The migration would leave rows that refer to nothing: {rows}"
        raise RuntimeError(msg)


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: there is no offline mode.")
migrate()
