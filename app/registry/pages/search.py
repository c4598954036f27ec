"""Find training: one search as a list, a month or a map, with an address that can be shared."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import Visitor
from app.accounts.rules import Actor
from app.core import countries, languages, worldmap
from app.registry.cards import short_label, slot_cards
from app.registry.pages import facets as filters
from app.registry.pages.counts import FacetCache
from app.registry.pages.feeds import feed
from app.registry.pages.months import WEEKDAYS, month_of, window
from app.registry.pages.points import map_points
from app.registry.queries import figures, slots
from app.registry.rules import SlotStatus
from app.registry.schemas.filters import SlotFilter, SlotSearch
from app.web.deps import Now, Paging, PagingDep, ReplicaDb
from app.web.forms import read_form
from app.web.rendering import page

router = APIRouter()

LIST_SIZE = 20
MONTH_SIZE = 400
_TABS = (("list", "List", "list"), ("month", "Month", "calendar"), ("map", "Map", "map"))


class _Look(NamedTuple):
    """What each view is made from."""

    db: Session
    actor: Actor
    search: SlotSearch
    wanted: SlotFilter
    paging: Paging
    now: datetime


@router.get("/slots")
def search_slots(
    request: Request, db: ReplicaDb, actor: Visitor, paging: PagingDep, now: Now
) -> Response:
    """Slots to come that fit the filters; a filter that makes no sense is named and left out."""
    search, problems = _read(request)
    wanted = with_defaults(search, now)
    views = {"list": _as_list, "month": _as_month, "map": _as_map}
    context = views[search.view](_Look(db, actor, search, wanted, paging, now))
    return page(
        request,
        "registry/slots.html",
        status=422 if problems else 200,
        search=search,
        problems=problems,
        facet=_facets(request, db, actor, search, wanted),
        chips=filters.chips(search),
        tabs=[
            (title, _with_view(search, view), search.view == view, icon)
            for view, title, icon in _TABS
        ],
        feed=feed("/calendars/slots.ics", "These dates in your calendar", _pairs(search)),
        **context,
    )


def with_defaults(search: SlotSearch, now: datetime) -> SlotFilter:
    """What is looked for when nothing else is said: still to come or still open, not cancelled."""
    wanted = SlotFilter(**search.model_dump(include=set(SlotFilter.model_fields)))
    changes: dict[str, Any] = {}
    if not wanted.status:
        changes["status"] = [SlotStatus.CONFIRMED, SlotStatus.TENTATIVE]
    if wanted.starts_after is None and wanted.open_after is None and search.view != "month":
        # To five minutes: the same question asked twice then finds the counts of the first time.
        changes["open_after"] = now - timedelta(
            minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond
        )
    return wanted.model_copy(update=changes)


def _read(request: Request) -> tuple[SlotSearch, list[str]]:
    sent = request.query_params.multi_items()
    form = read_form(SlotSearch, sent)
    if form.model is not None:
        return form.model, []
    bad = {name.split("-")[0] for name in form.errors}
    rest = read_form(SlotSearch, [(name, value) for name, value in sent if name not in bad])
    return rest.model or SlotSearch(), list(form.errors.values())


def _pairs(search: SlotSearch) -> filters.Pairs:
    return filters.filter_pairs(search)


def _with_view(search: SlotSearch, view: str) -> str:
    return filters.address(_pairs(search) + ([("view", view)] if view != "list" else []))


def _as_list(look: _Look) -> dict[str, Any]:
    db, actor, search, wanted, paging, now = look
    limit = paging.limit if "limit" in paging.request.query_params else LIST_SIZE
    views, total, more = slots.slot_page(
        db, actor, wanted, now=now, limit=limit, after=paging.after
    )
    return {
        "total": total,
        "cards": slot_cards(views, actor.zone if actor.signed_in else None),
        "next_url": paging.next_url(more),
        "first_url": _with_view(search, "list") if paging.after else None,
    }


def _as_month(look: _Look) -> dict[str, Any]:
    db, actor, search, wanted, _, now = look
    month = search.month or _next_month_with_slots(db, actor, wanted, now)
    start, end = window(month)
    after = max(filter(None, (start, wanted.starts_after)))
    before = min(filter(None, (end, wanted.starts_before)))
    inside = wanted.model_copy(update={"starts_after": after, "starts_before": before})
    views, _, more = slots.slot_page(db, actor, inside, now=now, limit=MONTH_SIZE)
    grid = month_of(month, views)
    days = [day for week in grid.weeks for day in week if day.own]
    rest = [*_pairs(search), ("view", "month")]
    return {
        "total": sum(len(day.entries) for day in days),
        "month": grid,
        "weekdays": WEEKDAYS,
        "cut_short": more is not None,
        "previous_url": filters.address([*rest, ("month", grid.previous)]),
        "next_url": filters.address([*rest, ("month", grid.next)]),
    }


def _as_map(look: _Look) -> dict[str, Any]:
    db, actor, search, wanted, _, now = look
    places = figures.places_of_slots(db, actor, wanted)
    _, total, _ = slots.slot_page(db, actor, wanted, now=now, limit=1)

    def link(country: str) -> str:
        others = [(name, value) for name, value in _pairs(search) if name != "country"]
        return filters.address([*others, ("country", country)])

    return {
        "total": total,
        "places": [(place, link(place.country)) for place in places],
        "remote": total - sum(place.slots for place in places),
        "map": {
            "view_box": worldmap.view_box(),
            "shapes": worldmap.shapes() | worldmap.areas_without_code(),
            "points": map_points(places, link),
            "disclaimer": worldmap.disclaimer(),
        },
    }


def _next_month_with_slots(db: Session, actor: Actor, wanted: SlotFilter, now: datetime) -> str:
    coming = wanted
    if wanted.starts_after is None:
        coming = wanted.model_copy(update={"starts_after": now})
    views = slots.first_slots(db, actor, coming, now=now, limit=1)
    return f"{views[0].starts_at if views else wanted.starts_after or now:%Y-%m}"


def _facets(
    request: Request, db: Session, actor: Actor, search: SlotSearch, wanted: SlotFilter
) -> dict[str, Any]:
    cache: FacetCache = request.app.state.facets
    counts = cache.counts(db, actor, wanted)
    labels = {
        "domain": filters.domain_label,
        "mode": lambda value: short_label("delivery_modes", value),
        "country": countries.name,
        "language": languages.name,
        "funding": lambda value: short_label("funding_types", value),
    }
    shown = {
        name: filters.options(counts[name], getattr(search, name), label)
        for name, label in labels.items()
    }
    return {
        **shown,
        "status": filters.status_options(search.status),
        "region": filters.region_options(),
        "skill": filters.skill_options(),
    }
