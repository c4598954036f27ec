"""The provider's console: planning a date. Changing one is a page of the booking feature."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.registry.pages.own import Edit, own_course, own_provider
from app.registry.queries.slot_form import slot_form_context
from app.registry.schemas.inputs import Ref, SlotIn
from app.registry.schemas.views import CourseView, ProviderView
from app.registry.service import slots
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider/{slug}/slots")


@router.get("/new")
def slot_form(
    request: Request, slug: Ref, db: ReadDb, actor: SignedIn, course: str = ""
) -> Response:
    """An empty date, started from ``course`` when one is named."""
    provider = own_provider(db, actor, slug)
    form = Form.of(status="draft", route="open", line_mode="offer", overbook=0)
    if course:
        try:
            found = own_course(db, actor, provider, course)
        except NotFoundError:
            form.errors["course"] = "There is no such course."
        else:
            start_from(form, found)
    context = slot_form_context(db, actor, provider)
    return _form_page(request, form, provider, context)


@router.post("/new")
def plan_slot(
    request: Request,
    slug: Ref,
    form: Annotated[Submitted[SlotIn], Depends(submitted(SlotIn))],
    editing: Edit,
) -> Response:
    """Add the date, as a draft or published at once."""

    def plan(db: Session, actor: Actor, model: SlotIn, now: datetime) -> str:
        own_course(db, actor, own_provider(db, actor, slug), model.course)
        slot = slots.plan_slot(db, actor, model, now=now)
        return f"/slots/{slot.id}?notice={'saved' if slot.status == 'draft' else 'published'}"

    response = editing.carry_out(form, plan)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        context = slot_form_context(db, editing.actor, provider)
    return _form_page(request, form, provider, context, status=422)


def start_from(form: Form, course: CourseView) -> None:
    """Fill in what a date of ``course`` usually has."""
    form.fill("course", str(course.id))
    form.fill("seats", course.seats)
    form.fill("mode", course.mode)
    form.fill("facility", str(course.facility.id) if course.facility else None)


def _form_page(
    request: Request,
    form: Form,
    provider: ProviderView,
    context: dict[str, object],
    status: int = 200,
) -> Response:
    return page(
        request,
        "registry/slot_form.html",
        status=status,
        form=form,
        slot=None,
        provider=provider,
        action=f"/provider/{provider.slug}/slots/new",
        **context,
    )
