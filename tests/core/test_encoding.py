"""The name and the packed form of some bytes."""

import gzip

from app.core.encoding import content_tag, gzipped

BODY = "BEGIN:VCALENDAR\r\nSUMMARY:مراجعة 临床试验\r\n".encode() * 50


def test_compressing_twice_gives_the_same_smaller_bytes() -> None:
    assert gzipped(BODY) == gzipped(BODY)
    assert gzip.decompress(gzipped(BODY)) == BODY
    assert len(gzipped(BODY)) < len(BODY)


def test_the_tag_is_a_function_of_the_content() -> None:
    assert content_tag(b"a") == content_tag(b"a") != content_tag(b"b")
    assert len(content_tag(b"")) == 32
