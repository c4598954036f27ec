"""Tables of the claims on seats."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.booking.rules import LIVE
from app.core.db import Tokens
from app.core.ids import new_id

LIVE_SQL = text(f"state IN ({', '.join(repr(str(state)) for state in sorted(LIVE))})")
"""The condition of the partial index, in the words of the database."""
_FROM = text("placed_from <> ''")


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
            sqlite_where=LIVE_SQL,
            postgresql_where=LIVE_SQL,
        ),
        Index("ix_booking_slot_id_state", "slot_id", "state", "entered_at"),
        CheckConstraint(
            "(state IN ('held', 'offered', 'requested')) = (held_until IS NOT NULL)",
            name="hold_has_an_end",
        ),
        CheckConstraint("result IS NULL OR result IN ('passed', 'failed')", name="result"),
        Index("ix_booking_placed_from", "placed_from", sqlite_where=_FROM, postgresql_where=_FROM),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="RESTRICT")
    person_id: UUID = Field(foreign_key="user.id", ondelete="RESTRICT", index=True)
    country: str | None = Field(default=None, max_length=2, description="Counted for the cap.")
    cohort_id: UUID | None = Field(
        default=None, foreign_key="cohort.id", ondelete="RESTRICT", index=True
    )
    authority: str = Field(default="", max_length=200, description="Employer, folded; for the cap.")
    groups: tuple[str, ...] = Field(
        default=(), sa_type=Tokens, nullable=False, description="For seats kept for a group."
    )
    state: str = Field(max_length=12)
    held_until: datetime | None = Field(
        default=None, index=True, description="A hold's or an offer's end; a request's decision."
    )
    priority: int = Field(default=0, description="Place in line before entered_at; lower first.")
    entered_at: datetime = Field(description="When the person joined the slot or its line.")
    held_back: str = Field(
        default="", max_length=40, description="Why a free seat passed this entry of the line by."
    )
    selection: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSON, nullable=False),
        description="Rank, points and reasons that the selection gave this applicant.",
    )
    at_risk: tuple[str, ...] = Field(
        default=(), sa_type=Tokens, nullable=False, description="Requirements that will lapse."
    )
    placed_from: str = Field(
        default="", max_length=64, description="Keyed hash of the network address, while held."
    )
    interest: bool = Field(
        default=False, description="Joined before the date was sure: a seat is offered, not given."
    )
    replaces_id: UUID | None = Field(default=None, foreign_key="booking.id", ondelete="RESTRICT")
    result: str | None = Field(default=None, max_length=8, description="Assessed: passed, failed.")
    result_note: str = Field(default="", max_length=4000)
    reason: str = Field(default="", max_length=4000)
    note: str = Field(default="", max_length=4000)
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_by: UUID
    created_at: datetime
    revised_at: datetime
    version: int = 1


class Cohort(SQLModel, table=True):
    """A block of seats of one slot, taken for one request; people are named into it.

    ``seats`` counts the whole block, ``seats_open`` those not yet drawn by a named person. A
    block that waits in line (state ``waitlisted``) has no seat open yet.
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
    sector: str = Field(default="", max_length=32, description="The request's, for kept seats.")
    partial_ok: bool = Field(default=False, description="In line: fewer seats will do.")
    priority: int = 0
    entered_at: datetime = Field(description="When the block was asked for.")
    held_back: str = Field(default="", max_length=40)
    reminded_at: datetime | None = Field(default=None, description="Of the release date, last.")
    reason: str = Field(default="", max_length=4000)
    created_by: UUID
    created_at: datetime
    revised_at: datetime
    version: int = 1


class Attendance(SQLModel, table=True):
    """Whether a person was at one meeting of a slot."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("booking_id", "meeting_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    booking_id: UUID = Field(foreign_key="booking.id", ondelete="CASCADE")
    meeting_id: UUID = Field(foreign_key="meeting.id", ondelete="RESTRICT", index=True)
    present: bool
    recorded_by: UUID
    recorded_at: datetime
