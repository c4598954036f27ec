"""What people send about private feeds, and what they see of them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.calendars.rules import FeedKind
from app.core.fields import CountryCode
from app.core.text import Line


class FeedIn(BaseModel):
    """A private feed to be made: of one's own bookings, or of the seats of one's country."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: FeedKind = FeedKind.PERSON
    country: CountryCode | None = Field(
        default=None, description="For a country's feed; default: the only country one stands for."
    )
    label: Annotated[Line, Field(max_length=100)] = "My training"


class FeedView(BaseModel):
    """A private feed as its owner sees it later.

    ``works`` is false once the owner is no longer a focal point of the country.
    """

    id: UUID
    kind: FeedKind
    country: str | None
    label: str
    created_at: datetime
    last_used_on: date | None
    works: bool


class NewFeedView(FeedView):
    """A feed just made. The addresses are shown this once; a repeated call gets null."""

    url: str | None
    webcal_url: str | None
