"""Who earns a certificate, what its code looks like, and how long it is good. Pure."""

import unicodedata
from datetime import date
from enum import StrEnum

from app.booking.rules import BookingState
from app.booking.rules.attendance import ASSESSED
from app.core.clock import months_later
from app.core.errors import ConflictError

CODE_BITS = 60
"""Random bits of a code: nobody finds a second one by trying."""

NO_CERTIFICATE = "none"

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = 12
_GROUP = 4
_READ_AS = str.maketrans("OIL", "011")
_RIGHT_TO_LEFT = ("R", "AL")


class Standing(StrEnum):
    """What a certificate is worth today."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


class NoCertificateError(ConflictError):
    """The course gives no certificate."""

    code = "no_certificate"


class CertificateOverError(ConflictError):
    """The certificate was revoked; it can be neither printed nor changed any more."""

    code = "certificate_revoked"


def code_of(number: int) -> str:
    """A number of :data:`CODE_BITS` bits as a code, ``7K3M-9QXZ-T2VD``.

    Source: Douglas Crockford, "Base 32": no letters that are read as digits or as rude words.
    """
    letters = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LETTERS)))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LETTERS, _GROUP))


def read_code(text: str) -> str | None:
    """The code that somebody typed, with or without dashes, in any case; None: it cannot be one.

    ``O`` is read as zero, ``I`` and ``L`` as one.
    """
    letters = "".join(each for each in text.upper() if each not in "- ").translate(_READ_AS)
    if len(letters) != _LETTERS or any(each not in _ALPHABET for each in letters):
        return None
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LETTERS, _GROUP))


def is_earned(kind: str, *, state: str, result: str | None) -> bool:
    """Whether somebody gets a certificate of this kind: they attended, and passed if asked to."""
    if kind == NO_CERTIFICATE or state != BookingState.ATTENDED:
        return False
    return kind not in ASSESSED or result == "passed"


def good_until(issued_on: date, months: int | None) -> date | None:
    """The same day some months later, or the last one of a shorter month; None: for good."""
    if months is None:
        return None
    return months_later(issued_on, months)


def standing_of(state: str, valid_until: date | None, *, today: date) -> Standing:
    """What the certificate is worth ``today``; its last good day still counts."""
    if state == Standing.REVOKED:
        return Standing.REVOKED
    if valid_until is not None and today > valid_until:
        return Standing.EXPIRED
    return Standing.VALID


def is_right_to_left(text: str) -> bool:
    """Whether a text begins on the right: its first letter with a direction says so.

    Source: Unicode Standard Annex 9, rules P2 and P3.
    """
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction == "L":
            return False
        if direction in _RIGHT_TO_LEFT:
            return True
    return False


def span_text(first: date, last: date) -> str:
    """``4 to 6 January 2027``, ``30 January to 2 February 2027``, ``4 January 2027``."""
    if first == last:
        return day_of(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day_of(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {day_of(last)}"
    return f"{day_of(first)} to {day_of(last)}"


def day_of(day: date) -> str:
    """``4 January 2027``."""
    return f"{day.day} {day:%B} {day.year}"
