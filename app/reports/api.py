"""JSON routes of reports; main mounts them under ``/api/v1``."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.allocation.queries.calls import call_view
from app.allocation.schemas.calls import CallView
from app.core.paging import Page, offset_of
from app.reports import service
from app.reports.proposals import JointView, ProposeDatesIn, ProposeJointIn
from app.reports.schemas import (
    GapFilter,
    GapHistory,
    GapTable,
    HistoryFilter,
    OverlapView,
    PlaceFilter,
)
from app.web.deps import Now, PagingDep, ReadDb, ReplicaDb, Write

router = APIRouter(tags=["Reports"])


@router.get("/gaps")
def list_gaps(
    db: ReplicaDb,
    actor: Visitor,
    now: Now,
    wanted: Annotated[GapFilter, Query()],
    paging: PagingDep,
) -> GapTable:
    """Demand, supply and gap, the most urgent first; ``group`` says by what (up to four).

    Seats of a course that teaches several skills count under each, so supply must not be added up
    over skills; nor remote supply over places.
    """
    table, _ = service.gap_table(db, actor, wanted, now=now)
    first = offset_of(paging.after)
    end = first + paging.limit
    return table.model_copy(
        update={
            "items": table.items[first:end],
            "next": paging.next_url([end] if end < table.total else None),
        }
    )


@router.get("/gaps/history")
def list_history(
    db: ReplicaDb, actor: Visitor, now: Now, wanted: Annotated[HistoryFilter, Query()]
) -> GapHistory:
    """How the gaps developed: a point for each month, week or day that was written down."""
    return service.gap_history(db, actor, wanted, now=now)


@router.get("/overlaps")
def list_overlaps(
    db: ReplicaDb,
    actor: Visitor,
    now: Now,
    wanted: Annotated[PlaceFilter, Query()],
    paging: PagingDep,
) -> Page[OverlapView]:
    """Dates of one skill and region in the same or adjacent weeks, all with seats to spare.

    Those of several providers come first.
    """
    found = service.overlaps(db, wanted, now=now, limit=paging.limit, after=paging.after)
    if actor.secretariat:
        found = service.with_calls(db, found, now=now)
    return Page(items=found.items, total=found.total, next=paging.next_url(found.last))


@router.post("/overlaps/calls", status_code=201, response_model=CallView)
def propose_dates(body: ProposeDatesIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Ask the providers of overlapping dates to move one or to join their people (secretariat)."""

    def command(db: Session) -> CallView:
        row = service.propose_dates(db, actor, body, now=now)
        return call_view(db, actor, row.id, now=now)

    return write.answer(actor.key, command, status=201)


@router.get("/synergies")
def list_synergies(
    db: ReadDb,
    actor: SignedIn,
    now: Now,
    wanted: Annotated[PlaceFilter, Query()],
    paging: PagingDep,
) -> Page[JointView]:
    """Requests of neighbouring countries that fill a date together (secretariat).

    Those with a date first. A request is in one proposal of a skill at the most.
    """
    found = service.synergies(db, actor, wanted, now=now, limit=paging.limit, after=paging.after)
    return Page(items=found.items, total=found.total, next=paging.next_url(found.last))


@router.post("/synergies/calls", status_code=201, response_model=CallView)
def propose_joint(body: ProposeJointIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Ask the countries of these requests to fill a date together (secretariat)."""

    def command(db: Session) -> CallView:
        row = service.propose_joint(db, actor, body, now=now)
        return call_view(db, actor, row.id, now=now)

    return write.answer(actor.key, command, status=201)
