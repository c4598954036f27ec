"""The way of a request on its page: opened, asked about, answered; its notes and links."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.posts import M, Post
from app.demand import service
from app.demand.pages.shared import request_page
from app.demand.schemas import AnswerIn, LinkIn, NoteIn, OwnerIn, QuestionIn
from app.web.forms import Submitted, submitted

router = APIRouter()


@router.post("/requests/{request_id}/opening")
def open_request(request_id: UUID, post: Post) -> Response:
    """Open a filed request."""

    def command(db: Session) -> str:
        service.open_request(db, post.actor, request_id, now=post.now)
        return _back(request_id, "opened")

    return post.go(command)


@router.post("/requests/{request_id}/clarification")
def ask_clarification(
    request_id: UUID,
    form: Annotated[Submitted[QuestionIn], Depends(submitted(QuestionIn))],
    post: Post,
) -> Response:
    """Send the country a question; or show what was wrong."""

    def command(db: Session, model: QuestionIn) -> str:
        service.ask_clarification(db, post.actor, request_id, model, now=post.now)
        return _back(request_id, "asked")

    return _carry_out(request_id, form, post, command)


@router.post("/requests/{request_id}/answer")
def answer(
    request_id: UUID, form: Annotated[Submitted[AnswerIn], Depends(submitted(AnswerIn))], post: Post
) -> Response:
    """Answer the question that waits; or show what was wrong."""

    def command(db: Session, model: AnswerIn) -> str:
        service.answer(db, post.actor, request_id, model, now=post.now)
        return _back(request_id, "answered")

    return _carry_out(request_id, form, post, command)


@router.post("/requests/{request_id}/owner")
def assign_owner(
    request_id: UUID, form: Annotated[Submitted[OwnerIn], Depends(submitted(OwnerIn))], post: Post
) -> Response:
    """Give the case to somebody, or to nobody; or show what was wrong."""

    def command(db: Session, model: OwnerIn) -> str:
        service.assign_owner(db, post.actor, request_id, model, now=post.now)
        return _back(request_id, "assigned")

    return _carry_out(request_id, form, post, command)


@router.post("/requests/{request_id}/notes")
def write_note(
    request_id: UUID, form: Annotated[Submitted[NoteIn], Depends(submitted(NoteIn))], post: Post
) -> Response:
    """Write a private note; or show what was wrong."""

    def command(db: Session, model: NoteIn) -> str:
        service.write_note(db, post.actor, request_id, model, now=post.now)
        return _back(request_id, "noted")

    return _carry_out(request_id, form, post, command)


@router.post("/requests/{request_id}/links")
def add_link(
    request_id: UUID, form: Annotated[Submitted[LinkIn], Depends(submitted(LinkIn))], post: Post
) -> Response:
    """Add a link; or show what was wrong."""

    def command(db: Session, model: LinkIn) -> str:
        service.add_link(db, post.actor, request_id, model, now=post.now)
        return _back(request_id, "linked")

    return _carry_out(request_id, form, post, command)


@router.post("/requests/{request_id}/links/{link_id}/removal")
def remove_link(request_id: UUID, link_id: UUID, post: Post) -> Response:
    """Take a link away."""

    def command(db: Session) -> str:
        service.remove_link(db, post.actor, request_id, link_id, now=post.now)
        return _back(request_id, "unlinked")

    return post.go(command)


def _carry_out(
    request_id: UUID, form: Submitted[M], post: Post, use: Callable[[Session, M], str]
) -> Response:
    """Do what the form says and go back to the request; or show the page with what was wrong."""
    response = post.attempt(form, use)
    if response is not None:
        return response
    with post.read() as db:
        return request_page(post.request, db, post.actor, request_id, form=form)


def _back(request_id: UUID, notice: str) -> str:
    return f"/requests/{request_id}?notice={notice}"
