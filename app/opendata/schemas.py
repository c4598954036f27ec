"""The published columns of each data set, and nothing else.

What is not a field here is in no file. Ids of vocabularies stay ids; the labels are in the API.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

LICENCE = "CC BY 4.0 unless the network says otherwise"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class TaughtSkill(_Row):
    """A skill and the level it is taught to."""

    skill: str
    level: int


class Need(_Row):
    """One line of a request."""

    skill: str
    level: int
    platform: str
    people: int


Ids: TypeAlias = tuple[str, ...]
Id = Annotated[UUID, Field(description="Never changes (UUID)")]
Code = Annotated[str | None, Field(description="The owner's own reference")]
ProviderId = Annotated[UUID, Field(description="The provider: column id of providers")]
FacilityId = Annotated[
    UUID | None, Field(description="Where: column id of facilities; empty when remote")
]
Country = Annotated[str, Field(description="ISO 3166-1 alpha-2")]
Zone = Annotated[str, Field(description="IANA time zone of the place")]
Languages = Annotated[Ids, Field(description="ISO 639-1")]
Platforms = Annotated[Ids, Field(description="Product types; all: every one")]
Skills = Annotated[
    tuple[TaughtSkill, ...],
    Field(description="Skills with the level they are taught to; in CSV skill:level"),
]
Level = Annotated[int, Field(description="1 awareness to 4 trainer")]
Funding = Annotated[str, Field(description="Who pays (vocabulary funding_types)")]
Fee = Annotated[int | None, Field(description="US dollars a person; empty: not stated")]
Page = Annotated[str, Field(description="The page about it")]
Updated = Annotated[datetime, Field(description="Last change (UTC)")]


class ProviderRow(_Row):
    """A provider."""

    id: Id
    code: Code
    name: Annotated[str, Field(description="In its own script")]
    name_latin: Annotated[str, Field(description="In Latin letters, when that differs")]
    type: Annotated[str, Field(description="Kind of organisation (vocabulary provider_types)")]
    country: Country
    city: Annotated[str, Field(description="Town of its seat")]
    zone: Zone
    languages: Annotated[Ids, Field(description="It teaches in (ISO 639-1)")]
    website: Annotated[str, Field(description="Its own site, as it states it")]
    about: Annotated[str, Field(description="In its own words")]
    state: Annotated[str, Field(description="verified or in-review")]
    url: Page
    updated_at: Updated


class FacilityRow(_Row):
    """A facility; of one that is not public only what the network's calendars say too."""

    id: Id
    code: Code
    provider_id: ProviderId
    visibility: Annotated[
        str, Field(description="public; else the columns marked * below are empty")
    ]
    name: Annotated[str | None, Field(description="* What it is called")]
    type: Annotated[str, Field(description="Kind of place (vocabulary facility_types)")]
    country: Country
    city: Annotated[str, Field(description="Town")]
    zone: Zone
    places: Annotated[int | None, Field(description="* People who can train at once")]
    address: Annotated[str | None, Field(description="* Street address")]
    latitude: Annotated[float | None, Field(description="* Degrees, WGS 84")]
    longitude: Annotated[float | None, Field(description="* Degrees, WGS 84")]
    cleanroom_grade: Annotated[str, Field(description="Best grade, as stated")]
    biosafety: Annotated[str, Field(description="Biosafety level, as stated")]
    equipment: Annotated[Ids, Field(description="What it has (equipment_categories)")]
    access_rules: Annotated[Ids, Field(description="What it asks of people (access_requirements)")]
    about: Annotated[str | None, Field(description="* In the provider's words")]
    url: Annotated[str | None, Field(description="* The page about it")]
    updated_at: Updated


class CourseRow(_Row):
    """A course."""

    id: Id
    code: Code
    provider_id: ProviderId
    facility_id: FacilityId
    title: Annotated[str, Field(description="In the provider's words")]
    summary: Annotated[str, Field(description="In the provider's words")]
    mode: Annotated[str, Field(description="How it is taught (vocabulary delivery_modes)")]
    level: Level
    skills: Skills
    platforms: Platforms
    languages: Languages
    interpretation: Annotated[Ids, Field(description="Languages it is interpreted into")]
    audience: Annotated[Ids, Field(description="Sectors it is for (audience_sectors)")]
    eligible_countries: Annotated[Ids, Field(description="Only for these; empty: for all")]
    length: Annotated[float, Field(description="In length_unit")]
    length_unit: Annotated[str, Field(description="days or hours")]
    seats: Annotated[int, Field(description="Usual number of seats")]
    programme_status: Annotated[str, Field(description="established, planned, paused, retired")]
    funding: Funding
    fee_usd: Fee
    certificate: Annotated[str, Field(description="What people get (vocabulary certificates)")]
    prerequisites: Annotated[tuple[UUID, ...], Field(description="Courses to be passed before")]
    url: Page
    updated_at: Updated


