"""Pages of reports."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.accounts.rules import Actor
from app.core import countries
from app.core.errors import invalid
from app.core.paging import offset_of
from app.registry.cards import SlotCard, slot_cards
from app.reports import groups, service, words
from app.reports.proposals import JointView, ProposeDatesIn, ProposeJointIn
from app.reports.rules import Axis
from app.reports.schemas import GapPageFilter, OverlapView, PlaceFilter
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReadDb, ReplicaDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()
M = TypeVar("M", bound=BaseModel)

_OVERLAPS_SHOWN = 10
_JOINTS_SHOWN = 20
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
    first = offset_of(paging.after)
    end = first + paging.limit
    overlaps = None
    if actor.secretariat:
        found = service.overlaps(db, wanted, now=now, limit=_OVERLAPS_SHOWN)
        overlaps = service.with_calls(db, found, now=now)
    return page(
        request,
        "reports/gaps.html",
        rows=words.row_words(picture.table.items[first : min(end, picture.asked)], wanted),
        totals=picture.table.totals,
        in_no_row=_in_no_row(picture, wanted),
        floor=picture.table.floor,
        matrix=_matrix(picture),
        total=picture.asked,
        next_url=paging.next_url([end] if end < picture.asked else None),
        csv_url=f"/gaps.csv?{request.url.query}",
        history=history,
        trend=words.trend_of(history),
        overlaps=[_with_cards(each, actor) for each in overlaps.items] if overlaps else [],
        overlaps_total=overlaps.total if overlaps else 0,
        form=Form(),
        **_choices(wanted),
    )


def _in_no_row(picture: service.GapPicture, wanted: GapPageFilter) -> int:
    """People who count in the totals and may not be told apart; 0 where rows share people."""
    if Axis.GROUP in wanted.table().group:
        return 0
    return picture.table.totals.demand - sum(row.demand for row in picture.table.items)


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


@router.get("/secretariat/synergies")
def show_synergies(
    request: Request,
    db: ReadDb,
    actor: SignedIn,
    now: Now,
    wanted: Annotated[PlaceFilter, Query()],
    paging: PagingDep,
) -> Response:
    """Requests of neighbouring countries that fill a date together, for the secretariat."""
    found = service.synergies(db, actor, wanted, now=now, limit=_JOINTS_SHOWN, after=paging.after)
    return page(
        request,
        "reports/synergies.html",
        joints=[(each, _card(each, actor)) for each in found.items],
        total=found.total,
        next_url=paging.next_url(found.last),
        wanted=wanted,
        active=sum(bool(value) for value in (wanted.skill, wanted.domain, wanted.region)),
        form=Form(),
        shared=lambda joint: ", ".join(map(countries.region_name, joint.shared)),
        domains=[(each.id, each.label) for each in taxonomy.domains()],
        regions=[(each.code, each.name) for each in countries.who_regions()],
        skills=[(each.id, each.label) for each in taxonomy.skills()],
        region_name=countries.region_name,
        skill_label=taxonomy.skill_label,
        label=taxonomy.label,
    )


@router.post("/secretariat/synergies/calls")
def propose_joint(
    form: Annotated[Submitted[ProposeJointIn], Depends(submitted(ProposeJointIn))],
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Send the proposal to the countries and go back to the list."""
    wish = _sent(form)

    def command(db: Session) -> str:
        service.propose_joint(db, actor, wish, now=now)
        return "/secretariat/synergies?notice=proposed"

    return write.redirect(actor.key, command)


@router.post("/secretariat/overlaps/calls")
def propose_dates(
    form: Annotated[Submitted[ProposeDatesIn], Depends(submitted(ProposeDatesIn))],
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Send the proposal to the providers and go back to the gaps."""
    wish = _sent(form)

    def command(db: Session) -> str:
        service.propose_dates(db, actor, wish, now=now)
        return "/gaps?notice=proposed#overlaps-title"

    return write.redirect(actor.key, command)


def _sent(form: Submitted[M]) -> M:
    """What a button sent; it has no field that a person could mend."""
    if form.model is None:
        raise invalid("form", "This proposal cannot be read. Please go back to the list.", "form")
    return form.model


def _card(joint: JointView, actor: Actor) -> SlotCard | None:
    zone = actor.zone if actor.signed_in else None
    return slot_cards([joint.slot], zone)[0] if joint.slot else None


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
