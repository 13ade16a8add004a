"""Which polygon holds a place."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray


def first_holding(places: NDArray[np.object_], polygons: NDArray[np.object_]) -> NDArray[np.int64]:
    """Position of the first polygon that holds or touches each place; −1 for none, (n,).

    Parameters
    ----------
    places : ndarray of Point or None, shape (n,)
    polygons : ndarray of Polygon or MultiPolygon, shape (m,)
        In the CRS of the places.

    Notes
    -----
    A place on a shared border belongs to the first polygon, so that the answer does not depend on how places are
    ordered. Time grows as n log m.
    """
    first = np.full(len(places), len(polygons), dtype=np.int64)
    place, polygon = shapely.STRtree(polygons).query(places, predicate="intersects")
    np.minimum.at(first, place, polygon)
    return np.where(first == len(polygons), -1, first)


def distance_to_nearest(
    places: NDArray[np.object_], polygons: NDArray[np.object_], holder: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Metres from each place to the nearest polygon, (n,): 0 where `holder` names one, NaN where there is no place.

    Parameters
    ----------
    places : ndarray of Point or None, shape (n,)
        In a CRS in metres.
    polygons : ndarray of Polygon or MultiPolygon, shape (m,)
    holder : ndarray of int, shape (n,)
        As :func:`first_holding` gives it.
    """
    distance = np.where(holder >= 0, 0.0, np.nan)
    away = np.flatnonzero((holder < 0) & ~(shapely.is_missing(places) | shapely.is_empty(places)))
    nearest = shapely.STRtree(polygons).nearest(places[away])
    distance[away] = shapely.distance(places[away], polygons[nearest])
    return distance
