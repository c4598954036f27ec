"""What somebody must have passed before they enter a slot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.booking.queries import paths
from app.booking.queries.requirements import access_rules_of, done_courses, earlier_seats
from app.booking.rules.requirements import PREREQUISITE, can_still_pass
from app.core.errors import ConflictError
from app.qualifications.queries.qualifications import course_refs
from app.qualifications.schemas.paths import PathStep
from app.registry.models import Slot
from app.registry.queries.chains import requirements_of


class PrerequisiteError(ConflictError):
    """A required course has not been passed; ``path`` says what to do, in order."""

    code = "prerequisite_missing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands towards what a slot requires.

    ``refusal``: something is missing and cannot be had before the start. ``pending_until``: an
    earlier part is booked and not passed yet; the seat is held until then, and can be confirmed
    once it is passed. Both None: everything is there.
    """

    refusal: PrerequisiteError | None = None
    pending_until: datetime | None = None


def standing_of(
    db: Session, slot: Slot, person_id: UUID, *, now: datetime, explain: bool = True
) -> Standing:
    """How the person stands towards the slot's requirements, through the slot's end.

    A course counts as passed while a verified qualification in it is good on the slot's last day,
    by the clock of the place. A booked seat with which it can be passed before the start makes it
    pending. Anything else is a refusal; with ``explain`` that holds the way there, step by step,
    which costs some queries more.
    """
    required = requirements_of(db, [slot.course_id]).get(slot.course_id, ())
    if not required:
        return Standing()
    done = done_courses(db, slot, person_id, required)
    missing = [course for course in required if course not in done]
    if not missing:
        return Standing()
    due_at = paths.closes_at(slot)
    on_the_way = {
        seat.course_id
        for seat in earlier_seats(db, person_id, missing)
        if can_still_pass(seat, due_at=due_at, now=now)
    }
    if on_the_way.issuperset(missing):
        return Standing(pending_until=due_at)
    if not explain:
        lacking = [course for course in missing if course not in on_the_way]
        return Standing(refusal=_refusal(_titles(db, lacking)))
    steps = paths.steps_to(db, slot, person_id, now=now)
    titles = [step.course.title for step in steps]
    return Standing(refusal=_refusal(titles, path=[_plain(step) for step in steps]))


def risks_of(db: Session, slot: Slot, person_id: UUID, *, now: datetime) -> tuple[str, ...]:
    """What the person has lost, or will have lost before the slot ends, of what it asks for.

    ``prerequisite`` for a required course; the ids of access rules whose own record will lapse.
    """
    lost = standing_of(db, slot, person_id, now=now, explain=False).refusal is not None
    lapsing: tuple[str, ...] = ()
    if access_rules_of(db, slot):
        documents = paths.documents_for(db, slot, person_id)
        lapsing = tuple(each.kind for each in documents if each.lapses)
    return ((PREREQUISITE,) if lost else ()) + lapsing


def _refusal(titles: list[str], path: list[dict[str, Any]] | None = None) -> PrerequisiteError:
    count = paths.summary_of(len(titles)).removesuffix(" before you can enter this slot")
    verb = "comes" if len(titles) == 1 else "come"
    named = ", then ".join(f"“{title}”" for title in titles)
    details: dict[str, Any] = {} if path is None else {"path": path}
    return PrerequisiteError(
        f"{count} {verb} before this slot: {named}.",
        overridable_by=["provider", "secretariat"],
        **details,
    )


def _titles(db: Session, courses: Iterable[UUID]) -> list[str]:
    refs = course_refs(db, courses)
    return sorted(ref.title for ref in refs.values())


def _plain(step: PathStep) -> dict[str, Any]:
    found: dict[str, Any] = step.model_dump(mode="json")
    return found
