"""Tables of matching: what a person decided against the ranking, and what was told to whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.ids import new_id

_LIVE = text("ended_at IS NULL")


class MatchOverride(SQLModel, table=True):
    """The secretariat's word on one slot for one request, with its written reason.

    ``put-forward`` shows the slot among the matches, before all scored ones, whatever limit it
    breaks (booking still decides); ``set-aside`` takes it out of the matches. One live row per
    request and slot, kept by a partial unique index; an ended one stays as history.
    """

    __tablename__ = "match_override"
    __table_args__ = (
        CheckConstraint("kind IN ('put-forward', 'set-aside')", name="kind"),
        Index(
            "uq_match_override_live",
            "request_id",
            "slot_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="CASCADE")
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="CASCADE", index=True)
    kind: str = Field(max_length=12)
    reason: str = Field(max_length=4000)
    made_by: UUID = Field(foreign_key="user.id", ondelete="RESTRICT")
    made_at: datetime
    ended_by: UUID | None = Field(default=None, foreign_key="user.id", ondelete="RESTRICT")
    ended_at: datetime | None = None
    version: int = 1


class MatchAlert(SQLModel, table=True):
    """A slot that newly fits a standing request: found once, when the slot changed.

    The pair is unique, so the same fit is never told twice. ``score`` is that of the moment.
    """

    __tablename__ = "match_alert"
    __table_args__ = (UniqueConstraint("request_id", "slot_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="gap_request.id", ondelete="CASCADE")
    slot_id: UUID = Field(foreign_key="slot.id", ondelete="CASCADE", index=True)
    score: int
    seats_usable: int
    cause: str = Field(max_length=64, description="Name of the event that made it fit.")
    found_at: datetime = Field(index=True)
    seen_at: datetime | None = Field(default=None, description="First read by its country.")
