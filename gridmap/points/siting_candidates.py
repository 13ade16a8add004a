"""Candidates by rule: where a town may build its next grid points."""

from __future__ import annotations

from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.model.plan import Plan
from gridmap.model.registers.points import PARTY_POINTS
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.points.demand import Demand, demand_of
from gridmap.points.place import place_points
from gridmap.points.status import is_open, status_on
from gridmap.points.two_in_one import DISTANCE_M, find_two_in_one

#: Why a place is a candidate.
CANDIDATE_RULES: Final[dict[str, Text]] = {
    "party_point": Text("现有党建服务点（站），尚无网格点", "Party service point or station without a grid point"),
    "member_home": Text("党员家", "home offered by a Party member"),
    "planned": Text("规划中的网格点", "planned grid point"),
    "suggested": Text("建议位置：网格内居民最居中的楼栋", "suggested: the most central building of the grid"),
}
#: Columns of :func:`candidates_by_rule`, in order; the index holds the ids.
CANDIDATE_COLUMNS: Final = (
    "candidate_id",
    "name",
    "name_en",
    "grid",
    "jurisdiction",
    "rule",
    "makes_two_in_one",
    "is_private_home",
    "capacity",
    "geometry",
)
#: What a coordinate in metres loses to rounding.
_ROUNDING_M: Final = 1e-6


def candidates_by_rule(
    town: Town, plan: Plan, points: gpd.GeoDataFrame, *, day: date, demand: Demand | None = None
) -> gpd.GeoDataFrame:
    """Where the next grid points may be built.

    ``party_point``: Party service points and stations in use at whose place no grid point is in use; they make two in
    one. ``member_home`` and ``planned``: grid points on record as planned, in a private home (which only villages use)
    or not. ``suggested``: in each grid without a grid point in use the building from which the walks of the grid's
    households are shortest in all. Whatever lies in no grid is left out.

    Parameters
    ----------
    town : Town
    plan : Plan
        Of the town's units.
    points : geopandas.GeoDataFrame
        Records of the register ``point``, in the CRS of the units.
    day : datetime.date
    demand : Demand, optional
        Where the households are; :func:`gridmap.points.demand.demand_of` where it is not given.

    Returns
    -------
    geopandas.GeoDataFrame
        Index and ``candidate_id``: the id of the point, or ``suggested-`` and the grid; the other
        :data:`CANDIDATE_COLUMNS`. ``rule`` is a key of :data:`CANDIDATE_RULES`. ``name`` and ``name_en`` never tell
        where a private home is or whose: the grid stands there instead; but the geometry is the home's, so files for
        sharing must leave it out where ``is_private_home``.

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, or a place is no point.
    InvalidPlan
        If the plan is one of other units.
    """
    demand = demand_of(town, plan) if demand is None else demand
    own = _recorded(plan, points, day)
    open_grid_points = points[(points["kind"] == "grid_point") & is_open(points, day)]
    served = set(place_points(open_grid_points, plan)["grid"])
    table = pd.concat([own, _suggested(demand, [c not in served for c in plan.codes])], ignore_index=True)
    candidates = gpd.GeoDataFrame(table, geometry="geometry", crs=plan.units.frame.crs)
    candidates["makes_two_in_one"] |= _beside_party_point(candidates, plan, points, day)
    candidates.index = pd.Index(candidates["candidate_id"], dtype=object, name="candidate")
    return candidates.sort_index()


def _recorded(plan: Plan, points: gpd.GeoDataFrame, day: date) -> pd.DataFrame:
    place = place_points(points, plan)
    status = status_on(points, day)
    paired = set(find_two_in_one(points, plan, day=day).pairs["partner_id"])
    is_party = points["kind"].isin(PARTY_POINTS) & (status == "in_use") & ~points["point_id"].isin(paired)
    is_planned = (points["kind"] == "grid_point") & (status == "planned")
    is_home = points["is_private_home"].to_numpy(np.bool_)
    kind = plan.units.jurisdictions["kind"].reindex(place["jurisdiction"]).to_numpy(object)
    is_planned &= ~is_home | (kind == "village")
    kept = ((is_party | is_planned) & (place["grid"] != "")).to_numpy(np.bool_)
    rule = np.where(is_party, "party_point", np.where(is_home, "member_home", "planned"))[kept].astype(object)
    chosen, home, grid = points[kept], is_home[kept], place.loc[kept, "grid"].to_numpy(object)
    name = chosen["name"].to_numpy(object)
    return _table(
        chosen["point_id"].to_numpy(object),
        np.where(home, _around("网格 ", grid, " 党员家"), name),
        np.where(home, _around("a member's home in grid ", grid), name),
        grid,
        place.loc[kept, "jurisdiction"].to_numpy(object),
        rule,
        home,
        np.asarray(chosen.geometry.values, dtype=object),
        chosen["capacity"].astype("Int64").array,
    )


