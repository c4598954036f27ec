"""Equipment and trainers of a provider, and which of them a slot needs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.rules import Actor
from app.core import outbox
from app.core.errors import invalid
from app.core.outbox import Fact
from app.registry.models import Resource, Slot
from app.registry.queries.occupancy import resource_ids_of
from app.registry.queries.resources import (
    find_resource,
    is_of_provider,
    replace_slot_resources,
    rows_of,
)
from app.registry.queries.rows import find_provider
from app.registry.schemas.resources import ResourceIn, ResourcePatch
from app.registry.service.catalogue import apply_changes, check_version, require_editor
from app.registry.service.courses import own_facility

_MAY_BE_NONE = {"code", "facility_id"}


def add_resource(
    db: Session, actor: Actor, provider_ref: str, request: ResourceIn, *, now: datetime
) -> Resource:
    """Add an equipment or a trainer to one of the actor's providers.

    Raises:
        InvalidError: The facility is another provider's, or the person is none of its people:
            nobody can take up a stranger's time.
    """
    provider = find_provider(db, actor, provider_ref)
    user_id = require_editor(actor, provider.id)
    if request.person is not None and not is_of_provider(db, provider.id, request.person):
        raise invalid(
            "person", "A trainer with an account is one of your own people.", "unknown_person"
        )
    resource = Resource(
        **request.model_dump(include={"kind", "name", "code", "buffer_minutes"}),
        provider_id=provider.id,
        facility_id=_facility_id(db, actor, request.facility, provider.id),
        person_id=request.person,
        created_at=now,
        updated_at=now,
    )
    db.add(resource)
    db.flush()
    outbox.record(db, Fact("resource.added", resource.id, resource.version, now, user_id))
    return resource


def edit_resource(
    db: Session, actor: Actor, resource_id: UUID, patch: ResourcePatch, *, now: datetime
) -> Resource:
    """Change an equipment or a trainer; slots that use it keep the times they have taken.

    Raises:
        EditConflictError: Somebody else changed it meanwhile.
        InvalidError: The facility is another provider's.
    """
    resource = find_resource(db, actor, resource_id)
    user_id = require_editor(actor, resource.provider_id)
    check_version(resource, patch.version)
    fields = patch.model_dump(exclude_unset=True, exclude={"version", "facility"})
    if "facility" in patch.model_fields_set:
        place = _facility_id(db, actor, patch.facility, resource.provider_id)
        fields["facility_id"] = place
    given = {
        name: value for name, value in fields.items() if value is not None or name in _MAY_BE_NONE
    }
    changes = apply_changes(resource, given)
    if not changes:
        return resource
    resource.version += 1
    resource.updated_at = now
    db.add(resource)
    fact = Fact("resource.edited", resource.id, resource.version, now, user_id, changes=changes)
    outbox.record(db, fact)
    return resource


def use_resources(db: Session, slot: Slot, wanted: Sequence[UUID]) -> dict[str, Any]:
    """Make ``wanted`` the equipment and trainers of the slot, as ``{field: [before, after]}``.

    Raises:
        InvalidError: One is another provider's, is no longer in use, or stands elsewhere.
    """
    before, after = resource_ids_of(db, slot.id), sorted(set(wanted))
    rows = rows_of(db, after)
    for resource_id in after:
        row = rows.get(resource_id)
        if row is None or row.provider_id != slot.provider_id:
            raise invalid("resources", "There is no such equipment or trainer.", "unknown_resource")
        if not row.is_active and resource_id not in before:
            raise invalid("resources", f"{row.name} is no longer in use.", "resource_inactive")
        if row.facility_id is not None and row.facility_id != slot.facility_id:
            raise invalid("resources", f"{row.name} is at another facility.", "resource_elsewhere")
    if before == after:
        return {}
    replace_slot_resources(db, slot.id, after)
    return {"resources": [[str(each) for each in before], [str(each) for each in after]]}


def _facility_id(db: Session, actor: Actor, ref: str | None, provider_id: UUID) -> UUID | None:
    return own_facility(db, actor, ref, provider_id).id if ref else None
