"""iCalendar text (RFC 5545, RFC 7986) of entries and feeds. The only importer of icalendar.

What the library writes by itself is not enough for real clients: a calendar UID and a
REFRESH-INTERVAL without its type break some, so the head is put together here from its parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vCategory, vDatetime, vDuration, vText, vUri

from app.calendars.rules import Entry, description_text, location_line, summary_line
from app.core.text import normalise_text

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
PRODID: Final = "-//Cadre//Training calendar//EN"
TAIL: Final = b"END:VCALENDAR\r\n"
REFRESH: Final = timedelta(hours=6)
DEMONSTRATION_NOTE: Final = "Demonstration network: everything in it is invented."


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What a feed says about itself.

    Attributes:
        name: Shown as the calendar's name.
        description: What is in it.
        last_modified: Aware; the newest revision of an entry or the last roll of the window.
        url: A page with the same content, for public feeds.
        source: The feed's own address, for public feeds; a private one carries a secret.
        color: A CSS3 colour name, not hexadecimal.
        demonstration: Says that all of it is invented.
    """

    name: str
    description: str
    last_modified: datetime
    url: str | None = None
    source: str | None = None
    color: str = "teal"
    demonstration: bool = False


def render_event(entry: Entry) -> bytes:
    """One VEVENT, with the CRLF that ends its last line; the same bytes for an equal entry.

    Times are in UTC, so that no client needs zone rules: old ones misread VTIMEZONE.
    """
    stamp = _utc(entry.stamp)
    event = Event.new(
        uid=entry.uid,
        stamp=stamp,
        last_modified=stamp,
        created=_utc(entry.created),
        start=_utc(entry.starts_at),
        end=_utc(entry.ends_at),
        sequence=entry.sequence,
    )
    event["SUMMARY"] = _Text(summary_line(entry))
    event["STATUS"] = vText(entry.status.value)
    event["TRANSP"] = vText("TRANSPARENT" if entry.is_free_time else "OPAQUE")
    texts = {"LOCATION": location_line(entry), "DESCRIPTION": description_text(entry)}
    for name, text in texts.items():
        if text:
            event[name] = _Text(text)
    if entry.url:
        event["URL"] = _uri(entry.url)
    if entry.conference:
        event["CONFERENCE"] = _uri(entry.conference, VALUE="URI", FEATURE="VIDEO")
    categories = (_line(category) for category in entry.categories)
    if shown := [category for category in categories if category]:
        event["CATEGORIES"] = vCategory(list[str](shown))
    rendered: bytes = event.to_ical()
    return rendered


def head(feed: FeedInfo) -> bytes:
    """Everything before the first event.

    No UID: vdirsyncer would take it for the UID of every event. No METHOD: DTSTAMP then means
    "last revised" (RFC 5545, section 3.8.7.2).
    """
    name = _line(feed.name)
    note = f" {DEMONSTRATION_NOTE}" if feed.demonstration else ""
    description = _line(feed.description + note)
    calendar = Calendar()
    calendar["VERSION"] = vText("2.0")
    calendar["PRODID"] = vText(PRODID)
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["NAME"] = calendar["X-WR-CALNAME"] = name
    calendar["DESCRIPTION"] = calendar["X-WR-CALDESC"] = description
    calendar["COLOR"] = vText(feed.color)
    calendar["LAST-MODIFIED"] = vDatetime(_utc(feed.last_modified))
    # The type must be named: RFC 7986, section 5.7, gives the property no default one.
    calendar["REFRESH-INTERVAL"] = vDuration(REFRESH, {"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    if feed.url:
        calendar["URL"] = _uri(feed.url)
    if feed.source:
        calendar["SOURCE"] = _uri(feed.source, VALUE="URI")
    whole: bytes = calendar.to_ical()
    return whole.removesuffix(TAIL)


def join(feed: FeedInfo, fragments: Iterable[bytes]) -> bytes:
    """A whole feed from events that are rendered and in order."""
    return b"".join((head(feed), *fragments, TAIL))


class _Text(vText):
    r"""TEXT escaped exactly once.

    The library's own takes a backslash before a capital N for a line break, so that the title
    ``C:\New`` would lose a letter and gain a line.

    Source: RFC 5545, section 3.3.11.
    """

    __slots__ = ()

    def to_ical(self) -> bytes:
        text = str(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return text.replace("\n", "\\n").encode()


def _line(text: str) -> _Text:
    return _Text(normalise_text(text, multiline=False))


def _uri(address: str, **parameters: str) -> vUri:
    # URIs are not escaped; a blank or a control character has no place in one.
    return vUri("".join(normalise_text(address, multiline=False).split()), params=parameters)


def _utc(instant: datetime) -> datetime:
    """In UTC itself: of another fixed offset the library would make a zone that nobody defines."""
    return instant.astimezone(UTC).replace(microsecond=0)
