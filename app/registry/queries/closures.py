"""Closed days of facilities."""

from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.registry.models import Facility, FacilityClosure


def closed_facilities(
    db: Session, *, ending_from: date, provider_id: UUID | None
) -> list[tuple[FacilityClosure, Facility]]:
    """Closures that end on ``ending_from`` or later, with their facilities, earliest first."""
    query = (
        select(FacilityClosure, Facility)
        .join(Facility, col(Facility.id) == col(FacilityClosure.facility_id))
        .where(col(FacilityClosure.ends_on) >= ending_from)
        .order_by(col(FacilityClosure.starts_on), col(FacilityClosure.id))
    )
    if provider_id is not None:
        query = query.where(col(Facility.provider_id) == provider_id)
    return list(db.exec(query))
