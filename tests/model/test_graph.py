"""The dual graph: built from edges, cut to a part, and refused when its halves disagree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap import DualGraph
from gridmap.errors import InvalidGraph

#: 0 – 1 – 2 and 1 – 3; unit 4 alone.
EDGES = np.array([[2, 1], [0, 1], [1, 3]])
LENGTHS = np.array([20.0, 10.0, 30.0])


@pytest.fixture
def graph() -> DualGraph:
    return DualGraph.from_edges(
        5, EDGES, LENGTHS, barrier_m=np.array([5.0, 0.0, 0.0]), bridged=np.array([False, False, True])
    )


def halves(**changed: object) -> dict[str, object]:
    """Arrays of the graph 0 – 1 (length 7 m), one of them changed."""
    arrays: dict[str, object] = {
        "indptr": [0, 1, 2],
        "indices": [1, 0],
        "length_m": [7.0, 7.0],
        "barrier_m": [0.0, 0.0],
        "bridged": [False, False],
    }
    return arrays | changed


@st.composite
def edge_lists(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], list[float]]:
    n = draw(st.integers(1, 12))
    every = [(i, j) for i in range(n) for j in range(i + 1, n)]
    edges = draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    turned = [(j, i) if draw(st.booleans()) else (i, j) for i, j in edges]
    lengths = draw(st.lists(st.floats(0, 1e5), min_size=len(edges), max_size=len(edges)))
    return n, turned, lengths


class TestBuilding:
    def test_rows_by_hand(self, graph: DualGraph) -> None:
        assert len(graph) == 5
        assert graph.n_edges == 3
        assert graph.indptr.tolist() == [0, 1, 4, 5, 6, 6]
        assert graph.indices.tolist() == [1, 0, 2, 3, 1, 1]
        assert graph.source.tolist() == [0, 1, 1, 1, 2, 3]
        assert graph.length_m.tolist() == [10, 10, 20, 30, 20, 30]
        assert graph.barrier_m.tolist() == [0, 0, 5, 0, 5, 0]
        assert graph.bridged.tolist() == [False, False, False, True, False, True]
        assert graph.neighbours(1).tolist() == [0, 2, 3]
        assert graph.neighbours(4).tolist() == []

    @given(edge_lists())
    def test_edges_come_back_as_they_were_given(self, case: tuple[int, list[tuple[int, int]], list[float]]) -> None:
        n, edges, lengths = case
        graph = DualGraph.from_edges(n, np.array(edges, dtype=np.int64), np.array(lengths))
        pairs = zip(graph.source.tolist(), graph.indices.tolist(), graph.length_m.tolist(), strict=True)
        expected = {(min(e), max(e)): length for e, length in zip(edges, lengths, strict=True)}
        assert {(a, b): length for a, b, length in pairs if a < b} == expected
        assert len(graph) == n

    def test_no_units_and_no_edges(self) -> None:
        empty = DualGraph.from_edges(0, np.empty((0, 2), dtype=np.int64), np.empty(0))
        assert (len(empty), empty.n_edges) == (0, 0)
        lonely = DualGraph.from_edges(3, np.empty((0, 2), dtype=np.int64), np.empty(0))
        assert lonely.neighbours(2).tolist() == []

    def test_arrays_are_copies_that_cannot_be_written(self) -> None:
        lengths = np.array([7.0, 7.0])
        graph = DualGraph(**halves(length_m=lengths))  # type: ignore[arg-type]
        lengths[:] = 0
        assert graph.length_m.tolist() == [7.0, 7.0]
        for name in ("indptr", "indices", "length_m", "barrier_m", "bridged"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(graph, name)[0] = 1


class TestSubgraph:
    def test_renumbered_in_the_order_asked_for(self, graph: DualGraph) -> None:
        part = graph.subgraph(np.array([3, 1, 0]))
        assert part.indices.tolist() == [1, 0, 2, 1]
        assert part.length_m.tolist() == [30, 30, 10, 10]
        assert part.bridged.tolist() == [True, True, False, False]

    def test_of_everything_is_the_same(self, graph: DualGraph) -> None:
        same = graph.subgraph(np.arange(5))
        assert same.indptr.tolist() == graph.indptr.tolist()
        assert same.indices.tolist() == graph.indices.tolist()

    def test_of_strangers_has_no_edges(self, graph: DualGraph) -> None:
        assert graph.subgraph(np.array([0, 2, 4])).n_edges == 0
        assert len(graph.subgraph(np.array([], dtype=np.int64))) == 0

    @given(edge_lists(), st.randoms(use_true_random=False))
    def test_keeps_exactly_the_edges_inside(self, case: tuple[int, list[tuple[int, int]], list[float]], random) -> None:  # noqa: ANN001 — hypothesis gives random.Random
        n, edges, lengths = case
        graph = DualGraph.from_edges(n, np.array(edges, dtype=np.int64), np.array(lengths))
        members = random.sample(range(n), random.randint(0, n))
        part = graph.subgraph(np.array(members, dtype=np.int64))
        back = {frozenset((members[a], members[b])) for a, b in zip(part.source, part.indices, strict=True)}
        assert back == {frozenset(e) for e in edges if set(e) <= set(members)}


class TestPromises:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"indptr": []}, "one value more than there are units"),
            ({"indptr": [0, 1, 1]}, "must rise from 0 to 2; got 0 to 1"),
            ({"indptr": [1, 1, 2]}, "must rise from 0 to 2; got 1 to 2"),
            ({"indptr": [0, 2, 1, 2]}, "must rise"),
            ({"length_m": [7.0]}, "length_m needs 2 values, one a half edge; got 1"),
            ({"barrier_m": [0.0] * 3}, "barrier_m needs 2 values"),
            ({"bridged": []}, "bridged needs 2 values"),
            ({"indices": [1, 2]}, r"indices must lie in 0 … 1; got 1 … 2"),
            ({"indices": [1, -1]}, r"got -1 … 1"),
            ({"indices": [0, 1]}, "its own neighbour; so are units 0, 1"),
            ({"length_m": [7.0, 8.0]}, "length_m must be the same in both directions"),
            ({"barrier_m": [1.0, 0.0]}, "barrier_m must be the same in both directions"),
            ({"bridged": [True, False]}, "bridged must be the same in both directions"),
            ({"length_m": [-1.0, -1.0]}, "length_m must be finite and not negative"),
            ({"length_m": [np.nan, np.nan]}, "length_m must be finite"),
            ({"barrier_m": [np.inf, np.inf]}, "barrier_m must be finite"),
        ],
    )
    def test_broken_arrays(self, changed: dict[str, object], said: str) -> None:
        with pytest.raises(InvalidGraph, match=said):
            DualGraph(**halves(**changed))  # type: ignore[arg-type]

    def test_an_edge_in_one_direction_only(self) -> None:
        zeros = np.zeros(2)
        with pytest.raises(InvalidGraph, match="stored in both directions; only one way: 0→1, 1→2"):
            DualGraph(np.array([0, 1, 2, 2]), np.array([1, 2]), zeros, zeros, zeros.astype(bool))

    def test_a_row_out_of_order_or_with_a_repeat(self) -> None:
        zeros = np.zeros(4)
        for row in ([2, 1], [1, 1]):
            with pytest.raises(InvalidGraph, match="ascending and stand once"):
                DualGraph(np.array([0, 2, 3, 4]), np.array([*row, 0, 0]), zeros, zeros, zeros.astype(bool))

    @pytest.mark.parametrize(
        ("edges", "said"),
        [
            ([[0, 3]], "edges must join units 0 to 2; got 0 to 3"),
            ([[-1, 1]], "got -1 to 1"),
            ([[1, 1]], "its own neighbour"),
            ([[0, 1], [1, 0]], "stand once"),
        ],
    )
    def test_broken_edges(self, edges: list[list[int]], said: str) -> None:
        with pytest.raises(InvalidGraph, match=said):
            DualGraph.from_edges(3, np.array(edges), np.ones(len(edges)))

    def test_as_many_lengths_as_edges(self) -> None:
        with pytest.raises(InvalidGraph, match="length_m needs 3 values, one an edge; got 2"):
            DualGraph.from_edges(5, EDGES, np.ones(2))
