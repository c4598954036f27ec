"""What readers of reports ask for and see."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.core import countries
from app.core.fields import Day, known
from app.registry.schemas.views import SlotView
from app.reports import groups
from app.reports.rules import FEWEST_COUNTRIES, FEWEST_PEOPLE, Axis, GapRow
from app.taxonomy import queries as taxonomy
from app.taxonomy.fields import CountryCode, DomainId, PlatformId, Sector, SkillId


def _given(value: Any) -> Any:
    """Leave out what a browser sends for "any": empty texts."""
    return [item for item in value if item != ""] if isinstance(value, list) else value


def _is_who_region(code: str) -> bool:
    return any(region.code == code for region in countries.who_regions())


WhoRegion = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True),
    known(_is_who_region, "WHO region", "unknown_region"),
]
"""A region of the World Health Organization.

No smaller group of countries: what a country does not publish is counted in its WHO region, and
could be worked out from a group of few.
"""


class PlaceFilter(BaseModel):
    """The filters of reports; a repeated one means "any of"."""

    skill: Annotated[list[SkillId], BeforeValidator(_given), Field(max_length=50)] = []
    domain: Annotated[list[DomainId], BeforeValidator(_given), Field(max_length=8)] = []
    region: Annotated[list[WhoRegion], BeforeValidator(_given), Field(max_length=6)] = []

    def skills(self) -> frozenset[str] | None:
        """The skills that skill and domain leave; None for all."""
        if not self.domain:
            return frozenset(self.skill) or None
        inside = {each.id for code in self.domain for each in taxonomy.skills_in_domain(code)}
        return frozenset(inside & set(self.skill) if self.skill else inside)


class Step(StrEnum):
    """How far the points of a history are apart."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class HistoryFilter(PlaceFilter):
    """Which gaps, since when (default: a year ago), and how far apart the points are."""

    since: Day | None = None
    step: Step = Step.MONTH

    def axes_filtered(self) -> frozenset[Axis]:
        """The axes of which only some values are wanted."""
        said = ((Axis.SKILL, self.skill), (Axis.DOMAIN, self.domain), (Axis.REGION, self.region))
        return frozenset(axis for axis, values in said if values)


Degree = Annotated[int, Field(ge=1, le=4)]
Quarter = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^\d{4}-Q[1-4]$")
]
GroupCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True),
    known(groups.is_group, "group of countries", "unknown_group"),
]


class GapFilter(PlaceFilter):
    """The gap table: its filters, and what its rows are grouped by.

    What a country does not publish is counted for others only where at least two more countries
    are counted with it, and never in a table of or for single countries or groups of them.
    """

    country: Annotated[list[CountryCode], BeforeValidator(_given), Field(max_length=250)] = []
    country_group: Annotated[list[GroupCode], BeforeValidator(_given), Field(max_length=10)] = []
    platform: Annotated[list[PlatformId], BeforeValidator(_given), Field(max_length=20)] = []
    sector: Annotated[list[Sector], BeforeValidator(_given), Field(max_length=20)] = []
    quarter: Annotated[list[Quarter], BeforeValidator(_given), Field(max_length=20)] = []
    urgency: Annotated[list[Degree], BeforeValidator(_given), Field(max_length=4)] = []
    significance: Annotated[list[Degree], BeforeValidator(_given), Field(max_length=4)] = []
    group: Annotated[list[Axis], BeforeValidator(_given), Field(max_length=4)] = [
        Axis.SKILL,
        Axis.REGION,
    ]

    def axes_filtered(self) -> frozenset[Axis]:
        """The axes of which only some values are wanted."""
        said = (
            *((Axis.SKILL, self.skill), (Axis.DOMAIN, self.domain), (Axis.REGION, self.region)),
            *((Axis.COUNTRY, self.country), (Axis.GROUP, self.country_group)),
            *((Axis.PLATFORM, self.platform), (Axis.SECTOR, self.sector)),
            *((Axis.QUARTER, self.quarter), (Axis.URGENCY, self.urgency)),
            (Axis.SIGNIFICANCE, self.significance),
        )
        return frozenset(axis for axis, values in said if values)


