"""Whether the revisions make the very tables that the models describe.

``python -m migrations.check`` compares on SQLite; a test does the same on PostgreSQL. Alembic's
own check sees neither changed CHECK constraints nor the condition of a partial index, so the two
schemas are described by the database itself and compared as text.
"""

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.engine import Inspector
from sqlmodel import SQLModel

from app.core import migrate
from migrations.tables import import_all_tables


def schema(engine: Engine) -> set[str]:
    """Every column, key, constraint and index of our tables, each as one line."""
    import_all_tables()
    inspector = inspect(engine)
    lines: set[str] = set()
    for table in sorted(set(inspector.get_table_names()) & set(SQLModel.metadata.tables)):
        lines.add(f"{table}: table")
        for part in (_columns, _keys, _indexes):
            lines |= {_tidy(f"{table}: {line}") for line in part(inspector, table)}
    return lines


def drift(migrated_url: str, created_url: str) -> list[str]:
    """What differs between revisions and models; empty when nothing does.

    Args:
        migrated_url: An empty database; it is upgraded to head.
        created_url: Another empty one of the same kind; the models' tables are created in it.
    """
    migrate.upgrade(migrated_url)
    migrated, created = create_engine(migrated_url), create_engine(created_url)
    try:
        import_all_tables()
        SQLModel.metadata.create_all(created)
        have, want = schema(migrated), schema(created)
    finally:
        migrated.dispose()
        created.dispose()
    missing = [f"only in the models:    {line}" for line in sorted(want - have)]
    return missing + [f"only in the revisions: {line}" for line in sorted(have - want)]


def main() -> int:
    """Compare on SQLite; print what differs; 1 when anything does."""
    with tempfile.TemporaryDirectory(prefix="cadre-drift-") as folder:
        urls = [f"sqlite:///{Path(folder) / name}.db" for name in ("migrated", "created")]
        lines = drift(urls[0], urls[1])
    if lines:
        print("The revisions do not make the tables of the models. A new revision is needed:")
        print('.venv/bin/alembic revision --autogenerate -m "Say what changes"')
        print("\n".join(lines))
    return 1 if lines else 0


def _columns(inspector: Inspector, table: str) -> Iterable[str]:
    for column in inspector.get_columns(table):
        null = "null" if column["nullable"] else "not null"
        yield f"column {column['name']} {column['type']!r} {null} default {column['default']}"


def _keys(inspector: Inspector, table: str) -> Iterable[str]:
    primary = inspector.get_pk_constraint(table)
    yield f"primary key {primary['name']} {primary['constrained_columns']}"
    for key in inspector.get_foreign_keys(table):
        target = f"{key['referred_table']} {key['referred_columns']}"
        options = sorted(key.get("options", {}).items())
        yield f"foreign key {key['name']} {key['constrained_columns']} -> {target} {options}"
    for unique in inspector.get_unique_constraints(table):
        yield f"unique {unique['name']} {unique['column_names']}"
    for rule in inspector.get_check_constraints(table):
        yield f"check {rule['name']} {rule['sqltext']}"


def _indexes(inspector: Inspector, table: str) -> Iterable[str]:
    for index in inspector.get_indexes(table):
        if index.get("duplicates_constraint"):
            continue  # PostgreSQL lists the index behind a unique constraint, too
        options = sorted((key, str(value)) for key, value in index["dialect_options"].items())
        columns = index.get("expressions") or index["column_names"]
        yield f"index {index['name']} {columns} unique={index['unique']} {options}"


def _tidy(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


if __name__ == "__main__":
    sys.exit(main())
