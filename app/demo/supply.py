"""The supply side of the demonstration: providers, facilities, courses and their slots."""

from typing import Any

from app.accounts.queries import actor_of_user
from app.accounts.rules import Actor
from app.demo.people import Hashes, add_owner
from app.demo.stage import Stage
from app.registry.rules import ProviderState, Route
from app.registry.schemas.inputs import (
    ClosureIn,
    CourseIn,
    CoursePatch,
    FacilityIn,
    MeetingIn,
    ProviderIn,
    SlotIn,
    VerificationIn,
)
from app.registry.service.courses import edit_course, publish_course
from app.registry.service.facilities import close_facility, register_facility
from app.registry.service.providers import apply_to_join, decide_verification
from app.registry.service.slots import plan_slot

_STEPS = {
    "verified": (ProviderState.IN_REVIEW, ProviderState.VERIFIED),
    "in-review": (ProviderState.IN_REVIEW,),
    "unverified": (),  # applied, and nobody has looked at it
}
_STATUS = {
    "full": "confirmed",  # follows from the people, and is no status of ours
    "cancelled": "confirmed",  # it has to be announced and booked before it can be cancelled
}
_PER_COUNTRY = {"C14": 2}
_SELECTION = {"C14-S1": ("earliest",)}
_MINIMUM = {"C05-S3": 6}


def add_providers(stage: Stage, secretariat: Actor, hashes: Hashes) -> None:
    """Every provider, applied for by its owner and decided on by the secretariat."""
    for row in stage.story.rows("providers"):
        owner = add_owner(stage, row, hashes)
        request = ProviderIn(
            name=row["name"],
            name_latin=row["name_latin"],
            code=row["id"],
            type=row["type"],
            country=row["country"],
            city=row["city"],
            zone=row["zone"],
            languages=row["languages"],
        )
        provider = apply_to_join(stage.db, owner, request, now=stage.clock())
        stage.ids[row["id"]] = provider.id
        for state in _STEPS[row["verification"]]:
            decision = VerificationIn(state=state)
            ref = str(provider.id)
            decide_verification(stage.db, secretariat, ref, decision, now=stage.clock())
        stage.owners[row["id"]] = actor_of_user(stage.db, owner.identified())


def add_facilities(stage: Stage) -> None:
    """Every facility, with who may know its address and what it asks of those who enter."""
    for row in stage.story.rows("facilities"):
        request = FacilityIn(
            provider=stage.ref(row["provider"]),
            name=row["name"],
            code=row["id"],
            type=row["type"],
            country=row["country"],
            city=row["city"],
            zone=row["zone"],
            visibility=row["address_visibility"],
            places=row["places"],
            cleanroom_grade=row["cleanroom_grade"],
            biosafety=row["biosafety"],
            access_rules=row["access_rules"],
        )
        owner = stage.owners[row["provider"]]
        made = register_facility(stage.db, owner, request, now=stage.clock())
        stage.ids[row["id"]] = made.id


def close(stage: Stage, facility: str) -> None:
    """Record the days on which a facility is closed."""
    provider = stage.story.row("facilities", facility)["provider"]
    for row in stage.story.rows("facility_blocks"):
        if row["facility"] == facility:
            request = ClosureIn(
                starts_on=stage.story.day(row["start"]),
                ends_on=stage.story.day(row["end"]),
                reason=row["reason"],
            )
            ref, owner = stage.ref(facility), stage.owners[provider]
            close_facility(stage.db, owner, ref, request, now=stage.clock())


def add_courses(stage: Stage) -> None:
    """Every course, and then what has to be passed before it, once all are there."""
    rows = stage.story.rows("courses")
    for row in rows:
        request = CourseIn(
            provider=stage.ref(row["provider"]),
            facility=stage.ref(row["facility"]) if row["facility"] else None,
            code=row["id"],
            length_unit="hours" if row["mode"] == "self-paced" else "days",
            programme_status=row["status"],
            **{name: row[name] for name in _SAME_IN_COURSE},
        )
        owner = stage.owners[row["provider"]]
        made = publish_course(stage.db, owner, request, now=stage.clock())
        stage.ids[row["id"]] = made.id
    for row in rows:
        if row["prerequisites"]:
            patch = CoursePatch(prerequisites=[stage.ref(each) for each in row["prerequisites"]])
            owner, ref = stage.owners[row["provider"]], stage.ref(row["id"])
            edit_course(stage.db, owner, ref, patch, now=stage.clock())


_SAME_IN_COURSE = (
    "title",
    "mode",
    "level",
    "skills",
    "platforms",
    "languages",
    "audience",
    "length",
    "seats",
    "funding",
)


def add_slot(stage: Stage, row: dict[str, Any], **instead: Any) -> None:
    """Plan one slot as the file has it; ``instead`` are other values of its fields."""
    request = SlotIn.model_validate({**slot_fields(stage, row), **instead})
    owner = owner_of(stage, row["course"])
    stage.ids[row["id"]] = plan_slot(stage.db, owner, request, now=stage.clock()).id


def owner_of(stage: Stage, course: str) -> Actor:
    """Who plans and changes the slots of a course."""
    return stage.owners[stage.story.row("courses", course)["provider"]]


def slot_fields(stage: Stage, row: dict[str, Any]) -> dict[str, Any]:
    """The fields of ``SlotIn`` for a row of the file."""
    return {
        "course": stage.ref(row["course"]),
        "facility": stage.ref(row["facility"]) if row["facility"] else None,
        "code": row["id"],
        "status": _STATUS.get(row["status"], row["status"]),
        "route": Route.SELECTION if row["id"] in _SELECTION else Route.OPEN,
        "criteria": _SELECTION.get(row["id"], ()),
        "seats": row["seats"],
        "minimum_to_run": _MINIMUM.get(row["id"]),
        "max_per_country": _PER_COUNTRY.get(row["course"]),
        "zone": row["zone"],
        "meetings": [
            MeetingIn(starts_at=starts, ends_at=ends) for starts, ends in stage.story.meetings(row)
        ],
        "apply_by": stage.story.wall(row["apply_by"]),
        "note": " ".join(row["notes"]),
    }
