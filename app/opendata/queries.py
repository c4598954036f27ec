"""The rows of each data set, always as a visitor who has not signed in sees them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import func
from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.demand.models import GapRequest
from app.demand.queries import list_requests, visible_requests
from app.demand.schemas import RequestFilter, RequestView
from app.opendata.schemas import (
    CourseRow,
    FacilityRow,
    Need,
    ProviderRow,
    RequestRow,
    SkillRow,
    SlotRow,
    TaughtSkill,
)
from app.registry.queries.catalogue import course_page, facility_page, provider_page
from app.registry.queries.rows import catalogue_revision
from app.registry.queries.slots import slot_page
from app.registry.schemas.filters import CatalogueFilter, SlotFilter
from app.registry.schemas.views import CourseView, FacilityView, MeetingView, SkillLevel, SlotView
from app.taxonomy import queries as taxonomy
from app.taxonomy import views as taxonomy_views
from app.taxonomy.rules import Skill

T = TypeVar("T")
Cursor = list[str | int] | None

MAX_ROWS = 20_000
"""Most rows of one file: some 15 MB of slots."""

BACK = timedelta(days=365)
"""How far back slots go."""

PAGE_ROWS = 500
"""Rows read at once."""


def stamp(db: Session, name: str, *, now: datetime) -> tuple[object, ...]:
    """What tells, at the cost of one row, that the data set may have changed.

    It does not tell of bookings, which change the seats of slots.
    """
    day = now.date()
    if name == "skills":
        return ()
    if name == "requests":
        query = select(func.count(), func.max(col(GapRequest.updated_at)))
        count, newest = db.exec(query.where(visible_requests(VISITOR))).one()
        return day, count, newest
    revision, _ = catalogue_revision(db)
    return day, revision


def rows(db: Session, name: str, *, now: datetime, most: int = MAX_ROWS) -> Sequence[BaseModel]:
    """The rows of the data set of this name, the first ``most`` in its order.

    Raises:
        KeyError: There is no such data set.
    """
    read: dict[str, Callable[[], Sequence[BaseModel]]] = {
        "providers": lambda: provider_rows(db, most),
        "facilities": lambda: facility_rows(db, most),
        "courses": lambda: course_rows(db, most),
        "slots": lambda: slot_rows(db, most, now=now),
        "requests": lambda: request_rows(db, most),
        "skills": lambda: [_skill(each) for each in taxonomy.skills()][:most],
    }
    return read[name]()


def provider_rows(db: Session, most: int = MAX_ROWS) -> list[ProviderRow]:
    """Listed providers by name."""
    found = _every(
        lambda limit, after: provider_page(
            db, VISITOR, CatalogueFilter(), limit=limit, after=after
        ),
        most,
    )
    return [_copied(ProviderRow, view) for view in found]


def facility_rows(db: Session, most: int = MAX_ROWS) -> list[FacilityRow]:
    """Facilities of listed providers by name."""
    found = _every(
        lambda limit, after: facility_page(
            db, VISITOR, CatalogueFilter(), limit=limit, after=after
        ),
        most,
    )
    return [_facility(view) for view in found]


def course_rows(db: Session, most: int = MAX_ROWS) -> list[CourseRow]:
    """Courses of listed providers by title."""
    found = _every(
        lambda limit, after: course_page(db, VISITOR, CatalogueFilter(), limit=limit, after=after),
        most,
    )
    return [_course(view) for view in found]


def slot_rows(db: Session, most: int = MAX_ROWS, *, now: datetime) -> list[SlotRow]:
    """Published slots by start: those of the last twelve months and all to come."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = SlotFilter(open_after=midnight - BACK)
    found = _every(
        lambda limit, after: slot_page(db, VISITOR, wanted, now=now, limit=limit, after=after),
        most,
    )
    return [_slot(view) for view in found]


def request_rows(db: Session, most: int = MAX_ROWS) -> list[RequestRow]:
    """Requests that their countries agreed to publish, newest first."""

    def read(limit: int, after: Cursor) -> tuple[list[RequestView], int, Cursor]:
        page = list_requests(db, VISITOR, RequestFilter(), limit=limit, after=after)
        return page.items, page.total, page.last

    return [_request(view) for view in _every(read, most)]


def _every(read: Callable[[int, Cursor], tuple[list[T], int, Cursor]], most: int) -> list[T]:
    """Page after page, so that no statement names more ids than a database takes."""
    found: list[T] = []
    after: Cursor = None
    while len(found) < most:
        page, _, after = read(min(PAGE_ROWS, most - len(found)), after)
        found += page
        if after is None:
            break
    return found


Row = TypeVar("Row", bound=BaseModel)


def _copied(row: type[Row], view: BaseModel, **others: object) -> Row:
    """The fields of ``view`` that are columns of ``row``, and no other; ``others`` go first."""
    shared = row.model_fields.keys() & type(view).model_fields.keys() - others.keys()
    return row(**{name: getattr(view, name) for name in shared}, **others)


def _facility(view: FacilityView) -> FacilityRow:
    public = view.visibility == "public"
    return _copied(
        FacilityRow,
        view,
        provider_id=view.provider.id,
        # As in public calendars: the town of a confidential site, not its name. A page's address
        # holds the name as well, and what a provider writes about a site may give it away.
        name=view.name if public else None,
        about=view.about if public else None,
        url=view.url if public else None,
        address=view.address if public else None,
        places=view.places if public else None,
        latitude=view.latitude if public else None,
        longitude=view.longitude if public else None,
    )


def _course(view: CourseView) -> CourseRow:
    return _copied(
        CourseRow,
        view,
        provider_id=view.provider.id,
        facility_id=view.facility.id if view.facility else None,
        skills=_taught(view.skills),
        prerequisites=tuple(each.id for each in view.prerequisites),
    )


def _slot(view: SlotView) -> SlotRow:
    return _copied(
        SlotRow,
        view,
        course_id=view.course.id,
        course_title=view.course.title,
        provider_id=view.provider.id,
        provider_name=view.provider.name,
        facility_id=view.facility.id if view.facility else None,
        city=view.facility.city if view.facility else None,
        meetings=tuple(_interval(meeting) for meeting in view.meetings),
        skills=_taught(view.skills),
    )


def _request(view: RequestView) -> RequestRow:
    return _copied(RequestRow, view, needs=tuple(_copied(Need, need) for need in view.needs))


def _skill(skill: Skill) -> SkillRow:
    view = taxonomy_views.skill_view(skill)
    return _copied(
        SkillRow,
        view,
        domain=view.domain.id,
        domain_label=view.domain.label,
        area=view.area.id,
        area_label=view.area.label,
        platforms=tuple(each.id for each in view.platforms),
        synonyms=tuple(view.synonyms),
        sources=tuple(each.title for each in view.sources),
    )


def _taught(skills: Sequence[SkillLevel]) -> tuple[TaughtSkill, ...]:
    return tuple(TaughtSkill(skill=each.id, level=each.level) for each in skills)


def _interval(meeting: MeetingView) -> str:
    return f"{meeting.starts_at:%Y-%m-%dT%H:%M:%SZ}/{meeting.ends_at:%Y-%m-%dT%H:%M:%SZ}"
