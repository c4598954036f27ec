"""What clients send about the supply side."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.core.fields import (
    CountryCode,
    CountryCodes,
    Day,
    LanguageCodes,
    Moment,
    ZoneName,
    once,
)
from app.core.text import Line, OptionalLine, Prose, Storable
from app.registry.rules import ProviderState, Route
from app.taxonomy.fields import (
    AccessRules,
    AudienceSectors,
    Biosafety,
    CancellationReason,
    Certificate,
    CleanroomGrade,
    DeliveryMode,
    Equipment,
    FacilityType,
    FundingType,
    PlatformIds,
    ProgrammeStatus,
    ProviderType,
    SkillId,
)

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$")]
"""A provider's own reference."""

Ref = Annotated[str, Field(min_length=1, max_length=80), Storable]
"""An id, or a slug where the thing has one."""


def _fits(length: int) -> AfterValidator:
    """Refuses an address that is longer than ``length`` once it is written out."""

    def check(value: HttpUrl) -> HttpUrl:
        if len(str(value)) > length:
            raise PydanticCustomError(
                "string_too_long",
                "Please use at most {max_length} characters.",
                {"max_length": length},
            )
        return value

    return AfterValidator(check)


Website = Annotated[HttpUrl, _fits(300)]
JoinUrl = Annotated[HttpUrl, _fits(500)]

SeatCount = Annotated[int, Field(ge=1, le=100_000)]
BufferMinutes = Annotated[int, Field(ge=0, le=10_080)]
"""Minutes after each meeting in which a place or thing is made ready again; up to a week."""

Level = Annotated[int, Field(ge=1, le=4)]
FeeUsd = Annotated[int, Field(ge=0, le=1_000_000)]
SlotResources = Annotated[list[UUID], Field(max_length=50)]
OpenVisibility = Literal["public", "network", "need-to-know"]
LineMode = Literal["offer", "confirm"]
OfferHours = Annotated[int, Field(ge=1, le=720)]
DecisionHours = Annotated[int, Field(ge=1, le=2160)]
Percent = Annotated[int, Field(ge=1, le=100)]
Months = Annotated[int, Field(ge=1, le=600)]

Criterion = Literal[
    "ldc-first",
    "lldc-first",
    "sids-first",
    "women-first",
    "regulators-first",
    "new-country-first",
    "earliest",
]
"""By what applicants are ranked; see the rules of selection in the booking feature."""

Criteria = Annotated[tuple[Criterion, ...], once]


