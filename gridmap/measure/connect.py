"""The dual graph of units, its connected parts, and the bridges that join what lies apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput
from gridmap.measure.barrier import barrier_lengths, index_barriers
from gridmap.measure.border import Borders, collinear_borders, edge_sums, equal_borders, joined, overlap_borders
from gridmap.measure.bridge import bridged_gaps, nearest_bridges, with_bridges
from gridmap.measure.components import components
from gridmap.measure.segments import Segments, outline_segments
from gridmap.measure.totals import sum_by
from gridmap.model.graph import DualGraph
from gridmap.model.units import Units

__all__ = ["build_graph", "components", "exterior_m", "nearest_bridges", "perimeter_m", "with_bridges"]


def build_graph(
    units: Units,
    barriers: gpd.GeoDataFrame | None = None,
    *,
    bridge_m: float = 0.0,
    snap_m: float = 0.01,
    barrier_tolerance_m: float = 8.0,
) -> DualGraph:
    """Rook contiguity of units: who shares a border, how long it is, how much of it is a barrier.

    Parameters
    ----------
    units : Units
        n units, in any projected CRS in metres.
    barriers : geopandas.GeoDataFrame, optional
        Lines, or polygons (their outline and their inside count), in the CRS of the units.
    bridge_m : float
        Above 0, units that do not touch but face each other across a gap of at most this many metres
        become neighbours by a bridged edge.
    snap_m : float
        Outlines at most this many metres apart are one border; edges not longer than this are dropped.
    barrier_tolerance_m : float
        A border lies along a barrier within this many metres of it.

    Returns
    -------
    DualGraph
        n units; lengths in metres. On a coverage the length of an edge is that of the intersection
        of the two outlines; units that touch in a corner have none. Units that overlap get the
        length of the one's outline inside the other (the longer of the two ways). A bridged edge has
        the length of outline of the one that sees the other at a right angle (the longer of the two
        ways), with nothing between; its barrier length is that times the share of the lines of sight
        that cross a barrier. Parts of a jurisdiction that only a corner brings within `bridge_m` of
        each other are joined by a bridged edge of 1 m.

    Raises
    ------
    InvalidInput
        If the barriers have another CRS than the units, or a distance is negative or not finite.
    """
    _check_options(units, barriers, bridge_m, snap_m, barrier_tolerance_m)
    n = len(units)
    index = None if barriers is None or barriers.empty else index_barriers(barriers)
    segments = outline_segments(units.polygons)
    borders, free = _borders(units.polygons, segments, snap_m)
    length_m = borders.length_m
    barrier_m = np.zeros(len(length_m)) if index is None else barrier_lengths(borders, index, barrier_tolerance_m)
    edges, (total_m, total_barrier_m) = edge_sums(borders.pair, n, length_m, barrier_m)
    keep = total_m > snap_m
    edges, total_m = edges[keep], total_m[keep]
    total_barrier_m = np.minimum(total_barrier_m[keep], total_m)
    touching = DualGraph.from_edges(n, edges, total_m, total_barrier_m)
    if bridge_m <= 0:
        return touching
    return bridged_gaps(units, touching, free, index, bridge_m=bridge_m, snap_m=snap_m)


def perimeter_m(units: Units) -> NDArray[np.float64]:
    """Length of the whole outline of each unit, holes included, in metres, (n,)."""
    return np.asarray(shapely.length(units.polygons), dtype=np.float64)


def exterior_m(units: Units, graph: DualGraph) -> NDArray[np.float64]:
    """Length of each unit's outline that no other unit shares, in metres, (n,); bridged edges do not count."""
    touching = ~graph.bridged
    shared = sum_by(graph.source[touching], graph.length_m[touching], len(graph))
    return np.maximum(perimeter_m(units) - shared, 0.0)


def _check_options(
    units: Units, barriers: gpd.GeoDataFrame | None, bridge_m: float, snap_m: float, barrier_tolerance_m: float
) -> None:
    for name, value in (("bridge_m", bridge_m), ("snap_m", snap_m), ("barrier_tolerance_m", barrier_tolerance_m)):
        if not np.isfinite(value) or value < 0:
            raise InvalidInput(
                f"{name} must be a distance in metres from 0; got {value}",
                f"{name} 须为不小于 0 的米数，实际为 {value}。",
            )
    if barriers is not None and not barriers.empty and barriers.crs != units.frame.crs:
        raise InvalidInput(
            f"barriers must have the CRS of the units, {units.frame.crs}; got {barriers.crs}",
            f"分隔线图层的坐标系须与单元一致（{units.frame.crs}），实际为 {barriers.crs}。",
        )


def _borders(polygons: NDArray[np.object_], segments: Segments, snap_m: float) -> tuple[Borders, Segments]:
    """All shared border, and the segments of which at least a part is shared with nobody."""
    equal, alone = equal_borders(segments)
    rest = segments.take(alone)
    collinear, covered_m = collinear_borders(rest, snap_m)
    free = rest.take(covered_m < rest.length_m - max(snap_m, 1e-6))
    return joined([equal, collinear, overlap_borders(polygons, free, snap_m)]), free
