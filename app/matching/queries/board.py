"""The bookable future as columns, and what has happened to it since.

Every change of what ranking looks at records a fact in its own commit (see ``core.outbox``). Who
keeps columns remembers which facts are in them already, and reads again the rows that the others
name. What only time changes needs no fact: it is worked out when somebody asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_
from sqlmodel import Session, col, select

from app.core.watch import Watch, new_facts, watch_from_here
from app.matching.queries.offers import BATCH, offers_to_come
from app.matching.rules.columns import Columns
from app.registry.models import Course, CoursePrerequisite, Slot
from app.registry.queries.chains import chains_before

_WIDE = {"course": Slot.course_id, "provider": Slot.provider_id, "facility": Slot.facility_id}


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
    watch = watch_from_here(db, now=now)
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
    rows = new_facts(db, watch)
    return None if rows is None else _changes(rows)


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
