"""Roads as a network: where they join, how many parts they have, how far it is along them."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.points.network import build_network
from gridmap.points.walking import find_walks, walk_distances

CRS = "EPSG:4549"


def roads(*lines: Any, names: list[str] | None = None, crs: str | None = CRS) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({"name": names or [""] * len(shapes)}, geometry=shapes, crs=crs)


def xy(*places: tuple[float, float]) -> Any:
    return np.array(places, dtype=np.float64).reshape(-1, 2)


CROSS = [[(0, 0), (200, 0)], [(100, -100), (100, 100)]]


def test_lines_that_cross_meet_in_a_junction() -> None:
    network = build_network(roads(*CROSS))
    assert (len(network), network.n_nodes, network.n_components) == (4, 5, 1)
    assert network.length_m.tolist() == [100.0] * 4
    assert network.share_in_largest == 1.0


def test_an_end_that_stops_short_is_led_on() -> None:
    short = roads([(0, 0), (200, 0)], [(100, 0.8), (100, 100)])
    assert build_network(short).n_components == 1
    assert build_network(short, join_m=0.5).n_components == 2


def test_ends_near_each_other_are_joined() -> None:
    network = build_network(roads([(0, 0), (100, 0)], [(100.6, 0), (200, 0)]))
    assert (len(network), network.length_m.tolist()) == (1, [200.0])
    assert len(build_network(roads([(0, 0), (100, 0)], [(100.6, 0), (200, 0)]), join_m=0.0)) == 2


def test_parts_are_counted_and_the_longest_comes_first() -> None:
    network = build_network(roads([(0, 500), (100, 500)], [(0, 0), (300, 0)]))
    assert network.n_components == 2
    assert network.share_in_largest == 0.75
    assert np.isinf(walk_distances(network, xy((0, 0)), xy((50, 500)), 5000.0)).all()


def test_motorways_and_elevated_roads_are_not_walked_on() -> None:
    layer = roads(*CROSS, names=["沪金高速（高架）", "卫清路"])
    assert build_network(layer).length_m.tolist() == [200.0]


def test_no_roads_are_a_network_without_edges() -> None:
    network = build_network(roads())
    assert (len(network), network.n_nodes, network.n_components) == (0, 0, 0)
    assert np.isnan(network.share_in_largest)
    walks = find_walks(xy((0, 0)), xy((100, 0)), 500.0, network=network)  # straight, as without a network
    assert walks.metres.tolist() == [130.0]


def test_other_geometries_and_blanks_are_left_out() -> None:
    layer = gpd.GeoDataFrame(
        geometry=[None, shapely.Point(0, 0), shapely.LineString(), shapely.LineString([(0, 0), (9, 0)])], crs=CRS
    )
    assert len(build_network(layer)) == 1


@pytest.mark.parametrize("crs", [None, "EPSG:4490"])
def test_roads_need_metres(crs: str | None) -> None:
    with pytest.raises(InvalidInput, match="projected CRS in metres"):
        build_network(roads(*CROSS, crs=crs))


def test_a_negative_join_is_refused() -> None:
    with pytest.raises(InvalidInput, match="join_m"):
        build_network(roads(*CROSS), join_m=-1.0)


def test_the_way_leads_over_the_junction() -> None:
    """From 20, 10 down to the road (10 m), 80 m east, 60 m north, 5 m to the point: 155 m with no detour."""
    network = build_network(roads(*CROSS))
    metres = walk_distances(network, xy((105, 60)), xy((20, 10)), 500.0, detour=1.0)
    assert metres.tolist() == [[pytest.approx(155.0)]]
    with_detour = walk_distances(network, xy((105, 60)), xy((20, 10)), 500.0, detour=2.0)
    assert with_detour.tolist() == [[pytest.approx(170.0)]]
    assert np.isinf(walk_distances(network, xy((105, 60)), xy((20, 10)), 154.0, detour=1.0)).all()


def test_along_one_road_no_junction_is_needed() -> None:
    network = build_network(roads([(0, 0), (1000, 0)]))
    walks = find_walks(xy((300, 10)), xy((500, -10)), 400.0, detour=1.0, network=network)
    assert walks.metres.tolist() == [pytest.approx(220.0)]
    far = find_walks(xy((300, 10)), xy((900, -10)), 400.0, detour=1.0, network=network)
    assert (len(far), far.nearest.tolist(), far.nearest_m.tolist()) == (0, [0], [pytest.approx(620.0)])


def test_who_is_nearer_to_the_point_than_to_the_road_goes_straight() -> None:
    network = build_network(roads([(0, 0), (1000, 0)]))
    walks = find_walks(xy((300, 80)), xy((330, 80)), 500.0, detour=1.3, network=network)
    assert walks.metres.tolist() == [pytest.approx(39.0)]


def test_a_river_is_walked_around() -> None:
    """Two banks 40 m apart, joined by a bridge at the far end."""
    network = build_network(roads([(0, 0), (400, 0), (400, 40), (0, 40)]))
    straight = find_walks(xy((0, 0)), xy((0, 40)), 500.0, detour=1.0)
    along = find_walks(xy((0, 0)), xy((0, 40)), 1000.0, detour=1.0, network=network)
    assert straight.metres.tolist() == [40.0]
    assert along.metres.tolist() == [pytest.approx(840.0)]


def test_a_closed_road_is_walked_the_shorter_way_round() -> None:
    ring = shapely.LinearRing([(0, 0), (100, 0), (100, 100), (0, 100)])
    network = build_network(gpd.GeoDataFrame(geometry=[ring], crs=CRS))
    assert walk_distances(network, xy((10, 0)), xy((0, 10)), 500.0, detour=1.0)[0, 0] == pytest.approx(20.0)


def test_all_distances_against_every_pair_of_nodes() -> None:
    """On a lattice of streets with all places on them the walk is the Manhattan distance."""
    streets = [[(0, 100 * k), (500, 100 * k)] for k in range(6)] + [[(100 * k, 0), (100 * k, 500)] for k in range(6)]
    network = build_network(roads(*streets))
    rng = np.random.default_rng(1)
    places = np.stack([rng.integers(0, 6, 50) * 100.0, rng.integers(0, 6, 50) * 100.0], axis=1)
    points = np.stack([rng.integers(0, 6, 9) * 100.0, rng.integers(0, 6, 9) * 100.0], axis=1)
    metres = walk_distances(network, points, places, 2000.0, detour=1.0)
    assert metres == pytest.approx(np.abs(points[:, None] - places[None]).sum(axis=2))
    walks = find_walks(places, points, 250.0, detour=1.0, network=network)
    assert walks.nearest_m == pytest.approx(metres.min(axis=0))


@pytest.mark.parametrize(("limit_m", "detour"), [(0.0, 1.3), (-1.0, 1.3), (float("nan"), 1.3), (500.0, 0.5)])
def test_bad_limits_are_refused(limit_m: float, detour: float) -> None:
    with pytest.raises(InvalidInput):
        find_walks(xy((0, 0)), xy((1, 1)), limit_m, detour=detour)
