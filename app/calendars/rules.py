"""What a calendar shows: one entry for each meeting, the window of a feed, the words in it.

Pure. Times are aware; ``day`` is the day in UTC on which a feed is read.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from app.core.clock import months_later
from app.core.errors import AppError, ConflictError
from app.core.text import normalise_text
from app.core.zones import to_local

PAST_DAYS = 90
AHEAD_MONTHS = 18
TOMBSTONE_DAYS = 60
MAX_ENTRIES = 1000
MAX_BYTES = 1_000_000  # Google's importer is reported to give up above 1 MB

FEEDS_MAX = 20
"""Live private feeds of one person."""

SUMMARY_LIMIT = 120
LOCATION_LIMIT = 200
# Keeps 1,000 entries of three-byte scripts near the limit in bytes.
DESCRIPTION_LIMIT = 600
CANCELLED_PREFIX = "Cancelled: "

_ELLIPSIS = "…"
_WORD_REACH = 20  # how far back a cut may go to end at a word
_SPAN = "\u2013"  # the dash between two times
_JOINER = "\u200d"  # binds emoji into one picture
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))


class FeedKind(StrEnum):
    """What a private feed shows: one person's bookings, or one country's blocks of seats."""

    PERSON = "person"
    COUNTRY = "country"


class FeedGoneError(AppError):
    """The feed was revoked, or its owner may no longer see what it shows.

    410 makes calendar programs stop asking, where 404 would make some of them ask for ever.
    """

    status = 410
    code = "feed_gone"
    title = "This calendar has ended"


class TooManyFeedsError(ConflictError):
    """The person has as many live feeds as anybody may have."""

    code = "too_many_feeds"


class EntryStatus(StrEnum):
    """The three states that RFC 5545, section 3.8.1.11, knows for an event."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting as calendars see it: a function of rows, with nothing of the present moment.

    Attributes:
        uid: Minted once, kept for ever: ``occ-<meeting id>@<domain>`` (:func:`entry_uid`).
        sequence: Rises with every change that a reader can see.
        stamp: When that change was made, in whole seconds, strictly rising: DTSTAMP and
            LAST-MODIFIED.
        created: When the meeting was first written down.
        starts_at: Aware.
        ends_at: Aware, after ``starts_at``.
        summary: The title as people typed it; "Cancelled" is added from ``status``.
        status: A cancelled entry stays in its feeds for a while, so that calendars which never
            delete learn of it.
        location: One line, "Facility, City, Country" (:func:`place_line`).
        description: Lines of plain text.
        url: The page about it.
        categories: Such as the names of the skills.
        transparent: Does not make the reader busy. A cancelled entry never does.
        conference: Where to join by video. Secret: only in the calendar of a person who is booked.
    """

    uid: str
    sequence: int
    stamp: datetime
    created: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    status: EntryStatus
    location: str = ""
    description: tuple[str, ...] = ()
    url: str = ""
    categories: tuple[str, ...] = ()
    transparent: bool = False
    conference: str = ""

    def __post_init__(self) -> None:
        """Refuse what no calendar could show.

        Raises:
            ValueError: A time without zone, an end that is not after the start, no uid.
        """
        times = (self.stamp, self.created, self.starts_at, self.ends_at)
        if any(at.tzinfo is None for at in times):
            raise ValueError("The times of an entry are aware.")
        if self.ends_at <= self.starts_at:
            raise ValueError("An entry ends after it starts.")
        if not self.uid or self.sequence < 0:
            raise ValueError("An entry has a uid and a sequence from 0 up.")

    @property
    def is_cancelled(self) -> bool:
        """Whether it is only there to say that it will not happen."""
        return self.status == EntryStatus.CANCELLED

    @property
    def is_free_time(self) -> bool:
        """Whether the reader may be booked for something else meanwhile."""
        return self.transparent or self.is_cancelled


def entry_uid(meeting_id: object, domain: str) -> str:
    """The lasting name of a meeting in every public calendar.

    ``domain`` is the network's, chosen once: a new host name must not make all events new.

    Source: RFC 7986, section 5.3 (UUIDs in UID); RFC 5545, section 3.8.4.7.
    """
    return f"occ-{meeting_id}@{domain}"


def booking_uid(booking_id: object, meeting_id: object, domain: str) -> str:
    """The same in the calendar of a person who is booked, and in invitations by mail.

    Another name than in public: a reader of both feeds keeps both entries apart.
    """
    return f"bk-{booking_id}-{meeting_id}@{domain}"


def cohort_uid(cohort_id: object, meeting_id: object, domain: str) -> str:
    """The same in the calendar of a country that has a block of seats."""
    return f"co-{cohort_id}-{meeting_id}@{domain}"


@dataclass(frozen=True, slots=True)
class Window:
    """What part of time a feed covers when read on one day, in instants at midnight UTC.

    An entry belongs to it when it ends after ``opens_at`` and starts before ``closes_at``, and,
    if cancelled, ended no earlier than ``tombstones_from``.
    """

    opens_at: datetime
    rolled_at: datetime
    tombstones_from: datetime
    closes_at: datetime


def window_of(day: date) -> Window:
    """The window of a feed read on ``day``: 90 days back, 18 months ahead."""
    rolled_at = datetime.combine(day, time(), tzinfo=UTC)
    return Window(
        opens_at=rolled_at - timedelta(days=PAST_DAYS),
        rolled_at=rolled_at,
        tombstones_from=rolled_at - timedelta(days=TOMBSTONE_DAYS),
        closes_at=datetime.combine(months_later(day, AHEAD_MONTHS), time(), tzinfo=UTC),
    )


def is_shown(entry: Entry, window: Window) -> bool:
    """Whether a feed with this window shows the entry."""
    if entry.is_cancelled and entry.ends_at < window.tombstones_from:
        return False
    return entry.ends_at > window.opens_at and entry.starts_at < window.closes_at


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The entries as a feed lists them: by start, then uid; the same for everybody."""
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))


