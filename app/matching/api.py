"""JSON routes of matching; main mounts them under ``/api/v1``."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.core.paging import MAX_LIMIT, Page
from app.matching import service
from app.matching.deps import BoardDep
from app.matching.schemas import (
    AlertView,
    AlternativeView,
    CourseRequestsView,
    MatchesView,
    OverrideIn,
    OverrideView,
    SeenView,
    SlotPeopleView,
    SlotRequestsView,
)
from app.matching.service import alerts, directions, overrides
from app.matching.service.overrides import override_view
from app.matching.service.people import people_for_slot
from app.registry.schemas.inputs import Ref
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(tags=["Requests"])

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/requests/{request_id}/matches")
def show_matches(
    request_id: UUID,
    db: ReadDb,
    actor: SignedIn,
    now: Now,
    board: BoardDep,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = service.SHOWN,
) -> MatchesView:
    """Slots ranked for the request, near misses with what would have to change, or the reason.

    ``limit`` bounds matches, near misses and planned slots each.
    """
    return service.matches_for(db, actor, request_id, now=now, limit=limit, board=board)


@router.post("/requests/{request_id}/overrides", status_code=201, response_model=OverrideView)
def override_match(
    request_id: UUID, body: OverrideIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Put a slot forward for the request, or set it aside, with a written reason (secretariat).

    The country reads the reason. Booking still decides about seats.
    """

    def command(db: Session) -> OverrideView:
        return override_view(overrides.override_match(db, actor, request_id, body, now=now))

    return write.answer(actor.key, command, status=201)


@router.post("/overrides/{override_id}/end", response_model=OverrideView)
def end_override(override_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Let the ranking alone decide about the slot again (secretariat)."""

    def command(db: Session) -> OverrideView:
        return override_view(overrides.end_override(db, actor, override_id, now=now))

    return write.answer(actor.key, command)


@router.get("/requests/{request_id}/alerts")
def list_alerts(
    request_id: UUID, db: ReadDb, actor: SignedIn, now: Now, paging: PagingDep
) -> Page[AlertView]:
    """Slots that newly fit the request since it was filed, newest first; for its country."""
    found, total, more = alerts.list_alerts(
        db, actor, request_id, now=now, limit=paging.limit, after=paging.after
    )
    return Page(items=found, total=total, next=paging.next_url(more))


@router.post("/requests/{request_id}/alerts/seen", response_model=SeenView)
def mark_alerts_seen(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Mark the request's alerts as read, for its focal point; no body."""
    return write.answer(
        actor.key, lambda db: SeenView(seen=alerts.mark_seen(db, actor, request_id, now=now))
    )


@router.get("/slots/{slot_id}/requests", tags=["supply"])
def list_requests_of_slot(
    slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now, limit: Limit = directions.SHOWN
) -> SlotRequestsView:
    """Requests that a slot of one's own provider fits, best first, and those one change away.

    What countries do not publish in full is only counted, and not at all below three.
    """
    return directions.requests_for_slot(db, actor, slot_id, now=now, limit=limit)


@router.get("/slots/{slot_id}/people", tags=["seats"])
def list_people_of_slot(slot_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> SlotPeopleView:
    """Who could come to a slot of one's own provider: nominated, waiting, and whose requests fit.

    Everybody with a seat, and who left, are in the list of its bookings.
    """
    return people_for_slot(db, actor, slot_id, now=now)


@router.get("/courses/{ref}/requests", tags=["supply"])
def list_requests_of_course(
    ref: Ref, db: ReadDb, actor: SignedIn, now: Now, limit: Limit = directions.SHOWN
) -> CourseRequestsView:
    """Requests that a course of one's own provider would serve on some date, and by when.

    What countries do not publish in full is only counted, and not at all below three.
    """
    return directions.requests_for_course(db, actor, ref, now=now, limit=limit)


@router.get("/bookings/{booking_id}/alternatives", tags=["seats"])
def list_alternatives(
    booking_id: UUID, db: ReadDb, actor: SignedIn, now: Now, board: BoardDep
) -> Page[AlternativeView]:
    """Other open dates that teach the same, for the person of the booking, best first."""
    found = service.alternatives_of_booking(db, actor, booking_id, now=now, board=board)
    return Page(items=found, total=len(found))


@router.get("/slots/{slot_id}/alternatives", tags=["seats"])
def list_alternatives_of_slot(
    slot_id: UUID, db: ReadDb, actor: Visitor, now: Now, board: BoardDep
) -> Page[AlternativeView]:
    """Other open dates that teach the same as this one, for whoever asks, best first."""
    found = service.alternatives_of_slot(db, actor, slot_id, now=now, board=board)
    return Page(items=found, total=len(found))
