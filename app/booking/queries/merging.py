"""The blocks of a request that goes into another."""

from uuid import UUID

from sqlmodel import Session, col, select

from app.booking.models import Cohort


def slots_of_request(db: Session, request_id: UUID) -> set[UUID]:
    """The slots on which the request has or had a block."""
    query = select(Cohort.slot_id).where(col(Cohort.request_id) == request_id)
    return set(db.exec(query))


def blocks_of_request(db: Session, request_id: UUID) -> list[Cohort]:
    """Its blocks as they are under the locks, also those given back: people may be in them."""
    query = select(Cohort).where(col(Cohort.request_id) == request_id).order_by(col(Cohort.id))
    return list(db.exec(query.execution_options(populate_existing=True)))
