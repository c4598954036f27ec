"""Inputs as pages send them: the whole thing at once, taken as new or as changes."""

from typing import Literal

from pydantic import Field

from app.registry.schemas.inputs import (
    CourseIn,
    CoursePatch,
    FacilityIn,
    FacilityPatch,
    ProviderIn,
    ProviderPatch,
    SlotIn,
    SlotPatch,
)
from app.registry.schemas.series import Scope

_FIXED = {"provider", "course", "country", "zone"}
_PUBLISHED = ("tentative", "confirmed", "completed")


class ProviderForm(ProviderIn):
    """A provider as its page sends it; ``version`` is what the editor saw."""

    version: int | None = None

    def patch(self) -> ProviderPatch:
        """Everything as changes; an emptied field empties the value."""
        return ProviderPatch.model_validate(self.model_dump(exclude={"country"}))


class FacilityForm(FacilityIn):
    """A facility as its page sends it; the address of the page says whose it is."""

    provider: str = Field(default="", max_length=80)
    version: int | None = None

    def patch(self) -> FacilityPatch:
        """Everything as changes; an emptied field empties the value."""
        return FacilityPatch.model_validate(self.model_dump(exclude=_FIXED))


class CourseForm(CourseIn):
    """A course as its page sends it; the address of the page says whose it is."""

    provider: str = Field(default="", max_length=80)
    version: int | None = None

    def patch(self) -> CoursePatch:
        """Everything that can change as changes; an emptied field empties the value."""
        fixed = _FIXED | {"mode", "length", "length_unit"}
        return CoursePatch.model_validate(self.model_dump(exclude=fixed))


class SlotForm(SlotIn):
    """A slot as its page sends it; ``version`` is what the editor saw."""

    status: Literal["draft", "tentative", "confirmed", "completed"] = "draft"  # type: ignore[assignment] # wider than when a slot is new
    version: int | None = None
    scope: Scope = "this"

    def patch(self) -> SlotPatch:
        """Everything that can change as changes; a draft that stays one names no status."""
        fields = self.model_dump(exclude=_FIXED | {"starts_at", "ends_at", "scope"})
        if self.status not in _PUBLISHED:
            del fields["status"]
        if not self.meetings:
            del fields["meetings"]
        return SlotPatch.model_validate(fields)
