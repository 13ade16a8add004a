"""Lines cut each other and close to faces: the step that all cells are made with."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.border import edge_sums, equal_borders
from gridmap.measure.segments import outline_segments

#: Lines are drawn this much beyond where they should end, so that rounding cannot leave a gap; what
#: sticks out bounds no face and vanishes.
OVERSHOOT_M = 0.01


def faces_of(area: shapely.Geometry, lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """The faces into which lines cut an area; they tile it, with every node a vertex of all faces around it.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        In metres.
    lines : ndarray of object
        LineStrings or MultiLineStrings, in any order; ends that lead nowhere have no effect.
    """
    noded = shapely.union_all(np.concatenate([lines, np.array([shapely.boundary(area)], dtype=object)]))
    faces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(noded))))
    shapely.prepare(area)
    inside = shapely.contains(area, shapely.point_on_surface(faces))
    return np.asarray(faces[inside], dtype=object)


def face_borders(faces: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of faces (m, 2) that share a border, ascending, and its length in metres, (m,)."""
    borders, _ = equal_borders(outline_segments(faces))
    edges, (length_m,) = edge_sums(borders.pair, len(faces), borders.length_m)
    return edges, length_m


def dissolved(faces: NDArray[np.object_], label: NDArray[np.int64], n: int) -> NDArray[np.object_]:
    """The union of the faces of each label 0 … n − 1, (n,); None where a label has no face."""
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(n + 1))
    shapes = np.full(n, None, dtype=object)
    for i in range(n):
        members = faces[order[starts[i] : starts[i + 1]]]
        if len(members) == 1:
            shapes[i] = members[0]
        elif len(members):
            shapes[i] = shapely.coverage_union_all(members)
    return shapes
