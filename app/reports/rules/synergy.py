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


Place = tuple[str, frozenset[str]]
"""A country and its communities."""
Near = Callable[[Place, Place], bool]


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

    @property
    def place(self) -> Place:
        """Where the people are."""
        return self.country, self.communities


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

    @cache
    def near(one: Place, other: Place) -> bool:
        return _are_near(one, other, km)

    by_skill: dict[str, list[Want]] = {}
    for want in sorted(wants, key=_by_need):
        by_skill.setdefault(want.skill, []).append(want)
    dates = sorted(openings, key=lambda each: (each.starts_on, each.ends_on, each.slot_id))
    found: list[Joint] = []
    for skill in sorted(by_skill):
        of_skill = [each for each in dates if skill in dict(each.taught)]
        most_needed = by_skill[skill][:_MOST_WANTS]
        found += _of_skill(skill, most_needed, of_skill, usual(skill), near)
    return sorted(found, key=lambda each: (each.slot_id is None, -_value(each), each.skill))


def fits(want: Want, opening: Opening) -> bool:
    """Whether the date suits the people: level, window, language, mode and travel."""
    return (
        dict(opening.taught).get(want.skill, 0) >= want.level
        and want.earliest <= opening.starts_on
        and opening.ends_on <= want.needed_by
        and bool(want.languages & _spoken(opening, want))
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


def _spoken(opening: Opening, want: Want) -> frozenset[str]:
    return opening.languages | (opening.interpretation if want.interpretation_ok else frozenset())


def _of_skill(
    skill: str,
    wants: Sequence[Want],
    dates: Sequence[Opening],
    usual: int,
    near: Near,
) -> list[Joint]:
    left, found = list(wants), []
    for opening in dates:
        if opening.target > 1:
            able = [want for want in left if fits(want, opening)]
            anchors = able[:_ANCHORS]
            group = _group(able, anchors, (opening.target, opening.seats_free), near)
            if group:
                found.append(_with_date(skill, group, opening))
                left = [want for want in left if want not in group]
    for anchor in tuple(left):
        if anchor in left:
            able = _together(anchor, left)
            group = _group(able, [anchor], (filled(usual), usual), near)
            if group:
                found.append(_without_date(skill, group, usual))
                left = [want for want in left if want not in group]
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
            fits_in = people + want.people <= most and languages & want.languages
            if not fits_in or not near(anchor.place, want.place):
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


def _are_near(one: Place, other: Place, km: Callable[[str, str], int | None]) -> bool:
    if one[0] == other[0] or one[1] & other[1]:
        return True
    apart = km(one[0], other[0])
    return apart is not None and apart <= NEAR_KM


def _together(anchor: Want, wants: Sequence[Want]) -> list[Want]:
    """Those whose window overlaps the one of ``anchor`` and of all who came before, it first."""
    begins, ends = anchor.earliest, anchor.needed_by
    found = [anchor]
    for want in wants:
        if want is anchor or max(begins, want.earliest) > min(ends, want.needed_by):
            continue
        begins, ends = max(begins, want.earliest), min(ends, want.needed_by)
        found.append(want)
    return found


def _with_date(skill: str, group: tuple[Want, ...], opening: Opening) -> Joint:
    return Joint(
        skill=skill,
        level=max(want.level for want in group),
        wants=group,
        target=opening.target,
        slot_id=opening.slot_id,
        home=opening.home,
        starts_on=opening.starts_on,
        ends_on=opening.ends_on,
        languages=_common(group, lambda want: want.languages),
        shared=_common(group, lambda want: want.communities),
    )


def _without_date(skill: str, group: tuple[Want, ...], usual: int) -> Joint:
    return Joint(
        skill=skill,
        level=max(want.level for want in group),
        wants=group,
        target=filled(usual),
        slot_id=None,
        starts_on=max(want.earliest for want in group),
        ends_on=min(want.needed_by for want in group),
        languages=_common(group, lambda want: want.languages),
        shared=_common(group, lambda want: want.communities),
    )


def _common(group: Sequence[Want], of: Callable[[Want], frozenset[str]]) -> frozenset[str]:
    return frozenset.intersection(*(of(want) for want in group))


def _value(joint: Joint) -> int:
    return sum(want.weight * want.people for want in joint.wants)


def _by_need(want: Want) -> tuple[int, date, str, UUID, int]:
    return -want.weight, want.needed_by, want.country, want.request_id, want.level
