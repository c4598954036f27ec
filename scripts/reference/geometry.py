"""Polygons on the globe: decoding TopoJSON, area, and a point that is surely inside."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = list[Point]
Polygon = list[Ring]

_HALF_TURN = 180
_GRID = 40


def polygons_by_code(topology: dict[str, Any]) -> dict[str, list[Polygon]]:
    """The land of each alpha-3 code as polygons of rings of ``(lon, lat)``."""
    found: dict[str, list[Polygon]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        if geometry.get("type"):
            code = geometry["properties"].get("a3", "")
            found.setdefault(code, []).extend(_polygons(topology, geometry))
    return found


def point_inside(polygons: Iterable[Polygon]) -> Point:
    """``(lon, lat)`` well inside the largest polygon: its centroid, or else its deepest point."""
    largest = max(polygons, key=lambda polygon: _area(polygon[0]))
    lon, lat = _centroid(largest[0])
    if not _is_inside(lon, lat, largest):
        lon, lat = _deepest(largest)
    return (lon - 360 if lon > _HALF_TURN else lon), lat


def _polygons(topology: dict[str, Any], geometry: dict[str, Any]) -> list[Polygon]:
    parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return [[_ring(topology, arcs) for arcs in part] for part in parts]


def _ring(topology: dict[str, Any], arcs: list[int]) -> Ring:
    ring: Ring = []
    for index in arcs:
        points = _arc(topology, index)
        ring += points[1:] if ring else points
    lons = [lon for lon, _ in ring]
    if max(lons) - min(lons) > _HALF_TURN:  # crosses the antimeridian, as Fiji does
        ring = [(lon + 360 if lon < 0 else lon, lat) for lon, lat in ring]
    return ring


def _arc(topology: dict[str, Any], index: int) -> list[Point]:
    (scale_x, scale_y), (left, bottom) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    x = y = 0
    points = []
    for step_x, step_y in topology["arcs"][~index if index < 0 else index]:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + left, y * scale_y + bottom))
    return points[::-1] if index < 0 else points


def _sides(ring: Ring) -> Iterable[tuple[Point, Point]]:
    return pairwise([*ring, ring[0]])


def _area(ring: Ring) -> float:
    narrow = math.cos(math.radians(sum(lat for _, lat in ring) / len(ring)))
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in _sides(ring))) / 2 * narrow


def _centroid(ring: Ring) -> Point:
    area = x = y = 0.0
    for (x1, y1), (x2, y2) in _sides(ring):
        cross = x1 * y2 - x2 * y1
        area, x, y = area + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    return (x / (3 * area), y / (3 * area)) if area else ring[0]


def _is_inside(x: float, y: float, polygon: Polygon) -> bool:
    inside = False
    for ring in polygon:
        for (x1, y1), (x2, y2) in _sides(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def _deepest(polygon: Polygon) -> Point:
    """The point of a grid over the polygon that is farthest from its border."""
    lons, lats = zip(*polygon[0], strict=True)
    best = (-1.0, lons[0], lats[0])
    for i in range(1, _GRID):
        for j in range(1, _GRID):
            x = min(lons) + (max(lons) - min(lons)) * i / _GRID
            y = min(lats) + (max(lats) - min(lats)) * j / _GRID
            if _is_inside(x, y, polygon):
                best = max(best, (_distance(x, y, polygon), x, y))
    return best[1], best[2]


def _distance(x: float, y: float, polygon: Polygon) -> float:
    """Degrees of latitude from a point to the nearest side."""
    narrow = math.cos(math.radians(y))
    return min(
        _to_side((x * narrow, y), (x1 * narrow, y1), (x2 * narrow, y2))
        for ring in polygon
        for (x1, y1), (x2, y2) in _sides(ring)
    )


def _to_side(point: Point, start: Point, end: Point) -> float:
    (px, py), (ax, ay), (bx, by) = point, start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length if length else 0
    along = max(0, min(1, along))
    return math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay))
