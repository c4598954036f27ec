"""Addresses of calendars, for the pages that offer them."""

from dataclasses import dataclass
from urllib.parse import urlencode

from app.core.links import absolute


@dataclass(frozen=True, slots=True)
class Feed:
    """One calendar: the plain address, the one that opens a calendar program, and its title."""

    https: str
    webcal: str
    title: str


def feed(path: str, title: str, query: list[tuple[str, str]] | None = None) -> Feed:
    """The calendar at ``path`` (with a leading slash) and its ``query``."""
    address = absolute(path) + (f"?{urlencode(query)}" if query else "")
    return Feed(address, f"webcal://{address.partition('://')[2]}", title)
