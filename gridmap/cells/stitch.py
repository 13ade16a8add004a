"""Vertices of one polygon that lie on the border of another become vertices of both."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.measure.border import equal_borders
from gridmap.measure.segments import outline_segments

#: Borders of two jurisdictions that are nearer than this are one border.
STITCH_M = 1e-4


def stitched(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """The polygons with T-junctions mended: vertices within 0.1 mm become one, and are inserted on both sides.

    Cells are made one jurisdiction at a time; where two jurisdictions meet, each side has nodes that
    the other lacks. Adjacency by equal vertices needs them on both.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        Polygons or multipolygons in metres.
    """
    segments = outline_segments(polygons)
    _, alone = equal_borders(segments)
    loose = segments.take(alone)
    if len(np.unique(loose.owner)) < 2:
        return polygons
    points = np.unique(np.concatenate([loose.start, loose.end]), axis=0)
    target = points[_representative(points)]

    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    xy = _moved(xy, points, target)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    lines = np.asarray(shapely.linestrings(np.stack([xy[joined], xy[joined + 1]], axis=1)), dtype=object)
    target = np.unique(target, axis=0)
    vertex, line = shapely.STRtree(lines).query(shapely.points(target), predicate="dwithin", distance=STITCH_M)
    begin, end = xy[joined[line]], xy[joined[line] + 1]
    is_end = (target[vertex] == begin).all(axis=1) | (target[vertex] == end).all(axis=1)
    vertex, line, begin, end = vertex[~is_end], line[~is_end], begin[~is_end], end[~is_end]
    way = end - begin
    share = ((target[vertex] - begin) * way).sum(axis=1) / (way**2).sum(axis=1)
    within = (share > 0) & (share < 1)
    vertex, line, share = vertex[within], line[within], share[within]

    place = np.concatenate([np.arange(len(xy), dtype=np.float64), joined[line] + share])
    order = np.argsort(place, kind="stable")
    all_xy = np.concatenate([xy, target[vertex]])[order]
    all_ring = np.concatenate([ring, ring[joined[line]]])[order]
    repeated = np.zeros(len(all_xy), dtype=np.bool_)
    repeated[1:] = (all_xy[1:] == all_xy[:-1]).all(axis=1) & (all_ring[1:] == all_ring[:-1])
    new_rings = np.asarray(shapely.linearrings(all_xy[~repeated], indices=all_ring[~repeated]), dtype=object)
    new_parts = np.asarray(shapely.polygons(new_rings, indices=part_of_ring), dtype=object)
    is_single = shapely.get_type_id(polygons) == 3
    shapes = polygons.copy()
    shapes[is_single] = new_parts[is_single[owner]]
    if not is_single.all():
        many = ~is_single[owner]
        _, number = np.unique(owner[many], return_inverse=True)
        shapes[~is_single] = shapely.multipolygons(new_parts[many], indices=number)
    return np.where(shapely.is_valid(shapes), shapes, polygons)


def _representative(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each point the first point of the cluster of points within STITCH_M that it is in, (p,)."""
    pairs = cKDTree(points).query_pairs(STITCH_M, output_type="ndarray")
    n = len(points)
    matrix = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, cluster = connected_components(matrix.tocsr(), directed=False)
    _, first, inverse = np.unique(cluster, return_index=True, return_inverse=True)
    return first[inverse]


def _moved(xy: NDArray[np.float64], points: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates with each of `points` replaced by its target."""
    changed = (points != target).any(axis=1)
    if not changed.any():
        return xy
    distance, at = cKDTree(points[changed]).query(xy)
    moved = xy.copy()
    moved[distance == 0] = target[changed][at[distance == 0]]
    return moved
