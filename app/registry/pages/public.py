"""What everybody sees of one thing: slot, course, provider, facility, skill."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from app.accounts.deps import Visitor
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.registry.pages.feeds import feed
from app.registry.pages.readers import next_cards, reader_zone
from app.registry.queries import catalogue, slots
from app.registry.schemas.filters import CatalogueFilter, SlotFilter
from app.registry.schemas.inputs import Ref
from app.registry.schemas.views import CourseView, FacilityView
from app.taxonomy import queries as taxonomy
from app.web.deps import Now, PagingDep, ReadDb, ReplicaDb
from app.web.forms import Form
from app.web.rendering import page

router = APIRouter()

_ALL = 200  # more courses or facilities than one provider has


@router.get("/slots/{slot_id}")
def show_slot(request: Request, slot_id: UUID, db: ReadDb, actor: Visitor, now: Now) -> Response:
    """One dated delivery: everything that somebody asks before taking a seat."""
    view = slots.slot_view(db, actor, slot_id, now=now)
    course = catalogue.course_view(db, actor, str(view.course.id))
    facility = None
    if view.facility is not None:
        facility = catalogue.facility_view(db, actor, str(view.facility.id))
    others = next_cards(db, actor, SlotFilter(course=[str(view.course.id)]), now=now, limit=6)
    return page(
        request,
        "registry/slot.html",
        view=view,
        course=course,
        facility=facility,
        others=[card for card in others if card.url != f"/slots/{view.id}"][:5],
        feed=feed(
            "/calendars/slots.ics",
            "All dates of this course",
            [("course", view.course.slug)],
        ),
        now=now,
        reader_zone=reader_zone(actor),
        form_key=Form().key,
        can_edit=view.provider.id in actor.providers,
    )


@router.get("/courses/{ref}")
def show_course(request: Request, ref: Ref, db: ReadDb, actor: Visitor, now: Now) -> Response:
    """What is taught, to whom, and when next."""
    view = catalogue.course_view(db, actor, ref)
    return page(
        request,
        "registry/course.html",
        view=view,
        cards=next_cards(db, actor, SlotFilter(course=[str(view.id)]), now=now),
        feed=feed("/calendars/slots.ics", "All dates of this course", [("course", view.slug)]),
        can_edit=view.provider.id in actor.providers,
    )


@router.get("/providers")
def list_providers(
    request: Request,
    db: ReplicaDb,
    actor: Visitor,
    wanted: Annotated[CatalogueFilter, Query()],
    paging: PagingDep,
) -> Response:
    """Who trains."""
    views, total, more = catalogue.provider_page(
        db, actor, wanted, limit=paging.limit, after=paging.after
    )
    return page(
        request,
        "registry/providers.html",
        views=views,
        wanted=wanted,
        total=total,
        next_url=paging.next_url(more),
    )


@router.get("/providers/{ref}")
def show_provider(request: Request, ref: Ref, db: ReadDb, actor: Visitor, now: Now) -> Response:
    """One provider: about, facilities, courses, next dates, calendar."""
    view = catalogue.provider_view(db, actor, ref)
    return page(
        request,
        "registry/provider.html",
        view=view,
        facilities=_facilities_of(db, actor, view.id),
        courses=_courses_of(db, actor, view.id),
        cards=next_cards(db, actor, SlotFilter(provider=[str(view.id)]), now=now),
        feed=feed(f"/calendars/providers/{view.slug}.ics", f"Dates of {view.name}"),
        can_edit=view.id in actor.providers,
    )


@router.get("/facilities/{ref}")
def show_facility(request: Request, ref: Ref, db: ReadDb, actor: Visitor, now: Now) -> Response:
    """One place: what is there, who may enter, when it is closed, the next dates."""
    view = catalogue.facility_view(db, actor, ref)
    return page(
        request,
        "registry/facility.html",
        view=view,
        closures=[each for each in view.closures if each.ends_on >= now.date()],
        cards=next_cards(db, actor, SlotFilter(facility=[str(view.id)]), now=now),
        feed=feed(f"/calendars/facilities/{view.slug}.ics", f"Dates at {view.name}"),
        can_edit=view.provider.id in actor.providers,
    )


@router.get("/skills/{skill_id}")
def show_skill(
    request: Request, skill_id: str, db: ReplicaDb, actor: Visitor, now: Now
) -> Response:
    """One skill: what it means, which courses teach it, the next dates."""
    skill = taxonomy.skill(skill_id)
    if skill is None:
        raise NotFoundError("There is no such skill.")
    courses, total, _ = catalogue.course_page(
        db, actor, CatalogueFilter(skill=[skill_id]), limit=_ALL, after=None
    )
    sources = [found for source in skill.sources if (found := taxonomy.source(source))]
    return page(
        request,
        "registry/skill.html",
        skill=skill,
        domain=taxonomy.domain(skill.domain),
        sources=sources,
        courses=courses,
        total=total,
        cards=next_cards(db, actor, SlotFilter(skill=[skill_id]), now=now),
        feed=feed(f"/calendars/skills/{skill.id}.ics", f"Dates that teach: {skill.label}"),
    )


def _facilities_of(db: Session, actor: Actor, provider_id: UUID) -> list[FacilityView]:
    wanted = CatalogueFilter(provider=[str(provider_id)])
    return catalogue.facility_page(db, actor, wanted, limit=_ALL, after=None)[0]


def _courses_of(db: Session, actor: Actor, provider_id: UUID) -> list[CourseView]:
    wanted = CatalogueFilter(provider=[str(provider_id)])
    return catalogue.course_page(db, actor, wanted, limit=_ALL, after=None)[0]
