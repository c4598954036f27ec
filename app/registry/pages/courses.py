"""The provider's console: courses."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import SignedIn
from app.accounts.rules import Actor
from app.registry.pages import choices
from app.registry.pages.own import Edit, own_course, own_provider
from app.registry.queries.values import course_values
from app.registry.schemas.forms import CourseForm
from app.registry.schemas.inputs import Ref
from app.registry.schemas.views import CourseView, ProviderView
from app.registry.service import courses
from app.web.deps import ReadDb
from app.web.forms import Form, Submitted, submitted
from app.web.rendering import page

router = APIRouter(prefix="/provider/{slug}/courses")

Sent = Annotated[Submitted[CourseForm], Depends(submitted(CourseForm))]


@router.get("/new")
def course_form(request: Request, slug: Ref, db: ReadDb, actor: SignedIn) -> Response:
    """An empty course."""
    provider = own_provider(db, actor, slug)
    start = Form.of(
        languages=provider.languages,
        platforms=["all"],
        audience=["any"],
        length_unit="days",
        programme_status="established",
        certificate="attendance",
        attendance_percent=80,
    )
    return _form_page(request, db, actor, start, (provider, None))


@router.post("/new")
def publish_course(
    request: Request,
    slug: Ref,
    form: Sent,
    editing: Edit,
) -> Response:
    """Add the course."""

    def publish(db: Session, actor: Actor, model: CourseForm, now: datetime) -> str:
        provider = own_provider(db, actor, slug)
        own = model.model_copy(update={"provider": provider.slug})
        course = courses.publish_course(db, actor, own, now=now)
        return f"/courses/{course.slug}?notice=saved"

    response = editing.carry_out(form, publish)
    if response is not None:
        return response
    with editing.read() as db:
        about = (own_provider(db, editing.actor, slug), None)
        return _form_page(request, db, editing.actor, form, about, status=422)


@router.get("/{ref}/edit")
def course_edit_form(
    request: Request, slug: Ref, ref: Ref, db: ReadDb, actor: SignedIn
) -> Response:
    """The course as it is, to be changed."""
    provider = own_provider(db, actor, slug)
    course = own_course(db, actor, provider, ref)
    return _form_page(request, db, actor, Form.of(**course_values(course)), (provider, course))


@router.post("/{ref}/edit")
def edit_course(
    request: Request,
    slug: Ref,
    ref: Ref,
    form: Sent,
    editing: Edit,
) -> Response:
    """Save the course; its dates in calendars follow."""

    def edit(db: Session, actor: Actor, model: CourseForm, now: datetime) -> str:
        own_course(db, actor, own_provider(db, actor, slug), ref)
        course = courses.edit_course(db, actor, ref, model.patch(), now=now)
        return f"/courses/{course.slug}?notice=saved"

    response = editing.carry_out(form, edit)
    if response is not None:
        return response
    with editing.read() as db:
        provider = own_provider(db, editing.actor, slug)
        about = (provider, own_course(db, editing.actor, provider, ref))
        return _form_page(request, db, editing.actor, form, about, status=422)


def _form_page(
    request: Request,
    db: Session,
    actor: Actor,
    form: Form,
    about: tuple[ProviderView, CourseView | None],
    status: int = 200,
) -> Response:
    provider, course = about
    return page(
        request,
        "registry/course_form.html",
        status=status,
        form=form,
        provider=provider,
        course=course,
        facilities=[
            (each.slug, f"{each.name}, {each.city}")
            for each in choices.facilities_of(db, actor, provider)
        ],
        modes=choices.terms("delivery_modes"),
        levels=choices.level_options(),
        skills=choices.skill_groups(),
        skill_rows=len(form.rows("skills")) + choices.SPARE_ROWS - 1,
        platforms=choices.terms("platforms", general=True),
        languages=choices.language_groups(form.values_of("languages")),
        interpretation=choices.language_groups(form.values_of("interpretation")),
        audience=choices.terms("audience_sectors", general=True),
        countries=choices.country_options(),
        statuses=choices.terms("programme_status"),
        funding=choices.terms("funding_types"),
        certificates=choices.terms("certificates"),
        prerequisites=choices.prerequisite_options(db, actor, course),
    )
