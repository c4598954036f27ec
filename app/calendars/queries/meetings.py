"""The meetings that a feed shows, as entries."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.booking.models import Booking, Cohort
from app.calendars.entries import Occurrence, booking_entry, cohort_entry, public_entry
from app.calendars.rules import MAX_ENTRIES, Entry, Window
from app.core.errors import NotFoundError
from app.registry.models import Course, Facility, Meeting, Provider, Slot
from app.registry.queries.rows import visible_slots
from app.registry.queries.slot_views import joined, skills_of
from app.registry.queries.slots import slot_conditions
from app.registry.rules import SlotStatus
from app.registry.schemas.filters import SlotFilter
from app.taxonomy import queries as taxonomy

_Sibling = aliased(Meeting)
_MEETINGS = (
    select(func.count(col(_Sibling.id)))
    .where(col(_Sibling.slot_id) == col(Slot.id), col(_Sibling.removed_at).is_(None))
    .correlate(Slot)
    .scalar_subquery()
)

_COLUMNS: tuple[Any, ...] = (
    Meeting,
    Slot,
    col(Course.title),
    col(Course.level),
    col(Course.languages),
    col(Provider.name).label("provider_name"),
    col(Provider.state).label("provider_state"),
    col(Facility.name).label("facility_name"),
    col(Facility.city),
    col(Facility.country).label("facility_country"),
    col(Facility.visibility),
    col(Facility.address),
    _MEETINGS.label("meetings"),
)
"""The fields of an :class:`Occurrence`, in its order."""


@dataclass(frozen=True, slots=True)
class Found:
    """Entries for a feed, and how many more its window would show."""

    entries: list[Entry]
    left_out: int


def public_entries(db: Session, wanted: SlotFilter, window: Window, *, domain: str) -> Found:
    """What the listing of the same filter shows, meeting by meeting, removed ones as cancelled.

    At most as many as a feed holds: what is soonest to come, then what is over, latest first.
    """
    conditions = [visible_slots(VISITOR), *slot_conditions(wanted), *_in_window(window)]
    rows = _soonest(db, conditions, window)
    left_out = 0
    if len(rows) == MAX_ENTRIES:
        counted = joined(select(func.count(col(Meeting.id)))).join(*_THEIR_SLOT)
        left_out = db.exec(counted.where(*conditions)).one() - len(rows)
    occurrences = _occurrences(db, rows)
    return Found([public_entry(each, domain) for each in occurrences], left_out)


def slot_entries(db: Session, slot_id: UUID, *, domain: str) -> list[Entry]:
    """All meetings of one published slot, by start.

    Raises:
        NotFoundError: There is no such slot in public.
    """
    condition = (col(Slot.id) == slot_id) & visible_slots(VISITOR)
    rows = db.execute(_meetings(_COLUMNS, [condition])).all()
    if not rows:
        raise NotFoundError("There is no such slot.")
    return [public_entry(each, domain) for each in _occurrences(db, rows)]


def booked_entries(db: Session, person_id: UUID, window: Window, *, domain: str) -> list[Entry]:
    """The meetings of all bookings of one person, ended ones as cancelled."""
    own = col(Booking.person_id) == person_id
    return _claimed(db, Booking, own, window, lambda w, claim: booking_entry(w, claim, domain))


def cohort_entries(db: Session, country: str, window: Window, *, domain: str) -> list[Entry]:
    """The meetings of all blocks of seats of one country, ended ones as cancelled."""
    own = col(Cohort.country) == country
    return _claimed(db, Cohort, own, window, lambda w, claim: cohort_entry(w, claim, domain))


_THEIR_SLOT = (Meeting, col(Meeting.slot_id) == col(Slot.id))


def _meetings(columns: Sequence[Any], conditions: Iterable[ColumnElement[bool]]) -> Any:
    whole = joined(select(*columns)).join(*_THEIR_SLOT).where(*conditions)
    return whole.order_by(col(Meeting.starts_at), col(Meeting.id))


def _in_window(window: Window) -> tuple[ColumnElement[bool], ...]:
    takes_place = (col(Slot.status) != SlotStatus.CANCELLED) & col(Meeting.removed_at).is_(None)
    return (
        col(Meeting.ends_at) > window.opens_at,
        col(Meeting.starts_at) < window.closes_at,
        or_(takes_place, col(Meeting.ends_at) >= window.tombstones_from),
    )


def _soonest(
    db: Session, conditions: Sequence[ColumnElement[bool]], window: Window
) -> list[Row[Any]]:
    coming = [*conditions, col(Meeting.ends_at) > window.rolled_at]
    rows = list(db.execute(_meetings(_COLUMNS, coming).limit(MAX_ENTRIES)))
    if len(rows) < MAX_ENTRIES:
        over = [*conditions, col(Meeting.ends_at) <= window.rolled_at]
        query = _meetings(_COLUMNS, over).order_by(None)
        query = query.order_by(col(Meeting.starts_at).desc(), col(Meeting.id).desc())
        rows += db.execute(query.limit(MAX_ENTRIES - len(rows)))
    return rows


def _claimed(
    db: Session,
    table: Any,
    own: ColumnElement[bool],
    window: Window,
    entry: Callable[[Occurrence, Any], Entry],
) -> list[Entry]:
    conditions = [own, *_in_window(window)]
    query = _meetings((*_COLUMNS, table), conditions)
    rows = db.execute(query.join(table, col(table.slot_id) == col(Slot.id))).all()
    return [entry(what, row[-1]) for what, row in zip(_occurrences(db, rows), rows, strict=True)]


def _occurrences(db: Session, rows: Sequence[Row[Any]]) -> list[Occurrence]:
    """``rows`` with the domains of their skills: one more query for all of them."""
    domains = {
        course_id: tuple(
            dict.fromkeys(
                found.domain for each in skills if (found := taxonomy.skill(each.id)) is not None
            )
        )
        for course_id, skills in skills_of(db, {row.Slot.course_id for row in rows}).items()
    }
    return [
        replace(Occurrence(*row[: len(_COLUMNS)]), domains=domains.get(row.Slot.course_id, ()))
        for row in rows
    ]
