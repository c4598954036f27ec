"""Synergy: requests of neighbouring countries that fill a date together and not alone. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID

NEAR_KM = 1500
"""Countries without a community in common are neighbours up to this distance."""

_ANCHORS = 8
"""Requests of those that a date suits, the most needed first, around which a group is sought."""
_MOST_WANTS = 80
"""Requests of a skill that are looked at, the most needed first."""


def filled(seats: int) -> int:
    """People from whom on so many seats count as filled: three quarters."""
    return (3 * seats + 3) // 4


Near = Callable[[str, str], bool]
"""Whether two countries are neighbours."""


@dataclass(frozen=True, slots=True)
class Want:
    """People of one request who lack a skill at a level, and have no seat yet.

    ``communities`` are the sub-region and the economic communities of the country, ``region`` its
    WHO region; ``modes`` are those that will do, empty for any.
    """

    request_id: UUID
    country: str
    skill: str
    level: int
    people: int
    earliest: date
    needed_by: date
    languages: frozenset[str]
    weight: int
    communities: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    remote_only: bool = False
    travel: str = "anywhere"
    interpretation_ok: bool = True
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A date to come with seats to spare.

    ``missing`` people are needed before it runs, 0 when it runs anyway. ``country`` is None at a
    distance, ``region`` its WHO region; ``home`` is the provider's country.
    """

    slot_id: UUID
    taught: tuple[tuple[str, int], ...]
    mode: str
    country: str | None
    home: str
    starts_on: date
    ends_on: date
    seats_free: int
    missing: int
    languages: frozenset[str]
    interpretation: frozenset[str] = frozenset()
    is_remote: bool = False
    region: str | None = None

    @property
    def target(self) -> int:
        """People who make the date run; of one that runs anyway, those who fill it."""
        return self.missing or filled(self.seats_free)


@dataclass(frozen=True, slots=True)
class Joint:
    """Requests that go together, the one that needs it most first.

    ``target`` is what they reach together and none does alone. ``slot_id`` is None when no date
    fits and one has to be called for. ``starts_on`` and ``ends_on`` bound the date or, without one,
    the time that suits all. ``shared`` are the communities that all their countries are in.
    """

    skill: str
    level: int
    wants: tuple[Want, ...]
    target: int
    slot_id: UUID | None
    starts_on: date
    ends_on: date
    languages: frozenset[str]
    shared: frozenset[str]
    home: str | None = None

    @property
    def people(self) -> int:
        """All of them together."""
        return sum(want.people for want in self.wants)

    @property
    def countries(self) -> tuple[str, ...]:
        """Their countries, in alphabetical order."""
        return tuple(sorted({want.country for want in self.wants}))


def joints(
    wants: Iterable[Want],
    openings: Iterable[Opening],
    *,
    usual: Callable[[str], int],
    km: Callable[[str, str], int | None],
) -> list[Joint]:
    """Groups of requests to propose together: those with a date first, the most needed first.

    A request is in one group of a skill at the most. A group has two countries or more, all
    neighbours of the one that needs it most; a language and a time in common; people enough
    together, and no country enough alone. The order of wants and openings does not matter.

    Args:
        wants: People without a seat.
        openings: Dates with seats to spare; the earliest is looked at first.
        usual: Seats of a usual date of a skill, for groups that no date fits.
        km: Kilometres between two countries; None where that is not known.
    """
    by_skill: dict[str, list[Want]] = {}
    communities: dict[str, frozenset[str]] = {}
    for want in sorted(wants, key=_by_need):
        by_skill.setdefault(want.skill, []).append(want)
        communities[want.country] = want.communities

    @cache
    def near(one: str, other: str) -> bool:
        return one == other or bool(
            communities[one] & communities[other] or is_close(km(one, other))
        )

    dates: dict[str, list[Opening]] = {}
    for date_ in sorted(openings, key=lambda each: (each.starts_on, each.ends_on, each.slot_id)):
        for skill, _ in date_.taught:
            dates.setdefault(skill, []).append(date_)
    found: list[Joint] = []
    for skill in sorted(by_skill):
        most_needed = by_skill[skill][:_MOST_WANTS]
        found += _of_skill(skill, most_needed, dates.get(skill, ()), usual(skill), near)
    return sorted(found, key=lambda each: (each.slot_id is None, -_value(each), each.skill))


def is_close(km: int | None) -> bool:
    """Whether countries so far apart are neighbours without a community in common."""
    return km is not None and km <= NEAR_KM


