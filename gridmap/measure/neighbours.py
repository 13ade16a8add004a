"""Which polygons are neighbours, as a matrix."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse


def near_neighbours(polygons: NDArray[np.object_], near_m: float = 0.0) -> sparse.csr_array:
    """Who is whose neighbour: 1.0 where two polygons are at most `near_m` apart, (k, k), symmetric, the diagonal empty.

    With 0 they must touch, in a point at least ("queen" contiguity).

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon, shape (k,)
        In a CRS in metres.
    near_m : float
        So wide a road or river may lie between neighbours, metres.
    """
    one, other = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=near_m)
    pairs = np.stack([one, other])[:, one < other]  # one half, then mirrored: symmetric whatever rounding does
    rows, columns = np.concatenate([pairs, pairs[::-1]], axis=1)
    size = (len(polygons), len(polygons))
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=size)
