"""The secretariat's word on slots for requests, as rows."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.errors import NotFoundError
from app.matching.models import MatchOverride
from app.matching.rules.overrides import OverrideKind


def live_overrides(db: Session, request_ids: Iterable[UUID]) -> list[MatchOverride]:
    """What holds for these requests, oldest first."""
    query = select(MatchOverride).where(
        col(MatchOverride.request_id).in_(set(request_ids)), col(MatchOverride.ended_at).is_(None)
    )
    return list(db.exec(query.order_by(col(MatchOverride.made_at), col(MatchOverride.id))))


def set_aside_pairs(db: Session) -> set[tuple[UUID, UUID]]:
    """Request and slot of everything that the secretariat has set aside and that still holds."""
    query = select(MatchOverride.request_id, MatchOverride.slot_id).where(
        MatchOverride.kind == OverrideKind.SET_ASIDE, col(MatchOverride.ended_at).is_(None)
    )
    return set(db.exec(query))


def find_override(db: Session, override_id: UUID) -> MatchOverride:
    """The row with this id.

    Raises:
        NotFoundError: There is none.
    """
    row = db.get(MatchOverride, override_id, populate_existing=True)
    if row is None:
        raise NotFoundError("There is no such override.")
    return row
