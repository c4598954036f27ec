"""Slots: plan, publish, change and cancel dated deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import EditConflictError, NotFoundError, invalid
from app.core.outbox import Fact
from app.registry.models import Course, Facility, Provider, Slot
from app.registry.queries.rows import find_course, find_slot, lock_slot
from app.registry.rules import REMOTE_MODES, SlotStatus, check_slot_step, first_deadline
from app.registry.schemas.inputs import (
    CancellationIn,
    MeetingIn,
    SlotIn,
    SlotPatch,
    SlotTerms,
)
from app.registry.service.catalogue import (
    apply_changes,
    bump,
    check_version,
    require_editor,
    revise,
    touch,
)
from app.registry.service.courses import own_facility
from app.registry.service.meetings import (
    PlacedMeeting,
    current_meetings,
    instant,
    placed_meetings,
    replace_meetings,
)
from app.registry.service.occupancy import free_up, take_up
from app.registry.service.resources import use_resources

_REASON = 4000  # what the column of a reason holds; a note can be as long by itself
_IN_CALENDARS = {"status", "mode", "facility_id", "apply_by", "zone", "meetings"}
_OPTIONAL = {
    *("code", "minimum_to_run", "max_per_country", "max_per_authority"),
    *("offer_hours", "decision_hours"),
}
_SAME = (
    *("code", "status", "route", "overbook", "minimum_to_run", "max_per_country"),
    *("max_per_authority", "line_mode", "offer_hours", "decision_hours", "criteria", "note"),
)
_MOVING = {"version", "facility", "mode", "meetings", "apply_by", "resources"}
_TAKES_UP = {"status", "meetings", "facility_id", "resources"}
_PUBLISHED = (SlotStatus.TENTATIVE, SlotStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Place:
    """How and where a slot is: mode, facility (None: remote), zone and country."""

    mode: str
    facility: Facility | None
    zone: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of which course, by whom and where a slot would be, for somebody who may plan it."""

    course: Course
    provider: Provider
    place: Place
    user_id: UUID


def delivery_of(db: Session, actor: Actor, terms: SlotTerms) -> Delivery:
    """What ``terms`` name: the course, its provider, the place with its zone.

    Raises:
        InvalidError: There is no such course or facility.
        ForbiddenError: The actor does not edit the provider's listing.
    """
    course, provider = _course(db, actor, terms.course)
    user_id = require_editor(actor, provider.id)
    mode = terms.mode or course.mode
    facility_ref = terms.facility or (str(course.facility_id) if course.facility_id else None)
    place = _place(db, actor, mode, facility_ref, provider, terms.zone)
    return Delivery(course, provider, place, user_id)


def plan_slot(db: Session, actor: Actor, request: SlotIn, *, now: datetime) -> Slot:
    """Add a dated delivery of a course, as a draft or published at once.

    Raises:
        InvalidError: A field is wrong; times are judged in the slot's own zone.
        FacilityClashError: It is to be published while the facility is taken or closed, or an
            equipment or a trainer is taken.
    """
    delivery = delivery_of(db, actor, request)
    place, user_id = delivery.place, delivery.user_id
    meetings = placed_meetings(_meetings_of(request), zone=place.zone, mode=place.mode)
    slot = _new_slot(request, delivery.course, place, meetings, now=now)
    slot.created_by = user_id
    db.add(slot)
    db.flush()
    replace_meetings(db, slot, meetings, now=now)
    use_resources(db, slot, request.resources)
    if slot.status != SlotStatus.DRAFT:
        take_up(db, actor, slot)
    outbox.record(db, Fact("slot.planned", slot.id, slot.version, now, user_id))
    bump(db, now=now)
    return slot


