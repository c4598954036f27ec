"""Local times and IANA zones, from the rules that ship with the product.

The standard library prefers the operating system's zone files, which may be a year old: with
them a morning in Casablanca or Vancouver is an hour off. Everything here reads the packaged rules.
"""

import importlib
import zoneinfo
from datetime import UTC, date, datetime
from functools import cache

from app.core import countries


class LocalTimeError(ValueError):
    """A wall-clock time that cannot be turned into one instant."""

    code = "local_time"


class UnknownZoneError(LocalTimeError):
    """No such IANA zone, or one that we do not accept (see :func:`zone_names`)."""

    code = "unknown_zone"


class NonexistentTimeError(LocalTimeError):
    """The clock jumps over this time, as on the night when summer time begins.

    ``shifted`` is the local time that the clock shows instead: 02:30 becomes 03:30.
    """

    code = "nonexistent_time"

    def __init__(self, local: datetime, zone: str, shifted: datetime) -> None:
        super().__init__(f"{local:%Y-%m-%d %H:%M} does not exist in {zone}: the clock skips it.")
        self.local = local
        self.zone = zone
        self.shifted = shifted


class AmbiguousTimeError(LocalTimeError):
    """The clock shows this time twice, as on the night when summer time ends.

    ``candidates`` are the two instants in UTC, earlier first; pass ``fold`` 0 or 1 to choose.
    """

    code = "ambiguous_time"

    def __init__(self, local: datetime, zone: str, candidates: tuple[datetime, datetime]) -> None:
        super().__init__(f"{local:%Y-%m-%d %H:%M} happens twice in {zone}: the clock goes back.")
        self.local = local
        self.zone = zone
        self.candidates = candidates


def use_packaged_tzdata() -> None:
    """Make ``zoneinfo`` read the packaged rules only; call it when a process starts.

    Zones that were made before are forgotten, so call it before any are kept. A second call does
    nothing.

    Source: Python documentation, module zoneinfo, "Configuring the data sources".
    """
    if zoneinfo.TZPATH:
        zoneinfo.reset_tzpath(to=[])
        zoneinfo.ZoneInfo.clear_cache()


def tzdata_version() -> str:
    """The IANA release of the packaged rules, such as ``2026f``."""
    return str(importlib.import_module("tzdata").IANA_VERSION)


@cache
def zone_names() -> tuple[str, ...]:
    """The zones that a place may be in, sorted: ``Area/City`` names and ``UTC``.

    Fixed offsets (``Etc/GMT+3``, whose sign is the reverse of what people expect) and
    abbreviations (``EST``) are no places and are left out.
    """
    use_packaged_tzdata()
    names = zoneinfo.available_timezones()
    return tuple(sorted(n for n in names if n == "UTC" or ("/" in n and not n.startswith("Etc/"))))


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(zone_names())


def is_zone(name: str) -> bool:
    """Whether ``name`` is one of :func:`zone_names`, exactly as written there."""
    return name in _known_zones()


@cache
def zone_info(name: str) -> zoneinfo.ZoneInfo:
    """The rules of one zone; the same object each time.

    The library itself keeps eight zones and reads the file again, 0.1 ms, for a ninth. There are
    some 500 names in all, of a few kilobytes each.

    Raises:
        UnknownZoneError: ``name`` is not one of :func:`zone_names`.
    """
    if not is_zone(name):
        raise UnknownZoneError(f"There is no time zone called {name!r}.")
    return zoneinfo.ZoneInfo(name)


def to_utc(local: datetime, zone: str, *, fold: int | None = None) -> datetime:
    """The instant at which a wall clock in ``zone`` shows ``local``.

    Args:
        local: Naive date and time; its own ``fold`` is ignored.
        zone: One of :func:`zone_names`.
        fold: For a time that happens twice: 0 the first, 1 the second. Elsewhere ignored.

    Raises:
        UnknownZoneError: There is no such zone.
        NonexistentTimeError: The clock skips this time, whatever ``fold`` says.
        AmbiguousTimeError: The time happens twice and ``fold`` is None.
        LocalTimeError: ``local`` is aware, or too near to year 1 or 9999 to convert.

    Source: PEP 495, "Local Time Disambiguation".
    """
    if local.tzinfo is not None:
        raise LocalTimeError("A local time carries no zone of its own.")
    rules = zone_info(zone)
    try:
        first, second = (local.replace(tzinfo=rules, fold=side).astimezone(UTC) for side in (0, 1))
        back = first.astimezone(rules).replace(tzinfo=None, fold=0)
    except OverflowError as error:
        raise LocalTimeError(f"The year {local.year} is out of range.") from error
    if first == second:
        return first
    # The offsets before and after the change disagree. In a gap neither leads back to ``local``.
    if back != local.replace(fold=0):
        raise NonexistentTimeError(local, zone, back)
    if fold is None:
        raise AmbiguousTimeError(local, zone, (first, second))
    return second if fold else first


def to_local(instant: datetime, zone: str) -> datetime:
    """What a clock in ``zone`` shows at ``instant`` (aware); the answer is aware as well.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    return instant.astimezone(zone_info(zone))


def today_in(country: str, *, now: datetime) -> date:
    """The date in the country's capital: a deadline of today is still open there.

    Args:
        country: ISO 3166-1 alpha-2; an unknown one has the date of UTC.
        now: Aware UTC time.
    """
    found = countries.country(country)
    return to_local(now, found.timezone if found else "UTC").date()
