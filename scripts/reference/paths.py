"""Where the scripts read and write, and how a broken rule stops them."""

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "app" / "core" / "data"
TAXONOMY = ROOT / "app" / "taxonomy" / "data"
DEMO = ROOT / "app" / "demo" / "data"
CACHE = ROOT / "var" / "reference"
_HAND = Path(__file__).parent / "hand"


class BrokenRuleError(Exception):
    """A rule that the data must keep does not hold; nothing was written."""


def require(holds: object, rule: str) -> None:
    """Stop unless ``holds``.

    Raises:
        BrokenRuleError: With the ``rule`` that was broken.
    """
    if not holds:
        raise BrokenRuleError(rule)


def hand_kept(name: str) -> dict[str, Any]:
    """The hand-kept table ``hand/<name>.yaml``."""
    loaded: dict[str, Any] = yaml.safe_load((_HAND / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def say(line: str) -> None:
    """Tell the person at the keyboard."""
    sys.stdout.write(f"{line}\n")
