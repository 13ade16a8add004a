"""Which part of a border lies along a barrier, and which connecting line crosses one."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.measure.border import Borders
from gridmap.measure.segments import Segments, line_segments
from gridmap.measure.totals import row_lengths, sum_by

#: Borders are judged in pieces not longer than this, in metres.
PIECE_M = 20.0
#: A piece runs along a barrier when the angle between them is at most 45°.
_COS_ALONG = float(np.cos(np.pi / 4))


@dataclass(frozen=True, eq=False)
class BarrierIndex:
    """Barriers made ready for many questions.

    Attributes
    ----------
    segments : Segments
        Straight segments of all lines and of the outlines of all areas; the owner is the barrier.
        Rows with the same ``kind`` and ``name`` are one barrier, so that a road cut into sections counts as one.
    tree : shapely.STRtree
        Over these segments.
    areas : ndarray of object, shape (a,)
        The barriers that are polygons.
    area_tree : shapely.STRtree
        Over these polygons.
    """

    segments: Segments
    tree: shapely.STRtree
    areas: NDArray[np.object_]
    area_tree: shapely.STRtree


def index_barriers(barriers: gpd.GeoDataFrame) -> BarrierIndex:
    """Prepare barriers: lines as they are, polygons by their outline and their inside.

    Parameters
    ----------
    barriers : geopandas.GeoDataFrame
        Lines and polygons in metres; columns ``kind`` and ``name`` are used where present.
    """
    names = pd.DataFrame({c: barriers[c].astype(str) if c in barriers else "" for c in ("kind", "name")})
    row_barrier = names.groupby(["kind", "name"], sort=False).ngroup().to_numpy(np.int64)
    parts, row = shapely.get_parts(np.asarray(barriers.geometry.values, dtype=object), return_index=True)
    dimension = shapely.get_dimensions(parts)
    areas = parts[dimension == 2]
    outlines = np.concatenate([parts[dimension == 1], shapely.boundary(areas)])
    owners = row_barrier[np.concatenate([row[dimension == 1], row[dimension == 2]])]
    segments = line_segments(outlines)
    segments = Segments(segments.start, segments.end, owners[segments.owner])
    shapely.prepare(areas)
    return BarrierIndex(segments, shapely.STRtree(segments.lines), areas, shapely.STRtree(areas))


def barrier_lengths(borders: Borders, index: BarrierIndex, tolerance_m: float) -> NDArray[np.float64]:
    """Length of each border piece that lies along a barrier, in metres, (p,).

    Borders are cut into pieces of at most 20 m. A piece counts when its two ends and its middle lie
    within `tolerance_m` of one barrier, which at the middle runs in the piece's direction (at most
    45° off); or when all three lie inside one barrier area.

    Parameters
    ----------
    borders : Borders
    index : BarrierIndex
    tolerance_m : float
        In metres: digitised borders do not lie exactly on the centre line of a road.
    """
    lines = Segments(borders.start, borders.end, np.arange(len(borders.start))).lines
    near = np.unique(
        np.concatenate(
            [
                index.tree.query(lines, predicate="dwithin", distance=tolerance_m)[0],
                index.area_tree.query(lines)[0],
            ]
        )
    )
    start, end, piece_of = _cut(borders.start[near], borders.end[near])
    counts = _along_line(start, end, index, tolerance_m) | _inside_area(start, end, index)
    length_m = row_lengths(end - start)
    return sum_by(near[piece_of[counts]], length_m[counts], len(borders.start))


def crosses_barrier(start: NDArray[np.float64], end: NDArray[np.float64], index: BarrierIndex) -> NDArray[np.bool_]:
    """Whether each straight line from `start` (p, 2) to `end` (p, 2) meets a barrier, (p,)."""
    lines = Segments(start, end, np.arange(len(start))).lines
    crosses = np.zeros(len(start), dtype=np.bool_)
    crosses[index.tree.query(lines, predicate="intersects")[0]] = True
    crosses[index.area_tree.query(lines, predicate="intersects")[0]] = True
    return crosses


def _cut(
    start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Equal pieces of at most PIECE_M, and the position that each comes from."""
    n_pieces = np.maximum(np.ceil(row_lengths(end - start) / PIECE_M), 1).astype(np.int64)
    of = np.repeat(np.arange(len(start)), n_pieces)
    place = np.arange(len(of)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    step = (end - start)[of] / n_pieces[of, None]
    return start[of] + place[:, None] * step, start[of] + (place + 1)[:, None] * step, of


def _along_line(
    start: NDArray[np.float64], end: NDArray[np.float64], index: BarrierIndex, tolerance_m: float
) -> NDArray[np.bool_]:
    barrier = index.segments
    n_barriers = int(barrier.owner.max(initial=0)) + 1

    def near(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        piece, segment = index.tree.query(shapely.points(points), predicate="dwithin", distance=tolerance_m)
        return piece, segment

    piece, segment = near((start + end) / 2)
    way, road = (end - start)[piece], (barrier.end - barrier.start)[segment]
    cosine = np.abs((way * road).sum(axis=1)) / (row_lengths(way) * row_lengths(road))
    parallel = cosine >= _COS_ALONG
    key = piece[parallel] * n_barriers + barrier.owner[segment[parallel]]
    for points in (start, end):
        piece, segment = near(points)
        key = np.intersect1d(key, piece * n_barriers + barrier.owner[segment])
    counts = np.zeros(len(start), dtype=np.bool_)
    counts[key // n_barriers] = True
    return counts


def _inside_area(start: NDArray[np.float64], end: NDArray[np.float64], index: BarrierIndex) -> NDArray[np.bool_]:
    middle = (start + end) / 2
    piece, area = index.area_tree.query(shapely.points(middle))
    counts = np.zeros(len(start), dtype=np.bool_)
    inside = np.ones(len(piece), dtype=np.bool_)
    for points in (start, middle, end):
        x, y = points[piece].T
        inside &= shapely.intersects_xy(index.areas[area], x, y)
    counts[piece[inside]] = True
    return counts
