"""What readers see of a ranking."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.demand.schemas import RequestView
from app.registry.schemas.views import SlotView


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class CriterionView(_View):
    """One part of a score: ``score`` of at most ``weight`` points, and the sum behind it."""

    name: str
    score: int
    weight: int
    why: str


class MatchView(_View):
    """A slot that breaks no limit of the request; ``score`` is the sum of its criteria.

    ``seats_usable`` is what the country could really take of ``seats_free``: people in line come
    first, and a slot may cap the seats of one country.
    """

    slot: SlotView
    score: int
    criteria: tuple[CriterionView, ...]
    seats_free: int
    seats_usable: int


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
    are ``future_supply``, never matches. The totals count what ``limit`` left out too.
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


class AlternativeView(_View):
    """Another date for somebody whose date fell through.

    ``levels_short`` is 1 where it teaches one level less than the lost date did.
    """

    slot: SlotView
    same_course: bool
    levels_short: int
