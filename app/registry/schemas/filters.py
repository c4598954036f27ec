"""What people search slots by."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from app.core.fields import CountryCode, LanguageCode, RegionCode
from app.registry.rules import ProviderState, SlotStatus
from app.registry.schemas.inputs import Ref
from app.taxonomy.fields import DeliveryMode, DomainId, FundingType, PlatformId, SkillId


def _given(value: Any) -> Any:
    """Leave out what a browser sends for "any": empty strings."""
    if isinstance(value, list):
        return [item for item in value if item != ""]
    return None if value == "" else value


Text = Annotated[str, Field(max_length=200)]


class SlotFilter(BaseModel):
    """The filters of slots, the same for pages, API and feeds; a repeated one means "any of"."""

    q: Text = ""
    skill: Annotated[list[SkillId], BeforeValidator(_given), Field(max_length=50)] = []
    domain: Annotated[list[DomainId], BeforeValidator(_given), Field(max_length=50)] = []
    platform: Annotated[list[PlatformId], BeforeValidator(_given), Field(max_length=50)] = []
    provider: Annotated[list[Ref], BeforeValidator(_given), Field(max_length=50)] = []
    facility: Annotated[list[Ref], BeforeValidator(_given), Field(max_length=50)] = []
    course: Annotated[list[Ref], BeforeValidator(_given), Field(max_length=50)] = []
    country: Annotated[list[CountryCode], BeforeValidator(_given), Field(max_length=250)] = []
    region: Annotated[list[RegionCode], BeforeValidator(_given), Field(max_length=50)] = []
    mode: Annotated[list[DeliveryMode], BeforeValidator(_given), Field(max_length=50)] = []
    language: Annotated[list[LanguageCode], BeforeValidator(_given), Field(max_length=50)] = []
    funding: Annotated[list[FundingType], BeforeValidator(_given), Field(max_length=50)] = []
    status: Annotated[list[SlotStatus], BeforeValidator(_given), Field(max_length=10)] = []
    code: Annotated[list[Text], BeforeValidator(_given), Field(max_length=200)] = []
    starts_after: Annotated[datetime | None, BeforeValidator(_given)] = None
    starts_before: Annotated[datetime | None, BeforeValidator(_given)] = None
    has_seats: Annotated[bool | None, BeforeValidator(_given)] = None


class CatalogueFilter(BaseModel):
    """The filters of providers, facilities and courses; each list uses those that fit it."""

    q: Text = ""
    code: Annotated[list[Text], BeforeValidator(_given), Field(max_length=200)] = []
    state: Annotated[list[ProviderState], BeforeValidator(_given), Field(max_length=10)] = []
    provider: Annotated[list[Ref], BeforeValidator(_given), Field(max_length=50)] = []
    country: Annotated[list[CountryCode], BeforeValidator(_given), Field(max_length=250)] = []
    mode: Annotated[list[DeliveryMode], BeforeValidator(_given), Field(max_length=50)] = []
    skill: Annotated[list[SkillId], BeforeValidator(_given), Field(max_length=50)] = []
    language: Annotated[list[LanguageCode], BeforeValidator(_given), Field(max_length=50)] = []
