"""What courses add to each of their slots; read once for all of them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.rules import VISITOR
from app.registry.models import Course, CourseSkill, Provider
from app.registry.queries.chains import requirements_of
from app.registry.queries.rows import visible_providers
from app.registry.rules.chains import hours_of

_OF_COURSE: tuple[Any, ...] = (
    *(col(Course.id), col(Course.provider_id), col(Course.title), col(Course.platforms)),
    *(col(Course.languages), col(Course.interpretation)),
    *(col(Course.audience), col(Course.eligible_countries), col(Course.funding)),
    *(col(Course.fee_usd), col(Course.length), col(Course.length_unit)),
)


@dataclass(frozen=True, slots=True)
class Taught:
    """What a course adds to its slots; ``provider_state`` is None where it is not listed."""

    provider_state: str | None
    title: str
    skills: tuple[tuple[str, int], ...]
    platforms: frozenset[str]
    languages: frozenset[str]
    interpretation: frozenset[str]
    audience: frozenset[str]
    eligible_countries: frozenset[str]
    funding: str
    fee_usd: int | None
    hours: int | None
    requires: tuple[UUID, ...]


def courses_of(db: Session, course_ids: set[UUID]) -> dict[UUID, Taught]:
    """The facts of these courses."""
    skills: dict[UUID, list[tuple[str, int]]] = {course_id: [] for course_id in course_ids}
    of_skills = select(CourseSkill.course_id, CourseSkill.skill_id, CourseSkill.level)
    for course_id, skill, level in db.execute(
        of_skills.where(col(CourseSkill.course_id).in_(course_ids)).order_by(
            col(CourseSkill.position)
        )
    ):
        skills[course_id].append((skill, level))
    requires = requirements_of(db, course_ids)
    rows = db.execute(select(*_OF_COURSE).where(col(Course.id).in_(course_ids))).all()
    states = _listed(db, {row.provider_id for row in rows})
    return {
        row.id: Taught(
            provider_state=states.get(row.provider_id),
            title=row.title,
            skills=tuple(skills[row.id]),
            platforms=frozenset(row.platforms),
            languages=frozenset(row.languages),
            interpretation=frozenset(row.interpretation),
            audience=frozenset(row.audience),
            eligible_countries=frozenset(row.eligible_countries),
            funding=row.funding,
            fee_usd=row.fee_usd,
            hours=hours_of(row.length, row.length_unit),
            requires=requires.get(row.id, ()),
        )
        for row in rows
    }


def _listed(db: Session, provider_ids: set[UUID]) -> dict[UUID, str]:
    """Those of the providers that the public sees, with their states."""
    query = select(Provider.id, Provider.state).where(
        col(Provider.id).in_(provider_ids), visible_providers(VISITOR)
    )
    return {row.id: row.state for row in db.execute(query)}
