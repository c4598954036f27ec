"""Rows as files, and the files made last."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any

from pydantic import BaseModel

from app.core import sheets
from app.core.encoding import content_tag, gzipped
from app.core.links import absolute
from app.opendata.schemas import LICENCE, LICENCE_URL, DataSet

FRESH = timedelta(minutes=4)
"""How long a file is sent that only bookings may have changed."""

KEPT = timedelta(minutes=1)
"""How long clients and proxies may keep it without asking."""


def csv_file(data: DataSet, rows: Sequence[BaseModel]) -> bytes:
    """A header and a line for each row, as :func:`app.core.sheets.csv_file` writes them."""
    columns = [name for name, _ in data.columns]
    values = (row.model_dump(mode="json") for row in rows)
    return sheets.csv_file([columns, *([each[name] for name in columns] for each in values)])


def json_file(data: DataSet, rows: Sequence[BaseModel], *, network: str) -> bytes:
    """One object: what it is, under which licence, and ``items`` with the rows."""
    return as_json(
        {
            "name": data.name,
            "title": data.title,
            "description": data.about,
            "publisher": network,
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "url": absolute("/data"),
            "columns": dict(data.columns),
            "total": len(rows),
            "items": [row.model_dump(mode="json") for row in rows],
        }
    )


def as_json(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8, without spaces between its parts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class File:
    """A file ready to send.

    Attributes:
        content: Its bytes.
        last_modified: When this process first saw these bytes.
    """

    content: bytes
    last_modified: datetime

    @cached_property
    def etag(self) -> str:
        """The hash of the bytes."""
        return content_tag(self.content)

    @cached_property
    def compressed(self) -> bytes:
        """The gzip form, made when somebody first asks for it."""
        return gzipped(self.content)


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: tuple[object, ...]
    made_at: datetime
    file: File


class Shelf:
    """The files made last, one for each name; one is made at a time, however many ask."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def file(
        self, name: str, stamp: tuple[object, ...], make: Callable[[], bytes], *, now: datetime
    ) -> File:
        """The file of this name, made anew when its stamp is another or it is no longer fresh.

        Args:
            name: Of the file, with its ending.
            stamp: What the rows stand at, read before them: a change in between shows early, and
                is never missed.
            make: Reads the rows and writes them; may raise, and then nothing is kept.
            now: Aware UTC time.
        """
        known = self._look_up(name, stamp, now)
        if known is not None:
            return known
        with self._lock:
            known = self._look_up(name, stamp, now)
            if known is None:
                known = self._unless_same(name, make(), now)
                self._kept[name] = _Kept(stamp, now, known)
            return known

    def _look_up(self, name: str, stamp: tuple[object, ...], now: datetime) -> File | None:
        kept = self._kept.get(name)
        if kept is None or kept.stamp != stamp or now - kept.made_at >= FRESH:
            return None
        return kept.file

    def _unless_same(self, name: str, content: bytes, now: datetime) -> File:
        kept = self._kept.get(name)
        if kept is not None and kept.file.content == content:
            return kept.file  # the time of its last change stands
        return File(content, now)
