"""The page that asks for the reason before a request is taken back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.posts import Post
from app.booking.service.withdrawing import withdraw_request
from app.demand.queries.actions import view_for
from app.demand.rules import Action, RequestState
from app.demand.schemas import RequestView, WithdrawIn
from app.demand.service import end_reasons
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/requests/{request_id}/withdrawal")
def confirm_withdrawal(request: Request, request_id: UUID, db: ReadDb, actor: SignedIn) -> Response:
    """Ask for the reason before a request is taken back."""
    view = view_for(db, actor, request_id, Action.WITHDRAW)
    return _withdrawal(request, view, Form())


@router.post("/requests/{request_id}/withdrawal")
def withdraw(
    request_id: UUID,
    form: Annotated[Submitted[WithdrawIn], Depends(submitted(WithdrawIn))],
    post: Post,
) -> Response:
    """Take the request back; or show what was wrong."""

    def command(db: Session, model: WithdrawIn) -> str:
        row = withdraw_request(db, post.actor, request_id, model, now=post.now)
        return f"/requests/{row.id}?notice=withdrawn"

    response = post.attempt(form, command)
    if response is not None:
        return response
    with post.read() as db:
        view = view_for(db, post.actor, request_id, Action.WITHDRAW)
    return _withdrawal(post.request, view, form, status=422)


def _withdrawal(request: Request, view: RequestView, form: Form, *, status: int = 200) -> Response:
    reasons = list(end_reasons(RequestState.WITHDRAWN).items())
    return page(
        request, "demand/withdraw.html", status=status, view=view, form=form, reasons=reasons
    )
