"""Large areas: regions between barriers, the same plan on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridmap.partition import regions
from gridmap.partition.kernels import new_state
from gridmap.partition.problem import Problem
from gridmap.partition.regions import barrier_regions, search_large


def river_town(lattice: Any) -> Problem:
    """24 × 25 squares of 10 households; a river after column 11 leaves two banks of 3,000."""
    return lattice.problem(lattice.rectangle(24, 25), [10] * 600, 20, walls=lambda c, d: c[0] == 11 and d[0] == 12)


def test_a_river_between_two_lawful_banks_is_crossed_by_no_grid(lattice: Any) -> None:
    problem = river_town(lattice)
    found = search_large(problem, 3)
    assert lattice.is_whole(problem.graph(), found.labels, 20)
    state = new_state(problem.net, problem.weights, found.labels, 20)
    assert state.barrier.tolist() == [0.0] * 20
    assert found.objective[0] == 0


def test_banks_are_the_regions(lattice: Any) -> None:
    problem = river_town(lattice)
    bank = np.array([int(x > 11) for x, _ in lattice.rectangle(24, 25)])
    region = barrier_regions(problem)
    assert sorted(set(zip(region.tolist(), bank.tolist(), strict=True))) in ([(0, 0), (1, 1)], [(0, 1), (1, 0)])


def test_a_part_that_makes_no_whole_grid_joins_the_neighbour_it_fits(lattice: Any) -> None:
    # three strips of 10 squares: 300 | 150 | 450 households; the middle completes the last, not the first
    cells = lattice.rectangle(30, 1)
    households = [30] * 10 + [15] * 10 + [45] * 10
    problem = lattice.problem(cells, households, 3, walls=lambda c, _: c[0] in (9, 19))
    region = barrier_regions(problem)
    assert len(set(region[:10].tolist())) == 1
    assert len(set(region[10:].tolist())) == 1
    assert region[0] != region[29]


@pytest.mark.parametrize("seed", [1, 2])
def test_threads_and_repetition_change_nothing(lattice: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = lattice.rectangle(32, 25)
    households = lattice.buildings(800, seed)
    k = round(households.sum() / 300)
    problem = lattice.problem(cells, households, k, walls=lambda c, d: c[0] == 9 and d[0] == 10)
    monkeypatch.setattr(regions, "_REGION_UNITS", 150)  # several regions, so that threads have something to do
    plans = []
    for threads in (1, 2, 2):
        monkeypatch.setattr(regions, "_THREADS", threads)
        plans.append(search_large(problem, seed))
    assert (plans[0].labels == plans[1].labels).all()
    assert (plans[1].labels == plans[2].labels).all()
    n_grids = int(plans[0].labels.max()) + 1
    assert abs(n_grids - k) <= 1
    assert lattice.is_whole(problem.graph(), plans[0].labels, n_grids)
    sums = np.bincount(plans[0].labels, households)
    assert plans[0].objective[0] == ((sums < 240) | (sums > 360)).sum()


def test_another_seed_is_another_plan(lattice: Any) -> None:
    problem = river_town(lattice)
    assert (search_large(problem, 1).labels != search_large(problem, 2).labels).any()
