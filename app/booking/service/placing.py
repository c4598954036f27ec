"""A new claim: its row, its person's time and the fact that says so, written past the mapper."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from app.booking.models import Booking
from app.booking.rules import SEAT_TAKING
from app.booking.service.moves import LockedSlot
from app.booking.service.occupied import occupy
from app.core import outbox
from app.core.db import as_read
from app.core.ids import new_id
from app.core.outbox import Fact

# Built once, on the table: the mapper takes five times as long under the lock.
_NEW = insert(SQLModel.metadata.tables["booking"])
_DEFAULTS = {
    name: field.default
    for name, field in Booking.model_fields.items()
    if field.default_factory is None and not field.is_required()
}


def place(
    db: Session,
    locked: LockedSlot,
    values: Mapping[str, Any],
    name: str,
    payload: Mapping[str, Any],
) -> Booking:
    """Write a new claim in its first state, with the fact ``name`` that says so.

    Args:
        db: The running transaction.
        locked: The claim's slot.
        values: Columns of the booking; the others get their defaults.
        name: The fact.
        payload: What it says beyond slot, person and state.
    """
    row = {**_DEFAULTS, "id": new_id(), "selection": {}, "answers": {}, **values}
    db.flush()  # what it refers to may be as new
    db.connection().execute(_NEW, row)
    booking = as_read(db, Booking, row)
    if booking.state in SEAT_TAKING:
        occupy(db, locked.slot, booking, locked.times)
    fact = Fact(
        name,
        booking.id,
        booking.version,
        locked.now,
        booking.created_by,
        payload={
            "slot": str(booking.slot_id),
            "person": str(booking.person_id),
            "state": str(booking.state),
            **payload,
        },
        changes={"state": [None, str(booking.state)]},
    )
    outbox.record(db, fact)
    return booking
