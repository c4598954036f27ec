"""Rendered calendars in memory: each event once, each feed once for each state of the catalogue.

Both caches are bounded, may be used from several threads, and lose nothing but time when they are
emptied: all they hold can be made again from the rows.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from threading import Lock

from app.calendars.ical import TAIL, FeedInfo, head, join, render_event
from app.calendars.rules import (
    MAX_BYTES,
    MAX_ENTRIES,
    Entry,
    Window,
    in_order,
    is_shown,
    last_change,
    most_wanted_first,
)
from app.core.encoding import content_tag, gzipped

_BUILDERS = 16


class FragmentCache:
    """The bytes of the events rendered last, so that each is rendered once in a process.

    The key is the whole entry: with its uid, sequence and stamp, and so that two feeds which say
    different things about one meeting, such as a secret address to join, can never mix.

    Args:
        capacity: How many events to keep; one is about 1 kB.
    """

    def __init__(self, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._fragments: OrderedDict[Entry, bytes] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._fragments)

    def fragment(self, entry: Entry) -> bytes:
        """The VEVENT of the entry."""
        with self._lock:
            known = self._fragments.get(entry)
            if known is not None:
                self._fragments.move_to_end(entry)
                return known
        # Outside the lock: two threads may render the same event, and get the same bytes.
        rendered = render_event(entry)
        with self._lock:
            self._fragments[entry] = rendered
            while len(self._fragments) > self._capacity:
                self._fragments.popitem(last=False)
        return rendered


@dataclass(frozen=True, slots=True)
class Assembly:
    """A feed put together.

    Attributes:
        content: The whole calendar.
        last_modified: The newest revision in it, or the midnight on which its window last moved.
        shown: How many events it holds.
        left_out: How many its window would show but its limits do not; say so on the page.
    """

    content: bytes
    last_modified: datetime
    shown: int
    left_out: int


def assemble(
    feed: FeedInfo, entries: Iterable[Entry], window: Window, fragments: FragmentCache
) -> Assembly:
    """Put a feed together from its entries: those in the window, within 1,000 events and 1 MB.

    A feed that is too long keeps what is soonest to come. Its LAST-MODIFIED is raised to that of
    what it shows.
    """
    shown = [entry for entry in entries if is_shown(entry, window)]
    kept = _within_limits(feed, most_wanted_first(shown, window), fragments)
    modified = max(feed.last_modified, last_change(kept, window))
    content = join(
        replace(feed, last_modified=modified),
        (fragments.fragment(entry) for entry in in_order(kept)),
    )
    return Assembly(content, modified, shown=len(kept), left_out=len(shown) - len(kept))


def _within_limits(feed: FeedInfo, wanted: list[Entry], fragments: FragmentCache) -> list[Entry]:
    room = MAX_BYTES - len(head(feed)) - len(TAIL)
    kept: list[Entry] = []
    for entry in wanted[:MAX_ENTRIES]:
        room -= len(fragments.fragment(entry))
        if room < 0:
            break
        kept.append(entry)
    return kept


class Body:
    """A feed ready to send, in both encodings.

    Args:
        content: The whole calendar.
        last_modified: Aware; not before the last removal from the feed. It may be a moment ahead
            of the clock (stamps rise strictly), so send no more than the present time.
        left_out: How many events did not fit.
    """

    def __init__(self, content: bytes, *, last_modified: datetime, left_out: int = 0) -> None:
        self.content = content
        self.etag = content_tag(content)
        self.last_modified = last_modified
        self.left_out = left_out

    @cached_property
    def compressed(self) -> bytes:
        """The gzip form, made when somebody first asks for it."""
        return gzipped(self.content)


@dataclass(frozen=True, slots=True)
class _Kept:
    revision: int
    day: date
    body: Body


class BodyCache:
    """The newest body of each feed, good for one revision of the catalogue and one day.

    Read the revision *before* the rows. Then a change that slips in between is shown early under
    the old revision, and never kept from anyone under the new one.

    Args:
        capacity_bytes: How much to keep, counted without compression; the feeds that were asked
            for longest ago go first.
    """

    def __init__(self, capacity_bytes: int = 64_000_000) -> None:
        self._capacity = capacity_bytes
        self._size = 0
        self._bodies: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()
        self._builders = tuple(Lock() for _ in range(_BUILDERS))

    def __len__(self) -> int:
        return len(self._bodies)

    def body(self, address: str, revision: int, day: date, build: Callable[[], Body]) -> Body:
        """The feed at ``address``, built only if its catalogue or its window has moved on.

        Readers who want the same feed at the same moment wait for one of them to build it.

        Args:
            address: Path and query, in one canonical order; of a private feed not the secret
                itself but its hash.
            revision: The catalogue's, read before the rows.
            day: In UTC.
            build: Reads the rows and renders; may raise, and then nothing is kept.
        """
        known = self._look_up(address, revision, day)
        if known is not None:
            return known
        with self._builders[hash(address) % _BUILDERS]:
            known = self._look_up(address, revision, day)
            if known is None:
                known = build()
                self._keep(address, _Kept(revision, day, known))
            return known

    def _look_up(self, address: str, revision: int, day: date) -> Body | None:
        with self._lock:
            kept = self._bodies.get(address)
            if kept is None or (kept.revision, kept.day) != (revision, day):
                return None
            self._bodies.move_to_end(address)
            return kept.body

    def _keep(self, address: str, fresh: _Kept) -> None:
        with self._lock:
            old = self._bodies.pop(address, None)
            self._size += len(fresh.body.content) - (len(old.body.content) if old else 0)
            self._bodies[address] = fresh
            while self._size > self._capacity and len(self._bodies) > 1:
                _, dropped = self._bodies.popitem(last=False)
                self._size -= len(dropped.body.content)
