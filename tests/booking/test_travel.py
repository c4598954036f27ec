"""The way between two places, and whether there is time for it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.booking.rules.travel import (
    LONGEST_WAY,
    Place,
    Stay,
    distance_km,
    first_rush,
    travel_time,
)
from app.core.ids import new_id

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAIROBI = Place(new_id(), "Nairobi", "KE", -1.29, 36.82)
THIKA = Place(new_id(), "Thika", "KE", -1.03, 37.07)
KAMPALA = Place(new_id(), "Kampala", "UG", 0.35, 32.58)
LISBON = Place(new_id(), "Lisbon", "PT", 38.72, -9.14)


def stay(place: Place, start: float, end: float, slot_id: UUID | None = None) -> Stay:
    """Being there from hour to hour after :data:`NOW`."""
    return Stay(NOW + start * HOUR, NOW + end * HOUR, place, slot_id or new_id())


def test_the_distance_is_that_of_the_great_circle() -> None:
    assert distance_km(NAIROBI, LISBON) == pytest.approx(6460, rel=0.01)
    assert distance_km(LISBON, NAIROBI) == pytest.approx(distance_km(NAIROBI, LISBON))


def test_opposite_points_are_half_the_earth_apart() -> None:
    north, south = Place(new_id(), "N", "AA", 90, 0), Place(new_id(), "S", "BB", -90, 0)

    assert distance_km(north, south) == pytest.approx(20015, abs=1)


@pytest.mark.parametrize(
    ("there", "hours"),
    [(NAIROBI, 0), (THIKA, 4), (KAMPALA, 12), (LISBON, 24)],
)
def test_the_way_takes_longer_the_further_it_is(there: Place, hours: int) -> None:
    assert travel_time(NAIROBI, there) == hours * HOUR
    assert travel_time(there, NAIROBI) == hours * HOUR


def test_another_building_of_the_city_is_an_hour_away_however_it_is_written() -> None:
    annexe = Place(new_id(), "NAIROBI", "KE", -1.29, 36.82)

    assert travel_time(NAIROBI, annexe) == HOUR


def test_a_city_of_the_same_name_in_another_country_is_another_city() -> None:
    namesake = Place(new_id(), "Lisbon", "US", 44.03, -70.1)

    assert travel_time(LISBON, namesake) == LONGEST_WAY


def test_too_little_time_for_the_way_there_or_back_is_a_rush() -> None:
    day = [stay(NAIROBI, 20, 24)]
    before, after = stay(KAMPALA, 4, 9), stay(KAMPALA, 35, 40)

    there, back = first_rush(day, [before]), first_rush(day, [after])

    assert (there is not None, back is not None) == (True, True)
    assert there == first_rush(day, [after, before])
    assert (there.there_is, there.needed) == (11 * HOUR, 12 * HOUR) if there else False


def test_just_enough_time_for_the_way_is_no_rush() -> None:
    assert first_rush([stay(NAIROBI, 20, 24)], [stay(KAMPALA, 4, 8)]) is None


def test_what_overlaps_is_no_matter_of_travel() -> None:
    assert first_rush([stay(NAIROBI, 20, 24)], [stay(LISBON, 22, 26)]) is None
