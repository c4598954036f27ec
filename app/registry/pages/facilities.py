"""The provider's console: facilities and the days on which they are closed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.registry.pages import choices
from app.registry.pages.own import Edit, own_facility, own_provider
from app.registry.queries.values import facility_values
from app.registry.schemas.forms import FacilityForm
from app.registry.schemas.inputs import ClosureIn, Ref
from app.registry.schemas.views import FacilityView, ProviderView
from app.registry.service import facilities
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider/{slug}/facilities")

Sent = Annotated[Submitted[FacilityForm], Depends(submitted(FacilityForm))]


@router.get("/new")
def facility_form(request: Request, slug: Ref, db: ReadDb, actor: SignedIn) -> Response:
    """An empty facility."""
    provider = own_provider(db, actor, slug)
    start = Form.of(
        country=provider.country,
        city=provider.city,
        zone=provider.zone,
        visibility="public",
        cleanroom_grade="none",
    )
    return _form_page(request, start, provider, None)


@router.post("/new")
def register_facility(
    request: Request,
    slug: Ref,
    form: Sent,
    editing: Edit,
) -> Response:
    """Add the facility."""

    def register(db: Session, actor: Actor, model: FacilityForm, now: datetime) -> str:
        provider = own_provider(db, actor, slug)
        own = model.model_copy(update={"provider": provider.slug})
        facility = facilities.register_facility(db, actor, own, now=now)
        return f"/facilities/{facility.slug}?notice=saved"

    response = editing.carry_out(form, register)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
    return _form_page(request, form, provider, None, status=422)


@router.get("/{ref}/edit")
def facility_edit_form(
    request: Request, slug: Ref, ref: Ref, db: ReadDb, actor: SignedIn
) -> Response:
    """The facility as it is, to be changed, and its closed days."""
    provider = own_provider(db, actor, slug)
    facility = own_facility(db, actor, provider, ref)
    return _form_page(request, Form.of(**facility_values(facility)), provider, facility)


@router.post("/{ref}/edit")
def edit_facility(
    request: Request,
    slug: Ref,
    ref: Ref,
    form: Sent,
    editing: Edit,
) -> Response:
    """Save the facility."""

    def edit(db: Session, actor: Actor, model: FacilityForm, now: datetime) -> str:
        own_facility(db, actor, own_provider(db, actor, slug), ref)
        facility = facilities.edit_facility(db, actor, ref, model.patch(), now=now)
        return f"/facilities/{facility.slug}?notice=saved"

    response = editing.carry_out(form, edit)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        facility = own_facility(db, editing.actor, provider, ref)
    return _form_page(request, form, provider, facility, status=422)


@router.get("/{ref}/closures")
def closure_form(request: Request, slug: Ref, ref: Ref, db: ReadDb, actor: SignedIn) -> Response:
    """The days on which the facility is closed, and an empty row for more."""
    provider = own_provider(db, actor, slug)
    facility = own_facility(db, actor, provider, ref)
    return _closures_page(request, Form(), provider, facility)


@router.post("/{ref}/closures")
def close_facility(
    request: Request,
    slug: Ref,
    ref: Ref,
    form: Annotated[Submitted[ClosureIn], Depends(submitted(ClosureIn))],
    editing: Edit,
) -> Response:
    """Record closed days; slots planned on them show up as clashes."""

    def close(db: Session, actor: Actor, model: ClosureIn, now: datetime) -> str:
        facility = own_facility(db, actor, own_provider(db, actor, slug), ref)
        facilities.close_facility(db, actor, ref, model, now=now)
        return f"/provider/{slug}/facilities/{facility.slug}/closures?notice=saved"

    response = editing.carry_out(form, close)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        facility = own_facility(db, editing.actor, provider, ref)
    return _closures_page(request, form, provider, facility, status=422)


def _closures_page(
    request: Request, form: Form, provider: ProviderView, facility: FacilityView, status: int = 200
) -> Response:
    return page(
        request,
        "registry/closures.html",
        status=status,
        form=form,
        provider=provider,
        facility=facility,
    )


def _form_page(
    request: Request,
    form: Form,
    provider: ProviderView,
    facility: FacilityView | None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "registry/facility_form.html",
        status=status,
        form=form,
        provider=provider,
        facility=facility,
        types=choices.terms("facility_types"),
        countries=choices.country_options(),
        zones=choices.zone_options(),
        grades=choices.terms("cleanroom_grades"),
        biosafety=choices.terms("biosafety"),
        equipment=choices.terms("equipment_categories"),
        rules=choices.terms("access_requirements"),
        visibility=[
            option for option in choices.terms("confidentiality") if option[0] != "never-stored"
        ],
    )