def most_wanted_first(entries: Iterable[Entry], window: Window) -> list[Entry]:
    """The entries in the order in which a feed that is too long keeps them.

    What is still to come, soonest first; then what is over, latest first.
    """
    ordered = in_order(entries)
    coming = [entry for entry in ordered if entry.ends_at > window.rolled_at]
    over = [entry for entry in ordered if entry.ends_at <= window.rolled_at]
    return [*coming, *reversed(over)]


def last_change(entries: Iterable[Entry], window: Window) -> datetime:
    """When what a feed shows last changed: an entry's revision, or the window rolling on."""
    return max([window.rolled_at, *(entry.stamp for entry in entries)])


def summary_line(entry: Entry) -> str:
    """The title as shown: one line of at most 120 characters, marked when cancelled."""
    prefix = CANCELLED_PREFIX if entry.is_cancelled else ""
    title = normalise_text(entry.summary, multiline=False)
    return prefix + shortened(title, SUMMARY_LIMIT - len(prefix))


def location_line(entry: Entry) -> str:
    """The place as shown: one line, possibly empty."""
    return shortened(normalise_text(entry.location, multiline=False), LOCATION_LIMIT)


def description_text(entry: Entry) -> str:
    """The lines under the title, empty ones left out, within 600 characters."""
    text = normalise_text("\n".join(entry.description), multiline=True)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return shortened("\n".join(line for line in lines if line), DESCRIPTION_LIMIT)


def place_line(*parts: str | None) -> str:
    """The parts that are known, "Facility, City, Country"; never the word None."""
    return ", ".join(part.strip() for part in parts if part and part.strip())


def local_time_line(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """When it is on the clock of the place, such as ``Local time 09:00-17:00 Asia/Kathmandu``.

    Entries are in UTC, and each calendar shows them in its reader's own zone; this line is for
    the person who will stand in front of the door. The end names its day when it is another one.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    start, end = to_local(starts_at, zone), to_local(ends_at, zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"Local time {start:%H:%M}{_SPAN}{until} {zone}"


def shortened(text: str, limit: int) -> str:
    """``text`` within ``limit`` characters, an ellipsis in place of what was cut.

    Cuts after a word where one ends near, and never between a letter and its accent or inside an
    emoji made of several.
    """
    if len(text) <= limit:
        return text
    room = limit - len(_ELLIPSIS)
    near = max(room - _WORD_REACH, 0)
    end = room
    while end > near and _belongs_together(text[end - 1], text[end]):
        end -= 1
    if end == near:
        end = room  # no such letter is that long: this is noise, and any cut will do
    blank = max(text.rfind(gap, near, end + 1) for gap in " \n")
    return text[: blank if blank > 0 else end].rstrip() + _ELLIPSIS


def _belongs_together(before: str, after: str) -> bool:
    if _JOINER in (before, after) or after in _SKIN_TONES:
        return True
    if before in _FLAG_LETTERS and after in _FLAG_LETTERS:
        return True
    return unicodedata.category(after) in {"Mn", "Mc", "Me"}
