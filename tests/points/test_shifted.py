"""Points in GCJ-02 or BD-09 by mistake."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.data.datum import FORWARD, Datum
from gridmap.points.shifted import looks_shifted, read_off_web_map

#: Squares of 400 m, the size of a grid in the reference town; a point in the middle of each and one more.
SIDE_M = 400.0
MIDDLES = (200.0, 600.0, 1000.0, 1400.0, 240.0)


def shifted(points: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """The points as a web map in that datum shows them, taken for what they are not."""
    degrees = points.geometry.to_crs("EPSG:4490")
    there = FORWARD[datum](degrees.x.to_numpy(), degrees.y.to_numpy())
    return points.set_geometry(gpd.GeoSeries(shapely.points(*there), points.index, crs="EPSG:4490").to_crs(points.crs))


def register(town: Any, *, names: str = "grid", n: int = 5) -> gpd.GeoDataFrame:
    grids = (town.w1, town.w2, town.e1, town.e2, town.w1)
    rows = [
        {"geometry": town.at(x, 200), "grid": g, "jurisdiction": g[:12]} for x, g in zip(MIDDLES, grids, strict=True)
    ]
    blank = {"grid": {}, "jurisdiction": {"grid": ""}, "nothing": {"grid": "", "jurisdiction": ""}}[names]
    return town.points(*({**row, **blank} for row in rows[:n]))


@pytest.mark.parametrize(("datum", "metres"), [("gcj02", 496), ("bd09", 1141)])
@pytest.mark.parametrize("names", ["grid", "jurisdiction"])
def test_a_register_off_a_web_map_is_found(town: Any, datum: Datum, metres: int, names: str) -> None:
    plan = town.plan(units=town.units(SIDE_M))
    found = looks_shifted(shifted(register(town, names=names), datum), plan)
    assert found is not None
    assert found.datum == datum
    assert found.shares[datum] == 1.0
    assert found.shares["wgs84"] < 0.5
    assert found.shift_m == pytest.approx(metres, abs=15)
    assert found.n_points == 5


@pytest.mark.parametrize("names", ["grid", "jurisdiction", "nothing"])
def test_a_right_register_is_never_called_shifted(town: Any, names: str) -> None:
    assert looks_shifted(register(town, names=names), town.plan(units=town.units(SIDE_M))) is None


def test_without_codes_the_town_decides(town: Any) -> None:
    """The town is 400 m high and the shift goes south-east: most points fall out of it."""
    found = looks_shifted(shifted(register(town, names="nothing"), "bd09"), town.plan(units=town.units(SIDE_M)))
    assert found is not None
    assert found.datum == "bd09"


def test_four_points_say_too_little(town: Any) -> None:
    plan = town.plan(units=town.units(SIDE_M))
    assert looks_shifted(shifted(register(town, n=4), "gcj02"), plan) is None
    assert looks_shifted(town.points(crs=None), plan) is None


def test_records_without_a_place_are_not_counted(town: Any) -> None:
    points = shifted(register(town), "gcj02")
    points = points.set_geometry([None, *points.geometry[1:]], crs=points.crs)
    assert looks_shifted(points, town.plan(units=town.units(SIDE_M))) is None


def test_codes_of_another_plan_are_no_shift(town: Any) -> None:
    """Every code is that of the western neighbour, as after one more grid in the west: jurisdictions tell."""
    points = register(town)
    points["grid"] = [town.e2, town.w1, town.w2, town.e1, town.e2]
    assert looks_shifted(points, town.plan(units=town.units(SIDE_M))) is None


def test_points_read_off_a_web_map_one_by_one(town: Any) -> None:
    """The first of five is in GCJ-02, the third in BD-09: each is told, and the three right ones are not."""
    plan = town.plan(units=town.units(SIDE_M))
    points, gcj, bd = register(town), shifted(register(town), "gcj02"), shifted(register(town), "bd09")
    mixed = [gcj.geometry.iloc[0], points.geometry.iloc[1], bd.geometry.iloc[2], *points.geometry[3:]]
    points = points.set_geometry(gpd.GeoSeries(mixed, points.index, crs=points.crs))
    assert read_off_web_map(points, plan) == ["gcj02", None, "bd09", None, None]
    assert read_off_web_map(register(town), plan) == [None] * 5
    assert read_off_web_map(register(town, names="nothing"), plan) == [None] * 5
    assert read_off_web_map(town.points(crs=None), plan) == []


def test_where_most_codes_are_wrong_no_web_map_is_the_cause(town: Any) -> None:
    """The first point is in GCJ-02, three others have the code of another grid."""
    plan = town.plan(units=town.units(SIDE_M))
    points = register(town)
    points["grid"] = [town.w1, town.w1, town.w1, town.w1, town.w1]
    moved = [shifted(points, "gcj02").geometry.iloc[0], *points.geometry[1:]]
    points = points.set_geometry(gpd.GeoSeries(moved, points.index, crs=points.crs))
    assert read_off_web_map(points, plan) == [None] * 5


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.lists(st.tuples(st.integers(1, 1599), st.integers(1, 399)), min_size=5, max_size=15))
def test_points_that_stand_where_they_say_are_never_called_shifted(town: Any, where: list[tuple[int, int]]) -> None:
    codes = (town.w1, town.w2, town.e1, town.e2)
    plan = town.plan(units=town.units(SIDE_M))
    points = town.points(*({"geometry": town.at(x, y), "grid": codes[x // 400]} for x, y in where))
    on_border = [x % 400 == 0 for x, _ in where]
    assert looks_shifted(points[[not b for b in on_border]], plan) is None
