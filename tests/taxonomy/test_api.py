"""The reference data over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.core.config import Settings
from app.core.db import Database
from app.main import create_app


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application; these routes never touch its database, which stays empty."""
    file: Path = tmp_path_factory.mktemp("reference") / "empty.db"
    database = Database(f"sqlite:///{file}")
    with TestClient(create_app(database, Settings(demo=True))) as client:
        client.base_url = client.base_url.join("/api/v1/")
        yield client


def test_skills_come_in_pages_that_together_hold_each_once(api: TestClient) -> None:
    seen: list[str] = []
    url: str | None = "skills?limit=50"
    while url:
        body = api.get(url).json()
        assert body["total"] == 121
        seen += [skill["id"] for skill in body["items"]]
        url = body["next"] and f"http://testserver{body['next']}"

    assert len(seen) == len(set(seen)) == 121


def test_skills_can_be_found_by_words_and_filters(api: TestClient) -> None:
    by_words = api.get("skills", params={"q": "freeze dryer"}).json()
    by_filters = api.get(
        "skills", params={"domain": ["procurement", "policy"], "platform": "mrna", "limit": 200}
    ).json()

    assert [skill["id"] for skill in by_words["items"]] == ["mfg-lyophilisation"]
    assert {skill["domain"]["id"] for skill in by_filters["items"]} == {"procurement", "policy"}


def test_a_skill_for_all_product_types_answers_to_each(api: TestClient) -> None:
    body = api.get("skills", params={"platform": "oxygen", "limit": 200}).json()
    ids = {skill["id"] for skill in body["items"]}

    assert {"mfg-oxygen-plant", "impl-tot"} <= ids
    assert "mfg-lnp" not in ids


def test_a_skill_shows_its_labels_and_sources(api: TestClient) -> None:
    skill = api.get("skills/mfg-lnp").json()

    assert skill["domain"] == {"id": "manufacturing", "label": "Manufacturing"}
    assert skill["platforms"] == [{"id": "mrna", "label": "mRNA products"}]
    assert {source["id"] for source in skill["sources"]} == {"GTHB", "TRS1039-A3"}


def test_a_country_has_its_names_and_regions(api: TestClient) -> None:
    (country,) = api.get("countries", params={"code": "eg"}).json()["items"]

    assert country["names"]["ar"] == "مصر"
    assert set(country["names"]) == {"en", "ar", "es", "fr", "pt", "ru", "zh"}
    assert {"code": "EMR", "name": "Eastern Mediterranean Region", "kind": "who"} in country[
        "regions"
    ]
    assert country["weekend"] == [5, 6]


def test_countries_can_be_narrowed_to_regions(api: TestClient) -> None:
    body = api.get("countries", params={"region": ["EAC", "SEAR"], "limit": 200}).json()

    assert body["total"] == 18


def test_all_vocabularies_are_served_together_and_one_by_one(api: TestClient) -> None:
    everything = api.get("vocabularies", params={"limit": 200}).json()
    modes = api.get("vocabularies/delivery_modes").json()

    assert modes in everything["items"]
    assert "hands-on" in [term["id"] for term in modes["terms"]]


def test_answers_may_be_kept_for_a_day(api: TestClient) -> None:
    for path in ("skills", "countries", "vocabularies", "skills/mfg-lnp"):
        assert api.get(path).headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize("path", ["skills/juggling", "vocabularies/circus"])
def test_what_does_not_exist_is_not_found(api: TestClient, path: str) -> None:
    answer = api.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("skills?domain=circus", "unknown_term"),
        ("skills?platform=cars", "unknown_platform"),
        ("countries?region=ATLANTIS", "unknown_region"),
        ("countries?code=XK", "unknown_country"),
        ("skills?cursor=nonsense", "bad_cursor"),
    ],
)
def test_an_unknown_filter_is_refused_with_its_code(api: TestClient, path: str, code: str) -> None:
    answer = api.get(path)

    assert answer.status_code == 422
    assert code in [error["code"] for error in answer.json()["errors"]]


def test_a_cursor_of_another_list_is_refused(api: TestClient) -> None:
    codec = api.app.state.cursors  # type: ignore[attr-defined]  # TestClient types it as ASGI

    answer = api.get("skills", params={"cursor": codec.encode(["2027-01-04"])})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "bad_cursor"
