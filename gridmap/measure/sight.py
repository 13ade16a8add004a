"""Lines of sight from the outline of a unit to the next unit across a gap."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.border import Borders
from gridmap.measure.segments import Segments

#: Rays that are followed at a time; bounds the memory, not the result.
_BATCH = 50_000


def facing_lines(segments: Segments, bridge_m: float, snap_m: float) -> tuple[Borders, NDArray[np.float64]]:
    """Lines that lead from the free outline of one unit straight to the next unit, and the outline each stands for.

    From points along the free segments (a tenth of `bridge_m` apart, 0.5 to 2 m) a ray goes out at a
    right angle. The first unit that it meets within `bridge_m` is the one that is faced: a third unit
    that lies between stops the ray, and so does a part of the same unit.

    Parameters
    ----------
    segments : Segments
        Outlines that are no border, the inside on the left, (s,).
    bridge_m, snap_m : float
        Length of the rays, and how far inside they begin, in metres.

    Returns
    -------
    lines : Borders
        From the point to what it meets; ``pair`` is (unit that looks, unit that is met), unsorted.
    weight_m : ndarray of float64
        Length of outline that each line stands for, in metres.
    """
    spacing = float(np.clip(bridge_m / 10, 0.5, 2.0))
    length_m = segments.length_m
    n_rays = np.maximum(np.ceil(length_m / spacing), 1).astype(np.int64)
    of = np.repeat(np.arange(len(segments)), n_rays)
    place = np.arange(len(of)) - np.repeat(np.cumsum(n_rays) - n_rays, n_rays)
    along = (segments.end - segments.start) / length_m[:, None]
    outward = np.stack([along[:, 1], -along[:, 0]], axis=1)
    share = (place + 0.5) / n_rays[of]
    point = segments.start[of] + share[:, None] * (segments.end - segments.start)[of]
    begin = point - 2 * snap_m * outward[of]
    finish = point + bridge_m * outward[of]
    tree = shapely.STRtree(segments.lines)
    batches = [
        _first_hits(segments, tree, begin[i : i + _BATCH], finish[i : i + _BATCH], of[i : i + _BATCH])
        for i in range(0, len(of), _BATCH)
    ]
    hit = np.concatenate([np.empty(0, dtype=np.int64), *(h for h, _ in batches)])
    share_of_ray = np.concatenate([np.empty(0), *(t for _, t in batches)])
    seen = np.flatnonzero(hit >= 0)
    seen = seen[segments.owner[hit[seen]] != segments.owner[of[seen]]]
    end = begin[seen] + share_of_ray[seen, None] * (finish - begin)[seen]
    pair = np.stack([segments.owner[of[seen]], segments.owner[hit[seen]]], axis=1)
    return Borders(point[seen], end, pair), (length_m / n_rays)[of[seen]]


def _first_hits(
    segments: Segments,
    tree: shapely.STRtree,
    begin: NDArray[np.float64],
    finish: NDArray[np.float64],
    source: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The first segment that each ray meets (−1: none) and the share of the ray at which it does."""
    rays = shapely.linestrings(np.stack([begin, finish], axis=1))
    ray, segment = tree.query(rays)
    other = source[ray] != segment
    ray, segment = ray[other], segment[other]
    d = (finish - begin)[ray]
    e = (segments.end - segments.start)[segment]
    w = segments.start[segment] - begin[ray]
    determinant = d[:, 0] * e[:, 1] - d[:, 1] * e[:, 0]
    crossing = determinant != 0
    safe = np.where(crossing, determinant, 1.0)
    t = (w[:, 0] * e[:, 1] - w[:, 1] * e[:, 0]) / safe
    u = (w[:, 0] * d[:, 1] - w[:, 1] * d[:, 0]) / safe
    meets = crossing & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    ray, segment, t = ray[meets], segment[meets], t[meets]
    order = np.lexsort((segments.owner[segment], t, ray))
    first = order[np.unique(ray[order], return_index=True)[1]]
    hit = np.full(len(begin), -1, dtype=np.int64)
    share = np.zeros(len(begin))
    hit[ray[first]], share[ray[first]] = segment[first], t[first]
    return hit, share
