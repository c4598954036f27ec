"""The demonstration's data: every id in it is known to the reference data."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import app.demo
from app.core import countries, languages
from app.taxonomy import queries


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    file = Path(app.demo.__file__).parent / "data" / "demo.json"
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def test_it_says_that_it_is_fiction(demo: dict[str, Any]) -> None:
    assert demo["notice"].startswith("FICTION.")


def test_it_has_the_sizes_of_the_scenario(demo: dict[str, Any]) -> None:
    sizes = {key: len(value) for key, value in demo.items() if isinstance(value, list)}

    assert sizes == {
        "window": 2,
        "providers": 13,
        "facilities": 25,
        "courses": 60,
        "slots": 199,
        "facility_blocks": 3,
        "requests": 40,
        "people": 24,
        "applications": 31,
    }


def test_places_have_known_countries_zones_and_languages(demo: dict[str, Any]) -> None:
    for place in [*demo["providers"], *demo["facilities"]]:
        assert countries.is_country(place["country"])
    for placed in [*demo["providers"], *demo["facilities"], *demo["slots"]]:
        assert ZoneInfo(placed["zone"])
    for someone in [*demo["people"], *demo["requests"], *demo["applications"]]:
        assert countries.is_country(someone["country"])
    for speaker in [*demo["providers"], *demo["courses"], *demo["requests"], *demo["people"]]:
        assert all(languages.is_language(code) for code in speaker["languages"])


@pytest.mark.parametrize(
    ("part", "key", "vocabulary"),
    [
        ("providers", "type", "provider_types"),
        ("providers", "verification", "provider_verification"),
        ("facilities", "type", "facility_types"),
        ("facilities", "cleanroom_grade", "cleanroom_grades"),
        ("facilities", "biosafety", "biosafety"),
        ("facilities", "access_rules", "access_requirements"),
        ("facilities", "address_visibility", "confidentiality"),
        ("courses", "mode", "delivery_modes"),
        ("courses", "status", "programme_status"),
        ("courses", "funding", "funding_types"),
        ("courses", "level", "proficiency"),
        ("courses", "audience", "audience_sectors"),
        ("courses", "platforms", "platforms"),
        ("slots", "status", "slot_status"),
        ("slots", "mode", "delivery_modes"),
        ("slots", "reason", "cancellation_reasons"),
        ("requests", "platforms", "platforms"),
        ("requests", "sector", "audience_sectors"),
        ("requests", "urgency", "urgency"),
        ("requests", "significance", "significance"),
    ],
)
def test_every_term_is_in_its_vocabulary(
    demo: dict[str, Any], part: str, key: str, vocabulary: str
) -> None:
    used = {str(term) for row in demo[part] for term in _listed(row.get(key)) if term != ""}

    assert used
    assert {term for term in used if not queries.is_term(vocabulary, term, general=True)} == set()


def test_every_skill_is_known(demo: dict[str, Any]) -> None:
    taught = {skill for course in demo["courses"] for skill in course["skills"]}
    wanted = {request["skill"] for request in demo["requests"]}

    assert all(queries.is_skill(skill) for skill in taught | wanted)
    assert wanted - taught == {"mfg-viral-vector", "mfg-device-assembly", "rd-glp"}


def test_references_inside_the_data_hold(demo: dict[str, Any]) -> None:
    ids = {part: {row["id"] for row in demo[part]} for part in ("providers", "facilities")}
    courses = {course["id"] for course in demo["courses"]}

    assert {row["provider"] for row in [*demo["facilities"], *demo["courses"]]} <= ids["providers"]
    assert {row["facility"] for row in demo["slots"]} <= ids["facilities"] | {None}
    assert {row["course"] for row in demo["slots"]} == courses
    assert {each for row in demo["courses"] for each in row["prerequisites"]} <= courses


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
