"""Which jurisdiction each building belongs to."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.cells import notes
from gridmap.model.text import Text

#: A building at most this far outside the jurisdiction that it is recorded in belongs to it
#: nevertheless. Our decision: the usual error of an address point or of a hand-drawn border.
RECORD_REACH_M = 50.0
#: How far inside the border such a building is then put.
_INSIDE_M = 1.0


def placed(
    buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.object_], list[Text]]:
    """The jurisdiction of each building, and its geometry inside of it.

    A building belongs to the jurisdiction in its column ``jurisdiction`` if it lies there or at most
    50 m away; otherwise to the one that holds the largest part of it.

    Parameters
    ----------
    buildings : geopandas.GeoDataFrame
        Points or footprints; index building id.
    jurisdictions : geopandas.GeoDataFrame
        Index code.

    Returns
    -------
    home : ndarray of int64, shape (b,)
        Position of the jurisdiction, −1 where there is none.
    shapes : ndarray of object, shape (b,)
        The geometry; the part inside where it reaches beyond.
    notes : list of Text
    """
    shapes = np.asarray(buildings.geometry.values, dtype=object).copy()
    areas = np.asarray(jurisdictions.geometry.values, dtype=object)
    located = _located(shapes, areas)
    recorded = np.full(len(shapes), -1, dtype=np.int64)
    if "jurisdiction" in buildings:
        recorded = jurisdictions.index.get_indexer(buildings["jurisdiction"]).astype(np.int64)
    known = np.flatnonzero(recorded >= 0)
    near = known[shapely.dwithin(shapes[known], areas[recorded[known]], RECORD_REACH_M)]
    home = located.copy()
    home[near] = recorded[near]

    inside = np.flatnonzero(home >= 0)
    inside = inside[~shapely.covers(areas[home[inside]], shapes[inside])]
    clipped = _polygonal(shapely.intersection(shapes[inside], areas[home[inside]]))
    cut, lost = inside[~shapely.is_empty(clipped)], inside[shapely.is_empty(clipped)]
    shapes[cut] = clipped[~shapely.is_empty(clipped)]
    shapes[lost] = [_nearest_inside(s, a) for s, a in zip(shapes[lost], areas[home[lost]], strict=True)]

    ids = np.asarray(buildings.index.astype(str), dtype=object)
    said = []
    for make, which in (
        (notes.over_the_edge, cut),
        (notes.moved_in, lost),
        (notes.other_jurisdiction, np.flatnonzero((recorded >= 0) & (home >= 0) & (home != recorded))),
    ):
        if len(which):
            said.append(make(list(ids[which])))
    gone = home < 0
    if gone.any():
        said.append(notes.outside(list(ids[gone]), int(_households(buildings)[gone].sum())))
    return home, shapes, said


def _households(buildings: gpd.GeoDataFrame) -> NDArray[np.int64]:
    if "households" not in buildings:
        return np.zeros(len(buildings), dtype=np.int64)
    return np.asarray(buildings["households"], dtype=np.int64)


def _located(shapes: NDArray[np.object_], areas: NDArray[np.object_]) -> NDArray[np.int64]:
    at, area = shapely.STRtree(areas).query(shapes, predicate="intersects")
    home = np.full(len(shapes), -1, dtype=np.int64)
    if len(at) == 0:
        return home
    times = np.bincount(at, minlength=len(shapes))[at]
    weight = np.ones(len(at))
    shared = times > 1
    weight[shared] = shapely.area(shapely.intersection(shapes[at[shared]], areas[area[shared]]))
    order = np.lexsort((area, -weight, at))
    first = order[np.unique(at[order], return_index=True)[1]]
    home[at[first]] = area[first]
    return home


def _polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Points as they are, of areas only what has an area."""
    mixed = shapely.get_type_id(shapes) == 7
    shapes = shapes.copy()
    shapes[mixed] = [_largest_dimension(np.asarray(shapely.get_parts(s), dtype=object)) for s in shapes[mixed]]
    return shapes


def _largest_dimension(parts: NDArray[np.object_]) -> shapely.Geometry:
    dimension = shapely.get_dimensions(parts)
    return shapely.union_all(parts[dimension == dimension.max()])


def _nearest_inside(shape: shapely.Geometry, area: shapely.Geometry) -> shapely.Geometry:
    room = shapely.buffer(area, -_INSIDE_M)
    line = shapely.shortest_line(room if not shapely.is_empty(room) else area, shape)
    return shapely.get_point(line, 0)
