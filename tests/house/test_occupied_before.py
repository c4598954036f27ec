"""The revision of booking in full, on a database that holds slots and bookings already."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, select
from sqlalchemy.types import Boolean, DateTime, Float, Integer, Uuid

from app.core import migrate
from app.registry.rules import resource_key
from tests.support import postgres

BEFORE = "ebc6be166ff9"
START = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind as the revision before made it."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'old.db'}"
        migrate.upgrade(address, BEFORE)
        yield address
        return
    base_url = request.getfixturevalue("postgres_url")
    name = f"old_{uuid4().hex}"
    address = postgres.create_database(base_url, name)
    migrate.upgrade(address, BEFORE)
    yield address
    postgres.drop_database(base_url, name)


class Old:
    """Rows of an older schema; columns that nobody names are filled with what fits."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.schema = MetaData()
        self.schema.reflect(connection)

    def add(self, table: str, **facts: Any) -> UUID:
        """Write a row, and give its id."""
        target = self.schema.tables[table]
        row = {**_filler(target), "id": uuid4(), **facts}
        own_zone = self.connection.dialect.name != "sqlite"
        plain = {name: _plain(value, aware=own_zone) for name, value in row.items()}
        self.connection.execute(target.insert().values(**plain))
        return UUID(str(row["id"]))

    def slot(self, starts: float, ends: float, *, mode: str = "hands-on", **facts: Any) -> UUID:
        """A slot of one meeting, from hour to hour after :data:`START`."""
        times = {"starts_at": START + starts * HOUR, "ends_at": START + ends * HOUR}
        known = {"status": "confirmed", "route": "open", "seats": 9, "mode": mode}
        slot = self.add("slot", **{**self.home, **known, **times, **facts})
        self.add("meeting", slot_id=slot, mode=mode, **times)
        return slot

    def __enter__(self) -> "Old":
        provider = self.add("provider", slug="p", state="verified")
        facility = self.add("facility", slug="f", provider_id=provider, places=9)
        course = self.add("course", slug="c", provider_id=provider, level=1, seats=9)
        self.facility, self.person = facility, self.add("user", email="a@people.example")
        self.home = {"provider_id": provider, "course_id": course, "facility_id": facility}
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.commit()

    def booking(self, slot: UUID, state: str = "confirmed", **facts: Any) -> UUID:
        """A booking of the one person."""
        return self.add("booking", slot_id=slot, person_id=self.person, state=state, **facts)


_FILLING: tuple[tuple[type[Any], Any], ...] = (
    (DateTime, START),
    (Boolean, False),
    (Integer, 0),
    (Float, 0),
    (Uuid, uuid4()),
)


def _filler(table: Table) -> dict[str, Any]:
    return {
        column.name: next((value for kind, value in _FILLING if isinstance(column.type, kind)), "")
        for column in table.columns
        if not column.nullable and not column.primary_key
    }


def _plain(value: Any, *, aware: bool) -> Any:
    if isinstance(value, datetime) and not aware:
        return value.replace(tzinfo=None)
    if isinstance(value, UUID) and not aware:
        return value.hex
    return value


def taken(url: str) -> list[dict[str, Any]]:
    """The rows of occupied time after the upgrade, by kind and start."""
    migrate.upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        table = Table("occupancy", MetaData(), autoload_with=connection)
        found = connection.execute(select(table).order_by(table.c.kind, table.c.starts_at))
        rows = [dict(row._mapping) for row in found]  # noqa: SLF001 - documented, for all its name
    engine.dispose()
    return rows


def hour(row: dict[str, Any]) -> float:
    """The beginning of a row, in hours after :data:`START`."""
    moment: datetime = row["starts_at"]
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - START) / HOUR


def test_published_slots_take_their_facility_after_the_upgrade(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection, Old(connection) as old:
        old.slot(0, 4)
        old.slot(10, 14, status="completed")
        old.slot(20, 24, status="draft")
        old.slot(30, 34, status="cancelled")
        old.slot(40, 44, mode="classroom-remote", facility_id=None)
    engine.dispose()

    rows = taken(url)

    assert [(row["kind"], hour(row), bool(row["live"])) for row in rows] == [
        ("facility", 0, True),
        ("facility", 10, True),
    ]
    assert {row["resource_key"] for row in rows} == {resource_key(old.facility)}


def test_seats_take_their_peoples_time_and_what_overlaps_is_left_to_settle(url: str) -> None:
    engine = create_engine(url)
    remote: dict[str, Any] = {"mode": "classroom-remote", "facility_id": None}
    with engine.connect() as connection, Old(connection) as old:
        for starts, ends in ((0, 4), (2, 6), (5, 8)):
            old.booking(old.slot(starts, ends, **remote))
        old.booking(old.slot(20, 24, **remote), "cancelled")
        old.booking(old.slot(30, 34, **remote), "waitlisted")
        old.booking(old.slot(40, 44, **remote), "offered", held_until=START)
        old.booking(old.slot(0, 900, mode="self-paced", facility_id=None))
    engine.dispose()

    assert [(row["kind"], hour(row), bool(row["live"])) for row in taken(url)] == [
        ("person", 0, True),
        ("person", 2, False),
        ("person", 5, True),
        ("person", 40, True),
    ]
