"""Positions of tracks that lie where nobody walked: longitude and latitude exchanged, or the datum of a web map."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.data.crs import WGS84, guess_datum
from gridmap.model.text import Text

Floats = NDArray[np.float64]
#: A position this near to a road is on it, for telling the datum, metres.
_ON_ROAD_M: Final = 20.0
#: At most so many positions are tried for telling the datum, and at least so many are needed.
_MOST_TRIED: Final = 2_000
_LEAST_TRIED: Final = 30
#: By this share more of them must lie on roads in another datum: a few walks through yards tell nothing. Our decision.
_CLEAR_LEAD: Final = 0.3
#: A position this far outside the box of the town is still near it, degrees (5 km from north to south).
_NEAR_DEG: Final = 0.045


def exchanged(xy: Floats, places: gpd.GeoDataFrame | None) -> NDArray[np.int64]:
    """Positions in degrees that can only be meant the other way round.

    These have no latitude as they are, or lie far from the town as they are and near it the other way round.

    Parameters
    ----------
    xy : ndarray of float, (n, 2)
        Longitude and latitude, as they are written.
    places : geopandas.GeoDataFrame or None
        The town's jurisdictions, in any CRS.
    """
    other_way = (np.abs(xy[:, 1]) > 90) & (np.abs(xy[:, 0]) <= 90)
    if places is not None:
        box = places.to_crs(WGS84).total_bounds + np.array([-_NEAR_DEG, -_NEAR_DEG, _NEAR_DEG, _NEAR_DEG])
        other_way |= _in_box(xy[:, ::-1], box) & ~_in_box(xy, box)
    return np.flatnonzero(other_way)


def _in_box(xy: Floats, box: Floats) -> NDArray[np.bool_]:
    return np.asarray(((xy >= box[:2]) & (xy <= box[2:])).all(axis=1), dtype=np.bool_)


def datum_notes(positions: pd.DataFrame, roads: gpd.GeoDataFrame, crs: CRS) -> list[Text]:
    """A warning where the positions lie on roads once the shift of a web map is undone, and not as they are.

    Parameters
    ----------
    positions : pandas.DataFrame
        Columns ``x``, ``y`` in metres of `crs`. Fewer than 30 tell nothing, nor does a lead of less than 30 %.
    roads : geopandas.GeoDataFrame
        In any CRS.
    crs : CRS
    """
    if len(positions) < _LEAST_TRIED:
        return []
    some = positions.iloc[:: max(1, len(positions) // _MOST_TRIED)]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(some["x"], some["y"]), crs=crs)
    there = roads.to_crs(crs)
    guess = guess_datum(points, there.set_geometry(there.buffer(_ON_ROAD_M)))
    now, then = guess.shares["wgs84"], guess.shares[guess.best]
    if guess.best == "wgs84" or then - now < _CLEAR_LEAD:
        return []
    return [
        Text(
            f"轨迹只有 {now:.0%} 在道路上，按 {guess.best} 还原后有 {then:.0%}；请加 --datum {guess.best} 重新导入。",
            f"{now:.0%} of the positions lie on roads, read as {guess.best} {then:.0%}; "
            f"import them with --datum {guess.best}",
        )
    ]
