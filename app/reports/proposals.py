"""Proposals to providers and countries: what the secretariat sees and sends."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import ConflictError
from app.core.fields import once
from app.core.text import Prose
from app.registry.schemas.views import SlotView
from app.taxonomy.fields import SkillId


class ProposalChangedError(ConflictError):
    """What was to be proposed is no longer so: seats, requests or dates changed meanwhile."""

    code = "proposal_changed"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProposeDatesIn(_In):
    """Overlapping dates whose providers are asked to move one of them or to join their people."""

    skill: SkillId
    slots: Annotated[tuple[UUID, ...], Field(min_length=2, max_length=50), once]
    message: Prose = ""


class ProposeJointIn(_In):
    """Requests whose countries are asked to fill a date together."""

    skill: SkillId
    requests: Annotated[tuple[UUID, ...], Field(min_length=2, max_length=500), once]
    message: Prose = ""


class JointRequestView(BaseModel):
    """A request in a joint proposal: people without a seat."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    country: str
    people: int


class JointView(BaseModel):
    """Requests of neighbouring countries that fill a date together and none fills alone.

    ``slot`` is null when no date fits: then one has to be called for, between ``starts_on`` and
    ``ends_on``. ``target`` people are needed; ``shared`` are the communities that all countries
    belong to. ``south_south``: all countries, and the provider's where there is a date, are
    developing ones. ``called_on`` is the day on which this was proposed last.
    """

    model_config = ConfigDict(frozen=True)

    skill: str
    level: int
    requests: tuple[JointRequestView, ...]
    countries: tuple[str, ...]
    people: int
    target: int
    languages: tuple[str, ...]
    shared: tuple[str, ...]
    region: str
    south_south: bool
    starts_on: date
    ends_on: date
    slot: SlotView | None
    called_on: date | None = None
