"""Candidates against brute force, and the limits of the enumeration."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gridmap.model.graph import DualGraph
from gridmap.partition.candidates import Candidates, connected_subsets
from gridmap.partition.enumeration import enumerate_compiled, enumerate_subsets


def graph_of(n: int, edges: list[tuple[int, int]]) -> DualGraph:
    return DualGraph.from_edges(n, np.array(edges, dtype=np.int64).reshape(-1, 2), np.ones(len(edges)))


def lattice(rows: int, columns: int) -> DualGraph:
    edges = [(r * columns + c, r * columns + c + 1) for r in range(rows) for c in range(columns - 1)]
    edges += [(r * columns + c, (r + 1) * columns + c) for r in range(rows - 1) for c in range(columns)]
    return graph_of(rows * columns, edges)


def is_connected(graph: DualGraph, members: tuple[int, ...]) -> bool:
    reached, frontier = {members[0]}, [members[0]]
    while frontier:
        for other in graph.neighbours(frontier.pop()).tolist():
            if other in members and other not in reached:
                reached.add(other)
                frontier.append(other)
    return len(reached) == len(members)


def brute_force(
    graph: DualGraph, weights: NDArray[np.int64], lower: int, upper: int, most: int
) -> set[tuple[int, ...]]:
    return {
        members
        for size in range(1, most + 1)
        for members in combinations(range(len(graph)), size)
        if lower <= weights[list(members)].sum() <= upper and is_connected(graph, members)
    }


def as_sets(candidates: Candidates) -> list[tuple[int, ...]]:
    return [tuple(candidates.units_of(j).tolist()) for j in range(len(candidates))]


@st.composite
def cases(draw: st.DrawFn) -> tuple[DualGraph, NDArray[np.int64], int, int, int]:
    n = draw(st.integers(1, 10))
    pairs = list(combinations(range(n), 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=18)) if pairs else []
    weights = np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=np.int64)
    lower = draw(st.integers(0, 12))
    return graph_of(n, edges), weights, lower, lower + draw(st.integers(0, 12)), draw(st.integers(1, n))


@given(cases())
@settings(max_examples=150, deadline=None)
def test_same_sets_as_brute_force(case: tuple[DualGraph, NDArray[np.int64], int, int, int]) -> None:
    graph, weights, lower, upper, most = case
    found = connected_subsets(graph, weights, lower, upper, max_units=most, limit=10_000, max_visits=10**6)
    assert found is not None
    sets = as_sets(found)
    assert len(set(sets)) == len(sets)
    assert set(sets) == brute_force(graph, weights, lower, upper, most)


@given(cases())
@settings(max_examples=100, deadline=None)
def test_compiled_search_is_the_plain_one_and_finds_every_set(
    case: tuple[DualGraph, NDArray[np.int64], int, int, int],
) -> None:
    graph, weights, lower, upper, most = case
    arguments = (graph.indptr, graph.indices, weights, lower, upper, most, 10_000, 10**6)
    n_found, ends, members = enumerate_subsets(*arguments)
    n_compiled, ends_compiled, members_compiled = enumerate_compiled(*arguments)
    total = ends[n_found - 1] if n_found else 0
    assert n_compiled == n_found
    np.testing.assert_array_equal(ends_compiled[:n_found], ends[:n_found])
    np.testing.assert_array_equal(members_compiled[:total], members[:total])
    sets = [tuple(s.tolist()) for s in np.split(members[:total], ends[: max(n_found - 1, 0)])] if n_found else []
    assert len(set(sets)) == len(sets)
    assert set(sets) == brute_force(graph, weights, lower, upper, most)


def test_pairs_and_triples_of_a_two_by_three_lattice() -> None:
    # 7 edges; paths of three cells: 2 rows + 8 corners (4 unit squares' worth, two squares of 4) = 10
    found = connected_subsets(lattice(2, 3), np.ones(6, dtype=np.int64), 2, 3, limit=100)
    assert found is not None
    assert np.bincount(found.sizes).tolist() == [0, 0, 7, 10]


def test_ascending_members_and_totals() -> None:
    found = connected_subsets(graph_of(3, [(0, 1), (1, 2)]), np.array([5, 7, 11]), 12, 18, limit=100)
    assert found is not None
    assert as_sets(found) == [(0, 1), (1, 2)]
    assert found.total(np.array([5, 7, 11])).tolist() == [12.0, 18.0]
    assert as_sets(found.take(np.array([1, 0]))) == [(1, 2), (0, 1)]


@pytest.mark.parametrize("upper", [3, 6])
def test_gives_up_beyond_the_limit(upper: int) -> None:
    graph, ones = lattice(4, 4), np.ones(16, dtype=np.int64)
    every = connected_subsets(graph, ones, 2, upper, limit=100_000)
    assert every is not None
    assert connected_subsets(graph, ones, 2, upper, limit=len(every)) is not None
    assert connected_subsets(graph, ones, 2, upper, limit=len(every) - 1) is None


@pytest.mark.parametrize("most", [4, 16])
def test_gives_up_when_too_many_sets_below_the_band_are_visited(most: int) -> None:
    graph, weights = lattice(4, 4), np.ones(16, dtype=np.int64)
    assert connected_subsets(graph, weights, most, most, max_units=most, limit=10_000, max_visits=20) is None


def test_units_without_weight_ride_along_up_to_max_units() -> None:
    graph = graph_of(4, [(0, 1), (1, 2), (2, 3)])
    found = connected_subsets(graph, np.array([0, 10, 0, 0]), 10, 10, max_units=3, limit=100)
    assert found is not None
    assert set(as_sets(found)) == {(1,), (0, 1), (1, 2), (0, 1, 2), (1, 2, 3)}


def test_nothing_fits() -> None:
    found = connected_subsets(lattice(2, 2), np.full(4, 50, dtype=np.int64), 10, 20, limit=10)
    assert found is not None
    assert len(found) == 0
    assert len(Candidates.from_sets([])) == 0


def test_small_sets_need_no_numba() -> None:
    code = (
        "import sys, numpy as np; from gridmap.model.graph import DualGraph;"
        "from gridmap.partition.candidates import connected_subsets as c;"
        "g = DualGraph.from_edges(3, np.array([[0, 1], [1, 2]]), np.ones(2));"
        "assert len(c(g, np.ones(3, dtype=np.int64), 2, 3, limit=9)) == 3; assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
