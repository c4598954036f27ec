"""Pages of what one more slot would be worth: a group for each skill and region."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.deps import SignedIn
from app.allocation.pages.posts import Secretariat
from app.allocation.queries.worth import skills_taught_by, worth_page
from app.allocation.rules.reach import Reach
from app.allocation.schemas.worth import WorthFilter, WorthView
from app.allocation.service.worths import KEPT
from app.allocation.words import month_text, worth_text
from app.core import countries
from app.core.clock import months_later
from app.core.errors import NotFoundError
from app.registry.queries import catalogue
from app.registry.rules import ProviderState
from app.registry.schemas.inputs import Ref
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, ReadDb
from app.web.rendering import page

router = APIRouter()

_SHOWN = 20
From = Annotated[int, Query(alias="from", ge=0, le=100_000)]


@dataclass(frozen=True, slots=True)
class WorthGroup:
    """What a date of one skill, level and region would be worth, month by month."""

    months: tuple[WorthView, ...]
    """In the order of time."""

    @property
    def best(self) -> WorthView:
        """The month that is worth most, the earliest of several."""
        return max(self.months, key=lambda each: each.worth or 0)

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """What a date would do, and the months in which it would: for a provider to read."""
        first = self.months[0]
        return [
            (
                worth_text(first.skill, first.region, None, reach),
                _months([each.month for each in of_reach]),
            )
            for reach, of_reach in groupby(
                self.months, key=lambda each: Reach(each.people, each.countries)
            )
        ]


def groups_of(rows: Iterable[WorthView]) -> list[WorthGroup]:
    """The rows by skill, level and region, a group where its first row stands."""
    found: dict[tuple[str, int, str], list[WorthView]] = {}
    for row in rows:
        found.setdefault((row.skill, row.level, row.region), []).append(row)
    return [WorthGroup(tuple(sorted(rows, key=lambda each: each.month))) for rows in found.values()]


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
    items, _, _ = worth_page(db, actor, wanted, now=now, limit=KEPT)
    groups = groups_of(items)
    end = start + _SHOWN
    return page(
        request,
        "allocation/worth.html",
        groups=groups[start:end],
        call_url=_call_url,
        total=len(groups),
        next_from=end if end < len(groups) else None,
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
    items, _, _ = worth_page(db, actor, WorthFilter(), now=now, limit=KEPT)
    groups = groups_of(items)
    return page(
        request,
        "allocation/worth_provider.html",
        provider=provider,
        own=[each for each in groups if each.best.skill in own],
        others=[each for each in groups if each.best.skill not in own],
    )


def _months(months: list[date]) -> str:
    """Months in order; those without a pause between them as a stretch."""
    stretches: list[list[date]] = []
    for month in months:
        if stretches and month == months_later(stretches[-1][-1], 1):
            stretches[-1].append(month)
        else:
            stretches.append([month])
    return ", ".join(
        " to ".join(map(month_text, sorted({each[0], each[-1]}))) for each in stretches
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
