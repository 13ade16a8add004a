"""How far it is to walk from places to points: straight, or along roads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gridmap.errors import InvalidInput
from gridmap.points.network import Network

#: Place, point and metres of several walks.
_Ways = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
#: Distances to so many points are held in memory at a time.
_BATCH = 64


@dataclass(frozen=True, eq=False)
class Walks:
    """Walks from places to points that are no longer than a limit, and the nearest point of every place.

    Attributes
    ----------
    n_places, n_points : int
    place, point : ndarray of int64, shape (w,)
        Positions, sorted by place, then metres, then point.
    metres : ndarray of float64, shape (w,)
        At most `limit_m`.
    nearest : ndarray of int64, shape (n_places,)
        The nearest point, however far; −1 where none can be walked to.
    nearest_m : ndarray of float64, shape (n_places,)
        How far it is, infinite where there is none.
    limit_m : float
    """

    n_places: int
    n_points: int
    place: NDArray[np.int64]
    point: NDArray[np.int64]
    metres: NDArray[np.float64]
    nearest: NDArray[np.int64]
    nearest_m: NDArray[np.float64]
    limit_m: float

    def __len__(self) -> int:
        return len(self.place)


def find_walks(
    places_xy: NDArray[np.float64],
    points_xy: NDArray[np.float64],
    limit_m: float,
    *,
    detour: float = 1.3,
    network: Network | None = None,
) -> Walks:
    """Every walk from a place to a point that is no longer than a limit.

    Without a network a walk is the straight line times `detour`. With one, who walks goes straight (times `detour`) to
    the nearest spot on the nearest road, along the roads, and straight from the road to the point. Whoever has the
    point nearer than the road, or the point has nearer than its road, goes to it straight.

    Parameters
    ----------
    places_xy, points_xy : ndarray of float64, shapes (n, 2) and (m, 2)
        Metres, in the CRS of the network.
    limit_m : float
        Metres of walking; infinite for all walks (n × m of them).
    detour : float
        1 or more.
    network : Network, optional

    Raises
    ------
    InvalidInput
        If the limit is not positive, or the detour is less than 1.
    """
    if not limit_m > 0:
        raise InvalidInput(
            f"a walking distance is a number of metres above 0; got {limit_m}",
            f"步行距离应为大于 0 的米数，得到 {limit_m}。",
        )
    if not (detour >= 1 and np.isfinite(detour)):
        raise InvalidInput(
            f"detour is how many times longer a walk is than the straight line, 1 or more; got {detour}",
            f"绕行系数应不小于 1，得到 {detour}。",
        )
    n, m = len(places_xy), len(points_xy)
    if n == 0 or m == 0:
        none = np.empty(0, dtype=np.int64)
        return Walks(n, m, none, none, np.empty(0), np.full(n, -1), np.full(n, np.inf), limit_m)
    if network is None or len(network) == 0:
        nearest = cKDTree(points_xy).query(places_xy)[1]
        straight = _gaps(places_xy, points_xy[nearest])
        found = _straight_walks(places_xy, points_xy, limit_m / detour)
        return _sorted(n, m, (found[0], found[1], found[2] * detour), (nearest, straight * detour), limit_m)
    return _walks_on_roads(places_xy, points_xy, limit_m, detour, network)


def walk_distances(
    network: Network,
    sources_xy: NDArray[np.float64],
    targets_xy: NDArray[np.float64],
    limit_m: float,
    *,
    detour: float = 1.3,
) -> NDArray[np.float64]:
    """Metres to walk from each source to each target, infinite beyond the limit, (s, t).

    Parameters
    ----------
    network : Network
    sources_xy, targets_xy : ndarray of float64, shapes (s, 2) and (t, 2)
        Metres, in the CRS of the network. The search runs from the sources: let them be the fewer.
    limit_m, detour : float
        As for :func:`find_walks`.

    Raises
    ------
    InvalidInput
        As :func:`find_walks` says.
    """
    walks = find_walks(targets_xy, sources_xy, limit_m, detour=detour, network=network)
    metres = np.full((len(sources_xy), len(targets_xy)), np.inf)
    metres[walks.point, walks.place] = walks.metres
    return metres


@dataclass(frozen=True, eq=False)
class _Access:
    """Where places reach the network: an edge, metres along it from both of its ends, metres to get there."""

    edge: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    from_start_m: NDArray[np.float64]
    from_end_m: NDArray[np.float64]
    straight_m: NDArray[np.float64]
    walk_m: NDArray[np.float64]


def _access(network: Network, xy: NDArray[np.float64], detour: float) -> _Access:
    spots = shapely.points(xy)
    edge = network.tree.nearest(spots).astype(np.int64)
    along = np.minimum(shapely.line_locate_point(network.lines[edge], spots), network.length_m[edge])
    straight = shapely.distance(network.lines[edge], spots)
    rest = network.length_m[edge] - along
    return _Access(edge, network.start[edge], network.end[edge], along, rest, straight, straight * detour)


def _walks_on_roads(
    places_xy: NDArray[np.float64], points_xy: NDArray[np.float64], limit_m: float, detour: float, network: Network
) -> Walks:
    n, m = len(places_xy), len(points_xy)
    at, to = _access(network, places_xy, detour), _access(network, points_xy, detour)
    graph = _graph_with_points(network, to)
    # these two however long, for the sake of the nearest point
    parts = [_same_edge(at, to), _near_walks(places_xy, points_xy, at, to, detour)]
    for first in range(0, m, _BATCH):
        points = np.arange(first, min(first + _BATCH, m))
        node_m = dijkstra(graph, indices=network.n_nodes + points, limit=limit_m)
        parts.append(_through_nodes(node_m, points, at, limit_m))
    place, point, metres = (np.concatenate(column) for column in zip(*parts, strict=True))
    nearest = _nearest_on_roads(graph, network, at, to)
    return _sorted(n, m, (place, point, metres), nearest, limit_m)


def _graph_with_points(network: Network, to: _Access) -> csr_array:
    """The ways along the edges, and one-way from each point (as a further node) to the ends of its edge."""
    rows, columns, metres = network.triples()
    extra = network.n_nodes + np.arange(len(to.edge))
    # scipy takes a way of no length for none
    ends_m = np.maximum(np.concatenate([to.from_start_m, to.from_end_m]) + np.tile(to.walk_m, 2), 1e-9)
    ends = np.concatenate([to.start, to.end])
    is_loop = to.start == to.end  # a closed road: the nearer way round
    nearer_m = np.minimum(to.from_start_m, to.from_end_m) + to.walk_m
    ends_m[: len(extra)][is_loop] = np.maximum(nearer_m[is_loop], 1e-9)
    kept = np.concatenate([np.ones(len(extra), dtype=np.bool_), ~is_loop])
    rows = np.concatenate([rows, np.tile(extra, 2)[kept]])
    columns = np.concatenate([columns, ends[kept]])
    size = network.n_nodes + len(extra)
    return csr_array((np.concatenate([metres, ends_m[kept]]), (rows, columns)), shape=(size, size))


def _through_nodes(node_m: NDArray[np.float64], points: NDArray[np.int64], at: _Access, limit_m: float) -> _Ways:
    """Walks over at least one junction, from distances of the nodes to these points (b, nodes)."""
    found: list[_Ways] = []
    start_m, end_m = at.walk_m + at.from_start_m, at.walk_m + at.from_end_m
    for k, point in enumerate(points):
        metres = np.minimum(node_m[k, at.start] + start_m, node_m[k, at.end] + end_m)
        place = np.flatnonzero(metres <= limit_m)
        found.append((place, np.full(len(place), point), metres[place]))
    return _joined_walks(found)


def _same_edge(at: _Access, to: _Access) -> _Ways:
    """Walks along one edge only."""
    order = np.argsort(at.edge, kind="stable")
    edges = at.edge[order]
    low, high = np.searchsorted(edges, to.edge, side="left"), np.searchsorted(edges, to.edge, side="right")
    times = high - low
    point = np.repeat(np.arange(len(times)), times)
    step = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
    place = order[np.repeat(low, times) + step]
    metres = np.abs(at.from_start_m[place] - to.from_start_m[point]) + at.walk_m[place] + to.walk_m[point]
    return place, point, metres


def _near_walks(
    places_xy: NDArray[np.float64],
    points_xy: NDArray[np.float64],
    at: _Access,
    to: _Access,
    detour: float,
) -> _Ways:
    """Straight walks to what is nearer than the road."""
    farthest = max(float(at.straight_m.max()), float(to.straight_m.max()))
    place, point, straight = _straight_walks(places_xy, points_xy, farthest)
    near = straight <= np.maximum(at.straight_m[place], to.straight_m[point])
    return place[near], point[near], straight[near] * detour


def _nearest_on_roads(
    graph: csr_array, network: Network, at: _Access, to: _Access
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Nearest point over junctions, however far, one search for all."""
    extra = network.n_nodes + np.arange(len(to.edge))
    node_m, _, source = dijkstra(graph, indices=extra, min_only=True, return_predecessors=True)
    by_start, by_end = node_m[at.start] + at.from_start_m, node_m[at.end] + at.from_end_m
    node = np.where(by_end < by_start, at.end, at.start)
    metres = np.minimum(by_start, by_end) + at.walk_m
    return np.where(np.isfinite(metres), source[node] - network.n_nodes, -1).astype(np.int64), metres


