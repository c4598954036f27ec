"""Equipment and trainers: found for an actor, and as their readers see them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete, select

from app.accounts.queries import members_of_provider
from app.accounts.rules import Actor
from app.core.errors import NotFoundError
from app.registry.models import Facility, Resource, SlotResource
from app.registry.queries.rows import find_provider, find_slot, sees_everything_of
from app.registry.schemas.resources import ResourceView


def find_resource(db: Session, actor: Actor, resource_id: UUID) -> Resource:
    """The equipment or trainer.

    Raises:
        NotFoundError: There is none of the actor's providers (the secretariat sees all).
    """
    row = db.get(Resource, resource_id)
    if row is None or not sees_everything_of(actor, row.provider_id):
        raise NotFoundError("There is no such equipment or trainer.")
    return row


def resources_of(db: Session, actor: Actor, provider_ref: str) -> list[ResourceView]:
    """All equipment and trainers of a provider: first what is in use, by kind and name.

    Raises:
        NotFoundError: There is no such provider, or the actor is none of its people (the
            secretariat sees all): names of trainers are not public.
    """
    provider = find_provider(db, actor, provider_ref)
    if not sees_everything_of(actor, provider.id):
        raise NotFoundError("There is no such provider.")
    return _views(db, col(Resource.provider_id) == provider.id)


def resources_of_slot(db: Session, actor: Actor, slot_id: UUID) -> list[ResourceView]:
    """The equipment and the trainers that a slot needs.

    Raises:
        NotFoundError: There is no such slot, or its resources are not the actor's to know.
    """
    slot, _ = find_slot(db, actor, slot_id)
    if not sees_everything_of(actor, slot.provider_id):
        raise NotFoundError("There is no such slot.")
    used = select(SlotResource.resource_id).where(col(SlotResource.slot_id) == slot_id)
    return _views(db, col(Resource.id).in_(used))


def resource_view(db: Session, actor: Actor, resource_id: UUID) -> ResourceView:
    """One equipment or trainer.

    Raises:
        NotFoundError: There is none of the actor's providers (the secretariat sees all).
    """
    return _views(db, col(Resource.id) == find_resource(db, actor, resource_id).id)[0]


def rows_of(db: Session, resource_ids: Iterable[UUID]) -> dict[UUID, Resource]:
    """Equipment and trainers by their ids; unknown ids are left out."""
    rows = db.exec(select(Resource).where(col(Resource.id).in_(set(resource_ids))))
    return {row.id: row for row in rows}


def is_of_provider(db: Session, provider_id: UUID, person_id: UUID) -> bool:
    """Whether the person is one of the provider's people."""
    return any(user.id == person_id for user, _ in members_of_provider(db, provider_id))


def replace_slot_resources(db: Session, slot_id: UUID, resource_ids: Iterable[UUID]) -> None:
    """Make these the equipment and trainers of the slot."""
    statement = delete(SlotResource).where(col(SlotResource.slot_id) == slot_id)
    db.execute(statement.execution_options(synchronize_session=False))
    for resource_id in resource_ids:
        db.add(SlotResource(slot_id=slot_id, resource_id=resource_id))
    db.flush()


def _views(db: Session, condition: Any) -> list[ResourceView]:
    query = (
        select(Resource, Facility.name)
        .outerjoin(Facility, col(Facility.id) == col(Resource.facility_id))
        .where(condition)
        .order_by(
            col(Resource.is_active).desc(),
            col(Resource.kind),
            col(Resource.name),
            col(Resource.id),
        )
    )
    same = {"id", "kind", "name", "code", "buffer_minutes", "is_active", "version"}
    return [
        ResourceView(
            **row.model_dump(include=same),
            provider=row.provider_id,
            facility=row.facility_id,
            facility_name=facility_name,
            person=row.person_id,
        )
        for row, facility_name in db.exec(query)
    ]
