"""Places of slots as dots on the world map."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.core import countries, worldmap
from app.registry.queries.figures import PlaceCount

_SMALLEST = 9.0
_LARGEST = 30.0
_PER_SLOT = 3.0


@dataclass(frozen=True, slots=True)
class Point:
    """A dot: centre and radius in units of the map, what it says, and where it leads."""

    x: float
    y: float
    r: float
    label: str
    url: str
    kind: str = "info"


def map_points(places: Iterable[PlaceCount], link: Callable[[str], str]) -> list[Point]:
    """One dot per country, its area rising with the number of slots; the large ones first."""
    counts: dict[str, int] = {}
    for place in places:
        counts[place.country] = counts.get(place.country, 0) + place.slots
    points = []
    for code, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        country = countries.country(code)
        if country is None:
            continue
        x, y = worldmap.project(country.lat, country.lon)
        radius = min(_LARGEST, _SMALLEST + _PER_SLOT * math.sqrt(count))
        noun = "slot" if count == 1 else "slots"
        label = f"{countries.name(code)}: {count} {noun}"
        points.append(Point(round(x), round(y), round(radius, 1), label, link(code)))
    return points
