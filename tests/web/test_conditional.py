"""What a polling calendar program sees: validators, 304, compression, HEAD."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.core.encoding import content_tag, gzipped
from app.web.conditional import (
    Representation,
    accepts_gzip,
    conditional_response,
)

BODY = "BEGIN:VCALENDAR\r\nSUMMARY:مراجعة 临床试验 🌍\r\n".encode() * 50
TAG = content_tag(BODY)
CHANGED = datetime(2027, 1, 20, 10, 30, 15, 987654, tzinfo=UTC)
CHANGED_TEXT = "Wed, 20 Jan 2027 10:30:15 GMT"


def feed(
    *,
    filename: str | None = "slots.ics",
    attachment: bool = False,
    may_gzip: bool = True,
    headers: dict[str, str] | None = None,
) -> Representation:
    return Representation(
        body=BODY,
        etag=TAG,
        last_modified=CHANGED,
        media_type="text/calendar; charset=utf-8",
        cache_control="public, max-age=300",
        filename=filename,
        attachment=attachment,
        compress=(lambda: gzipped(BODY)) if may_gzip else None,
        headers=headers or {},
    )


def serving(what: Representation) -> TestClient:
    def answer(request: Request) -> Response:
        return conditional_response(request, what)

    client = TestClient(Starlette(routes=[Route("/feed.ics", answer, methods=["GET", "HEAD"])]))
    client.headers["accept-encoding"] = "identity"
    return client


@pytest.fixture
def client() -> TestClient:
    return serving(feed())


def test_the_first_fetch_brings_the_body_and_both_validators(client: TestClient) -> None:
    answer = client.get("/feed.ics")

    assert answer.status_code == 200
    assert answer.content == BODY
    assert dict(answer.headers) == {
        "content-type": "text/calendar; charset=utf-8",
        "content-length": str(len(BODY)),
        "content-disposition": 'inline; filename="slots.ics"',
        "etag": f'"{TAG}"',
        "last-modified": CHANGED_TEXT,
        "cache-control": "public, max-age=300",
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
    }


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_head_has_the_headers_of_get_and_no_body(client: TestClient, encoding: str) -> None:
    get = client.get("/feed.ics", headers={"Accept-Encoding": encoding})
    head = client.head("/feed.ics", headers={"Accept-Encoding": encoding})

    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize(
    "asked",
    [
        f'"{TAG}"',
        f'W/"{TAG}"',
        f'"{TAG}-gz"',
        f'W/"{TAG}-gz"',
        f'"other", W/"{TAG}" , "third"',
        f'"with, comma","{TAG}-gz"',
        "*",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_tag_that_the_client_holds_gives_304(client: TestClient, method: str, asked: str) -> None:
    answer = client.request(method, "/feed.ics", headers={"If-None-Match": asked})

    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == f'"{TAG}"'
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-length" not in answer.headers


def test_tags_may_come_in_several_fields(client: TestClient) -> None:
    answer = client.get(
        "/feed.ics", headers=[("If-None-Match", '"other"'), ("If-None-Match", f'"{TAG}"')]
    )

    assert answer.status_code == 304


@pytest.mark.parametrize("asked", ['"other"', 'W/"other-gz"', TAG, f'"{TAG}', "", '""', "**"])
def test_another_tag_gives_200_even_with_a_matching_date(client: TestClient, asked: str) -> None:
    answer = client.get(
        "/feed.ics", headers={"If-None-Match": asked, "If-Modified-Since": CHANGED_TEXT}
    )

    assert answer.status_code == 200
    assert answer.content == BODY


@pytest.mark.parametrize(
    "since",
    [
        CHANGED_TEXT,
        format_datetime(CHANGED + timedelta(days=1), usegmt=True),
        "Wednesday, 20-Jan-27 10:30:15 GMT",
        "Wed Jan 20 10:30:15 2027",
    ],
)
def test_a_date_not_before_the_last_change_gives_304(client: TestClient, since: str) -> None:
    answer = client.get("/feed.ics", headers={"If-Modified-Since": since})

    assert answer.status_code == 304


@pytest.mark.parametrize(
    "since",
    [
        format_datetime(CHANGED - timedelta(seconds=1), usegmt=True),
        "yesterday",
        "Wed, 99 Jan 2027 10:30:15 GMT",
        "Wed, 20 Jan 99999 10:30:15 GMT",
        "",
    ],
)
def test_an_older_or_unreadable_date_gives_200(client: TestClient, since: str) -> None:
    answer = client.get("/feed.ics", headers={"If-Modified-Since": since})

    assert answer.status_code == 200


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_no_header_can_break_the_answer(words: str) -> None:
    answer = serving(feed()).get(
        "/feed.ics",
        headers={"If-Modified-Since": words, "Accept-Encoding": words},
    )

    assert answer.status_code in {200, 304}


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_no_tag_can_break_the_answer(words: str) -> None:
    answer = serving(feed()).get("/feed.ics", headers={"If-None-Match": words})

    assert answer.status_code == (304 if words.strip() == "*" else 200)


def test_gzip_comes_when_asked_with_a_tag_of_its_own(client: TestClient) -> None:
    with client.stream("GET", "/feed.ics", headers={"Accept-Encoding": "gzip, br"}) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["etag"] == f'"{TAG}-gz"'
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-length"] == str(len(raw))
    assert gzip.decompress(raw) == BODY


def test_a_304_names_the_tag_of_the_form_that_would_have_been_sent(client: TestClient) -> None:
    answer = client.get(
        "/feed.ics", headers={"Accept-Encoding": "gzip", "If-None-Match": f'"{TAG}-gz"'}
    )

    assert answer.status_code == 304
    assert answer.headers["etag"] == f'"{TAG}-gz"'
    assert "content-encoding" not in answer.headers


def test_without_an_accept_encoding_field_the_bytes_are_plain() -> None:
    client = serving(feed())
    del client.headers["accept-encoding"]

    answer = client.get("/feed.ics")

    assert "content-encoding" not in answer.headers
    assert answer.content == BODY


def test_gzip_can_be_switched_off_for_a_client_that_stumbles_over_it() -> None:
    answer = serving(feed(may_gzip=False)).get("/feed.ics", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == f'"{TAG}"'


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ([], False),
        ([""], False),
        (["identity"], False),
        (["gzip"], True),
        (["GZIP"], True),
        (["x-gzip"], True),
        (["*"], True),
        (["deflate", "gzip"], True),
        (["gzip;q=0"], False),
        (["gzip;q=0.000"], False),
        (["gzip; q=0, *"], False),
        (["*;q=0"], False),
        (["gzip;q=0.001"], True),
        (["gzip ; Q = 0.5 , identity;q=0.2"], True),
        (["identity;q=1, gzip;q=0.5"], False),
        (["identity;q=0.5, gzip;q=0.5"], True),
        (["gzip;q=2"], False),
        (["gzip;q=nan"], False),
        (["gzip;q=-1"], False),
        (["br, zstd"], False),
        (["gzipped"], False),
    ],
)
def test_gzip_is_used_only_where_the_client_wants_it(fields: list[str], wanted: bool) -> None:
    assert accepts_gzip(fields) is wanted


def test_a_download_is_an_attachment_and_its_name_cannot_leave_the_header() -> None:
    what = feed(attachment=True, filename='../a "slot"\r\nSet-Cookie: x=1;é.ics')

    answer = serving(what).get("/feed.ics")

    assert (
        answer.headers["content-disposition"] == 'attachment; filename="a-slot-Set-Cookie-x-1-.ics"'
    )
    assert "set-cookie" not in answer.headers


def test_a_nameless_feed_says_nothing_about_files() -> None:
    answer = serving(feed(filename=None)).get("/feed.ics")

    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("asked", ['"nothing"', f'"{TAG}"'])
def test_the_feature_s_own_headers_are_on_both_answers(asked: str) -> None:
    what = feed(headers={"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})

    answer = serving(what).get("/feed.ics", headers={"If-None-Match": asked})

    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_date_is_sent_in_gmt_whatever_its_zone() -> None:
    east = feed()
    moved = Representation(
        body=east.body,
        etag=east.etag,
        last_modified=CHANGED.astimezone(None),
        media_type=east.media_type,
        cache_control=east.cache_control,
    )

    assert serving(moved).get("/feed.ics").headers["last-modified"] == CHANGED_TEXT
