"""What courses require of those who take them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from app.registry.models import CoursePrerequisite

_REQUIRED = (  # built once: it is asked with every seat
    select(CoursePrerequisite.course_id, CoursePrerequisite.requires_id)
    .where(col(CoursePrerequisite.course_id).in_(bindparam("course_ids", expanding=True)))
    .order_by(col(CoursePrerequisite.requires_id))
)


def requirements_of(db: Session, course_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """What each of the courses requires directly, in order of id; courses without are left out."""
    rows = db.execute(_REQUIRED, {"course_ids": list(set(course_ids))})
    found: dict[UUID, tuple[UUID, ...]] = {}
    for course_id, requires_id in rows:
        found[course_id] = (*found.get(course_id, ()), requires_id)
    return found


def chains_before(db: Session, course_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """What these courses require directly, what those require, and so on to the beginnings."""
    requires: dict[UUID, tuple[UUID, ...]] = {}
    unknown = set(course_ids)
    # Each round looks one step further back; courses that require each other end it too.
    while unknown:
        found = requirements_of(db, unknown)
        requires |= {course: found.get(course, ()) for course in unknown}
        unknown = {course for earlier in found.values() for course in earlier} - requires.keys()
    return requires
