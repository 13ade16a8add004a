"""The two shifted datums of Chinese web maps, as plain arithmetic on arrays of degrees.

GCJ-02 moves WGS-84 coordinates by some hundred metres by a fixed sum of sines; BD-09 moves GCJ-02
once more. Neither was published by its maker; the formulas are the well-known public reconstruction
(eviltransform, 2013, and coordtransform), on the Krasovsky 1940 ellipsoid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Datum = Literal["gcj02", "bd09"]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

#: Krasovsky 1940: semi-major axis in metres and first eccentricity squared.
AXIS_M: Final = 6378245.0
ECCENTRICITY2: Final = 0.00669342162296594323
#: West, south, east, north in degrees: outside, web maps shift nothing.
SHIFTED_AREA: Final = (72.004, 0.8293, 137.8347, 55.8271)
#: The inverse stops when the forward shift comes back to within this many degrees (0.1 mm is 1e-9).
INVERSE_TOLERANCE_DEG: Final = 1e-11
_ROUNDS: Final = 30


def to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 coordinates of WGS-84 ones.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float, (n,)
        Degrees.

    Returns
    -------
    lon, lat : numpy.ndarray of float, (n,)
        Degrees; unchanged outside :data:`SHIFTED_AREA`.
    """
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    w2 = 1.0 - ECCENTRICITY2 * np.sin(phi) ** 2
    # Metres to degrees by the radii of curvature along the meridian and across it.
    dlat = np.degrees(north_m * w2 * np.sqrt(w2) / (AXIS_M * (1.0 - ECCENTRICITY2)))
    dlon = np.degrees(east_m * np.sqrt(w2) / (AXIS_M * np.cos(phi)))
    west, south, east, north = SHIFTED_AREA
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.where(inside, lon + dlon, lon), np.where(inside, lat + dlat, lat)


def to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """BD-09 coordinates of WGS-84 ones (degrees, shape (n,)); unchanged outside :data:`SHIFTED_AREA`."""
    x, y = to_gcj02(lon, lat)
    step = np.pi * 3000.0 / 180.0
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * step)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * step)
    west, south, east, north = SHIFTED_AREA
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.where(inside, radius * np.cos(angle) + 0.0065, lon), np.where(inside, radius * np.sin(angle) + 0.006, lat)


FORWARD: Final[dict[Datum, Shift]] = {"gcj02": to_gcj02, "bd09": to_bd09}


def to_wgs84(lon: Floats, lat: Floats, datum: Datum) -> tuple[Floats, Floats]:
    """WGS-84 coordinates of shifted ones: the forward shift undone by fixed-point iteration.

    The shift changes by less than 1 % over its own length, so each round gains two digits or more.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float, (n,)
        Degrees, in `datum`.
    datum : {"gcj02", "bd09"}

    Returns
    -------
    lon, lat : numpy.ndarray of float, (n,)
        Degrees; shifted forward they give the input to within 1e-9°.
    """
    shift = FORWARD[datum]
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    for _ in range(_ROUNDS):
        there_x, there_y = shift(x, y)
        dx, dy = there_x - lon, there_y - lat
        x, y = x - dx, y - dy
        if max(np.abs(dx).max(initial=0.0), np.abs(dy).max(initial=0.0)) < INVERSE_TOLERANCE_DEG:
            break
    return x, y
