"""Text as people type it: any script, but nothing that breaks a feed, a page or a database."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

# Line separators that several calendar programs cannot read (VT, FF, NEL, LS, PS).
_SEPARATORS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# C0 and C1 controls except tab and line feed; surrogates cannot be stored as UTF-8.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def normalise_text(value: str, *, multiline: bool) -> str:
    r"""``value`` in NFC, line ends as ``\n`` (or a space), without control characters.

    Used when text is *written out*; input with control characters is refused instead
    (:data:`Line`, :data:`Prose`), so that nobody wonders where a character went.
    """
    text = _CONTROLS.sub("", _SEPARATORS.sub("\n", value))
    text = unicodedata.normalize("NFC", text)
    return text if multiline else _SPACES.sub(" ", text).strip()


def search_form(value: str) -> str:
    """``value`` folded for searching: no case, no accents, single spaces.

    The same on every database, which their own ``lower`` and ``ILIKE`` are not.
    """
    folded = unicodedata.normalize("NFKD", value.casefold())
    return _SPACES.sub(" ", "".join(c for c in folded if not unicodedata.combining(c))).strip()


def like_pattern(term: str) -> str:
    r"""``term`` as a LIKE pattern that matches it anywhere; the escape character is ``\``."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _refuse_controls(value: str) -> str:
    if _CONTROLS.search(value):
        raise PydanticCustomError(
            "control_characters",
            "This text holds characters that cannot be shown (control characters). "
            "Please type it again or paste it as plain text.",
        )
    return value


_LINE, _PROSE = 200, 4000


def _line(value: str) -> str:
    return _at_most(_LINE, normalise_text(_refuse_controls(value), multiline=False))


def _prose(value: str) -> str:
    return _at_most(_PROSE, normalise_text(_refuse_controls(value), multiline=True).strip())


def _at_most(length: int, value: str) -> str:
    # Again: the normal form of a few letters is longer than what was typed.
    if len(value) > length:
        raise PydanticCustomError(
            "string_too_long", "Please use at most {max_length} characters.", {"max_length": length}
        )
    return value


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LINE),
    AfterValidator(_line),
]
"""One line of text, 1 to 200 characters."""

OptionalLine = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=_LINE), AfterValidator(_line)
]
"""One line of text, up to 200 characters, possibly none."""

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=_PROSE),
    AfterValidator(_prose),
]
"""Text of several lines, up to 4,000 characters, possibly none."""

Storable = AfterValidator(_refuse_controls)
"""Refuses control characters in other texts: PostgreSQL can neither keep nor compare NUL."""
