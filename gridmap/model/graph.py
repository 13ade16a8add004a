"""The dual graph: which units share a border, how long it is, and how much of it is a barrier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidGraph, first_ten


@dataclass(frozen=True, eq=False)
class DualGraph:
    """Rook contiguity of units as compressed sparse rows, every edge stored in both directions.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
        Row of unit i is ``indptr[i]:indptr[i + 1]``.
    indices : ndarray of int64, shape (2m,)
        Neighbours, ascending inside a row; no self-loops.
    length_m : ndarray of float64, shape (2m,)
        Length of the shared border in metres; of a bridged edge, the length over which the two units
        face each other across the gap.
    barrier_m : ndarray of float64, shape (2m,)
        The part of `length_m` that lies along a barrier (river, trunk road, wall), in metres.
    bridged : ndarray of bool, shape (2m,)
        True where the units do not touch and the edge bridges a gap (a street, a ferry).

    Raises
    ------
    InvalidGraph
        If shapes differ, a row is unsorted, an edge is missing in one direction or its values differ
        between the two directions, or a length is negative or not finite.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    length_m: NDArray[np.float64]
    barrier_m: NDArray[np.float64]
    bridged: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name, dtype in (
            ("indptr", np.int64),
            ("indices", np.int64),
            ("length_m", np.float64),
            ("barrier_m", np.float64),
            ("bridged", np.bool_),
        ):
            array = np.array(getattr(self, name), dtype=dtype)  # a copy: nobody else can change it
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        _check(self)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_edges(self) -> int:
        """Number of undirected edges."""
        return len(self.indices) // 2

    @property
    def source(self) -> NDArray[np.int64]:
        """Unit at the other end of each stored half edge, (2m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def neighbours(self, unit: int) -> NDArray[np.int64]:
        """Positions of the units that share a border with `unit`."""
        return self.indices[self.indptr[unit] : self.indptr[unit + 1]]

    def subgraph(self, members: NDArray[np.int64]) -> DualGraph:
        """The graph between `members` (positions, ascending or not), renumbered in their order."""
        new = np.full(len(self), -1, dtype=np.int64)
        new[members] = np.arange(len(members))
        source, target = new[self.source], new[self.indices]
        keep = (source >= 0) & (target >= 0)
        return _from_halves(
            len(members), source[keep], target[keep], self.length_m[keep], self.barrier_m[keep], self.bridged[keep]
        )

    @classmethod
    def from_edges(
        cls,
        n: int,
        edges: NDArray[np.int64],
        length_m: NDArray[np.float64],
        barrier_m: NDArray[np.float64] | None = None,
        bridged: NDArray[np.bool_] | None = None,
    ) -> DualGraph:
        """A graph of `n` units from undirected edges (m, 2), each given once, in any order.

        Raises
        ------
        InvalidGraph
            If an edge is a self-loop, repeats, or names a unit outside 0 … n − 1, or there are not as
            many values as edges.
        """
        edges = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
        barrier = np.zeros(len(edges)) if barrier_m is None else barrier_m
        bridge = np.zeros(len(edges), dtype=np.bool_) if bridged is None else bridged
        for name, values in (("length_m", length_m), ("barrier_m", barrier), ("bridged", bridge)):
            if len(values) != len(edges):
                raise InvalidGraph(f"{name} needs {len(edges)} values, one an edge; got {len(values)}")
        if len(edges) and (edges.min() < 0 or edges.max() >= n):
            raise InvalidGraph(f"edges must join units 0 to {n - 1}; got {edges.min()} to {edges.max()}")
        return _from_halves(
            n,
            np.concatenate([edges[:, 0], edges[:, 1]]),
            np.concatenate([edges[:, 1], edges[:, 0]]),
            np.concatenate([length_m, length_m]),
            np.concatenate([barrier, barrier]),
            np.concatenate([bridge, bridge]),
        )


def _from_halves(
    n: int,
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    length_m: NDArray[np.float64],
    barrier_m: NDArray[np.float64],
    bridged: NDArray[np.bool_],
) -> DualGraph:
    order = np.lexsort((target, source))
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=n), out=indptr[1:])
    return DualGraph(indptr, target[order], length_m[order], barrier_m[order], bridged[order])


def _check(graph: DualGraph) -> None:
    m2 = len(graph.indices)
    if not len(graph.indptr):
        raise InvalidGraph("indptr needs one value more than there are units; got none")
    if graph.indptr[0] != 0 or graph.indptr[-1] != m2 or (np.diff(graph.indptr) < 0).any():
        raise InvalidGraph(f"indptr must rise from 0 to {m2}; got {graph.indptr[0]} to {graph.indptr[-1]}")
    for name in ("length_m", "barrier_m", "bridged"):
        if len(getattr(graph, name)) != m2:
            raise InvalidGraph(f"{name} needs {m2} values, one a half edge; got {len(getattr(graph, name))}")
    if m2:
        _check_values(graph, _opposite(graph))


def _opposite(graph: DualGraph) -> NDArray[np.int64]:
    """Position of the other half of each half edge, (2m,)."""
    n, source = len(graph), graph.source
    if graph.indices.min() < 0 or graph.indices.max() >= n:
        raise InvalidGraph(f"indices must lie in 0 … {n - 1}; got {graph.indices.min()} … {graph.indices.max()}")
    loops = source[source == graph.indices]
    if len(loops):
        raise InvalidGraph(f"a unit cannot be its own neighbour; so are units {first_ten(loops)}")
    key = source * n + graph.indices
    if (np.diff(key) <= 0).any():
        raise InvalidGraph("neighbours must be ascending and stand once in every row")
    wanted = graph.indices * n + source
    back = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    one_way = key[back] != wanted
    if one_way.any():
        pairs = [f"{a}→{b}" for a, b in zip(source[one_way], graph.indices[one_way], strict=True)]
        raise InvalidGraph(f"every edge must be stored in both directions; only one way: {first_ten(pairs)}")
    return np.asarray(back, dtype=np.int64)


def _check_values(graph: DualGraph, back: NDArray[np.int64]) -> None:
    for name in ("length_m", "barrier_m"):
        values = getattr(graph, name)
        if not np.isfinite(values).all() or (values < 0).any():
            raise InvalidGraph(f"{name} must be finite and not negative")
    for name in ("length_m", "barrier_m", "bridged"):
        values = getattr(graph, name)
        if not np.array_equal(values, values[back]):
            raise InvalidGraph(f"{name} must be the same in both directions of an edge")
