"""What clients send about seats, and what readers see of them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.schemas import SomebodyIn
from app.booking.rules.shares import Group
from app.core.fields import CountryCode, CountryCodes, Moment
from app.core.text import OptionalLine, Prose
from app.registry.schemas.views import MeetingView, SlotView


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class BookSeatIn(_In):
    """A wish for a seat; ``answers`` to what the provider asks (at most 50 short ones).

    ``groups``: what a person says of themselves, for seats that are kept for a group.
    """

    note: Prose = ""
    groups: Annotated[list[Literal["women"]], Field(max_length=1)] = []
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


class DayIn(_In):
    """Whether the person was at one meeting."""

    meeting: UUID
    present: bool = True


class DecisionIn(_In):
    """A provider's decision about a seat that somebody asked for."""

    approve: bool
    reason: Prose = ""


class ReasonIn(_In):
    """Why something is decided; kept, and told to the person."""

    reason: Prose = ""


class AttendanceIn(_In):
    """Whether the person was there, and how the assessment went.

    With ``days`` and without ``attended`` the days decide, once all of them are known.
    """

    attended: bool = True
    days: Annotated[tuple[DayIn, ...], Field(max_length=200)] = ()
    result: Literal["passed", "failed"] | None = None
    result_note: Prose = ""


class MarkIn(_In):
    """Whether one person was at one meeting."""

    booking: UUID
    meeting: UUID
    present: bool


class ResultIn(_In):
    """How one person's assessment went; null takes a result back."""

    booking: UUID
    result: Literal["passed", "failed"] | None
    note: Prose = ""


class AttendanceListIn(_In):
    """Who was at which meeting, and how they did: all of it is recorded, or nothing."""

    marks: Annotated[tuple[MarkIn, ...], Field(max_length=20_000)] = ()
    results: Annotated[tuple[ResultIn, ...], Field(max_length=2_000)] = ()


class PersonForm(_In):
    """One line of the attendance page: ``present`` names the meetings the person was at."""

    booking: UUID
    present: tuple[UUID, ...] = ()
    result: Literal["passed", "failed"] | None = None


class RollForm(_In):
    """The attendance page as it is sent: only ``meetings`` are recorded.

    ``everybody``: all people listed were at all of these meetings.
    """

    meetings: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()
    people: Annotated[tuple[PersonForm, ...], Field(max_length=1000)] = ()
    everybody: bool = False
    assessed: bool = False

    def marks(self) -> AttendanceListIn:
        """The form as one list of marks and results."""
        marks = tuple(
            MarkIn(
                booking=person.booking,
                meeting=meeting,
                present=self.everybody or meeting in person.present,
            )
            for person in self.people
            for meeting in self.meetings
        )
        results = tuple(
            ResultIn(booking=person.booking, result=person.result) for person in self.people
        )
        return AttendanceListIn(marks=marks, results=results if self.assessed else ())


class CohortIn(_In):
    """A block of seats on a slot for a request."""

    slot: UUID
    seats: Annotated[int, Field(ge=1, le=100_000)]
    release_at: Moment | None = Field(
        default=None,
        description="Open seats return then. Default: the slot's deadline. Without an offset: "
        "wall time in the slot's zone.",
    )
    wait: bool = Field(
        default=False, description="Join the slot's line when the seats cannot be had at once."
    )
    partial_ok: bool = Field(
        default=False, description="In line: take fewer seats when they come free first."
    )


class ReleaseDateIn(_In):
    """When a block's open seats go back; without an offset: wall time in the slot's zone."""

    release_at: Moment


class ReleaseIn(_In):
    """Why a block's open seats go back before their date."""

    reason: Prose = ""


class NominationIn(SomebodyIn):
    """Who takes a seat of a block: somebody known by id, or by e-mail and name."""

    country: CountryCode | None = None


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonRef(_View):
    """A person, in short; the e-mail only for those who look after the booking."""

    id: UUID
    name: str
    country: str | None
    email: str | None = None


class SelectionNote(_View):
    """What the selection among a slot's applicants gave this one, and why.

    ``place`` is the one among those selected, or in the reserve.
    """

    result: str
    place: int | None
    reason: str


