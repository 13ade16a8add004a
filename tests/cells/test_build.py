"""Cells tile their jurisdiction, hold their buildings whole, and share all vertices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, box

from gridmap.cells import EnclosureLimits, build_cells, remarks, tessellate
from gridmap.errors import InvalidInput
from gridmap.measure.connect import build_graph, components
from gridmap.model.units import Units

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Frame = gpd.GeoDataFrame
Make = Callable[..., Frame]


def assert_sound(cells: Frame, areas: Frame, buildings: Frame) -> None:
    """What every tessellation promises."""
    shapes = np.asarray(cells.geometry.values, dtype=object)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    for code, area in areas.geometry.items():
        mine = shapes[(cells["jurisdiction"] == code).to_numpy()]
        assert shapely.area(mine).sum() == pytest.approx(area.area, rel=1e-6)
        assert shapely.union_all(mine).symmetric_difference(area).area <= 1e-6 * area.area
    assert cells["households"].sum() == buildings["households"].sum()
    assert cells["buildings"].sum() == len(buildings)
    held = [b for ids in cells["building_ids"] if ids for b in ids.split(";")]
    assert sorted(held) == sorted(buildings.index)
    assert not shapely.is_empty(shapely.buffer(shapes, -0.05)).any()


def cell_of(cells: Frame, building: str) -> shapely.Geometry:
    (row,) = [i for i, ids in cells["building_ids"].items() if building in ids.split(";")]
    return cells.geometry[row]


# --- by hand ----------------------------------------------------------------------------------------------------


def test_two_points_share_by_the_bisector(make_areas: Make, make_buildings: Make) -> None:
    cells = build_cells(make_buildings(Point(20, 50), Point(60, 50)), make_areas(box(0, 0, 100, 100)))
    assert cells.index.tolist() == ["b0", "b1"]
    assert cells.geometry["b0"].equals(box(0, 0, 40, 100))
    assert cells.geometry["b1"].equals(box(40, 0, 100, 100))
    assert cells["households"].tolist() == [1, 2]
    assert set(cells["kind"]) == {"cell"}


def test_barrier_comes_before_distance(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    # the wall at x = 30 is nearer to the first point than the bisector at x = 40
    areas = make_areas(box(0, 0, 100, 100))
    cells = build_cells(make_buildings(Point(20, 50), Point(60, 50)), areas, make_lines([(30, -5), (30, 105)]))
    assert cells.geometry["b0"].equals(box(0, 0, 30, 100))
    assert cells.geometry["b1"].equals(box(30, 0, 100, 100))


def test_barrier_that_ends_inside_divides_nothing(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    areas = make_areas(box(0, 0, 100, 100))
    cells = build_cells(make_buildings(Point(20, 50), Point(60, 50)), areas, make_lines([(30, -5), (30, 80)]))
    assert cells.geometry["b0"].area == pytest.approx(4000)


def test_barrier_a_hair_too_short_still_divides(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    areas = make_areas(box(0, 0, 100, 100))
    cells = build_cells(make_buildings(Point(20, 50), Point(60, 50)), areas, make_lines([(30, 0.4), (30, 99.7)]))
    assert cells.geometry["b0"].area == pytest.approx(3000)


def test_neighbouring_jurisdictions_share_vertices(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 50, 90), box(50, 0, 100, 90))
    buildings = make_buildings(Point(25, 20), Point(25, 60), Point(75, 10), Point(75, 45), Point(75, 80))
    cells = build_cells(buildings, areas)
    assert_sound(cells, areas, buildings)
    graph = build_graph(Units(cells, areas))
    pairs = {(cells.index[a], cells.index[b]) for a, b in zip(graph.source, graph.indices, strict=True) if a < b}
    # west meets at y = 40, east at 27.5 and 62.5
    assert pairs == {("b0", "b1"), ("b2", "b3"), ("b3", "b4"), ("b0", "b2"), ("b0", "b3"), ("b1", "b3"), ("b1", "b4")}


def test_coincident_points_share_a_cell(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 100, 100))
    buildings = make_buildings(Point(20, 50), Point(60, 50), Point(20.2, 50), compound=["", "x", "金湾"])
    tessellation = tessellate(buildings, areas)
    cells = tessellation.cells
    assert cells.index.tolist() == ["b0", "b1"]
    assert cells["building_ids"].tolist() == ["b0;b2", "b1"]
    assert cells["households"].tolist() == [4, 2]
    assert cells["buildings"].tolist() == [2, 1]
    assert cells["compound"].tolist() == ["金湾", "x"]
    assert tessellation.cell_of_building.to_dict() == {"b0": "b0", "b1": "b1", "b2": "b0"}
    (said,) = remarks(tessellation)
    assert "b0 + b2" in said.en
    assert "b0＋b2" in said.zh


def test_footprint_across_a_barrier_stays_whole(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    # the house reaches 4 m over the road; most of it lies west
    areas = make_areas(box(0, 0, 100, 100))
    buildings = make_buildings(box(10, 40, 54, 60), box(70, 40, 90, 60))
    tessellation = tessellate(buildings, areas, make_lines([(50, -5), (50, 105)]))
    cells = tessellation.cells
    assert_sound(cells, areas, buildings)
    assert cells.geometry["b0"].equals(box(0, 0, 50, 100).union(box(50, 40, 54, 60)))
    assert tessellation.bent_around == ["b0"]
    assert "b0" in remarks(tessellation)[0].en


def test_houses_wall_to_wall_keep_their_wall(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 60, 40))
    buildings = make_buildings(box(10, 10, 30, 30), box(30, 10, 50, 30))
    cells = build_cells(buildings, areas)
    assert_sound(cells, areas, buildings)
    border = cells.geometry["b0"].intersection(cells.geometry["b1"])
    assert border.intersection(box(29, 10, 31, 30)).symmetric_difference(LineString([(30, 10), (30, 30)])).length < 1e-6
    assert cells.geometry["b0"].area == pytest.approx(1200, rel=0.02)


def test_house_with_a_court_in_which_another_stands(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 100, 100))
    buildings = make_buildings(box(20, 20, 80, 80).difference(box(40, 40, 60, 60)), box(47, 47, 53, 53))
    cells = build_cells(buildings, areas)
    assert_sound(cells, areas, buildings)
    assert cells.geometry["b1"].equals(box(40, 40, 60, 60)) or cells.geometry["b1"].area < 400
    assert cells.geometry["b0"].covers(buildings.geometry["b0"])


def test_overlapping_footprints(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 100, 100))
    # the first two overlap by more than a fifth of the smaller: one cell; the third only by a strip
    buildings = make_buildings(box(10, 10, 30, 30), box(20, 10, 40, 30), box(39, 10, 60, 30))
    tessellation = tessellate(buildings, areas)
    cells = tessellation.cells
    assert_sound(cells, areas, buildings)
    assert tessellation.trimmed == ["b2"]
    assert remarks(tessellation)[-1].en.endswith("listed first: b2.")
    assert cells["building_ids"].tolist() == ["b0;b1", "b2"]
    assert cells.geometry["b0"].buffer(1e-9).covers(box(10, 10, 40, 30))
    assert cells.geometry["b2"].buffer(1e-9).covers(box(40, 10, 60, 30))


def test_point_in_a_footprint_joins_it(make_areas: Make, make_buildings: Make) -> None:
    buildings = make_buildings(Point(20, 20), box(10, 10, 30, 30), Point(80, 20))
    cells = build_cells(buildings, make_areas(box(0, 0, 100, 40)))
    assert cells["building_ids"].tolist() == ["b0;b1", "b2"]
    assert cells.geometry["b0"].covers(box(10, 10, 30, 30))


def test_building_of_two_parts_keeps_both(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 100, 30))
    buildings = make_buildings(MultiPolygon([box(5, 10, 15, 20), box(85, 10, 95, 20)]), box(45, 5, 55, 25))
    tessellation = tessellate(buildings, areas)
    assert_sound(tessellation.cells, areas, buildings)
    assert tessellation.cells.geometry["b0"].covers(buildings.geometry["b0"])
    assert "b0" in remarks(tessellation)[0].en


# --- enclosures without a building ------------------------------------------------------------------------------


def test_large_empty_enclosure_is_a_cell_of_its_own(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    tessellation = tessellate(
        make_buildings(Point(10, 50)), make_areas(box(0, 0, 100, 100)), make_lines([(50, -5), (50, 105)])
    )
    cells = tessellation.cells
    assert cells.index.tolist() == ["b0", "j0-01"]
    assert cells.loc["j0-01", ["households", "buildings"]].tolist() == [0, 0]
    assert cells.geometry["j0-01"].area == 5000
    assert "0.5 ha" in remarks(tessellation)[0].en


def test_small_empty_enclosure_joins_the_longest_border(
    make_areas: Make, make_buildings: Make, make_lines: Make
) -> None:
    # a corner of 30 m × 40 m: 40 m border with the east, 30 m with the south
    lines = make_lines([(30, 60), (30, 105)], [(-5, 60), (105, 60)])
    buildings = make_buildings(Point(10, 30), Point(70, 80))
    cells = build_cells(buildings, make_areas(box(0, 0, 100, 100)), lines)
    assert cells.geometry["b1"].equals(box(0, 60, 100, 100))
    kept = build_cells(buildings, make_areas(box(0, 0, 100, 100)), lines, limits=EnclosureLimits(1000, 10))
    assert kept.index.tolist() == ["b0", "b1", "j0-01"]


def test_strip_between_carriageways_is_no_cell(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    lines = make_lines([(495, -5), (495, 1005)], [(503, -5), (503, 1005)])
    areas = make_areas(box(0, 0, 1000, 1000))
    buildings = make_buildings(Point(100, 100), Point(900, 900))
    cells = build_cells(buildings, areas, lines)
    assert cells.index.tolist() == ["b0", "b1"]
    assert_sound(cells, areas, buildings)


def test_sliver_with_a_point_in_it_joins_its_neighbour(
    make_areas: Make, make_buildings: Make, make_lines: Make
) -> None:
    # one line drawn twice, 1 m apart, and an address point between
    lines = make_lines([(50, -5), (50, 105)], [(51, -5), (51, 105)])
    areas = make_areas(box(0, 0, 100, 100))
    buildings = make_buildings(Point(50.5, 50), Point(10, 50), Point(90, 50))
    cells = build_cells(buildings, areas, lines)
    assert_sound(cells, areas, buildings)
    assert not shapely.is_empty(shapely.buffer(cells.geometry.values, -9)).any()


def test_jurisdiction_without_buildings_is_one_cell(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 50, 90), box(50, 0, 100, 90))
    cells = build_cells(make_buildings(Point(10, 10)), areas)
    assert cells.index.tolist() == ["b0", "j1-01"]
    assert build_cells(make_buildings(), areas).index.tolist() == ["j0-01", "j1-01"]


def test_islands_and_holes_of_a_jurisdiction(make_areas: Make, make_buildings: Make) -> None:
    ring = box(0, 0, 60, 60).difference(box(20, 20, 40, 40))
    areas = make_areas(MultiPolygon([ring, box(100, 0, 160, 60)]), box(20, 20, 40, 40))
    buildings = make_buildings(Point(10, 30), Point(50, 30), Point(130, 30), Point(30, 30))
    cells = build_cells(buildings, areas)
    assert_sound(cells, areas, buildings)
    assert cells.geometry["b2"].equals(box(100, 0, 160, 60))
    assert cells.geometry["b3"].equals(box(20, 20, 40, 40))


# --- where buildings belong -------------------------------------------------------------------------------------


def test_record_counts_within_reach_and_place_beyond(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 200, 100), box(200, 0, 400, 100))
    buildings = make_buildings(
        Point(205, 50), Point(300, 50), Point(100, 50), Point(900, 50), jurisdiction=["j0", "j0", "j0", "j1"]
    )
    tessellation = tessellate(buildings, areas)
    cells = tessellation.cells
    assert cells["jurisdiction"].to_dict() == {"b0": "j0", "b2": "j0", "b1": "j1"}
    assert cells["households"].sum() == 6
    moved, other, outside = (t.en for t in tessellation.placing)
    assert moved.endswith("b0.")
    assert other.endswith("b1.")
    assert "4 households" in outside
    assert outside.endswith("b3.")


def test_footprint_over_the_border_belongs_where_most_of_it_lies(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 50, 100), box(50, 0, 100, 100))
    tessellation = tessellate(make_buildings(box(20, 40, 60, 60), box(80, 40, 90, 60)), areas)
    cells = tessellation.cells
    assert cells["jurisdiction"].tolist() == ["j0", "j1"]
    assert cells.geometry["b0"].equals(box(0, 0, 50, 100))
    assert tessellation.placing[0].en.endswith("b0.")


# --- bad input --------------------------------------------------------------------------------------------------


def test_bad_layers_are_refused(make_areas: Make, make_buildings: Make) -> None:
    areas = make_areas(box(0, 0, 100, 100))
    good = make_buildings(Point(1, 1), Point(2, 2))
    cases = [
        (good.to_crs("EPSG:3857"), "CRS of the jurisdictions"),
        (good.set_index(good.index.map({"b0": "x", "b1": "x"})), "unique; repeated: x"),
        (make_buildings(LineString([(0, 0), (1, 1)])), "point or a polygon; not so b0"),
        (make_buildings(Point()), "needs a geometry; none for b0"),
        (make_buildings(shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])), "valid outline; not so b0"),
    ]
    for buildings, message in cases:
        with pytest.raises(InvalidInput, match=message):
            build_cells(buildings, areas)
    with pytest.raises(InvalidInput, match="projected CRS in metres"):
        build_cells(good.to_crs(4490), areas.to_crs(4490))


def test_input_is_not_changed(make_areas: Make, make_buildings: Make, make_lines: Make) -> None:
    areas, lines = make_areas(box(0, 0, 100, 100)), make_lines([(50, -5), (50, 105)])
    buildings = make_buildings(box(20, 20, 55, 40), Point(80, 80))
    copies = [f.copy() for f in (buildings, areas, lines)]
    build_cells(buildings, areas, lines)
    for frame, copy in zip((buildings, areas, lines), copies, strict=True):
        assert frame.equals(copy)


# --- random and real towns --------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 80))
def test_random_points(random_town: Callable[..., tuple[Frame, Frame, Frame]], seed: int, n: int) -> None:
    buildings, areas, lines = random_town(seed, n=n)
    assert_sound(build_cells(buildings, areas, lines), areas, buildings)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(4, 60))
def test_random_footprints(random_town: Callable[..., tuple[Frame, Frame, Frame]], seed: int, n: int) -> None:
    buildings, areas, lines = random_town(seed, n=n, footprints=True)
    tessellation = tessellate(buildings, areas, lines)
    cells = tessellation.cells
    assert_sound(cells, areas, buildings)
    shapes = np.asarray(buildings.geometry.values, dtype=object)
    home = cells.loc[tessellation.cell_of_building[buildings.index]]
    inside = shapely.intersection(shapes, areas.geometry[home["jurisdiction"]].to_numpy())
    cut = shapely.area(shapely.difference(inside, home.geometry.to_numpy()))
    a, b = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    alone = ~np.isin(np.arange(len(shapes)), np.concatenate([a, b]))
    assert cut[alone].max(initial=0.0) < 1e-6  # no building is cut, but where drawings overlap


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_random_cells_are_connected_inside_enclosures(
    random_town: Callable[..., tuple[Frame, Frame, Frame]], seed: int
) -> None:
    buildings, areas, lines = random_town(seed, n=50)
    cells = build_cells(buildings, areas, lines)
    units = Units(cells, areas)
    assert components(build_graph(units), units.jurisdiction_of).max() == 1  # one part in each jurisdiction


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the folder ../shared/data")
def test_hdb_points_in_subzones() -> None:
    buildings = gpd.read_file(DATA / "hdb_3areas.gpkg", layer="units").set_index("unit_id")
    areas = gpd.read_file(DATA / "hdb_3areas.gpkg", layer="subzones").set_index("SUBZONE_C")
    areas = areas[areas.intersects(buildings.union_all())]
    cells = build_cells(buildings.drop(columns="jurisdiction"), areas)
    assert_sound(cells, areas, buildings)
    assert len(cells) == 976


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the folder ../shared/data")
def test_cambridge_parcels_as_footprints() -> None:
    parcels = gpd.read_file(DATA / "cambridge_ma.gpkg", layer="parcel_units").set_index("unit_id")
    parcels = parcels[parcels["jurisdiction"] == "Riverside"]
    areas = gpd.read_file(DATA / "cambridge_ma.gpkg", layer="neighborhoods").set_index("NAME").loc[["Riverside"]]
    streets = gpd.read_file(DATA / "cambridge_ma.gpkg", layer="streets")
    cells = build_cells(parcels, areas, streets[streets["MajorRoad"] > 0])
    assert_sound(cells, areas, parcels)
    held = cells[cells["buildings"] == 1]
    own = parcels.loc[held["building_ids"]].geometry.intersection(areas.geometry.iloc[0]).to_numpy()
    cut = shapely.area(shapely.difference(own, held.geometry.to_numpy()))
    assert (cut < 1e-6).mean() > 0.99  # a few parcels overlap their neighbours by less than a fifth
