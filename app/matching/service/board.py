"""The board: the bookable future in the memory of this process, as new as the question."""

import gc
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.core.clock import Clock, utc_now
from app.core.db import Database
from app.core.log import logger
from app.core.watch import Watch
from app.matching import queries
from app.matching.rules import NO_SEAT, Need, Offer, rank_offers
from app.matching.rules.columns import Columns, Fit, Ranked, fits_of, look_at, rank_columns
from app.matching.rules.inverse import Judge
from app.matching.rules.limits import Situation

_log = logger("board")


def rank_rows(db: Session, need: Need, *, now: datetime, limit: int | None = None) -> Ranked:
    """The same answer as a board gives, from the rows; ten times as slow with 100,000 slots.

    For a transaction that writes, and for a process that asks once.
    """
    offers = queries.offers_for(db, need, now=now)
    found = rank_offers(need, offers, now=now, paths=queries.paths(db, offers, now=now))
    return Ranked(
        found.matches[:limit],
        found.near_misses[:limit],
        found.future_supply[:limit],
        found.reason_none,
        len(found.matches),
        len(found.near_misses),
        len(found.future_supply),
        not offers,
    )


MADE_ANEW_SECONDS = 600.0
"""After so long the board is made again from the rows, whatever the facts have said."""


def look_at_rows(
    db: Session, need: Need, slot_ids: Iterable[UUID], *, now: datetime
) -> dict[UUID, tuple[Offer, Situation]]:
    """The same as :meth:`Board.look_at`, from the rows."""
    offers = [each.to(need, now=now) for each in queries.offers_to_come(db, slot_ids, now=now)]
    judge = Judge(now, queries.paths(db, offers, now=now))
    return {offer.slot_id: (offer, judge.situation(need, offer)) for offer in offers}


class Board:
    """Answers needs from columns in memory. One of a process; several threads may ask it.

    Every question first counts the facts of the last minute, one statement of a fraction of a
    millisecond, and reads the rows again that new facts name. So an answer is as new as its
    session: what was committed before it began is in it, in every process. It is a cache all the
    same; booking decides by the rows, under the lock of the slot.

    The board is made at the first question, or when a server starts, and made again in the
    background every ten minutes, which drops what is over and mends what was written past the
    services, without a fact.
    """

    def __init__(self, database: Database, *, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._watch = Watch()
        self._made_at = 0.0
        self._making = False

    def rank(self, db: Session, need: Need, *, now: datetime, limit: int | None = None) -> Ranked:
        """The ranked answer to a need; at most ``limit`` of each kind, and how many there are.

        Args:
            db: A session of :meth:`Database.read`. What a transaction has not committed must not
                get into the board of the process, so one that writes is refused.
            need: What is asked for.
            now: Aware UTC time.
            limit: None gives all of them.

        Raises:
            ValueError: ``db`` belongs to a transaction that writes.
        """
        with self._asked(db) as columns:
            ranked = rank_columns(columns, need, now=now, limit=limit)
        if ranked.is_empty and queries.was_taught(db, need):
            return replace(ranked, reason_none=NO_SEAT)
        return ranked

    def matches(
        self, db: Session, need: Need, *, now: datetime, limit: int | None = None
    ) -> list[Fit]:
        """The matches of a need alone, best first; arguments as of :meth:`rank`."""
        with self._asked(db) as columns:
            return fits_of(columns, need, now=now, limit=limit)

    def rankings(
        self, db: Session, needs: Iterable[Need], *, now: datetime, limit: int | None = None
    ) -> Iterator[list[Fit]]:
        """The matches of many needs, in their order; of the board at the first, or newer.

        For batches of thousands: the facts are looked at once, and others are let in between.
        """
        with self._asked(db):
            pass
        for need in needs:
            with self._lock:
                columns = self._columns if self._columns is not None else self._fresh(db)
                found = fits_of(columns, need, now=now, limit=limit)
            yield found

    def look_at(
        self, db: Session, need: Need, slot_ids: Iterable[UUID], *, now: datetime
    ) -> dict[UUID, tuple[Offer, Situation]]:
        """Some slots as the need sees them, whatever speaks against them; those to come only."""
        with self._asked(db) as columns:
            return look_at(columns, need, slot_ids, now=now)

    def start(self) -> threading.Thread:
        """Make the board in a thread, so that nobody's first question has to wait for it.

        For a process that serves. A question that comes meanwhile waits for what is under way.
        """
        thread = threading.Thread(target=self._make_first, name="board", daemon=True)
        thread.start()
        return thread

    @property
    def nbytes(self) -> int:
        """Bytes of the columns; 0 before the first question."""
        return 0 if self._columns is None else self._columns.nbytes

    def rebuild(self) -> None:
        """Make the board again from the rows, now; for what wrote rows without facts."""
        with self._database.read() as db:
            columns, watch = queries.build_columns(db, now=self._clock())
        with self._lock:
            self._set(columns, watch)

    @contextmanager
    def _asked(self, db: Session) -> Iterator[Columns]:
        """The columns for one question, which nobody changes meanwhile."""
        if not self._database.is_reading(db):
            raise ValueError("The board is asked with a session that only reads.")
        db.connection()  # now: whoever has the lock must not have to wait for those who wait for it
        with self._lock:
            yield self._fresh(db)

    def _fresh(self, db: Session) -> Columns:
        """The columns with everything in them that ``db`` can see. Called under the lock."""
        now = self._clock()
        if self._columns is None:
            return self._set(*queries.build_columns(db, now=now))
        changes = queries.new_changes(db, self._watch)
        if changes is not None:
            queries.apply_changes(db, self._columns, changes, now=now)
            self._watch.seen |= changes.events
            self._watch.forget(now=now)
        if time.monotonic() - self._made_at > MADE_ANEW_SECONDS and not self._making:
            self._making = True
            threading.Thread(target=self._make_anew, name="board", daemon=True).start()
        return self._columns

    def _set(self, columns: Columns, watch: Watch) -> Columns:
        self._columns, self._watch = columns, watch
        self._made_at = time.monotonic()
        return columns

    def _make_first(self) -> None:
        try:
            with self._database.read() as db, self._asked(db):
                pass
        except Exception as error:
            # A database that is away: the first question tries again, and says so.
            _log.exception("board_not_made", reason=type(error).__name__)
            return
        # What is here now stays: without this, each full collection of garbage walks all of it,
        # and whoever asks at that moment waits for tens of milliseconds.
        gc.collect()
        gc.freeze()

    def _make_anew(self) -> None:
        try:
            self.rebuild()
        except Exception as error:
            # The old board goes on being kept up by facts; the next question tries again.
            _log.exception("board_not_made", reason=type(error).__name__)
        finally:
            self._making = False
