"""Pages of reports."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.deps import Visitor
from app.accounts.rules import Actor
from app.core import countries
from app.registry.cards import slot_cards
from app.reports import groups, service, words
from app.reports.schemas import GapPageFilter, OverlapView
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReplicaDb
from app.web.rendering import page

router = APIRouter()

_OVERLAPS_SHOWN = 10
_DEGREES = (4, 3, 2, 1)


@router.get("/gaps")
def show_gaps(
    request: Request,
    db: ReplicaDb,
    actor: Visitor,
    now: Now,
    wanted: Annotated[GapPageFilter, Query()],
    paging: PagingDep,
) -> Response:
    """What is asked for and what there is; how it developed; overlaps for the secretariat."""
    picture = service.gap_picture(db, actor, wanted.table(), now=now)
    history = service.gap_history(db, actor, wanted.history(), now=now)
    first = service.offset_of(paging.after)
    end = first + paging.limit
    overlaps = None
    if actor.secretariat:
        overlaps = service.overlaps(db, wanted, now=now, limit=_OVERLAPS_SHOWN)
    return page(
        request,
        "reports/gaps.html",
        rows=words.row_words(picture.table.items[first : min(end, picture.asked)], wanted),
        totals=picture.table.totals,
        floor=picture.table.floor,
        matrix=_matrix(picture),
        total=picture.asked,
        next_url=paging.next_url([end] if end < picture.asked else None),
        csv_url=f"/gaps.csv?{request.url.query}",
        history=history,
        trend=words.trend_of(history),
        overlaps=[_with_cards(each, actor) for each in overlaps.items] if overlaps else [],
        overlaps_total=overlaps.total if overlaps else 0,
        **_choices(wanted),
    )


@router.get("/gaps.csv")
def download_gaps(
    db: ReplicaDb, actor: Visitor, now: Now, wanted: Annotated[GapPageFilter, Query()]
) -> Response:
    """The table that the page shows, all its rows, for a spreadsheet."""
    table, _ = service.gap_table(db, actor, wanted.table(), now=now)
    return Response(
        words.csv_of(table, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="gaps.csv"'},
    )


def _choices(wanted: GapPageFilter) -> dict[str, Any]:
    """The filters and what they say now."""
    return {
        "wanted": wanted,
        "active": wanted.narrowed(),
        "by": words.BY,
        "rows_by": dict(words.BY)[wanted.by],
        "domains": [(each.id, each.label) for each in taxonomy.domains()],
        "regions": [(each.code, each.name) for each in countries.who_regions()],
        "skills": [(each.id, each.label) for each in taxonomy.skills()],
        "places": [(each.alpha2, each.name) for each in countries.countries()],
        "groups": groups.groups(),
        "options": lambda name: [(each.id, each.label) for each in taxonomy.vocabulary(name)],
        "region_name": countries.region_name,
        "skill_label": taxonomy.skill_label,
        "label": taxonomy.label,
    }


def _matrix(picture: service.GapPicture) -> list[tuple[int, list[tuple[int, int, int]]]]:
    """Significance from high to low; of each the urgencies with people without a seat and heat."""
    found = []
    for significance in _DEGREES:
        row = []
        for urgency in _DEGREES:
            cell = picture.matrix.get((urgency, significance))
            people = cell.gap if cell else 0
            row.append((urgency, people, words.heat(people)))
        found.append((significance, row))
    return found


def _with_cards(overlap: OverlapView, actor: Actor) -> dict[str, object]:
    zone = actor.zone if actor.signed_in else None
    return {"view": overlap, "cards": slot_cards(overlap.slots, zone)}
