"""Field types for input models that check reference data of the core: country, language, zone.

Each refuses an unknown value with a ``code`` for programs and a sentence for people. List variants
drop repetitions and keep the order.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from app.core import countries, languages, zones

Item = TypeVar("Item")

_SHOWN = 60


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
