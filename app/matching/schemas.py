"""What readers see of a ranking."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.booking.schemas import RosterLine
from app.core.text import Prose
from app.demand.schemas import RequestView
from app.matching.rules.overrides import OverrideKind
from app.registry.schemas.views import SlotView


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class CriterionView(_View):
    """One part of a score: ``score`` of at most ``weight`` points, and the sum behind it."""

    name: str
    score: int
    weight: int
    why: str


class OverrideIn(BaseModel):
    """What the secretariat says of a slot for a request, and why; the country reads it."""

    model_config = ConfigDict(extra="forbid")

    slot: UUID
    kind: OverrideKind
    reason: Annotated[Prose, Field(min_length=1, description="Why, in words for the country.")]


class OverrideView(_View):
    """The secretariat's word on a slot for a request: ``put-forward`` or ``set-aside``."""

    id: UUID
    request: UUID
    slot: UUID
    kind: str
    reason: str
    at: datetime
    ended_at: datetime | None


class SaidView(_View):
    """The same where the slot is shown already."""

    id: UUID
    kind: str
    reason: str
    at: datetime


class MatchView(_View):
    """A slot that breaks no limit of the request; ``score`` is the sum of its criteria.

    One that the secretariat put forward may break limits: ``blocked_by`` names them, and booking
    still decides. ``override`` is null where nobody said anything.

    ``seats_usable`` is what the country could really take of ``seats_free``: people in line come
    first, and a slot may cap the seats of one country.
    """

    slot: SlotView
    score: int
    criteria: tuple[CriterionView, ...]
    seats_free: int
    seats_usable: int
    override: SaidView | None = None
    blocked_by: tuple["LimitView", ...] = ()


class LimitView(_View):
    """The limit that rules a slot out, and what would have to change.

    ``courses`` are the earlier courses that cannot be finished in time, for ``prerequisite``.
    """

    criterion: str
    why: str
    change: str
    courses: tuple[UUID, ...] = ()


class NearMissView(_View):
    """A slot that breaks exactly one limit."""

    slot: SlotView
    blocked_by: tuple[LimitView, ...]


class OverlapView(_View):
    """Matches of one region in the same or the next week: taking one leaves the others free."""

    region: str
    slots: tuple[UUID, ...]


class MatchesView(_View):
    """The ranked answer to a request.

    ``reason_none`` (vocabulary ``unmatched_reasons``) is null when there are matches. Planned slots
    are ``future_supply``, never matches. What the secretariat put forward comes first among the
    matches; what it set aside is in ``set_aside`` and nowhere else. The totals count what ``limit``
    left out too.
    """

    need: RequestView
    matches: tuple[MatchView, ...]
    near_misses: tuple[NearMissView, ...]
    reason_none: str | None
    future_supply: tuple[SlotView, ...]
    overlaps: tuple[OverlapView, ...]
    matches_total: int
    near_misses_total: int
    future_supply_total: int
    set_aside: tuple[MatchView, ...] = ()


class AlternativeView(_View):
    """Another date for somebody whose date fell through.

    ``levels_short`` is 1 where it teaches one level less than the lost date did.
    """

    slot: SlotView
    same_course: bool
    levels_short: int


class AlertView(_View):
    """A slot that newly fits a request: it came after the request, or changed since.

    ``score`` and ``seats_usable`` are those of the moment; ``cause`` names the event.
    """

    id: UUID
    slot: SlotView
    score: int
    seats_usable: int
    cause: str
    found_at: datetime
    seen_at: datetime | None


class SeenView(_View):
    """How many alerts are marked as read that were not before."""

    seen: int


class PointsView(_View):
    """One part of a score: ``score`` of at most ``weight`` points."""

    name: str
    score: int
    weight: int


class ChangeView(_View):
    """The one limit between a request and a date, and what the provider could change."""

    criterion: str
    change: str


class RequestFitView(_View):
    """A request that a slot (or a course) fits, or would fit after one change.

    ``people`` have no seat yet; ``could_come`` of them find one here. ``score`` is the same as in
    the ranking of the request; 0 and no criteria for a near miss.
    """

    request: RequestView
    people: int
    could_come: int
    score: int
    criteria: tuple[PointsView, ...] = ()
    blocked_by: tuple[ChangeView, ...] = ()


class CrowdView(_View):
    """Requests that their countries do not publish in full: only counted, and rounded down.

    Each figure is 3, 5, 10, 20, 50, 100, … and means: at least so many.
    """

    requests: int
    people: int
    countries: int


class CountryPeopleView(_View):
    """People of one country without a seat, over the requests that are shown."""

    country: str
    requests: int
    people: int


class NearCrowdView(_View):
    """Requests that one limit keeps away: all that may be told are counted in ``crowd``."""

    criterion: str
    crowd: CrowdView


class ReachView(_View):
    """Requests that a slot or a course serves, best first, and those one change away.

    Requests that the reader may not know by themselves are only counted (``more``,
    ``near_more``), and not at all where they are fewer than three, of fewer than three people or
    countries: null says nothing about whether there is one.
    """

    matches: tuple[RequestFitView, ...]
    near_misses: tuple[RequestFitView, ...]
    more: CrowdView | None
    near_more: tuple[NearCrowdView, ...]
    by_country: tuple[CountryPeopleView, ...]
    matches_total: int
    near_misses_total: int


class SlotRequestsView(ReachView):
    """Requests for one slot. ``supply``: open, planned, hidden (a draft), or closed."""

    slot: UUID
    supply: str
    seats_free: int


class MonthView(_View):
    """A month: people whose window holds a day of it, and people whose last day lies in it.

    Of requests that the reader may not know by themselves only what ``crowd`` tells is counted.
    """

    month: date
    people: int
    due: int
    crowd: CrowdView | None


class CourseRequestsView(ReachView):
    """Requests for a course, whatever its dates; and by when they need it."""

    course: UUID
    months: tuple[MonthView, ...]


class NewRequestsView(_View):
    """Requests of the last days that open dates of a provider fit; the rest as in ReachView."""

    requests: tuple[RequestView, ...]
    requests_total: int
    more: CrowdView | None


class NomineeView(_View):
    """Somebody whom a country named for a slot and who has not accepted yet."""

    country: str
    booking: RosterLine


class GroupInLineView(_View):
    """A group that waits for seats together; ``position`` counts people and groups."""

    position: int
    country: str
    seats: int


class SlotPeopleView(_View):
    """Who could come to a slot: nominated, in line, and people of requests that it fits."""

    slot: UUID
    nominated: tuple[NomineeView, ...]
    waiting: tuple[RosterLine, ...]
    groups: tuple[GroupInLineView, ...]
    requests: SlotRequestsView
