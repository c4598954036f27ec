"""The other direction: which needs an offer fits, judged by the same limits and points."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.matching.rules.chains import earliest_completions
from app.matching.rules.facts import EMPTY, Need, Offer, Paths, wants_taught
from app.matching.rules.limits import LIMIT_NAMES, Situation, broken_limits
from app.matching.rules.points import score_of

NO_DATE = frozenset({"window", "seats", "deadline", "prerequisite"})
"""Limits that say nothing about a course as long as it has no date."""


class Judge:
    """Looks at pairs of a need and an offer; what many pairs share is worked out once.

    Args:
        now: Aware UTC time.
        paths: What the courses of the offers require, and the runs in which it can be learned.
    """

    def __init__(self, now: datetime, paths: Paths = EMPTY) -> None:
        self._open = Situation(now)
        self._paths = paths
        self._situations: dict[tuple[tuple[str, ...], bool], Situation] = {}

    @property
    def now(self) -> datetime:
        """The time of all its judgements."""
        return self._open.now

    def broken(self, need: Need, offer: Offer, *, at_most: int = len(LIMIT_NAMES)) -> list[str]:
        """Names of the limits that rule the offer out for the need, in the stated order.

        Of an offer that teaches nothing of what is wanted this says nothing: ask
        :func:`teaches` first.
        """
        return broken_limits(need, offer, self.situation(need, offer), at_most=at_most)

    def situation(self, need: Need, offer: Offer) -> Situation:
        """The time, and when the people of the need can have finished earlier courses."""
        if not offer.requires:
            return self._open
        # The runs that suit a need depend on nothing else of it.
        key = (need.languages, need.remote_only)
        if key not in self._situations:
            done = earliest_completions(need, self._paths.requires, self._paths, now=self._open.now)
            self._situations[key] = Situation(self._open.now, done, self._paths)
        return self._situations[key]


@dataclass(frozen=True, slots=True)
class Fit:
    """A need that an offer fits, with its score; or that it fits but for one limit, ``missed``.

    ``score`` is what the ranking of the need gives the offer; 0 for a near miss.
    """

    need: Need
    offer: Offer
    score: int = 0
    missed: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """The needs that an offer fits, best first, and those that one change would add."""

    fits: tuple[Fit, ...]
    near: tuple[Fit, ...]


def teaches(need: Need, offer: Offer) -> bool:
    """Whether the offer teaches a wanted skill at all."""
    return bool(wants_taught(need, offer))


def rank_needs(
    needs: Iterable[Need],
    offer_to: Callable[[Need], Offer],
    judge: Judge,
    *,
    ignore: frozenset[str] = frozenset(),
) -> Reach:
    """The needs that one slot (or course) fits, by score; and near misses by their limit.

    Equal scores: the more urgent need first, then the one that is due earlier, then by id. The
    order of ``needs`` does not matter.

    Args:
        needs: What countries ask for, each once.
        offer_to: The slot as it is offered to a need: a cap per country differs between them.
        judge: Looks at each pair.
        ignore: Limits that do not count here.
    """
    fits, near = [], []
    for need in needs:
        offer = offer_to(need)
        if not teaches(need, offer):
            continue
        broken = [name for name in judge.broken(need, offer) if name not in ignore]
        if not broken:
            fits.append(Fit(need, offer, score_of(need, offer)))
        elif len(broken) == 1:
            near.append(Fit(need, offer, missed=broken[0]))
    place = {name: index for index, name in enumerate(LIMIT_NAMES)}
    fits.sort(key=lambda fit: (-fit.score, *_order(fit.need)))
    near.sort(key=lambda fit: (place[fit.missed], *_order(fit.need)))
    return Reach(tuple(fits), tuple(near))


def _order(need: Need) -> tuple[int, date, UUID]:
    return -need.urgency, need.needed_by, need.request_id


def months_open(need: Need, *, first: date, count: int) -> Iterable[int]:
    """In which of ``count`` months from that of ``first`` a date could lie, by the window alone."""
    start = month_number(need.earliest) - month_number(first)
    end = month_number(need.needed_by) - month_number(first)
    return range(max(0, start), min(count - 1, end) + 1)


def month_number(day: date) -> int:
    """Months since the year 0, so that months can be counted."""
    return day.year * 12 + day.month - 1


@dataclass(frozen=True, slots=True)
class Crowd:
    """Requests that are only counted: at least how many, of how many countries, for whom.

    Each figure is one of :data:`STEPS`: as many as it says, or more.
    """

    requests: int
    people: int
    countries: int


LEAST_TOLD = 3
"""Fewer requests, people or countries than this are not told: they would name somebody."""

STEPS: tuple[int, ...] = (
    LEAST_TOLD,
    *(int(step * 10**power) for power in range(7) for step in (5, 10, 20)),
)
"""What a count is rounded down to."""


def crowd_of(people: Mapping[UUID, int], countries: Iterable[str]) -> Crowd | None:
    """The count of requests that their countries keep to themselves; None where it is too small.

    None also stands for nobody at all: whether there are none or two is not told apart, since a
    provider that admits one country only would learn something about that country. And no figure
    is told exactly: a provider that admits one country more, or asks of a later month, would
    subtract one count from the other and have what that country filed.

    Args:
        people: People without a seat, for each request.
        countries: The countries of these requests.
    """
    counts = (len(people), sum(people.values()), len(set(countries)))
    return Crowd(*map(_at_least, counts)) if min(counts) >= LEAST_TOLD else None


def _at_least(count: int) -> int:
    return max(step for step in STEPS if step <= count)
