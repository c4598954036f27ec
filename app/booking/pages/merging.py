"""The page that compares two requests side by side and merges them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.booking.pages.posts import Post
from app.booking.service.merging import merge_requests
from app.demand.queries import inside_row, needs_of, request_views
from app.demand.schemas import MergeIn
from app.demand.service import lines_after
from app.taxonomy import queries as taxonomy
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/requests/{request_id}/merge")
def compare(
    request: Request, request_id: UUID, db: ReadDb, actor: SignedIn, into: UUID | None = None
) -> Response:
    """The two requests beside each other, and the form that makes one of them."""
    other = into or next(iter(_candidates(db, actor, request_id)), None)
    return _compare_page(request, db, actor, (request_id, other), None)


@router.post("/requests/{request_id}/merge")
def merge(
    request_id: UUID,
    form: Annotated[Submitted[MergeIn], Depends(submitted(MergeIn))],
    post: Post,
) -> Response:
    """Merge, and go to the request that stays; or show what was wrong."""

    def command(db: Session, model: MergeIn) -> str:
        row = merge_requests(db, post.actor, request_id, model, post.desk)
        return f"/requests/{row.id}?notice=merged"

    response = post.attempt(form, command)
    if response is not None:
        return response
    with post.read() as db:
        other = form.model.into if form.model else _sent_id(form)
        return _compare_page(post.request, db, post.actor, (request_id, other), form)


def _sent_id(form: Form) -> UUID | None:
    try:
        return UUID(form.value("into"))
    except ValueError:
        return None


def _candidates(db: Session, actor: Actor, request_id: UUID) -> tuple[UUID, ...]:
    row = inside_row(db, actor, request_id)
    return request_views(db, actor, [row])[0].possible_duplicates or ()


def _compare_page(
    request: Request,
    db: Session,
    actor: Actor,
    pair: tuple[UUID, UUID | None],
    form: Form | None,
) -> Response:
    merged = inside_row(db, actor, pair[0])
    into = inside_row(db, actor, pair[1]) if pair[1] else None
    rows = [merged, into] if into else [merged]
    needs = needs_of(db, [row.id for row in rows])
    lines = lines_after(needs[into.id], needs[merged.id]) if into else []
    return page(
        request,
        "booking/merge.html",
        status=form.status if form else 200,
        views=request_views(db, actor, rows),
        form=form or Form.of(needs=[line.model_dump() for line in lines]),
        lines=len(lines),
        label=taxonomy.label,
        skill_label=taxonomy.skill_label,
    )
