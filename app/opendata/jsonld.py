"""Slots in the words of schema.org, for search engines and other catalogues."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from app.core.links import absolute
from app.opendata.files import as_json
from app.opendata.schemas import CourseRow, SlotRow
from app.taxonomy import queries as taxonomy

_ATTENDANCE = {
    "classroom-remote": ("Online", "OnlineEventAttendanceMode"),
    "self-paced": ("Online", "OnlineEventAttendanceMode"),
    "mentoring": ("Online", "OnlineEventAttendanceMode"),
    "blended": ("Blended", "MixedEventAttendanceMode"),
}
_ONSITE = ("Onsite", "OfflineEventAttendanceMode")


def jsonld_file(courses: Iterable[CourseRow], slots: Sequence[SlotRow]) -> bytes:
    """Courses with their dated instances.

    schema.org has no word for "announced, not certain", and takes what says nothing for certain:
    planned slots are left out.

    Source: schema.org, Course, CourseInstance, Event and Offer.
    """
    dated: dict[UUID, list[SlotRow]] = {}
    for slot in slots:
        if not slot.planned:
            dated.setdefault(slot.course_id, []).append(slot)
    graph = [_course(course, dated[course.id]) for course in courses if course.id in dated]
    return as_json({"@context": "https://schema.org", "@graph": graph})


def _course(course: CourseRow, slots: Sequence[SlotRow]) -> dict[str, Any]:
    provider = {
        "@type": "Organization",
        "@id": absolute(f"/providers/{course.provider_id}"),
        "name": slots[0].provider_name,
    }
    return _given(
        {
            "@type": "Course",
            "@id": absolute(f"/courses/{course.id}"),
            "url": course.url,
            "name": course.title,
            "description": course.summary,
            "courseCode": course.code,
            "inLanguage": list(course.languages),
            "educationalLevel": taxonomy.label("proficiency", str(course.level)),
            "teaches": [taxonomy.skill_label(each.skill) for each in course.skills],
            "provider": provider,
            "hasCourseInstance": [_instance(slot) for slot in slots],
        }
    )


def _instance(slot: SlotRow) -> dict[str, Any]:
    course_mode, attendance = _ATTENDANCE.get(slot.mode, _ONSITE)
    cancelled = slot.status == "cancelled"
    plain = slot.model_dump(mode="json")
    return _given(
        {
            "@type": "CourseInstance",
            "@id": slot.url,
            "url": slot.url,
            "identifier": slot.code,
            "name": slot.course_title,
            "courseMode": course_mode,
            "eventAttendanceMode": f"https://schema.org/{attendance}",
            "eventStatus": f"https://schema.org/Event{'Cancelled' if cancelled else 'Scheduled'}",
            "startDate": plain["starts_at"],
            "endDate": plain["ends_at"],
            "inLanguage": list(slot.languages),
            "maximumAttendeeCapacity": slot.seats,
            "remainingAttendeeCapacity": None if cancelled else slot.seats_free,
            "location": _location(slot),
            "offers": _offer(slot) if slot.bookable else None,
        }
    )


def _location(slot: SlotRow) -> dict[str, Any]:
    if slot.country is None:
        return {"@type": "VirtualLocation", "url": slot.url}
    address = {"addressLocality": slot.city, "addressCountry": slot.country}
    return {"@type": "Place", "address": _given({"@type": "PostalAddress", **address})}


def _offer(slot: SlotRow) -> dict[str, Any]:
    """A seat that can still be applied for; its price only where it is known."""
    price = 0 if slot.funding == "free" else slot.fee_usd
    return _given(
        {
            "@type": "Offer",
            "url": slot.url,
            "availability": f"https://schema.org/{'InStock' if slot.seats_free else 'SoldOut'}",
            "validThrough": slot.model_dump(mode="json")["apply_by"],
            "category": taxonomy.label("funding_types", slot.funding),
            "price": price,
            "priceCurrency": None if price is None else "USD",
        }
    )


def _given(members: dict[str, Any]) -> dict[str, Any]:
    """The members that say something."""
    return {key: value for key, value in members.items() if value not in (None, "", [])}
