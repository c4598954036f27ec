"""Tables of what people have proved, and of what was waived for them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.ids import new_id

_STANDING = text("state = 'valid'")


class Qualification(SQLModel, table=True):
    """Something a person has passed or holds, with its evidence. Never deleted, also when over.

    ``kind`` is ``course`` (``course_id`` says which) or an id of the vocabulary of access rules,
    such as ``gowning-qualification``.
    """

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint("(kind = 'course') = (course_id IS NOT NULL)", name="course_has_id"),
        CheckConstraint(
            "state IN ('claimed', 'verified', 'refused', 'revoked')",
            name="state",
        ),
        CheckConstraint("valid_until IS NULL OR valid_until >= issued_on", name="order"),
        Index("ix_qualification_person_id_kind", "person_id", "kind"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    kind: str = Field(max_length=40)
    course_id: UUID | None = Field(
        default=None, foreign_key="course.id", ondelete="RESTRICT", index=True
    )
    issuer: str = Field(max_length=200, description="Who vouches for it.")
    issuer_id: UUID | None = Field(
        default=None, foreign_key="provider.id", ondelete="RESTRICT", description="If it is here."
    )
    evidence: str = Field(default="", max_length=4000, description="What shows it: number, link.")
    issued_on: date
    valid_until: date | None = Field(default=None, description="The last good day; None: no end.")
    certificate_id: UUID | None = Field(
        default=None, foreign_key="certificate.id", ondelete="RESTRICT", index=True
    )
    state: str = Field(default="claimed", max_length=12)
    state_reason: str = Field(default="", max_length=4000)
    verified_by: UUID | None = None
    verified_at: datetime | None = None
    created_by: UUID
    created_at: datetime
    version: int = 1


class Waiver(SQLModel, table=True):
    """A required course that one person need not have passed for one slot, with who said so."""

    __tablename__ = "waiver"
    __table_args__ = (UniqueConstraint("person_id", "slot_id", "course_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="RESTRICT", index=True)
    course_id: UUID = Field(foreign_key="course.id", ondelete="RESTRICT")
    granted_by: UUID
    role: str = Field(max_length=16, description="In which role: provider or secretariat.")
    reason: str = Field(max_length=4000)
    created_at: datetime


class Certificate(SQLModel, table=True):
    """What a person can show: the facts as they were on the day of issue, and a code to check.

    ``facts`` hold what is printed: title, provider, place, dates, skills with levels, result.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("state IN ('valid', 'revoked')", name="state"),
        Index(
            "uq_certificate_booking_valid",
            "booking_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(max_length=24)
    booking_id: UUID = Field(foreign_key="booking.id", ondelete="RESTRICT")
    person_id: UUID = Field(foreign_key="user.id", ondelete="RESTRICT", index=True)
    course_id: UUID = Field(foreign_key="course.id", ondelete="RESTRICT")
    provider_id: UUID = Field(foreign_key="provider.id", ondelete="RESTRICT", index=True)
    kind: str = Field(max_length=32, description="Vocabulary of certificate types.")
    person_name: str = Field(max_length=200)
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    issued_on: date
    valid_until: date | None = None
    state: str = Field(default="valid", max_length=8)
    state_reason: str = Field(default="", max_length=4000)
    issued_by: UUID
    created_at: datetime
    version: int = 1
