"""The figures of a grid and of a plan: small functions that the catalogue names."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.arrays import BooleanArray

from gridmap.check.case import Case
from gridmap.measure.shape import cut_length_m, grids_of_compounds
from gridmap.measure.size import within_share


def households(case: Case) -> NDArray[np.float64] | NDArray[np.int64]:
    """Households of each grid, (k,); NaN where the data have none."""
    if not case.plan.units.has_households:
        return np.full(case.plan.n_grids, np.nan)
    return case.plan.households_of_grid


def premises(case: Case) -> NDArray[np.int64]:
    """From the layer of premises where there is one, else from the counts of the units."""
    if case.premises is None:
        return case.plan.total(case.plan.units.frame["premises"].to_numpy(np.int64))
    points = shapely.point_on_surface(np.asarray(case.premises.geometry.values, dtype=object))
    point, unit = shapely.STRtree(case.plan.units.polygons).query(points, predicate="intersects")
    _, first = np.unique(point, return_index=True)  # a point on a border counts once
    grid = case.plan.grid_of[unit[first]]
    return np.bincount(grid[grid >= 0], minlength=case.plan.n_grids).astype(np.int64)


def in_band(case: Case) -> BooleanArray:
    """Whether each grid keeps its band (R4, R5), (k,); not known of dedicated grids and without household counts."""
    size = np.where(case.counts_households, case.plan.households_of_grid, case.plan.n_units_of_grid)
    inside = (size >= case.of_profiles("lower")) & (size <= case.of_profiles("upper"))
    unknown = case.is_dedicated | (case.counts_households & (not case.plan.units.has_households))
    return _flags(inside, unknown)


def within(case: Case, tolerance: float) -> BooleanArray:
    """Whether households are within ±`tolerance` of the target, (k,); not known where not judged."""
    return _flags(np.abs(case.deviation) <= tolerance + 1e-9, np.isnan(case.deviation))


def _flags(values: NDArray[np.bool_], unknown: NDArray[np.bool_]) -> BooleanArray:
    return BooleanArray(np.array(values, dtype=np.bool_), np.array(unknown, dtype=np.bool_))


def compounds_split_of_grid(case: Case) -> NDArray[np.int64]:
    """How many compounds of each grid also lie in another grid."""
    name = case.compound_of_unit
    names, n_grids = grids_of_compounds(name, case.plan.grid_of)
    split = set(names[n_grids > 1])
    touched = pd.DataFrame({"grid": case.plan.grid_of, "name": name})
    touched = touched[(touched["grid"] >= 0) & touched["name"].isin(split)].drop_duplicates()
    return np.bincount(touched["grid"], minlength=case.plan.n_grids).astype(np.int64)


def households_moved_of_grid(case: Case) -> NDArray[np.int64]:
    """Households of each grid that came from another one."""
    return case.plan.total(np.where(case.is_moved, case.plan.units.households, 0))


def households_moved(case: Case) -> int:
    """Households of the units that left the grid which goes on under their old code."""
    return int(case.plan.units.households[case.is_moved].sum())


def share_within(case: Case, deviation: NDArray[np.float64], tolerance: float) -> float:
    """Share of the grids that households are counted for whose deviation is within the tolerance; NaN of none."""
    judged = case.counts_households & ~np.isnan(deviation)
    return within_share(deviation[judged], tolerance) if judged.any() else float("nan")


def share_in_band(case: Case) -> float:
    """Share of the grids with a band that keep it; NaN where there is none."""
    flags = pd.Series(in_band(case)).dropna()
    return float(flags.astype(np.float64).mean()) if len(flags) else float("nan")


def cut_length(case: Case) -> float:
    """Length of border between grids in metres."""
    return cut_length_m(case.graph, case.plan.grid_of)


def n_broken(findings: gpd.GeoDataFrame) -> int:
    """Hard findings that no exception covers."""
    return int(((findings["severity"] == "hard") & ~findings["excepted"]).sum())


def n_excepted(findings: gpd.GeoDataFrame) -> int:
    """Hard findings that a named exception covers."""
    return int(((findings["severity"] == "hard") & findings["excepted"]).sum())


def buildings(case: Case) -> NDArray[np.int64]:
    """Buildings of each grid, (k,)."""
    return case.plan.total(case.plan.units.frame["buildings"].to_numpy(np.int64))


def all_households(case: Case, _: gpd.GeoDataFrame) -> float | int:
    """Households of all units, those without a grid included; NaN where not known."""
    return int(case.plan.units.households.sum()) if case.plan.units.has_households else float("nan")


def mean_polsby_popper(case: Case, _: gpd.GeoDataFrame) -> float:
    """Mean compactness of the grids; NaN where there is none."""
    return float(case.polsby_popper.mean()) if case.plan.n_grids else float("nan")


def min_polsby_popper(case: Case, _: gpd.GeoDataFrame) -> float:
    """Compactness of the least compact grid; NaN where there is none."""
    return float(case.polsby_popper.min()) if case.plan.n_grids else float("nan")
