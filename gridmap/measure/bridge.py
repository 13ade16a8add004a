"""Units that lie apart: bridges across streets between parcels, ferries to islands."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.barrier import BarrierIndex, crosses_barrier
from gridmap.measure.border import edge_sums
from gridmap.measure.components import components
from gridmap.measure.segments import Segments
from gridmap.measure.sight import facing_lines
from gridmap.model.graph import DualGraph
from gridmap.model.units import Units

#: Length given to an edge between units that face each other in a corner only: not 0, so that the
#: share of it that is a barrier can be said.
CORNER_M = 1.0


def bridged_gaps(
    units: Units,
    graph: DualGraph,
    free: Segments,
    index: BarrierIndex | None,
    *,
    bridge_m: float,
    snap_m: float,
) -> DualGraph:
    """The graph with bridged edges between units that face each other across a gap.

    Parameters
    ----------
    units : Units
    graph : DualGraph
        The units that touch.
    free : Segments
        Outlines that are no border.
    index : BarrierIndex, optional
    bridge_m, snap_m : float
        As in :func:`gridmap.measure.connect.build_graph`.
    """
    n = len(graph)
    lines, weight_m = facing_lines(free, bridge_m, snap_m)
    blocked = np.zeros(len(weight_m)) if index is None else crosses_barrier(lines.start, lines.end, index) * weight_m
    ways, (seen_m, blocked_m) = edge_sums(lines.pair, n, weight_m, blocked)
    # two ways of looking at one gap: keep the one that sees more, the earlier unit's on a tie
    low, high = ways.min(axis=1), ways.max(axis=1)
    order = np.lexsort((ways[:, 0], -seen_m, high, low))
    key = low * n + high
    first = order[np.unique(key[order], return_index=True)[1]]
    first = first[~np.isin(key[first], graph.source * n + graph.indices)]
    edges = np.stack([low[first], high[first]], axis=1)
    joined = with_bridges(graph, edges, seen_m[first], blocked_m[first])
    corners, corner_lines = _corners(units, joined, bridge_m)
    ends = shapely.get_coordinates(corner_lines).reshape(-1, 2, 2)
    crosses = np.zeros(len(corners), dtype=np.bool_)
    if index is not None:
        crosses = crosses_barrier(ends[:, 0], ends[:, 1], index)
    return with_bridges(joined, corners, barrier_m=np.where(crosses, CORNER_M, 0.0))


def nearest_bridges(units: Units, graph: DualGraph) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The shortest ferries that join the parts of each jurisdiction, for the caller to take or leave.

    Inside a jurisdiction the connected parts are joined by a shortest spanning tree of straight
    ferries (O. Borůvka, 1926), each between the two nearest units of two parts.

    Parameters
    ----------
    units : Units
        n units.
    graph : DualGraph
        Their graph.

    Returns
    -------
    edges : ndarray of int64, shape (f, 2)
        One ferry a row: positions of its two units, the smaller first. Parts − 1 for each jurisdiction.
    distance_m : ndarray of float64, shape (f,)
        Length of each ferry in metres.
    """
    jurisdiction = units.jurisdiction_of
    part = components(graph, jurisdiction)
    found: list[tuple[int, int, float]] = []
    for code in np.unique(jurisdiction):
        members = np.flatnonzero(jurisdiction == code)
        label = part[members]
        while len(np.unique(label)) > 1:
            ferries = _shortest_ways_out(units.polygons[members], label)
            for a, b, distance in ferries:
                if label[a] != label[b]:  # two parts may name the same ferry, or close a ring
                    label[label == label[b]] = label[a]
                    found.append((int(members[a]), int(members[b]), distance))
    found.sort()
    edges = np.sort(np.array([f[:2] for f in found], dtype=np.int64).reshape(-1, 2), axis=1)
    return edges, np.array([f[2] for f in found], dtype=np.float64)


def with_bridges(
    graph: DualGraph,
    edges: NDArray[np.int64],
    length_m: NDArray[np.float64] | None = None,
    barrier_m: NDArray[np.float64] | None = None,
) -> DualGraph:
    """The graph with further bridged edges (f, 2); pairs that are neighbours already are left as they are.

    Parameters
    ----------
    graph : DualGraph
    edges : ndarray of int64, shape (f, 2)
        Different pairs of units.
    length_m, barrier_m : ndarray of float64, shape (f,), optional
        Lengths to give them, in metres; 1 m and 0 by default.

    Raises
    ------
    InvalidGraph
        If an edge is a self-loop, repeats, or names no unit of the graph.
    """
    n = len(graph)
    length = np.full(len(edges), CORNER_M) if length_m is None else length_m
    barrier = np.zeros(len(edges)) if barrier_m is None else barrier_m
    new = ~np.isin(edges.min(axis=1) * n + edges.max(axis=1), graph.source * n + graph.indices)
    once = graph.source < graph.indices
    return DualGraph.from_edges(
        n,
        np.concatenate([np.stack([graph.source[once], graph.indices[once]], axis=1), edges[new]]),
        np.concatenate([graph.length_m[once], length[new]]),
        np.concatenate([graph.barrier_m[once], np.minimum(barrier, length)[new]]),
        np.concatenate([graph.bridged[once], np.ones(int(new.sum()), dtype=np.bool_)]),
    )


def _corners(units: Units, graph: DualGraph, bridge_m: float) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Pairs of units in different parts of a jurisdiction within `bridge_m`, no third unit on the shortest line."""
    polygons, jurisdiction = units.polygons, units.jurisdiction_of
    part = components(graph, jurisdiction)
    order = np.lexsort((part, -np.bincount(part)[part], jurisdiction))
    main = part[order[np.unique(jurisdiction[order], return_index=True)[1]]]
    small = np.flatnonzero(~np.isin(part, main))
    tree = shapely.STRtree(polygons)
    at, other = tree.query(polygons[small], predicate="dwithin", distance=bridge_m)
    at = small[at]
    apart = (part[at] != part[other]) & (jurisdiction[at] == jurisdiction[other])
    pair = np.unique(np.sort(np.stack([at[apart], other[apart]], axis=1), axis=1), axis=0)
    lines = np.asarray(shapely.shortest_line(polygons[pair[:, 0]], polygons[pair[:, 1]]), dtype=object)
    crossed = np.bincount(tree.query(lines, predicate="intersects")[0], minlength=len(lines))
    clear = crossed == 2  # the two units themselves
    return pair[clear], lines[clear]


def _shortest_ways_out(polygons: NDArray[np.object_], label: NDArray[np.int64]) -> list[tuple[int, int, float]]:
    """For each part but the largest, its shortest line to another: (unit inside, unit outside, metres), ascending."""
    parts, sizes = np.unique(label, return_counts=True)
    ways = []
    for own in np.delete(parts, sizes.argmax()):
        inside, outside = np.flatnonzero(label == own), np.flatnonzero(label != own)
        tree = shapely.STRtree(polygons[outside])
        (at, to), distance = tree.query_nearest(polygons[inside], return_distance=True)
        best = np.lexsort((outside[to], inside[at], distance))[0]
        ways.append((int(inside[at[best]]), int(outside[to[best]]), float(distance[best])))
    return sorted(ways, key=lambda way: (way[2], way[0], way[1]))
