"""Where two buildings are equally near: the ridges between them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from gridmap.cells.arrangement import OVERSHOOT_M

#: Four points so far away that all ridges of the real ones are finite where they are wanted.
_FAR = np.array([[-20.0, 0.3], [20.0, -0.3], [0.3, 20.0], [-0.3, -20.0]])


def ridges_between(
    points: NDArray[np.float64], owner: NDArray[np.int64], area: shapely.Geometry, simplify_m: float
) -> NDArray[np.object_]:
    """The Voronoi ridges between points of different owners inside an area, as lines.

    G. Voronoi (1908), as computed by Qhull: C. B. Barber, D. P. Dobkin and H. Huhdanpaa (1996),
    "The Quickhull Algorithm for Convex Hulls", ACM Trans. Math. Softw. 22(4).

    Parameters
    ----------
    points : ndarray of float64, shape (p, 2)
        Different points, in metres.
    owner : ndarray of int64, shape (p,)
        The building of each.
    area : Polygon or MultiPolygon
        Ridges end a centimetre outside of it.
    simplify_m : float
        Ridges between points along walls zigzag; they may be moved by this much to be simpler
        (D. H. Douglas and T. K. Peucker, 1973). 0 leaves them as they are.
    """
    if len(np.unique(owner)) < 2:
        return np.empty(0, dtype=object)
    west, south, east, north = shapely.bounds(area)
    centre = np.array([(west + east) / 2, (south + north) / 2])
    reach = max(east - west, north - south, float(np.ptp(points, axis=0).max()))
    # coordinates of millions of metres would cost Qhull half of its digits
    diagram = Voronoi(np.concatenate([points - centre, reach * _FAR]))
    sides = diagram.ridge_points
    between = (sides < len(points)).all(axis=1)
    between[between] = owner[sides[between, 0]] != owner[sides[between, 1]]
    ends = np.array(diagram.ridge_vertices, dtype=np.int64)[between]
    ends = ends[(ends >= 0).all(axis=1)]
    lines = shapely.linestrings(diagram.vertices[ends] + centre)
    lines = lines[shapely.length(lines) > 0]
    if simplify_m > 0:
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
        lines = shapely.simplify(merged, simplify_m)
    wide = shapely.buffer(area, OVERSHOOT_M, join_style="mitre")
    shapely.prepare(wide)
    outside = ~shapely.contains_properly(wide, lines)
    clipped = shapely.get_parts(shapely.intersection(lines[outside], wide))
    clipped = clipped[shapely.get_dimensions(clipped) == 1]
    return np.concatenate([lines[~outside], clipped])
