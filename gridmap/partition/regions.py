"""Large areas: divided along barriers into regions that are solved by themselves, then joined.

Time grows in proportion to the number of units, because no region has more than about a thousand.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.measure.size import nearest_k
from gridmap.partition.kernels import Net, new_workspace, solve_windows, split_by_trees
from gridmap.partition.problem import Problem
from gridmap.partition.recombine import objective
from gridmap.partition.search import Effort, Found, search, stream_seed

#: Areas of more units than this are solved by regions.
LARGE_AREA: Final = 2_000
#: Regions of more units than this are cut further by spanning trees.
_REGION_UNITS: Final = 800
#: Share of the quality band that a region's own ideal may take up.
_FIT: Final = 0.9
#: Work in a region; then windows over the whole area mend the seams.
_REGION_EFFORT: Final = Effort(starts=4, proposals=100, improved=1, windows=6, candidates=0, exact_units=0)
_SEAM_WINDOWS: Final = 3
_THREADS: Final = 2


def search_large(problem: Problem, seed: int) -> Found:
    """Divide a large connected area; the number of grids may differ slightly from the problem's k.

    Regions between barriers are solved separately wherever their households make whole grids, which
    is what keeps grids from crossing barriers. Results do not depend on the number of threads.
    """
    region = barrier_regions(problem)
    region, k_of = _cut_large(problem, region, seed)
    parts = [(np.flatnonzero(region == r), int(k_of[r])) for r in range(len(k_of))]

    def solve(task: tuple[int, tuple[NDArray[np.int64], int]]) -> NDArray[np.int64]:
        number, (members, k) = task
        return search(part_of(problem, members, k), _REGION_EFFORT, seed + number).labels

    with ThreadPoolExecutor(_THREADS) as pool:
        solved = list(pool.map(solve, enumerate(parts)))
    labels = np.zeros(problem.n, dtype=np.int64)
    first = 0
    for (members, k), own in zip(parts, solved, strict=True):
        labels[members] = own + first
        first += k
    labels, _ = solve_windows(
        problem.net, problem.weights, labels, first, _SEAM_WINDOWS * first, 200, stream_seed(seed, 7)
    )
    whole = replace(problem, k=first)
    return Found(labels, objective(whole, labels), None, "FEASIBLE")


def barrier_regions(problem: Problem) -> NDArray[np.int64]:
    """Region of each unit (n,): connected, and of households that make whole grids where possible.

    Starts from the parts that barriers leave, then joins each part whose households make no whole number
    of grids (within 0.9 of the quality band) to a neighbour, the smallest first: to the one that it
    fits best with, on a tie to the one with the longest open border.
    """
    net = problem.net
    source = np.repeat(np.arange(problem.n), np.diff(net.indptr))
    is_open = net.barrier <= 0.5 * net.length
    links = coo_array((np.ones(int(is_open.sum())), (source[is_open], net.indices[is_open])), shape=(problem.n,) * 2)
    n_parts, part = connected_components(links.tocsr(), directed=False)
    households = np.bincount(part, weights=net.households, minlength=n_parts)
    border: list[dict[int, float]] = [{} for _ in range(n_parts)]
    across = part[source] != part[net.indices]
    pairs = part[source[across]].astype(np.int64) * n_parts + part[net.indices[across]]
    keys, inverse = np.unique(pairs, return_inverse=True)
    lengths = np.bincount(inverse, weights=(net.length - net.barrier)[across] + 1e-6)
    for key, length in zip(keys.tolist(), lengths.tolist(), strict=True):
        border[key // n_parts][key % n_parts] = length
    return _merged(problem, part.astype(np.int64), households.tolist(), border)


def _misfit(problem: Problem, households: float) -> float:
    """How far households are from a whole number of grids, in quality bands; at most 0.9 is good."""
    ideal = problem.weights.ideal
    k = nearest_k(round(households), ideal)
    return abs(households / (k * ideal) - 1.0) / problem.weights.quality


def _merged(
    problem: Problem, part: NDArray[np.int64], households: list[float], border: list[dict[int, float]]
) -> NDArray[np.int64]:
    into = list(range(len(households)))
    queue = [(h, r) for r, h in enumerate(households) if _misfit(problem, h) > _FIT]
    heapify(queue)
    while queue:
        h, r = heappop(queue)
        if into[r] != r or h != households[r] or not border[r]:
            continue
        joined = {s: _misfit(problem, h + households[s]) for s in border[r]}
        s = min(joined, key=lambda s: (max(joined[s], _FIT), -border[r][s], s))
        into[r] = s
        households[s] += h
        for t, length in border[r].items():
            del border[t][r]
            if t != s:
                border[s][t] = border[t][s] = border[s].get(t, 0.0) + length
        border[r] = {}
        if _misfit(problem, households[s]) > _FIT:
            heappush(queue, (households[s], s))
    root = np.array(into)
    while (root[root] != root).any():
        root = root[root]
    return np.asarray(np.unique(root[part], return_inverse=True)[1], dtype=np.int64)


def _cut_large(problem: Problem, region: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut regions of many units by spanning trees; returns the finer regions and the grids of each."""
    net = problem.net
    ws = new_workspace(net)
    rng = np.array([stream_seed(seed, 3)], dtype=np.uint64)
    fine = np.zeros(problem.n, dtype=np.int64)
    number = np.zeros(problem.n, dtype=np.int64)
    grids: list[NDArray[np.int64]] = []
    first = 0
    order = np.argsort(region, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(region[order])) + 1):
        k = min(nearest_k(round(float(net.households[members].sum())), problem.weights.ideal), len(members))
        k_of = split_by_trees(net, ws, members, k, 3, _REGION_UNITS, fine, rng)
        used = np.flatnonzero(k_of)
        number[used] = np.arange(first, first + len(used))
        fine[members] = number[fine[members]]
        grids.append(k_of[used])
        first += len(used)
    return fine, np.concatenate(grids)


def part_of(problem: Problem, members: NDArray[np.int64], k: int) -> Problem:
    """The problem of dividing some units of an area; the ideal stays that of the whole."""
    net = problem.net
    counts = net.indptr[members + 1] - net.indptr[members]
    at = np.repeat(net.indptr[members] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(
        counts.sum()
    )
    new = np.searchsorted(members, net.indices[at])
    inside = (new < len(members)) & (members[np.minimum(new, len(members) - 1)] == net.indices[at])
    owner = np.repeat(np.arange(len(members)), counts)[inside]
    indptr = np.zeros(len(members) + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner, minlength=len(members)), out=indptr[1:])
    kept = at[inside]
    return replace(
        problem,
        net=Net(
            indptr,
            new[inside],
            net.length[kept],
            net.barrier[kept],
            net.same[kept],
            net.households[members],
            net.area[members],
            net.perimeter[members],
            net.old[members],
        ),
        compound=problem.compound[members],
        k=k,
    )
