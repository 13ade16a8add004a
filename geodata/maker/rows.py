"""Rows of houses: rectangles along one direction inside a plot, the way slab housing stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray


class Houses(NamedTuple):
    """Measures of the houses in a row, in metres: length from–to, depth, gap beside, gap to the next row."""

    length: tuple[float, float]
    depth: float
    beside: float
    behind: float


class Frame(NamedTuple):
    """A turned frame: `angle` (radians) from east about `centre`."""

    angle: float
    centre: tuple[float, float]

    def into(self, geometry: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(geometry, lambda p: self._turn(p, -self.angle))

    def back(self, geometry: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(geometry, lambda p: np.round(self._turn(p, self.angle), 2))

    def _turn(self, p: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
        x, y = p[:, 0] - self.centre[0], p[:, 1] - self.centre[1]
        c, s = np.cos(angle), np.sin(angle)
        return np.column_stack([c * x - s * y + self.centre[0], s * x + c * y + self.centre[1]])


def largest(geometry: shapely.Geometry) -> shapely.Polygon:
    """The largest part of a geometry; an empty polygon of none."""
    return max(shapely.get_parts(geometry), key=shapely.area, default=shapely.Polygon())


def frame_of(plot: shapely.Polygon) -> Frame:
    """The frame of a plot: the direction of its least rectangle that comes nearest to east–west."""
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(plot))
    dx, dy = ring[1] - ring[0]
    angle = np.arctan2(dy, dx) % (np.pi / 2)
    angle = angle - np.pi / 2 if angle > np.pi / 4 else angle
    centre = shapely.centroid(plot)
    return Frame(float(angle), (float(centre.x), float(centre.y)))


def stand_rows(
    plot: shapely.Geometry, houses: Houses, keep_out: shapely.Geometry, rng: np.random.Generator
) -> list[shapely.Polygon]:
    """Rectangles in rows along x that lie in `plot` and clear of `keep_out`, both given in the turned frame."""
    if plot.is_empty:
        return []
    south, north = plot.bounds[1], plot.bounds[3]
    n_rows = int((north - south + houses.behind) // (houses.depth + houses.behind))
    if n_rows < 1:
        return []
    spare = (north - south - n_rows * houses.depth) / n_rows
    found: list[shapely.Polygon] = []
    for row in range(n_rows):
        y = south + spare / 2 + row * (houses.depth + spare)
        found += _row(plot, y, houses, rng)
    if not found:
        return []
    boxes = np.array(found, dtype=object)
    good = shapely.covers(plot, boxes) & ~shapely.intersects(keep_out, boxes)
    return list(boxes[good])


def _row(plot: shapely.Geometry, y: float, houses: Houses, rng: np.random.Generator) -> list[shapely.Polygon]:
    west, east = plot.bounds[0] - 1, plot.bounds[2] + 1
    low = shapely.intersection(plot, shapely.LineString([(west, y), (east, y)]))
    high = shapely.intersection(plot, shapely.LineString([(west, y + houses.depth), (east, y + houses.depth)]))
    if low.is_empty or high.is_empty:
        return []
    left, right = max(low.bounds[0], high.bounds[0]) + 0.1, min(low.bounds[2], high.bounds[2]) - 0.1
    lengths: list[float] = []
    used = -houses.beside
    while True:
        length = float(rng.uniform(*houses.length))
        if used + houses.beside + length > right - left:
            break
        lengths.append(length)
        used += houses.beside + length
    if not lengths:
        return []
    gap = houses.beside + min((right - left - used) / max(len(lengths) - 1, 1), houses.beside)
    boxes, x = [], left
    for length in lengths:
        boxes.append(shapely.box(x, y, x + length, y + houses.depth))
        x += length + gap
    return boxes
