"""How long a person needs from one place to another, and whether the time between is enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

from app.core.text import search_form

_EARTH_KM = 6371.0
_SAME_CITY = timedelta(hours=1)
_BY_DISTANCE = ((300, timedelta(hours=4)), (1500, timedelta(hours=12)))  # up to so many km
LONGEST_WAY = timedelta(hours=24)
"""The most that any way is taken to need."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody has to be; degrees north and east."""

    facility_id: UUID
    city: str
    country: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Stay:
    """Being at a place from one instant to another; ``slot_id`` says what for."""

    starts_at: datetime
    ends_at: datetime
    place: Place
    slot_id: UUID


@dataclass(frozen=True, slots=True)
class Rush:
    """Two stays with too little time between them: what there is and what it takes."""

    other: Stay
    there_is: timedelta
    needed: timedelta


def distance_km(here: Place, there: Place) -> float:
    """The great-circle distance between two places, in kilometres.

    Source: the haversine formula, R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68
    (1984), p. 159.
    """
    lat1, lat2 = radians(here.latitude), radians(there.latitude)
    lon = radians(there.longitude - here.longitude)
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(lon / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))


def travel_time(here: Place, there: Place) -> timedelta:
    """The time to allow for the way from door to door.

    None within one facility, an hour within a city, four up to 300 km, twelve up to 1,500 km, a
    day for all that is further. Our own choice, to be confirmed with people who travel.
    """
    if here.facility_id == there.facility_id:
        return timedelta()
    if _city(here) == _city(there):
        return _SAME_CITY
    distance = distance_km(here, there)
    return next((time for most, time in _BY_DISTANCE if distance <= most), LONGEST_WAY)


def first_rush(wanted: Sequence[Stay], others: Iterable[Stay]) -> Rush | None:
    """The earliest of ``others`` that leaves too little time for the way to or from ``wanted``.

    Stays that overlap are no matter of travel and are left out.
    """
    rushes = [
        Rush(other, gap, needed)
        for other in others
        for stay in wanted
        for gap in [max(other.starts_at - stay.ends_at, stay.starts_at - other.ends_at)]
        for needed in [travel_time(stay.place, other.place)]
        if timedelta() <= gap < needed
    ]
    return min(rushes, key=lambda rush: (rush.other.starts_at, rush.there_is), default=None)


def _city(place: Place) -> tuple[str, str]:
    return place.country, search_form(place.city)
