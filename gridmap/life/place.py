"""Where something is: the grid and jurisdiction of a record that names only a point or a grid."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gridmap.model.plan import Plan
from gridmap.model.records import Records


def point_grids(records: Records) -> dict[str, str]:
    """Id of each point → the grid that the register of points names for it; points without one are left out."""
    points = records.of("point")
    named = points[points["grid"] != ""]
    return dict(zip(named["point_id"], named["grid"], strict=True))


def looked_up(keys: pd.Series, values: Mapping[str, str]) -> pd.Series:
    """The value of each key, "" where there is none; always a column of text, also of no rows or no values."""
    return pd.Series([values.get(key, "") for key in keys], index=keys.index, dtype=object)


def located(
    frame: pd.DataFrame, records: Records, plan: Plan, grid_of_point: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Records with their grid and jurisdiction filled in where these are blank.

    Parameters
    ----------
    frame : DataFrame
        Records with ``grid``, and with ``point_id`` and ``jurisdiction`` where their register has these.
    records : Records
        For the points.
    plan : Plan
    grid_of_point : mapping of str to str, optional
        Id of a point → code of the grid in which it lies; without it the grid that the register of points names.

    Returns
    -------
    DataFrame
        The same rows; ``grid`` from the point, ``jurisdiction`` from the grid ("" where that is not in the plan).
    """
    grid = frame["grid"]
    if "point_id" in frame:
        of_point = point_grids(records) if grid_of_point is None else grid_of_point
        grid = grid.where(grid != "", looked_up(frame["point_id"], of_point)).astype(object)
    at_home = looked_up(grid, plan.home_of_grid)
    stated = frame.get("jurisdiction", at_home)
    return frame.assign(grid=grid, jurisdiction=stated.where(stated != "", at_home).astype(object))
