"""The provider's console: planning a series of dates, with a look at them before."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.registry.pages.own import Edit, own_course, own_provider
from app.registry.pages.slots import start_from
from app.registry.queries.slot_form import slot_form_context
from app.registry.rules.series import Mark
from app.registry.schemas.inputs import Ref
from app.registry.schemas.series import SeriesForm
from app.registry.schemas.views import ProviderView
from app.registry.service import series
from app.registry.service.series import Planned
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider/{slug}/series")

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME_ROWS = 2
"""Times of the day that a form shows at least: a morning and an afternoon."""


@router.get("/new")
def series_form(
    request: Request, slug: Ref, db: ReadDb, actor: SignedIn, course: str = ""
) -> Response:
    """An empty pattern, started from ``course`` when one is named."""
    provider = own_provider(db, actor, slug)
    form = Form.of(status="draft", route="open", line_mode="offer", overbook=0, every_weeks=1)
    if course:
        try:
            start_from(form, own_course(db, actor, provider, course))
        except NotFoundError:
            form.errors["course"] = "There is no such course."
    return _form_page(request, form, provider, slot_form_context(db, actor, provider))


@router.post("/new")
def plan_series(
    request: Request,
    slug: Ref,
    form: Annotated[Submitted[SeriesForm], Depends(submitted(SeriesForm))],
    editing: Edit,
) -> Response:
    """Show the dates of the pattern, or make those that were chosen."""

    def plan(db: Session, actor: Actor, model: SeriesForm, now: datetime) -> str:
        own_course(db, actor, own_provider(db, actor, slug), model.course)
        made = series.plan_series(db, actor, model.request(), now=now)
        drafts = made.slots[0].status == "draft"
        return f"/provider/{slug}?notice={'saved' if drafts else 'published'}"

    if form.model is not None and form.model.step == "create":
        response = editing.carry_out(form, plan)
        if response is not None:
            return response
    planned = _look(form, editing, slug)
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        context = slot_form_context(db, editing.actor, provider)
    return _form_page(request, form, provider, context, planned=planned, status=form.status)


def _look(form: Submitted[SeriesForm], editing: Edit, slug: str) -> Planned | None:
    """The dates of the pattern; None, with the form saying why, where there are none."""
    model = form.model
    if model is None:
        return None

    def look(db: Session) -> Planned:
        own_course(db, editing.actor, own_provider(db, editing.actor, slug), model.course)
        return series.preview_series(db, editing.actor, model.request(), now=editing.now)

    try:
        planned = editing.write.run(look)
    except (InvalidError, ConflictError) as error:
        form.refuse(error)
        return None
    if model.step == "preview":
        free = [each.starts for each in planned.occurrences if each.mark == Mark.OK]
        form.values["chosen"] = [starts.isoformat(timespec="minutes") for starts in free]
    return planned


def _form_page(
    request: Request,
    form: Form,
    provider: ProviderView,
    context: dict[str, object],
    *,
    planned: Planned | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "registry/series_form.html",
        status=status,
        form=form,
        provider=provider,
        planned=planned,
        weekdays=[(str(number), name) for number, name in enumerate(_WEEKDAYS, 1)],
        time_rows=len(form.rows("times", _TIME_ROWS)),
        action=f"/provider/{provider.slug}/series/new#dates",
        **context,
    )
