"""Requests themselves: list, file, read, change, submit, copy, end."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.core.paging import Page
from app.demand import queries, service
from app.demand.deps import in_use_of
from app.demand.schemas import (
    CloseIn,
    GapRequestIn,
    GapRequestPatch,
    RequestFilter,
    RequestView,
)
from app.web.deps import Now, PagingDep, ReadDb, Write

router = APIRouter(tags=["Requests"])


@router.get("/requests")
def list_requests(
    db: ReadDb, actor: Visitor, wanted: Annotated[RequestFilter, Query()], paging: PagingDep
) -> Page[RequestView]:
    """Requests that the caller may see, newest first: own countries' and published ones."""
    found = queries.list_requests(db, actor, wanted, limit=paging.limit, after=paging.after)
    return Page(items=found.items, total=found.total, next=paging.next_url(found.last))


@router.post("/requests", status_code=201, response_model=RequestView)
def file_request(body: GapRequestIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Keep a request of the caller's country: as a draft, or with ``submit`` filed at once."""
    answer = write.answer(
        actor.key,
        lambda db: queries.request_view(
            db, actor, service.file_request(db, actor, body, now=now).id
        ),
        status=201,
    )
    answer.headers["Location"] = f"/api/v1/requests/{json.loads(bytes(answer.body))['id']}"
    return answer


@router.get("/requests/{request_id}")
def show_request(request_id: UUID, db: ReadDb, actor: Visitor) -> RequestView:
    """One request; its confidential parts only for its country and the secretariat."""
    return queries.request_view(db, actor, request_id)


@router.patch("/requests/{request_id}", response_model=RequestView)
def amend_request(
    request: Request,
    request_id: UUID,
    body: GapRequestPatch,
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Change a draft or live request; what is left out stays."""

    def command(db: Session) -> RequestView:
        in_use = in_use_of(request)
        row = service.amend_request(db, actor, request_id, body, now=now, in_use=in_use)
        return queries.request_view(db, actor, row.id)

    return write.answer(actor.key, command)


@router.post("/requests/{request_id}/submission", response_model=RequestView)
def submit_request(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """File a draft; no body."""
    return write.answer(
        actor.key,
        lambda db: queries.request_view(
            db, actor, service.submit_request(db, actor, request_id, now=now).id
        ),
    )


@router.post("/requests/{request_id}/closure", response_model=RequestView)
def close_request(
    request_id: UUID, body: CloseIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """End a live request as met or expired, with the reason."""
    return write.answer(
        actor.key,
        lambda db: queries.request_view(
            db, actor, service.close_request(db, actor, request_id, body, now=now).id
        ),
    )


@router.post("/requests/{request_id}/copy", status_code=201, response_model=RequestView)
def copy_request(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Make a draft that says the same for the next year that lies ahead; no body."""
    return write.answer(
        actor.key,
        lambda db: queries.request_view(
            db, actor, service.copy_request(db, actor, request_id, now=now).id
        ),
        status=201,
    )
