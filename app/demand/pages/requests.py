"""Requests themselves: list, file, read, change, submit, copy."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.accounts.rules import Actor
from app.core import countries
from app.demand import queries, rules, service, views
from app.demand.deps import in_use_of
from app.demand.pages.shared import request_page
from app.demand.queries.actions import view_for
from app.demand.rules import Action, RequestState
from app.demand.schemas import GapRequestForm, GapRequestIn, RequestFilter, RequestView
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReadDb, Write
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()


@router.get("/requests")
def list_requests(
    request: Request,
    db: ReadDb,
    actor: Visitor,
    wanted: Annotated[RequestFilter, Query()],
    paging: PagingDep,
) -> Response:
    """All requests the reader may see; a focal point's own come first."""
    found = queries.list_requests(
        db, actor, wanted, limit=paging.limit, after=paging.after, first=actor.countries
    )
    return page(
        request,
        "demand/requests.html",
        cards=[views.request_card(view) for view in found.items],
        total=found.total,
        next_url=paging.next_url(found.last),
        wanted=wanted,
        active=sum(bool(value) for _, value in wanted),
        skills=views.skill_chips(wanted.skill, request.query_params.multi_items()),
        states=views.state_choices(wanted.state),
        choices=views.choices,
        options=views.form_options(),
        places=[(each.alpha2, each.name) for each in countries.countries()],
        regions=[(each.code, each.name) for each in countries.who_regions()],
        domains=[(each.id, each.label) for each in taxonomy.domains()],
    )


@router.get("/requests/new")
def new_request(request: Request, actor: SignedIn, now: Now) -> Response:
    """An empty form."""
    rules.require_focal_point(actor)
    form = Form.of(
        evidence="expert-judgement",
        travel="anywhere",
        earliest=now.date(),
        interpretation_ok=True,
        publish_detail="full",
    )
    return _form_page(request, actor, form)


@router.post("/requests")
def file_request(
    request: Request,
    form: Annotated[Submitted[GapRequestIn], Depends(submitted(GapRequestIn))],
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """File the gap and go to its matches, or keep a draft; or show what was wrong."""
    rules.require_focal_point(actor)
    response = form.attempt(
        lambda model: write.redirect(actor.key, lambda db: _filed(db, actor, model, now))
    )
    return response or _form_page(request, actor, form, status=422)


@router.get("/requests/{request_id}")
def show_request(request: Request, request_id: UUID, db: ReadDb, actor: Visitor) -> Response:
    """Everything about one request that the reader may know."""
    return request_page(request, db, actor, request_id)


@router.get("/requests/{request_id}/edit")
def edit_request(request: Request, request_id: UUID, db: ReadDb, actor: SignedIn) -> Response:
    """The form with what the request says now."""
    view = view_for(db, actor, request_id, Action.EDIT)
    fields = view.model_dump(include=set(GapRequestForm.model_fields))
    # A weight of 1 goes without saying; left out, a row whose skill is emptied is really empty.
    fields["needs"] = [
        {name: None if (name, value) == ("weight", 1) else value for name, value in need.items()}
        for need in fields["needs"]
    ]
    fields["interpretation_ok"] = str(view.interpretation_ok).lower()  # a radio, not a tick
    return _form_page(request, actor, Form.of(**fields), view=view)


@router.post("/requests/{request_id}/edit")
def amend_request(
    request: Request,
    request_id: UUID,
    form: Annotated[Submitted[GapRequestForm], Depends(submitted(GapRequestForm))],
    write: Write,
    actor: SignedIn,
    now: Now,
) -> Response:
    """Save the changes; or show what was wrong."""

    def save(db: Session, model: GapRequestForm) -> str:
        patch, in_use = model.patch(), in_use_of(request)
        row = service.amend_request(db, actor, request_id, patch, now=now, in_use=in_use)
        return f"/requests/{row.id}?notice=saved"

    response = form.attempt(lambda model: write.redirect(actor.key, lambda db: save(db, model)))
    if response is not None:
        return response
    with write.database.read() as db:
        view = view_for(db, actor, request_id, Action.EDIT)
    return _form_page(request, actor, form, view=view, status=422)


@router.post("/requests/{request_id}/submission")
def submit_request(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """File a draft and go to its matches."""

    def submit(db: Session) -> str:
        row = service.submit_request(db, actor, request_id, now=now)
        return f"/requests/{row.id}/matches?notice=filed"

    return write.redirect(actor.key, submit)


@router.post("/requests/{request_id}/copy")
def copy_request(request_id: UUID, write: Write, actor: SignedIn, now: Now) -> Response:
    """Make a draft for another year and open it for changes."""

    def copy(db: Session) -> str:
        row = service.copy_request(db, actor, request_id, now=now)
        return f"/requests/{row.id}/edit?notice=copied"

    return write.redirect(actor.key, copy)


def _filed(db: Session, actor: Actor, model: GapRequestIn, now: datetime) -> str:
    row = service.file_request(db, actor, model, now=now)
    if row.state == RequestState.DRAFT:
        return f"/requests/{row.id}?notice=saved"
    return f"/requests/{row.id}/matches?notice=filed"


def _form_page(
    request: Request,
    actor: Actor,
    form: Form,
    *,
    view: RequestView | None = None,
    status: int = 200,
) -> Response:
    """The form of a new request, or of ``view``."""
    return page(
        request,
        "demand/request_form.html",
        status=status,
        form=form,
        view=view,
        options=views.form_options(),
        own=sorted((code, countries.name(code)) for code in actor.countries),
    )
