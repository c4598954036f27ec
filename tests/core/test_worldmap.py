"""The world map: every country can be seen, and a dot falls where it belongs."""

import re

import pytest

from app.core import countries, worldmap


def test_every_who_member_has_a_shape_or_a_dot() -> None:
    shown = set(worldmap.shapes()) | set(worldmap.dots())

    assert {each.alpha2 for each in countries.countries() if each.who_status == "member"} <= shown
    assert all(countries.is_country(code) for code in shown)


def test_kosovo_is_drawn_without_a_country_code() -> None:
    assert "XK" not in worldmap.shapes()
    assert list(worldmap.areas_without_code()) == ["XK"]


def test_shapes_are_plain_path_data() -> None:
    paths = [*worldmap.shapes().values(), *worldmap.areas_without_code().values()]

    assert all(re.fullmatch(r"(?:M\d+ \d+l[-\d ]+Z)+", path) for path in paths)


def test_the_drawing_projects_like_the_function() -> None:
    for code, dot in worldmap.dots().items():
        country = countries.country(code)
        assert country is not None
        x, y = worldmap.project(country.lat, country.lon)
        assert (round(x), round(y)) == dot


@pytest.mark.parametrize(
    ("place", "lat", "lon"),
    [("KE", -1.29, 36.82), ("BR", -8.05, -34.88), ("RU", 66.0, -171.0), ("NZ", -41.29, 174.78)],
)
def test_a_place_falls_into_the_box_of_its_country(place: str, lat: float, lon: float) -> None:
    left, top, right, bottom = _box(worldmap.shapes()[place])
    x, y = worldmap.project(lat, lon)

    assert left - 3 <= x <= right + 3
    assert top - 3 <= y <= bottom + 3


def test_the_middle_of_the_map_is_its_central_meridian() -> None:
    _, _, width, _ = (int(each) for each in worldmap.view_box().split())

    assert worldmap.project(0, 11.5)[0] == width / 2


def test_the_disclaimer_is_about_borders() -> None:
    assert worldmap.disclaimer().startswith("Borders and names on this map")


def _box(path: str) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of relative path data."""
    xs, ys = [], []
    for ring in path.split("Z"):
        if not ring:
            continue
        numbers = [int(each) for each in re.findall(r"-?\d+", ring)]
        x, y = numbers[:2]
        xs.append(x)
        ys.append(y)
        for step_x, step_y in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + step_x, y + step_y
            xs.append(x)
            ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)