class SlotRow(_Row):
    """A dated delivery of a course."""

    id: Id
    code: Code
    course_id: Annotated[UUID, Field(description="The course: column id of courses")]
    course_title: Annotated[str, Field(description="The course's title")]
    provider_id: ProviderId
    provider_name: Annotated[str, Field(description="The provider's name")]
    facility_id: FacilityId
    city: Annotated[str | None, Field(description="Town; empty when remote")]
    country: Annotated[str | None, Field(description="ISO 3166-1 alpha-2; empty when remote")]
    zone: Zone
    mode: Annotated[str, Field(description="How it is taught (vocabulary delivery_modes)")]
    status: Annotated[str, Field(description="tentative, confirmed, cancelled or completed")]
    planned: Annotated[bool, Field(description="Announced, not certain yet")]
    bookable: Annotated[bool, Field(description="Applications were open at the last reading")]
    starts_at: Annotated[datetime, Field(description="Start of the first meeting (UTC)")]
    ends_at: Annotated[datetime, Field(description="End of the last meeting (UTC)")]
    meetings: Annotated[Ids, Field(description="Start/end of each meeting (UTC, ISO 8601)")]
    apply_by: Annotated[datetime, Field(description="Deadline of applications (UTC)")]
    seats: Annotated[int, Field(description="Seats in all")]
    seats_free: Annotated[int, Field(description="Seats free at the last reading")]
    waiting: Annotated[int, Field(description="People on the waiting list then")]
    level: Level
    skills: Skills
    platforms: Platforms
    languages: Languages
    funding: Funding
    fee_usd: Fee
    url: Page
    ics_url: Annotated[str, Field(description="The slot as a calendar file")]
    updated_at: Updated


class RequestRow(_Row):
    """A skill-gap request that its country agreed to publish."""

    id: Id
    code: Code
    country: Country
    state: Annotated[str, Field(description="Where it stands (vocabulary request_states)")]
    needs: Annotated[
        tuple[Need, ...], Field(description="What is lacked; in CSV skill:level:platform:people")
    ]
    people: Annotated[int, Field(description="People to be trained, over all needs")]
    seats_held: Annotated[int, Field(description="Seats held for them")]
    seats_met: Annotated[int, Field(description="People trained through the network")]
    sector: Annotated[str, Field(description="Where they work (vocabulary audience_sectors)")]
    urgency: Annotated[int, Field(description="1 low to 4 critical")]
    significance: Annotated[int, Field(description="1 minor to 4 nobody qualified")]
    evidence: Annotated[str, Field(description="What it rests on (evidence_basis)")]
    earliest: Annotated[date, Field(description="First day of the window")]
    needed_by: Annotated[date, Field(description="Last day of the window")]
    modes: Annotated[Ids, Field(description="Ways of teaching that fit; empty: any")]
    languages: Annotated[Ids, Field(description="ISO 639-1, the preferred one first")]
    remote_only: Annotated[bool, Field(description="Nobody can travel")]
    travel: Annotated[str, Field(description="anywhere, region, country or none")]
    url: Page
    created_at: Annotated[datetime, Field(description="First written (UTC)")]
    updated_at: Updated


class SkillRow(_Row):
    """A skill of the taxonomy."""

    id: Annotated[str, Field(description="As in the other files")]
    label: Annotated[str, Field(description="What it is called, in English")]
    definition: Annotated[str, Field(description="What somebody with it can do")]
    domain: Annotated[str, Field(description="Id of its domain")]
    domain_label: Annotated[str, Field(description="The domain's name")]
    area: Annotated[str, Field(description="Id of its area")]
    area_label: Annotated[str, Field(description="The area's name")]
    platforms: Platforms
    synonyms: Annotated[Ids, Field(description="Other names")]
    mode: Annotated[str, Field(description="Usually taught hands-on, classroom or either")]
    gbt: Annotated[str | None, Field(description="Function of the WHO Global Benchmarking Tool")]
    sources: Annotated[Ids, Field(description="Public documents it is anchored in")]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set: its name in addresses, its title, what it holds, and its columns."""

    name: str
    title: str
    about: str
    row: type[BaseModel]

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and description of each column, in the order of the files."""
        fields = self.row.model_fields.items()
        return tuple((name, field.description or "") for name, field in fields)


DATA_SETS = {
    each.name: each
    for each in (
        DataSet(
            "slots",
            "Slots",
            "Dated classes and hands-on training with their seats: those to come and those of the"
            " last twelve months. Drafts are left out, cancelled ones are not.",
            SlotRow,
        ),
        DataSet("courses", "Courses", "What providers teach.", CourseRow),
        DataSet(
            "providers",
            "Providers",
            "Training providers that are verified or in review.",
            ProviderRow,
        ),
        DataSet(
            "facilities",
            "Facilities",
            "Places where people train. Of those that are not public neither name nor address,"
            " position or number of places is given.",
            FacilityRow,
        ),
        DataSet(
            "requests",
            "Skill-gap requests",
            "What countries lack and agreed to publish.",
            RequestRow,
        ),
        DataSet("skills", "Skills", "The skills that all other files refer to.", SkillRow),
    )
}
"""Every data set by name, in the order of the page."""
