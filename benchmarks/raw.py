"""The same row work as a booking, by the database's own driver: what the services are held to.

One transaction as the services make it (see ``app/booking/service/desk.py``), without our code:
lock the slot, look for what ran out, for a place the person has and for other things at that time,
move the counter where there is a seat, write booking, occupied time, audit and outbox, commit.
"""

import sqlite3
from collections.abc import Mapping, Set
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Dialect, make_url
from sqlmodel import SQLModel, col, select

from app.booking.models import Booking
from app.booking.rules import LIVE, BookingState
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.outbox import AuditEntry, OutboxEvent
from app.registry.models import Meeting, Occupancy
from benchmarks.stores import opened

Values = dict[str, Any]

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
_LOCK = """
SELECT slot.seats, slot.overbook, slot.seats_claimed, slot.waiting, slot.apply_by, provider.state
FROM slot JOIN provider ON provider.id = slot.provider_id WHERE slot.id = {slot}
"""
_LOOK = f"""
SELECT EXISTS (SELECT 1 FROM booking WHERE slot_id = {{slot}} AND held_until <= {{now}}),
    EXISTS (SELECT 1 FROM cohort WHERE slot_id = {{slot}} AND state = 'active'
            AND release_at <= {{now}}),
    EXISTS (SELECT 1 FROM booking WHERE slot_id = {{slot}} AND person_id = {{person}}
            AND state IN ({", ".join(repr(str(state)) for state in sorted(LIVE))})),
    EXISTS (SELECT 1 FROM occupancy WHERE resource_id = {{person}} AND live
            AND starts_at < {{ends}} AND ends_at > {{starts}})
"""  # noqa: S608 - the states are our own words
_SEAT = """
UPDATE slot SET seats_claimed = seats_claimed + 1
WHERE id = {slot} AND seats_claimed + 1 <= seats + overbook
"""
_WAIT = "UPDATE slot SET waiting = waiting + 1 WHERE id = {slot}"


class Raw:
    """One connection of a driver to the database, and the statements of a booking.

    Args:
        url: SQLAlchemy's address of a migrated database.
        slots: The slots that will be booked; their meetings are read now.
    """

    def __init__(self, url: str, slots: Set[UUID]) -> None:
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        dialect = make_url(url).get_dialect()()
        self._mark = ":{}" if self._is_sqlite else "%({})s"
        rows = _rows(url, next(iter(slots)))
        self._rows = {str(row.__tablename__): _values(row, dialect) for row in rows}
        self._inserts = {table: self._insert(table, values) for table, values in self._rows.items()}
        self._slots = {slot_id: self._meetings(url, slot_id, dialect) for slot_id in slots}
        self._lock = self._sql(_LOCK + ("" if self._is_sqlite else "FOR UPDATE OF slot"))
        self._look, self._seat, self._wait = map(self._sql, (_LOOK, _SEAT, _WAIT))
        self._connection = self._connect(url)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def book(self, slot_id: UUID, person_id: UUID) -> bool:
        """Give the person a seat, or a place in line; False when they have one."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN")
            made = self._write(cursor, slot_id, person_id)
            cursor.execute("COMMIT" if made else "ROLLBACK")
        return made

    def _write(self, cursor: Any, slot_id: UUID, person_id: UUID) -> bool:
        spans = self._slots[slot_id]
        slot, person, now = self._raw(slot_id), self._raw(person_id), self._moment(utc_now())
        seats, overbook, claimed, *_ = cursor.execute(self._lock, {"slot": slot}).fetchone()
        facts = {"slot": slot, "person": person, "now": now}
        span = {"starts": spans[0]["starts_at"], "ends": spans[-1]["ends_at"]}
        if any(cursor.execute(self._look, facts | span).fetchone()):
            return False
        free = claimed < seats + overbook
        cursor.execute(self._seat if free else self._wait, {"slot": slot})
        booking = self._raw(new_id())
        own = {"id": booking, "slot_id": slot, "person_id": person, "created_at": now}
        if not free:
            own |= {"state": str(BookingState.WAITLISTED), "held_until": None}
        self._add(cursor, "booking", own | {"entered_at": now})
        for meeting in spans if free else ():
            taken = {"resource_id": person, "slot_id": slot, "booking_id": booking}
            key = {"id": self._raw(new_id()), "resource_key": _key(person_id)}
            self._add(cursor, "occupancy", taken | key | meeting)
        for table in ("audit_entry", "outbox_event"):
            self._add(cursor, table, {"id": self._raw(new_id()), "subject_id": booking})
        return True

    def _add(self, cursor: Any, table: str, own: Values) -> None:
        cursor.execute(self._inserts[table], self._rows[table] | own)

    def _connect(self, url: str) -> Any:
        where = make_url(url)
        if not self._is_sqlite:
            return psycopg.connect(
                dbname=where.database,
                user=where.username,
                host=str(where.query["host"]),
                autocommit=True,
            )
        connection = sqlite3.connect(str(where.database), isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _meetings(self, url: str, slot_id: UUID, dialect: Dialect) -> list[Values]:
        query = select(Meeting).where(col(Meeting.slot_id) == slot_id)
        with opened(url) as database, database.read() as db:
            found = list(db.exec(query.order_by(col(Meeting.starts_at))))
        spans = [_values(meeting, dialect) for meeting in found]
        return [{name: span[name] for name in ("starts_at", "ends_at")} for span in spans]

    def _insert(self, table: str, values: Mapping[str, Any]) -> str:
        marks = ", ".join(self._mark.format(name) for name in values)
        return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - ours

    def _sql(self, text: str) -> str:
        names = ("slot", "person", "now", "starts", "ends")
        return text.format_map({name: self._mark.format(name) for name in names})

    def _raw(self, value: UUID) -> Any:
        return value.hex if self._is_sqlite else value

    def _moment(self, value: Any) -> Any:
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") if self._is_sqlite else value


def _rows(url: str, slot_id: UUID) -> list[SQLModel]:
    """One row of each table as the services write it; a booking replaces what is its own."""
    with opened(url) as database, database.read() as db:
        meeting = db.exec(select(Meeting).where(col(Meeting.slot_id) == slot_id)).first()
    assert meeting is not None
    now, nobody = utc_now(), new_id()
    return [
        Booking(
            slot_id=slot_id,
            person_id=nobody,
            state=BookingState.HELD,
            held_until=now + timedelta(hours=1),
            entered_at=now,
            created_by=nobody,
            created_at=now,
            revised_at=now,
        ),
        Occupancy(
            kind="person",
            resource_id=nobody,
            resource_key=_key(nobody),
            slot_id=slot_id,
            booking_id=nobody,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
        ),
        AuditEntry(
            at=now,
            actor_id=nobody,
            actor_kind="person",
            action="booking.placed",
            subject="booking",
            subject_id=nobody,
        ),
        OutboxEvent(
            name="booking.placed",
            subject="booking",
            subject_id=nobody,
            version=1,
            payload={"slot": str(slot_id), "person": str(nobody), "state": "held"},
            recorded_at=now,
        ),
    ]


def _values(row: SQLModel, dialect: Dialect) -> Values:
    """The row's columns as the driver takes them."""
    found: Values = {}
    for column in row.__table__.columns:  # type: ignore[attr-defined]  # a table has one
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        value = getattr(row, column.name)
        found[column.name] = process(value) if process is not None else value
    return found


def _key(person_id: UUID) -> int:
    return person_id.int & (2**63 - 1)
