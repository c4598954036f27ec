"""The secretariat's queue: providers to decide on, reviews that are due, clashes to resolve."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.registry.pages import choices
from app.registry.pages.own import Edit
from app.registry.queries import catalogue, figures
from app.registry.queries.figures import Holdings
from app.registry.rules import ProviderState, provider_steps
from app.registry.schemas.filters import CatalogueFilter
from app.registry.schemas.inputs import Ref, VerificationIn
from app.registry.schemas.views import ProviderView
from app.registry.service import clashes, providers
from app.web.deps import Now, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/secretariat")

_ALL = 200
_STEPS = {
    ProviderState.APPLIED: "Give it back to the applicant",
    ProviderState.IN_REVIEW: "Take into review: the listing becomes public, seats stay closed",
    ProviderState.VERIFIED: "Verify: seats can be taken, for 24 months",
    ProviderState.SUSPENDED: "Suspend: the listing is hidden",
    ProviderState.WITHDRAWN: "Record that it left the network",
}
_REVIEW_AHEAD = timedelta(days=90)


def _only_secretariat(actor: SignedIn) -> Actor:
    if not actor.secretariat:
        raise NotFoundError("There is nothing here.")
    return actor


Secretariat = Annotated[Actor, Depends(_only_secretariat)]
"""Somebody of the secretariat; to others these pages do not exist."""


@router.get("")
def show_queue(request: Request, db: ReadDb, actor: Secretariat, now: Now) -> Response:
    """What waits for a decision, the oldest first."""
    holdings = figures.holdings_of_providers(db)
    waiting = _providers(db, actor, [ProviderState.APPLIED, ProviderState.IN_REVIEW])
    verified = _providers(db, actor, [ProviderState.VERIFIED])
    return page(
        request,
        "registry/secretariat.html",
        queue=[
            (view, holdings.get(view.id, Holdings()))
            for view in sorted(waiting, key=lambda view: view.updated_at)
        ],
        due=_due(verified, (now + _REVIEW_AHEAD).date()),
        verified=len(verified),
        suspended=_providers(db, actor, [ProviderState.SUSPENDED]),
        clashes=clashes.closure_clashes(db, now=now),
        today=now.date(),
    )


@router.get("/providers/{ref}")
def show_provider(request: Request, ref: Ref, db: ReadDb, actor: Secretariat) -> Response:
    """One provider with all its facts, and the decision."""
    return _provider_page(request, db, actor, ref, Form())


@router.post("/providers/{ref}")
def decide(
    request: Request,
    ref: Ref,
    form: Annotated[Submitted[VerificationIn], Depends(submitted(VerificationIn))],
    editing: Edit,
    actor: Secretariat,
) -> Response:
    """Take into review, verify, suspend, or record that the provider left."""

    def carry_out(db: Session, actor: Actor, model: VerificationIn, now: datetime) -> str:
        providers.decide_verification(db, actor, ref, model, now=now)
        return "/secretariat?notice=decided"

    response = editing.carry_out(form, carry_out)
    if response is not None:
        return response
    with editing.read() as db:
        return _provider_page(request, db, actor, ref, form, status=422)


def _provider_page(
    request: Request, db: Session, actor: Actor, ref: str, form: Form, status: int = 200
) -> Response:
    view = catalogue.provider_view(db, actor, ref)
    return page(
        request,
        "registry/secretariat_provider.html",
        status=status,
        view=view,
        form=form,
        options=[(step, _STEPS[step]) for step in provider_steps(view.state)],
        facilities=choices.facilities_of(db, actor, view),
        courses=choices.courses_of(db, actor, view),
        holdings=figures.holdings_of_providers(db).get(view.id, Holdings()),
    )


def _providers(db: Session, actor: Actor, states: list[ProviderState]) -> list[ProviderView]:
    wanted = CatalogueFilter(state=states)
    return catalogue.provider_page(db, actor, wanted, limit=_ALL, after=None)[0]


def _due(views: Iterable[ProviderView], until: date) -> list[ProviderView]:
    """Verified providers whose next review falls before ``until``, the most urgent first."""
    due = [view for view in views if view.review_by is not None and view.review_by <= until]
    return sorted(due, key=lambda view: view.review_by or until)
