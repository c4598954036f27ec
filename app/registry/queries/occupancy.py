"""Occupied time as rows: what is taken when, and by which slot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, delete, insert, select, update

from app.accounts.rules import Actor
from app.core.errors import ConflictError
from app.registry.models import (
    Facility,
    Meeting,
    Occupancy,
    Provider,
    Resource,
    Slot,
    SlotResource,
)
from app.registry.queries.rows import sees_everything_of, visible_slots
from app.registry.rules import WINDOW_MODES, Span

# The mapped class would ask for the table of bookings, which a layer above brings along.
_TABLE = SQLModel.metadata.tables["occupancy"]
# Built once: they are asked with every seat.
_TAKEN = (
    select(Occupancy)
    .where(
        col(Occupancy.resource_id).in_(bindparam("resource_ids", expanding=True)),
        col(Occupancy.starts_at) < bindparam("to_at"),
        col(Occupancy.ends_at) > bindparam("from_at"),
    )
    .order_by(col(Occupancy.starts_at), col(Occupancy.id))
)
_TIMES = (
    select(Meeting.starts_at, Meeting.ends_at, Meeting.mode)
    .where(col(Meeting.slot_id) == bindparam("slot_id"), col(Meeting.removed_at).is_(None))
    .order_by(col(Meeting.starts_at))
)
_NEW = insert(_TABLE)
_OVERLAP = ("ex_occupancy_live", "occupancy_overlap")  # as PostgreSQL and SQLite name the guard


def lock_resources(db: Session, resource_ids: Iterable[UUID]) -> list[Resource]:
    """Equipment and trainers, so that two slots cannot take them at the same moment; by id.

    Taken after the facility and before people, as the global order of locks wants. SQLite needs
    no lock: a write transaction holds the whole database (see ``core.db``).
    """
    query = (
        select(Resource)
        .where(col(Resource.id).in_(set(resource_ids)))
        .order_by(col(Resource.id))
        .with_for_update()
    )
    return list(db.exec(query.execution_options(populate_existing=True)))


def resource_ids_of(db: Session, slot_id: UUID) -> list[UUID]:
    """The equipment and the trainers that the slot needs."""
    query = select(SlotResource.resource_id).where(col(SlotResource.slot_id) == slot_id)
    return list(db.exec(query.order_by(col(SlotResource.resource_id))))


def meeting_times(db: Session, slot_id: UUID) -> list[tuple[Span, str]]:
    """The slot's meetings that need their people at their very time, with their modes."""
    found = db.execute(_TIMES, {"slot_id": slot_id})
    return [
        (Span(starts_at, ends_at), mode)
        for starts_at, ends_at, mode in found
        if mode not in WINDOW_MODES
    ]


def taken_rows(
    db: Session, resource_ids: Iterable[UUID], *, from_at: datetime, to_at: datetime
) -> list[Occupancy]:
    """What takes any of the resources in the stretch, earliest first; not live rows too."""
    wanted = {"resource_ids": list(set(resource_ids)), "from_at": from_at, "to_at": to_at}
    return list(db.exec(_TAKEN, params=wanted))


def slot_rows(db: Session, slot_id: UUID) -> list[Occupancy]:
    """What the slot itself takes up, its people left out; earliest first."""
    query = select(Occupancy).where(
        col(Occupancy.slot_id) == slot_id, col(Occupancy.booking_id).is_(None)
    )
    return list(db.exec(query.order_by(col(Occupancy.starts_at), col(Occupancy.id))))


def rows_not_live(db: Session, resource_id: UUID) -> list[Occupancy]:
    """Times of a person that lie over other ones, earliest first."""
    query = select(Occupancy).where(
        col(Occupancy.resource_id) == resource_id, col(Occupancy.live).is_(False)
    )
    return list(db.exec(query.order_by(col(Occupancy.starts_at), col(Occupancy.id))))


def add_rows(db: Session, rows: Sequence[Occupancy], *, refusal: ConflictError) -> None:
    """Write rows; the database itself refuses live ones that overlap.

    Raises:
        ConflictError: ``refusal``, where a row overlaps. On PostgreSQL the transaction is then
            lost: let the error end it.
    """
    add_values(db, [row.model_dump() for row in rows], refusal=refusal)


def add_values(db: Session, rows: Sequence[Mapping[str, Any]], *, refusal: ConflictError) -> None:
    """As :func:`add_rows`, of rows that are nothing but the values of all columns.

    Raises:
        ConflictError: ``refusal``, where a row overlaps.
    """
    if not rows:
        return
    db.flush()
    try:
        db.connection().execute(_NEW, rows)
    except IntegrityError as error:
        if any(name in str(error.orig) for name in _OVERLAP):
            raise refusal from error
        raise


def drop_slot_rows(db: Session, slot_id: UUID) -> None:
    """Take away what the slot itself takes up; the time of its people stays."""
    statement = delete(Occupancy).where(
        col(Occupancy.slot_id) == slot_id, col(Occupancy.booking_id).is_(None)
    )
    db.execute(statement.execution_options(synchronize_session=False))


def make_live(db: Session, row_id: UUID) -> None:
    """Let a row guard its time again."""
    statement = update(Occupancy).where(col(Occupancy.id) == row_id).values(live=True)
    db.execute(statement.execution_options(synchronize_session=False))


def known_label(db: Session, actor: Actor, slot_id: UUID) -> str | None:
    """How the slot is called for the actor; None where the actor may not know of it.

    Own people and the secretariat may; all others when slot and facility are public.
    """
    query = (
        select(Slot.code, Slot.provider_id, Facility.visibility)
        .join(Provider, col(Provider.id) == col(Slot.provider_id))
        .outerjoin(Facility, col(Facility.id) == col(Slot.facility_id))
        .where(col(Slot.id) == slot_id, visible_slots(actor))
    )
    found = db.exec(query).first()
    if found is None:
        return None
    code, provider_id, visibility = found
    is_public = visibility in (None, "public")
    return code or str(slot_id) if is_public or sees_everything_of(actor, provider_id) else None
