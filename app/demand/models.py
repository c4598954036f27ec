"""Tables of the demand side."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.db import Tokens
from app.core.ids import new_id


def _tokens() -> Any:
    return Field(default=(), sa_type=Tokens, nullable=False)


class GapRequest(SQLModel, table=True):
    """What a country lacks. Fulfilled many-to-many and in part.

    ``seats_held`` (open and named seats of live cohort blocks) and ``seats_met`` (people who
    attended) are kept by the booking feature in the same transaction as the seats themselves.
    """

    __tablename__ = "gap_request"
    __table_args__ = (
        CheckConstraint("earliest <= needed_by", name="window_order"),
        CheckConstraint("urgency BETWEEN 1 AND 4", name="urgency_in_range"),
        CheckConstraint("significance BETWEEN 1 AND 4", name="significance_in_range"),
        CheckConstraint("people BETWEEN 1 AND 100000", name="people_in_range"),
        CheckConstraint("seats_held >= 0", name="held_not_negative"),
        CheckConstraint("seats_met >= 0", name="met_not_negative"),
        CheckConstraint("publish_detail IN ('full', 'figures')", name="publish_detail"),
        Index("ix_gap_request_country_state", "country", "state"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str | None = Field(default=None, max_length=40, index=True)
    country: str = Field(max_length=2)
    filed_by: UUID = Field(foreign_key="user.id", ondelete="RESTRICT", index=True)
    office: str = Field(default="", max_length=200, description="The office that files it.")
    state: str = Field(default="draft", max_length=16)
    state_reason: str = Field(default="", max_length=4000)
    end_code: str = Field(
        default="", max_length=32, description="Why it ended (vocabulary request_end_reasons)."
    )
    asked_at: datetime | None = Field(
        default=None, description="When the question was asked that waits for an answer."
    )
    clarified_at: datetime | None = Field(default=None, description="Last answered then.")
    opened_at: datetime | None = Field(
        default=None, description="Opened by the secretariat; None: triage is not over."
    )
    training_since: datetime | None = Field(
        default=None, description="The first date on which it holds seats began then."
    )
    owner_id: UUID | None = Field(
        default=None,
        foreign_key="user.id",
        ondelete="RESTRICT",
        index=True,
        description="Who of the secretariat looks after the case.",
    )
    merged_into_id: UUID | None = Field(
        default=None,
        foreign_key="gap_request.id",
        ondelete="RESTRICT",
        index=True,
        description="The request that its people are counted in now.",
    )
    copied_from_id: UUID | None = Field(
        default=None, foreign_key="gap_request.id", ondelete="RESTRICT"
    )
    people: int = Field(description="Sum over the needs.")
    sector: str = Field(max_length=32)
    urgency: int
    significance: int
    evidence: str = Field(max_length=32)
    evidence_note: str = Field(default="", max_length=4000)
    earliest: date
    needed_by: date
    modes: tuple[str, ...] = _tokens()
    languages: tuple[str, ...] = _tokens()
    interpretation_ok: bool = Field(
        default=True, description="Interpreting will do; else the course must be given in it."
    )
    remote_only: bool = False
    keep_together: bool = Field(default=False, description="All people on one date, or none.")
    travel: str = Field(default="anywhere", max_length=16)
    travel_limit_km: int | None = None
    fee_limit_usd: int | None = Field(default=None, description="US dollars a person.")
    funding_note: str = Field(default="", max_length=4000)
    publish: bool = Field(default=False, description="The country agrees to show it publicly.")
    publish_detail: str = Field(
        default="full", max_length=8, description="full: the request; figures: only its counts."
    )
    note: str = Field(default="", max_length=4000)
    seats_held: int = 0
    seats_met: int = 0
    version: int = 1
    created_at: datetime
    updated_at: datetime


class GapNeed(SQLModel, table=True):
    """One line of a request: a skill at a level, for a platform, for so many people."""

    __tablename__ = "gap_need"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 4", name="level_in_range"),
        CheckConstraint("people BETWEEN 1 AND 100000", name="people_in_range"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight_in_range"),
        CheckConstraint("level_now IS NULL OR level_now BETWEEN 0 AND 4", name="level_now"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="CASCADE", index=True)
    position: int
    skill_id: str = Field(max_length=64, index=True)
    level: int
    platform: str = Field(max_length=24)
    people: int
    weight: int = 1
    role: str = Field(default="", max_length=200, description="What the people do.")
    level_now: int | None = Field(default=None, description="Where they stand; None: not said.")


class RequestNote(SQLModel, table=True):
    """A private remark on a request: a question, an answer, a note of the secretariat.

    ``audience`` is ``secretariat`` (nobody else reads it) or ``both`` (its country too).
    """

    __tablename__ = "request_note"
    __table_args__ = (
        CheckConstraint("audience IN ('secretariat', 'both')", name="audience"),
        CheckConstraint("kind IN ('note', 'question', 'answer')", name="kind"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="CASCADE", index=True)
    kind: str = Field(default="note", max_length=8)
    audience: str = Field(default="both", max_length=12)
    body: str = Field(max_length=4000)
    written_by: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    written_at: datetime


class RequestLink(SQLModel, table=True):
    """A document on the web that belongs to a request; files are never kept here."""

    __tablename__ = "request_link"
    __table_args__ = (UniqueConstraint("request_id", "url"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="CASCADE", index=True)
    title: str = Field(max_length=200)
    url: str = Field(max_length=500, description="https only.")
    added_by: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    added_at: datetime
