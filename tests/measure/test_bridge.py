"""Bridges over streets, and ferries to islands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, box

from gridmap import Units
from gridmap.measure.connect import build_graph, components, nearest_bridges, with_bridges
from gridmap.model.graph import DualGraph

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Make = Callable[..., Units]
MakeBarriers = Callable[..., gpd.GeoDataFrame]


def bridges(graph: DualGraph) -> dict[tuple[int, int], tuple[float, float]]:
    rows = zip(graph.source, graph.indices, graph.length_m, graph.barrier_m, graph.bridged, strict=True)
    return {(int(a), int(b)): (float(x), float(w)) for a, b, x, w, is_bridge in rows if is_bridge and a < b}


def test_fronts_across_a_street_face_each_other(make_units: Make) -> None:
    # two parcels of 20 m on each side of a street of 10 m, the northern pair shifted by 5 m
    units = make_units([box(0, 0, 20, 30), box(20, 0, 40, 30), box(5, 40, 25, 70), box(25, 40, 45, 70)])
    graph = build_graph(units, bridge_m=12)
    found = bridges(graph)
    assert set(found) == {(0, 2), (1, 2), (1, 3)}
    assert found[0, 2][0] == pytest.approx(15, abs=1.2)
    assert found[1, 2][0] == pytest.approx(5, abs=1.2)
    assert found[1, 3][0] == pytest.approx(15, abs=1.2)
    assert bridges(build_graph(units, bridge_m=9)) == {}


def test_third_unit_between_stops_the_bridge(make_units: Make) -> None:
    units = make_units([box(0, 0, 20, 20), box(22, -5, 24, 25), box(26, 0, 40, 20)])
    assert set(bridges(build_graph(units, bridge_m=10))) == {(0, 1), (1, 2)}


def test_neighbours_that_touch_get_no_second_edge(make_units: Make) -> None:
    l_shape = box(0, 0, 30, 10).union(box(0, 0, 10, 30))
    graph = build_graph(make_units([l_shape, box(12, 10, 30, 30)]), bridge_m=5)
    assert graph.n_edges == 1
    assert not graph.bridged.any()
    assert graph.length_m[0] == pytest.approx(18)


def test_own_inner_court_is_no_bridge(make_units: Make) -> None:
    court = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    assert build_graph(make_units([court]), bridge_m=50).n_edges == 0


@pytest.mark.parametrize(("road_from", "share"), [(-10, 1.0), (10, 0.5), (30, 0.0)])
def test_barrier_is_the_share_of_sight_lines_that_cross_it(
    make_units: Make, make_barriers: MakeBarriers, road_from: float, share: float
) -> None:
    units = make_units([box(0, 0, 20, 20), box(0, 30, 20, 50)])
    road = make_barriers(LineString([(road_from, 25), (40, 25)]))
    length, barrier = bridges(build_graph(units, road, bridge_m=10))[0, 1]
    assert length == pytest.approx(20)
    assert barrier == pytest.approx(20 * share)


def test_corner_to_corner_joins_parts_with_one_metre(make_units: Make, make_barriers: MakeBarriers) -> None:
    units = make_units([box(0, 0, 20, 20), box(25, 25, 40, 40)])
    assert bridges(build_graph(units, bridge_m=8)) == {(0, 1): (1.0, 0.0)}
    road = make_barriers(LineString([(0, 45), (45, 0)]))
    assert bridges(build_graph(units, road, bridge_m=8)) == {(0, 1): (1.0, 1.0)}
    assert bridges(build_graph(units, bridge_m=7)) == {}


def test_corner_bridge_does_not_double_a_way_around(make_units: Make) -> None:
    # four blocks at a crossing: opposite corners are 14 m apart, but everything is joined already
    blocks = [box(60 * c, 60 * r, 60 * c + 50, 60 * r + 50) for r in range(2) for c in range(2)]
    assert set(bridges(build_graph(make_units(blocks), bridge_m=15))) == {(0, 1), (0, 2), (1, 3), (2, 3)}


def test_ferries_are_the_shortest_tree_of_each_jurisdiction(make_units: Make) -> None:
    shapes = [box(0, 0, 10, 10), box(10, 0, 20, 10), box(25, 0, 30, 10), box(37, 0, 40, 10), box(41, 0, 50, 10)]
    units = make_units(shapes, ["a", "a", "a", "a", "b"])
    edges, distance_m = nearest_bridges(units, build_graph(units))
    assert edges.tolist() == [[1, 2], [2, 3]]
    assert distance_m.tolist() == [5, 7]


def test_ferries_join_parts_that_name_each_other(make_units: Make) -> None:
    # a large part and two pairs of small ones, each nearest to its twin
    shapes = [
        box(0, 0, 10, 10),
        box(10, 0, 20, 10),
        box(30, 0, 31, 1),
        box(32, 0, 33, 1),
        box(60, 0, 61, 1),
        box(62, 0, 63, 1),
    ]
    units = make_units(shapes)
    graph = build_graph(units)
    edges, distance_m = nearest_bridges(units, graph)
    assert edges.tolist() == [[1, 2], [2, 3], [3, 4], [4, 5]]
    assert distance_m.tolist() == [10, 1, 27, 1]
    joined = with_bridges(graph, edges)
    assert components(joined).max() == 0
    assert joined.length_m[joined.bridged].tolist() == [1.0] * 8


def test_connected_jurisdictions_need_no_ferry(make_units: Make) -> None:
    units = make_units([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    edges, distance_m = nearest_bridges(units, build_graph(units))
    assert edges.shape == (0, 2)
    assert len(distance_m) == 0


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the folder ../shared/data")
def test_cambridge_parcels_are_bridged(make_units: Make) -> None:
    frame = gpd.read_file(DATA / "cambridge_ma.gpkg", layer="parcel_units")
    frame = frame[frame["jurisdiction"].isin(["Riverside", "Mid-Cambridge"])]
    polygons = shapely.make_valid(frame.geometry.values)
    units = make_units(polygons, frame["jurisdiction"].tolist())
    touching, bridged = build_graph(units), build_graph(units, bridge_m=25)
    parts = [len(np.unique(components(g, units.jurisdiction_of))) for g in (touching, bridged)]
    assert parts[0] > 100
    # as many parts as there are by distance alone
    a, b = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=25)
    near = DualGraph.from_edges(len(units), np.stack([a, b], axis=1)[a < b], np.ones((a < b).sum()))
    assert parts[1] == len(np.unique(components(near, units.jurisdiction_of)))
    pairs = np.stack([bridged.source, bridged.indices], axis=1)[bridged.bridged]
    apart = shapely.distance(polygons[pairs[:, 0]], polygons[pairs[:, 1]])
    assert apart.max() <= 25
