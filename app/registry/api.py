"""JSON routes of the supply side, under ``/api/v1``.

Changing and cancelling a slot are routes of the booking feature: both may move people.
"""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from app.accounts.deps import SignedIn, Visitor
from app.core.paging import Page
from app.registry.queries import catalogue, slots
from app.registry.queries import resources as resource_queries
from app.registry.schemas.filters import CatalogueFilter, SlotFilter
from app.registry.schemas.inputs import (
    ClosureIn,
    CourseIn,
    CoursePatch,
    FacilityIn,
    FacilityPatch,
    ProviderIn,
    ProviderPatch,
    Ref,
    SlotIn,
    VerificationIn,
)
from app.registry.schemas.resources import ResourceIn, ResourcePatch, ResourceView
from app.registry.schemas.series import SeriesIn, SeriesView
from app.registry.schemas.views import CourseView, FacilityView, ProviderView, SlotView
from app.registry.service import courses, facilities, providers, resources, series
from app.registry.service import slots as slot_service
from app.web.deps import Now, PagingDep, ReadDb, ReplicaDb, Write

router = APIRouter(tags=["supply"])

Filters = Annotated[CatalogueFilter, Query()]


@router.get("/providers")
def list_providers(
    db: ReplicaDb, actor: Visitor, wanted: Filters, paging: PagingDep
) -> Page[ProviderView]:
    """Providers in review or verified, by name; the secretariat sees all."""
    items, total, more = catalogue.provider_page(
        db, actor, wanted, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("/providers", status_code=201, response_model=ProviderView)
def apply_to_join(body: ProviderIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Apply to join the network; the caller becomes the provider's owner."""

    def command(db: Session) -> ProviderView:
        provider = providers.apply_to_join(db, actor, body, now=now)
        owner = replace(actor, providers=actor.providers | {provider.id})
        return catalogue.provider_view(db, owner, str(provider.id))

    return write.answer(actor.key, command, status=201)


@router.get("/providers/{ref}")
def read_provider(ref: Ref, db: ReadDb, actor: Visitor) -> ProviderView:
    """One provider, by id or slug."""
    return catalogue.provider_view(db, actor, ref)


@router.patch("/providers/{ref}", response_model=ProviderView)
def edit_provider(
    ref: Ref, body: ProviderPatch, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Change what one's own provider says about itself."""

    def command(db: Session) -> ProviderView:
        provider = providers.edit_provider(db, actor, ref, body, now=now)
        return catalogue.provider_view(db, actor, str(provider.id))

    return write.answer(actor.key, command)


@router.post("/providers/{ref}/verification", response_model=ProviderView)
def decide_verification(
    ref: Ref, body: VerificationIn, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Take into review, verify, suspend or withdraw (secretariat)."""

    def command(db: Session) -> ProviderView:
        provider = providers.decide_verification(db, actor, ref, body, now=now)
        return catalogue.provider_view(db, actor, str(provider.id))

    return write.answer(actor.key, command)


@router.get("/providers/{ref}/resources")
def list_resources(ref: Ref, db: ReadDb, actor: SignedIn) -> list[ResourceView]:
    """Equipment and trainers of one's own provider; what is in use first."""
    return resource_queries.resources_of(db, actor, ref)


@router.post("/providers/{ref}/resources", status_code=201, response_model=ResourceView)
def add_resource(ref: Ref, body: ResourceIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Add an equipment or a trainer, which one slot at a time can use."""

    def command(db: Session) -> ResourceView:
        resource = resources.add_resource(db, actor, ref, body, now=now)
        return resource_queries.resource_view(db, actor, resource.id)

    return write.answer(actor.key, command, status=201)


@router.patch("/resources/{resource_id}", response_model=ResourceView)
def edit_resource(
    resource_id: UUID, body: ResourcePatch, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Change an equipment or a trainer of one's own provider, or take it out of use."""

    def command(db: Session) -> ResourceView:
        resource = resources.edit_resource(db, actor, resource_id, body, now=now)
        return resource_queries.resource_view(db, actor, resource.id)

    return write.answer(actor.key, command)


@router.get("/facilities")
def list_facilities(
    db: ReplicaDb, actor: Visitor, wanted: Filters, paging: PagingDep
) -> Page[FacilityView]:
    """Facilities of listed providers, by name."""
    items, total, more = catalogue.facility_page(
        db, actor, wanted, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("/facilities", status_code=201, response_model=FacilityView)
def register_facility(body: FacilityIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Add a place to one's own provider."""

    def command(db: Session) -> FacilityView:
        facility = facilities.register_facility(db, actor, body, now=now)
        return catalogue.facility_view(db, actor, str(facility.id))

    return write.answer(actor.key, command, status=201)


@router.get("/facilities/{ref}")
def read_facility(ref: Ref, db: ReadDb, actor: Visitor) -> FacilityView:
    """One facility, by id or slug; confidential fields are null for those who may not know."""
    return catalogue.facility_view(db, actor, ref)


@router.patch("/facilities/{ref}", response_model=FacilityView)
def edit_facility(
    ref: Ref, body: FacilityPatch, write: Write, actor: SignedIn, now: Now
) -> Response:
    """Change a facility of one's own provider."""

    def command(db: Session) -> FacilityView:
        facility = facilities.edit_facility(db, actor, ref, body, now=now)
        return catalogue.facility_view(db, actor, str(facility.id))

    return write.answer(actor.key, command)


@router.post("/facilities/{ref}/closures", status_code=201, response_model=FacilityView)
def close_facility(ref: Ref, body: ClosureIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Record days on which the facility cannot train."""

    def command(db: Session) -> FacilityView:
        facilities.close_facility(db, actor, ref, body, now=now)
        return catalogue.facility_view(db, actor, ref)

    return write.answer(actor.key, command, status=201)


@router.get("/courses")
def list_courses(
    db: ReplicaDb, actor: Visitor, wanted: Filters, paging: PagingDep
) -> Page[CourseView]:
    """Courses of listed providers, by title."""
    items, total, more = catalogue.course_page(
        db, actor, wanted, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("/courses", status_code=201, response_model=CourseView)
def publish_course(body: CourseIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Add a course to one's own provider."""

    def command(db: Session) -> CourseView:
        course = courses.publish_course(db, actor, body, now=now)
        return catalogue.course_view(db, actor, str(course.id))

    return write.answer(actor.key, command, status=201)


@router.get("/courses/{ref}")
def read_course(ref: Ref, db: ReadDb, actor: Visitor) -> CourseView:
    """One course, by id or slug."""
    return catalogue.course_view(db, actor, ref)


@router.patch("/courses/{ref}", response_model=CourseView)
def edit_course(ref: Ref, body: CoursePatch, write: Write, actor: SignedIn, now: Now) -> Response:
    """Change a course of one's own provider."""

    def command(db: Session) -> CourseView:
        course = courses.edit_course(db, actor, ref, body, now=now)
        return catalogue.course_view(db, actor, str(course.id))

    return write.answer(actor.key, command)


@router.get("/slots")
def list_slots(
    db: ReplicaDb,
    actor: Visitor,
    wanted: Annotated[SlotFilter, Query()],
    paging: PagingDep,
    now: Now,
) -> Page[SlotView]:
    """Slots by start, past ones included; drafts only for those who edit them."""
    items, total, more = slots.slot_page(
        db, actor, wanted, now=now, limit=paging.limit, after=paging.after
    )
    return Page(items=items, total=total, next=paging.next_url(more))


@router.post("/slots", status_code=201, response_model=SlotView)
def plan_slot(body: SlotIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Add a dated delivery of a course of one's own provider."""

    def command(db: Session) -> SlotView:
        slot = slot_service.plan_slot(db, actor, body, now=now)
        return slots.slot_view(db, actor, slot.id, now=now)

    return write.answer(actor.key, command, status=201)


@router.post(
    "/series",
    status_code=201,
    response_model=SeriesView,
    responses={200: {"model": SeriesView, "description": "A preview: nothing was made."}},
)
def plan_series(body: SeriesIn, write: Write, actor: SignedIn, now: Now) -> Response:
    """Plan several dates from a pattern, each a slot of its own, or look at them before."""

    def command(db: Session) -> SeriesView:
        made = (series.preview_series if body.preview else series.plan_series)(
            db, actor, body, now=now
        )
        ids = [slot.id for slot in made.slots]
        views = slots.slots_by_id(db, ids, now=now)
        return SeriesView(
            id=made.series.id if made.series else None,
            zone=made.zone,
            occurrences=made.occurrences,
            slots=tuple(views[each] for each in ids),
        )

    return write.answer(actor.key, command, status=200 if body.preview else 201)


@router.get("/slots/{slot_id}")
def read_slot(slot_id: UUID, db: ReadDb, actor: Visitor, now: Now) -> SlotView:
    """One slot, with its seats as they are now."""
    return slots.slot_view(db, actor, slot_id, now=now)


@router.get("/slots/{slot_id}/resources")
def list_slot_resources(slot_id: UUID, db: ReadDb, actor: SignedIn) -> list[ResourceView]:
    """The equipment and the trainers that a slot of one's own provider needs."""
    return resource_queries.resources_of_slot(db, actor, slot_id)
