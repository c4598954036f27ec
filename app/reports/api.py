"""JSON routes of reports; main mounts them under ``/api/v1``."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.deps import Visitor
from app.core.paging import Page
from app.reports import service
from app.reports.schemas import (
    GapFilter,
    GapHistory,
    GapTable,
    HistoryFilter,
    OverlapView,
    PlaceFilter,
)
from app.web.deps import Now, PagingDep, ReplicaDb

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
    first = service.offset_of(paging.after)
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
    db: ReplicaDb, now: Now, wanted: Annotated[PlaceFilter, Query()], paging: PagingDep
) -> Page[OverlapView]:
    """Dates of one skill and region in the same or adjacent weeks, all with seats to spare.

    Those of several providers come first.
    """
    found = service.overlaps(db, wanted, now=now, limit=paging.limit, after=paging.after)
    return Page(items=found.items, total=found.total, next=paging.next_url(found.last))
