"""Where units overlap and where they leave gaps: areas in square metres, places in the work CRS."""

from __future__ import annotations

from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.data.faults import Fault, place_text
from gridmap.model.text import Text

#: An overlap or gap narrower than this (metres, 2·area/perimeter) is a sliver of digitising, not a fault.
SLIVER_WIDTH_M: Final = 0.2
#: Overlaps and gaps smaller than this (square metres) are not spoken of at all.
SMALLEST_M2: Final = 0.01
#: At most this many overlaps are listed one by one; the rest are counted.
MOST_ROWS: Final = 200

Geometries = NDArray[np.object_]


class Overlaps(NamedTuple):
    """Pairs of polygons that share area: positions (m,), (m,), area (m,) in m², and the shared geometry."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    shared: Geometries


def find_overlaps(polygons: Geometries) -> Overlaps:
    """Every pair of polygons that share more than :data:`SMALLEST_M2`.

    Parameters
    ----------
    polygons : numpy.ndarray of shapely polygons, (n,)
        Valid, coordinates in metres.
    """
    i, j = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    i, j = i[i < j], j[i < j]
    # Most neighbours only touch; that is quicker to see than to intersect them.
    crossing = ~shapely.touches(polygons[i], polygons[j])
    i, j = i[crossing], j[crossing]
    shared = shapely.intersection(polygons[i], polygons[j])
    area = shapely.area(shared)
    big = area > SMALLEST_M2
    return Overlaps(i[big], j[big], area[big], shared[big])


def is_sliver(geometries: Geometries) -> NDArray[np.bool_]:
    """Whether each polygon is narrower than :data:`SLIVER_WIDTH_M` (2·area/perimeter, the width of a long strip)."""
    return 2.0 * shapely.area(geometries) < SLIVER_WIDTH_M * np.maximum(shapely.length(geometries), 1e-9)


def overlap_faults(units: gpd.GeoDataFrame, layer: str) -> list[Fault]:
    """Overlapping units as rows; slivers are summed up in one note."""
    found = find_overlaps(np.asarray(units.geometry.values, dtype=object))
    thin = is_sliver(found.shared)
    faults = []
    order = np.argsort(-found.area_m2[~thin], kind="stable")
    real = np.flatnonzero(~thin)[order]
    places = shapely.get_coordinates(shapely.point_on_surface(found.shared)) if len(found.shared) else np.empty((0, 2))
    for k in real[:MOST_ROWS]:
        a, b, area = units.index[found.first[k]], units.index[found.second[k]], found.area_m2[k]
        what = Text(f"单元 {a} 与 {b} 重叠 {area:,.1f} 平方米。", f"units {a} and {b} overlap by {area:,.1f} m²")
        faults.append(Fault(layer, f"{a} {b}", "overlap", place_text(*places[k]), what, "kept", "error"))
    rest = real[MOST_ROWS:]
    if len(rest):
        area = float(found.area_m2[rest].sum())
        what = Text(
            f"另有 {len(rest)} 对单元重叠，共 {area:,.1f} 平方米。",
            f"{len(rest)} more pairs of units overlap, by {area:,.1f} m² together",
        )
        faults.append(Fault(layer, "", "overlap", "", what, "kept", "error"))
    if thin.any():
        area = float(found.area_m2[thin].sum())
        what = Text(
            f"{int(thin.sum())} 处细缝状重叠（窄于 {SLIVER_WIDTH_M} 米），共 {area:,.2f} 平方米，不作错误处理。",
            f"{int(thin.sum())} sliver overlaps (narrower than {SLIVER_WIDTH_M} m), {area:,.2f} m² together: no fault",
        )
        faults.append(Fault(layer, "", "sliver", "", what, "kept", "note"))
    return faults


def gap_faults(units: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame, layer: str) -> list[Fault]:
    """Parts of a jurisdiction that no unit covers: one row a jurisdiction, with the place of its largest gap.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        Polygons with column ``jurisdiction``.
    jurisdictions : geopandas.GeoDataFrame
        Index code. Holes inside them count as gaps unless another jurisdiction's units fill them.
    """
    faults = []
    polygons = np.asarray(units.geometry.values, dtype=object)
    tree = shapely.STRtree(polygons)
    with_units = set(units["jurisdiction"])
    for code, area_of in zip(jurisdictions.index, _filled(jurisdictions), strict=True):
        if code not in with_units:
            continue
        near = tree.query(area_of, predicate="intersects")
        left = shapely.difference(area_of, shapely.union_all(polygons[near]))
        parts = shapely.get_parts(left)
        parts = parts[(shapely.area(parts) > SMALLEST_M2) & ~is_sliver(parts)]
        if not len(parts):
            continue
        sizes = shapely.area(parts)
        largest = shapely.point_on_surface(parts[int(np.argmax(sizes))])
        share = float(sizes.sum() / area_of.area)
        what = Text(
            f"辖区 {code} 有 {len(parts)} 处空白未被单元覆盖，共 {sizes.sum():,.1f} 平方米（占 {share:.1%}），"
            f"最大一处 {sizes.max():,.1f} 平方米。",
            f"no unit covers {sizes.sum():,.1f} m² of jurisdiction {code} ({share:.1%}, places: {len(parts)}, "
            f"the largest {sizes.max():,.1f} m²)",
        )
        faults.append(Fault(layer, str(code), "gap", place_text(largest.x, largest.y), what, "kept", "warning"))
    return faults


def _filled(jurisdictions: gpd.GeoDataFrame) -> Geometries:
    """Jurisdictions with the holes that no other jurisdiction lies in closed."""
    polygons = np.asarray(jurisdictions.geometry.values, dtype=object)
    tree = shapely.STRtree(polygons)
    out = polygons.copy()
    for i, polygon in enumerate(polygons):
        parts = shapely.get_parts(polygon)
        if not shapely.get_num_interior_rings(parts).any():
            continue
        closed = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
        inside = [p for p in tree.query(closed, predicate="intersects") if p != i]
        out[i] = shapely.difference(closed, shapely.union_all(polygons[inside])) if inside else closed
    return out
