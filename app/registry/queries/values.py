"""What an editor's form starts with, as ``app.web.forms.Form.of`` takes it."""

from typing import Any

from sqlmodel import Session

from app.core.zones import to_local
from app.registry.models import Slot
from app.registry.queries.rows import meetings_of
from app.registry.schemas.views import CourseView, FacilityView, ProviderView

_SLOT = ("code", "mode", "status", "route", "seats", "overbook", "minimum_to_run")
_SLOT_TOO = ("max_per_country", "note", "version")
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


def slot_values(db: Session, slot: Slot) -> dict[str, Any]:
    """The fields of a slot's form, join links included; for people who may edit it."""
    meetings = [
        {
            "starts_at": meeting.local_starts,
            "ends_at": meeting.local_ends,
            "mode": meeting.mode if meeting.mode != slot.mode else "",
            "place": meeting.place,
            "join_url": meeting.join_url,
        }
        for meeting in meetings_of(db, [slot.id])[slot.id]
    ]
    return {
        **{name: getattr(slot, name) for name in (*_SLOT, *_SLOT_TOO)},
        "course": str(slot.course_id),
        "facility": str(slot.facility_id) if slot.facility_id else None,
        "apply_by": _local_minutes(slot),
        "meetings": meetings,
    }


def _local_minutes(slot: Slot) -> str:
    return f"{to_local(slot.apply_by, slot.zone):%Y-%m-%dT%H:%M}"
