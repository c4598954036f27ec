"""Feeds over HTTP: what programs may rely on when they ask again and again (R1 to R10)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from gzip import decompress

import pytest
from fastapi.testclient import TestClient

from app.calendars.ical import REFRESH
from app.core.config import Settings
from app.core.db import Database
from app.main import create_app
from app.registry.models import Facility, Provider, Slot
from app.registry.schemas.inputs import CoursePatch, SlotPatch
from app.registry.service.courses import edit_course
from app.registry.service.slots import change_slot
from tests.calendars.examples import events, properties
from tests.factories import (
    NOW,
    make_course,
    make_facility,
    make_provider,
    make_slot,
    owner_of,
)

ALL = "/calendars/slots.ics"
PLAIN = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}


class Listing:
    """A provider in Kenya with one facility, one course there and one slot."""

    def __init__(self, database: Database) -> None:
        with database.write() as db:
            self.provider: Provider = make_provider(db, name="Lantern School")
            self.facility: Facility = make_facility(db, self.provider, name="Hall of Light")
            self.course = make_course(
                db, self.provider, mode="hands-on", facility=str(self.facility.id)
            )
            self.slot: Slot = make_slot(db, self.course)

    def addresses(self) -> list[str]:
        """One of each kind of public feed that shows the slot."""
        return [
            ALL,
            f"{ALL}?mode=hands-on&country=KE",
            f"/calendars/providers/{self.provider.slug}.ics",
            f"/calendars/facilities/{self.facility.slug}.ics",
            "/calendars/skills/mfg-aseptic-fill.ics",
            "/calendars/countries/KE.ics",
            f"/slots/{self.slot.id}.ics",
        ]


@pytest.fixture
def listing(database: Database) -> Listing:
    """What the feeds of these tests show."""
    return Listing(database)


class Watch:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        """The time it is set to."""
        return self.time


@pytest.fixture
def watch() -> Watch:
    """The clock of ``timed``."""
    return Watch()


@pytest.fixture
def timed(database: Database, settings: Settings, watch: Watch) -> Iterator[TestClient]:
    """A client of an application that goes by ``watch``."""
    app = create_app(database, settings, clock=watch)
    with TestClient(app, base_url=settings.base_url, follow_redirects=False) as client:
        yield client


def retitle(database: Database, listing: Listing, title: str, *, at: datetime = NOW) -> None:
    """Make a visible change."""
    with database.write() as db:
        owner = owner_of(db, listing.provider.id)
        edit_course(db, owner, listing.course.slug, CoursePatch(title=title), now=at)


def test_every_public_feed_is_a_calendar_that_shows_the_slot(
    client: TestClient, listing: Listing
) -> None:
    for address in listing.addresses():
        answer = client.get(address, headers=PLAIN)

        assert answer.status_code == 200, address
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert "set-cookie" not in answer.headers
        assert len(f"http://testserver{address}") < 100
        (event,) = events(answer.content)
        assert event["URL"] == f"http://testserver/slots/{listing.slot.id}"


def test_head_has_the_headers_of_get_and_no_body(client: TestClient, listing: Listing) -> None:
    for address in listing.addresses():
        got, head = client.get(address), client.head(address)

        changing = {"x-request-id"}
        assert head.status_code == 200
        assert head.content == b""
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in got.headers.items() if k not in changing
        }


def test_two_fetches_are_the_same_bytes_also_from_another_process(
    client: TestClient, database: Database, settings: Settings, listing: Listing
) -> None:
    first = [client.get(address) for address in listing.addresses()]
    again = [client.get(address) for address in listing.addresses()]
    with TestClient(create_app(database, settings), base_url=settings.base_url) as other:
        fresh = [other.get(address) for address in listing.addresses()]

    for one, two, three in zip(first, again, fresh, strict=True):
        assert one.content == two.content == three.content
        assert one.headers["etag"] == two.headers["etag"] == three.headers["etag"]


def test_whoever_holds_the_feed_gets_304(client: TestClient, listing: Listing) -> None:
    for address in listing.addresses():
        plain = client.get(address, headers=PLAIN).headers["etag"]
        packed = client.get(address, headers=GZIP).headers["etag"]
        assert plain != packed

        for held in (plain, f"W/{plain}", f'"other", {plain}', packed, f"W/{packed}", "*"):
            for encoding in (PLAIN, GZIP):
                answer = client.get(address, headers={**encoding, "If-None-Match": held})

                assert answer.status_code == 304, (address, held)
                assert answer.content == b""
                assert answer.headers["etag"] == (plain if encoding is PLAIN else packed)
                assert answer.headers["cache-control"] == "public, max-age=300"
                assert answer.headers["vary"] == "Accept-Encoding"


def test_the_date_counts_only_without_a_tag(client: TestClient, listing: Listing) -> None:
    for address in listing.addresses():
        modified = client.get(address).headers["last-modified"]
        since = {"If-Modified-Since": modified}
        before = parsedate_to_datetime(modified) - timedelta(seconds=1)
        early = {"If-Modified-Since": f"{before:%a, %d %b %Y %H:%M:%S} GMT"}

        assert client.get(address, headers=since).status_code == 304
        assert client.get(address, headers=early).status_code == 200
        assert client.get(address, headers={**since, "If-None-Match": '"x"'}).status_code == 200


def test_gzip_only_for_whoever_asks(
    client: TestClient, database: Database, settings: Settings, listing: Listing
) -> None:
    plain = client.get(ALL, headers=PLAIN)
    refused = client.get(ALL, headers={"Accept-Encoding": "gzip;q=0"})
    with client.stream("GET", ALL, headers=GZIP) as packed:
        raw = b"".join(packed.iter_raw())
    never = settings.model_copy(update={"feed_gzip": False})
    with TestClient(create_app(database, never), base_url=settings.base_url) as other:
        unpacked = other.get(ALL, headers=GZIP)

    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert decompress(raw) == plain.content
    assert "content-encoding" not in unpacked.headers
    assert unpacked.headers["etag"] == plain.headers["etag"]
    assert [event["SUMMARY"] for event in events(plain.content)] == [listing.course.title]


def test_last_modified_is_as_new_as_the_newest_event_and_never_ahead(
    timed: TestClient, watch: Watch, database: Database, listing: Listing
) -> None:
    for number in range(4):  # within one second, so that stamps run ahead of the clock
        retitle(database, listing, f"Title {number}", at=watch.time)

    at_once = timed.get(ALL)
    watch.time += timedelta(seconds=10)
    later = timed.get(ALL)

    (event,) = events(at_once.content)
    newest = NOW + timedelta(seconds=4)
    assert (event["SEQUENCE"], event["LAST-MODIFIED"]) == ("4", f"{newest:%Y%m%dT%H%M%SZ}")
    assert parsedate_to_datetime(at_once.headers["last-modified"]) == NOW
    assert parsedate_to_datetime(later.headers["last-modified"]) == newest


def test_a_change_is_in_the_next_answer_and_ends_the_304(
    client: TestClient, database: Database, listing: Listing
) -> None:
    for address in listing.addresses():
        before = client.get(address).headers["etag"]
        retitle(database, listing, f"New title for {address[-9:]}")

        answer = client.get(address, headers={"If-None-Match": before})

        assert answer.status_code == 200
        assert f"New title for {address[-9:]}" in answer.text.replace("\r\n ", "")


def test_a_change_that_a_feed_does_not_show_leaves_its_tag(
    client: TestClient, database: Database, listing: Listing
) -> None:
    address = f"/calendars/providers/{listing.provider.slug}.ics"
    before = client.get(address)
    with database.write() as db:
        make_slot(db, make_course(db, make_provider(db, name="Another School")))

    after = client.get(address, headers={"If-None-Match": before.headers["etag"]})

    assert after.status_code == 304
    assert len(events(client.get(ALL).content)) == 2


def test_the_date_moves_on_when_something_leaves_a_feed(
    timed: TestClient, watch: Watch, database: Database, listing: Listing
) -> None:
    """Moved out of a filter, an event leaves nothing behind that could have a date."""
    address = f"{ALL}?mode=hands-on"
    old = timed.get(address)
    watch.time += timedelta(minutes=5)
    with database.write() as db:
        patch = SlotPatch.model_validate({"mode": "classroom-remote"})
        change_slot(db, owner_of(db, listing.provider.id), listing.slot.id, patch, now=watch.time)

    since = {"If-Modified-Since": old.headers["last-modified"]}
    answer = timed.get(address, headers=since)

    assert answer.status_code == 200
    assert events(answer.content) == []
    assert parsedate_to_datetime(answer.headers["last-modified"]) == watch.time


def test_a_feed_is_inline_and_a_single_slot_is_a_download(
    client: TestClient, listing: Listing
) -> None:
    *feeds, single = listing.addresses()

    for address in feeds:
        disposition = client.get(address).headers["content-disposition"]
        assert disposition.startswith('inline; filename="cadre')
        assert disposition.endswith('.ics"')
    assert client.get(single).headers["content-disposition"] == (
        f'attachment; filename="cadre-{listing.slot.id}.ics"'
    )


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{ALL}?skill=no-such-skill", 422),
        (f"{ALL}?starts_after=yesterday", 422),
        (f"{ALL}?country=ZZ", 422),
        ("/calendars/providers/nobody.ics", 404),
        ("/calendars/facilities/nowhere.ics", 404),
        ("/calendars/skills/juggling.ics", 404),
        ("/calendars/countries/ZZ.ics", 404),
        ("/calendars/private/unknown.ics", 404),
        ("/calendars/other.ics", 404),
        ("/slots/no-id.ics", 404),
        ("/slots/01890000-0000-7000-8000-000000000000.ics", 404),
    ],
)
def test_an_error_is_never_a_page(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address, headers={"Accept": "text/html"})

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(("application/problem+json", "text/plain"))
    assert "set-cookie" not in answer.headers


def test_an_address_works_in_any_order_of_its_filters_and_for_unknown_extras(
    client: TestClient,
) -> None:
    one = client.get(f"{ALL}?country=KE&mode=hands-on&mode=placement")
    two = client.get(f"{ALL}?mode=placement&view=month&country=ke&mode=hands-on&q=")

    assert one.content == two.content
    assert client.get("/calendars/countries/ke.ics").content == (
        client.get("/calendars/countries/KE.ics").content
    )
    source = next(p for p in properties(one.content) if p.name == "SOURCE")
    assert source == (
        "SOURCE",
        "VALUE=URI",
        f"http://testserver{ALL}?country=KE&mode=hands-on&mode=placement",
    )


def test_the_head_of_a_feed_says_what_programs_look_for(
    client: TestClient, listing: Listing
) -> None:
    for address in listing.addresses()[:-1]:
        whole = list(properties(client.get(address).content))
        head = {p.name: p for p in whole[1 : [p.value for p in whole].index("VEVENT")]}

        assert head["VERSION"].value == "2.0"
        assert head["CALSCALE"].value == "GREGORIAN"
        assert head["NAME"].value == head["X-WR-CALNAME"].value != ""
        assert head["DESCRIPTION"].value == head["X-WR-CALDESC"].value != ""
        assert head["REFRESH-INTERVAL"] == ("REFRESH-INTERVAL", "VALUE=DURATION", "PT6H")
        assert head["X-PUBLISHED-TTL"].value == f"PT{REFRESH // timedelta(hours=1)}H"
        assert head["SOURCE"].value.startswith("http://testserver/calendars/")
        assert head["URL"].value.startswith("http://testserver/")
        assert not {"UID", "METHOD"} & head.keys()


def test_free_seats_are_asked_for_each_time(
    client: TestClient, database: Database, listing: Listing
) -> None:
    """Bookings change them without a change of the catalogue."""
    address = f"{ALL}?has_seats=true"
    assert len(events(client.get(address).content)) == 1
    with database.write() as db:
        slot = db.get_one(Slot, listing.slot.id)
        slot.seats_claimed = slot.seats
        db.add(slot)

    assert events(client.get(address).content) == []
    assert len(events(client.get(f"{ALL}?has_seats=false").content)) == 1


def test_the_window_rolls_on_with_the_day_and_takes_the_validators_along(
    timed: TestClient, watch: Watch, listing: Listing
) -> None:
    today = timed.get(ALL)
    watch.time = NOW + timedelta(days=1)
    held = {"If-None-Match": today.headers["etag"]}

    tomorrow = timed.get(ALL, headers=held)

    midnight = watch.time.replace(hour=0, minute=0, second=0)
    assert tomorrow.status_code == 200
    assert parsedate_to_datetime(tomorrow.headers["last-modified"]) == midnight
    assert events(tomorrow.content) == events(today.content)

    watch.time = listing.slot.ends_at + timedelta(days=92)
    assert events(timed.get(ALL).content) == []
    assert len(events(timed.get(f"/slots/{listing.slot.id}.ics").content)) == 1


def test_what_begins_in_more_than_eighteen_months_is_not_shown_yet(
    client: TestClient, database: Database
) -> None:
    far = NOW + timedelta(days=560)
    with database.write() as db:
        make_slot(db, starts_at=far, ends_at=far + timedelta(hours=1))

    assert events(client.get(ALL).content) == []
