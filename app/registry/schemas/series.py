"""A pattern of dates, as clients and pages send it, and what they get to see of it."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.core.fields import Day, Moment, once
from app.core.text import OptionalLine
from app.registry.rules.series import DeadlineRule, Occurrence, Pattern, expand
from app.registry.schemas.inputs import CancellationIn, JoinUrl, SlotPatch, SlotTerms
from app.registry.schemas.views import SlotView

MOST = 100
"""Dates of one series: about two years of a weekly clinic."""

Scope = Literal["this", "following"]
"""Whether a change is about one date or also about those of its series that follow it."""

_SPAN = timedelta(days=730)


def _naive(value: time) -> time:
    if value.tzinfo is not None:
        raise PydanticCustomError("zone_not_wanted", "Give the time of the clock, without a zone.")
    return value.replace(second=0, microsecond=0)


Clock = Annotated[time, AfterValidator(_naive)]
"""A time of day by the clock of the place."""


def _words(value: Any) -> Any:
    """Dates as a text field has them, parted by spaces, commas or lines."""
    if not isinstance(value, list | tuple):
        return value
    words: list[Any] = []
    for item in value:
        words += item.replace(",", " ").split() if isinstance(item, str) else [item]
    return words


def _apart(times: list["ClockSpanIn"]) -> list["ClockSpanIn"]:
    ordered = sorted(times, key=lambda span: span.starts)
    if any(later.starts < earlier.ends for earlier, later in pairwise(ordered)):
        raise PydanticCustomError("times_overlap", "Two of the times overlap.")
    return ordered


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ClockSpanIn(_In):
    """From when to when on such a day, by the clock of the place."""

    starts: Clock
    ends: Clock

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: time, info: ValidationInfo) -> time:
        starts = info.data.get("starts")
        if starts is not None and ends <= starts:
            raise PydanticCustomError("ends_before_start", "The end is not after the start.")
        return ends


class PatternIn(_In):
    """On which days and at what times; say ``count``, ``until`` or both."""

    first: Day = Field(description="The first possible day.")
    weekdays: Annotated[
        tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1), once
    ] = Field(description="ISO: Monday is 1.")
    every_weeks: Annotated[int, Field(ge=1, le=52)] = 1
    times: Annotated[list[ClockSpanIn], Field(min_length=1, max_length=6), AfterValidator(_apart)]
    count: Annotated[int, Field(ge=1, le=MOST)] | None = Field(
        default=None, description="How many dates; skipped days are not among them."
    )
    until: Day | None = Field(
        default=None, validate_default=True, description="The last possible day."
    )
    skip: Annotated[tuple[Day, ...], BeforeValidator(_words), Field(max_length=100), once] = ()

    @field_validator("until")
    @classmethod
    def _bounded(cls, until: Any, info: ValidationInfo) -> Any:
        first = info.data.get("first")
        if until is None and "count" in info.data and info.data["count"] is None:
            raise PydanticCustomError("no_end", "Say how many dates, or until when.")
        if until is not None and first is not None and not first <= until <= first + _SPAN:
            raise PydanticCustomError(
                "until_out_of_range", "The last day is after the first, by two years at most."
            )
        return until

    @model_validator(mode="after")
    def _some_and_not_too_many(self) -> Self:
        found = len(expand(self.pattern, most=MOST + 1))
        if found == 0:
            raise PydanticCustomError("no_date", "The pattern has no date.")
        if found > MOST:
            raise PydanticCustomError(
                "too_many_dates", "A series has at most {most} dates.", {"most": MOST}
            )
        return self

    @property
    def pattern(self) -> Pattern:
        """As the rules take it."""
        return Pattern(
            first=self.first,
            weekdays=frozenset(self.weekdays),
            every_weeks=self.every_weeks,
            times=tuple((span.starts, span.ends) for span in self.times),
            count=self.count,
            until=self.until,
            skip=frozenset(self.skip),
        )


class SeriesTerms(SlotTerms):
    """What every date of the series says."""

    place: OptionalLine = Field(default="", description="Room, of every date.")
    join_url: JoinUrl | None = Field(default=None, description="Shown to booked people only.")
    apply_days: Annotated[int, Field(ge=0, le=365)] | None = Field(
        default=None, description="Apply so many days before. Default: until the start."
    )
    apply_at: Clock | None = Field(default=None, description="Default: the clock of the start.")
    take_first: bool = Field(
        default=False, description="Of a time that the clock shows twice, mean the first."
    )
    chosen: list[Moment] | None = Field(
        default=None,
        max_length=MOST,
        description="Which dates to make, by the wall time of their start. Default: all that "
        "nothing stands in the way of.",
    )

    @property
    def deadline(self) -> DeadlineRule | None:
        """When to apply; None: until the start."""
        if self.apply_days is None and self.apply_at is None:
            return None
        return DeadlineRule(self.apply_days or 0, self.apply_at)

    def code_of(self, occurrence: Occurrence) -> str | None:
        """The provider's own reference of one date: its number after ``CLINIC-``."""
        return f"{self.code[:37]}{occurrence.position}" if self.code else None


class SeriesIn(SeriesTerms):
    """Several dates of a course at once; with ``preview`` nothing is made."""

    pattern: PatternIn
    preview: bool = False


class SeriesForm(SeriesTerms, PatternIn):
    """A series as its page sends it: the fields of the pattern beside the others."""

    step: Literal["preview", "create"] = "preview"
    chosen: list[Moment] = Field(default=[], max_length=MOST)

    def request(self) -> SeriesIn:
        """As the use case takes it."""
        fields = self.model_dump(exclude={"step"})
        pattern = {name: fields.pop(name) for name in PatternIn.model_fields}
        preview = self.step == "preview"
        if preview:
            fields["chosen"] = None
        return SeriesIn.model_validate({**fields, "pattern": pattern, "preview": preview})


class SlotChangeIn(SlotPatch):
    """Changes of a slot, or of it and those that follow it in its series."""

    scope: Scope = "this"

    def patch(self) -> SlotPatch:
        """What changes, without how far."""
        sent = self.model_dump(exclude_unset=True, exclude={"scope"})
        return SlotPatch.model_validate(sent)


class SlotCancellationIn(CancellationIn):
    """Why a slot is cancelled, or it and the published ones that follow it in its series."""

    scope: Scope = "this"

    def request(self) -> CancellationIn:
        """The reason, without how far."""
        return CancellationIn.model_validate(self.model_dump(exclude={"scope"}))


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class OccurrenceView(_View):
    """One date of a pattern.

    ``starts`` and ``ends`` are wall times in the zone of the series; the instants are null where
    there are none. ``mark`` is ``ok`` or what stands in the way, and ``why`` says it in words.
    """

    position: int
    starts: datetime
    ends: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    apply_by: datetime | None
    mark: str
    why: str
    possible: bool


class SeriesView(_View):
    """What a pattern gives; ``id`` and ``slots`` once it has been made."""

    id: UUID | None
    zone: str
    occurrences: tuple[OccurrenceView, ...]
    slots: tuple[SlotView, ...] = ()
