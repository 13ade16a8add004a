"""Candidates: every connected set of units that could be a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.model.graph import DualGraph

#: Up to this many units a subset, numpy alone is quick and numba need not be loaded.
_FEW_UNITS: Final = 4
#: Subsets looked at for each one asked for, before the enumeration gives up.
_VISITS_PER_CANDIDATE: Final = 20


@dataclass(frozen=True, eq=False)
class Candidates:
    """Sets of units as compressed sparse rows.

    Parameters
    ----------
    indptr : ndarray of int64, shape (m + 1,)
        Candidate j is ``members[indptr[j]:indptr[j + 1]]``; none is empty.
    members : ndarray of int64
        Positions of units, ascending inside each candidate.
    """

    indptr: NDArray[np.int64]
    members: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of units of each candidate, (m,)."""
        return np.diff(self.indptr)

    @property
    def owner(self) -> NDArray[np.int64]:
        """Candidate of each entry of `members`."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.sizes)

    def units_of(self, candidate: int) -> NDArray[np.int64]:
        """Positions of the units of one candidate, ascending."""
        return self.members[self.indptr[candidate] : self.indptr[candidate + 1]]

    def total(self, values: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of a value of the units (n,) over each candidate, (m,)."""
        sums = np.bincount(self.owner, weights=values[self.members], minlength=len(self))
        return np.asarray(sums, dtype=np.float64)

    def take(self, chosen: NDArray[np.int64]) -> Candidates:
        """The candidates at these positions, in this order."""
        sizes = self.sizes[chosen]
        indptr = np.zeros(len(chosen) + 1, dtype=np.int64)
        np.cumsum(sizes, out=indptr[1:])
        within = np.arange(indptr[-1]) - np.repeat(indptr[:-1], sizes)
        return Candidates(indptr, self.members[np.repeat(self.indptr[chosen], sizes) + within])

    @classmethod
    def from_sets(cls, sets: list[NDArray[np.int64]]) -> Candidates:
        """Candidates from a list of non-empty arrays of unit positions."""
        indptr = np.zeros(len(sets) + 1, dtype=np.int64)
        np.cumsum([len(s) for s in sets], out=indptr[1:])
        members = [np.sort(s) for s in sets] or [np.empty(0, dtype=np.int64)]
        return cls(indptr, np.concatenate(members).astype(np.int64))

    @classmethod
    def joined(cls, parts: list[Candidates]) -> Candidates:
        """Several lists of candidates one after the other."""
        sizes = np.concatenate([np.empty(0, dtype=np.int64), *(p.sizes for p in parts)])
        members = np.concatenate([np.empty(0, dtype=np.int64), *(p.members for p in parts)])
        return cls(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), members)


def connected_subsets(
    graph: DualGraph,
    weights: NDArray[np.int64],
    lower: int,
    upper: int,
    *,
    max_units: int | None = None,
    limit: int,
    max_visits: int | None = None,
) -> Candidates | None:
    """Every connected set of units whose weight lies in [lower, upper], each exactly once.

    Parameters
    ----------
    graph : DualGraph
        Contiguity of the n units.
    weights : ndarray of int64, shape (n,)
        Weight of each unit, not negative: households, or ones to count units.
    lower, upper : int
        The band of the sum, both ends allowed.
    max_units : int, optional
        Most units of a set. Needed where many units weigh nothing: their sets multiply.
    limit : int
        Most sets wanted.
    max_visits : int, optional
        Most connected sets looked at, those below the band too; 20 times `limit` by default, so that
        a hopeless enumeration ends early.

    Returns
    -------
    Candidates or None
        None when there are more than `limit` sets, or `max_visits` was passed. The order is fixed:
        the same input gives the same list.

    Notes
    -----
    Small sets (at most four units by count or `max_units`) are grown level by level in numpy; larger
    ones by a compiled search, which is loaded on first use.
    """
    n = len(graph)
    weights = np.asarray(weights, dtype=np.int64)
    visits = _VISITS_PER_CANDIDATE * limit if max_visits is None else max_visits
    most = min(n, n if max_units is None else max_units)
    least_weight = int(weights.min()) if n else 0
    if least_weight > 0:
        most = min(most, upper // least_weight)
    if n == 0 or most <= 0 or upper < lower:
        return Candidates(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))
    if most <= _FEW_UNITS:
        return _by_levels(graph, weights, lower, upper, most, limit, visits)
    from gridmap.partition.enumeration import enumerate_compiled  # noqa: PLC0415 numba loads only where it is needed

    n_found, ends, members = enumerate_compiled(graph.indptr, graph.indices, weights, lower, upper, most, limit, visits)
    if n_found < 0:
        return None
    indptr = np.concatenate([[0], ends[:n_found]]).astype(np.int64)
    return Candidates(indptr, members[: indptr[-1]].copy())


def _by_levels(
    graph: DualGraph, weights: NDArray[np.int64], lower: int, upper: int, most: int, limit: int, visits: int
) -> Candidates | None:
    # Every connected set of s + 1 units is one of s units and a neighbour; weights are not negative,
    # so a set within the upper limit has such a part within it too, and no set is missed.
    level = np.arange(len(graph), dtype=np.int64)[weights <= upper][:, None]
    found: list[Candidates] = []
    n_found, n_seen = 0, len(level)
    for size in range(1, most + 1):
        inside = level[weights[level].sum(axis=1) >= lower]
        n_found += len(inside)
        if n_found > limit or n_seen > visits:
            return None
        found.append(Candidates(np.arange(0, inside.size + 1, size, dtype=np.int64), inside.ravel()))
        if size < most:
            level = _grown(graph, level)
            level = level[weights[level].sum(axis=1) <= upper]
            n_seen += len(level)
    return Candidates.joined(found)


def _grown(graph: DualGraph, level: NDArray[np.int64]) -> NDArray[np.int64]:
    """All connected sets of one unit more, rows ascending and unique."""
    size = level.shape[1]
    flat = level.ravel()
    degree = np.diff(graph.indptr)[flat]
    row = np.repeat(np.repeat(np.arange(len(level)), size), degree)
    within = np.arange(degree.sum()) - np.repeat(np.cumsum(degree) - degree, degree)
    joins = graph.indices[np.repeat(graph.indptr[flat], degree) + within]
    fresh = ~(level[row] == joins[:, None]).any(axis=1)
    grown = np.sort(np.column_stack([level[row[fresh]], joins[fresh]]), axis=1)
    n = len(graph)
    if float(n) ** (size + 1) < 2**62:  # one whole number a row sorts faster than rows do
        key = grown @ (n ** np.arange(size, -1, -1, dtype=np.int64))
        return np.asarray(grown[np.unique(key, return_index=True)[1]], dtype=np.int64)
    return np.asarray(np.unique(grown, axis=0), dtype=np.int64)
