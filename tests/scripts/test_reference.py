"""The generated files are what the scripts make of the hand-kept tables.

``countries``, ``locales`` and ``worldmap`` fetch packages and are not run here.
"""

import shutil
from pathlib import Path

import pytest

from scripts.reference import demo, groups, paths


def test_the_demonstration_is_what_its_table_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "DEMO", tmp_path)

    demo.main()

    assert _same(tmp_path / "demo.json", paths.DEMO / "demo.json")


def test_the_groups_are_what_their_table_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(paths.CORE / "countries.csv", tmp_path)
    monkeypatch.setattr(groups, "CORE", tmp_path)

    groups.main()

    assert _same(tmp_path / "groups.csv", paths.CORE / "groups.csv")


def test_a_broken_rule_stops_a_script() -> None:
    with pytest.raises(paths.BrokenRuleError, match="water is dry"):
        paths.require(holds=False, rule="water is dry")


def _same(made: Path, shipped: Path) -> bool:
    return made.read_bytes() == shipped.read_bytes()
