"""The way of a request: opened, asked about, answered, given to somebody; its notes and links."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.demand import queries, service
from app.demand.schemas import (
    AnswerIn,
    LinkIn,
    LinkView,
    NoteIn,
    NoteView,
    OwnerIn,
    QuestionIn,
    RequestView,
)
from app.web.deps import Now, ReadDb, Write

router = APIRouter(tags=["Requests"])


class NoteList(BaseModel):
    """The notes of a request, oldest first."""

    items: list[NoteView]


class LinkList(BaseModel):
    """The links of a request, oldest first."""

    items: list[LinkView]


@router.post("/requests/{request_id}/opening", response_model=RequestView)
def open_request(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Open a filed request, for the secretariat; no body."""

    def command(db: Session) -> RequestView:
        service.open_request(db, actor, request_id, now=now)
        return queries.request_view(db, actor, request_id)

    return write.answer(actor.key, command)


@router.post("/requests/{request_id}/clarification", response_model=RequestView)
def ask_clarification(
    request_id: UUID, body: QuestionIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Ask the country about its request, for the secretariat."""

    def command(db: Session) -> RequestView:
        service.ask_clarification(db, actor, request_id, body, now=now)
        return queries.request_view(db, actor, request_id)

    return write.answer(actor.key, command)


@router.post("/requests/{request_id}/answer", response_model=RequestView)
def answer(request_id: UUID, body: AnswerIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Answer the question that waits, for the request's country."""

    def command(db: Session) -> RequestView:
        service.answer(db, actor, request_id, body, now=now)
        return queries.request_view(db, actor, request_id)

    return write.answer(actor.key, command)


@router.post("/requests/{request_id}/owner", response_model=RequestView)
def assign_owner(
    request_id: UUID, body: OwnerIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Give the case to somebody of the secretariat, or with null to nobody."""

    def command(db: Session) -> RequestView:
        service.assign_owner(db, actor, request_id, body, now=now)
        return queries.request_view(db, actor, request_id)

    return write.answer(actor.key, command)


@router.get("/requests/{request_id}/notes")
def list_notes(request_id: UUID, db: ReadDb, actor: SignedIn) -> NoteList:
    """The private notes that the caller may read: of its country, or of the secretariat."""
    return NoteList(items=queries.notes_of(db, actor, request_id))


@router.post("/requests/{request_id}/notes", status_code=201, response_model=NoteView)
def write_note(request_id: UUID, body: NoteIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Write a private note."""

    def command(db: Session) -> NoteView:
        note = service.write_note(db, actor, request_id, body, now=now)
        return queries.note_view(note, actor.name, by_secretariat=actor.secretariat)

    return write.answer(actor.key, command, status=201)


@router.get("/requests/{request_id}/links")
def list_links(request_id: UUID, db: ReadDb, actor: SignedIn) -> LinkList:
    """The documents on the web that belong to the request, for its country and the secretariat."""
    return LinkList(items=queries.links_of(db, actor, request_id))


@router.post("/requests/{request_id}/links", status_code=201, response_model=LinkView)
def add_link(request_id: UUID, body: LinkIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Add the address of a document; https only, at most 20 a request."""

    def command(db: Session) -> LinkView:
        link = service.add_link(db, actor, request_id, body, now=now)
        return LinkView.model_validate(link.model_dump())

    return write.answer(actor.key, command, status=201)


@router.delete("/requests/{request_id}/links/{link_id}", status_code=204)
def remove_link(request_id: UUID, link_id: UUID, write: Write, actor: SignedIn, now: Now) -> None:
    """Take a link away."""
    write.run(lambda db: service.remove_link(db, actor, request_id, link_id, now=now))
