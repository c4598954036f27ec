"""The provider's console: choose or apply, see own dates, edit what the provider says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.registry.cards import slot_cards
from app.registry.pages import choices
from app.registry.pages.own import Edit, own_provider
from app.registry.pages.readers import COMING, reader_zone
from app.registry.queries import catalogue, slots
from app.registry.queries.values import provider_values
from app.registry.rules import SlotStatus
from app.registry.schemas.filters import SlotFilter
from app.registry.schemas.forms import ProviderForm
from app.registry.schemas.inputs import ProviderIn, Ref
from app.registry.schemas.views import CourseView, ProviderView, SlotView
from app.registry.service import clashes, providers
from app.web.deps import Now, ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider")

_SHOWN = 100
_FILTERABLE = 50  # skills that the list of requests takes at once


@router.get("")
def choose_provider(request: Request, db: ReadDb, actor: SignedIn) -> Response:
    """The own provider; a choice for people of several, and how to apply for people of none."""
    own = [catalogue.provider_view(db, actor, str(each)) for each in sorted(actor.providers)]
    if len(own) == 1:
        return RedirectResponse(f"/provider/{own[0].slug}", status_code=303)
    return page(request, "registry/own_providers.html", views=own)


@router.get("/apply")
def application_form(request: Request, actor: SignedIn) -> Response:
    """An empty application."""
    form = Form.of(country=actor.country, contact_email=actor.email)
    return _provider_page(request, form, None)


@router.post("/apply")
def apply_to_join(
    request: Request,
    form: Annotated[Submitted[ProviderIn], Depends(submitted(ProviderIn))],
    editing: Edit,
) -> Response:
    """Send the application; the secretariat looks at it."""

    def apply(db: Session, actor: Actor, model: ProviderIn, now: datetime) -> str:
        provider = providers.apply_to_join(db, actor, model, now=now)
        return f"/provider/{provider.slug}?notice=applied"

    response = editing.carry_out(form, apply)
    return response or _provider_page(request, form, None, status=422)


@router.get("/{slug}")
def show_console(request: Request, slug: Ref, db: ReadDb, actor: SignedIn, now: Now) -> Response:
    """Own dates with their fill, waiting lists, drafts, and clashes with closures."""
    provider = own_provider(db, actor, slug)
    mine = SlotFilter(provider=[str(provider.id)])
    coming, total, _ = slots.slot_page(
        db,
        actor,
        mine.model_copy(update={"status": list(COMING), "open_after": now}),
        now=now,
        limit=_SHOWN,
    )
    drafts, _, _ = slots.slot_page(
        db, actor, mine.model_copy(update={"status": [SlotStatus.DRAFT]}), now=now, limit=_SHOWN
    )
    courses = choices.courses_of(db, actor, provider)
    return page(
        request,
        "registry/console.html",
        provider=provider,
        slots=list(zip(slot_cards(coming, reader_zone(actor)), coming, strict=True)),
        total=total,
        drafts=slot_cards(drafts, reader_zone(actor)),
        fill=_fill(coming),
        clashes=clashes.closure_clashes(db, now=now, provider_id=provider.id),
        courses=courses,
        wanted_url=_wanted_url(courses),
        facilities=choices.facilities_of(db, actor, provider),
    )


@router.get("/{slug}/edit")
def provider_form(request: Request, slug: Ref, db: ReadDb, actor: SignedIn) -> Response:
    """What the provider says about itself, to be changed."""
    provider = own_provider(db, actor, slug)
    return _provider_page(request, Form.of(**provider_values(provider)), provider)


@router.post("/{slug}/edit")
def edit_provider(
    request: Request,
    slug: Ref,
    form: Annotated[Submitted[ProviderForm], Depends(submitted(ProviderForm))],
    editing: Edit,
) -> Response:
    """Save what the provider says about itself."""

    def edit(db: Session, actor: Actor, model: ProviderForm, now: datetime) -> str:
        own_provider(db, actor, slug)
        provider = providers.edit_provider(db, actor, slug, model.patch(), now=now)
        return f"/provider/{provider.slug}?notice=saved"

    response = editing.carry_out(form, edit)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
    return _provider_page(request, form, provider, status=422)


def _provider_page(
    request: Request, form: Form, provider: ProviderView | None, status: int = 200
) -> Response:
    context: dict[str, Any] = {
        "types": choices.terms("provider_types"),
        "countries": choices.country_options(),
        "zones": choices.zone_options(),
        "languages": choices.language_groups(form.values_of("languages")),
    }
    return page(
        request,
        "registry/provider_form.html",
        status=status,
        form=form,
        provider=provider,
        **context,
    )


def _fill(views: list[SlotView]) -> dict[str, int]:
    """Seats of the confirmed dates to come: all, taken, and people waiting."""
    bookable = [view for view in views if view.status == SlotStatus.CONFIRMED and not view.planned]
    seats = sum(view.seats for view in bookable)
    return {
        "seats": seats,
        "taken": seats - sum(view.seats_free for view in bookable),
        "waiting": sum(view.waiting for view in bookable),
    }


def _wanted_url(courses: Sequence[CourseView]) -> str:
    """Requests for what these courses teach; nothing where they teach nothing."""
    skills = sorted({skill.id for course in courses for skill in course.skills})[:_FILTERABLE]
    return "/requests?" + urlencode([("skill", skill) for skill in skills]) if skills else ""
