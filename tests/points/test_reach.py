"""Demand and reach: where households are, who has a point, and who finds it full."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidInput, InvalidPlan
from gridmap.model.town import Town
from gridmap.points.demand import Demand, demand_of
from gridmap.points.reach import REACH_WORDS, reach_points

CRS = "EPSG:4549"
CODES = ("310116113001001", "310116113001002")


def demand_at(xy: Any, households: Any, grid: Any = 0) -> Demand:
    places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    n = len(places)
    counts, labels = np.asarray(households, dtype=np.int64), np.broadcast_to(np.asarray(grid, np.int32), n)
    return Demand(places, counts, np.arange(n), labels, np.zeros(n, bool), CODES, ("310116113001",) * 2, CRS)


def points_at(xy: Any, capacity: list[int | None] | None = None) -> gpd.GeoDataFrame:
    places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    columns = {} if capacity is None else {"capacity": pd.array(capacity, dtype="Int64")}
    index = pd.Index([f"P{n}" for n in range(len(places))], dtype=object)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*places.T), crs=CRS, index=index)


# --- demand ---------------------------------------------------------------------------------------------------


def test_without_buildings_all_live_at_an_inner_point(town: Any) -> None:
    demand = demand_of(Town(town.units()), town.plan("aab."))
    assert demand.households.tolist() == [100, 200, 300, 400]
    assert demand.xy[0].tolist() == [628_100.0, 3_400_100.0]
    assert demand.grid_of.tolist() == [0, 0, 1, -1]
    assert demand.by_grid(demand.households).tolist() == [300, 300]
    assert (demand.is_rough.all(), demand.rough_households) == (True, 1000)


def test_households_are_spread_by_footprint_in_whole_numbers(town: Any) -> None:
    """100 households over 1 : 1 : 4 of footprint are 16⅔, 16⅔ and 66⅔: 17, 16 and 67."""
    sides = [(20, 5), (60, 5), (100, 10)]
    boxes = [town.at(x, 50).buffer(half, cap_style="square") for x, half in sides]
    built = Town(town.units(), context={"buildings": gpd.GeoDataFrame(geometry=boxes, crs=CRS)})
    demand = demand_of(built, town.plan())
    assert demand.households.tolist() == [17, 16, 67, 200, 300, 400]
    assert demand.is_rough.tolist() == [False] * 3 + [True] * 3
    assert demand.unit.tolist() == [0, 0, 0, 1, 2, 3]
    assert (demand.total, demand.rough_households) == (1000, 900)


def test_farmhouses_of_many_parts_count_one_by_one_and_nobody_lives_in_a_factory(town: Any) -> None:
    houses = shapely.MultiPolygon([town.at(x, 50).buffer(5, cap_style="square") for x in (450, 550)])
    works = town.at(500, 80).buffer(9, cap_style="square")
    block = town.at(100, 100).buffer(5, cap_style="square")
    built = gpd.GeoDataFrame({"kind": ["house", "factory", ""]}, geometry=[houses, works, block], crs=CRS)
    demand = demand_of(Town(town.units(), context={"buildings": built}), town.plan())
    assert demand.households.tolist() == [100, 200, 150, 150, 400]
    assert demand.is_rough.tolist() == [False, True, False, False, True]


def test_units_without_households_give_no_place(town: Any) -> None:
    units = town.units()
    empty = type(units)(units.frame.assign(households=[0, 5, 0, 0]), units.jurisdictions)
    assert len(demand_of(Town(empty), town.plan(units=empty))) == 1


def test_a_plan_of_other_units_is_refused(town: Any) -> None:
    units = town.units()
    other = type(units)(units.frame.rename(index={"u0": "x0"}), units.jurisdictions)
    with pytest.raises(InvalidPlan):
        demand_of(Town(other), town.plan())


def test_arrays_of_demand_must_fit() -> None:
    with pytest.raises(InvalidInput, match="one length"):
        Demand(np.zeros((2, 2)), np.ones(3, np.int64), np.arange(3), np.zeros(3, np.int32), np.zeros(3, bool), (), ())
    with pytest.raises(InvalidInput, match="at least one household"):
        demand_at([(0, 0)], [0])


# --- reach ----------------------------------------------------------------------------------------------------


def test_served_full_and_out_of_reach_by_hand() -> None:
    """Walks of 130, 260 and 1,300 m; the point takes 25 of 30: all of the nearest, 5 of the next."""
    demand = demand_at([(100, 0), (200, 0), (1000, 0)], [20, 10, 7], [0, 1, 1])
    reach = reach_points(demand, points_at([(0, 0)], [25]))
    assert reach.places[["served", "full", "out_of_reach"]].to_numpy().tolist() == [[20, 0, 0], [5, 5, 0], [0, 0, 7]]
    assert reach.places["nearest"].tolist() == ["P0"] * 3
    assert reach.places["nearest_m"].tolist() == pytest.approx([130.0, 260.0, 1300.0])
    grid = reach.grids.loc[CODES[1]]
    assert grid[["households", "served", "full", "out_of_reach"]].tolist() == [17, 5, 5, 7]
    assert grid[["share_served", "share_within_reach"]].tolist() == pytest.approx([5 / 17, 10 / 17])
    assert grid["mean_nearest_m"] == pytest.approx((10 * 260 + 7 * 1300) / 17)
    point = reach.points.loc["P0"]
    assert point[["households_within_reach", "served", "is_full"]].tolist() == [30, 25, True]
    assert reach.totals["served"] == 25
    assert reach.totals["share_within_reach"] == pytest.approx(30 / 37)
    assert reach.shares.to_numpy().tolist() == [[0, "P0", 20, 130.0], [1, "P0", 5, 260.0]]
    assert list(REACH_WORDS) == ["served", "full", "out_of_reach"]


def test_who_lives_farther_off_makes_room_and_goes_on() -> None:
    """A and B both have P0 nearest; P0 keeps A's 10, B's go to P1, where they are nearer than C's: it is full for C."""
    demand = demand_at([(0, 0), (100, 0), (350, 0)], [10, 10, 10])
    reach = reach_points(demand, points_at([(0, 0), (220, 0)], [10, 10]), detour=1.0)
    assert reach.places["served"].tolist() == [10, 10, 0]
    assert reach.places["full"].tolist() == [0, 0, 10]
    assert reach.shares["point"].tolist() == ["P0", "P1"]


