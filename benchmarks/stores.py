"""The two databases that are measured: fresh, migrated, durable, beside each other on one disk."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from app.core import migrate
from app.core.db import Database
from tests.support import postgres

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Store:
    """One kind of database; ``place`` is a folder, or the address of a server."""

    kind: str
    place: str

    def create(self, name: str) -> str:
        """Make a database at the newest revision; returns its address."""
        if self.kind == "sqlite":
            url = f"sqlite:///{self.place}/{name}.db"
        else:
            url = postgres.create_database(self.place, name)
        migrate.upgrade(url)
        return url

    def settle(self, url: str) -> None:
        """Give the planner the figures that it has in production.

        SQLite's are taken when a server starts; PostgreSQL's daemon takes them within a minute.
        """
        with opened(url) as database:
            database.refresh_statistics()
            if self.kind == "postgresql":
                with database.read() as db:
                    db.execute(text("VACUUM ANALYZE"))

    def drop(self, name: str) -> None:
        """Remove a database that :meth:`create` made."""
        if self.kind == "sqlite":
            for path in Path(self.place).glob(f"{name}.db*"):
                path.unlink()
        else:
            postgres.drop_database(self.place, name)


@contextmanager
def stores(kinds: tuple[str, ...] = KINDS) -> Iterator[tuple[Store, ...]]:
    """The databases of these kinds, until the block ends.

    PostgreSQL runs with its own settings: fsync, full-page writes and synchronous commit are on.
    SQLite runs with those of the product: WAL and ``synchronous=FULL``.
    """
    with ExitStack() as stack:
        found = []
        if "sqlite" in kinds:
            folder = stack.enter_context(TemporaryDirectory(prefix="cadre-bench-"))
            found.append(Store("sqlite", folder))
        if "postgresql" in kinds:
            url = stack.enter_context(postgres.server(durable=True))
            found.append(Store("postgresql", url))
        yield tuple(found)


@contextmanager
def opened(url: str, *, pool_size: int = 1) -> Iterator[Database]:
    """The database at this address, closed when the block ends."""
    database = Database(url, pool_size=pool_size)
    try:
        yield database
    finally:
        database.dispose()


def postgres_facts(store: Store) -> str:
    """The version of the server, and that it is durable."""
    with opened(store.place) as database, database.read() as db:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        values = [db.execute(text(f"SHOW {name}")).scalar_one() for name in names]
    assert values[1:] == ["on"] * 3, f"This PostgreSQL is not durable: {values}"
    return f"{values[0]} (fsync, synchronous_commit and full_page_writes on)"
