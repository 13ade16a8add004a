"""Points that were read off a web map: GCJ-02 or BD-09 coordinates in a register that says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.data.crs import convert_datum
from gridmap.data.datum import Datum
from gridmap.model.plan import Plan
from gridmap.points.place import place_points

#: Fewer points say too little. Our decision, as are the four numbers below; docs/decisions/points-shifted.md has what
#: they were measured on.
LEAST_POINTS: Final = 5
#: Read in the other datum, at least this share must fall where it belongs.
LEAST_FIT: Final = 0.6
#: By how many more points it must fit, net: of those that say where they belong, or of all, and by which share.
LEAST_MORE_DECLARED: Final = 2
LEAST_MORE: Final = 3
LEAST_MORE_SHARE: Final = 0.05


@dataclass(frozen=True)
class Shift:
    """Another datum in which points fit clearly better.

    Attributes
    ----------
    datum : {"gcj02", "bd09"}
    shares : dict of str to float
        For ``wgs84`` (as they are), ``gcj02`` and ``bd09``: share of the points that fall where they belong.
    shift_m : float
        By how much they are off, median, metres.
    n_points : int
        Points that were tested.
    """

    datum: Datum
    shares: dict[str, float]
    shift_m: float
    n_points: int


def looks_shifted(points: gpd.GeoDataFrame, plan: Plan) -> Shift | None:
    """The web map's datum in which points fit clearly better than as they are, None where none does.

    A point fits if it falls into the grid that its record names; where it names none of the plan's, into the
    jurisdiction that it names; where it names none either, into the town.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        n records of the register ``point``, in the CRS of the units of `plan`.
    plan : Plan

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, or a place is no point.

    Notes
    -----
    A register of which all points fit as they are is never called shifted. Beyond that, another datum must fit at
    least :data:`LEAST_FIT` of the points, must win over the present reading by the numbers above, and must not put more
    points into a wrong jurisdiction: codes that were all renumbered by one look much like a shift, jurisdictions tell
    them apart. Where both web maps fit equally well, nothing is said: undoing the wrong one would do harm.
    """
    as_is = _fits(points, plan)
    if len(as_is) < LEAST_POINTS:
        return None
    shares = {"wgs84": float(as_is["fits"].mean())}
    n_more: dict[Datum, int] = {}
    for datum in get_args(Datum):
        read = _fits(convert_datum(points, datum), plan)
        shares[datum] = float(read["fits"].mean())
        if _is_clearly_better(read, as_is):
            n_more[datum] = int(read["fits"].sum() - as_is["fits"].sum())
    ranked = sorted(n_more, key=lambda d: -n_more[d])
    if not ranked or (len(ranked) > 1 and n_more[ranked[0]] == n_more[ranked[1]]):
        return None
    best = ranked[0]
    return Shift(best, shares, _shift_m(points, best), len(as_is))


def read_off_web_map(points: gpd.GeoDataFrame, plan: Plan) -> list[Datum | None]:
    """Of each point alone: the web map's datum that explains why it is not in the grid, or the place, on record.

    None for a point that is where it belongs, for one of which no web map explains it, and for one that names neither a
    grid nor a jurisdiction of the plan; for all where most of the wrong ones are not explained so: then something else
    is the cause, such as codes that were renumbered, and some fit by chance.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        n records of the register ``point``, in the CRS of the units of `plan`.
    plan : Plan

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, or a place is no point.
    """
    bare = points.reset_index(drop=True)
    as_is = _fits(bare, plan)
    found: list[Datum | None] = [None] * len(bare)
    wrong = as_is.index[~as_is["fits"] & as_is["is_declared"]]
    for datum in get_args(Datum) if len(wrong) else ():
        read = _fits(convert_datum(bare.loc[wrong].reset_index(drop=True), datum), plan)
        for at in wrong[read["fits"].to_numpy(bool)]:
            found[at] = found[at] or datum
    is_the_cause = sum(d is not None for d in found) >= LEAST_FIT * len(wrong)
    return found if is_the_cause else [None] * len(bare)


def _is_clearly_better(read: pd.DataFrame, as_is: pd.DataFrame) -> bool:
    more = read["fits"].astype(int) - as_is["fits"].astype(int)
    n_more, n_declared = int(more.sum()), int(more[as_is["is_declared"]].sum())
    return bool(
        (n_more >= LEAST_MORE or n_declared >= LEAST_MORE_DECLARED)
        and n_more >= LEAST_MORE_SHARE * len(as_is)
        and read["fits"].mean() >= LEAST_FIT
        and read["at_home"].sum() >= as_is["at_home"].sum()
    )


def _fits(points: gpd.GeoDataFrame, plan: Plan) -> pd.DataFrame:
    """Of each point with a place: whether it falls where it belongs, and into the right jurisdiction or the town."""
    placed = place_points(points, plan)
    home_of_grid = plan.home_of_grid
    grid = points["grid"].to_numpy(object)
    has_grid = np.isin(grid, np.array(plan.codes, dtype=object))
    home = np.where(points["jurisdiction"] != "", points["jurisdiction"], [home_of_grid.get(g, "") for g in grid])
    has_home = np.isin(home, plan.units.jurisdictions.index.to_numpy(object))
    at_home = np.where(has_home, placed["jurisdiction"] == home, placed["jurisdiction"] != "")
    fits = np.where(has_grid, placed["grid"] == grid, at_home)
    table = pd.DataFrame({"fits": fits, "at_home": at_home, "is_declared": has_grid | has_home}, dtype=bool)
    return table[placed["distance_m"].notna().to_numpy()]


def _shift_m(points: gpd.GeoDataFrame, datum: Datum) -> float:
    there = np.asarray(points.geometry.values, dtype=object)
    true: NDArray[np.object_] = np.asarray(convert_datum(points, datum).geometry.values, dtype=object)
    return float(np.nanmedian(shapely.distance(there, true)))
