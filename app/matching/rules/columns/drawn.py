"""The slots that teach a wanted skill, picked from the columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.matching.rules.columns.distances import Numbers, great_circles
from app.matching.rules.columns.records import NOT_STATED
from app.matching.rules.columns.store import Array, Flags, Posting, Rows, pick
from app.matching.rules.columns.table import Columns
from app.matching.rules.facts import REMOTE_MODES, Need

Levels = tuple[npt.NDArray[np.int8], ...]


class Drawn:
    """Some slots, and for each wanted skill the level that each of them teaches, 0 for none.

    ``slots`` and ``courses`` are copies of their rows, made once; columns are found in them by
    name.
    """

    def __init__(
        self, columns: Columns, rows: Rows, levels: Levels, copies: tuple[Array, Array] | None
    ) -> None:
        self.columns, self.rows, self.levels = columns, rows, levels
        if copies is None:
            slots = columns.slots.take(rows)
            copies = slots, columns.courses.take(slots["course"])
        self.slots, self.courses = copies
        self._km: Numbers | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, chosen: Array) -> "Drawn":
        """Some of these, by flags or by their places among these."""
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        levels = tuple(level.take(places) for level in self.levels)
        copies = pick(self.slots, places), pick(self.courses, places)
        few = Drawn(self.columns, self.rows.take(places), levels, copies)
        few._km = None if self._km is None else self._km.take(places)
        return few

    @property
    def remote(self) -> Flags:
        """Where nobody travels."""
        far = self.in_mode(lambda mode: mode in REMOTE_MODES)
        return far | self.at_place(lambda at: at[0] is None)

    def kilometres(self, need: Need) -> Numbers:
        """Whole kilometres to each: 0 when remote, NOT_STATED where a place is not known.

        Reckoned once, for the one need that these were drawn for.
        """
        if self._km is None:
            point = self.slots["point"]
            self._km = np.where(point == NOT_STATED, NOT_STATED, self._travelled(need, point))
            self._km[self.remote] = 0
        return self._km

    def _travelled(self, need: Need, point: Array) -> Numbers:
        where = self.columns.where
        if need.point is None or not where.size:
            return np.full(len(self), NOT_STATED, np.int64)
        lat, lon = where["lat"][: where.size], where["lon"][: where.size]
        if where.size < len(self):  # many slots at few places: each place once
            return great_circles(need.point, lat, lon)[point]
        return great_circles(need.point, lat[point], lon[point])

    def touching(self, name: str, *words: str) -> Flags:
        """Whether the set of each slot's course holds one of ``words``."""
        found: Flags = self.columns.sets[name].touching(words)[self.courses[name]]
        return found

    def empty(self, name: str) -> Flags:
        """Whether the set of each slot's course holds nothing."""
        found: Flags = self.columns.sets[name].empty()[self.courses[name]]
        return found

    def understood(self, need: Need, *languages: str) -> Flags:
        """Whether each is taught in, or for this need interpreted into, one of ``languages``."""
        found = self.touching("languages", *languages)
        if need.interpretation_ok:
            found |= self.touching("interpretation", *languages)
        return found

    def in_mode(self, is_so: Callable[[str], bool]) -> Flags:
        """What ``is_so`` says of the way in which each is taught."""
        found: Flags = _each(self.columns.modes.all, is_so)[self.slots["mode"]]
        return found

    def at_place(self, is_so: Callable[[tuple[str | None, str | None]], bool]) -> Flags:
        """What ``is_so`` says of the country and the region of each."""
        found: Flags = _each(self.columns.places.all, is_so)[self.slots["place"]]
        return found


def _each(values: list[Any], is_so: Callable[[Any], bool]) -> Flags:
    return np.fromiter(map(is_so, values), np.bool_, len(values))


def draw(columns: Columns, need: Need) -> Drawn:
    """The slots in the columns that teach a wanted skill, each once."""
    lists = {want.skill: _posting(columns, want.skill) for want in need.wants}
    if len(lists) == 1:
        (only,) = lists.values()
        levels = (only.levels.copy(),) * len(need.wants)
        return Drawn(columns, only.rows.copy(), levels, None)
    known = np.zeros(columns.slots.size, np.bool_)
    for posting in lists.values():
        known[posting.rows] = True
    rows = np.flatnonzero(known).astype(np.int32)
    # Only the places of drawn rows are written and read; the rest is never looked at.
    place = np.empty(columns.slots.size, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    taught = {}
    for skill, posting in lists.items():
        taught[skill] = np.zeros(len(rows), np.int8)
        taught[skill][place[posting.rows]] = posting.levels
    return Drawn(columns, rows, tuple(taught[want.skill] for want in need.wants), None)


def _posting(columns: Columns, skill: str) -> Posting:
    number = columns.skills.find(skill)
    if number is None or number >= len(columns.postings):
        return Posting()
    return columns.postings[number]
