"""What readers see of the supply side."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProviderRef(_View):
    """A provider, in short."""

    id: UUID
    code: str | None
    name: str
    slug: str


class CourseRef(_View):
    """A course, in short."""

    id: UUID
    code: str | None
    title: str
    slug: str


class FacilityRef(_View):
    """A facility, in short."""

    id: UUID
    code: str | None
    name: str
    slug: str
    city: str
    country: str


class SkillLevel(_View):
    """A skill and the level it is taught to."""

    id: str
    level: int


class ProviderView(_View):
    """A provider as its reader may see it."""

    id: UUID
    slug: str
    code: str | None
    name: str
    name_latin: str
    type: str
    country: str
    city: str
    zone: str
    languages: tuple[str, ...]
    website: str
    contact_email: str | None
    about: str
    state: str
    state_reason: str | None
    review_by: date | None
    url: str
    version: int
    updated_at: datetime


class ClosureView(_View):
    """Days on which a facility cannot train."""

    starts_on: date
    ends_on: date
    reason: str


class FacilityView(_View):
    """A facility; ``address`` and ``places`` are null for readers who may not know them."""

    id: UUID
    slug: str
    code: str | None
    provider: ProviderRef
    name: str
    type: str
    country: str
    city: str
    zone: str
    visibility: str
    address: str | None
    places: int | None
    cleanroom_grade: str
    biosafety: str
    equipment: tuple[str, ...]
    access_rules: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    buffer_minutes: int
    about: str
    closures: tuple[ClosureView, ...]
    url: str
    version: int
    updated_at: datetime


class CourseView(_View):
    """A course."""

    id: UUID
    slug: str
    code: str | None
    provider: ProviderRef
    facility: FacilityRef | None
    title: str
    summary: str
    mode: str
    level: int
    skills: tuple[SkillLevel, ...]
    platforms: tuple[str, ...]
    languages: tuple[str, ...]
    interpretation: tuple[str, ...]
    audience: tuple[str, ...]
    eligible_countries: tuple[str, ...]
    length: float
    length_unit: str
    seats: int
    programme_status: str
    funding: str
    fee_usd: int | None
    certificate: str
    attendance_percent: int
    valid_months: int | None
    prerequisites: tuple[CourseRef, ...]
    url: str
    version: int
    updated_at: datetime


class MeetingView(_View):
    """One meeting. ``join_url`` is null for everybody who has no seat."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    mode: str
    place: str | None
    join_url: str | None = None


class SlotView(_View):
    """One dated delivery, with its seats as they are now.

    ``first_apply_by`` is the deadline as first announced, once it was extended. ``selected_at``
    says when the provider chose among those who applied. ``takes_interest``: the date is planned,
    and people can join its line before it is sure. ``series_id`` is shared by slots that
    were planned as one pattern.
    """

    id: UUID
    code: str | None
    course: CourseRef
    provider: ProviderRef
    facility: FacilityRef | None
    mode: str
    status: str
    status_reason: str
    route: str
    bookable: bool
    planned: bool
    takes_interest: bool
    seats: int
    seats_free: int
    waiting: int
    minimum_to_run: int | None
    max_per_country: int | None
    max_per_authority: int | None
    line_mode: str
    offer_hours: int | None
    decision_hours: int | None
    criteria: tuple[str, ...]
    selected_at: datetime | None
    series_id: UUID | None
    series_position: int | None
    zone: str
    country: str | None
    starts_at: datetime
    ends_at: datetime
    meetings: tuple[MeetingView, ...]
    apply_by: datetime
    first_apply_by: datetime | None
    languages: tuple[str, ...]
    interpretation: tuple[str, ...]
    level: int
    skills: tuple[SkillLevel, ...]
    platforms: tuple[str, ...]
    funding: str
    fee_usd: int | None
    note: str
    url: str
    ics_url: str
    updated_at: datetime
    sequence: int
    version: int
