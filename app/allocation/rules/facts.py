"""A problem and its plan, without database, clock or identity of people.

Identifiers are texts (of UUIDs), times are whole UTC seconds, so that sorting them is the same
everywhere and an answer can be compared byte for byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

DEFAULT_FLOOR_PERCENT = 90
DEFAULT_STABILITY_PERCENT = 5


@dataclass(frozen=True, slots=True)
class AskedNeed:
    """One skill of an ask: so many people still lack it; each one covered is worth ``value``.

    ``value`` is urgency x significance, 1 to 16.
    """

    skill: str
    people: int
    value: int


@dataclass(frozen=True, slots=True)
class Finished:
    """People of an ask who will have finished a course by an instant: trained, or booked on it.

    Who has gone on to a place that requires the course is no longer counted.
    """

    course: str
    at: int
    people: int


@dataclass(frozen=True, slots=True)
class Ask:
    """One open request, without what it holds already.

    ``seats`` is the most that it can still take on places that cover a need; seats on places that
    are only the theory before another come on top. With ``together`` all of ``seats`` come on one
    place, or none, and so does the theory.
    """

    id: str
    country: str
    seats: int
    needs: tuple[AskedNeed, ...]
    urgency: int = 1
    significance: int = 1
    together: bool = False
    finished: tuple[Finished, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One slot with free seats.

    ``minimum`` is how many more seats must be taken for it to run, 0 when enough are. ``cap``
    bounds the seats of one country, of which ``taken`` says how many are gone. Who takes a seat
    must have finished the courses in ``requires`` before ``starts``.
    """

    id: str
    course: str
    starts: int
    ends: int
    free: int
    minimum: int = 0
    cap: int | None = None
    taken: tuple[tuple[str, int], ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arc:
    """A place that fits an ask, as ranking found.

    ``covers`` are the positions in ``Ask.needs`` that a seat here covers; empty where the place is
    only the theory before another. ``score`` is the ranking's, 0 to 10,000. ``cost`` is small
    against value: thousandths of a covered person of value 1, for fee and travel.
    """

    ask: str
    place: str
    score: int
    covers: tuple[int, ...]
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """Seats of one place for one ask."""

    ask: str
    place: str
    seats: int


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run weighs; stored with it and shown.

    ``floor_percent`` of the best common share is guaranteed to every country before value counts;
    ``stability_percent`` of a person's value is added for a seat that the last plan gave.
    """

    floor_percent: int = DEFAULT_FLOOR_PERCENT
    stability_percent: int = DEFAULT_STABILITY_PERCENT
    seconds: int = 120


@dataclass(frozen=True)
class Problem:
    """All asks, all places, and what fits; ``previous`` is the last applied plan, as far as open.

    The order of the three lists does not matter. What is looked up often is sorted out once.
    """

    asks: tuple[Ask, ...]
    places: tuple[Place, ...]
    arcs: tuple[Arc, ...]
    previous: tuple[Given, ...] = ()
    settings: Settings = field(default_factory=Settings)

    @cached_property
    def fits(self) -> Mapping[tuple[str, str], Arc]:
        """The arc of each ask and place that fit each other."""
        return {(arc.ask, arc.place): arc for arc in self.arcs}

    @cached_property
    def arcs_of(self) -> Mapping[str, Sequence[Arc]]:
        """The arcs of each ask that has any."""
        found: dict[str, list[Arc]] = {}
        for arc in self.arcs:
            found.setdefault(arc.ask, []).append(arc)
        return found

    @cached_property
    def arcs_to(self) -> Mapping[str, Sequence[Arc]]:
        """The arcs to each place that has any."""
        found: dict[str, list[Arc]] = {}
        for arc in self.arcs:
            found.setdefault(arc.place, []).append(arc)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """Seats for asks, with how good that is at most.

    ``objective`` and ``bound`` are thousandths of value; nothing better than ``bound`` exists.
    ``share`` is the best common share of coverage, in millionths: in small problems that of whole
    people, in medium ones at least that, and no plan can give more; in large ones the best found.
    ``floor`` is what every country was guaranteed of what it could reach on its own; ``reach`` is
    that, in people covered, by country.
    ``left_out`` are countries without a guarantee: not all can have a seat at once, and leaving
    these out leaves out as few as possible.
    """

    given: tuple[Given, ...]
    objective: int
    bound: int
    share: int
    floor: int
    is_proven: bool
    reach: tuple[tuple[str, int], ...] = ()
    left_out: tuple[str, ...] = ()


class CancelledError(Exception):
    """The run was told to stop; there is no plan."""
