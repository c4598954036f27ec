"""Pages of calls: the secretariat sends them, providers and countries answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.posts import Post
from app.accounts.rules import Actor
from app.allocation.pages.posts import Secretariat
from app.allocation.queries import calls as queries
from app.allocation.rules.calls import KIND_LABELS, CallKind
from app.allocation.schemas.calls import AnswerIn, CallForm, CallPartyView
from app.allocation.service import calls as service
from app.allocation.words import call_text, call_title, month_text
from app.core import countries
from app.registry.queries import catalogue
from app.registry.queries.slots import slots_by_id
from app.registry.rules import ProviderState
from app.registry.schemas.filters import CatalogueFilter
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter()

_SHOWN = 50
_ALL = 200
_LONGEST = 200
_PLACES = ("who", "un-region", "un-subregion")

Sent = Annotated[Submitted[CallForm], Depends(submitted(CallForm))]
Answered = Annotated[Submitted[AnswerIn], Depends(submitted(AnswerIn))]


@router.get("/secretariat/calls")
def list_calls(
    request: Request, db: ReadDb, actor: Secretariat, now: Now, paging: PagingDep
) -> Response:
    """Every call that was sent, with its answers."""
    items, total, more = queries.list_calls(db, actor, now=now, limit=_SHOWN, after=paging.after)
    return page(
        request,
        "allocation/calls.html",
        calls=items,
        total=total,
        next_url=paging.next_url(more),
        call_title=call_title,
        month_text=month_text,
        region_name=countries.region_name,
    )


@router.get("/secretariat/calls/new")
def new_call(request: Request, db: ReadDb, actor: Secretariat) -> Response:
    """The form of a call, filled in as the address says."""
    fields = CallForm.model_fields
    given = {name: text[:_LONGEST] for name, text in request.query_params.items() if name in fields}
    return _form_page(request, db, actor, Form.of(**{"kind": CallKind.SLOTS, **given}))


@router.post("/secretariat/calls")
def send_call(form: Sent, post: Post, actor: Secretariat) -> Response:
    """Send the call; or show what was wrong."""

    def send(db: Session, model: CallForm) -> str:
        row = service.send_call(db, post.actor, model.call(), now=post.now)
        return f"/calls/{row.id}?notice=call-sent"

    response = post.attempt(form, send)
    if response is not None:
        return response
    with post.read() as db:
        return _form_page(post.request, db, actor, form)


@router.get("/calls/{call_id}")
def show_call(request: Request, call_id: UUID, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """One call: who was asked and what they said, or the form to answer it."""
    return _call_page(request, db, actor, call_id, now, Form())


@router.post("/calls/{call_id}/answer")
def answer_call(call_id: UUID, form: Answered, post: Post) -> Response:
    """Say yes or no; or show what was wrong."""

    def answer(db: Session, model: AnswerIn) -> str:
        service.answer_call(db, post.actor, call_id, model, now=post.now)
        return f"/calls/{call_id}?notice=call-answered"

    response = post.attempt(form, answer)
    if response is not None:
        return response
    with post.read() as db:
        return _call_page(post.request, db, post.actor, call_id, post.now, form)


def _call_page(
    request: Request, db: Session, actor: Actor, call_id: UUID, now: datetime, form: Form
) -> Response:
    view = queries.call_view(db, actor, call_id, now=now)
    own = [party for party in view.parties if party.is_own]
    if len(own) == 1 and own[0].answer and not form.values:
        form.fill("answer", own[0].answer)
        form.fill("note", own[0].note)
    return page(
        request,
        "allocation/call.html",
        status=form.status,
        view=view,
        own=own,
        choices=[(str(party.id), _name(party)) for party in own],
        dates=slots_by_id(db, list(view.subject.slots), now=now),
        requests=queries.requests_named(db, actor, view),
        form=form,
        title=call_title(view),
        text=call_text(view),
        month_text=month_text,
        region_name=countries.region_name,
        skill_label=taxonomy.skill_label,
    )


def _name(party: CallPartyView) -> str:
    if party.provider is not None:
        return party.provider.name
    return countries.name(party.country or "")


def _form_page(request: Request, db: Session, actor: Actor, form: Form) -> Response:
    wanted = CatalogueFilter(state=[ProviderState.VERIFIED])
    providers, _, _ = catalogue.provider_page(db, actor, wanted, limit=_ALL, after=None)
    return page(
        request,
        "allocation/call_form.html",
        status=form.status,
        form=form,
        kinds=list(KIND_LABELS.items()),
        skills=[(each.id, each.label) for each in taxonomy.skills()],
        regions=[(each.code, each.name) for each in countries.regions() if each.kind in _PLACES],
        places=[(each.alpha2, each.name) for each in countries.countries()],
        providers=[(each.slug, each.name) for each in providers],
    )
