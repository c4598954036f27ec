"""Pages of what one more slot would be worth."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.deps import SignedIn
from app.allocation.pages.posts import Secretariat
from app.allocation.queries.worth import skills_taught_by, worth_page
from app.allocation.schemas.worth import WorthFilter, WorthView
from app.allocation.words import month_text
from app.core import countries
from app.core.errors import NotFoundError
from app.registry.queries import catalogue
from app.registry.rules import ProviderState
from app.registry.schemas.inputs import Ref
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, ReadDb
from app.web.rendering import page

router = APIRouter()

_SHOWN = 50
From = Annotated[int, Query(alias="from", ge=0, le=100_000)]


@router.get("/secretariat/worth")
def show_worth(
    request: Request,
    db: ReadDb,
    actor: Secretariat,
    now: Now,
    wanted: Annotated[WorthFilter, Query()],
    start: From = 0,
) -> Response:
    """The slots that would be worth most, with a call for each."""
    items, total, end = worth_page(db, actor, wanted, now=now, limit=_SHOWN, offset=start)
    return page(
        request,
        "allocation/worth.html",
        rows=[(each, _call_url(each)) for each in items],
        total=total,
        next_from=end,
        wanted=wanted,
        skills=[(each.id, each.label) for each in taxonomy.skills()],
        regions=[(each.code, each.name) for each in countries.who_regions()]
        + [(each.code, each.name) for each in countries.regions() if each.kind == "un-subregion"],
        skill_label=taxonomy.skill_label,
        region_name=countries.region_name,
        month_text=month_text,
    )


@router.get("/provider/{slug}/worth")
def show_provider(request: Request, slug: Ref, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """Where one more date of the provider's own skills would help, and then of others."""
    provider = catalogue.provider_view(db, actor, slug)
    if provider.id not in actor.providers or provider.state != ProviderState.VERIFIED:
        raise NotFoundError("There is no such provider.")
    own = skills_taught_by(db, [provider.id])
    items, _, _ = worth_page(db, actor, WorthFilter(), now=now, limit=_SHOWN)
    mine: list[WorthView] = []
    if own:
        mine, _, _ = worth_page(db, actor, WorthFilter(skill=own), now=now, limit=_SHOWN)
    return page(
        request,
        "allocation/worth_provider.html",
        provider=provider,
        own=mine,
        others=[each for each in items if each.skill not in own],
    )


def _call_url(view: WorthView) -> str:
    """The form of a call for this slot, filled in."""
    fields = {
        "kind": "slots",
        "skill": view.skill,
        "level": view.level,
        "region": view.region,
        "month": view.month,
        "seats": view.seats,
        "people": view.people,
        "reached": view.countries,
        "run": view.run,
    }
    return f"/secretariat/calls/new?{urlencode(fields)}"
