"""Pages of reports."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.deps import Visitor
from app.accounts.rules import Actor
from app.core import countries
from app.registry.cards import slot_cards
from app.reports import service
from app.reports.schemas import GapFilter, GapView, OverlapView
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReplicaDb
from app.web.rendering import page

router = APIRouter()

_OVERLAPS_SHOWN = 10


@router.get("/gaps")
def show_gaps(
    request: Request,
    db: ReplicaDb,
    actor: Visitor,
    now: Now,
    wanted: Annotated[GapFilter, Query()],
    paging: PagingDep,
) -> Response:
    """What is asked for and what there is, by skill and region; overlaps for the secretariat."""
    plain = wanted.model_copy(update={"group": GapFilter().group})
    table, asked = service.gap_table(db, actor, plain, now=now)
    first = service.offset_of(paging.after)
    end = first + paging.limit
    overlaps = None
    if actor.secretariat:
        overlaps = service.overlaps(db, plain, now=now, limit=_OVERLAPS_SHOWN)
    return page(
        request,
        "reports/gaps.html",
        rows=table.items[first : min(end, asked)],
        totals=table.totals,
        total=asked,
        next_url=paging.next_url([end] if end < asked else None),
        wanted=plain,
        active=sum(bool(value) for value in (plain.skill, plain.domain, plain.region)),
        overlaps=[_with_cards(each, actor) for each in overlaps.items] if overlaps else [],
        overlaps_total=overlaps.total if overlaps else 0,
        domains=[(each.id, each.label) for each in taxonomy.domains()],
        regions=[(each.code, each.name) for each in countries.who_regions()],
        skills=[(each.id, each.label) for each in taxonomy.skills()],
        region_name=countries.region_name,
        skill_label=taxonomy.skill_label,
        label=taxonomy.label,
        links=_links,
    )


def _with_cards(overlap: OverlapView, actor: Actor) -> dict[str, object]:
    zone = actor.zone if actor.signed_in else None
    return {"view": overlap, "cards": slot_cards(overlap.slots, zone)}


def _links(row: GapView) -> dict[str, str]:
    """Where the slots and the requests of a row are listed."""
    place = f"&region={row.region}" if row.region else ""
    return {
        "slots": f"/slots?skill={row.skill}{place}",
        "requests": f"/requests?skill={row.skill}{place}",
    }
