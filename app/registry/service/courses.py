"""Courses: publish and edit what is taught."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, delete

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import NotFoundError, invalid
from app.core.outbox import Fact
from app.core.refs import free_slug
from app.registry.models import Course, CoursePrerequisite, CourseSkill, Facility, Slot
from app.registry.queries.catalogue import prerequisites_of
from app.registry.queries.rows import find_course, find_facility, find_provider
from app.registry.schemas.inputs import CourseIn, CoursePatch, SkillLevelIn
from app.registry.service.catalogue import (
    apply_changes,
    bump,
    check_version,
    require_editor,
    revise_where,
)
from app.registry.service.search import index_courses

_NULLABLE = {"code", "fee_usd", "facility", "valid_months"}
_IN_CALENDARS = {"title", "languages", "skills", "level", "platforms"}


def publish_course(db: Session, actor: Actor, request: CourseIn, *, now: datetime) -> Course:
    """Add a course to one of the actor's providers."""
    provider = find_provider(db, actor, request.provider)
    user_id = require_editor(actor, provider.id)
    fields = request.model_dump(exclude={"provider", "facility", "skills", "prerequisites"})
    course = Course(
        **fields,
        provider_id=provider.id,
        facility_id=_own_facility(db, actor, request.facility, provider.id),
        slug=free_slug(db, Course, request.title, request.code or ""),
        created_at=now,
        updated_at=now,
    )
    db.add(course)
    db.flush()
    _set_skills(db, course, request.skills)
    _set_prerequisites(db, actor, course, request.prerequisites)
    index_courses(db, col(Course.id) == course.id)
    outbox.record(db, Fact("course.published", course.id, course.version, now, user_id))
    bump(db, now=now)
    return course


def edit_course(
    db: Session, actor: Actor, ref: str, patch: CoursePatch, *, now: datetime
) -> Course:
    """Change a course; its slots' calendar entries are revised in the same commit."""
    course, _ = find_course(db, actor, ref)
    user_id = require_editor(actor, course.provider_id)
    check_version(course, patch.version)
    sent = patch.model_fields_set - {"version"}
    fields = {
        name: getattr(patch, name)
        for name in sent - {"skills", "prerequisites", "facility"}
        if getattr(patch, name) is not None or name in _NULLABLE
    }
    if "facility" in sent:
        fields["facility_id"] = _own_facility(db, actor, patch.facility, course.provider_id)
    changes = apply_changes(course, fields)
    if patch.skills is not None:
        _set_skills(db, course, patch.skills)
        changes["skills"] = [None, [skill.id for skill in patch.skills]]
    if patch.prerequisites is not None:
        _set_prerequisites(db, actor, course, patch.prerequisites)
        changes["prerequisites"] = [None, patch.prerequisites]
    if not changes:
        return course
    course.version += 1
    course.updated_at = now
    db.add(course)
    index_courses(db, col(Course.id) == course.id)
    outbox.record(
        db, Fact("course.edited", course.id, course.version, now, user_id, changes=changes)
    )
    if _IN_CALENDARS & changes.keys():
        revise_where(db, col(Slot.course_id) == course.id, now=now)
    bump(db, now=now)
    return course


def _own_facility(db: Session, actor: Actor, ref: str | None, provider_id: UUID) -> UUID | None:
    if ref is None:
        return None
    return own_facility(db, actor, ref, provider_id).id


def own_facility(db: Session, actor: Actor, ref: str, provider_id: UUID) -> Facility:
    """The facility ``ref`` of this provider.

    Raises:
        InvalidError: There is none, or it belongs to another provider.
    """
    try:
        facility, _ = find_facility(db, actor, ref)
    except NotFoundError as error:
        raise invalid("facility", "There is no such facility.", "unknown_facility") from error
    if facility.provider_id != provider_id:
        raise invalid("facility", "This facility belongs to another provider.", "unknown_facility")
    return facility


def _set_skills(db: Session, course: Course, skills: Iterable[SkillLevelIn]) -> None:
    db.exec(delete(CourseSkill).where(col(CourseSkill.course_id) == course.id))
    levels = {skill.id: skill.level or course.level for skill in skills}
    for position, (skill_id, level) in enumerate(levels.items()):
        db.add(CourseSkill(course_id=course.id, skill_id=skill_id, level=level, position=position))
    db.flush()


def _set_prerequisites(db: Session, actor: Actor, course: Course, refs: Sequence[str]) -> None:
    required: dict[UUID, None] = {}
    for index, ref in enumerate(refs):
        try:
            required[find_course(db, actor, ref)[0].id] = None
        except NotFoundError as error:
            field = f"prerequisites.{index}"
            raise invalid(field, "There is no such course.", "unknown_course") from error
    _refuse_circle(prerequisites_of(db) | {course.id: tuple(required)}, course.id)
    db.exec(delete(CoursePrerequisite).where(col(CoursePrerequisite.course_id) == course.id))
    for required_id in required:
        db.add(CoursePrerequisite(course_id=course.id, requires_id=required_id))
    db.flush()


def _refuse_circle(requires: dict[UUID, tuple[UUID, ...]], start: UUID) -> None:
    todo, seen = list(requires.get(start, ())), set()
    while todo:
        course_id = todo.pop()
        if course_id == start:
            raise invalid(
                "prerequisites",
                "A course cannot be its own prerequisite, directly or through others.",
                "prerequisite_circle",
            )
        if course_id not in seen:
            seen.add(course_id)
            todo.extend(requires.get(course_id, ()))
