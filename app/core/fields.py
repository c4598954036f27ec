"""Field types for input models that check reference data of the core: country, language, zone.

Each refuses an unknown value with a ``code`` for programs and a sentence for people. List variants
drop repetitions and keep the order.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from app.core import countries, languages, zones

Item = TypeVar("Item")
When = TypeVar("When", date, datetime)

_SHOWN = 60
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def known(is_known: Callable[[str], bool], noun: str, code: str) -> AfterValidator:
    """A validator that accepts only what ``is_known`` does.

    The message reads “Unknown {noun} “{value}”.”; of a long value only the beginning is repeated.
    """

    def check(value: str) -> str:
        if not is_known(value):
            shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
            raise PydanticCustomError(
                code, "Unknown {noun} “{value}”.", {"noun": noun, "value": shown}
            )
        return value

    return AfterValidator(check)


def _once(values: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(values))


once = AfterValidator(_once)
"""Drops repetitions from a sequence and keeps the order."""

CountryCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True),
    known(countries.is_country, "country", "unknown_country"),
]
"""An ISO 3166-1 alpha-2 code; small letters are accepted and made capitals."""

RegionCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    known(countries.is_region, "region", "unknown_region"),
]
"""A code that ``countries.in_region`` knows."""

LanguageCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True),
    known(languages.is_language, "language", "unknown_language"),
]
"""An ISO 639-1 code; capitals are accepted and made small letters."""

ZoneName = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    known(zones.is_zone, "time zone", "unknown_zone"),
]
"""A name of the IANA time zone database."""

CountryCodes = Annotated[tuple[CountryCode, ...], once]
RegionCodes = Annotated[tuple[RegionCode, ...], once]
LanguageCodes = Annotated[tuple[LanguageCode, ...], once]


def _in_reach(value: When) -> When:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise PydanticCustomError(
            "date_out_of_range",
            "Please enter a date in the years {first} to {last}.",
            {"first": _FIRST_YEAR, "last": _LAST_YEAR},
        )
    return value


Moment = Annotated[datetime, AfterValidator(_in_reach)]
"""A date and time whose year every calendar, zone and database can count with."""

Day = Annotated[date, AfterValidator(_in_reach)]
"""A date whose year every calendar and database can count with."""
