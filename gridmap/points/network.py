"""A network of roads to walk on, made of lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.errors import InvalidInput

#: Roads with one of these words in their name are not walked on (our decision): motorways and elevated roads.
NOT_WALKED: Final = ("高速", "高架", "快速路", "motorway", "expressway")
#: Lines are noded to this precision in metres, far finer than any survey.
_PRECISION_M: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Network:
    """Roads as nodes and edges, to be walked in both directions.

    Attributes
    ----------
    xy : ndarray of float64, shape (v, 2)
        Coordinates of the nodes in metres.
    start, end : ndarray of int64, shape (e,)
        Nodes at the ends of each edge; the same one for a closed road without a junction.
    lines : ndarray of LineString, shape (e,)
        The edges, from start to end.
    length_m : ndarray of float64, shape (e,)
    component : ndarray of int64, shape (v,)
        Number of the connected part that each node belongs to; part 0 has the most metres of road.
    crs : CRS
    """

    xy: NDArray[np.float64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    lines: NDArray[np.object_]
    length_m: NDArray[np.float64]
    component: NDArray[np.int64]
    crs: object = None
    tree: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", shapely.STRtree(self.lines))

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @property
    def n_components(self) -> int:
        """Number of connected parts: between two of them nobody can walk."""
        return int(self.component.max(initial=-1)) + 1

    @property
    def share_in_largest(self) -> float:
        """Share of the road metres that lie in the largest part; NaN without any road."""
        total = float(self.length_m.sum())
        return float(self.length_m[self.component[self.start] == 0].sum()) / total if total else float("nan")

    def triples(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """From-node, to-node and metres of each way along an edge; of parallel edges the shortest only."""
        is_way = self.start != self.end
        a, b, metres = self.start[is_way], self.end[is_way], self.length_m[is_way]
        rows, columns, both = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([metres, metres])
        order = np.lexsort((both, columns, rows))
        rows, columns, both = rows[order], columns[order], both[order]
        is_first = np.ones(len(rows), dtype=np.bool_)
        is_first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        return rows[is_first], columns[is_first], both[is_first]


def build_network(roads: gpd.GeoDataFrame, *, join_m: float = 1.0) -> Network:
    """The network of roads that are walked on.

    Lines that cross or touch meet in a junction (a bridge over a road counts as a crossing: lines do not tell which
    lies above). An end that stops up to `join_m` before another road is led on to it; ends within `join_m` of each
    other are one node. Roads whose column ``name`` has one of :data:`NOT_WALKED` are left out.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame
        Lines in a projected CRS in metres, such as ``town.context["roads"]``; other geometries are left out.
    join_m : float
        Metres, 0 or more.

    Raises
    ------
    InvalidInput
        If the CRS is missing or geographic, or `join_m` is negative.
    """
    if roads.crs is None or not roads.crs.is_projected:
        raise InvalidInput(
            f"a road network needs roads in a projected CRS in metres; got {roads.crs}",
            f"道路网络需要以米为单位的投影坐标系，得到 {roads.crs}。",
        )
    if not join_m >= 0:
        raise InvalidInput(
            f"join_m is a distance in metres from 0; got {join_m}", f"join_m 应为不小于 0 的米数，得到 {join_m}。"
        )
    lines = _noded(_walked_lines(roads))
    if join_m > 0 and len(lines):
        joins = _missing_ends(lines, join_m)
        if len(joins):
            lines = _noded(np.concatenate([lines, joins]))
    ends = shapely.get_coordinates(shapely.get_point(np.repeat(lines, 2), np.tile([0, -1], len(lines)))).reshape(-1, 2)
    node = _joined(ends, join_m)
    xy = np.zeros((int(node.max(initial=-1)) + 1, 2))
    xy[node[::-1]] = ends[::-1]
    length_m = shapely.length(lines)
    start, end = node[0::2], node[1::2]
    is_edge = (start != end) | (length_m > 2 * join_m)  # the rest are crumbs inside one junction
    start, end, lines, length_m = start[is_edge], end[is_edge], lines[is_edge], length_m[is_edge]
    return Network(xy, start, end, lines, length_m, _components(len(xy), start, end, length_m), roads.crs)


def _walked_lines(roads: gpd.GeoDataFrame) -> NDArray[np.object_]:
    walked = np.ones(len(roads), dtype=np.bool_)
    if "name" in roads.columns:
        names = roads["name"].fillna("").astype(str).str.lower()
        for word in NOT_WALKED:
            walked &= ~names.str.contains(word, regex=False).to_numpy(np.bool_)
    shapes = np.asarray(roads.geometry.values, dtype=object)[walked]
    parts = shapely.get_parts(shapely.force_2d(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]))
    return np.asarray(parts[np.isin(shapely.get_type_id(parts), (1, 2))], dtype=object)


def _noded(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """The same lines cut where they meet."""
    if not len(lines):
        return lines
    cut = shapely.get_parts(shapely.line_merge(shapely.union_all(lines, grid_size=_PRECISION_M)))
    return np.asarray(cut[shapely.length(cut) > 0], dtype=object)


def _missing_ends(lines: NDArray[np.object_], join_m: float) -> NDArray[np.object_]:
    """Short lines from ends that no other edge meets to the road that they stop before."""
    ends = shapely.get_point(np.repeat(lines, 2), np.tile([0, -1], len(lines)))
    owner = np.repeat(np.arange(len(lines)), 2)
    _, same, times = np.unique(shapely.get_coordinates(ends), axis=0, return_inverse=True, return_counts=True)
    loose = np.flatnonzero(times[same.ravel()] == 1)
    end, edge = shapely.STRtree(lines).query(ends[loose], predicate="dwithin", distance=join_m)
    is_other = edge != owner[loose[end]]
    end, edge = loose[end[is_other]], edge[is_other]
    gap = shapely.shortest_line(ends[end], lines[edge])
    return np.asarray(gap[shapely.length(gap) > 0], dtype=object)


def _joined(ends: NDArray[np.float64], join_m: float) -> NDArray[np.int64]:
    """Node of each end: ends within `join_m`, and those joined through others, are one."""
    pairs = cKDTree(ends).query_pairs(join_m, output_type="ndarray") if len(ends) else np.empty((0, 2), dtype=np.int64)
    links = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(ends), len(ends)))
    return np.asarray(connected_components(links, directed=False)[1] if len(ends) else [], dtype=np.int64)


def _components(
    n: int, start: NDArray[np.int64], end: NDArray[np.int64], length_m: NDArray[np.float64]
) -> NDArray[np.int64]:
    if n == 0:
        return np.empty(0, dtype=np.int64)
    links = csr_array((np.ones(len(start)), (start, end)), shape=(n, n))
    label = np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)
    metres = np.bincount(label[start], weights=length_m, minlength=int(label.max()) + 1)
    rank = np.empty(len(metres), dtype=np.int64)
    rank[np.argsort(-metres, kind="stable")] = np.arange(len(metres))
    return rank[label]
