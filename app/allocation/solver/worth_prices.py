"""What the seats of new slots gain beyond the prices of a network that has none of them.

Without whole people, the gain of a slot is at most the sum over its seats of what each gains less
the prices of all that it uses: of the people who would sit there, of the floors of countries.
Prices only fall as seats are added, so the sum is too high rather than too low.

Source: weak duality of linear programmes; sensitivity of their optimum to new columns.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.allocation.rules.facts import Place
from app.allocation.solver.engine import Effort, Relaxation
from app.allocation.solver.large_network import Network, Numbers, bound
from app.allocation.solver.links import Link

_HAIR = 1e-6  # of a thousandth of value, for sums of real numbers


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the seats of one slot gain at most, in thousandths, and who would sit there."""

    place: str
    value: int
    people: int
    countries: int


@dataclass(frozen=True, slots=True)
class Estimates:
    """Of all slots; without any of them nothing is worth more than ``most``."""

    slots: tuple[Estimate, ...]
    most: float


def estimates(
    net: Network, places: Mapping[str, Place], at_least: Mapping[str, int], effort: Effort
) -> Estimates:
    """The estimates of slots that are part of the network, each as if it alone were there.

    Args:
        net: With all the slots.
        places: The slots by id.
        at_least: People whom each country covers in any case.
        effort: When to stop.

    Raises:
        CancelledError: ``effort`` said so.
    """
    links: dict[str, list[Link]] = {place: [] for place in places}
    for link in net.model.links:
        if link.place.id in links:
            links[link.place.id].append(link)
    upper = net.upper.copy()
    upper[[link.column for each in links.values() for link in each]] = 0
    closed = replace(net, upper=upper)
    prices = _prices(closed, at_least, effort)
    paid = np.bincount(net.column_of, net.factors * prices[net.row_of], len(net.gain))
    extra = net.gain - paid
    slots = (_filled(places[place], each, extra) for place, each in links.items())
    return Estimates(tuple(slots), bound(closed, net.lows(at_least), prices))


def _prices(net: Network, at_least: Mapping[str, int], effort: Effort) -> Numbers:
    """What one more of each limit is worth; nothing where that was not found in time."""
    columns = replace(net.model.columns, upper=net.upper.tolist())
    rows = {net.country_row[country]: least for country, least in at_least.items()}
    optimum = Relaxation(columns, net.rows, effort).best(rows, effort.until)
    return np.zeros(len(net.low)) if optimum is None else optimum.prices


def _filled(place: Place, links: Sequence[Link], extra: Numbers) -> Estimate:
    """The slot with those on it who gain most beyond the prices, as far as seats and caps allow."""
    by_gain = sorted(links, key=lambda link: (-extra[link.column] / link.unit, link.ask.id))
    left, taken = place.free, dict(place.taken)
    gained, people, countries = 0.0, 0, set()
    for link in by_gain:
        each = float(extra[link.column]) / link.unit
        here = taken.get(link.ask.country, 0)
        room = left if place.cap is None else min(left, place.cap - here)
        seats = min(link.most, room)
        if each <= _HAIR or seats <= 0:
            continue
        gained += each * seats
        people += seats
        countries.add(link.ask.country)
        taken[link.ask.country] = here + seats
        left -= seats
    return Estimate(place.id, math.ceil(gained - _HAIR), people, len(countries))
