"""Seats of the demonstration that are kept for a group, and those that a sponsor added."""

import pytest
from sqlmodel import Session, col, select

from app.booking.rules.shares import Claimant
from app.booking.service.kept_seats import Room, room_for
from app.core.db import Database
from app.core.outbox import AuditEntry
from app.registry.models import SeatShare, Slot
from tests.demo.conftest import NOW


def share_of(db: Session, code: str) -> tuple[Slot, SeatShare]:
    """The slot with this code and its kept seats."""
    slot = db.exec(select(Slot).where(col(Slot.code) == code)).one()
    return slot, db.exec(select(SeatShare).where(col(SeatShare.slot_id) == slot.id)).one()


@pytest.mark.parametrize(("country", "seats"), [("PY", 12), ("PE", 4)])
def test_eight_of_twelve_seats_are_kept_for_mercosur_until_the_deadline(
    network: Database, country: str, seats: int
) -> None:
    with network.read() as db:
        slot, share = share_of(db, "C24-S2")

        assert (share.seats, share.until) == (8, slot.apply_by)
        assert room_for(db, slot, Claimant(country), now=NOW) == Room(seats)
        assert room_for(db, slot, Claimant(country), now=slot.apply_by) == Room(12)


def test_the_log_says_who_paid_for_the_seats_that_were_added(network: Database) -> None:
    with network.read() as db:
        slot, share = share_of(db, "C44-S1")
        entry = db.exec(select(AuditEntry).where(col(AuditEntry.subject_id) == share.id)).one()

    assert (slot.seats, share.added_seats, share.countries) == (27, 3, ("MZ",))
    assert entry.reason == "paid by Paper Lantern Fund (demo)"
