"""What clients send about seats, and what readers see of them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.accounts.schemas import Email
from app.core.fields import CountryCode, Moment
from app.core.text import Line, Prose
from app.registry.schemas.views import MeetingView, SlotView


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class BookSeatIn(_In):
    """A wish for a seat; ``answers`` to what the provider asks (at most 50 short ones)."""

    note: Prose = ""
    answers: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=100)],
            Annotated[str, Field(max_length=1000)] | bool | int | None,
        ],
        Field(max_length=50),
    ] = {}


class CancelIn(_In):
    """Why a booking ends."""

    reason: Prose = ""


class AttendanceIn(_In):
    """Whether the person was there."""

    attended: bool = True


class CohortIn(_In):
    """A block of seats on a slot for a request."""

    slot: UUID
    seats: Annotated[int, Field(ge=1, le=100_000)]
    release_at: Moment | None = Field(
        default=None,
        description="Open seats return then. Default: the slot's deadline. Without an offset: "
        "wall time in the slot's zone.",
    )


class ReleaseIn(_In):
    """Why a block's open seats go back before their date."""

    reason: Prose = ""


class NominationIn(_In):
    """Who takes a seat of a block: somebody known by id, or by e-mail and name."""

    person: UUID | None = None
    email: Email | None = None
    name: Line | None = None
    country: CountryCode | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.person is None and (self.email is None or self.name is None):
            msg = "Give the person's id, or an e-mail address and a name."
            raise ValueError(msg)
        return self


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonRef(_View):
    """A person, in short; the e-mail only for those who look after the booking."""

    id: UUID
    name: str
    country: str | None
    email: str | None = None


class BookingView(_View):
    """One person's claim on one seat.

    ``position`` is the place in the waiting list, from 1. ``meetings`` carry the join link once
    the seat is confirmed.
    """

    id: UUID
    slot: SlotView
    person: PersonRef
    state: str
    held_until: datetime | None
    position: int | None
    reason: str | None
    note: str
    answers: dict[str, Any]
    cohort: UUID | None
    meetings: tuple[MeetingView, ...]
    url: str
    created_at: datetime
    updated_at: datetime
    version: int


class CohortView(_View):
    """A block of seats for a request, with the people named into it."""

    id: UUID
    request: UUID
    request_code: str | None
    slot: SlotView
    country: str
    seats: int
    seats_open: int
    release_at: datetime
    state: str
    nominations: tuple[BookingView, ...]
    created_at: datetime
    version: int


class RosterLine(_View):
    """One line of a slot's list of people, for its provider."""

    id: UUID
    person: PersonRef
    state: str
    held_until: datetime | None
    position: int | None
    entered_at: datetime
    cohort: UUID | None
    note: str
    answers: dict[str, Any]
    reason: str
