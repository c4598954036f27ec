"""The sampler: looks at the seats every few milliseconds, all of it in one snapshot.

Its statements are its own, not those of ``cadre verify``: a mistake in one cannot hide in both.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, event, text

from app.booking.rules import LIVE, SEAT_TAKING
from torture.roles import Run

_PAUSE = 0.005
_SOON = timedelta(minutes=10)
_MOST_KEPT = 200


def _words(states: frozenset[Any]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


TAKING = _words(frozenset(SEAT_TAKING))
ALIVE = _words(frozenset(LIVE))

SLOTS = text(f"""
SELECT s.id, s.status, s.route, s.selected_at, s.starts_at, s.max_per_country,
    s.seats + s.overbook AS most, s.seats_claimed AS claimed, s.waiting,
    (SELECT count(*) FROM booking b WHERE b.slot_id = s.id AND b.state IN ({TAKING})) AS people,
    (SELECT coalesce(sum(c.seats_open), 0) FROM cohort c WHERE c.slot_id = s.id) AS open,
    (SELECT count(*) FROM booking b WHERE b.slot_id = s.id AND b.state = 'waitlisted') AS line,
    (SELECT coalesce(sum(c.seats), 0) FROM cohort c
        WHERE c.slot_id = s.id AND c.state = 'waitlisted') AS blocks,
    (SELECT coalesce(sum(h.seats), 0) FROM seat_share h WHERE h.slot_id = s.id) AS kept
FROM slot s
""")  # noqa: S608 - the states are our own words
TWICE = text(f"""
SELECT slot_id, person_id, count(*) FROM booking WHERE state IN ({ALIVE})
GROUP BY slot_id, person_id HAVING count(*) > 1
""")  # noqa: S608 - as above
OVERLAPS = text("""
SELECT a.kind, a.resource_id, a.slot_id, b.slot_id FROM occupancy a JOIN occupancy b
    ON a.resource_id = b.resource_id AND a.id < b.id
    AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.live AND b.live
""")
BLOCKS = text(f"""
SELECT id, seats, seats_open, drawn FROM (
    SELECT c.id, c.seats, c.seats_open, (SELECT count(*) FROM booking b
        WHERE b.cohort_id = c.id AND b.state IN ({TAKING})) AS drawn
    FROM cohort c WHERE c.state = 'active') AS counted
WHERE seats <> seats_open + drawn
""")  # noqa: S608 - as above
LINE = text("""
SELECT priority, entered_at, id, 1 AS wants, held_back, country, 0 AS partial FROM booking
    WHERE slot_id = :slot AND state = 'waitlisted'
UNION ALL
SELECT priority, entered_at, id, seats, held_back, country, CASE WHEN partial_ok THEN 1 ELSE 0 END
    FROM cohort WHERE slot_id = :slot AND state = 'waitlisted'
ORDER BY 1, 2, 3
""")
COUNTRIES = text(f"""
SELECT country, sum(n) FROM (
    SELECT country, count(*) AS n FROM booking WHERE slot_id = :slot AND state IN ({TAKING})
    GROUP BY country
    UNION ALL
    SELECT country, sum(seats_open) FROM cohort WHERE slot_id = :slot GROUP BY country) AS counted
GROUP BY country
""")  # noqa: S608 - as above


def sample(run: Run) -> None:
    """Look until the process is ended; write down what must not be, with the moment."""
    found = 0
    with run.plan.seen.open("a", encoding="utf-8") as file, snapshots(run.plan.url) as snapshot:
        while True:
            began = time.monotonic()
            with snapshot() as db:
                for problem in problems(db, now=run.board.clock()()):
                    found += 1
                    if found <= _MOST_KEPT:
                        file.write(json.dumps({"sample": run.board.samples, **problem}) + "\n")
                        file.flush()
            run.board.sampled()
            # A long look is followed by a long pause, or it would look on where others work.
            time.sleep(max(_PAUSE, time.monotonic() - began))


@contextmanager
def snapshots(url: str) -> Iterator[Any]:
    """Transactions in which every statement sees the same moment."""
    sqlite = url.startswith("sqlite")
    level = {} if sqlite else {"isolation_level": "REPEATABLE READ"}
    engine = create_engine(url, pool_size=1, max_overflow=0, **level)
    if sqlite:
        event.listen(engine, "connect", _says_begin_itself)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    yield engine.connect
    engine.dispose()


def _says_begin_itself(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")


def problems(db: Connection, *, now: datetime) -> Iterator[dict[str, Any]]:
    """What is wrong at this moment: an invariant's name and the figures."""
    for slot in db.execute(SLOTS).mappings():
        figures = {name: slot[name] for name in ("claimed", "people", "open", "most")}
        if slot["claimed"] != slot["people"] + slot["open"]:
            yield _problem("S1", slot["id"], **figures)
        if max(slot["claimed"], slot["people"] + slot["open"]) > slot["most"]:
            yield _problem("S2", slot["id"], **figures)
        if slot["waiting"] != slot["line"] + slot["blocks"]:
            units = {name: slot[name] for name in ("waiting", "line", "blocks")}
            yield _problem("S1 (line)", slot["id"], **units)
        if slot["waiting"] and slot["claimed"] < slot["most"] and _moves(slot, now):
            yield from _idle_seats(db, slot)
    for what, query in (("S3", TWICE), ("S4", OVERLAPS), ("S5", BLOCKS)):
        for row in db.execute(query):
            yield _problem(what, row[0], row=[str(each) for each in row])


def _moves(slot: Any, now: datetime) -> bool:
    """Whether the slot's line moves by itself now."""
    starts_at = slot["starts_at"]
    if isinstance(starts_at, str):
        starts_at = datetime.fromisoformat(starts_at)
    if starts_at.tzinfo is None:
        starts_at = starts_at.replace(tzinfo=now.tzinfo)
    selects = slot["route"] == "individual-selection" and slot["selected_at"] is None
    return bool(slot["status"] == "confirmed" and not selects and starts_at > now + _SOON)


def _idle_seats(db: Connection, slot: Any) -> Iterator[dict[str, Any]]:
    """W1: the first in line whom nothing holds back would fit into the free seats."""
    free = slot["most"] - slot["claimed"]
    taken: dict[str | None, int] = {}
    if slot["max_per_country"] is not None:
        taken = {row[0]: int(row[1]) for row in db.execute(COUNTRIES, {"slot": slot["id"]})}
    line: Sequence[Any] = db.execute(LINE, {"slot": slot["id"]}).mappings().all()
    for entry in line:
        if entry["held_back"]:
            continue
        wants = 1 if entry["partial"] else int(entry["wants"])
        cap = slot["max_per_country"]
        if cap is not None and taken.get(entry["country"], 0) + wants > cap:
            continue
        if wants > free - slot["kept"]:
            return  # everybody waits behind a group that does not fit; who may have kept seats
        waiting = [f"{each['wants']} {each['country']} {each['held_back']}" for each in line]
        yield _problem("W1", slot["id"], free=free, entry=str(entry["id"]), line=waiting)
        return


def _problem(invariant: str, subject: object, **figures: Any) -> dict[str, Any]:
    return {"invariant": invariant, "id": str(subject), **figures}
