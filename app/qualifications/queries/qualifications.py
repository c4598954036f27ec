"""Qualifications and waivers as rows, facts and views."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.accounts.models import User
from app.qualifications.models import Qualification, Waiver
from app.qualifications.rules.qualifications import Proof, QualificationState, standing
from app.qualifications.schemas.qualifications import QualificationView
from app.registry.models import Course, CoursePrerequisite
from app.registry.schemas.views import CourseRef
from app.taxonomy import queries as taxonomy


def proofs_of(
    db: Session, person_id: UUID, *, courses: Iterable[UUID] = (), kinds: Iterable[str] = ()
) -> list[Proof]:
    """What the person holds, or held, of these courses and kinds."""
    wanted = col(Qualification.course_id).in_(set(courses)) | col(Qualification.kind).in_(
        set(kinds)
    )
    query = select(Qualification).where(col(Qualification.person_id) == person_id, wanted)
    return [
        Proof(row.course_id or row.kind, row.state, row.issued_on, row.valid_until)
        for row in db.exec(query)
    ]


def waived_courses(db: Session, person_id: UUID, slot_id: UUID) -> frozenset[UUID]:
    """The courses that the person need not have passed for the slot."""
    query = select(Waiver.course_id).where(
        col(Waiver.person_id) == person_id, col(Waiver.slot_id) == slot_id
    )
    return frozenset(db.exec(query))


def waivers_of_slot(
    db: Session, slot_id: UUID, *, person_id: UUID | None = None
) -> list[tuple[Waiver, User, Course]]:
    """The waivers for a slot, perhaps of one person, oldest first."""
    query = (
        select(Waiver, User, Course)
        .join(User, col(User.id) == col(Waiver.person_id))
        .join(Course, col(Course.id) == col(Waiver.course_id))
        .where(col(Waiver.slot_id) == slot_id)
        .order_by(col(Waiver.created_at), col(Waiver.id))
    )
    if person_id is not None:
        query = query.where(col(Waiver.person_id) == person_id)
    return list(db.exec(query))


def held_by(db: Session, person_id: UUID, *, today: date) -> list[QualificationView]:
    """Everything that the person has filed or was given, newest first; nothing is left out."""
    query = select(Qualification).where(col(Qualification.person_id) == person_id)
    rows = list(db.exec(query.order_by(col(Qualification.id).desc())))
    return qualification_views(db, rows, today=today)


def count_unread(db: Session, person_id: UUID) -> int:
    """Claims of the person that nobody has looked at yet."""
    query = select(func.count()).where(
        col(Qualification.person_id) == person_id,
        col(Qualification.state) == QualificationState.CLAIMED,
    )
    return db.exec(query).one()


def qualification_views(
    db: Session, rows: Sequence[Qualification], *, today: date
) -> list[QualificationView]:
    """Views of ``rows``, in their order; the caller checked who may see them."""
    courses = course_refs(db, {row.course_id for row in rows if row.course_id is not None})
    people = {row.person_id for row in rows}
    names: dict[UUID, str] = dict(
        db.exec(select(User.id, User.name).where(col(User.id).in_(people))).all()
    )
    return [
        QualificationView(
            **row.model_dump(
                include={
                    *("id", "kind", "issuer", "evidence", "issued_on", "valid_until", "state"),
                    *("verified_at", "created_at", "version"),
                }
            ),
            person=row.person_id,
            person_name=names[row.person_id],
            label=label_of(row.kind, courses.get(row.course_id) if row.course_id else None),
            course=courses.get(row.course_id) if row.course_id else None,
            issuer_provider=row.issuer_id,
            standing=standing(row.state, row.valid_until, today=today),
            reason=row.state_reason or None,
            certificate=row.certificate_id,
        )
        for row in rows
    ]


def course_refs(db: Session, course_ids: Iterable[UUID]) -> dict[UUID, CourseRef]:
    """These courses in short, whoever asks: what a qualification is about is no secret."""
    query = select(Course.id, Course.code, Course.title, Course.slug).where(
        col(Course.id).in_(set(course_ids))
    )
    return {
        course_id: CourseRef(id=course_id, code=code, title=title, slug=slug)
        for course_id, code, title, slug in db.exec(query)
    }


def label_of(kind: str, course: CourseRef | None) -> str:
    """What people call it: the course's title, or the access requirement."""
    return course.title if course is not None else taxonomy.label("access_requirements", kind)


def claimable_courses(db: Session) -> list[CourseRef]:
    """The courses that other courses require, by title."""
    required = select(CoursePrerequisite.requires_id)
    found = course_refs(db, db.exec(required.distinct()).all())
    return sorted(found.values(), key=lambda course: (course.title, course.id))


def required_by_provider(db: Session, course_id: UUID, providers: Iterable[UUID]) -> bool:
    """Whether a course of one of the providers requires this course."""
    query = (
        select(CoursePrerequisite.course_id)
        .join(Course, col(Course.id) == col(CoursePrerequisite.course_id))
        .where(
            col(CoursePrerequisite.requires_id) == course_id,
            col(Course.provider_id).in_(set(providers)),
        )
    )
    return db.exec(query.limit(1)).first() is not None
