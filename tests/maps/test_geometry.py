"""Geometry of the page: what is decoded is what was drawn, and neighbours keep one border."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.data.datum import to_gcj02
from gridmap.maps.geometry import Encoder, clipped, label_places, outlines, surroundings

CRS = "EPSG:4549"


def decoded(feature: list[list[int]]) -> list[np.ndarray[Any, Any]]:
    return [np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / 1e6 for ring in feature]


def test_rings_read_back_within_a_tenth_of_a_metre() -> None:
    hole = shapely.box(628030, 3403030, 628060, 3403060)
    shape = shapely.MultiPolygon(
        [shapely.box(628000, 3403000, 628100, 3403100) - hole, shapely.box(628200, 3403000, 628300, 3403100)]
    )
    rings = decoded(Encoder(CRS).features(np.array([shape]))[0])
    assert len(rings) == 3
    expected = gpd.GeoSeries([shape], crs=CRS).to_crs(4326).get_coordinates().to_numpy()
    np.testing.assert_allclose(np.concatenate(rings), expected, atol=0.5e-6)


def test_lines_points_and_empty_shapes() -> None:
    shapes = np.array(
        [shapely.LineString([(628000, 3403000), (628100, 3403000)]), shapely.Point(628000, 3403000), shapely.Polygon()]
    )
    line, point, nothing = Encoder(CRS).features(shapes)
    assert len(line[0]) == 4
    assert len(point[0]) == 2
    assert nothing == []


def test_points_closer_than_the_precision_become_one() -> None:
    line = shapely.LineString([(628000, 3403000), (628000.001, 3403000), (628100, 3403000)])
    assert len(Encoder(CRS).features(np.array([line]))[0][0]) == 4


def test_amap_geometry_is_shifted_as_the_datum_says() -> None:
    at = np.array([[628000.0, 3403000.0]])
    plain, moved = Encoder(CRS).degrees(at), Encoder(CRS, to_gcj02).degrees(at)
    lon, lat = to_gcj02(plain[:, 0], plain[:, 1])
    np.testing.assert_array_equal(moved, np.column_stack([lon, lat]))
    metres = np.hypot((moved - plain)[0, 0] * 95_700, (moved - plain)[0, 1] * 110_900)
    assert 450 < metres < 550


def test_grids_and_jurisdictions_share_the_vertices_of_their_units(make: Any) -> None:
    plan = make.voronoi(400, 20, 4).plan
    drawn = outlines(plan)
    assert shapely.coverage_is_valid(drawn.units)
    assert shapely.coverage_is_valid(drawn.grids)
    assert shapely.coverage_is_valid(drawn.jurisdictions)
    vertices = {tuple(xy) for xy in shapely.get_coordinates(drawn.units)}
    assert {tuple(xy) for xy in shapely.get_coordinates(drawn.grids)} <= vertices
    before = np.array([g.area for g in plan.dissolve().geometry])
    np.testing.assert_allclose(shapely.area(drawn.grids), before, rtol=0.005)


def test_a_jurisdiction_that_its_units_do_not_fill_keeps_its_outline(case: Any) -> None:
    table = case.plan.units.jurisdictions
    drawn = outlines(case.plan)
    assert drawn.jurisdictions[0].equals(table.geometry.iloc[0])
    wide = table.copy()
    wide.loc[table.index[0], "geometry"] = table.geometry.iloc[0].buffer(30)
    units = replace(case.plan.units, jurisdictions=wide)
    again = outlines(replace(case.plan, units=units))
    assert again.jurisdictions[0].equals(wide.geometry.iloc[0])


def test_labels_stand_in_the_middle_of_the_widest_part() -> None:
    flag = shapely.union_all([shapely.box(0, 0, 100, 100), shapely.box(100, 45, 500, 55)])
    apart = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(1000, 0, 1060, 40)])
    centre, radius = label_places(np.array([flag, apart]))
    assert centre[0] == pytest.approx((50, 50), abs=6)
    assert radius[0] == pytest.approx(50, abs=3)
    assert 1000 < centre[1, 0] < 1060
    assert radius[1] == pytest.approx(20, abs=1)


def test_what_lies_far_outside_is_cut_off() -> None:
    town = np.array([shapely.box(0, 0, 1000, 1000)])
    around = surroundings(town)
    sea = shapely.box(-5000, -5000, 5000, 0)
    inside = shapely.box(10, 10, 20, 20)
    cut = clipped(np.array([sea, inside]), around)
    assert cut[0].area < 0.1 * sea.area
    assert shapely.box(0, -50, 1000, 0).difference(cut[0]).area < 1
    assert cut[1].equals(inside)
