"""The slots that teach a wanted skill, picked from the columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.matching.rules.columns.store import Array, Flags, Posting, Rows, pick
from app.matching.rules.columns.table import Columns
from app.matching.rules.facts import Need

Levels = tuple[npt.NDArray[np.int64], ...]


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

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, chosen: Array) -> "Drawn":
        """Some of these, by flags or by their places among these."""
        levels = tuple(level[chosen] for level in self.levels)
        copies = pick(self.slots, chosen), pick(self.courses, chosen)
        return Drawn(self.columns, self.rows[chosen], levels, copies)

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
        levels = (only.levels.astype(np.int64),) * len(need.wants)
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
        taught[skill] = np.zeros(len(rows), np.int64)
        taught[skill][place[posting.rows]] = posting.levels
    return Drawn(columns, rows, tuple(taught[want.skill] for want in need.wants), None)


def _posting(columns: Columns, skill: str) -> Posting:
    number = columns.skills.find(skill)
    if number is None or number >= len(columns.postings):
        return Posting()
    return columns.postings[number]
