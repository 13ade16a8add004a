"""Faces get their site: what lies in a footprint is the building's, the rest belongs to the nearest."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.cells.arrangement import face_borders
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
    area_m2 = shapely.area(faces)
    anchor = in_building.astype(np.float64) * 1e12 + area_m2  # a cell is where its building is
    face, _ = shapely.STRtree(faces).query(shapely.points(sites.points), predicate="intersects")
    point, face = face, _
    own = label[face] == sites.site_of_point[point]
    anchor[face[own]] += 1e9
    label = label.copy()
    for _ in range(len(faces)):
        stray = _strays(label, edges, anchor) & ~in_building
        if not stray.any():
            break
        moved = _rehomed(label, stray, edges, length_m, enclosure)
        if not moved:
            break
    return label


def _strays(label: NDArray[np.int64], edges: NDArray[np.int64], anchor: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Faces that do not belong to the part of their label with the largest anchor, (f,)."""
    n = len(label)
    same = edges[label[edges[:, 0]] == label[edges[:, 1]]]
    matrix = coo_array((np.ones(len(same), dtype=np.int8), (same[:, 0], same[:, 1])), shape=(n, n))
    n_parts, part = connected_components(matrix.tocsr(), directed=False)
    weight = np.bincount(part, anchor, n_parts)
    label_of_part = np.zeros(n_parts, dtype=np.int64)
    label_of_part[part] = label
    order = np.lexsort((np.arange(n_parts), -weight, label_of_part))
    main = order[np.unique(label_of_part[order], return_index=True)[1]]
    is_main = np.zeros(n_parts, dtype=np.bool_)
    is_main[main] = True
    return np.asarray(~is_main[part], dtype=np.bool_)


def _rehomed(
    label: NDArray[np.int64],
    stray: NDArray[np.bool_],
    edges: NDArray[np.int64],
    length_m: NDArray[np.float64],
    enclosure: NDArray[np.int64],
) -> bool:
    """Give each stray face that touches a settled one the best label around it, in place; whether any was."""
    both = np.concatenate([edges, edges[:, ::-1]])
    length = np.concatenate([length_m, length_m])
    useful = stray[both[:, 0]] & ~stray[both[:, 1]]
    at, to, length = both[useful, 0], label[both[useful, 1]], length[useful]
    if len(at) == 0:
        return False
    indoors = enclosure[at] == enclosure[both[useful, 1]]
    n_labels = int(label.max()) + 1
    key, inverse = np.unique(at * n_labels + to, return_inverse=True)
    total = np.bincount(inverse, length, len(key))
    inside = np.bincount(inverse, indoors, len(key)) > 0
    order = np.lexsort((key, -total, ~inside, key // n_labels))
    best = key[order[np.unique(key[order] // n_labels, return_index=True)[1]]]
    label[best // n_labels] = best % n_labels
    return True
