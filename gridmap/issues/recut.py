"""The same history under any plan: which grid holds each issue, and how many each grid holds."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import MissingCrs
from gridmap.issues.select import in_period
from gridmap.measure.within import first_holding
from gridmap.model.issues import Issues
from gridmap.model.plan import UNASSIGNED, Plan


def recut(issues: Issues, plan: Plan) -> pd.Series:
    """Code of the grid of each issue by any plan, so that a change of borders is not read as a change of trouble.

    Parameters
    ----------
    issues : Issues
        n issues, places in any CRS.
    plan : Plan
        Any version: in force, earlier or proposed.

    Returns
    -------
    pandas.Series
        Index of the issues, name ``grid``: the grid whose unit holds the place, "" between units and outside. Without
        a usable place, the grid that is written in the issue where the plan has one of that code, else "".

    Raises
    ------
    MissingCrs
        If places have no CRS.

    Notes
    -----
    A place on a border belongs to the first unit in the order of the plan's units.
    """
    codes = np.array([*plan.codes, ""], dtype=object)[_labels(issues.frame, plan)]
    return pd.Series(codes, index=issues.frame.index, dtype=object, name="grid")


def counted_labels(
    issues: Issues, plan: Plan, first: date | None, last: date | None
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Grid and month of report of each issue that counts, lies in the period and has a grid in the plan.

    Returns
    -------
    ndarray of int, ndarray of datetime64[M], shape (m,)
        Position in ``plan.codes``; month, NaT where no time is known.

    Raises
    ------
    InvalidInput
        If the period ends before it begins.
    MissingCrs
        If places have no CRS.
    """
    chosen = issues.is_counted.to_numpy(bool) & in_period(issues, first, last)
    frame = issues.frame[["reported_at", "place_state", "grid", "geometry"]][chosen]
    labels = _labels(frame, plan)
    month = frame["reported_at"].to_numpy().astype("datetime64[M]")
    return labels[labels >= 0], month[labels >= 0]


def counts_of_grids(
    issues: Issues, plan: Plan, *, first: date | None = None, last: date | None = None
) -> NDArray[np.int64]:
    """How many issues that count each grid holds by :func:`recut`, (k,).

    Raises
    ------
    InvalidInput
        If the period ends before it begins.
    MissingCrs
        If places have no CRS.
    """
    labels, _ = counted_labels(issues, plan, first, last)
    return np.bincount(labels, minlength=plan.n_grids).astype(np.int64)


def places_in(frame: gpd.GeoDataFrame, crs: object) -> NDArray[np.object_]:
    """Places of issues in another CRS, None where there is none, (n,).

    Raises
    ------
    MissingCrs
        If there are places and nobody knows in which CRS.
    """
    places = np.asarray(frame.geometry.values, dtype=object)
    if shapely.is_missing(places).all() or frame.crs == crs:
        return places
    if frame.crs is None:
        raise MissingCrs(
            "issues have places, but nobody knows in which CRS; make them with one",
            "问题有位置，但没有坐标系信息；请注明坐标系。",
        )
    return np.asarray(frame.geometry.to_crs(crs).values, dtype=object)


def _labels(frame: gpd.GeoDataFrame, plan: Plan) -> NDArray[np.int64]:
    places = places_in(frame, plan.units.frame.crs)
    is_placed = frame["place_state"].to_numpy() == "ok"
    is_placed &= ~shapely.is_missing(places)
    at = np.flatnonzero(is_placed)
    labels = pd.Index(plan.codes, dtype=object).get_indexer(frame["grid"].to_numpy(object)).astype(np.int64)
    unit = first_holding(places[at], plan.units.polygons)
    labels[at] = np.append(plan.grid_of, UNASSIGNED)[unit]
    return labels
