"""The secretariat's queue of requests."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.deps import SignedIn
from app.core.errors import NotFoundError
from app.demand import queries
from app.demand.schemas import QueueFilter
from app.taxonomy import queries as taxonomy
from app.web.deps import ReadDb
from app.web.rendering import PagePart, page

router = APIRouter()

_TITLES = {
    "triage": "Waiting for triage",
    "answer": "Waiting for an answer",
    "mine": "Mine",
    "urgent": "Urgent and unmet",
}


@router.get("/secretariat/requests")
def show_queue(
    request: Request, db: ReadDb, actor: SignedIn, wanted: Annotated[QueueFilter, Query()]
) -> Response:
    """The requests that wait for the secretariat, the oldest first."""
    if not actor.secretariat:
        raise NotFoundError("There is nothing here.")
    counts = queries.queue_counts(db, actor)
    return page(
        request,
        "demand/queue.html",
        requests=queries.queue(db, actor, wanted.show),
        tabs=[
            (f"{title} ({counts[show]})", f"/secretariat/requests?show={show}", show == wanted.show)
            for show, title in _TITLES.items()
        ],
        title=_TITLES[wanted.show],
        count=counts[wanted.show],
        label=taxonomy.label,
    )


def secretariat_part(request: Request, _context: Mapping[str, Any]) -> dict[str, Any]:
    """How many requests wait, in the secretariat's console."""
    with request.app.state.database.read() as db:
        return {"waiting_requests": queries.queue_counts(db, request.state.actor)}


PARTS: Mapping[str, PagePart] = {"registry/secretariat.html": secretariat_part}
"""Sections of pages of features below."""
