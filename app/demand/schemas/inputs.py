"""What clients send about a request itself."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.core.fields import CountryCode, Day, LanguageCodes
from app.core.text import OptionalLine, Prose
from app.demand.rules import MAX_PEOPLE, NeedFacts, Travel
from app.taxonomy.fields import (
    DeliveryModes,
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


Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$")]
"""A country's own reference of a request."""

People = Annotated[int, Field(ge=1, le=MAX_PEOPLE)]
Degree = Annotated[int, Field(ge=1, le=4)]
"""Urgency, significance, or a level of skill."""

Modes = Annotated[DeliveryModes, BeforeValidator(_no_any)]
Languages = Annotated[LanguageCodes, Field(min_length=1, max_length=20)]
Kilometres = Annotated[int, Field(ge=1, le=_HALF_EARTH_KM)]
FeeUsd = Annotated[int, Field(ge=0, le=_MAX_FEE)]
LevelNow = Annotated[int, Field(ge=0, le=4)]
"""Where the people stand today; 0: they know nothing of it yet."""

PublishDetail = Literal["full", "figures"]
"""What is public of a request that its country agreed to publish: the request, or its counts."""


class Sent(BaseModel):
    """What a client sends."""

    # A field nobody knows is refused: a misspelt one would otherwise be lost in silence.
    model_config = ConfigDict(extra="forbid")


class NeedIn(Sent):
    """One line of a request: so many people, a skill at a level, for a product type."""

    skill: SkillId
    level: Degree = Field(description="1 awareness to 4 trainer.")
    platform: PlatformId = Field(default="all", description="A product type, or `all`.")
    people: People
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    role: OptionalLine = Field(default="", description="What the people do.")
    level_now: LevelNow | None = Field(
        default=None, description="Where they stand today, 0 nothing to 4 trainer; null: not said."
    )

    def facts(self) -> NeedFacts:
        """What rules look at."""
        return NeedFacts(self.skill, self.level, self.platform, self.people)


# A list: a tuple whose only item is wrong would be called too short as well.
Needs = Annotated[list[NeedIn], Field(min_length=1, max_length=20)]


class GapRequestIn(Sent):
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
    interpretation_ok: bool = Field(
        default=True, description="Interpreting will do; else it must be taught in one of them."
    )
    remote_only: bool = False
    keep_together: bool = Field(default=False, description="All people on one date, or none.")
    travel: Travel = Travel.ANYWHERE
    travel_limit_km: Kilometres | None = None
    fee_limit: FeeUsd | None = Field(default=None, description="US dollars a person.")
    funding_note: Prose = ""
    publish: bool = Field(default=False, description="The country agrees to show it publicly.")
    publish_detail: PublishDetail = Field(
        default="full", description="`figures`: only its counts are public, not the request."
    )
    note: Prose = ""
    submit: bool = Field(default=False, description="File it at once, instead of as a draft.")


class GapRequestPatch(Sent):
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
    interpretation_ok: bool = _unset()
    remote_only: bool = _unset()
    keep_together: bool = _unset()
    travel: Travel = _unset()
    travel_limit_km: Kilometres | None = None
    fee_limit: FeeUsd | None = None
    funding_note: Prose = _unset()
    publish: bool = _unset()
    publish_detail: PublishDetail = _unset()
    note: Prose = _unset()
    version: int | None = Field(
        default=None, description="The version that was read; refused when it changed meanwhile."
    )


class GapRequestForm(Sent):
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
    interpretation_ok: bool = True
    remote_only: bool = False
    keep_together: bool = False
    travel: Travel = Travel.ANYWHERE
    travel_limit_km: Kilometres | None = None
    fee_limit: FeeUsd | None = None
    funding_note: Prose = ""
    publish: bool = False
    publish_detail: PublishDetail = "full"
    note: Prose = ""
    version: int

    def patch(self) -> GapRequestPatch:
        """The same as changes of every field."""
        return GapRequestPatch.model_validate(self.model_dump())
