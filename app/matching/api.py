"""JSON routes of matching; main mounts them under ``/api/v1``."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.deps import SignedIn
from app.core.paging import MAX_LIMIT
from app.matching import service
from app.matching.schemas import MatchesView
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
