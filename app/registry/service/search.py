"""The text that searches look through, derived from titles, names and skills."""

from typing import Any

from sqlmodel import Session, col, select

from app.core.text import search_form
from app.registry.models import Course, CourseSkill, Facility, Provider
from app.taxonomy import queries as taxonomy


def index_courses(db: Session, condition: Any) -> None:
    """Derive ``search_text`` anew for the courses under ``condition``."""
    db.flush()
    query = (
        select(Course, Provider, Facility)
        .join(Provider, col(Provider.id) == col(Course.provider_id))
        .outerjoin(Facility, col(Facility.id) == col(Course.facility_id))
        .where(condition)
    )
    for course, provider, facility in db.exec(query).all():
        skills = db.exec(select(CourseSkill.skill_id).where(CourseSkill.course_id == course.id))
        words = [course.title, course.code or "", provider.name, provider.name_latin]
        if facility is not None:
            words += [facility.name, facility.city]
        for skill_id in skills:
            skill = taxonomy.skill(skill_id)
            if skill is not None:
                words += [skill.label, *skill.synonyms]
        course.search_text = search_form(" ".join(words))
        db.add(course)
