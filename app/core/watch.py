"""What has happened since somebody looked: for whatever a process keeps of the rows.

Every change records a fact in its own commit (see ``core.outbox``). Who keeps something made of
rows remembers which facts are in it already, and looks at the others before it is used again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func
from sqlmodel import Session, col, select

from app.core.ids import lowest_id_of, milliseconds_of
from app.core.outbox import OutboxEvent

WINDOW = timedelta(seconds=60)
"""How long after its fact was written a commit may come and still be noticed at once.

Ids of facts rise with time, yet on PostgreSQL a later one can be committed first. So the facts of
the last minute are counted at each look, and looked through when there are more than are known.
"""

_OF_FACT: tuple[Any, ...] = (
    *(col(OutboxEvent.id), col(OutboxEvent.subject), col(OutboxEvent.subject_id)),
    col(OutboxEvent.payload),
)
# Made once and run past the mapper: each ranking and each page of figures begins with it.
_COUNT = (
    select(func.count()).select_from(OutboxEvent).where(col(OutboxEvent.id) > bindparam("since"))
)
_MILLISECOND = timedelta(milliseconds=1)
_BEGINNING = UUID(int=0)


@dataclass(slots=True)
class Watch:
    """Which facts are known already: all up to ``since``, and those ``seen`` after it."""

    since: UUID = _BEGINNING
    seen: set[UUID] = field(default_factory=set)

    def forget(self, *, now: datetime) -> None:
        """Let go of what happened before the window, which ends with the last fact, or now."""
        if not self.seen:
            return
        epoch = datetime.fromtimestamp(0, now.tzinfo)
        last = epoch + milliseconds_of(max(self.seen)) * _MILLISECOND
        edge = (min(last, now) - WINDOW - epoch) // _MILLISECOND
        self.since = max(self.since, lowest_id_of(edge))
        self.seen = {each for each in self.seen if each > self.since}


def watch_from_here(db: Session, *, now: datetime) -> Watch:
    """A watch that knows every fact that the session can see; begin it before reading rows."""
    query = select(OutboxEvent.id).order_by(col(OutboxEvent.id).desc()).limit(1)
    watch = Watch(seen=set(db.exec(query)))
    watch.forget(now=now)
    watch.seen = set(db.exec(select(OutboxEvent.id).where(col(OutboxEvent.id) > watch.since)))
    return watch


def new_facts(db: Session, watch: Watch) -> Sequence[Row[Any]] | None:
    """The facts that the watch does not know: id, subject, its id, payload. None: all is known.

    One statement that counts an index, when nothing has happened.
    """
    count = db.connection().scalar(_COUNT, {"since": watch.since})
    if count == len(watch.seen):
        return None
    query = select(*_OF_FACT)
    latest = max(watch.seen, default=watch.since)
    rows = db.execute(query.where(col(OutboxEvent.id) > latest)).all()
    if count != len(watch.seen) + len(rows):  # one of them was committed late
        happened = col(OutboxEvent.id) > watch.since
        rows = [row for row in db.execute(query.where(happened)) if row.id not in watch.seen]
    return rows
