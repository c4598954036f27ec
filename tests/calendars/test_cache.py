"""Events are rendered once, feeds once for each state of the catalogue, within their limits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from gzip import decompress
from threading import Barrier

import pytest

from app.calendars.cache import Body, BodyCache, FragmentCache, assemble
from app.calendars.ical import render_event
from app.calendars.rules import MAX_BYTES, MAX_ENTRIES, Entry, EntryStatus, window_of
from app.core.encoding import content_tag
from tests.calendars.examples import DAY, HOUR, MIDNIGHT, entry, events, feed

WINDOW = window_of(DAY)
NEXT_DAY = date(2027, 1, 21)


def test_an_unchanged_event_is_rendered_once() -> None:
    fragments = FragmentCache()

    first = fragments.fragment(entry())

    assert first == render_event(entry())
    assert fragments.fragment(entry()) is first
    assert len(fragments) == 1


def test_a_new_revision_is_rendered_anew() -> None:
    fragments = FragmentCache()
    before = fragments.fragment(entry())

    after = fragments.fragment(entry(sequence=1, stamp=MIDNIGHT, summary="Moved"))

    assert before != after == render_event(entry(sequence=1, stamp=MIDNIGHT, summary="Moved"))


def test_a_public_and_a_personal_entry_of_one_meeting_never_mix() -> None:
    fragments = FragmentCache()
    public, personal = entry(), entry(conference="https://meet.example/secret")

    assert b"secret" in fragments.fragment(personal)
    assert b"secret" not in fragments.fragment(public)


def test_the_fragments_asked_for_longest_ago_go_first() -> None:
    fragments = FragmentCache(capacity=2)
    first = fragments.fragment(entry(uid="a"))
    fragments.fragment(entry(uid="b"))
    assert fragments.fragment(entry(uid="a")) is first

    fragments.fragment(entry(uid="c"))

    assert len(fragments) == 2
    assert fragments.fragment(entry(uid="a")) is first


def test_many_threads_get_the_same_bytes() -> None:
    fragments = FragmentCache(capacity=5)
    wanted = [entry(uid=f"occ-{number % 9}@x") for number in range(200)]

    with ThreadPoolExecutor(max_workers=8) as pool:
        rendered = list(pool.map(fragments.fragment, wanted))

    assert rendered == [render_event(each) for each in wanted]
    assert len(fragments) == 5


def test_a_feed_is_put_together_in_order_whatever_the_order_of_the_rows() -> None:
    entries = [entry(uid=f"{n}", starts_at=MIDNIGHT + n % 3 * HOUR) for n in range(9)]

    forwards = assemble(feed(), entries, WINDOW, FragmentCache())
    backwards = assemble(feed(), reversed(entries), WINDOW, FragmentCache())

    assert forwards == backwards
    assert [e["UID"] for e in events(forwards.content)] == list("036147258")
    assert (forwards.shown, forwards.left_out) == (9, 0)


def test_only_the_window_is_shown_and_nothing_is_called_left_out_for_it() -> None:
    old = entry(uid="old", starts_at=WINDOW.opens_at - 2 * HOUR)
    gone = entry(
        uid="gone", starts_at=WINDOW.tombstones_from - 2 * HOUR, status=EntryStatus.CANCELLED
    )

    assembly = assemble(feed(), [old, gone, entry()], WINDOW, FragmentCache())

    assert [e["UID"] for e in events(assembly.content)] == [entry().uid]
    assert assembly.left_out == 0


def test_a_feed_ends_at_1000_events_and_drops_what_is_longest_over() -> None:
    past = [entry(uid=f"past-{n:04}", starts_at=MIDNIGHT - (n + 2) * HOUR) for n in range(40)]
    coming = [entry(uid=f"next-{n:04}", starts_at=MIDNIGHT + n * HOUR) for n in range(980)]

    assembly = assemble(feed(), past + coming, WINDOW, FragmentCache())

    uids = [event["UID"] for event in events(assembly.content)]
    assert len(uids) == assembly.shown == MAX_ENTRIES
    assert uids[0] == "past-0019"
    assert uids[-1] == "next-0979"
    assert assembly.left_out == 20


def test_a_feed_stays_below_one_megabyte() -> None:
    wordy = "临床试验方案审查" * 70
    entries = [
        entry(uid=f"{n:04}", starts_at=MIDNIGHT + n * HOUR, description=(wordy,))
        for n in range(900)
    ]

    assembly = assemble(feed(), entries, WINDOW, FragmentCache())

    assert MAX_BYTES - 3_000 < len(assembly.content) <= MAX_BYTES
    assert assembly.left_out == 900 - assembly.shown > 0
    assert events(assembly.content)[0]["UID"] == "0000"


def test_an_empty_feed_is_still_a_calendar() -> None:
    assembly = assemble(feed(), [], WINDOW, FragmentCache())

    assert assembly.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert assembly.content.endswith(b"\r\nEND:VCALENDAR\r\n")
    assert assembly.last_modified == MIDNIGHT


def test_the_feed_s_last_change_is_in_its_bytes_and_rises_with_the_window() -> None:
    fresh = entry(stamp=MIDNIGHT + HOUR)

    today = assemble(feed(last_modified=MIDNIGHT - HOUR), [fresh], WINDOW, FragmentCache())
    tomorrow = assemble(
        feed(last_modified=MIDNIGHT - HOUR), [fresh], window_of(NEXT_DAY), FragmentCache()
    )

    assert today.last_modified == MIDNIGHT + HOUR
    assert b"\r\nLAST-MODIFIED:20270120T010000Z\r\nREFRESH" in today.content
    assert tomorrow.last_modified == MIDNIGHT + timedelta(days=1)
    assert content_tag(today.content) != content_tag(tomorrow.content)


def body(content: bytes = b"BEGIN:VCALENDAR\r\n") -> Body:
    return Body(content, last_modified=MIDNIGHT)


class Builder:
    """Counts how often a feed was built."""

    def __init__(self, content: bytes = b"x" * 100) -> None:
        self.content = content
        self.calls = 0

    def __call__(self) -> Body:
        """Build the feed once more."""
        self.calls += 1
        return body(self.content + b"%d" % self.calls)


def test_a_body_knows_its_tag_and_packs_itself_once() -> None:
    sent = body(b"abc" * 100)

    assert sent.etag == content_tag(b"abc" * 100)
    assert decompress(sent.compressed) == sent.content
    assert sent.compressed is sent.compressed


def test_a_feed_is_built_once_for_each_revision_and_day() -> None:
    bodies, build = BodyCache(), Builder()

    first = bodies.body("/a.ics", 1, DAY, build)
    assert bodies.body("/a.ics", 1, DAY, build) is first
    assert build.calls == 1

    assert bodies.body("/a.ics", 2, DAY, build) is not first
    assert bodies.body("/a.ics", 2, NEXT_DAY, build) is not first
    assert bodies.body("/b.ics", 2, NEXT_DAY, build) is not first
    assert build.calls == 4
    assert len(bodies) == 2


def test_the_feeds_asked_for_longest_ago_go_first() -> None:
    bodies, build = BodyCache(capacity_bytes=250), Builder()
    kept = bodies.body("/a.ics", 1, DAY, build)
    bodies.body("/b.ics", 1, DAY, build)
    assert bodies.body("/a.ics", 1, DAY, build) is kept

    bodies.body("/c.ics", 1, DAY, build)

    assert len(bodies) == 2
    assert bodies.body("/a.ics", 1, DAY, build) is kept
    bodies.body("/b.ics", 1, DAY, build)
    assert build.calls == 4


def test_renewing_a_feed_does_not_use_up_the_room_of_others() -> None:
    bodies, build = BodyCache(capacity_bytes=250), Builder()
    other = bodies.body("/b.ics", 1, DAY, build)

    for revision in range(20):
        bodies.body("/a.ics", revision, DAY, build)

    assert bodies.body("/b.ics", 1, DAY, build) is other


def test_a_feed_that_cannot_be_built_is_tried_again() -> None:
    bodies = BodyCache()

    def fail() -> Body:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        bodies.body("/a.ics", 1, DAY, fail)

    assert bodies.body("/a.ics", 1, DAY, Builder()).content == b"x" * 100 + b"1"


def test_readers_who_come_together_wait_for_one_builder() -> None:
    bodies, build, together = BodyCache(), Builder(), Barrier(8)

    def read(_: int) -> Body:
        together.wait()
        return bodies.body("/a.ics", 1, DAY, build)

    with ThreadPoolExecutor(max_workers=8) as pool:
        got = list(pool.map(read, range(8)))

    assert build.calls == 1
    assert all(each is got[0] for each in got)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, sequence=1),
        lambda e: replace(e, summary="Another title"),
        lambda e: replace(e, status=EntryStatus.CANCELLED),
        lambda e: replace(e, location="Elsewhere"),
        lambda e: replace(e, ends_at=e.ends_at + HOUR),
    ],
)
def test_every_visible_change_changes_the_tag(change: Callable[[Entry], Entry]) -> None:
    before = assemble(feed(), [entry()], WINDOW, FragmentCache())
    after = assemble(feed(), [change(entry())], WINDOW, FragmentCache())

    assert content_tag(before.content) != content_tag(after.content)
