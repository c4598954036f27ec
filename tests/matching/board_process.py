"""A process with a board of its own, which answers one need whenever it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from uuid import UUID

from app.core import zones
from app.core.db import Database
from app.matching import queries
from app.matching.rules import Need
from app.matching.service import Board
from tests.factories import NOW

_WAIT_SECONDS = 60


class Elsewhere:
    """The other process, seen from here."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def seats(self) -> dict[UUID, int]:
        """The matches that it finds now, with the seats that the need could use."""
        self._pipe.send("rank")
        assert self._pipe.poll(_WAIT_SECONDS)
        found: dict[UUID, int] = self._pipe.recv()
        return found


@contextmanager
def another_process(url: str, need: Need, *, refreshed: bool = True) -> Iterator[Elsewhere]:
    """A process that ranks ``need``; with its refresh taken away unless ``refreshed``."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_answer, args=(there, url, need, refreshed), daemon=True)
    process.start()
    try:
        yield Elsewhere(here)
    finally:
        here.send("end")
        process.join(_WAIT_SECONDS)


def _answer(pipe: Connection, url: str, need: Need, refreshed: bool) -> None:
    zones.use_packaged_tzdata()
    database = Database(url)
    board = Board(database, clock=lambda: NOW)
    if not refreshed:
        setattr(queries, "new_changes", lambda _db, _watch: None)  # noqa: B010 - as a patch does
    while pipe.recv() == "rank":
        with database.read() as db:
            fits = board.matches(db, need, now=NOW)
        pipe.send({fit.slot_id: fit.seats_usable for fit in fits})
    database.dispose()
