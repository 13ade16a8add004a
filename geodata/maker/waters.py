"""Water: rivers, canals, the bay."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .ground import CRS, Ground
from .rural_town import EAST, SOUTH, WEST

#: How far the bay is drawn beyond the town, in metres: to either side, and out to sea.
BAY_SIDE_M, BAY_OUT_M = 700.0, 1750.0


def build_water(ground: Ground, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns ``name``, ``kind`` (sea, river, canal, ditch), ``geometry``; no two overlap."""
    land = shapely.coverage_union_all(areas.geometry.values)
    ways = ground.ways[ground.ways["kind"] == "water"]
    rows = []
    done = shapely.Polygon()
    for (name, width), part in sorted(ways.groupby(["name", "width_m"]), key=lambda item: -item[0][1]):
        band = shapely.union_all(shapely.buffer(part.geometry.values, width / 2, quad_segs=4))
        band = shapely.simplify(band.intersection(land).difference(done), 0.3)
        done = done.union(band)
        kind = "river" if width > 20 else "canal" if width > 6 else "ditch"
        rows.append((name, kind, shapely.set_precision(band, 0.01)))
    rows.insert(0, ("杭州湾", "sea", _bay(ground, land)))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["name", "kind", "geometry"]), geometry="geometry", crs=CRS)


def _bay(ground: Ground, land: shapely.Geometry) -> shapely.Geometry:
    west, east, inland = WEST - BAY_SIDE_M, EAST + BAY_SIDE_M, SOUTH + 400.0
    coast = [(WEST, SOUTH), (WEST, inland), (EAST, inland), (EAST, SOUTH)]
    shore = ground.warp(shapely.LineString(coast))
    # Beyond the town the shore runs on, and the sea ends on straight lines: only the edge of the picture.
    frame = ground.warp.points(
        np.array([(east, SOUTH), (east, SOUTH - BAY_OUT_M), (west, SOUTH - BAY_OUT_M), (west, SOUTH)])
    )
    sheet = shapely.Polygon([*shapely.get_coordinates(shore), *frame])
    return shapely.set_precision(sheet.difference(land), 0.01)
