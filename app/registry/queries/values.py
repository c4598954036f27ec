"""What an editor's form starts with, as ``app.web.forms.Form.of`` takes it."""

from typing import Any

from app.registry.schemas.views import CourseView, FacilityView, ProviderView

_COURSE_OWN = {"id", "slug", "provider", "facility", "skills", "prerequisites", "url", "updated_at"}
_FACILITY_OWN = {"id", "slug", "provider", "closures", "url", "updated_at", "country", "zone"}
_PROVIDER_OWN = {"id", "slug", "state", "state_reason", "review_by", "url", "updated_at"}


def provider_values(view: ProviderView) -> dict[str, Any]:
    """The fields of a provider's form."""
    return view.model_dump(exclude=_PROVIDER_OWN)


def facility_values(view: FacilityView) -> dict[str, Any]:
    """The fields of a facility's form."""
    return view.model_dump(exclude=_FACILITY_OWN)


def course_values(view: CourseView) -> dict[str, Any]:
    """The fields of a course's form."""
    return {
        **view.model_dump(exclude=_COURSE_OWN),
        "length": f"{view.length:g}",
        "facility": view.facility.slug if view.facility else None,
        "skills": [{"id": skill.id, "level": skill.level} for skill in view.skills],
        "prerequisites": [course.slug for course in view.prerequisites],
    }
