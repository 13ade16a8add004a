"""Hues for neighbours: no two that lie beside each other look alike."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray


def hues(shapes: NDArray[np.object_], n_hues: int, near_m: float = 30.0) -> NDArray[np.int64]:
    """A hue 0 … `n_hues` − 1 for each polygon, neighbours apart.

    Welsh–Powell order (most neighbours first), and of the free hues the one used least so far, so that
    all hues appear. Where a polygon has more differing neighbours than hues, it takes the hue that
    fewest of them have.

    Parameters
    ----------
    shapes : ndarray of Polygon, shape (n,)
    near_m : float
        Polygons closer than this many metres count as neighbours (a river or a road lies between).
    """
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="dwithin", distance=near_m)
    neighbours = [b[(a == i) & (b != i)] for i in range(len(shapes))]
    chosen = np.full(len(shapes), -1, dtype=np.int64)
    used = np.zeros(n_hues, dtype=np.int64)
    for i in sorted(range(len(shapes)), key=lambda i: (-len(neighbours[i]), i)):
        around = chosen[neighbours[i]]
        clashes = np.bincount(around[around >= 0], minlength=n_hues)
        chosen[i] = min(range(n_hues), key=lambda h: (clashes[h], used[h], h))
        used[chosen[i]] += 1
    return chosen
