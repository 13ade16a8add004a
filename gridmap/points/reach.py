"""Reach: which households have a point within walking distance, and room at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.points.demand import Demand
from gridmap.points.network import Network
from gridmap.points.walking import Walks, find_walks

#: The three words in which a leader reads reach.
REACH_WORDS: Final[dict[str, Text]] = {
    "served": Text("已服务", "Served"),
    "full": Text("服务已满", "Served but full"),
    "out_of_reach": Text("未覆盖", "Out of reach"),
}


@dataclass(frozen=True, eq=False)
class Reach:
    """Whom the points of a town serve.

    Attributes
    ----------
    places : pandas.DataFrame
        One row a place of the demand, in its order: ``households``, ``served``, ``full`` (a point is within reach, but
        all that are have no room left), ``out_of_reach`` (counts of households that add up), ``nearest`` (id of the
        nearest point, however far; "" where none can be walked to), ``nearest_m`` (metres of walking, NaN for none).
    shares : pandas.DataFrame
        Who goes where: ``place`` (position), ``point`` (id), ``households``, ``metres``.
    grids : pandas.DataFrame
        One row a grid (index code): ``jurisdiction``, ``households``, ``served``, ``full``, ``out_of_reach``,
        ``share_served``, ``share_within_reach`` (NaN where no households are known), ``mean_nearest_m`` (metres to the
        nearest point, weighted by households; NaN for none).
    points : pandas.DataFrame
        One row a point (index id): ``name``, ``grid``, ``capacity`` (Int64, <NA> for no limit),
        ``households_within_reach``, ``served``, ``is_full``.
    totals : mapping of str to float or int
        The columns of `grids` for the whole town, places without a grid among them; ``rough_households`` (of which
        only the unit is known).
    walking_m, detour : float
    is_on_roads : bool
        Whether a network was used.
    """

    places: pd.DataFrame
    shares: pd.DataFrame
    grids: pd.DataFrame
    points: pd.DataFrame
    totals: Mapping[str, float | int]
    walking_m: float
    detour: float
    is_on_roads: bool


def reach_points(
    demand: Demand,
    points: gpd.GeoDataFrame,
    *,
    walking_m: float = 500.0,
    detour: float = 1.3,
    network: Network | None = None,
) -> Reach:
    """Whom the points serve within a walking distance, and who finds them full.

    Points with a capacity share their room out in rounds: all households go to the nearest point; a point keeps the
    nearest of them up to its capacity; the others try their next nearest within reach, where they may take the room of
    households that live farther off, which then try their next. The end is the same in whatever order places and
    points are listed (ties go by the points' ids, the units and the coordinates), and nobody is called "full" while
    a point within reach has room. Households of a building may go to different points.

    Parameters
    ----------
    demand : Demand
    points : geopandas.GeoDataFrame
        The open points, index their ids: ``geometry`` (points in the CRS of the demand), and where they are known
        ``capacity`` (households, <NA> for no limit), ``name``, ``grid``.
    walking_m : float
        How far people walk, metres.
    detour : float
        How many times longer a walk is than the straight line.
    network : Network, optional
        Roads to walk along.

    Raises
    ------
    InvalidInput
        If ids repeat, a point has no place or another CRS, a capacity is negative, or `walking_m` or `detour` is out
        of range.
    """
    points = checked_points(points, demand.crs, "points")
    capacity = capacities_of(points)
    walks = find_walks(demand.xy, xy_of(points), walking_m, detour=detour, network=network)
    taken = share_out(demand, walks, capacity)
    served = np.bincount(walks.place, weights=taken, minlength=len(demand)).astype(np.int64)
    has_point = np.zeros(len(demand), dtype=np.bool_)
    has_point[walks.place] = True
    ids = points.index.to_numpy(object)
    places = pd.DataFrame(
        {
            "households": demand.households,
            "served": served,
            "full": np.where(has_point, demand.households - served, 0),
            "out_of_reach": np.where(has_point, 0, demand.households),
            "nearest": np.append(ids, "")[walks.nearest],
            "nearest_m": np.where(np.isfinite(walks.nearest_m), walks.nearest_m, np.nan),
        }
    )
    goes = taken > 0
    shares = pd.DataFrame(
        {
            "place": walks.place[goes],
            "point": ids[walks.point[goes]],
            "households": taken[goes],
            "metres": walks.metres[goes],
        }
    )
    return Reach(
        places,
        shares,
        _by_grid(demand, places),
        _by_point(demand, points, capacity, walks, taken),
        _totals(demand, places),
        walking_m,
        detour,
        network is not None,
    )


def share_out(demand: Demand, walks: Walks, capacity: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many households take each walk, (w,): every point keeps the nearest who come, the others go on.

    Parameters
    ----------
    demand : Demand
    walks : Walks
        Between the places of the demand and the points.
    capacity : ndarray of int64, shape (m,)
        Households that each point can take; −1 for no limit.
    """
    if not len(walks):
        return np.empty(0, dtype=np.int64)
    precedence = np.empty(len(demand), dtype=np.int64)
    precedence[np.lexsort((demand.xy[:, 1], demand.xy[:, 0], demand.unit))] = np.arange(len(demand))
    order = np.lexsort((precedence[walks.place], walks.metres, walks.point))
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    # all that follows is in this order: by point, its nearest first
    place, point = walks.place[order], walks.point[order]
    room = np.where(capacity < 0, demand.total, capacity)[point]
    is_first = np.append(True, walks.place[1:] != walks.place[:-1])
    goes_on = ~np.append(is_first[1:], True)[order]
    onward = position[np.minimum(order + 1, len(order) - 1)]  # the same household's walk to its next nearest point
    offered = np.where(is_first[order], demand.households[place], 0)
    kept = np.zeros_like(offered)
    while True:
        asked = np.flatnonzero(offered)
        coming, at = offered[asked], point[asked]
        ahead = np.cumsum(coming) - coming
        ahead -= ahead[np.searchsorted(at, np.arange(walks.n_points))[at]]
        kept[asked] = np.clip(room[asked] - ahead, 0, coming)
        refusing = asked[goes_on[asked]]
        refused = offered[refusing] - kept[refusing]
        if np.array_equal(refused, offered[onward[refusing]]):
            return kept[position]
        offered[onward[refusing]] = refused


def checked_points(points: gpd.GeoDataFrame, crs: object, what: str) -> gpd.GeoDataFrame:
    """The points in the order of their ids, for results that do not depend on how they are listed.

    Raises
    ------
    InvalidInput
        If ids repeat, a geometry is missing or no point, or the CRS is another one.
    """
    if not points.index.is_unique:
        twice = list(dict.fromkeys(points.index[points.index.duplicated()]))
        raise InvalidInput(
            f"{what}: every row needs an id of its own; repeated: {first_ten(twice)}",
            f"点位编号不能重复：{first_ten_zh(twice)}。",
        )
    if len(points) and points.crs != crs:
        raise InvalidInput(
            f"{what} need the CRS of the units, {crs}; got {points.crs}",
            f"点位的坐标系应与单元一致（{crs}），得到 {points.crs}。",
        )
    shapes = np.asarray(points.geometry.values, dtype=object)
    is_place = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
    if not is_place.all():
        where = list(points.index[~is_place])
        raise InvalidInput(
            f"{what}: every row needs a point as its place; not so in {first_ten(where)}",
            f"每个点位都需要位置（点）；缺少的有：{first_ten_zh(where)}。",
        )
    return points.sort_index()


def xy_of(points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Coordinates of points, (m, 2)."""
    return np.asarray(shapely.get_coordinates(points.geometry.values), dtype=np.float64).reshape(-1, 2)


def capacities_of(points: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Households that each point can take, −1 for no limit, (m,).

    Raises
    ------
    InvalidInput
        If a capacity is negative.
    """
    if "capacity" not in points.columns:
        return np.full(len(points), -1, dtype=np.int64)
    given = points["capacity"].astype("Int64")
    wrong = (given < 0).fillna(value=False).to_numpy(np.bool_)
    if wrong.any():
        raise InvalidInput(
            f"a capacity is a number of households from 0; not so in {first_ten(points.index[wrong])}",
            f"服务户数不能为负：{first_ten_zh(points.index[wrong])}。",
        )
    return np.asarray(given.fillna(-1), dtype=np.int64)


def _by_grid(demand: Demand, places: pd.DataFrame) -> pd.DataFrame:
    counts = {c: demand.by_grid(places[c].to_numpy(np.int64)) for c in _COUNTS}
    metres, weight = np.zeros(len(demand.codes)), np.zeros(len(demand.codes))
    known = (demand.grid_of >= 0) & places["nearest_m"].notna().to_numpy(np.bool_)
    households = demand.households[known].astype(np.float64)
    np.add.at(metres, demand.grid_of[known], places["nearest_m"].to_numpy()[known] * households)
    np.add.at(weight, demand.grid_of[known], households)
    frame = pd.DataFrame(
        {"jurisdiction": np.array(demand.jurisdictions, dtype=object)} | counts,
        index=pd.Index(demand.codes, name="grid_code", dtype=object),
    )
    whole = np.where(frame["households"] > 0, frame["households"], np.nan)
    frame["share_served"] = frame["served"] / whole
    frame["share_within_reach"] = (frame["served"] + frame["full"]) / whole
    frame["mean_nearest_m"] = metres / np.where(weight > 0, weight, np.nan)
    return frame


_COUNTS: Final = ("households", "served", "full", "out_of_reach")


def _by_point(
    demand: Demand, points: gpd.GeoDataFrame, capacity: NDArray[np.int64], walks: Walks, taken: NDArray[np.int64]
) -> pd.DataFrame:
    m = len(points)
    near = np.bincount(walks.point, weights=demand.households[walks.place], minlength=m).astype(np.int64)
    served = np.bincount(walks.point, weights=taken, minlength=m).astype(np.int64)
    blank = pd.Series("", index=points.index, dtype=object)
    return pd.DataFrame(
        {
            "name": points["name"] if "name" in points.columns else blank,
            "grid": points["grid"] if "grid" in points.columns else blank,
            "capacity": pd.array([pd.NA if c < 0 else c for c in capacity.tolist()], dtype="Int64"),
            "households_within_reach": near,
            "served": served,
            "is_full": (capacity >= 0) & (served >= capacity),
        },
        index=points.index,
    )


def _totals(demand: Demand, places: pd.DataFrame) -> dict[str, float | int]:
    totals: dict[str, float | int] = {c: int(places[c].sum()) for c in _COUNTS}
    whole = demand.total or float("nan")
    known = places["nearest_m"].notna()
    weight = float(places.loc[known, "households"].sum()) or float("nan")
    return totals | {
        "share_served": totals["served"] / whole,
        "share_within_reach": (totals["served"] + totals["full"]) / whole,
        "mean_nearest_m": float((places["nearest_m"] * places["households"])[known].sum()) / weight,
        "rough_households": demand.rough_households,
    }
