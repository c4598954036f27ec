"""Tables of allocations: runs, their lines, what each request was told, worth of slots, calls."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


def _json() -> Any:
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class AllocationRun(SQLModel, table=True):
    """One proposal for the whole network. Nothing is booked until a person applies it.

    ``state``: queued, running, done, failed, cancelled, applied. ``settings`` are those of the run
    (floor share in percent, weights …), ``figures`` what came out: objective, bound, gap, fairness,
    baselines, times. ``input_digest`` tells whether two runs saw the same needs and seats.
    A running one holds a lease; when its worker is lost, it runs again from the start.
    """

    __tablename__ = "allocation_run"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'applied')", name="state"
        ),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_in_range"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    state: str = Field(default="queued", max_length=12, index=True)
    progress: int = 0
    phase: str = Field(default="", max_length=64)
    settings: dict[str, Any] = _json()
    figures: dict[str, Any] = _json()
    input_digest: str = Field(default="", max_length=64)
    previous_id: UUID | None = Field(
        default=None,
        foreign_key="allocation_run.id",
        ondelete="RESTRICT",
        description="The applied plan that this one tries to stay close to.",
    )
    error: str = Field(default="", max_length=4000)
    note: str = Field(default="", max_length=4000)
    requested_by: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    applied_at: datetime | None = None
    applied_by: UUID | None = Field(default=None, foreign_key="user.id", ondelete="RESTRICT")
    leased_until: datetime | None = None
    attempts: int = 0
    version: int = 1


class AllocationInput(SQLModel, table=True):
    """What a run was solved from, packed: every line can be checked and defended later."""

    __tablename__ = "allocation_input"

    run_id: UUID = Field(foreign_key="allocation_run.id", ondelete="CASCADE", primary_key=True)
    body: bytes = Field(sa_type=LargeBinary, nullable=False)


class AllocationLine(SQLModel, table=True):
    """Seats of one slot proposed for one request.

    ``seats_solved`` is what the solver gave, ``seats`` what stands after edits by hand. ``state``:
    proposed, applied (then ``cohort_id``), failed (``outcome`` says why it no longer fitted). With
    ``is_theory`` the seats only come before others that cover a need; no block is taken of them.
    """

    __tablename__ = "allocation_line"
    __table_args__ = (
        UniqueConstraint("run_id", "request_id", "slot_id"),
        CheckConstraint("seats BETWEEN 0 AND 100000", name="seats_in_range"),
        CheckConstraint("seats_solved BETWEEN 0 AND 100000", name="solved_in_range"),
        CheckConstraint("state IN ('proposed', 'applied', 'failed')", name="state"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    run_id: UUID = Field(foreign_key="allocation_run.id", ondelete="CASCADE")
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="RESTRICT", index=True)
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="RESTRICT", index=True)
    country: str = Field(max_length=2)
    seats: int
    seats_solved: int
    score: int = Field(description="Of the ranking, when the run read it.")
    is_theory: bool = False
    state: str = Field(default="proposed", max_length=12)
    cohort_id: UUID | None = Field(default=None, foreign_key="cohort.id", ondelete="SET NULL")
    outcome: str = Field(default="", max_length=4000)
    edited_by: UUID | None = Field(default=None, foreign_key="user.id", ondelete="RESTRICT")
    edit_reason: str = Field(default="", max_length=4000)
    version: int = 1


class AllocationVerdict(SQLModel, table=True):
    """What one request got in a run, and which limit stood against more.

    ``binding`` is a reason code of the rules; ``detail`` holds the figures its sentence needs.
    """

    __tablename__ = "allocation_verdict"
    __table_args__ = (UniqueConstraint("run_id", "request_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    run_id: UUID = Field(foreign_key="allocation_run.id", ondelete="CASCADE")
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="RESTRICT", index=True)
    country: str = Field(max_length=2)
    asked: int
    given: int
    binding: str = Field(default="", max_length=32)
    detail: dict[str, Any] = _json()


class SlotWorth(SQLModel, table=True):
    """What one more typical slot would be worth: skill x region x month, from one run.

    ``worth`` is weighted people (value of the run's objective, in thousandths) that it would serve;
    ``people`` and ``countries`` are counts over those requests. ``is_checked`` says that the run
    was solved again with the slot added, else the figure is the estimate from shadow prices.
    """

    __tablename__ = "slot_worth"
    __table_args__ = (
        UniqueConstraint("run_id", "skill_id", "level", "region", "month"),
        Index("ix_slot_worth_run_id_worth", "run_id", "worth"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    run_id: UUID = Field(foreign_key="allocation_run.id", ondelete="CASCADE")
    skill_id: str = Field(max_length=64)
    level: int
    region: str = Field(max_length=40, description="A code of core.countries, mostly a subregion.")
    month: date = Field(description="Its first day.")
    seats: int = Field(description="Of the typical slot that was added.")
    worth: int
    people: int
    countries: int
    is_checked: bool = False


class SupplyCall(SQLModel, table=True):
    """A call that the secretariat sent out: for slots, for joining dates, or for filling one.

    ``kind``: slots (to providers), dates (to the providers of overlapping dates), joint (to the
    focal points of countries that together fill a slot). ``subject`` holds what it is about,
    without confidential detail.
    """

    __tablename__ = "supply_call"
    __table_args__ = (CheckConstraint("kind IN ('slots', 'dates', 'joint')", name="kind"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = Field(max_length=8)
    skill_id: str = Field(max_length=64, index=True)
    region: str = Field(default="", max_length=40)
    month: date | None = None
    subject: dict[str, Any] = _json()
    message: str = Field(default="", max_length=4000)
    run_id: UUID | None = Field(default=None, foreign_key="allocation_run.id", ondelete="SET NULL")
    sent_by: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    sent_at: datetime = Field(index=True)
    ends_on: date | None = Field(default=None, description="Last day on which it is shown.")
    version: int = 1


class SupplyCallParty(SQLModel, table=True):
    """Somebody a call was sent to: a provider or a country; and what they answered."""

    __tablename__ = "supply_call_party"
    __table_args__ = (
        CheckConstraint("(provider_id IS NULL) <> (country IS NULL)", name="one_party"),
        CheckConstraint("answer IN ('', 'yes', 'no')", name="answer"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    call_id: UUID = Field(foreign_key="supply_call.id", ondelete="CASCADE", index=True)
    provider_id: UUID | None = Field(
        default=None, foreign_key="provider.id", ondelete="CASCADE", index=True
    )
    country: str | None = Field(default=None, max_length=2, index=True)
    answer: str = Field(default="", max_length=4)
    answer_note: str = Field(default="", max_length=4000)
    answered_by: UUID | None = Field(default=None, foreign_key="user.id", ondelete="RESTRICT")
    answered_at: datetime | None = None
