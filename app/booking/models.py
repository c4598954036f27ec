"""Tables of the claims on seats."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from app.booking.rules import LIVE
from app.core.ids import new_id

_LIVE_SQL = text(f"state IN ({', '.join(repr(str(state)) for state in sorted(LIVE))})")


class Booking(SQLModel, table=True):
    """One person's claim on one seat of one slot.

    At most one live booking per person and slot is kept by a partial unique index, so the rule
    holds even where a caller forgot the lock.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index(
            "uq_booking_live",
            "slot_id",
            "person_id",
            unique=True,
            sqlite_where=_LIVE_SQL,
            postgresql_where=_LIVE_SQL,
        ),
        Index("ix_booking_slot_id_state", "slot_id", "state", "entered_at"),
        CheckConstraint(
            "(state IN ('held', 'offered')) = (held_until IS NOT NULL)",
            name="hold_has_an_end",
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="RESTRICT")
    person_id: UUID = Field(foreign_key="user.id", ondelete="RESTRICT", index=True)
    country: str | None = Field(default=None, max_length=2, description="Counted for the cap.")
    cohort_id: UUID | None = Field(
        default=None, foreign_key="cohort.id", ondelete="RESTRICT", index=True
    )
    state: str = Field(max_length=12)
    held_until: datetime | None = Field(default=None, index=True)
    entered_at: datetime = Field(description="When the person joined the slot or its line.")
    reason: str = Field(default="", max_length=4000)
    note: str = Field(default="", max_length=4000)
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_by: UUID
    created_at: datetime
    revised_at: datetime
    version: int = 1


class Cohort(SQLModel, table=True):
    """A block of seats of one slot, taken for one request; people are named into it.

    ``seats`` counts the whole block, ``seats_open`` those not yet drawn by a named person.
    """

    __tablename__ = "cohort"
    __table_args__ = (
        CheckConstraint("seats BETWEEN 1 AND 100000", name="seats_in_range"),
        CheckConstraint("seats_open BETWEEN 0 AND seats", name="open_within_seats"),
        CheckConstraint("state = 'active' OR seats_open = 0", name="released_holds_nothing"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="RESTRICT", index=True)
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="RESTRICT", index=True)
    country: str = Field(max_length=2, index=True)
    seats: int
    seats_open: int
    release_at: datetime = Field(index=True, description="Open seats return to the public then.")
    state: str = Field(default="active", max_length=12)
    reason: str = Field(default="", max_length=4000)
    created_by: UUID
    created_at: datetime
    revised_at: datetime
    version: int = 1
