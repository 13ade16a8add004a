"""Vertices of one polygon that lie on the border of another become vertices of both."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.measure.border import equal_borders
from gridmap.measure.segments import Segments
from gridmap.measure.totals import row_lengths

#: Borders of two jurisdictions that are nearer than this are one border.
STITCH_M = 1e-4


def stitched(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """The polygons with T-junctions mended: vertices within 0.1 mm become one, and are inserted on both sides.

    Cells are made one jurisdiction at a time; where two jurisdictions meet, each side has nodes that
    the other lacks or computed with another last digit. A coverage needs them equal on both sides.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        Polygons or multipolygons in metres. One that the change would make invalid stays as it is.
    """
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points, at = np.unique(xy, axis=0, return_inverse=True)
    xy = points[_representative(points)[at.reshape(-1)]]
    joined = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    segments = Segments(xy[joined], xy[joined + 1], owner[part_of_ring[ring[joined]]].astype(np.int64))
    _, alone = equal_borders(segments)
    loose = segments.take(alone)
    xy, ring = _inserted(xy, ring, np.unique(np.concatenate([loose.start, loose.end]), axis=0))

    new_rings = np.asarray(shapely.linearrings(xy, indices=ring), dtype=object)
    new_parts = np.asarray(shapely.polygons(new_rings, indices=part_of_ring), dtype=object)
    shapes = polygons.copy()
    single = shapely.get_type_id(polygons) == 3
    shapes[single] = new_parts[single[owner]]
    if not single.all():
        many = ~single[owner]
        shapes[~single] = shapely.multipolygons(new_parts[many], indices=np.unique(owner[many], return_inverse=True)[1])
    for i in np.flatnonzero(~shapely.is_valid(shapes)):
        mended = _without_spikes(shapes[i])
        shapes[i] = mended if shapely.is_valid(mended) else polygons[i]
    return shapes


def _without_spikes(shape: shapely.Geometry) -> shapely.Geometry:
    """The shape without places where its outline runs out and back on the same line: a face of no width lay there."""
    parts = []
    for part in shapely.get_parts(shape):
        shell, *holes = (_ring_without_spikes(shapely.get_coordinates(r)) for r in shapely.get_rings(part))
        parts.append(shapely.Polygon(shell, [h for h in holes if len(h) > 3]))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _ring_without_spikes(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    open_ring = ring[:-1]
    while len(open_ring) > 3:
        tips = (np.roll(open_ring, 1, axis=0) == np.roll(open_ring, -1, axis=0)).all(axis=1)
        if not tips.any():
            break
        tip = int(np.flatnonzero(tips)[0])
        # the tip goes, and one of the two equal vertices beside it
        open_ring = np.delete(open_ring, [tip, (tip + 1) % len(open_ring)], axis=0)
    return np.concatenate([open_ring, open_ring[:1]])


def _representative(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each point the first point of the cluster of points within STITCH_M that it is in, (p,)."""
    n = len(points)
    pairs = cKDTree(points).query_pairs(STITCH_M, output_type="ndarray")
    matrix = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, cluster = connected_components(matrix.tocsr(), directed=False)
    _, first, inverse = np.unique(cluster, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def _inserted(
    xy: NDArray[np.float64], ring: NDArray[np.int64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rings with those of `points` inserted that lie on one of their segments, and without repeated vertices."""
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    lines = np.asarray(shapely.linestrings(np.stack([xy[joined], xy[joined + 1]], axis=1)), dtype=object)
    point, line = shapely.STRtree(lines).query(shapely.points(points), predicate="dwithin", distance=STITCH_M)
    begin, end, vertex = xy[joined[line]], xy[joined[line] + 1], points[point]
    way = end - begin
    squared = (way**2).sum(axis=1)
    share = ((vertex - begin) * way).sum(axis=1) / np.where(squared > 0, squared, 1.0)
    new = np.minimum(row_lengths(vertex - begin), row_lengths(vertex - end)) > STITCH_M
    place = np.concatenate([np.arange(len(xy), dtype=np.float64), joined[line[new]] + share[new]])
    order = np.argsort(place, kind="stable")
    all_xy = np.concatenate([xy, vertex[new]])[order]
    all_ring = np.concatenate([ring, ring[joined[line[new]]]])[order]
    repeated = np.zeros(len(all_xy), dtype=np.bool_)
    repeated[1:] = (all_xy[1:] == all_xy[:-1]).all(axis=1) & (all_ring[1:] == all_ring[:-1])
    return all_xy[~repeated], all_ring[~repeated]
