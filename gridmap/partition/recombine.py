"""Recombination: the best cover of an area by grids that many runs have found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.partition.candidates import Candidates
from gridmap.partition.kernels import candidate_sums, costs_of
from gridmap.partition.problem import Problem


@dataclass(frozen=True, eq=False)
class Pool:
    """Distinct grids with what each of them costs.

    Attributes
    ----------
    candidates : Candidates
    tiers : ndarray of float64, shape (3, m)
        Lexicographic costs of a grid: (1) 1 if its households lie outside the hard band; (2) 1 if they lie
        beyond the quality band; (3) the weighted cost of the search: deviation, barriers, compounds cut,
        shape, households moved.
    """

    candidates: Candidates
    tiers: NDArray[np.float64]


def distinct_grids(labels: NDArray[np.int64]) -> Candidates:
    """The distinct grids among several assignments (s, n), in the order in which they first appear."""
    seen: dict[bytes, None] = {}
    sets = []
    for row in labels:
        order = np.argsort(row, kind="stable")
        cuts = np.flatnonzero(np.diff(row[order])) + 1
        for members in np.split(order, cuts):
            key = members.astype(np.int32).tobytes()
            if key not in seen:
                seen[key] = None
                sets.append(members)
    return Candidates.from_sets(sets)


def price(problem: Problem, candidates: Candidates) -> Pool:
    """The tiers of each candidate grid.

    Compounds: each of the two grids pays half for every side of border through a compound. Moves: every
    household whose old label is not the one that most of the grid's households had.
    """
    net, w = problem.net, problem.weights
    households, area, perimeter, barrier, cut = candidate_sums(net, candidates.indptr, candidates.members)
    outside = (households < w.lower) | (households > w.upper)
    deviation = np.abs(households - w.ideal) / w.ideal
    beyond = deviation > w.quality + 1e-12
    cost = costs_of(w, households, area, perimeter, barrier)
    cost += 0.5 * w.compound * cut
    if w.moved > 0.0:
        cost += w.moved * _moved(problem, candidates) / w.ideal
    return Pool(candidates, np.stack([outside.astype(float), beyond.astype(float), cost]))


def _moved(problem: Problem, candidates: Candidates) -> NDArray[np.float64]:
    """Households (+ 0.2 a unit) of each candidate that do not come from its main old grid, (m,)."""
    old, weight = problem.net.old[candidates.members], problem.net.households[candidates.members] + 0.2
    n_old = int(problem.net.old.max(initial=-1)) + 2
    key = candidates.owner * n_old + (old + 1)
    keys, inverse = np.unique(key, return_inverse=True)
    sums = np.bincount(inverse, weights=weight)
    owner, label = keys // n_old, keys % n_old
    known = label > 0
    total = np.bincount(owner[known], weights=sums[known], minlength=len(candidates))
    largest = np.zeros(len(candidates))
    np.maximum.at(largest, owner[known], sums[known])
    return np.asarray(total - largest)


def objective(problem: Problem, labels: NDArray[np.int64]) -> tuple[float, float, float]:
    """The three tiers of one assignment (n,), summed over its grids."""
    pool = price(problem, distinct_grids(labels[None, :]))
    return tuple(float(t) for t in pool.tiers.sum(axis=1))  # type: ignore[return-value]
