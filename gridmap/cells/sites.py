"""Buildings made ready for tessellation: coincident and overlapping ones become one site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

#: Buildings whose points are nearer than this are one site. Our decision: no two houses are.
COINCIDENT_M = 0.5
#: Footprints of which the smaller lies in the larger by more than this share are one site; below it
#: the overlap is a slip of the drawing and goes to the earlier of the two. Our decision.
OVERLAP_SHARE = 0.2
#: Overlaps below this area are only rounding.
SLIP_M2 = 0.01
#: Walls are stepped along at this distance …
STEP_M = 2.0
#: … this much inside of them, so that houses wall to wall are told apart.
INSET_M = 0.3


@dataclass(frozen=True, eq=False)
class Sites:
    """What a cell is drawn around.

    Attributes
    ----------
    of_building : ndarray of int64, shape (b,)
        Site of each building; sites are numbered by their first building.
    footprints : ndarray of object, shape (f,)
        All footprints.
    site_of_footprint : ndarray of int64, shape (f,)
    points : ndarray of float64, shape (p, 2)
        Points that stand for the sites: the points themselves, or steps along the walls.
    site_of_point : ndarray of int64, shape (p,)
    trimmed : ndarray of int64, shape (t,)
        Buildings that lose a strip to an earlier one whose outline they overlap a little.
    """

    of_building: NDArray[np.int64]
    footprints: NDArray[np.object_]
    site_of_footprint: NDArray[np.int64]
    points: NDArray[np.float64]
    site_of_point: NDArray[np.int64]
    trimmed: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Number of sites."""
        return int(self.of_building.max(initial=-1)) + 1


def sites_of(buildings: NDArray[np.object_]) -> Sites:
    """Sites of buildings.

    Parameters
    ----------
    buildings : ndarray of object, shape (b,)
        Points, multipoints, polygons or multipolygons in metres, valid and not empty.
    """
    is_area = shapely.get_dimensions(buildings) == 2
    areas = np.flatnonzero(is_area)
    dots = np.flatnonzero(~is_area)
    dot_xy = shapely.get_coordinates(shapely.centroid(buildings[dots]))
    overlapping, trimmed = _overlapping(buildings, areas)
    same = np.concatenate([_coincident(dots, dot_xy), overlapping, _housed(buildings, areas, dots)])
    matrix = coo_array((np.ones(len(same), dtype=np.int8), (same[:, 0], same[:, 1])), shape=(len(buildings),) * 2)
    _, group = connected_components(matrix.tocsr(), directed=False)
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    site = np.argsort(np.argsort(first))[inverse].astype(np.int64)

    walls, area_of_wall = _wall_points(buildings[areas])
    points = np.concatenate([dot_xy, walls])
    owner = np.concatenate([site[dots], site[areas[area_of_wall]]])
    _, once = np.unique(np.rint(points * 1e3).astype(np.int64), axis=0, return_index=True)
    once.sort()
    return Sites(site, buildings[areas], site[areas], points[once], owner[once], trimmed)


def _coincident(dots: NDArray[np.int64], xy: NDArray[np.float64]) -> NDArray[np.int64]:
    if len(dots) < 2:
        return np.empty((0, 2), dtype=np.int64)
    pairs = cKDTree(xy).query_pairs(COINCIDENT_M, output_type="ndarray").astype(np.int64)
    return np.asarray(dots[pairs], dtype=np.int64).reshape(-1, 2)


def _overlapping(
    buildings: NDArray[np.object_], areas: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of footprints that are one site, and the later ones of pairs that overlap less."""
    shapes = buildings[areas]
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    left, right = left[left < right], right[left < right]
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    one = common > OVERLAP_SHARE * smaller
    slip = ~one & (common > SLIP_M2)
    return np.stack([areas[left[one]], areas[right[one]]], axis=1), np.unique(areas[right[slip]])


def _housed(buildings: NDArray[np.object_], areas: NDArray[np.int64], dots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Points that lie in a footprint belong to it."""
    dot, area = shapely.STRtree(buildings[areas]).query(buildings[dots], predicate="intersects")
    return np.stack([dots[dot], areas[area]], axis=1)


def _wall_points(footprints: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    inset = shapely.buffer(footprints, -INSET_M, join_style="mitre")
    outline = shapely.boundary(np.where(shapely.is_empty(inset), footprints, inset))
    xy, of = shapely.get_coordinates(shapely.segmentize(outline, STEP_M), return_index=True)
    return xy, of.astype(np.int64)
