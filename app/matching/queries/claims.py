"""What countries can have of slots that cap or keep seats."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session, col, select

from app.booking.models import Booking, Cohort
from app.booking.queries.shares import as_share, groups_of_sector
from app.booking.rules import SEAT_TAKING, CohortState
from app.booking.rules.shares import Caps, Claimant, SeatBook
from app.matching.rules.columns import Claims, Kept
from app.registry.models import SeatShare


def claims_of_slots(db: Session, caps: Mapping[UUID, int | None]) -> dict[UUID, Claims]:
    """Who has which seats of these slots, of which ``caps`` are the most for one country.

    What is over of the kept seats is in too: time decides about it when they are asked for.
    """
    shares: dict[UUID, list[SeatShare]] = {slot_id: [] for slot_id in caps}
    query = select(SeatShare).where(col(SeatShare.slot_id).in_(caps.keys()))
    for row in db.exec(query.order_by(col(SeatShare.id))):
        shares[row.slot_id].append(row)
    taken = _taken(db, set(caps))
    found = {}
    for slot_id, cap in caps.items():
        kept = [as_share(row) for row in shares[slot_id]]
        book = SeatBook.of(0, kept, Caps(), taken.get(slot_id, ()))
        open_seats = (Kept(share, book.open_of(index)) for index, share in enumerate(kept))
        by_country = {country: seats for country, seats in book.by_country.items() if country}
        found[slot_id] = Claims(cap, by_country if cap is not None else {}, tuple(open_seats))
    return found


def _taken(db: Session, slot_ids: set[UUID]) -> dict[UUID, list[tuple[Claimant, int]]]:
    people = (
        select(Booking.slot_id, Booking.country, Booking.groups, Cohort.sector)
        .outerjoin(Cohort, col(Cohort.id) == col(Booking.cohort_id))
        .where(col(Booking.slot_id).in_(slot_ids), col(Booking.state).in_(SEAT_TAKING))
    )
    blocks = select(Cohort.slot_id, Cohort.country, Cohort.sector, Cohort.seats_open).where(
        col(Cohort.slot_id).in_(slot_ids),
        col(Cohort.state) == CohortState.ACTIVE,
        col(Cohort.seats_open) > 0,
    )
    found: dict[UUID, list[tuple[Claimant, int]]] = {}
    for slot_id, country, groups, sector in db.exec(people):
        who = Claimant(country, groups=(*groups, *groups_of_sector(sector)))
        found.setdefault(slot_id, []).append((who, 1))
    for slot_id, country, sector, seats in db.exec(blocks):
        who = Claimant(country, groups=groups_of_sector(sector))
        found.setdefault(slot_id, []).append((who, seats))
    return found
