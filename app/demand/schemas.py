"""The shapes of the demand side: what clients send, filter by and read."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.core.fields import CountryCode, Day, LanguageCodes, RegionCode
from app.core.text import OptionalLine, Prose, Storable
from app.demand.rules import MAX_PEOPLE, NeedFacts, RequestState, Travel
from app.taxonomy.fields import (
    DeliveryMode,
    DeliveryModes,
    DomainId,
    EvidenceBasis,
    PlatformId,
    Sector,
    SkillId,
)

_HALF_EARTH_KM = 20_100  # no two places are farther apart
_MAX_FEE = 1_000_000


def _unset() -> Any:
    """May be left out of a patch, but not be null: there is nothing to clear."""
    return Field(default=None)


def _no_any(value: Any) -> Any:
    """``any`` mode means no limit, as an empty list does."""
    items = [value] if isinstance(value, str) else value
    if isinstance(items, list | tuple) and "any" in items:
        return ()
    return items


def _given(value: Any) -> Any:
    """Leave out what a browser sends for "any": empty texts."""
    return [item for item in value if item != ""] if isinstance(value, list) else value


Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$")]
"""A country's own reference of a request."""

People = Annotated[int, Field(ge=1, le=MAX_PEOPLE)]
Degree = Annotated[int, Field(ge=1, le=4)]
"""Urgency, significance, or a level of skill."""

Modes = Annotated[DeliveryModes, BeforeValidator(_no_any)]
Languages = Annotated[LanguageCodes, Field(min_length=1, max_length=20)]
Kilometres = Annotated[int, Field(ge=1, le=_HALF_EARTH_KM)]
FeeUsd = Annotated[int, Field(ge=0, le=_MAX_FEE)]
Reason = Annotated[Prose, Field(min_length=1)]


class _In(BaseModel):
    # A field nobody knows is refused: a misspelt one would otherwise be lost in silence.
    model_config = ConfigDict(extra="forbid")


class NeedIn(_In):
    """One line of a request: so many people, a skill at a level, for a product type."""

    skill: SkillId
    level: Degree = Field(description="1 awareness to 4 trainer.")
    platform: PlatformId = Field(default="all", description="A product type, or `all`.")
    people: People
    weight: Annotated[int, Field(ge=1, le=100)] = 1

    def facts(self) -> NeedFacts:
        """What rules look at."""
        return NeedFacts(self.skill, self.level, self.platform, self.people)


# A list: a tuple whose only item is wrong would be called too short as well.
Needs = Annotated[list[NeedIn], Field(min_length=1, max_length=20)]


class GapRequestIn(_In):
    """A skill-gap request of a country."""

    country: CountryCode | None = Field(
        default=None, description="Default: the only country that the caller speaks for."
    )
    code: Code | None = None
    office: OptionalLine = ""
    needs: Needs
    sector: Sector
    urgency: Degree = Field(description="1 low to 4 critical.")
    significance: Degree = Field(description="1 minor to 4 nobody qualified.")
    evidence: EvidenceBasis = "expert-judgement"
    evidence_note: Prose = ""
    earliest: Day | None = Field(default=None, description="Default: today.")
    needed_by: Day
    modes: Modes = Field(default=(), description="Empty: any.")
    languages: Languages = Field(description="The preferred one first.")
    remote_only: bool = False
    travel: Travel = Travel.ANYWHERE
    travel_limit_km: Kilometres | None = None
    fee_limit: FeeUsd | None = Field(default=None, description="US dollars a person.")
    funding_note: Prose = ""
    publish: bool = Field(default=False, description="The country agrees to show it publicly.")
    note: Prose = ""
    submit: bool = Field(default=False, description="File it at once, instead of as a draft.")


