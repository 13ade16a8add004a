"""CRS: which one is worked in, what does not fit, and the shifted datums."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.data.crs import (
    convert_datum,
    extent_fault,
    guess_datum,
    is_metric,
    parse_crs,
    require_crs,
    swap_axes,
    to_work_crs,
    work_crs,
)
from gridmap.data.datum import FORWARD, Datum, to_bd09, to_gcj02, to_wgs84
from gridmap.errors import InvalidInput, MissingCrs

DATUMS = sorted(FORWARD)


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(121.33, 30.72, 121.37, 30.76)], crs=4490)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [(121.36, 30.74, 4549), (121.6, 31.2, 4550), (75.5, 39.5, 4534), (134.5, 48.3, 4554), (116.4, 39.9, 4548)],
)
def test_zone_in_china(lon: float, lat: float, epsg: int) -> None:
    box = shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    for crs in (4490, 4326):
        assert work_crs(gpd.GeoDataFrame(geometry=[box], crs=crs)).to_epsg() == epsg


@pytest.mark.parametrize(("lon", "lat", "epsg"), [(-71.1, 42.37, 32619), (103.8, 1.35, 32648), (151.2, -33.9, 32756)])
def test_utm_elsewhere(lon: float, lat: float, epsg: int) -> None:
    assert work_crs(gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=4326)).to_epsg() == epsg


@pytest.mark.parametrize("epsg", [4549, 4528, 26986, 3414, 3826])
def test_a_metric_crs_is_kept(epsg: int) -> None:
    assert work_crs(gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)], crs=epsg)).to_epsg() == epsg


@pytest.mark.parametrize(("epsg", "good"), [(3857, False), (3395, False), (2249, False), (4326, False), (32651, True)])
def test_is_metric(epsg: int, good: bool) -> None:
    assert is_metric(parse_crs(f"EPSG:{epsg}")) is good


def test_web_mercator_is_left_and_areas_become_true(town: gpd.GeoDataFrame) -> None:
    # domain.md section 8: areas in EPSG:3857 are about 36 % too large here (1/cos² 30.74° = 1.354)
    there = town.to_crs(3857)
    back = to_work_crs(there)
    assert back.crs.to_epsg() == 4549
    assert there.area.iloc[0] / back.area.iloc[0] == pytest.approx(1.354, abs=0.01)


def test_north_first_systems_keep_x_before_y(town: gpd.GeoDataFrame) -> None:
    west, south, _, _ = to_work_crs(town).total_bounds
    assert west == pytest.approx(627_306, abs=2000)  # 500 km + 1.33° of longitude at 95.7 km each
    assert south == pytest.approx(3_400_700, abs=2000)
    assert to_work_crs(town.to_crs(4528)).total_bounds[0] == pytest.approx(west + 40_000_000, abs=0.01)


def test_missing_crs_names_the_likely_one(town: gpd.GeoDataFrame) -> None:
    bare = town.set_crs(None, allow_override=True)
    with pytest.raises(MissingCrs, match="--crs EPSG:4490") as caught:
        require_crs(bare, "a.shp")
    assert "没有坐标系信息" in caught.value.zh
    zoned = town.to_crs(4528).set_crs(None, allow_override=True)
    with pytest.raises(MissingCrs, match="--crs EPSG:4528"):
        require_crs(zoned, "a.shp")
    assert require_crs(bare, "a.shp", "EPSG:4490").crs.to_epsg() == 4490
    with pytest.raises(MissingCrs):
        work_crs(bare)
    with pytest.raises(MissingCrs):
        convert_datum(bare, "gcj02")
    with pytest.raises(InvalidInput, match="no such CRS"):
        require_crs(bare, "a.shp", "EPSG:上海2000")


def test_degrees_where_metres_are_named_and_the_reverse(town: gpd.GeoDataFrame) -> None:
    with pytest.raises(InvalidInput, match="degrees where metres are needed"):
        require_crs(town.set_crs(4549, allow_override=True), "a")
    with pytest.raises(InvalidInput, match="in degrees, its coordinates are like"):
        require_crs(town.to_crs(4549).set_crs(4490, allow_override=True), "a")


@pytest.mark.parametrize("epsg", [4490, 4326, 4549, 4528])
def test_exchanged_axes_are_seen(town: gpd.GeoDataFrame, epsg: int) -> None:
    there = town.to_crs(epsg)
    assert extent_fault(there) == ""
    turned = swap_axes(there)
    assert extent_fault(turned) in ("swapped", "outside")
    assert swap_axes(turned).geometry.iloc[0].equals(there.geometry.iloc[0])
    if epsg in (4490, 4549):
        assert extent_fault(turned) == "swapped"


def test_coordinates_far_from_their_crs_are_seen() -> None:
    boston = gpd.GeoDataFrame(geometry=[shapely.Point(-71.1, 42.37)], crs=4326)
    assert extent_fault(boston.set_crs(4490, allow_override=True)) == "outside"


def test_known_pairs() -> None:
    # wandergis/coordtransform, README: WGS-84 → GCJ-02 and GCJ-02 → BD-09 of 116.404, 39.915
    lon, lat = np.array([116.404]), np.array([39.915])
    assert np.column_stack(to_gcj02(lon, lat)) == pytest.approx(np.array([[116.41024449916938, 39.91640428150164]]))
    there = to_bd09(*to_wgs84(lon, lat, "gcj02"))
    assert np.column_stack(there) == pytest.approx(np.array([[116.41036949371029, 39.92133699351021]]), abs=1e-9)


def test_the_shift_in_the_reference_town_is_as_published() -> None:
    # domain.md section 8: GCJ-02 is 496 m off, BD-09 1,141 m
    place = gpd.GeoDataFrame(geometry=[shapely.Point(121.35, 30.74)], crs=4326)
    for datum, metres in (("gcj02", 496), ("bd09", 1141)):
        x, y = FORWARD[datum](np.array([121.35]), np.array([30.74]))
        there = gpd.GeoDataFrame(geometry=shapely.points(x, y), crs=4326)
        off = there.to_crs(4549).geometry.iloc[0].distance(place.to_crs(4549).geometry.iloc[0])
        assert off == pytest.approx(metres, rel=0.03)


@pytest.mark.parametrize("datum", DATUMS)
@given(lon=st.floats(73.5, 134.5), lat=st.floats(18.0, 53.0))
def test_the_inverse_is_exact(datum: Datum, lon: float, lat: float) -> None:
    there = FORWARD[datum](np.array([lon]), np.array([lat]))
    back = to_wgs84(*there, datum)
    assert abs(back[0][0] - lon) < 1e-9
    assert abs(back[1][0] - lat) < 1e-9


def test_nothing_is_shifted_abroad() -> None:
    lon, lat = np.array([-71.1, 2.35]), np.array([42.4, 48.9])
    for datum in DATUMS:
        x, y = FORWARD[datum](lon, lat)
        assert (x == lon).all()
        assert (y == lat).all()


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("epsg", [4326, 4490, 4549, 4528])
def test_points_lines_and_polygons_are_converted(datum: Datum, epsg: int) -> None:
    shapes = [
        shapely.Point(121.35, 30.74),
        shapely.LineString([(121.33, 30.72), (121.36, 30.75)]),
        shapely.box(121.33, 30.72, 121.37, 30.76).difference(shapely.box(121.34, 30.73, 121.35, 30.74)),
    ]
    true = gpd.GeoDataFrame(geometry=shapes, crs=4326)
    shifted = true.set_geometry(
        shapely.transform(np.array(shapes, dtype=object), lambda c: np.column_stack(FORWARD[datum](c[:, 0], c[:, 1]))),
        crs=4326,
    ).to_crs(epsg)
    back = convert_datum(shifted, datum)
    assert back.crs.to_epsg() == epsg
    off = shapely.hausdorff_distance(back.to_crs(4549).geometry.values, true.to_crs(4549).geometry.values)
    assert off.max() < 1e-3
    assert shifted.to_crs(4549).geometry.iloc[0].distance(true.to_crs(4549).geometry.iloc[0]) > 400


def test_unknown_datum(town: gpd.GeoDataFrame) -> None:
    with pytest.raises(InvalidInput, match="gcj02 or bd09"):
        convert_datum(town, "mars")


@pytest.mark.parametrize("datum", DATUMS)
def test_a_mixed_up_datum_is_found(datum: Datum) -> None:
    cells = [
        shapely.box(121.30 + i / 250, 30.70 + j / 250, 121.304 + i / 250, 30.704 + j / 250)
        for i in range(8)
        for j in range(8)
    ]
    codes = np.array([f"{k:02d}" for k in range(64)], dtype=object)
    areas = gpd.GeoDataFrame(index=codes, geometry=cells, crs=4490)
    places = areas.set_geometry(areas.representative_point())
    fine = guess_datum(places, areas.to_crs(4549), codes)
    assert (fine.best, fine.warning, fine.shares["wgs84"]) == ("wgs84", None, 1.0)
    xy = shapely.get_coordinates(places.geometry.values)
    moved = gpd.GeoDataFrame(geometry=shapely.points(*FORWARD[datum](xy[:, 0], xy[:, 1])), crs=4490).to_crs(4549)
    found = guess_datum(moved, areas, codes)
    assert found.best == datum
    assert found.shares[datum] == 1.0
    assert found.shares["wgs84"] == 0.0
    assert f"--datum {datum}" in found.warning.zh
    blind = guess_datum(moved, areas)
    assert blind.best == datum
