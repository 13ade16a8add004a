"""Where points lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.points.place import PLACE_COLUMNS, place_points


def test_a_point_gets_grid_jurisdiction_and_unit(town: Any) -> None:
    points = town.points({"geometry": town.at(50, 50)}, {"geometry": town.at(650, 10)})
    placed = place_points(points, town.plan())
    assert tuple(placed.columns) == PLACE_COLUMNS
    assert list(placed.index) == ["P0", "P1"]
    assert placed.loc["P0"].to_list() == [town.w1, town.west, "u0", 0.0]
    assert placed.loc["P1"].to_list() == [town.e2, town.east, "u3", 0.0]


def test_outside_the_distance_is_to_the_nearest_jurisdiction(town: Any) -> None:
    placed = place_points(town.points({"geometry": town.at(803, -4)}), town.plan())
    assert placed.loc["P0"].to_list() == ["", "", "", 5.0]  # 3-4-5


def test_a_unit_without_a_grid_has_a_jurisdiction(town: Any) -> None:
    placed = place_points(town.points({}), town.plan(".bcd"))
    assert placed.loc["P0"].to_list() == ["", town.west, "u0", 0.0]


def test_between_units_the_jurisdiction_is_that_of_its_polygon(town: Any) -> None:
    units = town.units()
    frame = units.frame.copy()
    frame.loc["u0", "geometry"] = frame.geometry["u0"].buffer(-50)
    placed = place_points(
        town.points({"geometry": town.at(10, 10)}), town.plan(units=type(units)(frame, units.jurisdictions))
    )
    assert placed.loc["P0"].to_list() == ["", town.west, "", 0.0]


def test_on_a_shared_border_the_first_unit_counts(town: Any) -> None:
    """x = 400 is the border of u1 (W2) and u2 (E1), and of the two jurisdictions."""
    placed = place_points(town.points({"geometry": town.at(400, 100)}), town.plan())
    assert placed.loc["P0"].to_list() == [town.w2, town.west, "u1", 0.0]


def test_the_plan_decides_not_the_record(town: Any) -> None:
    points = town.points({"grid": town.w2, "jurisdiction": town.east})
    assert place_points(points, town.plan()).loc["P0", "grid"] == town.w1
    assert place_points(points, town.plan("bbcd")).loc["P0", "grid"] == town.w2


def test_no_points_no_crs(town: Any) -> None:
    placed = place_points(town.points(crs=None), town.plan())
    assert placed.empty
    assert placed.dtypes.astype(str).to_list() == ["object", "object", "object", "float64"]


def test_a_record_without_a_place(town: Any) -> None:
    points = town.points({}).set_geometry([None], crs=town.crs)
    placed = place_points(points, town.plan())
    assert placed.loc["P0", ["grid", "jurisdiction", "unit"]].to_list() == ["", "", ""]
    assert np.isnan(placed.loc["P0", "distance_m"])


@pytest.mark.parametrize(("crs", "got"), [("EPSG:4490", "China Geodetic"), (None, "no CRS")])
def test_another_crs_is_refused(town: Any, crs: str | None, got: str) -> None:
    points = town.points({}).set_crs(crs, allow_override=True)
    with pytest.raises(InvalidInput, match=got) as refused:
        place_points(points, town.plan())
    assert "坐标系" in refused.value.zh


def test_a_polygon_is_no_place(town: Any) -> None:
    with pytest.raises(InvalidInput, match="P0"):
        place_points(town.points({"geometry": shapely.box(0, 0, 1, 1)}), town.plan())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.lists(st.tuples(st.integers(-100, 900), st.integers(-100, 300)), min_size=1, max_size=12),
    random=st.randoms(use_true_random=False),
)
def test_the_order_of_points_changes_nothing(town: Any, where: list[tuple[int, int]], random: Any) -> None:
    points = town.points(*({"geometry": town.at(*xy)} for xy in where))
    shuffled = list(points.index)
    random.shuffle(shuffled)
    plan = town.plan("a.cd")
    assert place_points(points.loc[shuffled], plan).loc[points.index].equals(place_points(points, plan))
