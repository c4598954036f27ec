"""What everybody may know of needs that their countries do not publish. Pure.

Unpublished needs are put into cells once, whatever table is asked for: every cell holds at least
three countries, and every table counts a cell as a whole or not at all. So whatever is added up or
subtracted, over groupings, filters and totals, the finest that comes out is the sum of a cell.
Needs that fit into no such cell are counted in no table at all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.reports.rules.table import Axis, Demand, asked_for, quarter_of

FEWEST_COUNTRIES = 3
"""In a cell: whoever knows the figure of one of them (their own) still cannot tell the others."""
FEWEST_PEOPLE = 5
"""In a cell; and more than countries, for three people of three countries are one each."""

_UNSEEN = 2
"""Countries that must be left of a cell when the reader's own are taken out of it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Unpublished needs that are only ever counted together, and the axes on which they agree."""

    needs: tuple[Demand, ...]
    known: frozenset[Axis]


_SPLITS: tuple[tuple[Axis, Callable[[Demand], Any]], ...] = (
    (Axis.REGION, lambda need: need.region),
    (Axis.DOMAIN, lambda need: need.domain),
    (Axis.SKILL, lambda need: need.skill),
    (Axis.URGENCY, lambda need: need.urgency),
    (Axis.SIGNIFICANCE, lambda need: need.significance),
    (Axis.QUARTER, lambda need: quarter_of(need.needed_by.year, need.needed_by.month)),
    (Axis.PLATFORM, lambda need: need.platform),
    (Axis.SECTOR, lambda need: need.sector),
)
"""What a cell is split by as long as its parts stay large enough, the most useful first.

No country and no group of countries smaller than a WHO region: few of them would be told apart.
"""


def cells(needs: Iterable[Demand]) -> list[Cell]:
    """The cells of needs that are not published, each of them large enough to be counted.

    A function of the needs alone, not of who asks or for what: else two answers could be
    subtracted from each other.
    """
    return list(_split(tuple(needs), frozenset(), 0))


def counted_for(demand: Iterable[Demand], *, sees: Callable[[str], bool]) -> list[Demand]:
    """What may be counted for a reader, each need with the axes on which it may be counted.

    Args:
        demand: Everything that is asked for; nothing may have been filtered out before.
        sees: Whether the reader may know everything of this country.
    """
    needs = list(demand)
    found = [need for need in needs if need.published or sees(need.country)]
    if len(found) == len(needs):
        return found
    for cell in cells(need for need in needs if not need.published):
        others = [need for need in cell.needs if not sees(need.country)]
        if len(_countries(others)) >= min(_UNSEEN, len(_countries(cell.needs))):
            found += (replace(need, known=cell.known) for need in others)
    return found


def is_large_enough(needs: Sequence[Demand]) -> bool:
    """Whether the sum of these needs says nothing about one of their countries."""
    countries, people = len(_countries(needs)), sum(asked_for(need) for need in needs)
    return countries >= FEWEST_COUNTRIES and people >= FEWEST_PEOPLE and people > countries


def _split(needs: tuple[Demand, ...], known: frozenset[Axis], depth: int) -> Iterator[Cell]:
    """Cells of these needs, which agree on ``known``; none when they are too few."""
    if not is_large_enough(needs):
        return
    if depth == len(_SPLITS):
        yield Cell(needs, known)
        return
    axis, value_of = _SPLITS[depth]
    parts: dict[Any, list[Demand]] = {}
    for need in needs:
        parts.setdefault(value_of(need), []).append(need)
    whole = {value: part for value, part in parts.items() if is_large_enough(part)}
    rest = [need for value, part in parts.items() if value not in whole for need in part]
    while rest and whole and not is_large_enough(rest):
        # Parts too small to stand alone, and too small together, take the smallest other one in.
        rest += whole.pop(min(whole, key=lambda value: (len(whole[value]), str(value))))
    for value in sorted(whole, key=str):
        yield from _split(tuple(whole[value]), known | {axis}, depth + 1)
    yield from _split(tuple(rest), known, depth + 1)


def _countries(needs: Iterable[Demand]) -> set[str]:
    """The countries that ask for anybody: one that asks for nobody hides nobody."""
    return {need.country for need in needs if asked_for(need)}
