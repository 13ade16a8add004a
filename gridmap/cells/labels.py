"""Faces get their site: what lies in a footprint is the building's, the rest belongs to the nearest."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.cells.arrangement import face_borders
from gridmap.cells.parts import minor_parts, rehomed
from gridmap.cells.sites import Sites


def labelled(
    faces: NDArray[np.object_],
    sites: Sites,
    enclosures: NDArray[np.object_],
    home_of_site: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The site of each face, or sites.n + e for a face of enclosure e that has no site, (f,).

    A face inside a footprint belongs to its building, on whichever side of a barrier it lies: so no
    building is cut and the border bends around it. Any other face belongs to the nearest site whose
    home is the same enclosure. Parts that come to lie apart from the rest of their cell join the
    cell that they share the longest border with, inside their own enclosure where possible.

    Parameters
    ----------
    faces : ndarray of object, shape (f,)
        They tile the enclosures and are cut by footprints and ridges.
    sites : Sites
    enclosures : ndarray of object, shape (e,)
    home_of_site : ndarray of int64, shape (s,)
        Enclosure of each site.
    """
    inner = shapely.point_on_surface(faces)
    enclosure = np.zeros(len(faces), dtype=np.int64)
    at, found = shapely.STRtree(enclosures).query(inner, predicate="intersects")
    enclosure[at] = found
    label = _nearest(shapely.get_coordinates(inner), enclosure, sites, home_of_site)
    in_building = np.zeros(len(faces), dtype=np.bool_)
    at, found = shapely.STRtree(sites.footprints).query(inner, predicate="intersects")
    order = np.argsort(-found, kind="stable")  # the earlier of two footprints is written last and stays
    label[at[order]] = sites.site_of_footprint[found[order]]
    in_building[at] = True
    return _without_strays(faces, label, enclosure, in_building, sites)


def _nearest(
    xy: NDArray[np.float64], enclosure: NDArray[np.int64], sites: Sites, home_of_site: NDArray[np.int64]
) -> NDArray[np.int64]:
    label = sites.n + enclosure
    point_home = home_of_site[sites.site_of_point]
    by_face, by_point = np.argsort(enclosure, kind="stable"), np.argsort(point_home, kind="stable")
    for home in np.unique(point_home):
        mine = by_point[slice(*np.searchsorted(point_home[by_point], [home, home + 1]))]
        here = by_face[slice(*np.searchsorted(enclosure[by_face], [home, home + 1]))]
        if len(here):
            label[here] = sites.site_of_point[mine[cKDTree(sites.points[mine]).query(xy[here])[1]]]
    return label


def _without_strays(
    faces: NDArray[np.object_],
    label: NDArray[np.int64],
    enclosure: NDArray[np.int64],
    in_building: NDArray[np.bool_],
    sites: Sites,
) -> NDArray[np.int64]:
    edges, length_m = face_borders(faces)
    # a cell is where its building is: footprints weigh most, then points, then land
    weight = np.asarray(shapely.area(faces), dtype=np.float64) + 1e12 * in_building
    point, face = shapely.STRtree(faces).query(shapely.points(sites.points), predicate="intersects")
    own = label[face] == sites.site_of_point[point]
    weight[face[own]] += 1e9
    while True:
        stray = minor_parts(label, edges, weight) & ~in_building
        new = rehomed(label, stray, edges, length_m, enclosure)
        if np.array_equal(new, label):
            return label
        label = new
