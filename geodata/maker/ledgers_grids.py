"""The grids of the default plan, what stands in each, and which lie beside one another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.cells import build_town
from gridmap.data.survey import read_survey
from gridmap.flow import plan_town
from gridmap.model.rules import load_rules

#: Places stand farther than this from the border of their grid where they can, in metres.
INSIDE_M: Final = 5.5


class Site(NamedTuple):
    """A building where a point may be: its middle (metres, EPSG:4549), its address, and whether it is public."""

    x: float
    y: float
    address: str
    is_public: bool


@dataclass(frozen=True)
class Grid:
    """A grid: its code, that of its jurisdiction, the jurisdiction's name, households, and sites well inside."""

    code: str
    jurisdiction: str
    name: str
    is_village: bool
    households: int
    sites: tuple[Site, ...]

    @property
    def number(self) -> int:
        """Its number inside the jurisdiction."""
        return int(self.code[-3:])

    @property
    def short(self) -> str:
        """The jurisdiction's name without its kind: 山新."""
        return self.name.removesuffix("筹建组").removesuffix("居民区").removesuffix("村")


@dataclass(frozen=True)
class Division:
    """All grids by code, for each the codes of its neighbours in the same jurisdiction, and its polygon (EPSG:4549)."""

    grids: dict[str, Grid]
    neighbours: dict[str, list[str]]
    shapes: dict[str, shapely.Geometry]

    def of(self, jurisdiction: str) -> list[Grid]:
        """The grids of a jurisdiction."""
        return [g for g in self.grids.values() if g.jurisdiction == jurisdiction]

    @property
    def jurisdictions(self) -> dict[str, str]:
        """Code → name."""
        return {g.jurisdiction: g.name for g in self.grids.values()}


def divide(package: Path) -> Division:
    """The grids of the default plan of a package: rules shanyang-2020, seed 0."""
    rules = load_rules("shanyang-2020")
    survey, _ = read_survey(package)
    town, _ = build_town(survey, rules)
    frame = plan_town(town, rules, seed=0).result.plan.dissolve().sort_index()
    areas = gpd.read_file(package, layer="jurisdictions").set_index("code")
    sites = _sites(package)
    grids = {}
    for code, row in frame.iterrows():
        area = areas.loc[row["jurisdiction"]]
        found = _inside(row.geometry, sites)
        if not found:  # the mall, the island
            at = shapely.maximum_inscribed_circle(row.geometry, 1.0).coords[0]
            address = f"{area['name']}第{int(str(code)[-3:])}网格"
            found = [Site(round(at[0], 2), round(at[1], 2), address, is_public=False)]
        grids[str(code)] = Grid(
            str(code),
            str(row["jurisdiction"]),
            str(area["name"]),
            area["kind"] == "village",
            int(row["households"]),
            tuple(found),
        )
    shapes = {str(code): shape for code, shape in frame.geometry.items()}
    return Division(grids, _neighbours(frame), shapes)


def _sites(package: Path) -> pd.DataFrame:
    """Where points may be: columns shape, address, is_public."""
    buildings = gpd.read_file(package, layer="buildings")
    public = buildings["building_kind"] == "public"
    town = pd.DataFrame(
        {
            "shape": buildings.geometry.to_numpy(),
            "address": (buildings["compound"] + buildings["name"]).to_numpy(),
            "is_public": public.to_numpy(),
        }
    )
    groups = gpd.read_file(package, layer="villager_groups").set_index("unit_id")["name"]
    houses = gpd.read_file(package, layer="village_houses")
    houses = houses[houses["kind"] == "house"].explode(ignore_index=True)
    numbers = houses.groupby("group").cumcount() + 1
    names = houses["group"].map(groups)
    country = pd.DataFrame(
        {
            "shape": houses.geometry.to_numpy(),
            "address": [f"{name}{n}号" for name, n in zip(names, numbers, strict=True)],
            "is_public": False,
        }
    )
    return pd.concat([town, country], ignore_index=True)


def _inside(shape: shapely.Geometry, sites: pd.DataFrame) -> list[Site]:
    middles = shapely.centroid(sites["shape"].to_numpy())
    within = shapely.buffer(shape, -INSIDE_M)
    shapely.prepare(within)
    chosen = np.flatnonzero(shapely.contains(within, middles))
    xy = np.round(shapely.get_coordinates(middles[chosen]), 2)
    told = sites.iloc[chosen]
    return [
        Site(float(x), float(y), str(address), bool(public))
        for (x, y), address, public in zip(xy, told["address"], told["is_public"], strict=True)
    ]


def _neighbours(frame: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Grids of one jurisdiction that share a border line."""
    shapes, codes, mine = frame.geometry.to_numpy(), list(frame.index), frame["jurisdiction"].to_numpy()
    near: dict[str, list[str]] = {str(c): [] for c in codes}
    for a, b in zip(*shapely.STRtree(shapes).query(shapes, predicate="intersects"), strict=True):
        if a != b and mine[a] == mine[b] and shapely.length(shapely.intersection(shapes[a], shapes[b])) > 1.0:
            near[str(codes[a])].append(str(codes[b]))
    return {code: sorted(others) for code, others in near.items()}
