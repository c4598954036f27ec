"""Great circles on whole arrays, to the same whole kilometre as the rules reckon them."""

import numpy as np
import numpy.typing as npt

from app.matching.rules.columns.store import Array
from app.matching.rules.points import EARTH_RADIUS_KM, great_circle_km

Numbers = npt.NDArray[np.int64]

# Two ways of reckoning a sine differ in the last place; near half a kilometre that could tip the
# rounding, so those few are reckoned as the rules do. Next to the antipode it is 0.0003 km.
_DOUBTFUL_KM = 0.001


def great_circles(one: tuple[float, float], lat: Array, lon: Array) -> Numbers:
    """Whole kilometres from one point to each of many; degrees."""
    here_lat, here_lon = np.radians(one[0]), np.radians(one[1])
    there_lat, there_lon = np.radians(lat), np.radians(lon)
    chord = (
        np.sin((there_lat - here_lat) / 2) ** 2
        + np.cos(here_lat) * np.cos(there_lat) * np.sin((there_lon - here_lon) / 2) ** 2
    )
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    whole: Numbers = np.rint(km).astype(np.int64)
    for index in np.flatnonzero(np.abs(km - np.floor(km) - 0.5) < _DOUBTFUL_KM).tolist():
        whole[index] = great_circle_km(one, (float(lat[index]), float(lon[index])))
    return whole
