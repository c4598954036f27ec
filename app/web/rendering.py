"""Pages: one Jinja environment in which undefined names are errors and everything is escaped."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.core import countries, languages
from app.web.forms import Form

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static"

NOTICES = {
    "signed-in": "You are signed in.",
    "signed-out": "You are signed out.",
    "signed-up": "Welcome. Your account is ready.",
    "saved": "Saved.",
    "applied": "Your application was received. The secretariat will look at it.",
    "filed": "Your request was filed.",
    "withdrawn": "The request was withdrawn.",
    "closed": "The request was closed.",
    "held": "A seat is held for you. Confirm it to keep it.",
    "waitlisted": "You are on the list.",
    "confirmed": "Your seat is confirmed.",
    "cancelled": "It was cancelled.",
    "cohort": "The seats are yours. Name the people who will take them.",
    "nominated": "The person was named and can now accept the seat.",
    "released": "The open seats were given back.",
    "in-line": "The group is in line. Seats are taken for it when its turn comes.",
    "left": "The group has left the line.",
    "replaced": "The seat was passed on. The newcomer can now accept it.",
    "published": "It is published.",
    "revoked": "It was revoked.",
    "issued": "It was issued.",
    "decided": "Your decision was recorded.",
    "attendance": "Attendance was recorded.",
    "offered": "A seat was offered.",
    "kept": "The seats are kept.",
    "selected": "The selection was made. Everybody can see their own outcome.",
    "requested": "Your seat is kept while the provider decides.",
    "approved": "The person was accepted. The seat is theirs.",
    "rejected": "The person was refused and reads your reason. The seat went on.",
    "claimed": "It was filed. Somebody will look at the evidence.",
    "waived": "The requirement was waived.",
    "plan-applied": "The plan was applied. Each line says what came of it.",
    "plan-begun": "Part of the plan was applied. Apply again for the lines that are left.",
    "call-sent": "The call was sent.",
    "call-answered": "Your answer was sent.",
    "opened": "The request is open.",
    "asked": "The question was sent. The request waits for an answer.",
    "answered": "Your answer was sent to the secretariat.",
    "assigned": "It is settled who looks after the request.",
    "noted": "The note was written.",
    "linked": "The link was added.",
    "unlinked": "The link was taken away.",
    "copied": "This is a copy for another year. Look it over, then file it.",
    "merged": "The two requests are one now.",
    "proposed": "The proposal was sent.",
    "imported": "The requests were kept as drafts. File each of them when it is ready.",
}
"""Sentences shown once after an action, by the word in ``?notice=``; others are ignored."""


PagePart = Callable[[Request, Mapping[str, Any]], dict[str, Any]]
"""From a request and a page's context to what one more section of it needs."""


def environment(folder: Path = ROOT / "templates") -> Environment:
    """A Jinja environment over ``folder`` with this product's filters."""
    env = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        in_zone=in_zone,
        day=day,
        clock=clock_time,
        iso=iso,
        country_name=countries.name,
        language_name=languages.name,
    )
    env.globals.update(asset=asset, empty_form=Form)
    return env


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """Render ``template`` for whoever is calling.

    A feature above the page's own may add a section to it: ``app.state.page_parts`` maps the
    template to functions whose values join the context, one after the other.
    """
    state = request.app.state
    env: Environment = state.templates
    actor = getattr(request.state, "actor", state.visitor)
    parts: Mapping[str, Sequence[PagePart]] = getattr(state, "page_parts", {})
    for part in parts.get(template, ()):
        context |= part(request, context)
    body = env.get_template(template).render(
        status=status,
        path=request.url.path,
        actor=actor,
        demo=state.settings.demo,
        network_name=state.settings.network_name,
        base_url=state.settings.base_url,
        notice=NOTICES.get(request.query_params.get("notice", "")),
        **context,
    )
    # What somebody sees who is signed in must not come back by "Back" after they signed out.
    caching = "private, no-store" if actor.signed_in else "no-cache"
    return HTMLResponse(body, status, {"Cache-Control": caching, "Vary": "Cookie"})


def joined(*features: Mapping[str, PagePart]) -> Mapping[str, Sequence[PagePart]]:
    """What several features add to pages, by template, in the order of the features."""
    found: dict[str, list[PagePart]] = {}
    for parts in features:
        for template, part in parts.items():
            found.setdefault(template, []).append(part)
    return found


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """The address of a static file, with its content's hash, so that it can be cached for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def in_zone(instant: datetime, zone: str) -> datetime:
    """``instant`` as wall time of ``zone``."""
    return instant.astimezone(ZoneInfo(zone))


def day(moment: date) -> str:
    """A date as people write it: ``Mon 4 Jan 2027``."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def clock_time(moment: datetime) -> str:
    """The time of day: ``09:30``."""
    return f"{moment:%H:%M}"


def iso(instant: datetime) -> str:
    """RFC 3339 in UTC, for ``<time datetime>``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
