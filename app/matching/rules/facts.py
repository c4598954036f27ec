"""What ranking knows: a need, the offers, the runs of earlier courses, and the answer's parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.registry.rules.chains import SELF_PACED

REMOTE_MODES = frozenset({"classroom-remote", SELF_PACED, "mentoring"})
ANY = "any"
ALL_PLATFORMS = "all"
LEAST_URGENT, MOST_URGENT = 1, 4


class Supply(StrEnum):
    """How far an offer may be promised today."""

    OPEN = "open"
    PLANNED = "planned"
    CLOSED = "closed"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Want:
    """One skill of a need, at a level from 1 to 4.

    ``platform`` is a product type or ``"all"`` (any will do); ``label`` is what sentences call the
    skill, its id when empty.
    """

    skill: str
    level: int
    platform: str
    weight: int = 1
    label: str = ""

    @property
    def called(self) -> str:
        """The skill as sentences name it."""
        return self.label or self.skill


@dataclass(frozen=True, slots=True)
class Need:
    """What a request asks for, as far as ranking looks at it.

    Empty ``modes`` accept every mode. The first of ``languages`` is preferred. ``point`` is
    (latitude, longitude) in degrees, ``region`` the WHO region. ``travel`` says where people may
    be sent: ``"anywhere"``, ``"region"`` (their WHO region), ``"country"`` (their own) or
    ``"none"`` (nothing on location, not even at home). Without ``interpretation_ok`` the slot must
    be taught in one of the languages; interpreting does not do.

    Raises:
        ValueError: A figure that the formulas divide by, or lean on, makes no sense.
    """

    request_id: UUID
    wants: tuple[Want, ...]
    people: int
    sector: str
    urgency: int
    earliest: date
    needed_by: date
    modes: frozenset[str]
    languages: tuple[str, ...]
    country: str
    region: str | None = None
    point: tuple[float, float] | None = None
    remote_only: bool = False
    travel: str = "anywhere"
    travel_limit_km: int | None = None
    fee_limit_usd: int | None = None
    interpretation_ok: bool = True

    def __post_init__(self) -> None:
        """Refuse what would make a formula divide by nothing."""
        if self.people < 1:
            raise ValueError("A need is for at least one person.")
        if not LEAST_URGENT <= self.urgency <= MOST_URGENT:
            raise ValueError("Urgency goes from 1 to 4.")
        if any(want.level < 1 or want.weight < 1 for want in self.wants):
            raise ValueError("Levels and weights of wanted skills start at 1.")
        if not self.languages:
            raise ValueError("A need names at least one language.")


@dataclass(frozen=True, slots=True)
class Offer:
    """One slot with what its course, provider and place add to it.

    ``starts_at``, ``ends_at`` and ``apply_by`` are aware UTC; ``starts_on`` and ``ends_on`` are
    the dates at the place. ``country`` is None when there is no place to travel to.
    ``platforms`` may hold ``"all"`` (a general course), ``audience`` ``"any"`` (everyone);
    empty ``eligible_countries`` admit every country. ``waiting`` people stand in line before us.
    ``country_seats_left`` is what a cap per country leaves to the need's country, None without a
    cap; ``kept_for_others`` of the free seats are kept for groups that it is not in. ``lead_days``
    is the longest clearance of the site. ``hours`` is the work in a self-paced course, when stated.
    """

    slot_id: UUID
    course_id: UUID
    provider_verified: bool
    status: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date
    ends_on: date
    mode: str
    skills: tuple[tuple[str, int], ...]
    platforms: frozenset[str]
    languages: frozenset[str]
    interpretation: frozenset[str]
    funding: str
    fee_usd: int | None
    country: str | None
    region: str | None
    point: tuple[float, float] | None
    seats_free: int
    waiting: int
    country_seats_left: int | None
    apply_by: datetime
    lead_days: int
    audience: frozenset[str]
    eligible_countries: frozenset[str]
    requires: tuple[UUID, ...]
    hours: int | None = None
    kept_for_others: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One dated delivery of a course that others require. ``hours`` matters when self-paced."""

    course_id: UUID
    starts_at: datetime
    ends_at: datetime
    apply_by: datetime
    mode: str
    hours: int | None
    languages: frozenset[str]
    seats_free: int


@dataclass(frozen=True, slots=True)
class Paths:
    """Which courses a course requires, when each is taught, and what it is called."""

    requires: Mapping[UUID, tuple[UUID, ...]]
    runs: Mapping[UUID, Sequence[Run]]
    titles: Mapping[UUID, str] = field(default_factory=dict)


EMPTY = Paths({}, {})


@dataclass(frozen=True, slots=True)
class Criterion:
    """One part of a score: ``score`` of at most ``weight`` points, and the sum that gives it."""

    name: str
    score: int
    weight: int
    why: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One reason that rules a slot out, and the change that would lift it.

    ``courses`` are the earlier courses that cannot be finished in time, for ``prerequisite``.
    """

    criterion: str
    why: str
    change: str
    courses: tuple[UUID, ...] = ()


def supply_of(offer: Offer, *, now: datetime) -> Supply:
    """Tell seats that can be promised from plans, from the past, and from drafts.

    Planned is what is tentative, or listed by a provider that is not verified yet. A class that
    has started is closed; a self-paced course can be joined until it ends.
    """
    if offer.status == "draft":
        return Supply.HIDDEN
    over_at = offer.ends_at if offer.mode == SELF_PACED else offer.starts_at
    if offer.status not in {"confirmed", "tentative"} or over_at <= now:
        return Supply.CLOSED
    if offer.status == "tentative" or not offer.provider_verified:
        return Supply.PLANNED
    return Supply.OPEN


def usable_seats(offer: Offer) -> int:
    """Seats this need could really take, never below 0; what booking would give it as a block.

    People already in line come first, seats kept for others cannot be had, and a cap per country
    may leave less than is free. The tightest of the three decides: seats that are kept may be just
    those that the people in line cannot have either.
    """
    seats = offer.seats_free - max(offer.waiting, offer.kept_for_others)
    if offer.country_seats_left is not None:
        seats = min(seats, offer.country_seats_left)
    return max(0, seats)


def wants_taught(need: Need, offer: Offer) -> list[tuple[Want, int]]:
    """The wanted skills that the offer teaches, each with the highest level it teaches."""
    pairs = []
    for want in need.wants:
        # Plain loops: this is asked several times per offer, and a need sees a thousand offers.
        best = 0
        for skill, level in offer.skills:
            if skill == want.skill and level > best:
                best = level
        if best:
            pairs.append((want, best))
    return pairs


def is_remote(offer: Offer) -> bool:
    """Whether nobody travels: taught at a distance, or without a place.

    A blended course has parts on location, so it counts as remote only when it names no place.
    """
    return offer.mode in REMOTE_MODES or offer.country is None


def is_understood(need: Need, offer: Offer) -> bool:
    """Whether the offer is taught in, or interpreted into, a language of the need."""
    if not offer.languages.isdisjoint(need.languages):
        return True
    return need.interpretation_ok and not offer.interpretation.isdisjoint(need.languages)


def first_day(need: Need, offer: Offer) -> date:
    """The day the people of the need would start.

    A self-paced course that is already running is joined on the earliest date of the need; any
    other slot starts when it starts.
    """
    if offer.mode == SELF_PACED:
        return max(offer.starts_on, need.earliest)
    return offer.starts_on


def window_days(need: Need) -> int:
    """Days from the earliest date to the date needed by, at least 1."""
    return max(1, (need.needed_by - need.earliest).days)
