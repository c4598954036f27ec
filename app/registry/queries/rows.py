"""Single rows of the supply side: found for an actor, or locked for a change.

Who may see what is decided here and nowhere else: :func:`visible_providers` and
:func:`visible_slots` are the only conditions about it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import bindparam, or_, true
from sqlalchemy import select as sa_select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, col, select

from app.accounts.rules import Actor
from app.core.db import as_read
from app.core.errors import NotFoundError
from app.core.refs import named_by
from app.registry.models import (
    CatalogueRevision,
    Course,
    Facility,
    FacilityClosure,
    Meeting,
    Provider,
    Slot,
)
from app.registry.rules import LISTED_PROVIDERS, REMOTE_MODES, SlotStatus, Span

T = TypeVar("T")


def visible_providers(actor: Actor) -> ColumnElement[bool]:
    """Providers in review or verified; their own people and the secretariat see the rest too."""
    if actor.secretariat:
        return true()
    listed = col(Provider.state).in_(LISTED_PROVIDERS)
    return or_(listed, col(Provider.id).in_(actor.providers)) if actor.providers else listed


_PUBLIC_SLOT = col(Provider.state).in_(LISTED_PROVIDERS) & (col(Slot.status) != SlotStatus.DRAFT)
_SLOT, _PROVIDER = (SQLModel.metadata.tables[name] for name in ("slot", "provider"))
# On the tables, and built once: it is asked with every seat.
_COUNTER = (
    sa_select(_PROVIDER.c.state.label("provider_state"), *_SLOT.c)
    .join(_SLOT, _PROVIDER.c.id == _SLOT.c.provider_id)
    .where(_SLOT.c.id == bindparam("slot_id"))
    .with_for_update(of=_SLOT)
)
_PUBLIC_COUNTER = _COUNTER.where(_PUBLIC_SLOT)
"""What :func:`visible_slots` makes of it for most people, built once as the other."""


def visible_slots(actor: Actor) -> ColumnElement[bool]:
    """Published slots of listed providers; drafts for those who edit them and the secretariat.

    The select must join :class:`Provider`.
    """
    if actor.secretariat:
        return true()
    if not actor.providers:
        return _PUBLIC_SLOT
    return or_(_PUBLIC_SLOT, col(Slot.provider_id).in_(actor.providers))


def sees_everything_of(actor: Actor, provider_id: UUID) -> bool:
    """Whether the actor knows the provider's confidential fields."""
    return actor.secretariat or provider_id in actor.providers


def find_provider(db: Session, actor: Actor, ref: str) -> Provider:
    """The provider with this id or slug.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    condition = named_by(Provider, ref) & visible_providers(actor)
    return _found(db.exec(select(Provider).where(condition)).first(), "provider")


def find_facility(db: Session, actor: Actor, ref: str) -> tuple[Facility, Provider]:
    """The facility with this id or slug, and its provider.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    query = select(Facility, Provider).join(Provider, col(Provider.id) == col(Facility.provider_id))
    return _found(
        db.exec(query.where(named_by(Facility, ref), visible_providers(actor))).first(), "facility"
    )


def find_course(db: Session, actor: Actor, ref: str) -> tuple[Course, Provider]:
    """The course with this id or slug, and its provider.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    query = select(Course, Provider).join(Provider, col(Provider.id) == col(Course.provider_id))
    return _found(
        db.exec(query.where(named_by(Course, ref), visible_providers(actor))).first(), "course"
    )


def find_slot(db: Session, actor: Actor, slot_id: UUID) -> tuple[Slot, Provider]:
    """The slot and its provider.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    query = select(Slot, Provider).join(Provider, col(Provider.id) == col(Slot.provider_id))
    return _found(
        db.exec(query.where(col(Slot.id) == slot_id, visible_slots(actor))).first(), "slot"
    )


