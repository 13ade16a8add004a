"""Who borders whom, and over what length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from gridmap import Units
from gridmap.errors import InvalidInput
from gridmap.measure.connect import build_graph, components, exterior_m, perimeter_m
from gridmap.model.graph import DualGraph

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Make = Callable[..., Units]
Edges = dict[tuple[int, int], float]


def edges_of(graph: DualGraph, values: str = "length_m") -> Edges:
    rows = zip(graph.source, graph.indices, getattr(graph, values), strict=True)
    return {(int(a), int(b)): float(v) for a, b, v in rows if a < b}


def oracle(polygons: Sequence[shapely.Geometry], least_m: float = 0.01) -> Edges:
    """Edges by the exact intersection of outlines, pair by pair."""
    found = {}
    for i, a in enumerate(polygons):
        for j in range(i + 1, len(polygons)):
            length = a.boundary.intersection(polygons[j].boundary).length
            if length > least_m:
                found[i, j] = length
    return found


def voronoi(n: int, seed: int, side: float = 100.0) -> list[Polygon]:
    points = np.random.default_rng(seed).random((n, 2)) * side
    square = box(0, 0, side, side)
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square, ordered=True)
    return list(shapely.intersection(shapely.get_parts(cells), square))


# --- by hand ----------------------------------------------------------------------------------------------------


def test_squares_in_a_lattice_are_rook_neighbours(make_units: Make) -> None:
    squares = [box(10 * c, 10 * r, 10 * c + 10, 10 * r + 10) for r in range(2) for c in range(2)]
    assert edges_of(build_graph(make_units(squares))) == {(0, 1): 10, (0, 2): 10, (1, 3): 10, (2, 3): 10}


def test_t_junction_gets_both_neighbours(make_units: Make) -> None:
    # one wide unit below, two above; the wide one has no vertex at x = 4
    units = make_units([box(0, 0, 10, 5), box(0, 5, 4, 9), box(4, 5, 10, 9)])
    assert edges_of(build_graph(units)) == {(0, 1): 4, (0, 2): 6, (1, 2): 4}


def test_unit_in_a_hole_borders_all_around(make_units: Make) -> None:
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    assert edges_of(build_graph(make_units([ring, box(10, 10, 20, 20)]))) == {(0, 1): 40}


def test_parts_of_one_unit_count_together_and_are_no_edge(make_units: Make) -> None:
    two = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    assert edges_of(build_graph(make_units([two, box(10, 0, 20, 10)]))) == {(0, 1): 20}


@pytest.mark.parametrize("off", [0.0, 0.004, -0.004])
def test_corner_alone_is_no_border(make_units: Make, off: float) -> None:
    graph = build_graph(make_units([box(0, 0, 10, 10), box(10 + off, 10 + off, 20, 20)]))
    assert graph.n_edges == 0


def test_outlines_within_snap_are_one_border(make_units: Make) -> None:
    pair = make_units([box(0, 0, 10, 10), box(10.008, 0, 20, 10)])
    assert edges_of(build_graph(pair)) == pytest.approx({(0, 1): 10})
    assert build_graph(pair, snap_m=0.005).n_edges == 0


def test_border_of_less_than_a_centimetre_is_dropped(make_units: Make) -> None:
    short = make_units([box(0, 0, 10, 10), box(10, 9.991, 20, 20)])
    longer = make_units([box(0, 0, 10, 10), box(10, 9.98, 20, 20)])
    assert build_graph(short).n_edges == 0
    assert edges_of(build_graph(longer)) == pytest.approx({(0, 1): 0.02})


def test_overlapping_units_are_neighbours_by_the_outline_inside(make_units: Make) -> None:
    # the east side of the first and the west side of the second lie inside the other
    units = make_units([box(0, 0, 10, 10), box(7, 0, 20, 10)])
    graph = build_graph(units)
    assert graph.n_edges == 1
    assert edges_of(graph)[0, 1] >= 10
    shifted = build_graph(make_units([box(0, 0, 10, 10), box(7, 4, 20, 20)]))
    assert edges_of(shifted) == {(0, 1): 9}  # 3 m of north and 6 m of east; as much of the other
    inside = build_graph(make_units([box(0, 0, 10, 10), box(3, 3, 5, 5)]))
    assert edges_of(inside) == {(0, 1): 8}


def test_equal_units_are_neighbours(make_units: Make) -> None:
    assert edges_of(build_graph(make_units([box(0, 0, 10, 10)] * 3))) == {(0, 1): 40, (0, 2): 40, (1, 2): 40}


def test_one_unit_and_far_units_have_no_edge(make_units: Make) -> None:
    assert build_graph(make_units([box(0, 0, 1, 1)])).n_edges == 0
    assert build_graph(make_units([box(0, 0, 1, 1), box(5, 5, 6, 6)])).n_edges == 0


def test_perimeter_and_exterior(make_units: Make) -> None:
    units = make_units([box(0, 0, 10, 10), box(10, 0, 20, 10), box(50, 0, 60, 10)])
    graph = build_graph(units, bridge_m=40)
    assert graph.bridged.any()
    assert perimeter_m(units).tolist() == [40, 40, 40]
    assert exterior_m(units, graph).tolist() == [30, 30, 40]


def test_components_and_cut_by_labels(make_units: Make) -> None:
    graph = build_graph(make_units([box(10 * i, 0, 10 * i + 10, 10) for i in (0, 1, 2, 3, 5)]))
    assert components(graph).tolist() == [0, 0, 0, 0, 1]
    assert components(graph, np.array([7, 3, 3, 7, 7])).tolist() == [0, 1, 1, 2, 3]


def test_bad_options_are_refused(make_units: Make, make_barriers: Callable[..., gpd.GeoDataFrame]) -> None:
    units = make_units([box(0, 0, 1, 1)])
    with pytest.raises(InvalidInput, match="bridge_m"):
        build_graph(units, bridge_m=-1)
    with pytest.raises(InvalidInput, match="snap_m"):
        build_graph(units, snap_m=float("nan"))
    with pytest.raises(InvalidInput, match="CRS of the units"):
        build_graph(units, make_barriers(LineString([(0, 0), (1, 1)])).to_crs("EPSG:3857"))


# --- against the oracle -----------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 40), seed=st.integers(0, 10_000))
def test_coverage_equals_exact_intersection(make_units: Make, n: int, seed: int) -> None:
    cells = voronoi(n, seed)
    assert edges_of(build_graph(make_units(cells))) == pytest.approx(oracle(cells), abs=0.011)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(1, 39), min_size=1, max_size=8), seed=st.integers(0, 1000))
def test_t_junctions_equal_exact_intersection(make_units: Make, cuts: list[int], seed: int) -> None:
    """Strips cut at different places, turned, so that coordinates are not round: vertices on one side only."""
    rng = np.random.default_rng(seed)
    shapes = []
    for row in range(3):
        places = [0, *sorted(set(cuts) ^ {int(rng.integers(1, 39))}), 40]
        shapes += [box(a, 10 * row, b, 10 * row + 10) for a, b in pairwise(places)]
    angle = rng.random() * np.pi
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = [shapely.transform(s, lambda xy: xy @ turn.T) for s in shapes]
    assert edges_of(build_graph(make_units(turned))) == pytest.approx(oracle(shapes), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_units_does_not_matter(make_units: Make, seed: int) -> None:
    cells = voronoi(20, seed)
    order = np.random.default_rng(seed).permutation(20)
    plain = edges_of(build_graph(make_units(cells), bridge_m=5))
    mixed = edges_of(build_graph(make_units([cells[i] for i in order]), bridge_m=5))
    back = {(min(order[a], order[b]), max(order[a], order[b])): v for (a, b), v in mixed.items()}
    assert back == pytest.approx(plain)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the folder ../shared/data")
@pytest.mark.parametrize(
    ("file", "layer", "least"),
    [
        ("walnut_hills_units.gpkg", "units", 1068),
        ("tw_10007120_units.gpkg", "units", 753),
        ("cambridge_ma.gpkg", "block_units", 1840),
        ("hdb_3areas.gpkg", "cells_voronoi_derived", 2364),
    ],
)
def test_real_layers_have_every_exact_edge(make_units: Make, file: str, layer: str, least: int) -> None:
    polygons = shapely.make_valid(gpd.read_file(DATA / file, layer=layer).geometry.values)
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="intersects")
    a, b = a[a < b], b[a < b]
    length = shapely.length(shapely.intersection(shapely.boundary(polygons[a]), shapely.boundary(polygons[b])))
    exact = {(int(i), int(j)): x for i, j, x in zip(a, b, length, strict=True) if x > 0.01}
    ours = edges_of(build_graph(make_units(polygons)))
    assert len(exact) == least
    # where outlines miss each other by less than a centimetre ours finds more, never less
    assert {e: x - ours.get(e, 0.0) for e, x in exact.items() if x - ours.get(e, 0.0) > 1e-6} == {}
