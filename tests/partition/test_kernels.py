"""The hot loops: sums kept in step, grids kept in one piece, prices by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gridmap.partition.kernels import (
    anneal,
    anneal_from,
    candidate_sums,
    costs_of,
    grid_cost,
    multi_start,
    new_state,
    new_workspace,
    next_below,
    next_random,
    solve_windows,
    split_by_trees,
    total_cost,
)
from gridmap.partition.problem import Problem
from gridmap.partition.recombine import distinct_grids

SUMS = ("households", "area", "perimeter", "barrier", "n_units", "cost")


def town(lattice: Any, seed: int, k: int = 4, old: bool = False) -> Problem:
    """8 × 6 squares with a river, compounds of 2 × 2 and buildings from none to many households."""
    cells = lattice.rectangle(8, 6)
    labels = np.array([x // 4 + 2 * (y // 3) for x, y in cells], dtype=np.int64)
    return lattice.problem(
        cells,
        lattice.buildings(48, seed),
        k,
        walls=lambda c, d: c[0] == 2 and d[0] == 3,
        compound=[x // 2 + 4 * (y // 2) for x, y in cells],
        old=labels if old else None,
        band=(0.8 * 300, 1.2 * 300),
    )


def generator(seed: int) -> np.ndarray:
    return np.array([seed], dtype=np.uint64)


def test_random_numbers_are_those_of_the_published_generator() -> None:
    rng, x = generator(12345), 12345
    for _ in range(50):
        x ^= x >> 12
        x ^= (x << 25) & (2**64 - 1)
        x ^= x >> 27
        expected = ((x * 2685821657736338717) & (2**64 - 1)) >> 11
        assert next_random(rng) == expected / 2**53
    drawn = [next_below(rng, 7) for _ in range(500)]
    assert set(drawn) == set(range(7))


@pytest.mark.parametrize(
    ("households", "expected"), [(360.0, 0.0), (240.0, 0.0), (370.0, 25 + 200 * 10 / 300), (210.0, 25 + 200 * 0.1)]
)
def test_band_is_priced_by_hand(lattice: Any, households: float, expected: float) -> None:
    w = lattice.problem([(0, 0)], [300], 1).weights._replace(
        square=0.0, shape=0.0, beyond=0.0, beyond_excess=0.0, outside=25.0, outside_excess=200.0
    )
    assert grid_cost(w, households, 1.0, 4.0, 0.0) == pytest.approx(expected)


def test_shape_barrier_and_deviation_are_priced_by_hand(lattice: Any) -> None:
    w = lattice.problem([(0, 0)], [300], 1).weights._replace(
        square=100.0, shape=1.0, barrier=5.0, quality=0.05, beyond=4.0, beyond_excess=200.0
    )
    square = 16 / (4 * math.pi) - 1
    assert grid_cost(w, 300.0, 1.0, 4.0, 0.0) == pytest.approx(square)
    assert grid_cost(w, 300.0, 1.0, 4.0, 2.0) == pytest.approx(square + 10)
    assert grid_cost(w, 330.0, 1.0, 4.0, 0.0) == pytest.approx(square + 100 * 0.01 + 4 + 200 * 0.05)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("hot", [5.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_annealing_keeps_sums_and_pieces(lattice: Any, seed: int, hot: float, old: bool) -> None:
    problem = town(lattice, seed, old=old)
    labels, costs = multi_start(problem.net, problem.weights, 4, 2, 30, 0.5, 0.005, np.uint64(seed + 1))
    fresh = new_state(problem.net, problem.weights, labels[1].copy(), 4)
    assert costs[1] == pytest.approx(total_cost(problem.net, problem.weights, fresh))
    state = new_state(problem.net, problem.weights, labels[0].copy(), 4)
    everyone, free = np.arange(48), np.ones(4, dtype=np.bool_)
    accepted = anneal(problem.net, problem.weights, state, everyone, free, 5_000, hot, hot / 2, generator(seed + 9))
    assert accepted > 0
    assert hot < 1 or (state.label != labels[0]).any()
    recounted = new_state(problem.net, problem.weights, state.label.copy(), 4)
    for name in SUMS:
        np.testing.assert_allclose(getattr(state, name), getattr(recounted, name), rtol=1e-9, atol=1e-9, err_msg=name)
    assert lattice.is_whole(problem.graph(), state.label, 4)


@pytest.mark.parametrize("seed", range(4))
def test_windows_never_make_it_worse_and_state_the_true_cost(lattice: Any, seed: int) -> None:
    problem = town(lattice, seed)
    labels, costs = multi_start(problem.net, problem.weights, 4, 1, 1, 0.5, 0.005, np.uint64(seed + 1))
    given = labels[0].copy()
    better, cost = solve_windows(problem.net, problem.weights, labels[0], 4, 20, 50, np.uint64(seed + 2))
    assert (labels[0] == given).all()  # the start is not written to
    recounted = new_state(problem.net, problem.weights, better.copy(), 4)
    assert cost == pytest.approx(total_cost(problem.net, problem.weights, recounted))
    assert cost <= costs[0] + 1e-9
    assert lattice.is_whole(problem.graph(), better, 4)


def test_total_cost_counts_compounds_cut_and_households_moved(lattice: Any) -> None:
    # two squares of one compound in two grids: one side of 100 m is cut, in sides of √(area / k) = 100 m
    problem = lattice.problem([(0, 0), (1, 0)], [300, 300], 2, compound=[0, 0], old=np.array([0, 0]))
    state = new_state(problem.net, problem.weights, np.array([0, 1]), 2)
    w = problem.weights
    assert total_cost(problem.net, w, state) - state.cost.sum() == pytest.approx(w.compound + w.moved * 300.2 / 300)


def test_only_free_grids_change(lattice: Any) -> None:
    problem = town(lattice, 1, old=True)
    free = np.array([True, True, False, False])
    labels, costs = anneal_from(problem.net, problem.weights, problem.net.old, 4, free, 3, 200, 3.0, 0.5, np.uint64(4))
    fixed = problem.net.old >= 2
    assert (labels[:, fixed] == problem.net.old[fixed]).all()
    assert (labels[:, ~fixed] < 2).all()
    assert (labels != problem.net.old).any()
    for row, cost in zip(labels, costs, strict=True):
        state = new_state(problem.net, problem.weights, row.copy(), 4)
        assert cost == pytest.approx(total_cost(problem.net, problem.weights, state))


@pytest.mark.parametrize("k", [1, 2, 3, 7, 48])
def test_tree_split_gives_k_whole_parts(lattice: Any, k: int) -> None:
    problem = town(lattice, 2, k)
    part = np.full(48, -1, dtype=np.int64)
    grids = split_by_trees(problem.net, new_workspace(problem.net), np.arange(48), k, 5, 0, part, generator(3))
    assert grids.tolist() == [1] * k
    assert lattice.is_whole(problem.graph(), part, k)


def test_tree_split_stops_at_small_parts_and_says_for_how_many_grids(lattice: Any) -> None:
    problem = town(lattice, 2, 8)
    part = np.full(48, -1, dtype=np.int64)
    grids = split_by_trees(problem.net, new_workspace(problem.net), np.arange(48), 8, 5, 20, part, generator(3))
    used = np.flatnonzero(grids)
    assert grids.sum() == 8
    assert sorted(set(part.tolist())) == used.tolist()
    assert 2 <= len(used) < 8
    assert all(n == 1 for n in lattice.pieces(problem.graph(), part).values())


def test_candidates_cost_what_grids_cost(lattice: Any) -> None:
    problem = town(lattice, 3)
    labels, _ = multi_start(problem.net, problem.weights, 4, 1, 30, 0.5, 0.005, np.uint64(5))
    state = new_state(problem.net, problem.weights, labels[0].copy(), 4)
    candidates = distinct_grids(labels)
    sums = candidate_sums(problem.net, candidates.indptr, candidates.members)
    label_of = [labels[0][candidates.units_of(i)[0]] for i in range(4)]
    for name, values in zip(SUMS[:4], sums[:4], strict=True):
        np.testing.assert_allclose(values, getattr(state, name)[label_of], err_msg=name)
    np.testing.assert_allclose(costs_of(problem.weights, *sums[:4]), state.cost[label_of])
    cut = total_cost(problem.net, problem.weights, state) - state.cost.sum()
    assert 0.5 * problem.weights.compound * sums[4].sum() == pytest.approx(cut)
