"""Minimal change: an existing plan is mended where it breaks the band, and moves few households."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.measure.components import components
from gridmap.partition.cover import solve_cover
from gridmap.partition.kernels import anneal_from
from gridmap.partition.problem import Problem
from gridmap.partition.recombine import distinct_grids, objective, price
from gridmap.partition.search import Effort, Found, labels_of, search, stream_seed

#: Rings of grids around a broken one that may change; tried in this order until nothing is broken.
_RINGS: Final = (1, 2, 3)
_STARTS: Final = 8
_PROPOSALS: Final = 400
#: Cooler than a search from nothing: the plan should stay near what it was.
_HOT: Final = 0.3
_COLD: Final = 0.005


def repair(problem: Problem, effort: Effort, seed: int) -> Found:
    """Mend an existing assignment inside growing windows around the grids that break the band.

    Parameters
    ----------
    problem : Problem
        ``net.old`` holds the existing labels, −1 for units that had none.
    effort : Effort
        Of the fresh search that is the fallback.
    seed : int

    Returns
    -------
    Found
        The existing plan itself where it already keeps the band with k grids.
    """
    start = _complete(problem)
    if start is None:
        return search(problem, effort, seed)
    best = Found(start, objective(problem, start), None, "FEASIBLE")
    for ring in _RINGS:
        broken = _broken(problem, best.labels)
        if not broken.any():
            break
        free = _grown(problem, best.labels, broken, ring)
        labels, _ = anneal_from(
            problem.net,
            problem.weights,
            start,
            problem.k,
            free,
            _STARTS,
            _PROPOSALS,
            _HOT,
            _COLD,
            stream_seed(seed, ring),
        )
        best = min([best, _recombined(problem, labels)], key=lambda f: (f.objective[0], f.objective[2]))
    return best


def _recombined(problem: Problem, runs: NDArray[np.int64]) -> Found:
    candidates = distinct_grids(runs)
    tiers = price(problem, candidates).tiers[[0, 2]]
    cover = solve_cover(problem.n, candidates, tiers, n_chosen=problem.k, gap=1e-4)
    labels = labels_of(problem.n, candidates, cover.chosen)
    return Found(labels, objective(problem, labels), None, "FEASIBLE")


def _complete(problem: Problem) -> NDArray[np.int64] | None:
    """The existing labels as 0 … k − 1 with every unit in a grid; None where that is not k whole grids."""
    net = problem.net
    known = net.old >= 0
    names, inverse = np.unique(net.old[known], return_inverse=True)
    if len(names) != problem.k:
        return None
    labels = np.full(problem.n, -1, dtype=np.int64)
    labels[known] = inverse
    while (labels < 0).any():
        source = np.repeat(np.arange(problem.n), np.diff(net.indptr))
        edge = (labels[source] < 0) & (labels[net.indices] >= 0)
        if not edge.any():
            return None
        first = np.unique(source[edge], return_index=True)
        labels[first[0]] = labels[net.indices[edge]][first[1]]
    return labels if _is_connected(problem, labels) else None


def _is_connected(problem: Problem, labels: NDArray[np.int64]) -> bool:
    return int(components(problem.graph(), labels).max()) + 1 == problem.k


def _broken(problem: Problem, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    households = np.bincount(labels, weights=problem.net.households, minlength=problem.k)
    return (households < problem.weights.lower) | (households > problem.weights.upper)


def _grown(problem: Problem, labels: NDArray[np.int64], grids: NDArray[np.bool_], rings: int) -> NDArray[np.bool_]:
    net = problem.net
    source = np.repeat(np.arange(problem.n), np.diff(net.indptr))
    free = grids.copy()
    for _ in range(rings):
        free[labels[net.indices[free[labels[source]]]]] = True
    return free
