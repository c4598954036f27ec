"""Equipment and trainers of a provider: what is sent about them, and what is seen."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.core.text import Line
from app.registry.schemas.inputs import BufferMinutes, Code, Ref

ResourceKind = Literal["equipment", "trainer"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ResourceIn(_In):
    """Something that only one slot at a time can use."""

    kind: ResourceKind
    name: Line
    code: Code | None = None
    facility: Ref | None = Field(default=None, description="Where an equipment stands.")
    person: UUID | None = Field(
        default=None,
        description="A trainer's account, of the provider's own people: teaching then takes up "
        "that person's own time.",
    )
    buffer_minutes: BufferMinutes = 0

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.person is not None and self.kind != "trainer":
            msg = "Only a trainer is a person."
            raise ValueError(msg)
        return self


class ResourcePatch(_In):
    """Changes; what is left out stays. What it is (``kind``) and who (``person``) are fixed."""

    name: Line | None = None
    code: Code | None = None
    facility: Ref | None = None
    buffer_minutes: BufferMinutes | None = Field(
        default=None, description="Counts for slots that are published or moved from now on."
    )
    is_active: bool | None = Field(default=None, description="False: no new slot can use it.")
    version: int | None = None


class ResourceForm(ResourceIn):
    """A resource as its page sends it, new or changed."""

    is_active: bool = False
    version: int | None = None

    def patch(self) -> ResourcePatch:
        """Everything that can change as changes; an emptied field empties the value."""
        return ResourcePatch.model_validate(self.model_dump(exclude={"kind", "person"}))


class ResourceView(BaseModel):
    """An equipment or a trainer, for the provider's own people and the secretariat."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    provider: UUID
    kind: ResourceKind
    name: str
    code: str | None
    facility: UUID | None
    facility_name: str | None
    person: UUID | None
    buffer_minutes: Annotated[int, Field(description="To make it ready again after each meeting.")]
    is_active: bool
    version: int
