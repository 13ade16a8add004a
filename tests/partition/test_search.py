"""The search against every plan there is, and what it promises of each plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gridmap.partition.problem import Problem
from gridmap.partition.recombine import objective
from gridmap.partition.search import Effort, search, stream_seed

QUICK = Effort(starts=6, proposals=60, improved=2, windows=4)


def partitions(n: int, k: int) -> Iterator[list[int]]:
    """Every division of 0 … n − 1 into k sets, each once (restricted growth strings)."""

    def grow(labels: list[int], used: int) -> Iterator[list[int]]:
        if len(labels) == n:
            if used == k:
                yield labels
            return
        for label in range(min(used + 1, k)):
            yield from grow([*labels, label], max(used, label + 1))

    yield from grow([], 0)


def tiers_by_hand(problem: Problem, labels: list[int]) -> tuple[int, int, float]:
    """The three tiers counted grid by grid with nothing but loops."""
    net, w = problem.net, problem.weights
    outside, beyond, cost = 0, 0, 0.0
    for grid in range(max(labels) + 1):
        own = [v for v in range(len(labels)) if labels[v] == grid]
        total = sum(float(net.households[v]) for v in own)
        area = sum(float(net.area[v]) for v in own)
        perimeter, barrier, cut = 0.0, 0.0, 0.0
        for v in own:
            perimeter += float(net.perimeter[v])
            for e in range(net.indptr[v], net.indptr[v + 1]):
                if labels[net.indices[e]] == grid:
                    perimeter -= float(net.length[e])
                    barrier += float(net.barrier[e]) / 2
                else:
                    cut += float(net.same[e])
        d = abs(total - w.ideal) / w.ideal
        excess = max(w.lower - total, total - w.upper, 0.0)
        outside += excess > 0
        beyond += d > w.quality + 1e-12
        cost += (excess > 0) * w.outside + w.outside_excess * excess / w.ideal
        cost += (d > w.quality) * (w.beyond + w.beyond_excess * (d - w.quality)) + w.square * d * d
        cost += w.shape * (perimeter**2 / (4 * math.pi * area) - 1) + w.barrier * barrier + w.compound * cut / 2
    return outside, beyond, cost


def best_plan(lattice: Any, problem: Problem) -> tuple[int, int, float]:
    graph = problem.graph()
    whole = (p for p in partitions(problem.n, problem.k) if all(c == 1 for c in lattice.pieces(graph, p).values()))
    return min(tiers_by_hand(problem, p) for p in whole)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_small_areas_reach_the_best_of_all_plans(lattice: Any, seed: int, k: int) -> None:
    rng = np.random.default_rng(10 * seed + k)
    cells = [c for c in lattice.rectangle(3, 3) if c != [(0, 0), (1, 0), (5, 5)][seed % 3]]
    households = rng.integers(0, 2 * 300 * k // len(cells), len(cells))
    problem = lattice.problem(
        cells,
        households,
        k,
        walls=lambda c, d: c[0] == 0 and d[0] == 1,
        compound=rng.integers(-1, 3, len(cells)).tolist(),
        band=(240, 360) if seed % 2 else (0.8 * households.sum() / k, 1.2 * households.sum() / k),
    )
    best = best_plan(lattice, problem)
    found = search(problem, Effort(), seed)
    assert found.objective == pytest.approx(tiers_by_hand(problem, found.labels.tolist()))
    assert found.objective[:2] == best[:2]
    assert found.status == "OPTIMAL"  # so few units have few connected sets: all of them are candidates
    assert found.objective[2] == pytest.approx(best[2], rel=1e-6)
    assert found.bound is not None
    assert all(b <= v + 1e-6 for b, v in zip(found.bound, found.objective, strict=True))
    assert lattice.is_whole(problem.graph(), found.labels, k)


@pytest.mark.parametrize("seed", range(4))
def test_a_claim_of_optimality_near_the_ideal_only_is_true_of_all_plans(
    lattice: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridmap.partition.search._EVERY", 0)
    households = np.random.default_rng(seed).integers(60, 140, 9)
    problem = lattice.problem(lattice.rectangle(3, 3), households, 3)
    found, best = search(problem, Effort(), seed), best_plan(lattice, problem)
    assert found.objective[:2] == best[:2]
    assert best[2] - 1e-9 <= found.objective[2] <= best[2] * 1.01
    assert found.status == "FEASIBLE" or found.objective == pytest.approx(best)


def test_equal_squares_are_shared_evenly(lattice: Any) -> None:
    problem = lattice.problem(lattice.rectangle(3, 3), [100] * 9, 3)
    found = search(problem, Effort(), 0)
    assert found.status == "OPTIMAL"
    assert found.objective == pytest.approx(best_plan(lattice, problem))
    assert np.bincount(found.labels).tolist() == [3, 3, 3]


def test_one_grid_is_the_whole_area(lattice: Any) -> None:
    problem = lattice.problem(lattice.rectangle(2, 2), [70, 80, 90, 60], 1)
    found = search(problem, QUICK, 0)
    assert found.labels.tolist() == [0] * 4
    assert found.status == "OPTIMAL"
    assert found.objective == pytest.approx(tiers_by_hand(problem, [0] * 4))


@pytest.mark.parametrize("seed", range(3))
def test_larger_areas_are_whole_and_a_seed_repeats(lattice: Any, seed: int) -> None:
    cells = lattice.rectangle(15, 12)
    households = lattice.buildings(180, seed)
    k = round(households.sum() / 300)
    problem = lattice.problem(cells, households, k)
    found, again = search(problem, QUICK, seed), search(problem, QUICK, seed)
    assert (found.labels == again.labels).all()
    assert lattice.is_whole(problem.graph(), found.labels, k)
    assert found.objective == objective(problem, found.labels)
    sums = np.bincount(found.labels, households)
    assert found.objective[0] == ((sums < 240) | (sums > 360)).sum() == 0
    assert found.status == "FEASIBLE"
    assert found.bound is None


def test_compounds_stay_together_where_that_is_free(lattice: Any) -> None:
    # 4 compounds of 2 × 3 squares with 50 households each: every compound is a grid of 300
    cells = lattice.rectangle(4, 6)
    compound = [x // 2 + 2 * (y // 3) for x, y in cells]
    problem = lattice.problem(cells, [50] * 24, 4, compound=compound)
    found = search(problem, Effort(), 1)
    assert len(set(zip(compound, found.labels.tolist(), strict=True))) == 4


def test_a_river_is_not_crossed_where_both_banks_divide(lattice: Any) -> None:
    cells = lattice.rectangle(12, 10)
    problem = lattice.problem(cells, [20] * 120, 8, walls=lambda c, d: c[0] == 5 and d[0] == 6)
    found = search(problem, QUICK, 1)
    west = {g for (x, _), g in zip(cells, found.labels, strict=True) if x <= 5}
    east = {g for (x, _), g in zip(cells, found.labels, strict=True) if x > 5}
    assert not west & east
    assert found.objective[0] == 0


def test_a_heavy_cut_unit_gets_the_best_plan_that_there_is(lattice: Any) -> None:
    # 150 – 350 – 100 in a row: the middle has to be with one end; 250 would be the other way
    problem = lattice.problem([(0, 0), (1, 0), (2, 0)], [150, 350, 100], 2)
    found = search(problem, Effort(), 0)
    assert found.objective == pytest.approx(best_plan(lattice, problem))
    assert found.objective[0] == 2
    assert found.status == "OPTIMAL"  # of so small an area every plan is known


def test_streams_of_random_numbers_differ_and_are_never_zero() -> None:
    seeds = {int(stream_seed(s, t)) for s in range(20) for t in range(20)}
    assert len(seeds) == 400
    assert 0 not in seeds
