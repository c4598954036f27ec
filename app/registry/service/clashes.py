"""Published slots that a closure of their facility has overtaken."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.registry.queries.closures import closed_facilities
from app.registry.queries.rows import taken_in_facility
from app.registry.rules import Span
from app.registry.service.meetings import closed_span

_MARGIN = timedelta(days=2)  # a zone's midnight is never further from UTC's


@dataclass(frozen=True, slots=True)
class Clash:
    """A meeting on a day on which its facility is closed; instants in UTC."""

    slot_id: UUID
    slot_label: str
    provider_id: UUID
    facility_name: str
    facility_slug: str
    zone: str
    reason: str
    starts_at: datetime


def closure_clashes(db: Session, *, now: datetime, provider_id: UUID | None = None) -> list[Clash]:
    """Meetings still to come on closed days, the first of each slot; of one provider or all.

    A closure is a fact and is recorded although slots are planned; somebody has to move or cancel
    those, and this is the list of them.
    """
    first: dict[tuple[UUID, UUID], Clash] = {}
    for closure, facility in closed_facilities(
        db, ending_from=(now - _MARGIN).date(), provider_id=provider_id
    ):
        closed = closed_span(closure, facility.zone)
        taken = taken_in_facility(
            db, facility.id, from_at=closed.starts_at, to_at=closed.ends_at, but=None
        )
        for span, slot in sorted(taken, key=lambda pair: pair[0].starts_at):
            if not _is_ahead(span, now) or (slot.id, closure.id) in first:
                continue
            first[slot.id, closure.id] = Clash(
                slot_id=slot.id,
                slot_label=span.label,
                provider_id=slot.provider_id,
                facility_name=facility.name,
                facility_slug=facility.slug,
                zone=facility.zone,
                reason=closure.reason,
                starts_at=span.starts_at,
            )
    return sorted(first.values(), key=lambda clash: clash.starts_at)


def _is_ahead(span: Span, now: datetime) -> bool:
    return span.ends_at > now
