"""JSON routes of calls."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.allocation.queries import calls as queries
from app.allocation.schemas.calls import AnswerIn, CallIn, CallView
from app.allocation.service import calls as service
from app.core.paging import Page
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(tags=["Allocations"])


@router.get("/calls")
def list_calls(db: ReadDb, actor: SignedIn, now: Now, paging: PagingDep) -> Page[CallView]:
    """Calls sent to those the caller speaks for, newest first; all of them to the secretariat."""
    items, total, more = queries.list_calls(
        db, actor, now=now, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("/calls", status_code=201, response_model=CallView)
def send_call(body: CallIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Send a call to providers or countries (secretariat)."""

    def command(db: Session) -> CallView:
        row = service.send_call(db, actor, body, now=now)
        return queries.call_view(db, actor, row.id, now=now)

    return write.answer(actor.key, command, status=201)


@router.get("/calls/{call_id}")
def show_call(call_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> CallView:
    """One call, with the answers that the caller may read."""
    return queries.call_view(db, actor, call_id, now=now)


@router.post("/calls/{call_id}/answer", response_model=CallView)
def answer_call(call_id: UUID, body: AnswerIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Say yes or no for one's provider or country; an answer may be changed."""

    def command(db: Session) -> CallView:
        service.answer_call(db, actor, call_id, body, now=now)
        return queries.call_view(db, actor, call_id, now=now)

    return write.answer(actor.key, command)
