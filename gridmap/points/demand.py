"""Demand: where the households of a town are taken to live."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput, InvalidPlan
from gridmap.model.plan import Plan
from gridmap.model.town import Town
from gridmap.model.units import Units


@dataclass(frozen=True, eq=False)
class Demand:
    """Places with households, each in a unit and in a grid.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Easting and northing in metres, in the CRS of the units.
    households : ndarray of int64, shape (n,)
        Households of each place, 1 or more.
    unit : ndarray of int64, shape (n,)
        Position of its unit.
    grid_of : ndarray of int32, shape (n,)
        Position of its grid in `codes`, −1 where it has none.
    is_rough : ndarray of bool, shape (n,)
        True where no building is known and all households of the unit are taken to be at one inner point of it.
    codes : tuple of str
        Codes of all grids of the plan, those without households too.
    jurisdictions : tuple of str
        Code of the jurisdiction of each of these grids.
    crs : CRS
        Of the units.

    Raises
    ------
    InvalidInput
        If the arrays are not of one length, a coordinate is not finite, or a place has no households.
    """

    xy: NDArray[np.float64]
    households: NDArray[np.int64]
    unit: NDArray[np.int64]
    grid_of: NDArray[np.int32]
    is_rough: NDArray[np.bool_]
    codes: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    crs: object = None

    def __post_init__(self) -> None:
        n = len(self.households)
        lengths = [len(a) for a in (self.xy, self.unit, self.grid_of, self.is_rough)]
        if self.xy.shape != (n, 2) or lengths != [n] * 4 or len(self.codes) != len(self.jurisdictions):
            raise InvalidInput(
                f"demand needs arrays of one length: {n} households, the others {lengths}",
                f"需求点的各数组长度应一致：户数 {n} 个，其余 {lengths}。",
            )
        if not np.isfinite(self.xy).all() or (self.households < 1).any():
            raise InvalidInput(
                "every place of demand needs finite coordinates and at least one household",
                "每个需求点都需要有效坐标和至少一户。",
            )

    def __len__(self) -> int:
        return len(self.households)

    def within(self, jurisdiction: str) -> Demand:
        """The places in the grids of one jurisdiction."""
        home = np.array([*self.jurisdictions, ""], dtype=object)[self.grid_of]
        kept = home == jurisdiction
        return replace(
            self,
            xy=self.xy[kept],
            households=self.households[kept],
            unit=self.unit[kept],
            grid_of=self.grid_of[kept],
            is_rough=self.is_rough[kept],
        )

    @property
    def total(self) -> int:
        """Households of all places."""
        return int(self.households.sum())

    @property
    def rough_households(self) -> int:
        """Households of which only the unit is known, not the building."""
        return int(self.households[self.is_rough].sum())

    def by_grid(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of a whole-number value of the places (n,) over each grid, (k,); places without a grid are left out."""
        inside = self.grid_of >= 0
        sums = np.zeros(len(self.codes), dtype=np.int64)
        np.add.at(sums, self.grid_of[inside], values[inside])
        return sums


def demand_of(town: Town, plan: Plan) -> Demand:
    """Where the households of each unit are taken to be.

    The households of a unit are spread over the buildings that lie in it, by footprint area (evenly where they are
    points), in whole households. A unit without a building has all of them at one inner point, and says so
    (``is_rough``). Units without households, and households that are not known, give no place.

    Parameters
    ----------
    town : Town
        Its context layer ``buildings`` is used where it has one; what a column ``kind`` calls a factory holds nobody.
    plan : Plan
        A plan of the town's units.

    Raises
    ------
    InvalidPlan
        If the plan is one of other units.
    """
    units = town.units
    if plan.units is not units and plan.units.ids != units.ids:
        raise InvalidPlan("the plan is one of other units than the town's", "方案的单元与该镇的单元不一致。")
    unit, spot, area = _buildings_in_units(units, _dwellings(town.context.get("buildings")))
    bare = np.setdiff1d(np.arange(len(units)), unit)
    inner = shapely.get_coordinates(shapely.point_on_surface(units.polygons[bare])).reshape(-1, 2)
    of = np.concatenate([unit, bare])
    households = _spread(units.households, of, np.concatenate([area, np.ones(len(bare))]))
    is_rough = np.concatenate([np.zeros(len(unit), dtype=np.bool_), np.ones(len(bare), dtype=np.bool_)])
    kept = np.flatnonzero(households > 0)
    kept = kept[np.argsort(of[kept], kind="stable")]
    return Demand(
        np.concatenate([spot, inner])[kept],
        households[kept],
        of[kept],
        plan.grid_of[of[kept]],
        is_rough[kept],
        plan.codes,
        tuple(str(j) for j in plan.jurisdiction_of_grid),
        units.frame.crs,
    )


def _dwellings(buildings: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if buildings is None or "kind" not in buildings:
        return buildings
    return buildings[buildings["kind"] != "factory"]


def _buildings_in_units(
    units: Units, layer: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Of every building that lies in a unit: the unit, a point in the building, its footprint in m² (1 for points)."""
    shapes = np.asarray([] if layer is None else layer.geometry.values, dtype=object)
    parts = shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    parts = parts[np.isin(shapely.get_type_id(parts), (0, 3))]
    spots = shapely.point_on_surface(parts)
    building, unit = shapely.STRtree(units.polygons).query(spots, predicate="intersects")
    # a point on the border of two units belongs to the first of them
    _, first = np.unique(building, return_index=True)
    building, unit = building[first], unit[first]
    area = shapely.area(parts[building])
    return unit.astype(np.int64), shapely.get_coordinates(spots[building]).reshape(-1, 2), np.where(area > 0, area, 1.0)


def _spread(households: NDArray[np.int64], unit: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole households for each building: shares by weight, what is left over to the largest remainders."""
    whole = np.zeros(len(households))
    np.add.at(whole, unit, weight)
    share = households[unit] * weight / whole[unit]
    given = np.floor(share).astype(np.int64)
    left = households.copy()
    np.subtract.at(left, unit, given)
    order = np.lexsort((np.arange(len(unit)), given - share, unit))
    starts = np.searchsorted(unit[order], unit[order], side="left")
    rank = np.arange(len(unit)) - starts
    given[order] += rank < left[unit[order]]
    return given
