"""Facilities: register, edit, and the days on which they are closed."""

from datetime import datetime

from sqlmodel import Session, col

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import invalid
from app.core.outbox import Fact
from app.core.refs import free_slug
from app.registry.models import Course, Facility, FacilityClosure, Slot
from app.registry.queries.rows import find_facility, find_provider
from app.registry.schemas.inputs import ClosureIn, FacilityIn, FacilityPatch
from app.registry.service.catalogue import (
    apply_changes,
    bump,
    check_version,
    require_editor,
    revise_where,
)
from app.registry.service.search import index_courses

_MAY_BE_NONE = {"code", "latitude", "longitude"}
_IN_CALENDARS = {"name", "city", "visibility", "address"}


def register_facility(db: Session, actor: Actor, request: FacilityIn, *, now: datetime) -> Facility:
    """Add a place to one of the actor's providers."""
    provider = find_provider(db, actor, request.provider)
    user_id = require_editor(actor, provider.id)
    fields = request.model_dump(exclude={"provider", "country", "zone"})
    facility = Facility(
        **fields,
        provider_id=provider.id,
        country=request.country or provider.country,
        zone=request.zone or provider.zone,
        slug=free_slug(db, Facility, request.name, f"{provider.slug} {request.type}"),
        created_at=now,
        updated_at=now,
    )
    db.add(facility)
    db.flush()
    outbox.record(db, Fact("facility.registered", facility.id, facility.version, now, user_id))
    bump(db, now=now)
    return facility


def edit_facility(
    db: Session, actor: Actor, ref: str, patch: FacilityPatch, *, now: datetime
) -> Facility:
    """Change a facility; what calendars show of it is revised in the same commit."""
    facility, _ = find_facility(db, actor, ref)
    user_id = require_editor(actor, facility.provider_id)
    check_version(facility, patch.version)
    fields = patch.model_dump(exclude_unset=True, exclude={"version"})
    fields = {
        name: value for name, value in fields.items() if value is not None or name in _MAY_BE_NONE
    }
    changes = apply_changes(facility, fields)
    if not changes:
        return facility
    facility.version += 1
    facility.updated_at = now
    db.add(facility)
    fact = Fact("facility.edited", facility.id, facility.version, now, user_id, changes=changes)
    outbox.record(db, fact)
    if _IN_CALENDARS & changes.keys():
        index_courses(db, col(Course.facility_id) == facility.id)
        revise_where(db, col(Slot.facility_id) == facility.id, now=now)
    bump(db, now=now)
    return facility


def close_facility(
    db: Session, actor: Actor, ref: str, request: ClosureIn, *, now: datetime
) -> FacilityClosure:
    """Record days on which the facility cannot train.

    A closure is a fact, so it is kept even when slots are planned on those days; the provider's
    console and the secretariat's queue show the clash.
    """
    facility, _ = find_facility(db, actor, ref)
    user_id = require_editor(actor, facility.provider_id)
    if request.ends_on < request.starts_on:
        raise invalid("ends_on", "The last day is before the first.", "window_order")
    closure = FacilityClosure(facility_id=facility.id, created_at=now, **request.model_dump())
    facility.version += 1
    facility.updated_at = now
    db.add(closure)
    db.add(facility)
    changes = {"closure": [None, f"{request.starts_on} to {request.ends_on}"]}
    outbox.record(
        db,
        Fact(
            "facility.closed",
            facility.id,
            facility.version,
            now,
            user_id,
            request.reason,
            changes=changes,
        ),
    )
    bump(db, now=now)
    return closure
