"""From the sheet to the ground: one noded arrangement of all borders, so that every coverage fits exactly."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from .names import AREAS, TOWN_CODE, VILLAGES
from .plan import Sheet, Way
from .rural_town import CAPE_Y, CORE_Y, EAST, EXPRESSWAY_X, HIGHWAY_X, NORTH_Y, ROAD_Y, WEST
from .warp import Warp

CRS = "EPSG:4549"


@dataclass(frozen=True)
class Ground:
    """The plan on the ground, in `CRS`.

    Attributes
    ----------
    plots : geopandas.GeoDataFrame
        Columns ``jurisdiction``, ``use``, ``geometry``: a valid coverage, in the order of the sheet.
    ways : geopandas.GeoDataFrame
        Columns ``kind``, ``name``, ``road_class``, ``width_m``, ``geometry``.
    warp : Warp
    """

    plots: gpd.GeoDataFrame
    ways: gpd.GeoDataFrame
    warp: Warp


def bend(sheet: Sheet) -> Ground:
    """Node all borders on the plan, bend them, and build plots and ways from the same bent edges."""
    line = shapely.LineString
    straight = shapely.union_all(
        [
            shapely.box(WEST, -3300, EXPRESSWAY_X, CORE_Y),
            line([(WEST, CORE_Y), (EAST, CORE_Y)]),
            line([(WEST, ROAD_Y), (EXPRESSWAY_X, ROAD_Y)]),
            line([(HIGHWAY_X, CORE_Y), (HIGHWAY_X, NORTH_Y)]),
            line([(EXPRESSWAY_X, CORE_Y), (EXPRESSWAY_X, NORTH_Y)]),
            line([(EXPRESSWAY_X, CAPE_Y), (EAST, CAPE_Y)]),
            line([(EXPRESSWAY_X, -3300), (EAST, -3300)]),
        ]
    )
    warp = Warp(straight)
    edges = _edges(sheet)
    bent = np.array([warp(edge) for edge in edges], dtype=object)
    faces = np.array(shapely.get_parts(shapely.polygonize(bent)), dtype=object)
    return Ground(_plots(sheet, warp, faces), _ways(sheet, edges, bent, warp), warp)


def _edges(sheet: Sheet) -> np.ndarray:
    rings = [shapely.boundary(plot.polygon) for plot in sheet.plots]
    noded = shapely.union_all(rings, grid_size=0.01)
    parts = shapely.get_parts(shapely.line_merge(noded))
    return np.array(parts, dtype=object)


def _plots(sheet: Sheet, warp: Warp, faces: np.ndarray) -> gpd.GeoDataFrame:
    # A point well inside each plot, bent, finds the face that the plot has become.
    inside = [warp(shapely.maximum_inscribed_circle(p.polygon, tolerance=5.0)) for p in sheet.plots]
    points = [shapely.Point(circle.coords[0]) for circle in inside]
    tree = shapely.STRtree(faces)
    which, face = tree.query(points, predicate="within")
    if len(which) != len(sheet.plots) or len(set(face)) != len(faces):
        raise RuntimeError(f"{len(sheet.plots)} plots met {len(set(face))} of {len(faces)} faces, {len(which)} times")
    order = np.empty(len(points), dtype=int)
    order[which] = face
    return gpd.GeoDataFrame(
        {"jurisdiction": [p.jurisdiction for p in sheet.plots], "use": [p.use for p in sheet.plots]},
        geometry=faces[order],
        crs=CRS,
    )


def _ways(sheet: Sheet, edges: np.ndarray, bent: np.ndarray, warp: Warp) -> gpd.GeoDataFrame:
    tree = shapely.STRtree(edges)
    lines = [_along(way, edges, bent, tree, warp) for way in sheet.ways]
    return gpd.GeoDataFrame(
        {
            "kind": [w.kind for w in sheet.ways],
            "name": [w.name for w in sheet.ways],
            "road_class": [w.road_class for w in sheet.ways],
            "width_m": [w.width_m for w in sheet.ways],
        },
        geometry=lines,
        crs=CRS,
    )


def _along(way: Way, edges: np.ndarray, bent: np.ndarray, tree: shapely.STRtree, warp: Warp) -> shapely.Geometry:
    """The way as the very edges of the borders it runs along; where it runs along none, bent by itself."""
    near = way.line.buffer(0.1)
    found = np.sort(tree.query(near, predicate="covers"))
    lines = list(bent[found])
    rest = way.line.difference(shapely.union_all(edges[found]).buffer(0.1)) if len(found) else way.line
    if rest.length > 1.0:
        lines.append(warp(rest))
    return shapely.line_merge(shapely.union_all(lines))


def jurisdictions(plots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The 33 jurisdictions as unions of their plots: columns ``code``, ``name``, ``kind``."""
    rows = [(TOWN_CODE + v.suffix, f"{v.name}村", "village") for v in VILLAGES]
    for area in AREAS:
        end = "居民区" if area.kind == "residential_area" else "居民区筹建组"
        rows.append((TOWN_CODE + area.suffix, area.name + end, area.kind))
    rows.sort()
    shapes = [
        shapely.coverage_union_all(plots.geometry.values[(plots["jurisdiction"] == code).to_numpy()])
        for code, _, _ in rows
    ]
    columns = dict(zip(("code", "name", "kind"), zip(*rows, strict=True), strict=True))
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