class GapRequestPatch(_In):
    """Changes of a request; what is left out stays. The country never changes."""

    code: Code | None = None
    office: OptionalLine = _unset()
    needs: Needs = _unset()
    sector: Sector = _unset()
    urgency: Degree = _unset()
    significance: Degree = _unset()
    evidence: EvidenceBasis = _unset()
    evidence_note: Prose = _unset()
    earliest: Day = _unset()
    needed_by: Day = _unset()
    modes: Modes = _unset()
    languages: Languages = _unset()
    remote_only: bool = _unset()
    travel: Travel = _unset()
    travel_limit_km: Kilometres | None = None
    fee_limit: FeeUsd | None = None
    funding_note: Prose = _unset()
    publish: bool = _unset()
    note: Prose = _unset()
    version: int | None = Field(
        default=None, description="The version that was read; refused when it changed meanwhile."
    )


class GapRequestForm(_In):
    """The page that changes a request: every field is there, so an empty one is emptied."""

    code: Code | None = None
    office: OptionalLine = ""
    needs: Needs
    sector: Sector
    urgency: Degree
    significance: Degree
    evidence: EvidenceBasis
    evidence_note: Prose = ""
    earliest: Day
    needed_by: Day
    modes: Modes = ()
    languages: Languages
    remote_only: bool = False
    travel: Travel = Travel.ANYWHERE
    travel_limit_km: Kilometres | None = None
    fee_limit: FeeUsd | None = None
    funding_note: Prose = ""
    publish: bool = False
    note: Prose = ""
    version: int

    def patch(self) -> GapRequestPatch:
        """The same as changes of every field."""
        return GapRequestPatch.model_validate(self.model_dump())


class WithdrawIn(_In):
    """Why the country takes the request back."""

    reason: Reason


class CloseIn(_In):
    """How the request ended, other than by people trained through the network."""

    outcome: Literal["met", "expired"]
    reason: Reason


class RequestFilter(BaseModel):
    """The filters of requests, the same for page and API; a repeated one means "any of"."""

    q: Annotated[str, Field(max_length=200), Storable] = ""
    country: Annotated[list[CountryCode], BeforeValidator(_given), Field(max_length=250)] = []
    region: Annotated[list[RegionCode], BeforeValidator(_given), Field(max_length=50)] = []
    skill: Annotated[list[SkillId], BeforeValidator(_given), Field(max_length=50)] = []
    domain: Annotated[list[DomainId], BeforeValidator(_given), Field(max_length=50)] = []
    platform: Annotated[list[PlatformId], BeforeValidator(_given), Field(max_length=50)] = []
    mode: Annotated[list[DeliveryMode], BeforeValidator(_given), Field(max_length=50)] = []
    state: Annotated[list[RequestState], BeforeValidator(_given), Field(max_length=10)] = []
    urgency: Annotated[list[Degree], BeforeValidator(_given), Field(max_length=4)] = []
    significance: Annotated[list[Degree], BeforeValidator(_given), Field(max_length=4)] = []
    sector: Annotated[list[Sector], BeforeValidator(_given), Field(max_length=50)] = []
    code: Annotated[
        list[Annotated[str, Field(max_length=200), Storable]],
        BeforeValidator(_given),
        Field(max_length=200),
    ] = []


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class NeedView(_View):
    """One line of a request."""

    skill: str
    level: int
    platform: str
    people: int
    weight: int


class RequestView(_View):
    """A request as its reader may see it.

    What only the country and the secretariat read (office, notes, reasons, likely duplicates) is
    null for everybody else.
    """

    id: UUID
    code: str | None
    title: str
    country: str
    state: str
    state_reason: str | None
    needs: tuple[NeedView, ...]
    people: int
    sector: str
    urgency: int
    significance: int
    evidence: str
    evidence_note: str | None
    earliest: date
    needed_by: date
    modes: tuple[str, ...]
    languages: tuple[str, ...]
    remote_only: bool
    travel: str
    travel_limit_km: int | None
    fee_limit: int | None
    funding_note: str | None
    publish: bool
    office: str | None
    note: str | None
    seats_asked: int
    seats_held: int
    seats_met: int
    possible_duplicates: tuple[UUID, ...] | None
    url: str
    version: int
    created_at: datetime
    updated_at: datetime


class RequestCard(_View):
    """A request in a list of cards, ready to show."""

    url: str
    title: str
    country: str
    people: int
    held: int
    met: int
    urgency: int
    urgency_label: str
    significance: int
    significance_label: str
    needed_by: str
    state: str
    state_label: str
