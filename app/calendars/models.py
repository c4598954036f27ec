"""Tables of the calendar feeds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class FeedToken(SQLModel, table=True):
    """The secret address of a private feed. Only the token's SHA-256 is kept.

    A revoked row stays, so that its address answers 410 and programs stop asking.
    """

    __tablename__ = "feed_token"
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'country')", name="kind_known"),
        CheckConstraint("(kind = 'country') = (country IS NOT NULL)", name="country_feed"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    kind: str = Field(max_length=8)
    country: str | None = Field(default=None, max_length=2)
    label: str = Field(max_length=100)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime
    last_used_on: datetime | None = Field(default=None, description="To the day.")
    revoked_at: datetime | None = None
