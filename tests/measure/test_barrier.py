"""Which part of a border lies along a barrier."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box

from gridmap import Units
from gridmap.measure.connect import build_graph

Make = Callable[..., Units]
MakeBarriers = Callable[..., gpd.GeoDataFrame]


@pytest.fixture
def pair(make_units: Make) -> Units:
    """Two squares of 100 m with a common border at x = 100."""
    return make_units([box(0, 0, 100, 100), box(100, 0, 200, 100)])


def barrier_of(units: Units, barriers: gpd.GeoDataFrame, **options: float) -> float:
    graph = build_graph(units, barriers, **options)
    assert graph.n_edges == 1
    return float(graph.barrier_m[0])


@pytest.mark.parametrize(("x", "expected"), [(100, 100), (107, 100), (109, 0), (92.5, 100)])
def test_line_counts_within_the_tolerance(pair: Units, make_barriers: MakeBarriers, x: float, expected: float) -> None:
    road = LineString([(x, -50), (x, 150)])
    assert barrier_of(pair, make_barriers(road)) == pytest.approx(expected)


def test_tolerance_can_be_set(pair: Units, make_barriers: MakeBarriers) -> None:
    road = make_barriers(LineString([(105, -50), (105, 150)]))
    assert barrier_of(pair, road, barrier_tolerance_m=4) == 0
    assert barrier_of(pair, road, barrier_tolerance_m=6) == pytest.approx(100)


def test_half_a_road_counts_half(pair: Units, make_barriers: MakeBarriers) -> None:
    # the border is cut in five pieces of 20 m; the road ends 2 m above the third
    assert barrier_of(pair, make_barriers(LineString([(100, -50), (100, 62)]))) == pytest.approx(60)


def test_crossing_road_does_not_count(pair: Units, make_barriers: MakeBarriers) -> None:
    assert barrier_of(pair, make_barriers(LineString([(0, 50), (200, 50)]))) == 0


def test_short_border_across_a_road_does_not_count(make_units: Make, make_barriers: MakeBarriers) -> None:
    # all of the 10 m border lies within 8 m of the road, which runs across it
    units = make_units([box(0, 0, 100, 10), box(100, 0, 200, 10)])
    assert barrier_of(units, make_barriers(LineString([(0, 5), (200, 5)]))) == 0


def test_road_in_sections_is_one_barrier(pair: Units, make_barriers: MakeBarriers) -> None:
    sections = [LineString([(100, y), (100, y + 13)]) for y in range(-13, 110, 13)]
    assert barrier_of(pair, make_barriers(*sections)) == pytest.approx(100)
    assert barrier_of(pair, make_barriers(MultiLineString(sections))) == pytest.approx(100)


def test_piece_between_two_barriers_needs_one_of_them(pair: Units, make_barriers: MakeBarriers) -> None:
    low = make_barriers(LineString([(100, -5), (100, 52)]), kind="wall", name="a")
    high = make_barriers(LineString([(100, 52), (100, 105)]), kind="river", name="b")
    both = gpd.GeoDataFrame(np.concatenate([low, high]), columns=low.columns, crs=low.crs, geometry="geometry")
    assert barrier_of(pair, both) == pytest.approx(
        100
    )  # each end of the third piece is within 8 m of the wall or river


def test_river_area_counts_by_its_inside_and_its_bank(pair: Units, make_barriers: MakeBarriers) -> None:
    wide = box(60, -50, 140, 150)
    assert barrier_of(pair, make_barriers(wide, kind="river")) == pytest.approx(100)
    bank = box(103, -50, 180, 150)
    assert barrier_of(pair, make_barriers(bank, kind="river")) == pytest.approx(100)
    lake = Point(100, 50).buffer(15)
    assert barrier_of(pair, make_barriers(lake, kind="lake")) == pytest.approx(20)  # the middle piece, 40 to 60


def test_hole_of_an_area_is_no_barrier_inside(pair: Units, make_barriers: MakeBarriers) -> None:
    moat = Polygon(box(-200, -200, 400, 300).exterior, [box(-100, -100, 300, 200).exterior])
    assert barrier_of(pair, make_barriers(moat)) == 0


def test_barrier_never_exceeds_the_border(make_units: Make, make_barriers: MakeBarriers) -> None:
    units = make_units([box(0, 0, 33.3, 33.3), box(33.3, 0, 70, 33.3)])
    road = make_barriers(LineString([(33.3, -50), (33.3, 150)]), LineString([(35, -50), (35, 150)]))
    graph = build_graph(units, road)
    assert (graph.barrier_m <= graph.length_m).all()
    assert graph.barrier_m[0] == pytest.approx(33.3)


def test_no_barriers_or_an_empty_layer(pair: Units, make_barriers: MakeBarriers) -> None:
    assert build_graph(pair).barrier_m.tolist() == [0, 0]
    assert build_graph(pair, make_barriers()).barrier_m.tolist() == [0, 0]
