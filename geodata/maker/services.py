"""Premises: shops on the streets, schools, clinics, markets, enterprises, one mall."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .countryside import Countryside
from .estates import Estates
from .ground import CRS, Ground
from .names import AREAS, ENTERPRISES, FORENAMES, SHOPS, TOWN_CODE

#: Shops nearer than this to a street, in metres, face it.
STREET_M = 32.0


def place_premises(
    ground: Ground,
    estates: Estates,
    buildings: gpd.GeoDataFrame,
    country: Countryside,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Columns ``premises_id``, ``name``, ``kind``, ``geometry``: points, the mall a polygon."""
    rows = [(str(p["name"]), str(p["kind"]), p["geometry"]) for p in estates.premises]
    rows += _on_streets(ground, buildings, rng)
    for point in country.works:
        rows.append((f"{_brand(rng)}{rng.choice(ENTERPRISES)}有限公司", "enterprise", point))
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=["name", "kind", "geometry"]), geometry="geometry", crs=CRS)
    frame.insert(0, "premises_id", [f"{TOWN_CODE}P{i:04d}" for i in range(1, len(frame) + 1)])
    return frame


def _brand(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(FORENAMES), 2, replace=False))


def _on_streets(
    ground: Ground, buildings: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[tuple[str, str, shapely.Geometry]]:
    streets = ground.ways[ground.ways["road_class"] == 3]
    near = shapely.union_all(streets.geometry.values).buffer(STREET_M)
    shapely.prepare(near)
    rows: list[tuple[str, str, shapely.Geometry]] = []
    for area in AREAS:
        mine = buildings[(buildings["jurisdiction"] == TOWN_CODE + area.suffix) & (buildings["households"] > 0)]
        facing = mine[shapely.intersects(near, mine.geometry.values)]
        n = min(len(facing), max(3, area.households // 160))
        for at in sorted(rng.permutation(len(facing))[:n]):
            point = shapely.point_on_surface(facing.geometry.values[at])
            rows.append((f"{_brand(rng)}{rng.choice(SHOPS)}", "shop", point))
        spots = mine.geometry.values[rng.permutation(len(mine))[:2]]
        rows.append((f"{area.name}社区卫生站", "clinic", shapely.point_on_surface(spots[0])))
        if area.households > 2000:
            rows.append((f"{area.name}菜市场", "market", shapely.point_on_surface(spots[1])))
    return rows
