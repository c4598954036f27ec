"""The secretariat's queue of requests."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.deps import SignedIn
from app.core.errors import NotFoundError
from app.demand import queries
from app.demand.schemas import QueueFilter
from app.taxonomy import queries as taxonomy
from app.web.deps import ReadDb
from app.web.rendering import page

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