def _suggested(demand: Demand, is_wanted: list[bool]) -> pd.DataFrame:
    """The most central place of each grid that wants one and has households."""
    order = np.argsort(demand.grid_of, kind="stable")
    starts = np.searchsorted(demand.grid_of[order], np.arange(len(demand.codes) + 1))
    found = [
        (k, _most_central(demand, order[starts[k] : starts[k + 1]]))
        for k, wanted in enumerate(is_wanted)
        if wanted and starts[k] < starts[k + 1]
    ]
    labels = np.array([k for k, _ in found], dtype=np.int64)
    places = np.array([p for _, p in found], dtype=np.int64)
    codes = np.asarray(np.array(demand.codes, dtype=object)[labels], dtype=object)
    return _table(
        _around("suggested-", codes),
        _around("网格 ", codes, " 居中楼栋"),
        _around("the central building of grid ", codes),
        codes,
        np.array(demand.jurisdictions, dtype=object)[labels],
        np.full(len(labels), "suggested", dtype=object),
        np.zeros(len(labels), dtype=np.bool_),
        np.asarray(shapely.points(demand.xy[places]), dtype=object),
        pd.array([pd.NA] * len(labels), dtype="Int64"),
    )


def _around(before: str, codes: NDArray[np.object_], after: str = "") -> NDArray[np.object_]:
    return np.array([f"{before}{code}{after}" for code in codes], dtype=object)


def _most_central(demand: Demand, places: NDArray[np.int64]) -> int:
    """The place to which all households of the places walk least, in a straight line."""
    x, y = demand.xy[places].T
    metres = np.hypot(x[:, None] - x, y[:, None] - y) @ demand.households[places]
    return int(places[metres.argmin()])


def _beside_party_point(
    candidates: gpd.GeoDataFrame, plan: Plan, points: gpd.GeoDataFrame, day: date
) -> NDArray[np.bool_]:
    """Whether a Party point in use stands within the distance of two in one, inside the same grid, (m,)."""
    party = points[points["kind"].isin(PARTY_POINTS) & is_open(points, day)]
    grid = place_points(party, plan)["grid"].to_numpy(object)
    mine, theirs = shapely.STRtree(np.asarray(party.geometry.values, dtype=object)).query(
        np.asarray(candidates.geometry.values, dtype=object), predicate="dwithin", distance=DISTANCE_M + _ROUNDING_M
    )
    is_same = candidates["grid"].to_numpy(object)[mine] == grid[theirs]
    return np.isin(np.arange(len(candidates)), mine[is_same])


def _table(
    key: NDArray[np.object_],
    name: NDArray[np.object_],
    name_en: NDArray[np.object_],
    grid: NDArray[np.object_],
    jurisdiction: NDArray[np.object_],
    rule: NDArray[np.object_],
    is_home: NDArray[np.bool_],
    geometry: NDArray[np.object_],
    capacity: pd.api.extensions.ExtensionArray,
) -> pd.DataFrame:
    columns = (key, name, name_en, grid, jurisdiction, rule, rule == "party_point", is_home, capacity, geometry)
    # Series of a stated type: left to itself, pandas makes other text columns of empty and of full ones
    typed = {
        c: pd.Series(v, dtype=object if c in _TEXTS else None) for c, v in zip(CANDIDATE_COLUMNS, columns, strict=True)
    }
    return pd.DataFrame(typed)


_TEXTS: Final = ("candidate_id", "name", "name_en", "grid", "jurisdiction", "rule", "geometry")
