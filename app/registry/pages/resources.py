"""The provider's console: equipment and trainers, which one slot at a time can use."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.queries import members_of_provider
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.registry.pages import choices
from app.registry.pages.own import Edit, own_provider
from app.registry.queries.resources import resource_view, resources_of
from app.registry.schemas.inputs import Ref
from app.registry.schemas.resources import ResourceForm, ResourceView
from app.registry.schemas.views import ProviderView
from app.registry.service import resources
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider/{slug}/resources")

Sent = Annotated[Submitted[ResourceForm], Depends(submitted(ResourceForm))]

_KINDS = [
    ("trainer", "A trainer", "Somebody who teaches one date at a time."),
    ("equipment", "Equipment", "A line, an instrument, a set: for one date at a time."),
]


@router.get("")
def list_resources(request: Request, slug: Ref, db: ReadDb, actor: SignedIn) -> Response:
    """All equipment and trainers, and an empty form for one more."""
    provider = own_provider(db, actor, slug)
    form = Form.of(kind="trainer", buffer_minutes=0, is_active=True)
    return _list_page(request, db, actor, provider, form)


@router.post("")
def add_resource(request: Request, slug: Ref, form: Sent, editing: Edit) -> Response:
    """Add an equipment or a trainer."""

    def add(db: Session, actor: Actor, model: ResourceForm, now: datetime) -> str:
        provider = own_provider(db, actor, slug)
        resources.add_resource(db, actor, str(provider.id), model, now=now)
        return f"/provider/{provider.slug}/resources?notice=saved"

    response = editing.carry_out(form, add)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        return _list_page(request, db, editing.actor, provider, form, status=422)


@router.get("/{resource_id}/edit")
def resource_form(
    request: Request, slug: Ref, resource_id: UUID, db: ReadDb, actor: SignedIn
) -> Response:
    """One of them as it is, to be changed or taken out of use."""
    provider = own_provider(db, actor, slug)
    view = _own_resource(db, actor, provider, resource_id)
    form = Form.of(**view.model_dump(exclude={"id", "provider", "facility_name"}))
    return _edit_page(request, db, actor, (provider, view), form)


@router.post("/{resource_id}/edit")
def edit_resource(
    request: Request, slug: Ref, resource_id: UUID, form: Sent, editing: Edit
) -> Response:
    """Save the changes."""

    def edit(db: Session, actor: Actor, model: ResourceForm, now: datetime) -> str:
        provider = own_provider(db, actor, slug)
        _own_resource(db, actor, provider, resource_id)
        resources.edit_resource(db, actor, resource_id, model.patch(), now=now)
        return f"/provider/{provider.slug}/resources?notice=saved"

    response = editing.carry_out(form, edit)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        view = _own_resource(db, editing.actor, provider, resource_id)
        return _edit_page(request, db, editing.actor, (provider, view), form, status=422)


def _own_resource(
    db: Session, actor: Actor, provider: ProviderView, resource_id: UUID
) -> ResourceView:
    view = resource_view(db, actor, resource_id)
    if view.provider != provider.id:
        raise NotFoundError("There is no such equipment or trainer.")
    return view


def _list_page(
    request: Request,
    db: Session,
    actor: Actor,
    provider: ProviderView,
    form: Form,
    status: int = 200,
) -> Response:
    return page(
        request,
        "registry/resources.html",
        status=status,
        form=form,
        provider=provider,
        views=resources_of(db, actor, str(provider.id)),
        kinds=_KINDS,
        people=[(str(user.id), user.name) for user, _ in members_of_provider(db, provider.id)],
        facilities=_facilities(db, actor, provider),
    )


def _edit_page(
    request: Request,
    db: Session,
    actor: Actor,
    what: tuple[ProviderView, ResourceView],
    form: Form,
    status: int = 200,
) -> Response:
    provider, view = what
    return page(
        request,
        "registry/resource_form.html",
        status=status,
        form=form,
        provider=provider,
        view=view,
        facilities=_facilities(db, actor, provider),
    )


def _facilities(db: Session, actor: Actor, provider: ProviderView) -> choices.Options:
    return [
        (str(each.id), f"{each.name}, {each.city}")
        for each in choices.facilities_of(db, actor, provider)
    ]
