"""The pieces of border that units share: by equal vertices, by overlap of collinear segments, by overlap of areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.segments import Segments, vertex_numbers
from gridmap.measure.totals import row_lengths, sum_by

#: Two segments closer than this are on one line in exact arithmetic; only rounding keeps them apart.
EXACT_M = 1e-6


@dataclass(frozen=True, eq=False)
class Borders:
    """Straight pieces of border between two units each.

    Attributes
    ----------
    start, end : ndarray of float64, shape (p, 2)
        Coordinates in metres.
    pair : ndarray of int64, shape (p, 2)
        The two units, the smaller position first.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    pair: NDArray[np.int64]

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each piece in metres, (p,)."""
        return row_lengths(self.end - self.start)


def joined(borders: Sequence[Borders]) -> Borders:
    """The pieces of several tables of borders in one."""
    return Borders(
        np.concatenate([b.start for b in borders]),
        np.concatenate([b.end for b in borders]),
        np.concatenate([b.pair for b in borders]),
    )


def equal_borders(segments: Segments) -> tuple[Borders, NDArray[np.bool_]]:
    """Borders of units that have the same two vertices, and which segments found no partner.

    On a valid coverage these are all borders; time is that of two sorts.

    Parameters
    ----------
    segments : Segments
        Outlines of all units, (s,).

    Returns
    -------
    borders : Borders
    alone : ndarray of bool, shape (s,)
        Segments of which no other unit has an equal one.
    """
    numbers, n = vertex_numbers(np.concatenate([segments.start, segments.end]))
    first, second = numbers[: len(segments)], numbers[len(segments) :]
    key = np.minimum(first, second) * n + np.maximum(first, second)
    order = np.lexsort((segments.owner, key))
    key, owner = key[order], segments.owner[order]
    alone = np.ones(len(segments), dtype=np.bool_)
    found: list[Borders] = []
    step = 1
    while True:  # the second pass and later ones only matter where units overlap
        left = np.flatnonzero(key[step:] == key[:-step])
        if len(left) == 0:
            break
        left = left[owner[left] != owner[left + step]]
        at, to = order[left], order[left + step]
        alone[at] = alone[to] = False
        pair = np.stack([owner[left], owner[left + step]], axis=1)
        found.append(Borders(segments.start[at], segments.end[at], pair))
        step += 1
    nothing = Borders(np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2), dtype=np.int64))
    return joined([nothing, *found]), alone


def collinear_borders(segments: Segments, snap_m: float) -> tuple[Borders, NDArray[np.float64]]:
    """Borders along segments that lie on one line without having the same vertices (T-junctions).

    Of two segments the longer one gives the line; the shorter is projected on it. The overlap counts
    where both its ends lie within `snap_m` of the line. An overlap not longer than `snap_m` counts
    only where the distance is nil: otherwise corners that miss each other by a hair would be borders.

    Parameters
    ----------
    segments : Segments
        Segments without an equal partner, (s,).
    snap_m : float
        Greatest distance across, in metres.

    Returns
    -------
    borders : Borders
    covered_m : ndarray of float64, shape (s,)
        Length of each segment that was found to be a border.
    """
    lines = segments.lines
    left, right = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=max(snap_m, EXACT_M))
    keep = (left < right) & (segments.owner[left] != segments.owner[right])
    left, right = left[keep], right[keep]
    length_m = segments.length_m
    swap = length_m[left] < length_m[right]
    longer, shorter = np.where(swap, right, left), np.where(swap, left, right)

    origin = segments.start[longer]
    along = (segments.end[longer] - origin) / length_m[longer, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    begin, finish = segments.start[shorter] - origin, segments.end[shorter] - origin
    t0, t1 = (begin * along).sum(axis=1), (finish * along).sum(axis=1)
    d0, d1 = (begin * across).sum(axis=1), (finish * across).sum(axis=1)

    low = np.maximum(np.minimum(t0, t1), 0.0)
    high = np.minimum(np.maximum(t0, t1), length_m[longer])
    span = np.where(t1 == t0, np.inf, t1 - t0)
    off_low = np.abs(d0 + (low - t0) / span * (d1 - d0))
    off_high = np.abs(d0 + (high - t0) / span * (d1 - d0))
    off = np.maximum(off_low, off_high)
    overlap = high - low
    is_border = (overlap > EXACT_M) & ((off <= EXACT_M) | ((off <= snap_m) & (overlap > snap_m)))

    longer, shorter, overlap = longer[is_border], shorter[is_border], overlap[is_border]
    base, way = origin[is_border], along[is_border]
    pair = np.sort(np.stack([segments.owner[longer], segments.owner[shorter]], axis=1), axis=1)
    borders = Borders(base + low[is_border, None] * way, base + high[is_border, None] * way, pair)
    covered = sum_by(longer, overlap, len(segments)) + sum_by(shorter, overlap, len(segments))
    return borders, covered


def overlap_borders(polygons: NDArray[np.object_], segments: Segments, snap_m: float) -> Borders:
    """Borders of units that overlap: the outline of one inside the other.

    Such units are no coverage and have no common border in the strict sense. Both units' outlines
    inside the other are measured, and the longer of the two counts.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        All units.
    segments : Segments
        Segments that are not known to be a border, (s,).
    snap_m : float
        Pieces not longer than this are left out, in metres.
    """
    lines = segments.lines
    at, unit = shapely.STRtree(polygons).query(lines)
    other = segments.owner[at] != unit
    at, unit = at[other], unit[other]
    shapely.prepare(polygons[np.unique(unit)])
    is_inside = shapely.contains(polygons[unit], lines[at]) | shapely.crosses(polygons[unit], lines[at])
    at, unit = at[is_inside], unit[is_inside]
    inside, of = shapely.get_parts(shapely.intersection(lines[at], polygons[unit]), return_index=True)
    long = shapely.length(inside) > snap_m
    inside, of = inside[long], of[long]
    ends = shapely.get_coordinates(inside).reshape(-1, 2, 2)
    owner, host = segments.owner[at[of]], unit[of]
    n = len(polygons)
    way, inverse = np.unique(owner * n + host, return_inverse=True)
    total = sum_by(inverse, shapely.length(inside), len(way))
    back = np.searchsorted(way, way % n * n + way // n)
    back = np.minimum(back, max(len(way) - 1, 0))
    has_back = way[back] == way % n * n + way // n
    wins = ~has_back | (total > total[back]) | ((total == total[back]) & (way // n < way % n))
    keep = wins[inverse]
    pair = np.sort(np.stack([owner, host], axis=1)[keep], axis=1)
    return Borders(ends[keep, 0], ends[keep, 1], pair)


def edge_sums(
    pair: NDArray[np.int64], n: int, *values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Distinct pairs (m, 2) in ascending order, and the sum of each value (p,) over them, (m,).

    Parameters
    ----------
    pair : ndarray of int64, shape (p, 2)
    n : int
        Number of units.
    """
    key, inverse = np.unique(pair[:, 0] * n + pair[:, 1], return_inverse=True)
    edges = np.stack([key // max(n, 1), key % max(n, 1)], axis=1)
    return edges, [sum_by(inverse, v, len(key)) for v in values]
