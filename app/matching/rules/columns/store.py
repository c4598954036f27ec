"""What columns are made of: arrays that grow, ids that are found again, sets of words as bits."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_LOW = (1 << 64) - 1
_BITS = 64
_FIRST = 64


def pick(records: Array, chosen: Array) -> Array:
    """Copies of some records, by flags or by their places.

    As whole machine words: numpy copies records of several columns ten times as slowly.
    """
    places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
    words = records.view(np.int64).reshape(len(records), records.itemsize // 8)
    picked: Array = words.take(places, axis=0).view(records.dtype).reshape(-1)
    return picked


class Arrays:
    """Named columns that grow together by half when they are full.

    The values of a row lie side by side, so that picking a thousand rows out of a million touches
    a thousand places of the memory and not a thousand for each column.
    """

    def __init__(self, types: Mapping[str, type[np.generic]]) -> None:
        self._all: Array = np.zeros(_FIRST, _in_words(types))
        self.size = 0

    def __getitem__(self, name: str) -> Array:
        column: Array = self._all[name]
        return column

    def add(self, values: tuple[Any, ...]) -> int:
        """One more row, of values in the order of the columns; its number."""
        if self.size == len(self._all):
            grown = np.zeros(self.size + max(_FIRST, self.size // 2), self._all.dtype)
            grown[: self.size] = self._all
            self._all = grown
        self._all[self.size] = values
        self.size += 1
        return self.size - 1

    def write(self, row: int, values: tuple[Any, ...]) -> None:
        """Change one row."""
        self._all[row] = values

    def take(self, rows: Array) -> Array:
        """Copies of some rows; their columns are found by name."""
        return pick(self._all, rows)

    def trim(self) -> None:
        """Give back the room that is not used; it grows again when it is."""
        self._all = self._all[: max(_FIRST, self.size)].copy()

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        return self._all.nbytes


def _in_words(types: Mapping[str, type[np.generic]]) -> np.dtype[Any]:
    """A record of these columns, widest first, filled up to whole machine words."""
    packed = np.dtype(list(types.items()))
    size = -(-packed.itemsize // 8) * 8
    formats = [packed[name] for name in types]
    offsets = np.cumsum([0, *(each.itemsize for each in formats)])[:-1].tolist()
    return np.dtype(
        {"names": list(types), "formats": formats, "offsets": offsets, "itemsize": size}
    )


class Ids:
    """Row numbers by id, sixteen bytes a row.

    Ids that come in rising order, as those minted from the time do, are found by halving; the few
    others are in a dictionary.
    """

    def __init__(self) -> None:
        self._at = Arrays({"high": np.uint64, "low": np.uint64})
        self._last = -1
        self._others: dict[int, int] = {}

    def __len__(self) -> int:
        return self._at.size

    def add(self, key: UUID) -> int:
        """The row of an id that is not known yet: the next one."""
        number = key.int
        row = self._at.add((number >> _BITS, number & _LOW))
        if number > self._last and not self._others:
            self._last = number
        else:
            self._others[number] = row
        return row

    def find(self, key: UUID) -> int | None:
        """The row of an id, or None."""
        number = key.int
        if number > self._last or self._others:
            found = self._others.get(number)
            if found is not None or number > self._last:
                return found
        high, low = self._at["high"], self._at["low"]
        size = self._at.size - len(self._others)
        row = int(np.searchsorted(high[:size], np.uint64(number >> _BITS)))
        while row < size and int(high[row]) == number >> _BITS:
            if int(low[row]) == number & _LOW:
                return row
            row += 1
        return None

    def ids_at(self, rows: Array) -> list[UUID]:
        """The ids of rows."""
        return [UUID(int=(high << _BITS) | low) for high, low in self._at.take(rows).tolist()]

    def keys(self, rows: Array) -> tuple[Array, Array]:
        """High and low halves of the ids, which sort as the ids do."""
        taken = self._at.take(rows)
        return taken["high"], taken["low"]

    def trim(self) -> None:
        """Give back the room that is not used."""
        self._at.trim()

    @property
    def nbytes(self) -> int:
        """Bytes of the ids."""
        return self._at.nbytes


class Values:
    """Values that many rows share, each kept once under a small number."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self.all: list[Any] = []

    def number(self, value: Any) -> int:
        """The number of a value; a new one the first time."""
        found = self._numbers.get(value)
        if found is None:
            found = self._numbers[value] = len(self.all)
            self.all.append(value)
        return found

    def find(self, value: Any) -> int | None:
        """The number of a value that is known, or None."""
        return self._numbers.get(value)

    def __len__(self) -> int:
        return len(self.all)


class Sets:
    """Sets of words (languages, countries), each kept once, as rows of bits."""

    def __init__(self) -> None:
        self._sets = Values()
        self._words = Values()
        self._bits: npt.NDArray[np.uint64] = np.zeros((_FIRST, 1), np.uint64)

    def number(self, members: frozenset[str]) -> int:
        """The number of a set."""
        known = len(self._sets)
        found = self._sets.number(members)
        if found == known:
            self._write(found, members)
        return found

    def set_at(self, number: int) -> frozenset[str]:
        """The set of a number."""
        found: frozenset[str] = self._sets.all[number]
        return found

    def touching(self, words: Iterable[str]) -> Flags:
        """For each set by its number, whether it holds one of ``words``."""
        mask = np.zeros(self._bits.shape[1], np.uint64)
        for bit in map(self._words.find, words):
            if bit is not None:
                mask[bit // _BITS] |= np.uint64(1 << (bit % _BITS))
        found: Flags = np.bitwise_or.reduce(self._bits[: len(self._sets)] & mask, axis=1) != 0
        return found

    def empty(self) -> Flags:
        """For each set by its number, whether it holds nothing."""
        found: Flags = np.bitwise_or.reduce(self._bits[: len(self._sets)], axis=1) == 0
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of the bits."""
        return self._bits.nbytes

    def _write(self, row: int, members: Collection[str]) -> None:
        numbers = [self._words.number(word) for word in members]
        self._widen()
        if row == len(self._bits):
            self._bits = np.vstack([self._bits, np.zeros_like(self._bits)])
        for bit in numbers:
            self._bits[row, bit // _BITS] |= np.uint64(1 << (bit % _BITS))

    def _widen(self) -> None:
        more = -(-len(self._words) // _BITS) - self._bits.shape[1]
        if more > 0:
            blank = np.zeros((len(self._bits), more), np.uint64)
            self._bits = np.hstack([self._bits, blank])


class Posting:
    """The slots that teach one skill, and to which level; in no order."""

    def __init__(self) -> None:
        self._at = Arrays({"rows": np.int32, "levels": np.int8})

    def add(self, row: int, level: int) -> None:
        """One more slot."""
        self._at.add((row, level))

    def remove(self, row: int) -> None:
        """One slot less; the last one takes its place."""
        at, last = self._at, self._at.size - 1
        index = int(np.flatnonzero(at["rows"][: at.size] == row)[0])
        at.write(index, at.take(np.array([last]))[0])
        at.size = last

    @property
    def rows(self) -> Rows:
        """The slots."""
        return self._at["rows"][: self._at.size]

    @property
    def levels(self) -> npt.NDArray[np.int8]:
        """The level of each."""
        return self._at["levels"][: self._at.size]

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return self._at.nbytes