def change_slot(
    db: Session, actor: Actor, slot_id: UUID, patch: SlotPatch, *, now: datetime
) -> Slot:
    """Change a slot: times, place, seats, deadline, status.

    Raises:
        InvalidError: A field is wrong, such as seats below those already taken.
        FacilityClashError: The facility is taken or closed at that time, or an equipment or a
            trainer is taken.
        StepError: The status cannot change like that.
    """
    slot, provider = find_slot(db, actor, slot_id)
    user_id = require_editor(actor, provider.id)
    slot = lock_slot(db, slot_id)
    check_version(slot, patch.version)
    if slot.status in (SlotStatus.CANCELLED, SlotStatus.COMPLETED):
        raise EditConflictError(f"This slot is {slot.status} and can no longer be changed.")
    changes = apply_changes(slot, _own_fields(slot, patch))
    changes |= _move(db, actor, slot, patch, provider, now=now)
    if patch.resources is not None:
        changes |= use_resources(db, slot, patch.resources)
    changes |= _step(slot, patch)
    if not changes:
        return slot
    if _TAKES_UP & changes.keys() and slot.status in _PUBLISHED:
        take_up(db, actor, slot)
    if _IN_CALENDARS & changes.keys():
        revise(slot, now=now)
    else:
        touch(slot, now=now)
    db.add(slot)
    fact = Fact(
        "slot.changed",
        slot.id,
        slot.version,
        now,
        user_id,
        payload={"fields": sorted(changes)},
        changes=changes,
    )
    outbox.record(db, fact)
    bump(db, now=now)
    return slot


def cancel_slot(
    db: Session, actor: Actor, slot_id: UUID, request: CancellationIn, *, now: datetime
) -> Slot:
    """Cancel a published slot; it stays in every calendar as cancelled.

    Bookings and cohort blocks are ended by the booking feature in the same transaction.

    Raises:
        StepError: The slot is a draft, over, or cancelled already.
    """
    _, provider = find_slot(db, actor, slot_id)
    user_id = require_editor(actor, provider.id)
    slot = lock_slot(db, slot_id)
    check_slot_step(slot.status, SlotStatus.CANCELLED)
    changes = {"status": [slot.status, str(SlotStatus.CANCELLED)]}
    slot.status = SlotStatus.CANCELLED
    free_up(db, slot)
    slot.status_reason = f"{request.reason}: {request.note}".removesuffix(": ")[:_REASON]
    revise(slot, now=now)
    db.add(slot)
    fact = Fact(
        "slot.cancelled", slot.id, slot.version, now, user_id, slot.status_reason, changes=changes
    )
    outbox.record(db, fact)
    bump(db, now=now)
    return slot


def _step(slot: Slot, patch: SlotPatch) -> dict[str, Any]:
    if patch.status is None or patch.status == slot.status:
        return {}
    before = slot.status
    check_slot_step(before, SlotStatus(patch.status))
    slot.status = patch.status
    return {"status": [before, patch.status]}


def _new_slot(
    request: SlotIn,
    course: Course,
    place: Place,
    meetings: Sequence[PlacedMeeting],
    *,
    now: datetime,
) -> Slot:
    starts_at, ends_at = meetings[0].starts_at, max(m.ends_at for m in meetings)
    return Slot(
        **{name: getattr(request, name) for name in _SAME},
        course_id=course.id,
        provider_id=course.provider_id,
        facility_id=place.facility.id if place.facility else None,
        mode=place.mode,
        seats=request.seats or course.seats,
        zone=place.zone,
        country=place.country,
        starts_at=starts_at,
        ends_at=ends_at,
        apply_by=_deadline(request.apply_by, place, starts_at, ends_at),
        revised_at=now.replace(microsecond=0),
        stamped_at=now.replace(microsecond=0),
        created_at=now,
        updated_at=now,
    )


def _course(db: Session, actor: Actor, ref: str) -> tuple[Course, Provider]:
    try:
        return find_course(db, actor, ref)
    except NotFoundError as error:
        raise invalid("course", "There is no such course.", "unknown_course") from error


