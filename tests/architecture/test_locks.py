"""The lock files: the same versions in both, a hash for each package, and no address in them."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.*?))?(?: \\)?$")
LINES = re.compile(r"^(#.*|    --hash=sha256:[0-9a-f]{64}(?: \\)?|[a-z0-9-]+==.*)$")


def _pins(name: str) -> set[tuple[str, str, str]]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = (PIN.match(line) for line in lines)
    return {(pin["name"], pin["version"], pin["marker"] or "") for pin in found if pin}


def _named(requirements: list[str]) -> set[str]:
    names = (re.split(r"[\[<>=~! ]", requirement)[0] for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(name: str) -> None:
    """No index, no local path, no address: it serves whatever index pip is told to use."""
    text = (ROOT / name).read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if not LINES.match(line)] == []
    assert "://" not in text
    assert text.count("==") - text.count("== '") == len(_pins(name)) > 40


def test_both_locks_agree_because_they_share_one_environment() -> None:
    runtime, development = ({pin[:2] for pin in _pins(name)} for name in LOCKS)

    assert runtime - development == set()


def test_every_dependency_is_in_the_locks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, development = ({pin[0] for pin in _pins(name)} for name in LOCKS)

    assert _named(project["dependencies"]) - runtime == set()
    assert _named(project["optional-dependencies"]["dev"]) - development == set()


def test_passlib_itself_is_absent() -> None:
    """Its module comes from libpass; the two share files, and removing one breaks the other."""
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.distribution("passlib")

    assert importlib.metadata.version("libpass")
