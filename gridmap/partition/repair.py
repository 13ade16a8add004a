"""Minimal change: an existing plan is mended where it breaks the band, and moves few households."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from gridmap.measure.components import components
from gridmap.partition.cover import solve_cover
from gridmap.partition.kernels import anneal_from, new_workspace, split_by_trees
from gridmap.partition.problem import Problem
from gridmap.partition.recombine import distinct_grids, objective, price
from gridmap.partition.regions import LARGE_AREA, part_of
from gridmap.partition.search import Effort, Found, labels_of, search, stream_seed

#: Most rings of grids around the broken ones that may change; beyond, all may.
_RINGS: Final = 3
#: Spanning trees tried where a grid is cut in two.
_TREES: Final = 8
_STARTS: Final = 8
_PROPOSALS: Final = 400
#: Cooler than a search from nothing: the plan should stay near what it was.
_HOT: Final = 0.3
_COLD: Final = 0.005
#: So cool that hardly more than the way back of households is taken.
_COOL: Final = 0.05


def repair(problem: Problem, effort: Effort, seed: int) -> Found:
    """Mend an existing assignment inside growing windows around the grids that break the band.

    Parameters
    ----------
    problem : Problem
        ``net.old`` holds the existing labels, −1 for units that had none.
    effort : Effort
        Of the windows that are divided afresh where flips do not help.
    seed : int

    Returns
    -------
    Found
        The existing plan itself where it already keeps the band with k grids. Where it had another number
        of grids, the lightest are first joined to a neighbour or the heaviest cut in two.
    """
    whole = _whole_grids(problem)
    start = _with_k_grids(problem, whole, seed)
    # From here on a unit's old grid goes by its number in the start; of a grid cut in two either part may go back.
    home = start if whole.max() >= problem.k else whole
    problem = replace(problem, net=problem.net._replace(old=np.where(problem.net.old >= 0, home, -1)))
    best = Found(start, objective(problem, start), None, "FEASIBLE")
    broken = _broken(problem, start)
    before = np.zeros(problem.k, dtype=np.bool_)
    for ring in range(1, problem.k + 1):
        if not _broken(problem, best.labels).any():
            return best
        free = _grown(problem, start, broken, ring)
        if ring > _RINGS or free.all() or (free == before).all():
            break
        before = free
        best = min([best, _annealed(problem, start, free, stream_seed(seed, ring))], key=_preference)
    if problem.n <= LARGE_AREA:
        everywhere = _annealed(problem, start, np.ones(problem.k, dtype=np.bool_), stream_seed(seed, 0))
        best = min([best, everywhere], key=_preference)
    return _solved_afresh(problem, best, effort, seed)


def _solved_afresh(problem: Problem, best: Found, effort: Effort, seed: int) -> Found:
    """Where flips cannot mend a grid, it and its neighbours are divided anew, in growing windows."""
    for ring in range(1, _RINGS + 1):
        for grid in np.flatnonzero(_broken(problem, best.labels)):
            households = np.bincount(best.labels, problem.net.households, minlength=problem.k)
            if problem.weights.lower <= households[grid] <= problem.weights.upper:
                continue  # mended together with another
            free = _grown(problem, best.labels, np.arange(problem.k) == grid, ring)
            members = np.flatnonzero(free[best.labels])
            window = search(part_of(problem, members, int(free.sum())), effort, seed + ring)
            labels = best.labels.copy()
            labels[members] = np.flatnonzero(free)[window.labels]
            found = _as_before(problem, labels)
            back = _annealed(problem, found.labels, free, stream_seed(seed, 10 + ring), _COOL)
            best = min([best, found, back], key=_preference)
    return best


def _preference(found: Found) -> tuple[float, float]:
    """Fewest grids outside the band, then the cost, which holds what was moved."""
    return found.objective[0], found.objective[2]


def _annealed(
    problem: Problem, start: NDArray[np.int64], free: NDArray[np.bool_], seed: np.uint64, hot: float = _HOT
) -> Found:
    labels, _ = anneal_from(problem.net, problem.weights, start, problem.k, free, _STARTS, _PROPOSALS, hot, _COLD, seed)
    return _recombined(problem, labels)


def _recombined(problem: Problem, runs: NDArray[np.int64]) -> Found:
    candidates = distinct_grids(runs)
    tiers = price(problem, candidates).tiers[[0, 2]]
    cover = solve_cover(problem.n, candidates, tiers, n_chosen=problem.k, gap=1e-4)
    return _as_before(problem, labels_of(problem.n, candidates, cover.chosen))


def _as_before(problem: Problem, labels: NDArray[np.int64]) -> Found:
    """Each grid under the number of the old grid with which it shares most households altogether."""
    net = problem.net
    known = net.old >= 0
    shared = np.zeros((problem.k, problem.k))
    np.add.at(shared, (labels[known], net.old[known]), net.households[known] + 1.0 / (problem.n + 1))
    _, number = linear_sum_assignment(shared, maximize=True)
    named = np.asarray(number, dtype=np.int64)[labels]
    return Found(named, objective(problem, named), None, "FEASIBLE")


def _whole_grids(problem: Problem) -> NDArray[np.int64]:
    """The existing labels as 0 … m − 1, every grid in one piece and every unit in a grid.

    Of an old grid in several pieces the heaviest keeps the label; loose pieces and new units join the
    neighbour that they border on longest, those next to a grid first.
    """
    net = problem.net
    names, labels = np.unique(net.old, return_inverse=True)
    labels = labels.astype(np.int64) - int(names[0] < 0)
    weight = net.households + 1.0 / (problem.n + 1)  # of equal pieces the one of more units
    for label in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == label)
        piece = components(problem.graph().subgraph(members))
        labels[members[piece != np.argmax(np.bincount(piece, weights=weight[members]))]] = -1
    source = np.repeat(np.arange(problem.n), np.diff(net.indptr))
    while (labels < 0).any():
        edge = np.flatnonzero((labels[source] < 0) & (labels[net.indices] >= 0))
        order = edge[np.lexsort((net.indices[edge], -net.length[edge], source[edge]))]
        units, first = np.unique(source[order], return_index=True)
        labels[units] = labels[net.indices[order[first]]]
    return labels


def _with_k_grids(problem: Problem, labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The same plan with k grids: the lightest joined to its lightest neighbour, or the heaviest cut in two."""
    net = problem.net
    labels = labels.copy()
    source = np.repeat(np.arange(problem.n), np.diff(net.indptr))
    ws = new_workspace(net)
    rng = np.array([stream_seed(seed, 5)], dtype=np.uint64)
    part = np.zeros(problem.n, dtype=np.int64)
    while (m := int(labels.max()) + 1) != problem.k:
        households = np.bincount(labels, weights=net.households)
        if m > problem.k:
            grid = int(np.argmin(households))
            beside = np.unique(labels[net.indices[labels[source] == grid]])
            beside = beside[beside != grid]
            labels[labels == grid] = beside[np.argmin(households[beside])]
            labels[labels > grid] -= 1
            continue
        several = np.bincount(labels) > 1
        members = np.flatnonzero(labels == np.argmax(np.where(several, households, -1.0)))
        split_by_trees(net, ws, members, 2, _TREES, 0, part, rng)
        labels[members[part[members] == 1]] = m
    return labels


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
