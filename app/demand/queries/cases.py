"""The way of requests through the secretariat: notes, links, and what waits for whom."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.queries import secretariat
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.demand import rules
from app.demand.models import GapRequest, RequestLink, RequestNote
from app.demand.queries.requests import request_row, request_views
from app.demand.schemas import Helper, LinkView, NoteView, RequestView

QUEUES = ("triage", "answer", "mine", "urgent")
"""What the secretariat looks at: filters of :class:`app.demand.schemas.QueueFilter`."""

_MOST = 200
_HIGH = 3


def inside_row(db: Session, actor: Actor, request_id: UUID) -> GapRequest:
    """The request, for its country and the secretariat.

    Raises:
        NotFoundError: There is none, or the actor reads only what is public of it.
    """
    row = request_row(db, actor, request_id)
    if not rules.sees_everything(actor, row.country):
        raise NotFoundError("No such request.", request=str(request_id))
    return row


def notes_of(db: Session, actor: Actor, request_id: UUID) -> list[NoteView]:
    """The notes that the actor may read, oldest first; the secretariat's own only for itself.

    Raises:
        NotFoundError: There is no such request of the actor's.
    """
    row = inside_row(db, actor, request_id)
    where = [col(RequestNote.request_id) == row.id]
    if not actor.secretariat:
        where.append(col(RequestNote.audience) == "both")
    query = (
        select(RequestNote, User.name)
        .join(User, col(User.id) == col(RequestNote.written_by))
        .where(*where)
        .order_by(col(RequestNote.id))
    )
    inside = {each.id for each in secretariat(db)}
    return [
        note_view(note, name, by_secretariat=note.written_by in inside)
        for note, name in db.exec(query)
    ]


def note_view(note: RequestNote, written_by: str, *, by_secretariat: bool) -> NoteView:
    """The note as it is read."""
    return NoteView(
        **note.model_dump(include={"id", "kind", "audience", "body", "written_at"}),
        written_by=written_by,
        by_secretariat=by_secretariat,
    )


def links_of(db: Session, actor: Actor, request_id: UUID) -> list[LinkView]:
    """The documents that belong to the request, oldest first; for insiders only.

    Raises:
        NotFoundError: There is no such request of the actor's.
    """
    row = inside_row(db, actor, request_id)
    return [
        LinkView(**link.model_dump(include=set(LinkView.model_fields)))
        for link in link_rows(db, row.id)
    ]


def link_rows(db: Session, request_id: UUID) -> Sequence[RequestLink]:
    """The links of a request that the caller has found for its actor."""
    query = select(RequestLink).where(col(RequestLink.request_id) == request_id)
    return db.exec(query.order_by(col(RequestLink.id))).all()


def helpers(db: Session) -> list[Helper]:
    """Everybody who can look after a request, by name."""
    return [Helper(id=each.id, name=each.name) for each in secretariat(db)]


def queue(db: Session, actor: Actor, show: str) -> list[RequestView]:
    """The requests that wait for the secretariat in one of the :data:`QUEUES`, oldest first."""
    query = select(GapRequest).where(*_waits(actor, show)).order_by(col(GapRequest.id))
    return request_views(db, actor, db.exec(query.limit(_MOST)).all())


def queue_counts(db: Session, actor: Actor) -> dict[str, int]:
    """How many requests wait in each of the :data:`QUEUES`."""
    count = select(func.count()).select_from(GapRequest)
    return {show: db.exec(count.where(*_waits(actor, show))).one() for show in QUEUES}


def _waits(actor: Actor, show: str) -> tuple[ColumnElement[bool], ...]:
    live = col(GapRequest.state).in_(rules.LIVE)
    asked = col(GapRequest.asked_at).is_not(None)
    conditions: dict[str, tuple[ColumnElement[bool], ...]] = {
        "triage": (col(GapRequest.opened_at).is_(None), ~asked),
        "answer": (asked,),
        "mine": (col(GapRequest.owner_id) == actor.user_id,),
        "urgent": (
            col(GapRequest.urgency) >= _HIGH,
            col(GapRequest.seats_held) < col(GapRequest.people),
        ),
    }
    return (live, *conditions[show])
