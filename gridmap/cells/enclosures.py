"""Barriers cut a jurisdiction into enclosures; small and thin ones join a neighbour."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.cells.arrangement import dissolved, face_borders, faces_of

#: The ends of barriers are led on by this length, for those drawn a hair too short to meet what they lead to.
_EXTENSION_M = 1.0


@dataclass(frozen=True)
class EnclosureLimits:
    """When an enclosure is too small to be divided from its neighbours.

    Attributes
    ----------
    empty_area_m2 : float
        An enclosure without a building below this area joins a neighbour. Our decision: 2,000 m²,
        a traffic island or a verge, hardly a park.
    empty_width_m : float
        So does one into which no circle of this diameter fits. Our decision: 40 m, the strip
        between two carriageways, a verge, a canal; a cell of its own shape would only spoil the
        shape of a grid.
    width_m : float
        Even one with a building joins a neighbour if no circle of this diameter fits. Our decision:
        3 m, a strip that two drawings of one line leave between them.
    """

    empty_area_m2: float = 2_000.0
    empty_width_m: float = 40.0
    width_m: float = 3.0


def barrier_lines(barriers: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Barriers as single lines: polygons by their outline, open ends led on by 1 m."""
    if barriers is None or barriers.empty:
        return np.empty(0, dtype=object)
    parts = shapely.get_parts(np.asarray(barriers.geometry.values, dtype=object))
    dimension = shapely.get_dimensions(parts)
    outlines = shapely.get_parts(shapely.boundary(parts[dimension == 2]))
    lines = np.concatenate([parts[dimension == 1], outlines])
    lines = lines[shapely.length(lines) > 0]
    return np.concatenate([lines, _extensions(lines[~shapely.is_closed(lines)])])


def enclosures_of(
    area: shapely.Geometry, lines: NDArray[np.object_], sites: NDArray[np.object_], limits: EnclosureLimits
) -> NDArray[np.object_]:
    """The parts into which barriers cut a jurisdiction, small and thin ones joined to a neighbour.

    An enclosure that is too small joins the one that it shares the longest border with; smallest first.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        The jurisdiction, in metres.
    lines : ndarray of object
        Barrier lines, in metres; they may reach beyond the jurisdiction and end anywhere.
    sites : ndarray of object, shape (b,)
        A point of each building.
    limits : EnclosureLimits
    """
    if len(lines):
        near = shapely.STRtree(lines).query(area, predicate="intersects")
        lines = shapely.intersection(lines[np.sort(near)], shapely.buffer(area, 2 * _EXTENSION_M))
        lines = shapely.get_parts(lines)
        lines = lines[shapely.get_dimensions(lines) == 1]
    faces = faces_of(area, lines)
    is_empty = np.ones(len(faces), dtype=np.bool_)
    is_empty[shapely.STRtree(faces).query(sites, predicate="intersects")[1]] = False
    label = _joined_small(faces, is_empty, limits)
    return dissolved(faces, label, int(label.max(initial=-1)) + 1)


def _extensions(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    tip = [shapely.get_coordinates(shapely.get_point(lines, i)) for i in (0, -1)]
    before = [shapely.get_coordinates(shapely.get_point(lines, i)) for i in (1, -2)]
    start, inner = np.concatenate(tip), np.concatenate(before)
    way = start - inner
    length_m = np.hypot(way[:, 0], way[:, 1])
    real = length_m > 0
    end = start[real] + _EXTENSION_M * way[real] / length_m[real, None]
    return np.asarray(shapely.linestrings(np.stack([start[real], end], axis=1)), dtype=object)


def _joined_small(
    faces: NDArray[np.object_], is_empty: NDArray[np.bool_], limits: EnclosureLimits
) -> NDArray[np.int64]:
    """Label of the enclosure that each face ends up in, 0 … without gaps."""
    edges, length_m = face_borders(faces)
    borders: list[dict[int, float]] = [{} for _ in faces]
    for (a, b), length in zip(edges.tolist(), length_m.tolist(), strict=True):
        borders[a][b] = borders[b][a] = length
    shapes = list(faces)
    empty = is_empty.tolist()
    home = np.arange(len(faces))
    waiting = [i for i in range(len(faces)) if borders[i] and _is_small(shapes[i], limits, is_empty=empty[i])]
    while waiting:
        waiting.sort(key=lambda i: -shapely.area(shapes[i]))
        small = waiting.pop()
        into = max(borders[small], key=lambda j: (borders[small][j], -j))
        home[home == small] = into
        shapes[into] = shapely.coverage_union_all([shapes[into], shapes[small]])
        empty[into] = empty[into] and empty[small]
        for other, length in borders[small].items():
            del borders[other][small]
            if other != into:
                borders[into][other] = borders[other][into] = borders[into].get(other, 0.0) + length
        if into in waiting:
            waiting.remove(into)
        if borders[into] and _is_small(shapes[into], limits, is_empty=empty[into]):
            waiting.append(into)
    return np.unique(home, return_inverse=True)[1].astype(np.int64)


def _is_small(shape: shapely.Geometry, limits: EnclosureLimits, *, is_empty: bool) -> bool:
    if is_empty and shapely.area(shape) < limits.empty_area_m2:
        return True
    width_m = limits.empty_width_m if is_empty else limits.width_m
    return bool(shapely.is_empty(shapely.buffer(shape, -width_m / 2)))
