"""The end of a request by hand: asks for outcome and reason first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.posts import Post
from app.demand import service
from app.demand.queries.actions import view_for
from app.demand.rules import Action, RequestState
from app.demand.schemas import CloseIn, RequestView
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/requests/{request_id}/closure")
def confirm_closure(request: Request, request_id: UUID, db: ReadDb, actor: SignedIn) -> Response:
    """Ask for outcome and reason before a request is closed."""
    view = view_for(db, actor, request_id, Action.CLOSE)
    return _closure(request, view, Form())


@router.post("/requests/{request_id}/closure")
def close_request(
    request_id: UUID,
    form: Annotated[Submitted[CloseIn], Depends(submitted(CloseIn))],
    post: Post,
) -> Response:
    """Close the request; or show what was wrong."""

    def close(db: Session, model: CloseIn) -> str:
        row = service.close_request(db, post.actor, request_id, model, now=post.now)
        return f"/requests/{row.id}?notice=closed"

    response = post.attempt(form, close)
    if response is not None:
        return response
    with post.read() as db:
        view = view_for(db, post.actor, request_id, Action.CLOSE)
    return _closure(post.request, view, form, status=422)


def _closure(request: Request, view: RequestView, form: Form, *, status: int = 200) -> Response:
    met, expired = (
        list(service.end_reasons(state).items())
        for state in (RequestState.MET, RequestState.EXPIRED)
    )
    groups = [("Met", met), ("Expired", expired)]
    return page(request, "demand/close.html", status=status, view=view, form=form, reasons=groups)
