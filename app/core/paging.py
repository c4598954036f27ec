"""Lists in pages: ``{"items": […], "total": n, "next": url|null}`` with an opaque cursor."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from app.core.errors import InvalidError, invalid

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Page(BaseModel, Generic[T]):
    """One page of a list. ``total`` counts all pages; ``next`` is the address of the next one."""

    items: list[T]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page of a list, how many there are in all, and where the next page begins (or None)."""

    items: list[T]
    total: int
    last: list[str | int] | None


def _bad_cursor(text: str = "This cursor is not valid.") -> InvalidError:
    return invalid("cursor", text, "bad_cursor")


class CursorCodec:
    """Turns the last row's sort values into an opaque, signed cursor and back."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encode(self, values: list[str | int], *, of: str = "") -> str:
        """``values`` (JSON scalars) as URL-safe text, good for the list ``of`` only."""
        raw = json.dumps(values, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(raw, of) + raw).decode().rstrip("=")

    def decode(self, cursor: str, *, of: str = "") -> list[str | int]:
        """The values.

        Raises:
            InvalidError: The text is not a cursor that this network made for the list ``of``.
        """
        try:
            blob = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            signature, raw = blob[:8], blob[8:]
        except ValueError as error:
            raise _bad_cursor() from error
        if not hmac.compare_digest(signature, self._sign(raw, of)):
            raise _bad_cursor()
        values: list[str | int] = json.loads(raw)
        return values

    def _sign(self, raw: bytes, of: str) -> bytes:
        # The list is signed too: values of another one have other types, or mean something else.
        return hmac.new(self._key, f"{of}\n".encode() + raw, hashlib.sha256).digest()[:8]


def offset_of(after: list[str | int] | None) -> int:
    """Where a page begins in a list that is counted through, from its cursor.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    match after:
        case None:
            return 0
        case [int() as offset] if offset >= 0:
            return offset
    raise _of_another_list()


def id_of(after: Sequence[str | int]) -> UUID:
    """The id of the last row of a list that is sorted by ids, from its cursor.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    last: UUID = values_of(after, UUID)[0]
    return last


def values_of(after: Sequence[str | int], *kinds: Callable[[Any], Any]) -> list[Any]:
    """The sort values of the last row, each read by its kind, from its cursor.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    try:
        return [kind(value) for kind, value in zip(kinds, after, strict=True)]
    except (TypeError, ValueError, AttributeError) as error:
        raise _of_another_list() from error


def part_of(whole: Sequence[T], *, limit: int, after: list[str | int] | None) -> Part[T]:
    """The page that begins at ``after`` of a list that is there as a whole.

    Raises:
        InvalidError: ``after`` belongs to another list.
    """
    first = offset_of(after)
    end = first + limit
    return Part(list(whole[first:end]), len(whole), [end] if end < len(whole) else None)


def _of_another_list() -> InvalidError:
    return _bad_cursor("This cursor belongs to another list.")
