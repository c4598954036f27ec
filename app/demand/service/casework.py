"""What lies beside a request: private notes, and links to documents on the web."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import ConflictError, NotFoundError, invalid
from app.core.outbox import Fact
from app.demand import queries, rules
from app.demand.models import GapRequest, RequestLink, RequestNote
from app.demand.schemas import LinkIn, NoteIn
from app.demand.service.rows import lock_inside, lock_own

MAX_LINKS = 20
"""Most links of one request."""

_MAX_NOTES = 500


class TooManyError(ConflictError):
    """The request has as many notes or links as it can have."""

    code = "too_many"


def write_note(
    db: Session, actor: Actor, request_id: UUID, note: NoteIn, *, now: datetime
) -> RequestNote:
    """Add a remark that the country and the secretariat read, or the secretariat alone.

    Raises:
        NotFoundError: There is no such request of the actor's.
        InvalidError: Somebody else writes to the secretariat alone.
        TooManyError: There are as many as there can be.
    """
    row = lock_inside(db, actor, request_id)
    if note.audience == "secretariat" and not actor.secretariat:
        raise invalid("audience", "Only the secretariat writes notes of its own.", "not_yours")
    if len(queries.notes_of(db, actor, row.id)) >= _MAX_NOTES:
        raise TooManyError(f"One request has at most {_MAX_NOTES} notes.")
    written = RequestNote(
        request_id=row.id,
        audience=note.audience,
        body=note.body,
        written_by=actor.identified(),
        written_at=now,
    )
    db.add(written)
    db.flush()
    payload = {"request": str(row.id), "audience": note.audience}
    name = "request_note.written"
    outbox.record(db, Fact(name, written.id, 1, now, actor.user_id, payload=payload))
    return written


def add_link(
    db: Session, actor: Actor, request_id: UUID, link: LinkIn, *, now: datetime
) -> RequestLink:
    """Add the address of a document; the document stays where it is.

    Raises:
        NotFoundError: No such request of the actor's country.
        RequestEndedError: It is over.
        TooManyError: It has :data:`MAX_LINKS` already.
        InvalidError: The address is there already.
    """
    row = lock_own(db, actor, request_id)
    rules.check_editable(row.state)
    there = queries.link_rows(db, row.id)
    if any(each.url == link.url for each in there):
        raise invalid("url", "This address is in the list already.", "repeated_link")
    if len(there) >= MAX_LINKS:
        raise TooManyError(f"One request has at most {MAX_LINKS} links.")
    added = RequestLink(
        request_id=row.id,
        title=link.title,
        url=link.url,
        added_by=actor.identified(),
        added_at=now,
    )
    db.add(added)
    db.flush()
    fact = Fact("request_link.added", added.id, 1, now, actor.user_id)
    outbox.record(db, _about_link(fact, added, [None, added.url]))
    return added


def remove_link(
    db: Session, actor: Actor, request_id: UUID, link_id: UUID, *, now: datetime
) -> GapRequest:
    """Take a link away.

    Raises:
        NotFoundError: No such request of the actor's country, or no such link of it.
        RequestEndedError: It is over.
    """
    row = lock_own(db, actor, request_id)
    rules.check_editable(row.state)
    link = next((each for each in queries.link_rows(db, row.id) if each.id == link_id), None)
    if link is None:
        raise NotFoundError("No such link.", link=str(link_id))
    fact = Fact("request_link.removed", link.id, 2, now, actor.user_id)
    outbox.record(db, _about_link(fact, link, [link.url, None]))
    db.delete(link)
    db.flush()
    return row


# Facts of their own: a note or link is no reason to refuse an edit of the request itself.
def _about_link(fact: Fact, link: RequestLink, urls: list[str | None]) -> Fact:
    return replace(fact, payload={"request": str(link.request_id)}, changes={"url": urls})