def lock_slots(db: Session, slot_ids: Iterable[UUID]) -> list[Slot]:
    """The slots, kept from every other writer until this transaction ends, in the order of ids.

    The one place where slots are locked, always ascending, so that two transactions cannot wait
    for each other. PostgreSQL locks the rows. SQLite ignores FOR UPDATE and needs none: a write
    transaction already holds the database's one write lock (see ``core.db``).
    """
    query = (
        select(Slot)
        .where(col(Slot.id).in_(set(slot_ids)))
        .order_by(col(Slot.id))
        .with_for_update(of=Slot)
        .execution_options(populate_existing=True)
    )
    return list(db.exec(query))


def lock_counter(db: Session, slot_id: UUID, *, reader: Actor | None = None) -> tuple[Slot, str]:
    """One slot, locked as by :func:`lock_slots`, and its provider's state; in one statement.

    What the desk does first with every seat. With a ``reader`` the slot is only found when they
    may see it.

    Raises:
        NotFoundError: There is no such slot.
    """
    query = _PUBLIC_COUNTER
    if reader is None or reader.secretariat:
        query = _COUNTER
    elif reader.providers:
        query = _COUNTER.where(visible_slots(reader))
    db.flush()
    row = _found(db.connection().execute(query, {"slot_id": slot_id}).mappings().first(), "slot")
    values = dict(row)
    provider_state = values.pop("provider_state")
    return as_read(db, Slot, values), provider_state


def lock_slot(db: Session, slot_id: UUID) -> Slot:
    """One slot, as :func:`lock_slots`.

    Raises:
        NotFoundError: There is no such slot.
    """
    return _found(next(iter(lock_slots(db, [slot_id])), None), "slot")


def lock_facility(db: Session, facility_id: UUID) -> Facility:
    """The facility, so that two slots cannot be published into it at the same moment.

    Taken after slots, as the global order of locks wants.
    """
    query = select(Facility).where(col(Facility.id) == facility_id).with_for_update()
    return _found(db.exec(query).first(), "facility")


def meetings_of(
    db: Session, slot_ids: Sequence[UUID], *, removed: bool = False
) -> dict[UUID, list[Meeting]]:
    """The meetings of each slot in order; with ``removed`` also those taken out later."""
    query = select(Meeting).where(col(Meeting.slot_id).in_(slot_ids))
    if not removed:
        query = query.where(col(Meeting.removed_at).is_(None))
    found: dict[UUID, list[Meeting]] = {slot_id: [] for slot_id in slot_ids}
    for meeting in db.exec(query.order_by(col(Meeting.starts_at), col(Meeting.id))):
        found[meeting.slot_id].append(meeting)
    return found


def taken_in_facility(
    db: Session, facility_id: UUID, *, from_at: datetime, to_at: datetime, but: UUID | None
) -> list[tuple[Span, Slot]]:
    """Published meetings in the facility that touch the stretch, leaving out the slot ``but``.

    A meeting that is remote is not in the facility of its slot.
    """
    query = (
        select(Meeting, Slot)
        .join(Slot, col(Slot.id) == col(Meeting.slot_id))
        .where(
            col(Slot.facility_id) == facility_id,
            col(Slot.status).in_([SlotStatus.TENTATIVE, SlotStatus.CONFIRMED]),
            col(Meeting.removed_at).is_(None),
            col(Meeting.mode).not_in(REMOTE_MODES),
            col(Meeting.starts_at) < to_at,
            col(Meeting.ends_at) > from_at,
        )
    )
    if but is not None:
        query = query.where(col(Slot.id) != but)
    return [
        (Span(meeting.starts_at, meeting.ends_at, slot.code or str(slot.id)), slot)
        for meeting, slot in db.exec(query)
    ]


def closures_of(db: Session, facility_id: UUID) -> list[FacilityClosure]:
    """The days on which the facility is closed, earliest first."""
    query = select(FacilityClosure).where(col(FacilityClosure.facility_id) == facility_id)
    return list(db.exec(query.order_by(col(FacilityClosure.starts_on))))


def catalogue_revision(db: Session) -> tuple[int, datetime]:
    """The catalogue's revision number and when it last rose (UTC)."""
    row = db.get_one(CatalogueRevision, 1)
    return row.value, row.changed_at


def _found(row: T | None, noun: str) -> T:
    if row is None:
        raise NotFoundError(f"There is no such {noun}.")
    return row
