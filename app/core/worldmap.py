"""The world map: one SVG path per country and the projection that places a dot on it.

The drawing ships with the product (``data/worldmap.json``). Show :func:`disclaimer` beside it.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "worldmap.json"

# The polynomial of the Equal Earth projection.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = math.sqrt(3) / 2


@dataclass(frozen=True, slots=True)
class _WorldMap:
    disclaimer: str
    view_box: str
    shapes: dict[str, str]
    areas: dict[str, str]
    dots: dict[str, tuple[int, int]]
    lon0: float
    scale: float
    left: float
    top: float


def shapes() -> dict[str, str]:
    """SVG path data by alpha-2 code, in units of :func:`view_box`."""
    return _world().shapes


def areas_without_code() -> dict[str, str]:
    """SVG path data of land that has no ISO 3166-1 code; draw it like a country, without a name."""
    return _world().areas


def dots() -> dict[str, tuple[int, int]]:
    """``(x, y)`` by alpha-2 code, for countries whose shape is too small to see or to touch."""
    return _world().dots


def view_box() -> str:
    """The ``viewBox`` of the SVG element."""
    return _world().view_box


def disclaimer() -> str:
    """The sentence about borders and names that belongs next to every map."""
    return _world().disclaimer


def project(lat: float, lon: float) -> tuple[float, float]:
    """Where a place is on the map: degrees in, ``(x, y)`` in units of :func:`view_box` out.

    Source: B. Šavrič, T. Patterson, B. Jenny, "The Equal Earth map projection", 2018.
    """
    world = _world()
    turned = math.radians((lon - world.lon0 + 180) % 360 - 180)
    theta = math.asin(_M * math.sin(math.radians(lat)))
    squared = theta * theta
    sixth = squared**3
    slope = _A1 + 3 * _A2 * squared + sixth * (7 * _A3 + 9 * _A4 * squared)
    east = turned * math.cos(theta) / (_M * slope)
    north = theta * (_A1 + _A2 * squared + sixth * (_A3 + _A4 * squared))
    return world.left + world.scale * east, world.scale * (world.top - north)


@cache
def _world() -> _WorldMap:
    loaded = json.loads(_FILE.read_text(encoding="utf-8"))
    projection = loaded["projection"]
    return _WorldMap(
        disclaimer=loaded["disclaimer"],
        view_box=loaded["viewBox"],
        shapes=loaded["countries"],
        areas=loaded["extra"],
        dots={code: (x, y) for code, (x, y) in loaded["points"].items()},
        lon0=projection["lon0"],
        scale=projection["k"],
        left=projection["tx"],
        top=projection["top"],
    )
