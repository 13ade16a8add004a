"""Outlines of polygons as arrays of straight segments: what every border formula works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.totals import row_lengths

#: Vertices are equal when they agree after rounding to this many parts of a metre (1e-6 m).
VERTICES_PER_METRE = 1e6


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight segments with their owners.

    Attributes
    ----------
    start, end : ndarray of float64, shape (s, 2)
        Coordinates in metres.
    owner : ndarray of int64, shape (s,)
        Position of the geometry that each segment belongs to.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    owner: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each segment in metres, (s,)."""
        return row_lengths(self.end - self.start)

    @property
    def lines(self) -> NDArray[np.object_]:
        """The segments as shapely lines, (s,)."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Segments:
        """The segments at a mask or at positions."""
        return Segments(self.start[which], self.end[which], self.owner[which])


def outline_segments(polygons: NDArray[np.object_]) -> Segments:
    """Segments of all rings of polygons and multipolygons, directed so that the inside lies on the left.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        Valid polygons or multipolygons in metres.
    """
    parts, owner_of_part = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return _exploded(rings, owner_of_part[part_of_ring])


def line_segments(lines: NDArray[np.object_]) -> Segments:
    """Segments of lines and multilines, in the direction of their coordinates.

    Parameters
    ----------
    lines : ndarray of object, shape (n,)
        LineStrings or MultiLineStrings in metres.
    """
    parts, owner = shapely.get_parts(lines, return_index=True)
    return _exploded(parts, owner)


def vertex_numbers(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """A number for each point (p, 2), the same for points that agree to 1e-6 m, and how many there are."""
    whole = np.rint(points * VERTICES_PER_METRE).astype(np.int64)
    order = np.lexsort((whole[:, 1], whole[:, 0]))
    ordered = whole[order]
    is_new = np.ones(len(ordered), dtype=np.int64)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    numbers = np.empty(len(points), dtype=np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    return numbers, int(is_new.sum())


def _exploded(lines: NDArray[np.object_], owner: NDArray[np.int64]) -> Segments:
    points, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    start, end = points[joined], points[joined + 1]
    real = (start != end).any(axis=1)
    return Segments(start[real], end[real], owner[line[joined[real]]].astype(np.int64))
