"""Tables of the catalogue: providers, facilities, courses, slots, meetings."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.db import Tokens
from app.core.ids import new_id

_KEPT = text("kept_until IS NOT NULL")


def _tokens() -> Any:
    return Field(default=(), sa_type=Tokens, nullable=False)


class CatalogueRevision(SQLModel, table=True):
    """One row that rises with every change of what the public can see.

    Feeds, facets and snapshots are cached under its value, so that a check for news costs one
    row.
    """

    __tablename__ = "catalogue_revision"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: int = Field(default=1, primary_key=True)
    value: int = 0
    changed_at: datetime


class Provider(SQLModel, table=True):
    """An organisation that trains."""

    __tablename__ = "provider"
    __table_args__ = (UniqueConstraint("slug"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=80)
    code: str | None = Field(default=None, max_length=40, index=True)
    name: str = Field(max_length=200)
    name_latin: str = Field(default="", max_length=200)
    type: str = Field(max_length=40)
    country: str = Field(max_length=2, index=True)
    city: str = Field(default="", max_length=200)
    zone: str = Field(max_length=64)
    languages: tuple[str, ...] = _tokens()
    website: str = Field(default="", max_length=300)
    contact_email: str = Field(default="", max_length=254)
    about: str = Field(default="", max_length=4000)
    state: str = Field(default="applied", max_length=16, index=True)
    state_reason: str = Field(default="", max_length=4000)
    review_by: date | None = Field(default=None, description="Verified until this date.")
    version: int = 1
    created_at: datetime
    updated_at: datetime


class Facility(SQLModel, table=True):
    """A place of a provider where people are trained.

    ``address``, and for need-to-know sites also the number of places, are confidential as
    ``visibility`` says; queries leave them out for everybody else.
    """

    __tablename__ = "facility"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("places BETWEEN 1 AND 100000", name="places_in_range"),
        CheckConstraint("buffer_minutes BETWEEN 0 AND 10080", name="buffer_in_range"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=80)
    code: str | None = Field(default=None, max_length=40, index=True)
    provider_id: UUID = Field(foreign_key="provider.id", ondelete="RESTRICT", index=True)
    name: str = Field(max_length=200)
    type: str = Field(max_length=40)
    country: str = Field(max_length=2, index=True)
    city: str = Field(max_length=200)
    zone: str = Field(max_length=64)
    address: str = Field(default="", max_length=4000)
    visibility: str = Field(default="public", max_length=16)
    places: int
    cleanroom_grade: str = Field(default="none", max_length=8)
    biosafety: str = Field(default="", max_length=32)
    equipment: tuple[str, ...] = _tokens()
    access_rules: tuple[str, ...] = _tokens()
    latitude: float | None = None
    longitude: float | None = None
    buffer_minutes: int = Field(default=0, description="Cleaning and setup after each meeting.")
    about: str = Field(default="", max_length=4000)
    version: int = 1
    created_at: datetime
    updated_at: datetime


class FacilityClosure(SQLModel, table=True):
    """Days on which a facility cannot train: a campaign, a shutdown, not yet open."""

    __tablename__ = "facility_closure"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="order"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    facility_id: UUID = Field(foreign_key="facility.id", ondelete="CASCADE", index=True)
    starts_on: date
    ends_on: date = Field(description="The last closed day, in the facility's zone.")
    reason: str = Field(max_length=200)
    created_at: datetime


class Course(SQLModel, table=True):
    """What is taught; delivered in slots.

    ``search_text`` is derived: title, provider, skills with synonyms, folded (no case, no
    accents), so that a search finds the same rows on every database.
    """

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("level BETWEEN 1 AND 4", name="level_in_range"),
        CheckConstraint("seats BETWEEN 1 AND 100000", name="seats_in_range"),
        CheckConstraint("fee_usd IS NULL OR fee_usd >= 0", name="fee_not_negative"),
        CheckConstraint("attendance_percent BETWEEN 1 AND 100", name="attendance_in_range"),
        CheckConstraint("valid_months IS NULL OR valid_months > 0", name="valid_months_positive"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(max_length=80)
    code: str | None = Field(default=None, max_length=40, index=True)
    provider_id: UUID = Field(foreign_key="provider.id", ondelete="RESTRICT", index=True)
    facility_id: UUID | None = Field(default=None, foreign_key="facility.id", ondelete="RESTRICT")
    title: str = Field(max_length=200)
    summary: str = Field(default="", max_length=4000)
    mode: str = Field(max_length=24)
    level: int
    platforms: tuple[str, ...] = _tokens()
    languages: tuple[str, ...] = _tokens()
    interpretation: tuple[str, ...] = _tokens()
    audience: tuple[str, ...] = _tokens()
    eligible_countries: tuple[str, ...] = _tokens()
    length: float = Field(description="In length_unit.")
    length_unit: str = Field(default="days", max_length=8)
    seats: int = Field(description="Usual seats of a slot.")
    programme_status: str = Field(default="established", max_length=16)
    funding: str = Field(max_length=24)
    fee_usd: int | None = Field(default=None, description="US dollars; None: not stated.")
    certificate: str = Field(default="attendance", max_length=32)
    attendance_percent: int = Field(default=80, description="Share of the meetings to attend.")
    valid_months: int | None = Field(default=None, description="None: what was learnt stays good.")
    search_text: str = Field(default="")
    version: int = 1
    created_at: datetime
    updated_at: datetime


class CourseSkill(SQLModel, table=True):
    """A skill that a course teaches, and to which level."""

    __tablename__ = "course_skill"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 4", name="level_in_range"),)

    course_id: UUID = Field(foreign_key="course.id", ondelete="CASCADE", primary_key=True)
    skill_id: str = Field(primary_key=True, max_length=64, index=True)
    level: int
    position: int = 0


class CoursePrerequisite(SQLModel, table=True):
    """A course that must be passed before another one."""

    __tablename__ = "course_prerequisite"
    __table_args__ = (CheckConstraint("course_id <> requires_id", name="not_itself"),)

    course_id: UUID = Field(foreign_key="course.id", ondelete="CASCADE", primary_key=True)
    requires_id: UUID = Field(
        foreign_key="course.id", ondelete="RESTRICT", primary_key=True, index=True
    )


class Slot(SQLModel, table=True):
    """One dated, bookable delivery of a course with seats.

    ``seats_claimed`` and ``waiting`` are kept by the booking feature under the slot's lock; the
    check below holds even where somebody forgets it. ``sequence`` and ``revised_at`` rise with
    every change that a calendar shows (RFC 5545, 3.8.7.4); ``stamped_at`` is the last instant
    that any calendar entry about the slot has used.
    """

    __tablename__ = "slot"
    __table_args__ = (
        CheckConstraint("seats BETWEEN 1 AND 100000", name="seats_in_range"),
        CheckConstraint("overbook BETWEEN 0 AND 1000", name="overbook_in_range"),
        CheckConstraint(
            "seats_claimed BETWEEN 0 AND seats + overbook", name="seats_never_oversold"
        ),
        CheckConstraint("waiting >= 0", name="waiting_not_negative"),
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("line_mode IN ('offer', 'confirm')", name="line_mode"),
        Index("ix_slot_status_starts_at", "status", "starts_at"),
        Index("ix_slot_kept_until", "kept_until", sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str | None = Field(default=None, max_length=40, index=True)
    course_id: UUID = Field(foreign_key="course.id", ondelete="RESTRICT", index=True)
    provider_id: UUID = Field(foreign_key="provider.id", ondelete="RESTRICT", index=True)
    facility_id: UUID | None = Field(
        default=None, foreign_key="facility.id", ondelete="RESTRICT", index=True
    )
    mode: str = Field(max_length=24)
    status: str = Field(default="draft", max_length=16)
    status_reason: str = Field(default="", max_length=4000)
    route: str = Field(default="open", max_length=24)
    seats: int
    overbook: int = 0
    seats_claimed: int = 0
    waiting: int = 0
    minimum_to_run: int | None = None
    max_per_country: int | None = None
    max_per_authority: int | None = Field(default=None, description="Most seats of one employer.")
    line_mode: str = Field(
        default="offer",
        max_length=8,
        description="Whether a seat that comes free is offered to the next in line, or theirs.",
    )
    offer_hours: int | None = Field(default=None, description="None: as the network has it.")
    decision_hours: int | None = Field(
        default=None, description="Site clearance: the provider decides within. None: no need."
    )
    criteria: tuple[str, ...] = Field(
        default=(),
        sa_type=Tokens,
        nullable=False,
        description="Selection: in which order applicants are ranked; see rules of booking.",
    )
    selected_at: datetime | None = Field(default=None, description="When the selection was made.")
    kept_until: datetime | None = Field(
        default=None, description="When the next kept seats go to everybody. None: none are kept."
    )
    series_id: UUID | None = Field(
        default=None, foreign_key="series.id", ondelete="RESTRICT", index=True
    )
    series_position: int | None = None
    zone: str = Field(max_length=64, description="IANA zone of the place (remote: provider's).")
    country: str | None = Field(default=None, max_length=2, index=True, description="None: remote.")
    starts_at: datetime = Field(index=True, description="First meeting's start, UTC.")
    ends_at: datetime = Field(description="Last meeting's end, UTC.")
    apply_by: datetime = Field(description="Deadline, UTC; shown in ``zone`` too.")
    first_apply_by: datetime | None = Field(
        default=None, description="The deadline as first announced, once it was extended."
    )
    note: str = Field(default="", max_length=4000)
    sequence: int = 0
    revised_at: datetime
    stamped_at: datetime
    version: int = 1
    created_by: UUID | None = None
    created_at: datetime
    updated_at: datetime


class Meeting(SQLModel, table=True):
    """One contiguous block of time of a slot; a calendar event of its own.

    Wall time and zone are what the provider meant; the UTC instants are derived from them. A
    meeting taken out after publication is marked, not deleted, so that calendars can say so.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_meeting_slot_id_position", "slot_id", "position"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="CASCADE")
    position: int
    local_starts: str = Field(max_length=16, description="Wall time, YYYY-MM-DDTHH:MM.")
    local_ends: str = Field(max_length=16, description="Wall time, YYYY-MM-DDTHH:MM.")
    zone: str = Field(max_length=64)
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    mode: str = Field(max_length=24)
    place: str = Field(default="", max_length=200)
    join_url: str = Field(default="", max_length=500, description="Secret; people booked only.")
    removed_at: datetime | None = None
