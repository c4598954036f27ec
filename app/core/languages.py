"""Languages by their ISO 639-1 code: read-only data that ships with the product."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "languages.json"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: ISO 639-1 code, English name, and the name its speakers use."""

    code: str
    name: str
    own_name: str


def language(code: str) -> Language | None:
    """The language of an ISO 639-1 code in small letters, or None."""
    return _by_code().get(code)


def languages() -> tuple[Language, ...]:
    """All languages, sorted by English name."""
    return tuple(_by_code().values())


def is_language(code: str) -> bool:
    """Is this an ISO 639-1 code, in small letters?"""
    return code in _by_code()


def name(code: str) -> str:
    """The English name; an unknown code gives the code: a label never fails."""
    found = _by_code().get(code)
    return found.name if found else code


@cache
def _by_code() -> dict[str, Language]:
    loaded: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    everyone = [Language(code, english, own) for code, (english, own) in loaded.items()]
    return {each.code: each for each in sorted(everyone, key=lambda each: each.name)}
