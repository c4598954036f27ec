"""What must be learned before a course, and when it can be."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.matching.queries.courses import Taught, courses_of
from app.matching.queries.slots import to_come
from app.matching.rules import Offer, Paths, Run
from app.registry.models import Slot
from app.registry.queries.chains import chains_before
from app.registry.rules import ProviderState, SlotStatus

_OF_RUN: tuple[Any, ...] = (
    *(col(Slot.course_id), col(Slot.status), col(Slot.starts_at), col(Slot.ends_at)),
    *(col(Slot.apply_by), col(Slot.mode), col(Slot.seats), col(Slot.seats_claimed)),
    col(Slot.waiting),
)


def paths(db: Session, offers: Iterable[Offer], *, now: datetime) -> Paths:
    """What must come before the offers: the courses of their chains, and the runs open to join."""
    requires = chains_before(db, {course for offer in offers for course in offer.requires})
    if not requires:
        return Paths({}, {})
    taught = courses_of(db, set(requires))
    titles = {course: facts.title for course, facts in taught.items()}
    return Paths(requires, _runs(db, taught, now=now), titles)


def _runs(
    db: Session, courses: Mapping[UUID, Taught], *, now: datetime
) -> Mapping[UUID, list[Run]]:
    query = select(*_OF_RUN).where(
        col(Slot.course_id).in_(list(courses)), col(Slot.apply_by) > now, to_come(now)
    )
    found: dict[UUID, list[Run]] = {}
    for row in db.execute(query):
        course = courses[row.course_id]
        is_verified = course.provider_state == ProviderState.VERIFIED
        if row.status != SlotStatus.CONFIRMED or not is_verified:
            continue
        run = Run(
            course_id=row.course_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            apply_by=row.apply_by,
            mode=row.mode,
            hours=course.hours,
            languages=course.languages | course.interpretation,
            seats_free=max(0, row.seats - row.seats_claimed - row.waiting),
        )
        found.setdefault(row.course_id, []).append(run)
    return found
