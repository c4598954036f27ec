"""Tables of what a slot takes up: equipment, trainers, time; seats kept for a group; series."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index
from sqlmodel import Field, SQLModel

from app.core.db import Tokens
from app.core.ids import new_id


class Resource(SQLModel, table=True):
    """Something of a provider that only one slot at a time can use: an equipment, a trainer.

    A trainer who has an account here (``person_id``) takes up that person's own time, so that
    nobody teaches and learns at once.
    """

    __tablename__ = "resource"
    __table_args__ = (
        CheckConstraint("kind IN ('equipment', 'trainer')", name="kind"),
        CheckConstraint("kind = 'trainer' OR person_id IS NULL", name="person_is_trainer"),
        CheckConstraint("buffer_minutes BETWEEN 0 AND 10080", name="buffer_in_range"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    provider_id: UUID = Field(foreign_key="provider.id", ondelete="RESTRICT", index=True)
    facility_id: UUID | None = Field(default=None, foreign_key="facility.id", ondelete="RESTRICT")
    kind: str = Field(max_length=16)
    code: str | None = Field(default=None, max_length=40, index=True)
    name: str = Field(max_length=200)
    person_id: UUID | None = Field(default=None, foreign_key="user.id", ondelete="RESTRICT")
    buffer_minutes: int = Field(default=0, description="To make it ready again after use.")
    is_active: bool = True
    version: int = 1
    created_at: datetime
    updated_at: datetime


class SlotResource(SQLModel, table=True):
    """An equipment or a trainer that a slot needs for all its meetings."""

    __tablename__ = "slot_resource"

    slot_id: UUID = Field(foreign_key="slot.id", ondelete="CASCADE", primary_key=True)
    resource_id: UUID = Field(
        foreign_key="resource.id", ondelete="RESTRICT", primary_key=True, index=True
    )


class Occupancy(SQLModel, table=True):
    """A stretch of time ``[starts_at, ends_at)`` in which something or somebody is taken.

    Buffers are already inside. Live rows of one resource never overlap: an exclusion constraint
    on PostgreSQL, triggers on SQLite (both in the revision that makes the table), so the rule
    holds even where a caller forgot to look. ``resource_key`` is a number made from
    ``resource_id`` (:func:`app.registry.rules.occupancy.resource_key`), because PostgreSQL's
    exclusion constraints know ranges of numbers without an extension.

    A row that is not live shows a clash that somebody has to settle: a slot was moved over
    another booking of the person.
    """

    __tablename__ = "occupancy"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("kind IN ('facility', 'equipment', 'trainer', 'person')", name="kind"),
        CheckConstraint("(kind = 'person') = (booking_id IS NOT NULL)", name="person_has_booking"),
        Index("ix_occupancy_resource_id_starts_at", "resource_id", "starts_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = Field(max_length=16)
    resource_id: UUID
    resource_key: int = Field(sa_column=Column(BigInteger, nullable=False))
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="CASCADE", index=True)
    booking_id: UUID | None = Field(
        default=None, foreign_key="booking.id", ondelete="CASCADE", index=True
    )
    starts_at: datetime
    ends_at: datetime
    live: bool = True


class SeatShare(SQLModel, table=True):
    """Seats of a slot kept for a group until an instant; after it anybody can have them.

    A sponsor's share has come with seats of its own (``added_seats``), already counted in the
    slot's seats.
    """

    __tablename__ = "seat_share"
    __table_args__ = (
        CheckConstraint("seats BETWEEN 1 AND 100000", name="seats_in_range"),
        CheckConstraint("added_seats BETWEEN 0 AND seats", name="added_within_seats"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="CASCADE", index=True)
    kept_for: str = Field(
        max_length=16, description="women, ldc, lldc, sids, regulators, countries."
    )
    countries: tuple[str, ...] = Field(
        default=(), sa_type=Tokens, nullable=False, description="Of kept_for countries."
    )
    seats: int
    added_seats: int = 0
    sponsor: str = Field(default="", max_length=200)
    until: datetime
    ended_reason: str = Field(default="", max_length=4000, description="Why it ended early.")
    created_by: UUID
    created_at: datetime
    version: int = 1


class Series(SQLModel, table=True):
    """A pattern that made several slots at once; each is a slot of its own afterwards."""

    __tablename__ = "series"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    course_id: UUID = Field(foreign_key="course.id", ondelete="RESTRICT", index=True)
    provider_id: UUID = Field(foreign_key="provider.id", ondelete="RESTRICT", index=True)
    pattern: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_by: UUID
    created_at: datetime
