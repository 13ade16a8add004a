"""Compile every hot loop once, on the smallest problem that reaches them all."""

from __future__ import annotations

import numpy as np

from gridmap.model.graph import DualGraph
from gridmap.partition.candidates import connected_subsets
from gridmap.partition.kernels import anneal_from, candidate_sums, costs_of, multi_start, solve_windows
from gridmap.partition.problem import Area
from gridmap.partition.recombine import distinct_grids


def compile_all() -> None:
    """Run each compiled function once; numba writes the machine code beside the sources."""
    n = 12
    edges = np.array([(i, i + 1) for i in range(n - 1)], dtype=np.int64)
    graph = DualGraph.from_edges(n, edges, np.ones(n - 1))
    households = np.full(n, 10, dtype=np.int64)
    none = np.full(n, -1, dtype=np.int64)
    area = Area(graph, households, np.ones(n), np.full(n, 4.0), none, none)
    problem = area.problem(2, 20, 100, 60.0, 0.1)
    net, weights, seed = problem.net, problem.weights, np.uint64(1)
    labels, _ = multi_start(net, weights, 2, 1, 1, 0.5, 0.005, seed)
    anneal_from(net, weights, labels[0], 2, np.ones(2, dtype=np.bool_), 1, 1, 0.5, 0.005, seed)
    solve_windows(net, weights, labels[0], 2, 1, 1, seed)
    candidates = distinct_grids(labels)
    sums = candidate_sums(net, candidates.indptr, candidates.members)
    costs_of(weights, *sums[:4])
    connected_subsets(graph, households, 20, 100, limit=1_000)
