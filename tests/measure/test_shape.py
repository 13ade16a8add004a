"""Perimeters, compactness, barriers and compounds of grids."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from gridmap import Units
from gridmap.measure.connect import build_graph, perimeter_m
from gridmap.measure.shape import (
    barrier_crossed_m,
    compounds_split,
    cut_length_m,
    cut_lengths_m,
    grid_perimeters_m,
    grid_sums,
    grids_of_compounds,
    polsby_popper,
)

Make = Callable[..., Units]


@pytest.fixture(scope="session")
def square(make_units: Make) -> Units:
    """Nine squares of 10 m, row by row."""
    return make_units([box(10 * c, 10 * r, 10 * c + 10, 10 * r + 10) for r in range(3) for c in range(3)])


def test_polsby_popper_of_known_shapes() -> None:
    area = np.array([1.0, np.pi, 2.0, 0.0])
    perimeter = np.array([4.0, 2 * np.pi, 6.0, 0.0])
    assert polsby_popper(area, perimeter).tolist() == pytest.approx([np.pi / 4, 1.0, 2 * np.pi / 9, 0.0])


def test_measures_of_rows(square: Units) -> None:
    graph = build_graph(square)
    rows = np.repeat([0, 1, 2], 3)
    assert grid_perimeters_m(perimeter_m(square), graph, rows, 3).tolist() == [80, 80, 80]
    assert cut_lengths_m(graph, rows, 3).tolist() == [30, 60, 30]
    assert cut_length_m(graph, rows) == 60
    assert grid_sums(np.full(9, 100.0), rows, 3).tolist() == [300, 300, 300]


def test_units_without_a_grid_are_outside(square: Units) -> None:
    graph = build_graph(square)
    ring = np.array([0, 0, 0, 0, -1, 0, 0, 0, 0])
    assert grid_perimeters_m(perimeter_m(square), graph, ring, 1).tolist() == [120 + 40]
    assert cut_lengths_m(graph, ring, 1).tolist() == [40]
    assert barrier_crossed_m(graph, ring, 1).tolist() == [0]


def test_barrier_inside_a_grid_counts_once(square: Units, make_barriers: Callable[..., gpd.GeoDataFrame]) -> None:
    graph = build_graph(square, make_barriers(LineString([(10, -5), (10, 35)])))
    rows, columns = np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3)
    assert barrier_crossed_m(graph, rows, 3).tolist() == pytest.approx([10, 10, 10])
    assert barrier_crossed_m(graph, columns, 3).tolist() == [0, 0, 0]
    assert barrier_crossed_m(graph, np.zeros(9, dtype=int), 1).tolist() == pytest.approx([30])


def test_bridged_edges_are_no_border_but_carry_barriers(
    make_units: Make, make_barriers: Callable[..., gpd.GeoDataFrame]
) -> None:
    units = make_units([box(0, 0, 20, 20), box(0, 30, 20, 50)])
    graph = build_graph(units, make_barriers(LineString([(-5, 25), (25, 25)])), bridge_m=10)
    together = np.zeros(2, dtype=int)
    assert grid_perimeters_m(perimeter_m(units), graph, together, 1).tolist() == [160]
    assert cut_length_m(graph, np.array([0, 1])) == 0
    assert barrier_crossed_m(graph, together, 1).tolist() == pytest.approx([20])


@settings(max_examples=25, deadline=None)
@given(labels=st.lists(st.integers(-1, 3), min_size=9, max_size=9))
def test_perimeter_equals_that_of_the_union(square: Units, labels: list[int]) -> None:
    grid_of = np.array(labels)
    perimeters = grid_perimeters_m(perimeter_m(square), build_graph(square), grid_of, 4)
    for g in range(4):
        assert perimeters[g] == pytest.approx(shapely.union_all(square.polygons[grid_of == g]).length)


@settings(max_examples=25, deadline=None)
@given(labels=st.lists(st.integers(0, 3), min_size=9, max_size=9), order=st.permutations(range(4)))
def test_names_of_grids_do_not_matter(square: Units, labels: list[int], order: list[int]) -> None:
    graph, grid_of = build_graph(square), np.array(labels)
    other = np.array(order)[grid_of]
    assert cut_length_m(graph, other) == cut_length_m(graph, grid_of)
    assert cut_lengths_m(graph, other, 4)[order].tolist() == cut_lengths_m(graph, grid_of, 4).tolist()


def test_split_compounds() -> None:
    compound = np.array(["金湾", "金湾", "", "海欣", "海欣", "", "孤"], dtype=object)
    grid_of = np.array([0, 1, 0, 2, 2, 1, -1])
    assert compounds_split(compound, grid_of) == 1
    names, n_grids = grids_of_compounds(compound, grid_of)
    assert dict(zip(names, n_grids.tolist(), strict=True)) == {"金湾": 2, "海欣": 1}
    assert compounds_split(np.array(["", ""], dtype=object), np.array([0, 1])) == 0