def _straight_walks(places_xy: NDArray[np.float64], points_xy: NDArray[np.float64], limit_m: float) -> _Ways:
    """Pairs within a straight line, with its metres."""
    if np.isinf(limit_m):
        place = np.repeat(np.arange(len(places_xy)), len(points_xy))
        point = np.tile(np.arange(len(points_xy)), len(places_xy))
    else:
        trees = cKDTree(places_xy), cKDTree(points_xy)
        near = trees[0].sparse_distance_matrix(trees[1], limit_m, output_type="ndarray")
        place, point = near["i"].astype(np.int64), near["j"].astype(np.int64)
    return place, point, _gaps(places_xy[place], points_xy[point])


def _gaps(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Straight lines between places row by row: one formula for all, so that equal walks are equal numbers."""
    return np.asarray(np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1]), dtype=np.float64)


def _joined_walks(
    found: list[_Ways],
) -> _Ways:
    place, point, metres = (np.concatenate(column) for column in zip(*found, strict=True))
    return place, point, metres


def _sorted(
    n: int,
    m: int,
    walks: _Ways,
    nearest: tuple[NDArray[np.int64], NDArray[np.float64]],
    limit_m: float,
) -> Walks:
    """Walks in order, of several ways between two the shortest; the nearest point corrected by them."""
    place, point, metres = walks
    order = np.lexsort((metres, place * m + point))
    place, point, metres = place[order], point[order], metres[order]
    is_first = np.ones(len(place), dtype=np.bool_)
    is_first[1:] = (place[1:] != place[:-1]) | (point[1:] != point[:-1])
    place, point, metres = place[is_first], point[is_first], metres[is_first]
    order = np.lexsort((point, metres, place))
    place, point, metres = place[order], point[order], metres[order]
    which, far = nearest[0].astype(np.int64), nearest[1].astype(np.float64)
    seen, first = np.unique(place, return_index=True)
    is_nearer = metres[first] <= far[seen]
    seen, first = seen[is_nearer], first[is_nearer]
    which[seen], far[seen] = point[first], metres[first]
    kept = metres <= limit_m
    return Walks(n, m, place[kept], point[kept], metres[kept], which, far, limit_m)
