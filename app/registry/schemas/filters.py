"""What people search slots by."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.core.fields import CountryCode, LanguageCode, RegionCode
from app.core.text import Storable
from app.registry.rules import ProviderState, SlotStatus
from app.registry.schemas.inputs import Ref
from app.taxonomy.fields import DeliveryMode, DomainId, FundingType, PlatformId, SkillId


def _given(value: Any) -> Any:
    """Leave out what a browser sends for "any": empty strings."""
    if isinstance(value, list):
        return [item for item in value if item != ""]
    return None if value == "" else value


def _aware(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    try:
        return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:  # the first or the last day that computers can count
        raise PydanticCustomError("date_out_of_range", "This date is out of range.") from error


Text = Annotated[str, Field(max_length=200), Storable]

Instant = Annotated[datetime | None, BeforeValidator(_given), AfterValidator(_aware)]
"""An instant; a date, or a time without an offset, is taken as UTC."""


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
    starts_after: Instant = None
    starts_before: Instant = None
    open_after: Annotated[
        Instant, Field(description="Starts, or takes applications, at this time or later.")
    ] = None
    has_seats: Annotated[
        bool | None,
        BeforeValidator(_given),
        Field(description="Has free seats; with `open_after`, ones still to be applied for then."),
    ] = None


class SlotSearch(SlotFilter):
    """The search page: the filters, and how to look at what they find."""

    view: Literal["list", "month", "map"] = "list"
    month: Annotated[str, Field(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$")] | None = None


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
