"""The bookable future as columns, and what has happened to it since.

Every change of what ranking looks at records a fact in its own commit (see ``core.outbox``). Who
keeps columns remembers which facts are in them already, and reads again the rows that the others
name. What only time changes needs no fact: it is worked out when somebody asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_
from sqlmodel import Session, col, select

from app.core.ids import lowest_id_of, milliseconds_of
from app.core.outbox import OutboxEvent
from app.matching.queries.offers import BATCH, offers_to_come
from app.matching.rules.columns import Columns
from app.registry.models import Course, CoursePrerequisite, Slot
from app.registry.queries.chains import chains_before

WINDOW = timedelta(seconds=60)
"""How long after its fact was written a commit may come and still be noticed at once.

Ids of facts rise with time, yet on PostgreSQL a later one can be committed first. So the facts of
the last minute are counted at each look, and looked through when there are more than are known.
"""

_OF_FACT: tuple[Any, ...] = (
    *(col(OutboxEvent.id), col(OutboxEvent.subject), col(OutboxEvent.subject_id)),
    col(OutboxEvent.payload),
)
_WIDE = {"course": Slot.course_id, "provider": Slot.provider_id, "facility": Slot.facility_id}
_MILLISECOND = timedelta(milliseconds=1)
_BEGINNING = UUID(int=0)


@dataclass(slots=True)
class Watch:
    """Which facts are in the columns already: all up to ``since``, and those ``seen`` after it."""

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


@dataclass(frozen=True, slots=True)
class Changes:
    """What new facts are about: slots, and what many slots share."""

    events: frozenset[UUID]
    slots: frozenset[UUID]
    courses: frozenset[UUID] = frozenset()
    providers: frozenset[UUID] = frozenset()
    facilities: frozenset[UUID] = frozenset()


def build_columns(db: Session, *, now: datetime) -> tuple[Columns, Watch]:
    """The slots to come as columns, and which facts are in them; some seconds for 100,000."""
    watch = _watch_from_here(db, now)
    columns = Columns()
    for listed in offers_to_come(db, now=now):
        columns.put(listed.offer, listed.claims)
    _know_chains(db, columns, None)
    columns.trim()
    return columns, watch


def new_changes(db: Session, watch: Watch) -> Changes | None:
    """What has happened since the watch was brought up to date; None when nothing has.

    One statement that counts an index, when nothing has.
    """
    happened = col(OutboxEvent.id) > watch.since
    count = db.exec(select(func.count()).select_from(OutboxEvent).where(happened)).one()
    if count == len(watch.seen):
        return None
    query = select(*_OF_FACT)
    latest = max(watch.seen, default=watch.since)
    rows = db.execute(query.where(col(OutboxEvent.id) > latest)).all()
    if count != len(watch.seen) + len(rows):  # one of them was committed late
        rows = [row for row in db.execute(query.where(happened)) if row.id not in watch.seen]
    return _changes(rows)


def apply_changes(db: Session, columns: Columns, changes: Changes, *, now: datetime) -> None:
    """Read again what the changes are about."""
    slot_ids = {*changes.slots, *_slots_of(db, changes, now=now)}
    found = set()
    for listed in offers_to_come(db, slot_ids, now=now):
        columns.put(listed.offer, listed.claims)
        found.add(listed.offer.slot_id)
    for slot_id in slot_ids - found:
        columns.drop(slot_id)
    if changes.courses:
        _know_chains(db, columns, changes.courses)


def _watch_from_here(db: Session, now: datetime) -> Watch:
    query = select(OutboxEvent.id).order_by(col(OutboxEvent.id).desc()).limit(1)
    watch = Watch(seen=set(db.exec(query)))
    watch.forget(now=now)
    watch.seen = set(db.exec(select(OutboxEvent.id).where(col(OutboxEvent.id) > watch.since)))
    return watch


def _changes(rows: Iterable[Row[Any]]) -> Changes:
    about: dict[str, set[UUID]] = {"slot": set(), **{name: set() for name in _WIDE}}
    events = set()
    for row in rows:
        events.add(row.id)
        if row.subject in about:
            about[row.subject].add(row.subject_id)
        slot = row.payload.get("slot")
        if isinstance(slot, str):
            about["slot"].add(UUID(slot))
    return Changes(
        frozenset(events),
        frozenset(about["slot"]),
        frozenset(about["course"]),
        frozenset(about["provider"]),
        frozenset(about["facility"]),
    )


def _slots_of(db: Session, changes: Changes, *, now: datetime) -> set[UUID]:
    """The slots not over yet of courses, providers and facilities that have changed."""
    shared = {
        Slot.course_id: changes.courses,
        Slot.provider_id: changes.providers,
        Slot.facility_id: changes.facilities,
    }
    wanted = [col(column).in_(ids) for column, ids in shared.items() if ids]
    if not wanted:
        return set()
    return set(db.exec(select(Slot.id).where(or_(*wanted), col(Slot.ends_at) > now)))


def _know_chains(db: Session, columns: Columns, courses: Iterable[UUID] | None) -> None:
    """Tell the columns what courses (None: all) require, and what those before them are called."""
    if courses is None:
        query = select(CoursePrerequisite.course_id, CoursePrerequisite.requires_id)
        requires: dict[UUID, tuple[UUID, ...]] = {}
        for course_id, requires_id in db.exec(query.order_by(col(CoursePrerequisite.requires_id))):
            requires[course_id] = (*requires.get(course_id, ()), requires_id)
    else:
        requires = chains_before(db, courses)
    columns.know_chains(requires)
    before = sorted({*(each for found in requires.values() for each in found), *(courses or ())})
    for start in range(0, len(before), BATCH):
        some = col(Course.id).in_(before[start : start + BATCH])
        columns.titles.update(db.exec(select(Course.id, Course.title).where(some)).all())