def test_no_limit_serves_everybody_in_reach() -> None:
    demand = demand_at([(0, 0), (100, 0)], [1000, 1])
    reach = reach_points(demand, points_at([(50, 0)], [None]))
    assert reach.totals["served"] == 1001
    assert not reach.points["is_full"].any()
    assert reach.points["capacity"].isna().all()


def test_no_points_and_no_demand() -> None:
    nowhere = reach_points(demand_at([(0, 0)], [9]), points_at([]))
    assert nowhere.totals["out_of_reach"] == 9
    assert nowhere.places[["nearest", "nearest_m"]].isna().to_numpy().tolist() == [[False, True]]
    assert np.isnan(nowhere.grids["mean_nearest_m"]).all()
    nobody = reach_points(demand_at([], []), points_at([(0, 0)]))
    assert np.isnan(nobody.totals["share_served"])
    assert nobody.grids["households"].tolist() == [0, 0]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_nobody_is_called_full_while_a_point_in_reach_has_room(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 60)), int(rng.integers(1, 10))
    demand = demand_at(rng.integers(0, 1500, (n, 2)), rng.integers(1, 40, n), rng.integers(-1, 2, n))
    xy = rng.integers(0, 1500, (m, 2))
    capacity = [None if rng.random() < 0.1 else int(c) for c in rng.integers(0, 150, m)]
    points = points_at(xy, capacity)
    reach = reach_points(demand, points, detour=1.0)
    metres = np.hypot(*(demand.xy[:, None] - xy[None]).transpose(2, 0, 1))
    near = metres <= 500
    taken = np.zeros((n, m), dtype=np.int64)
    taken[reach.shares["place"], points.index.get_indexer(reach.shares["point"])] = reach.shares["households"]
    room = np.array([demand.total if c is None else c for c in capacity]) - taken.sum(axis=0)
    assert (room >= 0).all()
    assert not taken[~near].any()
    assert (taken.sum(axis=1) == reach.places["served"]).all()
    assert (reach.places[["served", "full", "out_of_reach"]].sum(axis=1) == demand.households).all()
    assert (reach.places["out_of_reach"] == np.where(near.any(axis=1), 0, demand.households)).all()
    # nobody would rather be at a point that has room, or that serves somebody from farther off
    for place in range(n):
        worst = np.where(taken[place] > 0, metres[place], 0).max()
        worst = np.inf if reach.places.loc[place, "full"] else worst
        for point in np.flatnonzero(near[place] & (metres[place] < worst)):
            assert room[point] == 0
            assert metres[taken[:, point] > 0, point].max(initial=0.0) <= metres[place, point]
    shuffled = rng.permutation(m)
    again = reach_points(demand, points.iloc[shuffled], detour=1.0)
    pd.testing.assert_frame_equal(reach.places, again.places)
    pd.testing.assert_frame_equal(reach.points, again.points)
    order = rng.permutation(n)
    turned = Demand(
        demand.xy[order],
        demand.households[order],
        demand.unit[order],
        demand.grid_of[order],
        demand.is_rough[order],
        demand.codes,
        demand.jurisdictions,
        CRS,
    )
    pd.testing.assert_frame_equal(reach.grids, reach_points(turned, points, detour=1.0).grids)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (points_at([(0, 0)], [-1]), "capacity"),
        (points_at([(0, 0)]).to_crs("EPSG:4528"), "CRS"),
        (pd.concat([points_at([(0, 0)])] * 2), "repeated: P0"),
        (gpd.GeoDataFrame(geometry=[None], crs=CRS, index=["P0"]), "place"),
    ],
)
def test_bad_points_are_refused(points: gpd.GeoDataFrame, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        reach_points(demand_at([(0, 0)], [1]), points)


def test_a_bad_walking_distance_is_refused() -> None:
    with pytest.raises(InvalidInput, match="walking distance"):
        reach_points(demand_at([(0, 0)], [1]), points_at([(0, 0)]), walking_m=-5)