def fits(want: Want, opening: Opening) -> bool:
    """Whether the date suits the people: level, window, language, mode and travel."""
    # What most often fails comes first: there are hundreds of thousands of pairs.
    return (
        want.earliest <= opening.starts_on
        and opening.ends_on <= want.needed_by
        and _is_understood(want, opening)
        and any(skill == want.skill and level >= want.level for skill, level in opening.taught)
        and (opening.is_remote or not want.remote_only)
        and (not want.modes or opening.mode in want.modes)
        and _can_travel(want, opening)
    )


def _can_travel(want: Want, opening: Opening) -> bool:
    if opening.is_remote or opening.country is None or want.travel == "anywhere":
        return True
    if want.travel == "none":
        return False
    if opening.country == want.country:
        return True
    return want.travel == "region" and want.region is not None and opening.region == want.region


def _is_understood(want: Want, opening: Opening) -> bool:
    if not want.languages.isdisjoint(opening.languages):
        return True
    return want.interpretation_ok and not want.languages.isdisjoint(opening.interpretation)


def _of_skill(
    skill: str,
    wants: Sequence[Want],
    dates: Sequence[Opening],
    usual: int,
    near: Near,
) -> list[Joint]:
    left, found = list(wants), []
    gone: set[UUID] = set()

    def propose(group: tuple[Want, ...], opening: Opening | None) -> None:
        found.append(_joint(skill, group, opening, usual))
        gone.update(want.request_id for want in group)
        left[:] = [want for want in left if want.request_id not in gone]

    for opening in dates:
        if opening.target > 1:
            able = [want for want in left if fits(want, opening)]
            group = _group(able, able[:_ANCHORS], (opening.target, opening.seats_free), near)
            if group:
                propose(group, opening)
    for anchor in tuple(left):
        if anchor.request_id not in gone:
            group = _group(_together(anchor, left), [anchor], (filled(usual), usual), near)
            if group:
                propose(group, None)
    return found


def _group(
    able: Sequence[Want], anchors: Sequence[Want], bounds: tuple[int, int], near: Near
) -> tuple[Want, ...]:
    """The first anchor with its neighbours that reach the target; nobody when none do.

    ``bounds``: the target, and the most people there is room for.
    """
    target, most = bounds
    if sum(want.people for want in able) < target:
        return ()
    for anchor in anchors:
        alone: dict[str, int] = {}
        group: list[Want] = []
        languages, people = anchor.languages, 0
        for want in (anchor, *(each for each in able if each is not anchor)):
            if (
                people + want.people > most
                or languages.isdisjoint(want.languages)
                or not near(anchor.country, want.country)
            ):
                continue
            group.append(want)
            languages &= want.languages
            people += want.people
            alone[want.country] = alone.get(want.country, 0) + want.people
            if people >= target and len(alone) > 1:
                break
        if people >= target > max(alone.values(), default=0):
            return tuple(group)
    return ()


def _together(anchor: Want, wants: Sequence[Want]) -> list[Want]:
    """Those whose window overlaps the one of ``anchor`` and of all who came before, it first."""
    begins, ends = anchor.earliest, anchor.needed_by
    found = [anchor]
    for want in wants:
        if want is anchor or want.earliest > ends or want.needed_by < begins:
            continue
        begins, ends = max(begins, want.earliest), min(ends, want.needed_by)
        found.append(want)
    return found


def _joint(skill: str, group: tuple[Want, ...], opening: Opening | None, usual: int) -> Joint:
    """A group with its date, or with the time that suits all where none fits."""
    begins, ends = max(want.earliest for want in group), min(want.needed_by for want in group)
    return Joint(
        skill=skill,
        level=max(want.level for want in group),
        wants=group,
        target=opening.target if opening else filled(usual),
        slot_id=opening.slot_id if opening else None,
        home=opening.home if opening else None,
        starts_on=opening.starts_on if opening else begins,
        ends_on=opening.ends_on if opening else ends,
        languages=_common(group, lambda want: want.languages),
        shared=_common(group, lambda want: want.communities),
    )


def _common(group: Sequence[Want], of: Callable[[Want], frozenset[str]]) -> frozenset[str]:
    return frozenset.intersection(*(of(want) for want in group))


def _value(joint: Joint) -> int:
    return sum(want.weight * want.people for want in joint.wants)


def _by_need(want: Want) -> tuple[int, date, str, UUID, int]:
    return -want.weight, want.needed_by, want.country, want.request_id, want.level
