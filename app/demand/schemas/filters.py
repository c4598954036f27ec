"""How requests are filtered, the same for pages and API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.core.fields import CountryCode, RegionCode
from app.core.text import Storable
from app.demand.rules import RequestState
from app.demand.schemas.inputs import Degree
from app.taxonomy.fields import DeliveryMode, DomainId, PlatformId, Sector, SkillId


def _given(value: Any) -> Any:
    """Leave out what a browser sends for "any": empty texts."""
    return [item for item in value if item != ""] if isinstance(value, list) else value


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


class QueueFilter(BaseModel):
    """What the secretariat wants to see of the requests that it looks after."""

    show: Literal["triage", "answer", "mine", "urgent"] = "triage"