def _meetings_of(request: SlotIn) -> list[MeetingIn]:
    if request.meetings:
        return request.meetings
    if request.starts_at is None or request.ends_at is None:
        raise invalid("meetings", "Please give at least one meeting.", "missing")
    return [MeetingIn(starts_at=request.starts_at, ends_at=request.ends_at)]


def _place(
    db: Session,
    actor: Actor,
    mode: str,
    facility_ref: str | None,
    provider: Provider,
    zone: str | None,
) -> Place:
    if mode in REMOTE_MODES:
        return Place(mode, None, zone or provider.zone, None)
    if facility_ref is None:
        raise invalid("facility", "Training on location needs a facility.", "facility_missing")
    facility = own_facility(db, actor, facility_ref, provider.id)
    return Place(mode, facility, facility.zone, facility.country)


def _deadline(
    given: datetime | None, place: Place, starts_at: datetime, ends_at: datetime
) -> datetime:
    # Self-paced courses can be joined until they end; all others only before they begin.
    last = ends_at if place.mode == "self-paced" else starts_at
    if given is None:
        return last
    deadline = instant(given, place.zone, "apply_by")
    if deadline > last:
        raise invalid("apply_by", "The deadline is after the start.", "deadline_after_start")
    return deadline


def _own_fields(slot: Slot, patch: SlotPatch) -> dict[str, Any]:
    names = patch.model_fields_set - _MOVING
    fields = {
        name: getattr(patch, name)
        for name in names - {"status"}
        if getattr(patch, name) is not None or name in _OPTIONAL
    }
    room = fields.get("seats", slot.seats) + fields.get("overbook", slot.overbook)
    if room < slot.seats_claimed:
        raise invalid(
            "seats",
            f"{slot.seats_claimed} seats are taken already; there cannot be fewer.",
            "seats_below_taken",
        )
    return fields


def _move(
    db: Session, actor: Actor, slot: Slot, patch: SlotPatch, provider: Provider, *, now: datetime
) -> dict[str, Any]:
    """New place, mode, times or deadline, as changes."""
    changes: dict[str, Any] = {}
    mode = patch.mode or slot.mode
    if patch.mode is not None or patch.facility is not None:
        ref = patch.facility or (str(slot.facility_id) if slot.facility_id else None)
        place = _place(db, actor, mode, ref, provider, slot.zone)
        changes |= apply_changes(
            slot,
            {
                "mode": mode,
                "facility_id": place.facility.id if place.facility else None,
                "country": place.country,
                "zone": place.zone,
            },
        )
    if patch.meetings is not None:
        placed = placed_meetings(patch.meetings, zone=slot.zone, mode=mode)
        changes |= replace_meetings(db, slot, placed, now=now)
    elif {"zone", "mode"} & changes.keys():  # same instants, other wall clock or delivery
        changes |= replace_meetings(db, slot, current_meetings(db, slot, mode=mode), now=now)
    place = Place(mode, None, slot.zone, slot.country)
    if patch.apply_by is not None:
        deadline = _deadline(patch.apply_by, place, slot.starts_at, slot.ends_at)
        changes |= _announce(slot, deadline, now=now)
    elif slot.apply_by > (last := _deadline(None, place, slot.starts_at, slot.ends_at)):
        changes |= apply_changes(slot, {"apply_by": last})  # it now starts before the deadline
    return changes


def _announce(slot: Slot, deadline: datetime, *, now: datetime) -> dict[str, Any]:
    """A new deadline; people who read the first one are told that it was extended.

    Raises:
        InvalidError: What was announced would end in the past: those who rely on it need time.
    """
    if deadline == slot.apply_by:
        return {}
    first = slot.first_apply_by
    if slot.status != SlotStatus.DRAFT:
        if deadline <= now:
            raise invalid("apply_by", "This moment has passed already.", "deadline_past")
        first = first_deadline(slot.apply_by, first, deadline)
    return apply_changes(slot, {"apply_by": deadline, "first_apply_by": first})
