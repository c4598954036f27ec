"""The shapes of runs, their lines and what each request was told."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.allocation.rules.facts import DEFAULT_FLOOR_PERCENT, DEFAULT_STABILITY_PERCENT
from app.core.text import Prose

Percent = Annotated[int, Field(ge=0, le=100)]
Reason = Annotated[Prose, Field(min_length=1)]
Seats = Annotated[int, Field(ge=0, le=100_000)]
MOST_SECONDS = 600


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SettingsIn(_In):
    """How a run weighs. ``floor_percent`` of the best common share is guaranteed to every country.

    ``stability_percent`` of a person's value is added for a seat that the last plan gave;
    ``seconds`` is how long it may take to look for something better.
    """

    floor_percent: Percent = DEFAULT_FLOOR_PERCENT
    stability_percent: Percent = DEFAULT_STABILITY_PERCENT
    seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] = 120


class RunIn(_In):
    """A run to start; everything has a default."""

    settings: SettingsIn = SettingsIn()
    note: Prose = ""


class RunForm(SettingsIn):
    """The page that starts a run."""

    note: Prose = ""

    def run(self) -> RunIn:
        """The same as the API takes it."""
        return RunIn(settings=SettingsIn(**self.model_dump(exclude={"note"})), note=self.note)


class RunLook(BaseModel):
    """What a reader wants to see on the page of a run; ``follow``: it looks again by itself."""

    by: Annotated[str, Field(max_length=8)] = "slot"
    start: Annotated[int, Field(alias="from", ge=0, le=1_000_000)] = 0
    follow: bool = False


class LinePatch(_In):
    """Another number of seats for a line, with the reason; 0 takes the line out of the plan."""

    seats: Seats
    reason: Reason


class LineIn(_In):
    """A line put in by hand, with the reason."""

    request: UUID
    slot: UUID
    seats: Annotated[int, Field(ge=1, le=100_000)]
    reason: Reason


class ApplicationIn(_In):
    """Which lines to apply; without any, all that are still proposed."""

    lines: Annotated[tuple[UUID, ...], Field(max_length=100_000)] | None = None


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlanFigures(_View):
    """How good and how fair a plan is.

    ``value`` is weighted people (urgency x significance), ``people`` those covered.
    ``lowest_share`` is the smallest share of its reach that a country gets, ``jain`` Jain's index
    over the countries (1 is even), ``ldc_share`` the least developed countries' share of the people
    covered; shares between 0 and 1.
    """

    objective: int
    value: int
    people: int
    seats: int
    lowest_share: float
    jain: float
    ldc_share: float


class FiguresView(_View):
    """What came out of a run, with two simple rules beside it.

    Nothing better than ``bound`` exists (``objective`` and ``bound`` in thousandths of value);
    ``gap_percent`` is how far the plan may be from it. ``common_share`` is the best share that all
    countries can have at once, ``floor`` what each was guaranteed, ``ldc_demand`` the least
    developed countries' share of the demand. ``edited`` is the plan as it stands after edits.
    ``warnings`` are what does not hold after these. ``left_out`` are countries without that
    guarantee: not all can have a seat at once.
    """

    bound: int
    gap_percent: float
    is_proven: bool
    common_share: float
    floor: float
    ldc_demand: float
    requests: int
    slots: int
    matches: int
    asked: int
    countries: int
    seconds: float
    plan: PlanFigures
    greedy: PlanFigures | None
    round_robin: PlanFigures | None
    edited: PlanFigures | None = None
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class LineView(_View):
    """Seats of one slot for one request. ``is_theory``: they come before others, see the docs."""

    id: UUID
    request: UUID
    request_code: str | None
    slot: UUID
    slot_code: str | None
    course: str
    starts_at: datetime
    zone: str
    country: str
    seats: int
    seats_solved: int
    score: int
    is_theory: bool
    state: str
    outcome: str
    cohort: UUID | None
    edit_reason: str


class VerdictView(_View):
    """What a request got and which limit stood against more (``binding``, a reason code).

    ``reason`` (vocabulary ``unmatched_reasons``) says more where no date suits the request at all.
    ``asked`` and ``given`` add up the people of each skill, as the request itself does; both are of
    what it lacked when the run read the network, and true of the plan as it stands after edits.
    """

    request: UUID
    request_code: str | None
    country: str
    asked: int
    given: int
    binding: str
    reason: str | None
    why: str


class RunView(_View):
    """A run without its lines. ``input_digest`` is the same for runs that saw the same network."""

    id: UUID
    state: str
    progress: int
    phase: str
    settings: SettingsIn
    note: str
    figures: FiguresView | None
    input_digest: str
    previous: UUID | None
    error: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    applied_at: datetime | None
    lines_total: int
    lines_applied: int
    lines_failed: int
    url: str
    version: int


class RunDetail(RunView):
    """A run with its lines and verdicts, up to a thousand each; longer ones are lists of their own.

    ``lines`` in order of request and slot, ``verdicts`` in order of country and request.
    """

    verdicts_total: int
    lines: tuple[LineView, ...]
    verdicts: tuple[VerdictView, ...]


class EffectView(_View):
    """A line after a change, and what the change does to the plan (thousandths of value).

    ``warnings`` say what does not hold now and can be mended by another change.
    """

    line: LineView
    objective_before: int
    objective_after: int
    warnings: tuple[str, ...]


class DifferenceView(_View):
    """A line that differs between two plans, and why."""

    request: UUID
    request_code: str | None
    slot: UUID
    course: str
    starts_at: datetime
    zone: str
    country: str
    seats_before: int
    seats_after: int
    cause: str
    why: str
    url: str


class ComparisonView(_View):
    """Two runs beside each other; ``same_input`` when both saw the same needs and seats."""

    run: RunView
    other: RunView
    same_input: bool
    same_lines: int
    differences: tuple[DifferenceView, ...]
