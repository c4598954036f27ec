"""A model as arrays: cut into parts that can be solved by themselves, and bounded by prices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.allocation.solver.engine import INFINITY, Columns, Rows
from app.allocation.solver.model import Model

Numbers = NDArray[np.float64]
Positions = NDArray[np.int64]
Chosen = NDArray[np.bool_]

_FINENESS = 1024  # prices are rounded to this part of a thousandth of value
_TOO_LARGE = 2.0**60


@dataclass(frozen=True, slots=True)
class Network:
    """The unknowns and limits of a model, entry by entry.

    Entry i says that the unknown ``column_of[i]`` counts ``factors[i]`` times in row ``row_of[i]``;
    entries are in order of rows, those of row r from ``starts[r]`` on. ``by_column`` lists them in
    order of unknowns instead, those of c from ``column_starts[c]`` on. The last rows count the
    covered people of each country, from 0; ``country_row`` tells which. ``of_one_ask`` tells which
    rows hold seats of a single ask.
    """

    model: Model
    rows: Rows
    gain: Numbers
    upper: Numbers
    whole: Chosen
    row_of: Positions
    column_of: Positions
    factors: Numbers
    starts: Positions
    by_column: Positions
    column_starts: Positions
    low: Numbers
    high: Numbers
    country_row: Mapping[str, int]
    of_one_ask: Chosen

    @property
    def limits(self) -> int:
        """How many rows are limits; those after them count people by country."""
        return len(self.low) - len(self.country_row)

    def lows(self, at_least: Mapping[str, int]) -> Numbers:
        """The lower bounds of all rows when countries must cover so many people."""
        low = self.low.copy()
        for country, people in at_least.items():
            low[self.country_row[country]] = people
        return low


def network(model: Model) -> Network:
    """The arrays of a model that has at least one unknown."""
    rows, country_row = model.rows.copy(), {}
    for country in sorted(model.cover):
        country_row[country] = rows.count
        rows.add(*model.cover[country], at_least=0)
    starts = np.array(rows.starts, dtype=np.int64)
    row_of = np.repeat(np.arange(rows.count), np.diff(starts))
    column_of = np.array(rows.columns, dtype=np.int64)
    counts = np.bincount(column_of, minlength=len(model.columns.gain))
    return Network(
        model,
        rows,
        np.array(model.columns.gain),
        np.array(model.columns.upper),
        np.array(model.columns.whole),
        row_of,
        column_of,
        np.array(rows.factors),
        starts,
        np.argsort(column_of, kind="stable"),
        np.concatenate(([0], np.cumsum(counts))),
        np.array(rows.lower),
        np.array(rows.upper),
        country_row,
        _of_one_ask(model, row_of, column_of),
    )


def _of_one_ask(model: Model, row_of: Positions, column_of: Positions) -> Chosen:
    number = {name: place for place, name in enumerate({link.ask.id: 0 for link in model.links})}
    ask_of = np.full(len(model.columns.gain), -1)
    for link in model.links:
        ask_of[link.column] = number[link.ask.id]
    asks = ask_of[column_of]
    seats = asks >= 0
    rows = int(row_of.max(initial=-1)) + 1
    first, last = np.full(rows, len(number)), np.full(rows, -1)
    np.minimum.at(first, row_of[seats], asks[seats])
    np.maximum.at(last, row_of[seats], asks[seats])
    same: Chosen = first == last
    return same


def _runs(starts: Positions, chosen: Positions) -> Positions:
    """The positions from ``starts[i]`` to ``starts[i + 1]`` for each chosen i, in a row."""
    counts = starts[chosen + 1] - starts[chosen]
    offsets = np.repeat(starts[chosen] - (np.cumsum(counts) - counts), counts)
    return offsets + np.arange(int(counts.sum()))


def rows_of(net: Network, columns: Positions) -> Positions:
    """The rows in which any of these unknowns counts, ascending."""
    return np.unique(net.row_of[net.by_column[_runs(net.column_starts, columns)]])


def limits_of(net: Network, columns: Positions, *, in_asks: bool = False) -> Positions:
    """The limits in which any of these unknowns counts; only those of a single ask if so told."""
    touched = rows_of(net, columns)
    touched = touched[touched < net.limits]
    return touched[net.of_one_ask[touched]] if in_asks else touched


def neighbours(net: Network, columns: Positions, *, in_asks: bool = False) -> Positions:
    """These unknowns and all that share a limit with one of them, ascending."""
    entries = _runs(net.starts, limits_of(net, columns, in_asks=in_asks))
    return np.union1d(columns, net.column_of[entries])


def pieces(net: Network, columns: Positions) -> Iterator[Positions]:
    """These unknowns in groups between which there is no limit, ordered by their first."""
    if not len(columns):
        return
    limits = limits_of(net, columns)
    entries = _runs(net.starts, limits)
    entries = entries[np.isin(net.column_of[entries], columns)]
    row = np.searchsorted(limits, net.row_of[entries])
    column = np.searchsorted(columns, net.column_of[entries])
    group = np.arange(len(columns))
    while True:
        smallest = np.full(len(limits), len(columns))
        np.minimum.at(smallest, row, group[column])
        new = group.copy()
        np.minimum.at(new, column, smallest[row])
        if np.array_equal(new, group):
            break
        group = new
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    yield from np.split(columns[order], cuts)


def cut(
    net: Network, columns: Positions, values: Numbers, gain: Numbers, low: Numbers | None = None
) -> tuple[Columns, Rows]:
    """These unknowns and all limits they touch, while all others stay at ``values``.

    Args:
        net: The whole network.
        columns: Which unknowns are free, ascending; at least one.
        values: Of all unknowns; those of free ones are not read.
        gain: Of all unknowns.
        low: The lower bounds of all rows. Without it, how many people a country must cover is not
            asked.
    """
    limits = limits_of(net, columns) if low is None else rows_of(net, columns)
    low = net.low if low is None else low
    entries = _runs(net.starts, limits)
    row = np.searchsorted(limits, net.row_of[entries])
    column, factors = net.column_of[entries], net.factors[entries]
    free = np.isin(column, columns)
    held = np.where(free, 0.0, factors * values[column])
    used = np.bincount(row, held, len(limits))
    counts = np.bincount(row[free], minlength=len(limits))
    free_columns = Columns(
        [0.0] * len(columns),
        net.upper[columns].tolist(),
        gain[columns].tolist(),
        net.whole[columns].tolist(),
    )
    rows = Rows(
        [0, *np.cumsum(counts).tolist()],
        np.searchsorted(columns, column[free]).tolist(),
        factors[free].tolist(),
        (low[limits] - used).tolist(),
        (net.high[limits] - used).tolist(),
    )
    return free_columns, rows


def is_within(net: Network, values: Numbers) -> bool:
    """Whether whole values keep every limit; how many people countries must cover apart."""
    sums = np.bincount(net.row_of, net.factors * values[net.column_of], len(net.low))
    inside = (values >= 0) & (values <= net.upper)
    return bool(inside.all() and (sums >= net.low).all() and (sums <= net.high).all())


def covered_people(net: Network, values: Numbers) -> dict[str, int]:
    """People covered in each country at a point of whole values."""
    counting = net.row_of >= net.limits
    people = net.factors[counting] * values[net.column_of[counting]]
    sums = np.bincount(net.row_of[counting], people, len(net.low))
    return {country: round(float(sums[row])) for country, row in net.country_row.items()}


def with_floors(net: Network, prices: Numbers) -> Numbers:
    """The gain of each unknown when people of countries at their floor count for more."""
    counting = net.row_of >= net.limits
    paid = net.factors[counting] * prices[net.row_of[counting]]
    return net.gain - np.bincount(net.column_of[counting], paid, len(net.gain))


def bound(net: Network, low: Numbers, prices: Numbers) -> float:
    """What no point of the network can exceed, in thousandths of value; may be infinite.

    True whatever the prices are, and tight when they are those of the optimum: a limit counts at
    most its price times its bound, an unknown at most what it gains beyond the prices of its
    limits. It is reckoned in whole numbers, so that nothing is lost in rounding.

    Source: weak duality of linear programmes.
    """
    price = np.rint(np.nan_to_num(prices) * _FINENESS)
    price[(price > 0) & (net.high == INFINITY)] = 0
    price[(price < 0) & (low == -INFINITY)] = 0
    limits = np.where(price > 0, net.high, np.where(price < 0, low, 0.0))
    gain = np.ceil(net.gain) * _FINENESS
    paid = np.bincount(net.column_of, np.abs(net.factors * price[net.row_of]), len(gain))
    if np.abs(price) @ np.abs(limits) + (np.abs(gain) + paid) @ net.upper > _TOO_LARGE:
        return INFINITY
    whole = np.int64
    rest = gain.astype(whole)
    np.subtract.at(rest, net.column_of, net.factors.astype(whole) * price.astype(whole)[net.row_of])
    total = int(price.astype(whole) @ limits.astype(whole))
    total += int(np.maximum(rest, 0) @ net.upper.astype(whole))
    return float(-(-total // _FINENESS))
