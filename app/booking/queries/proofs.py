"""Qualifications of others: who may see them depends on who books with whom."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.rules import Actor
from app.booking.models import Booking
from app.booking.rules import LIVE
from app.core.errors import NotFoundError
from app.core.paging import id_of
from app.qualifications.models import Qualification
from app.qualifications.queries.qualifications import qualification_views, required_by_provider
from app.qualifications.rules.qualifications import COURSE, QualificationState
from app.qualifications.schemas.qualifications import QualificationView
from app.registry.models import Slot


def visible_proofs(actor: Actor) -> ColumnElement[bool]:
    """One's own; what one's providers issued; those of people with a live booking with them."""
    if actor.secretariat:
        return col(Qualification.id).is_not(None)
    seen = [col(Qualification.person_id) == actor.user_id]
    if actor.providers:
        clients = (
            select(Booking.person_id)
            .join(Slot, col(Slot.id) == col(Booking.slot_id))
            .where(col(Slot.provider_id).in_(actor.providers), col(Booking.state).in_(LIVE))
        )
        seen.append(col(Qualification.issuer_id).in_(actor.providers))
        seen.append(col(Qualification.person_id).in_(clients))
    return or_(*seen)


def lock_proof(db: Session, actor: Actor, qualification_id: UUID) -> Qualification:
    """The qualification, kept from every other decision until this transaction ends.

    It stands before slots in the order of locks: nothing that holds a slot waits for it.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    query = select(Qualification).where(
        col(Qualification.id) == qualification_id, visible_proofs(actor)
    )
    row = db.exec(query.with_for_update(of=Qualification)).first()
    if row is None:
        raise NotFoundError("There is no such qualification.")
    return row


def proof_view(
    db: Session, actor: Actor, qualification_id: UUID, *, today: date
) -> tuple[QualificationView, bool]:
    """One qualification, and whether the actor may decide about it.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    condition = col(Qualification.id) == qualification_id
    row = db.exec(select(Qualification).where(condition, visible_proofs(actor))).first()
    if row is None:
        raise NotFoundError("There is no such qualification.")
    return qualification_views(db, [row], today=today)[0], may_decide(db, actor, row)


def may_decide(db: Session, actor: Actor, row: Qualification) -> bool:
    """Whether the actor, who sees the qualification, may say what it is worth: never one's own.

    The secretariat; the provider that issued it; a provider whose own course requires it, or
    whose site asks for such a document.
    """
    if row.person_id == actor.user_id:
        return False
    if actor.secretariat or row.issuer_id in actor.providers:
        return True
    if not actor.providers:
        return False
    if row.kind != COURSE or row.course_id is None:
        return True
    return required_by_provider(db, row.course_id, actor.providers)


def proof_queue(
    db: Session,
    actor: Actor,
    *,
    state: QualificationState | None,
    today: date,
    limit: int,
    after: list[str | int] | None = None,
) -> tuple[list[QualificationView], int, list[str | int] | None]:
    """Others' qualifications that the actor sees, the oldest first: a page, the total, the cursor.

    Raises:
        NotFoundError: The actor looks after no provider and is not the secretariat.
        InvalidError: ``after`` belongs to another list.
    """
    if not (actor.providers or actor.secretariat):
        raise NotFoundError("There is no such list.")
    where = [visible_proofs(actor), col(Qualification.person_id) != actor.user_id]
    if state is not None:
        where.append(col(Qualification.state) == state)
    total = db.exec(select(func.count()).select_from(Qualification).where(*where)).one()
    query = select(Qualification).where(*where).order_by(col(Qualification.id))
    if after is not None:
        query = query.where(col(Qualification.id) > id_of(after))
    rows: Sequence[Qualification] = db.exec(query.limit(limit + 1)).all()
    more: list[str | int] | None = [str(rows[limit - 1].id)] if len(rows) > limit else None
    return qualification_views(db, rows[:limit], today=today), total, more
