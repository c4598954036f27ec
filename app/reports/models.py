"""Tables of reports: the gaps as they stood on each day, so that trends are true."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class GapSnapshotRow(SQLModel, table=True):
    """One cell of the gaps on one day; rows are written at night and never changed.

    Demand cells have a country; supply at a distance has none. A cell is one combination of the
    named columns; a figure that does not apply is 0. Established supply (``offered``, ``free``)
    and planned supply stay apart.
    """

    __tablename__ = "gap_snapshot"
    __table_args__ = (
        Index("ix_gap_snapshot_day_skill_id", "day", "skill_id"),
        Index(
            "uq_gap_snapshot_cell",
            "day",
            "skill_id",
            "country",
            "platform",
            "sector",
            "quarter",
            "urgency",
            "significance",
            "published",
            unique=True,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    day: date
    skill_id: str = Field(max_length=64)
    country: str = Field(default="", max_length=2, description="Empty: supply at a distance.")
    platform: str = Field(default="", max_length=24)
    sector: str = Field(default="", max_length=32)
    quarter: str = Field(default="", max_length=8)
    urgency: int = 0
    significance: int = 0
    published: bool = Field(default=True, description="Whether its country agreed to be named.")
    needs: int = 0
    asked: int = 0
    held: int = 0
    met: int = 0
    gap: int = 0
    offered: int = 0
    free: int = 0
    planned: int = 0
    taken_at: datetime
