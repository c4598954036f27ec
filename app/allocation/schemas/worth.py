"""The shapes of what one more slot would be worth."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.core.fields import RegionCode
from app.taxonomy.fields import SkillId


def _given(value: object) -> object:
    """Empty choices of a form are no choices."""
    return [each for each in value if each] if isinstance(value, list) else value


class WorthFilter(BaseModel):
    """The filters of worth; a repeated one means "any of"."""

    skill: Annotated[list[SkillId], BeforeValidator(_given), Field(max_length=50)] = []
    region: Annotated[list[RegionCode], BeforeValidator(_given), Field(max_length=50)] = []


class WorthView(BaseModel):
    """What one more typical slot would do.

    ``worth`` is weighted people in thousandths, and ``run`` where it comes from: both null
    outside the secretariat. ``people`` and ``countries`` are null where the counts are small.
    ``is_checked``: the slot was added and the plan solved again (near the slot in very large
    networks: worth at least this); else it is an estimate, too high rather than too low.
    """

    model_config = ConfigDict(frozen=True)

    skill: str
    level: int
    region: str
    month: date
    seats: int
    people: int | None
    countries: int | None
    worth: int | None
    is_checked: bool
    run: UUID | None
    text: str