def _skill_row(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ProviderIn(_In):
    """An application to join the network."""

    name: Line
    name_latin: OptionalLine = ""
    code: Code | None = None
    type: ProviderType
    country: CountryCode
    city: OptionalLine = ""
    zone: ZoneName | None = Field(default=None, description="Default: the country's capital.")
    languages: Annotated[LanguageCodes, Field(min_length=1)]
    website: Website | None = None
    contact_email: EmailStr | None = None
    about: Prose = ""


class ProviderPatch(_In):
    """Changes of a provider; what is left out stays."""

    name: Line | None = None
    name_latin: OptionalLine | None = None
    code: Code | None = None
    type: ProviderType | None = None
    city: OptionalLine | None = None
    zone: ZoneName | None = None
    languages: Annotated[LanguageCodes, Field(min_length=1)] | None = None
    website: Website | None = None
    contact_email: EmailStr | None = None
    about: Prose | None = None
    version: int | None = Field(default=None, description="Refuse when it changed meanwhile.")


class VerificationIn(_In):
    """The secretariat's decision on a provider."""

    state: ProviderState
    reason: Prose = ""


class FacilityIn(_In):
    """A place where people are trained."""

    provider: Ref
    name: Line
    code: Code | None = None
    type: FacilityType
    country: CountryCode | None = Field(default=None, description="Default: the provider's.")
    city: Line
    zone: ZoneName | None = Field(default=None, description="Default: the provider's.")
    address: Prose = ""
    visibility: OpenVisibility = "public"
    places: SeatCount
    cleanroom_grade: CleanroomGrade = "none"
    biosafety: Biosafety | Literal[""] = ""
    equipment: Equipment = ()
    access_rules: AccessRules = ()
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    buffer_minutes: BufferMinutes = 0
    about: Prose = ""


class FacilityPatch(_In):
    """Changes of a facility; what is left out stays. The zone is fixed: slots depend on it."""

    name: Line | None = None
    code: Code | None = None
    type: FacilityType | None = None
    city: Line | None = None
    address: Prose | None = None
    visibility: OpenVisibility | None = None
    places: SeatCount | None = None
    cleanroom_grade: CleanroomGrade | None = None
    biosafety: Biosafety | Literal[""] | None = None
    equipment: Equipment | None = None
    access_rules: AccessRules | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    buffer_minutes: BufferMinutes | None = Field(
        default=None, description="Counts for slots that are published or moved from now on."
    )
    about: Prose | None = None
    version: int | None = None


class ClosureIn(_In):
    """Days on which the facility cannot train (both ends included, in its zone)."""

    starts_on: Day
    ends_on: Day
    reason: Line


class SkillLevelIn(_In):
    """A skill taught; ``level`` defaults to the course's."""

    id: SkillId
    level: Level | None = None


class CourseIn(_In):
    """What is taught."""

    provider: Ref
    facility: Ref | None = Field(default=None, description="Usual place.")
    title: Line
    code: Code | None = None
    summary: Prose = ""
    mode: DeliveryMode
    level: Level
    skills: Annotated[
        list[Annotated[SkillLevelIn, BeforeValidator(_skill_row)]],
        Field(min_length=1, max_length=20),
    ]
    platforms: Annotated[PlatformIds, Field(min_length=1)] = ("all",)
    languages: Annotated[LanguageCodes, Field(min_length=1)]
    interpretation: LanguageCodes = ()
    audience: Annotated[AudienceSectors, Field(min_length=1)] = ("any",)
    eligible_countries: CountryCodes = ()
    length: Annotated[float, Field(gt=0, le=1000)]
    length_unit: Literal["days", "hours"] = "days"
    seats: SeatCount
    programme_status: ProgrammeStatus = "established"
    funding: FundingType
    fee_usd: FeeUsd | None = None
    certificate: Certificate = "attendance"
    attendance_percent: Percent = Field(default=80, description="Share of meetings to attend.")
    valid_months: Months | None = Field(default=None, description="Default: stays good.")
    prerequisites: Annotated[list[Ref], Field(max_length=20)] = []


class CoursePatch(_In):
    """Changes of a course; what is left out stays."""

    facility: Ref | None = None
    title: Line | None = None
    code: Code | None = None
    summary: Prose | None = None
    level: Level | None = None
    skills: (
        Annotated[
            list[Annotated[SkillLevelIn, BeforeValidator(_skill_row)]],
            Field(min_length=1, max_length=20),
        ]
        | None
    ) = None
    platforms: Annotated[PlatformIds, Field(min_length=1)] | None = None
    languages: Annotated[LanguageCodes, Field(min_length=1)] | None = None
    interpretation: LanguageCodes | None = None
    audience: Annotated[AudienceSectors, Field(min_length=1)] | None = None
    eligible_countries: CountryCodes | None = None
    seats: SeatCount | None = None
    programme_status: ProgrammeStatus | None = None
    funding: FundingType | None = None
    fee_usd: FeeUsd | None = None
    certificate: Certificate | None = None
    attendance_percent: Percent | None = None
    valid_months: Months | None = None
    prerequisites: Annotated[list[Ref], Field(max_length=20)] | None = None
    version: int | None = None


class MeetingIn(_In):
    """One contiguous block of time.

    ``starts_at`` and ``ends_at`` without an offset are wall time in the slot's zone; with an
    offset (or ``Z``) they are that instant. A wall time that the zone skips is refused, one that
    happens twice has to be sent with its offset.
    """

    starts_at: Moment
    ends_at: Moment
    mode: DeliveryMode | None = None
    place: OptionalLine | None = None
    join_url: JoinUrl | None = Field(default=None, description="Shown to booked people only.")


class SlotTerms(_In):
    """What a dated delivery of a course says beside its times."""

    course: Ref
    facility: Ref | None = Field(default=None, description="Default: the course's, on location.")
    code: Code | None = None
    mode: DeliveryMode | None = None
    status: Literal["draft", "tentative", "confirmed"] = "draft"
    route: Route = Route.OPEN
    seats: SeatCount | None = None
    overbook: Annotated[int, Field(ge=0, le=1000)] = 0
    minimum_to_run: SeatCount | None = None
    max_per_country: SeatCount | None = None
    max_per_authority: SeatCount | None = Field(default=None, description="Of one employer.")
    line_mode: LineMode = Field(
        default="offer",
        description="A seat that comes free is offered to the next in line, or theirs at once.",
    )
    offer_hours: OfferHours | None = Field(
        default=None, description="How long an offer stands. Default: as the network has it."
    )
    decision_hours: DecisionHours | None = Field(
        default=None, description="The provider clears each person within. Default: no need."
    )
    criteria: Criteria = Field(default=(), description="Ranks applicants, the first one first.")
    resources: SlotResources = Field(
        default=[], description="Equipment and trainers of the provider that all meetings need."
    )
    zone: ZoneName | None = None
    note: Prose = ""


class SlotIn(SlotTerms):
    """One dated, bookable delivery of a course. Give ``meetings``, or one start and end."""

    meetings: Annotated[list[MeetingIn], Field(max_length=366)] = []
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    apply_by: Moment | None = Field(default=None, description="Default: the start.")


class SlotPatch(_In):
    """Changes of a slot; what is left out stays. ``meetings`` replaces all of them, in order."""

    facility: Ref | None = None
    code: Code | None = None
    mode: DeliveryMode | None = None
    status: Literal["tentative", "confirmed", "completed"] | None = None
    route: Route | None = None
    seats: SeatCount | None = None
    overbook: Annotated[int, Field(ge=0, le=1000)] | None = None
    minimum_to_run: SeatCount | None = None
    max_per_country: SeatCount | None = None
    max_per_authority: SeatCount | None = None
    line_mode: LineMode | None = None
    offer_hours: OfferHours | None = None
    decision_hours: DecisionHours | None = None
    criteria: Criteria | None = None
    meetings: Annotated[list[MeetingIn], Field(min_length=1, max_length=366)] | None = None
    apply_by: Moment | None = None
    resources: SlotResources | None = Field(
        default=None, description="All that the slot needs from now on; an empty list: nothing."
    )
    note: Prose | None = None
    version: int | None = None


class CancellationIn(_In):
    """Why a slot is cancelled; people booked on it and every calendar are told.

    ``reason`` is a term of the vocabulary ``cancellation_reasons``. A sentence in its place is
    taken as the note, with the reason ``other``.
    """

    reason: CancellationReason = "other"
    note: Prose = ""

    @model_validator(mode="before")
    @classmethod
    def _sentence(cls, value: Any) -> Any:
        if isinstance(value, dict) and not value.get("note"):
            said = value.get("reason")
            if isinstance(said, str) and " " in said.strip():
                return {**value, "reason": "other", "note": said}
        return value
