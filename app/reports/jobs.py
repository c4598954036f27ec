"""Timed work of reports."""

from functools import partial

from sqlalchemy.exc import IntegrityError

from app.core.clock import Clock
from app.core.db import Database
from app.core.log import logger
from app.reports.queries.history import has_snapshot
from app.reports.service.history import gaps_of_today, write_down

_log = logger("reports")


def snapshot(database: Database, clock: Clock) -> int:
    """Write down the gaps of the day, once however many workers there are; returns the cells."""
    now = clock()
    with database.read() as db:  # nobody is held up for a day that is written down
        if has_snapshot(db, now.date()):
            return 0
    with database.snapshot() as db:  # seconds for a large network: no writer waits meanwhile
        cells = gaps_of_today(db, now=now)
    try:
        return database.run(partial(write_down, cells=cells))
    except IntegrityError:
        _log.info("snapshot_taken_elsewhere", day=now.date().isoformat())
        return 0
