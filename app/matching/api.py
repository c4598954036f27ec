"""JSON routes of matching; main mounts them under ``/api/v1``."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.deps import SignedIn, Visitor
from app.core.paging import MAX_LIMIT, Page
from app.matching import service
from app.matching.schemas import AlternativeView, MatchesView
from app.web.deps import Now, ReadDb

router = APIRouter(tags=["Requests"])


@router.get("/requests/{request_id}/matches")
def show_matches(
    request_id: UUID,
    db: ReadDb,
    actor: SignedIn,
    now: Now,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = service.SHOWN,
) -> MatchesView:
    """Slots ranked for the request, near misses with what would have to change, or the reason.

    ``limit`` bounds matches, near misses and planned slots each.
    """
    return service.matches_for(db, actor, request_id, now=now, limit=limit)


@router.get("/bookings/{booking_id}/alternatives", tags=["seats"])
def list_alternatives(
    booking_id: UUID, db: ReadDb, actor: SignedIn, now: Now
) -> Page[AlternativeView]:
    """Other open dates that teach the same, for the person of the booking, best first."""
    found = service.alternatives_of_booking(db, actor, booking_id, now=now)
    return Page(items=found, total=len(found))


@router.get("/slots/{slot_id}/alternatives", tags=["seats"])
def list_alternatives_of_slot(
    slot_id: UUID, db: ReadDb, actor: Visitor, now: Now
) -> Page[AlternativeView]:
    """Other open dates that teach the same as this one, for whoever asks, best first."""
    found = service.alternatives_of_slot(db, actor, slot_id, now=now)
    return Page(items=found, total=len(found))