class BookingView(_View):
    """One person's claim on one seat.

    ``position`` is the place in the waiting list, from 1, and ``why_waiting`` says why there is no
    seat yet. ``decide_by``: the provider has to decide about this seat by then. ``meetings``
    carry the join link once the seat is confirmed. ``at_risk`` names what the person has lost, or
    will have lost by the slot's end: ``prerequisite``, or ids of the site's access rules.
    """

    id: UUID
    slot: SlotView
    person: PersonRef
    state: str
    held_until: datetime | None
    position: int | None
    why_waiting: str | None = None
    decide_by: datetime | None = None
    reason: str | None
    note: str
    answers: dict[str, Any]
    cohort: UUID | None
    named_by: str | None = Field(default=None, description="Who booked, if on behalf.")
    replaces: UUID | None = None
    meetings: tuple[MeetingView, ...]
    selection: SelectionNote | None = None
    at_risk: tuple[str, ...] = ()
    url: str
    created_at: datetime
    updated_at: datetime
    version: int


class AheadView(_View):
    """Who is ahead in a line: so many people, and groups of so many seats each."""

    people: int
    groups: tuple[int, ...]


class CohortView(_View):
    """A block of seats for a request, with the people named into it.

    While it waits in line, ``position`` counts from 1 (a group is one entry), ``ahead`` says who
    comes first, and ``why_waiting`` why it has no seats yet.
    """

    id: UUID
    request: UUID
    request_code: str | None
    slot: SlotView
    country: str
    seats: int
    seats_open: int
    release_at: datetime
    state: str
    partial_ok: bool
    position: int | None = None
    ahead: AheadView | None = None
    why_waiting: str | None = None
    reason: str
    nominations: tuple[BookingView, ...]
    taken_by: str
    created_at: datetime
    version: int


class RollLine(_View):
    """One person who is expected, with the meetings they were at; None: not recorded yet."""

    id: UUID
    person: PersonRef
    organisation: str
    state: str
    days: dict[UUID, bool]
    result: str | None
    result_note: str


class RosterLine(_View):
    """One line of a slot's list of people, for its provider."""

    id: UUID
    person: PersonRef
    state: str
    held_until: datetime | None
    position: int | None
    why_waiting: str | None = None
    at_risk: tuple[str, ...] = ()
    entered_at: datetime
    cohort: UUID | None
    note: str
    answers: dict[str, Any]
    reason: str


class ShareIn(_In):
    """Seats to keep for a group, of those that are free; or seats that a sponsor adds for it."""

    kept_for: Group
    countries: CountryCodes = ()
    seats: Annotated[int, Field(ge=1, le=100_000)]
    until: Moment | None = Field(
        default=None,
        description="Then anybody can have them. Default: the slot's deadline. Without an offset: "
        "wall time in the slot's zone.",
    )
    adds_seats: bool = Field(default=False, description="The seats come on top of those there are.")
    sponsor: OptionalLine = Field(default="", description="Who pays for them.")


class ShareEndIn(_In):
    """Why kept seats go to everybody before their time."""

    reason: Annotated[Prose, Field(min_length=1)]


class ShareView(_View):
    """Seats of a slot that are kept for a group.

    ``taken`` and ``open`` are for the slot's provider and the secretariat.
    """

    id: UUID
    slot: UUID
    kept_for: str
    label: str
    countries: tuple[str, ...]
    seats: int
    taken: int | None
    open: int | None
    until: datetime
    in_force: bool
    added_seats: int
    sponsor: str
    ended_reason: str


class OutcomeView(_View):
    """What the selection gave, or would give, one applicant, with what it was decided by.

    ``position`` is the place in the order of all who are eligible, ``place`` the one among those
    selected or in the reserve.
    """

    booking: UUID
    person: PersonRef
    applied_at: datetime
    groups: tuple[str, ...]
    passed: tuple[str, ...]
    missing: tuple[str, ...]
    result: str
    position: int | None
    place: int | None
    stopped_by: str
    reason: str


class SelectionView(_View):
    """The selection among a slot's applicants: as it was made, or as it would be made now.

    ``made_at`` is None before it was made; it can be made once ``deadline`` has passed.
    """

    slot: UUID
    made_at: datetime | None
    deadline: datetime
    order: tuple[str, ...]
    order_text: str
    seats: int
    max_per_country: int | None
    max_per_authority: int | None
    outcomes: tuple[OutcomeView, ...]
