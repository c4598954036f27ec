"""Words and signs that the sentences share; the English of ranking."""

from collections.abc import Iterable
from datetime import date, datetime

TIMES = "\u00d7"
LESS = "\u2212"
OVER = "\u00f7"

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MODES = {
    "classroom-onsite": "a class on location",
    "classroom-remote": "a live remote class",
    "self-paced": "self-paced e-learning",
    "hands-on": "hands-on training",
    "blended": "blended training with parts on location",
    "placement": "a placement at a site",
    "mentoring": "remote mentoring",
}
_LANGUAGES = {
    "ar": "Arabic",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "pt": "Portuguese",
    "ru": "Russian",
    "zh": "Chinese",
}


def day(on: date) -> str:
    """A date as people write it: 4 January 2027."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime) -> str:
    """An instant with its zone, which is UTC: 4 January 2027, 18:00 UTC."""
    return f"{day(at)}, {at:%H:%M} UTC"


def mode(name: str) -> str:
    """What a delivery mode is called in a sentence."""
    return _MODES.get(name, name)


def language(code: str) -> str:
    """The English name of a common language, else its code."""
    return _LANGUAGES.get(code, code)


def either(names: Iterable[str]) -> str:
    """Alternatives: a, b or c."""
    return _joined(list(names), "or")


def both(names: Iterable[str]) -> str:
    """Things that hold together: a, b and c."""
    return _joined(list(names), "and")


def count(number: int, thing: str) -> str:
    """A number of things, in the plural where it belongs: 1 day, 2 days."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _joined(names: list[str], last: str) -> str:
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
