"""Where countries lie, as far as ranking and reports look at it."""

from functools import lru_cache

from app.core import countries


@lru_cache(maxsize=512)
def region_of(country: str) -> str | None:
    """The WHO region of a country."""
    found = countries.country(country)
    return (found.who_region or None) if found else None


def point_of(country: str | None) -> tuple[float, float] | None:
    """Latitude and longitude of a country; None where there is none."""
    found = countries.country(country) if country else None
    return (found.lat, found.lon) if found else None