class GapPageFilter(GapFilter):
    """The page of gaps: the filters, and one choice of what its rows are grouped by."""

    by: Literal[
        "skill", "domain", "region", "country", "group", "platform", "sector", "quarter"
    ] = "skill"

    def table(self) -> GapFilter:
        """The table that the page shows; skills and domains by region."""
        axes = [Axis(self.by)]
        if self.by in (Axis.SKILL, Axis.DOMAIN):
            axes.append(Axis.REGION)
        said = {name: getattr(self, name) for name in GapFilter.model_fields if name != "group"}
        return GapFilter(**said, group=axes)

    def history(self) -> HistoryFilter:
        """The same gaps over time, as far as time was written down."""
        return HistoryFilter(skill=self.skill, domain=self.domain, region=self.region)

    def narrowed(self) -> int:
        """How many filters are on."""
        return sum(bool(getattr(self, name)) for name in GapFilter.model_fields if name != "group")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figures(_View):
    """People: asked for, with a seat held, trained, and without a seat (``gap``).

    ``urgency`` and ``significance`` (1 to 4) are the highest among those without a seat, 0 when
    there are none.
    """

    needs: int
    demand: int
    held: int
    met: int
    gap: int
    urgency: int
    significance: int


class GapView(Figures):
    """One row of the gap table; what it is not grouped by is null.

    ``region`` is a WHO region. The country of a need that is not published is null, except for the
    country itself and the secretariat. ``supply`` counts seats of dates to come in the place,
    ``supply_free`` those still free; ``supply_remote`` seats at a distance, the same for every
    place; ``supply_planned`` seats announced and not bookable yet. ``group`` is a group of
    countries; ``urgency_is`` and ``significance_is`` are the degree of all needs of the row, where
    it is grouped by that.
    """

    skill: str | None
    region: str | None
    country: str | None
    quarter: str | None
    domain: str | None
    group: str | None
    platform: str | None
    sector: str | None
    urgency_is: int | None
    significance_is: int | None
    supply: int
    supply_free: int
    supply_remote: int
    supply_planned: int

    @classmethod
    def of(cls, row: GapRow) -> Self:
        """The row as readers see it."""
        return cls(
            **figures(row).model_dump(),
            skill=row.key.skill,
            region=row.key.region,
            country=row.key.country,
            quarter=row.key.quarter,
            domain=row.key.domain,
            group=row.key.group,
            platform=row.key.platform,
            sector=row.key.sector,
            urgency_is=row.key.urgency,
            significance_is=row.key.significance,
            supply=row.offered,
            supply_free=row.free,
            supply_remote=row.remote,
            supply_planned=row.planned,
        )


class Floor(_View):
    """What everybody may know of needs that are not published: sums of at least so many.

    Smaller ones are left out of every figure.
    """

    countries: int = FEWEST_COUNTRIES
    people: int = FEWEST_PEOPLE


class GapTable(_View):
    """A page of the gap table, the most urgent first; ``totals`` are people over all its pages.

    They may be more than its rows hold: whoever can be counted, but not told apart by what the
    rows are grouped by, is in the totals alone. ``floor`` is null for who sees everything.
    """

    items: tuple[GapView, ...]
    total: int
    next: str | None = None
    totals: Figures
    floor: Floor | None


class HistoryPoint(_View):
    """The gaps as they stood when the day was written down, once, soon after it began (UTC).

    Established supply (``supply``, ``supply_free``) and planned supply stay apart.
    """

    day: date
    needs: int
    demand: int
    held: int
    met: int
    gap: int
    supply: int
    supply_free: int
    supply_planned: int


class GapHistory(_View):
    """Points in time, the earliest first; ``began_on`` is the first day ever written down."""

    items: tuple[HistoryPoint, ...]
    began_on: date | None


class AdviceView(_View):
    """What moving or joining would do.

    The ``emptier`` date could go to other weeks, or its ``people`` to the date ``into``, ``km``
    away, where ``left`` seats would still be free.
    """

    emptier: UUID
    people: int
    into: UUID | None
    left: int
    km: int | None
    languages: tuple[str, ...]


class OverlapView(_View):
    """Dates of one skill in one WHO region in the same week or in adjacent ones, all with seats.

    ``providers`` counts who runs them; the dates are those at the places. ``called_on`` is the day
    on which the secretariat last proposed this to them, as it reads it.
    """

    skill: str
    region: str
    starts_on: date
    ends_on: date
    providers: int
    seats_free: int
    slots: tuple[SlotView, ...]
    advice: AdviceView
    called_on: date | None = None


def figures(row: GapRow) -> Figures:
    """The people of a row."""
    return Figures(
        needs=row.needs,
        demand=row.asked,
        held=row.held,
        met=row.met,
        gap=row.gap,
        urgency=row.urgency,
        significance=row.significance,
    )
