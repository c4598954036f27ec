"""Bytes as they are named and packed for the wire."""

import gzip
import hashlib

_GZIP_LEVEL = 1  # a feed of 1 MB: 1.7 ms and 60 kB, against 4.3 ms and 45 kB at level 6


def content_tag(body: bytes) -> str:
    """The hash of ``body`` that serves as its ETag: 32 hexadecimal digits, without quotes."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def gzipped(body: bytes) -> bytes:
    """``body`` compressed; the same bytes each time, since no time of day goes into the header."""
    return gzip.compress(body, compresslevel=_GZIP_LEVEL, mtime=0)
