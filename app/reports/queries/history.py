"""The gaps as they stood on other days."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, insert, select

from app.accounts.rules import Actor
from app.reports.models import GapSnapshotRow

_BATCH = 500
_PEOPLE = ("needs", "asked", "held", "met", "gap")
_SEATS = ("offered", "free", "planned")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cells; None is all. Supply at a distance belongs to every place."""

    skills: Collection[str] | None = None
    places: Collection[str] | None = None


def has_snapshot(db: Session, day: date) -> bool:
    """Whether the gaps of the day were written down."""
    query = select(GapSnapshotRow.id).where(GapSnapshotRow.day == day).limit(1)
    return db.exec(query).first() is not None


def write_snapshot(db: Session, rows: Sequence[GapSnapshotRow]) -> None:
    """Keep the cells of one day.

    Raises:
        IntegrityError: Another worker kept the same day meanwhile.
    """
    values = [row.model_dump() for row in rows]
    for start in range(0, len(values), _BATCH):
        db.execute(insert(GapSnapshotRow), values[start : start + _BATCH])


def days_since(db: Session, since: date) -> list[date]:
    """The days from ``since`` on that were written down, in order."""
    query = select(col(GapSnapshotRow.day)).where(col(GapSnapshotRow.day) >= since).distinct()
    return list(db.exec(query.order_by(col(GapSnapshotRow.day))))


def first_day(db: Session) -> date | None:
    """The first day that was written down."""
    return db.exec(select(func.min(col(GapSnapshotRow.day)))).one()


def people_seen(db: Session, actor: Actor, days: Iterable[date], scope: Scope) -> list[Row[Any]]:
    """People by day, of the needs that the actor may know one by one."""
    return _sums(db, [col(GapSnapshotRow.day)], _PEOPLE, _seen(actor), days, scope)


def people_unseen(db: Session, actor: Actor, days: Iterable[date]) -> list[Row[Any]]:
    """People by day, skill and country, of the needs that others know only in sum.

    Of all skills and places, since what may be told of one depends on the others.
    """
    columns = [col(GapSnapshotRow.day), col(GapSnapshotRow.skill_id), col(GapSnapshotRow.country)]
    return _sums(db, columns, _PEOPLE, ~_seen(actor), days, Scope())


def seats(db: Session, days: Iterable[date], scope: Scope) -> list[Row[Any]]:
    """Seats by day."""
    return _sums(db, [col(GapSnapshotRow.day)], _SEATS, col(GapSnapshotRow.needs) == 0, days, scope)


def _seen(actor: Actor) -> ColumnElement[bool]:
    if actor.secretariat:
        return col(GapSnapshotRow.needs) > 0
    return or_(
        col(GapSnapshotRow.published).is_(True), col(GapSnapshotRow.country).in_(actor.countries)
    )


def _sums(
    db: Session,
    columns: Sequence[Any],
    names: Sequence[str],
    condition: ColumnElement[bool],
    days: Iterable[date],
    scope: Scope,
) -> list[Row[Any]]:
    groups: list[Any] = list(columns)
    sums: list[Any] = [func.sum(getattr(GapSnapshotRow, name)).label(name) for name in names]
    query = select(*groups, *sums).where(col(GapSnapshotRow.day).in_(list(days)), condition)
    if names == _PEOPLE:
        query = query.where(col(GapSnapshotRow.needs) > 0)
    if scope.skills is not None:
        query = query.where(col(GapSnapshotRow.skill_id).in_(scope.skills))
    if scope.places is not None:
        query = query.where(col(GapSnapshotRow.country).in_([*scope.places, *_far(names)]))
    return list(db.execute(query.group_by(*groups)).all())


def _far(names: Sequence[str]) -> tuple[str, ...]:
    return ("",) if names == _SEATS else ()
