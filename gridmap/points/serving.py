"""The places that serve households: points in use to which people walk, two in one counted once."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import shapely

from gridmap.model.plan import Plan
from gridmap.model.registers.points import SERVING_KINDS
from gridmap.points.status import is_open
from gridmap.points.two_in_one import find_two_in_one


def serving_points(points: gpd.GeoDataFrame, plan: Plan, day: date) -> gpd.GeoDataFrame:
    """The places to which the households of a plan walk on a day, as reach and siting ask for them.

    Grid points and Party points in use. A Party point and the grid points that are two in one with it are one place,
    and its room is there once: the grid point stands for it (the first by id), with the largest of their capacities
    (a blank one is no limit).

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Records of the register ``point``, in the CRS of the units of `plan`; those without a place serve nobody.
    plan : Plan
    day : datetime.date

    Returns
    -------
    geopandas.GeoDataFrame
        Some of the records, index their ids.

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, or a place is no point.
    """
    pairs = find_two_in_one(points, plan, day=day).pairs
    place_of = dict(zip(pairs["point_id"], pairs["partner_id"], strict=True))
    shapes = np.asarray(points.geometry.values, dtype=object)
    is_placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    serving = points[is_open(points, day) & points["kind"].isin(SERVING_KINDS) & is_placed]
    serving = serving.set_index(serving["point_id"].to_numpy(object)).sort_index().rename_axis("point")
    place = serving["point_id"].map(lambda key: place_of.get(key, key))
    is_endless = serving["capacity"].isna().groupby(place).transform("any")
    room = serving["capacity"].groupby(place).transform("max").mask(is_endless)
    grid_points_first = np.argsort(serving["kind"].to_numpy(object) != "grid_point", kind="stable")
    is_first = ~place.iloc[grid_points_first].duplicated()
    return serving.assign(capacity=room.astype("Int64"))[is_first.reindex(serving.index)]
