"""Siting against every choice there is, and where the next points may stand at all."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from gridmap.errors import InvalidInput
from gridmap.model.town import Town
from gridmap.points.demand import Demand
from gridmap.points.reach import reach_points
from gridmap.points.siting import Siting, site_points
from gridmap.points.siting_candidates import CANDIDATE_COLUMNS, candidates_by_rule
from gridmap.points.walking import find_walks

CRS = "EPSG:4549"


def demand_at(xy: Any, households: Any) -> Demand:
    """Places in one grid."""
    places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    n = len(places)
    counts = np.asarray(households, dtype=np.int64)
    return Demand(
        places,
        counts,
        np.arange(n),
        np.zeros(n, np.int32),
        np.zeros(n, bool),
        ("310116113001001",),
        ("310116113001",),
        CRS,
    )


def spots(xy: Any, **columns: Any) -> gpd.GeoDataFrame:
    """Points c0, c1, …"""
    places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    frame = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*places.T), crs=CRS, index=range(len(places)))
    frame.index = pd.Index([f"c{n}" for n in range(len(places))], dtype=object)
    return frame


def plain(demand: Demand, candidates: gpd.GeoDataFrame, **options: Any) -> Siting:
    return site_points(demand, candidates, detour=1.0, **{"walking_m": 500.0, **options})


# --- against every choice -------------------------------------------------------------------------------------


def least_cost(
    households: NDArray[np.int64], cost: NDArray[np.float64], room: NDArray[np.float64], outside: float
) -> float:
    """Cost of the best assignment of households to open sites, by a linear programme written down afresh."""
    n = len(cost)
    if np.isinf(room).all():
        least = np.minimum(np.where(cost < outside, cost, np.inf).min(axis=1, initial=np.inf), outside)
        return float((households * least).sum())
    allowed = np.isfinite(cost) & (cost < outside)
    pairs = np.argwhere(allowed)
    stay = np.isfinite(outside)
    c = np.concatenate([cost[allowed], np.full(n if stay else 0, outside if stay else 0.0)])
    a_eq = np.zeros((n, len(c)))
    a_eq[pairs[:, 0], np.arange(len(pairs))] = 1
    if stay:
        a_eq[np.arange(n), len(pairs) + np.arange(n)] = 1
    limited = np.flatnonzero(np.isfinite(room))
    a_ub = np.zeros((len(limited), len(c)))
    for row, site in enumerate(limited):
        a_ub[row, np.flatnonzero(pairs[:, 1] == site)] = 1
    if not len(c):
        return math.inf if households.sum() else 0.0
    found = linprog(
        c, A_ub=a_ub if len(limited) else None, b_ub=room[limited] if len(limited) else None, A_eq=a_eq, b_eq=households
    )
    return float(found.fun) if found.status == 0 else math.inf


def value_by_hand(
    objective: str, demand: Demand, metres: NDArray[np.float64], room: NDArray[np.float64], cutoff: float
) -> float:
    """Value of open sites from their distances (n, s): households not served, household-metres, longest walk."""
    if objective == "coverage":
        return least_cost(demand.households, np.where(metres <= 500, 0.0, np.inf), room, 1.0)
    if objective == "p_median":
        return least_cost(demand.households, np.where(metres <= cutoff, metres, np.inf), room, cutoff)
    radii = np.append(np.unique(metres), math.inf)
    low, high = 0, len(radii) - 1
    while low < high:
        middle = (low + high) // 2
        near = np.where(metres <= radii[middle], 0.0, np.inf)
        low, high = (
            (low, middle) if least_cost(demand.households, near, room, np.inf) < math.inf else (middle + 1, high)
        )
    return float(radii[high])


@pytest.mark.parametrize("objective", ["coverage", "p_median", "p_center"])
@pytest.mark.parametrize("is_limited", [False, True], ids=["no limits", "limits"])
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), n_new=st.integers(1, 3), n_existing=st.integers(0, 2))
def test_every_choice_was_looked_at(objective: Any, is_limited: bool, seed: int, n_new: int, n_existing: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 10)), int(rng.integers(2, 7))
    demand = demand_at(rng.integers(0, 1500, (n, 2)), rng.integers(1, 40, n))
    own, old = rng.integers(0, 1500, (m, 2)), rng.integers(0, 1500, (n_existing, 2))
    own_room = rng.integers(20, 200, m) if is_limited else np.full(m, np.inf)
    old_room = rng.integers(0, 60, n_existing) if is_limited else np.full(n_existing, np.inf)
    columns = {"capacity": pd.array(own_room.tolist(), dtype="Int64")} if is_limited else {}
    old_columns = {"capacity": pd.array(old_room.tolist(), dtype="Int64")} if is_limited else {}
    result = plain(demand, spots(own, **columns), n_new=n_new, objective=objective, existing=spots(old, **old_columns))
    both = np.concatenate([own, old]).astype(np.float64)
    metres = np.hypot(*(demand.xy[:, None] - both[None]).transpose(2, 0, 1))
    room = np.concatenate([own_room, old_room]).astype(np.float64)

    def value(chosen: tuple[int, ...]) -> float:
        at = [*chosen, *range(m, m + n_existing)]
        return value_by_hand(objective, demand, metres[:, at], room[at], 1000.0)

    best = min(value(chosen) for chosen in combinations(range(m), min(n_new, m)))
    if math.isinf(best):
        assert result.status == "INFEASIBLE"
        assert (result.chosen, len(result.actions)) == ((), 0)
        return
    assert result.status == "OPTIMAL"
    assert result.gap == 0
    expected = value(()) - best if objective == "coverage" else best
    assert result.value == pytest.approx(expected, abs=1e-6, rel=1e-6)
    assert len(result.chosen) <= n_new
    # what is told of the choice is true of the choice itself
    told = value(tuple(int(c[1:]) for c in result.chosen))
    assert (value(()) - told if objective == "coverage" else told) == pytest.approx(expected, abs=1e-6, rel=1e-6)


def is_worthwhile(near: NDArray[np.bool_]) -> bool:
    """Whether each of the candidates (n, k) reaches somebody and none is a copy of another."""
    return bool(near.any(axis=0).all()) and len({tuple(column) for column in near.T}) == near.shape[1]


@settings(max_examples=9, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(["coverage", "p_median", "p_center"]))
def test_two_in_one_is_the_second_tier(seed: int, objective: Any) -> None:
    rng = np.random.default_rng(seed)
    n, m, n_new, tolerance = 10, 7, 3, 0.15
    demand = demand_at(rng.integers(0, 1500, (n, 2)), rng.integers(1, 40, n))
    own, two = rng.integers(0, 1500, (m, 2)), rng.random(m) < 0.5
    options: dict[str, Any] = {"objective": objective, "n_new": n_new, "cutoff_m": 3000.0}
    first = plain(demand, spots(own), **options)
    result = plain(demand, spots(own, makes_two_in_one=two), two_in_one_tolerance=tolerance, **options)
    metres = np.hypot(*(demand.xy[:, None] - own[None]).transpose(2, 0, 1))
    room = np.full(m, np.inf)
    values = {
        c: value_by_hand(objective, demand, metres[:, list(c)], room[list(c)], 3000.0)
        for k in range(len(first.chosen) + 1)
        for c in combinations(range(m), k)
        if objective != "coverage" or is_worthwhile(metres[:, list(c)] <= 500)
    }
    best = min(values.values())
    none = values[()]
    limit = best + tolerance * (none - best if math.isfinite(none) else best) + 1e-6
    n_two = max(int(two[list(c)].sum()) for c, v in values.items() if v <= limit)
    value = min(v for c, v in values.items() if two[list(c)].sum() == n_two and v <= limit)
    assert result.status == "OPTIMAL"
    assert result.best_value == pytest.approx(first.value)
    told = none - result.value if objective == "coverage" else result.value
    assert told <= limit
    if len(result.chosen) < len(first.chosen) or result.value == first.value:
        return  # two in one that gain nothing are left out again
    assert result.actions["makes_two_in_one"].sum() == n_two
    assert result.value == pytest.approx(none - value if objective == "coverage" else value, rel=1e-6, abs=1e-6)


# --- by hand --------------------------------------------------------------------------------------------------


def test_actions_come_in_the_order_of_what_they_add() -> None:
    # west: 100 + 30 households, of which the 30 are near c1 too; east: 50
    demand = demand_at([(0, 0), (400, 0), (3000, 0)], [100, 30, 50])
    candidates = spots([(3000, 0), (0, 0), (800, 0)], name=["东", "西", "中"], grid=["e", "w", "m"])
    result = plain(demand, candidates, n_new=3)
    assert result.actions[
        ["order", "candidate_id", "grid", "serves_more", "serves_more_total"]
    ].to_numpy().tolist() == [
        [1, "c1", "w", 130, 130],
        [2, "c0", "e", 50, 180],
    ]
    assert result.chosen == ("c1", "c0")
    assert (result.value, result.served_before, result.served_after, result.households) == (180, 0, 180, 180)
    assert result.actions.loc[0, "text_zh"] == "在西建点：新增服务 130 户"
    assert result.actions.loc[1, "text_en"] == "Build at 东: serves 50 more households"
    assert result.explanation[0].en == "3 new points were asked for, of 3 candidates: 2 are enough, more gain nothing."


def test_two_in_one_is_told_and_is_taken_where_it_costs_nothing() -> None:
    demand = demand_at([(0, 0), (100, 0)], [100, 312])
    candidates = spots([(50, 0), (50, 300)], name=["A", "B"], makes_two_in_one=[False, True])
    result = plain(demand, candidates, n_new=1)
    assert result.chosen == ("c1",)
    assert result.actions.loc[0, "text_zh"] == "在B建点：新增服务 412 户，形成两点合一"
    assert result.actions.loc[0, "text_en"] == "Build at B: serves 412 more households, makes two in one"


def test_what_is_served_already_is_not_counted_again() -> None:
    demand = demand_at([(0, 0), (2000, 0)], [100, 10])
    result = plain(demand, spots([(0, 100), (2000, 100)]), n_new=1, existing=spots([(0, 0)]))
    assert (result.chosen, result.value, result.served_before, result.served_after) == (("c1",), 10, 100, 110)


def test_a_full_point_leaves_work_for_a_new_one() -> None:
    demand = demand_at([(0, 0), (2000, 0)], [100, 10])
    full = spots([(0, 0)], capacity=pd.array([60], dtype="Int64"))
    result = plain(demand, spots([(0, 100), (2000, 100)]), n_new=1, existing=full)
    assert (result.chosen, result.value, result.served_before) == (("c0",), 40, 60)
    small = plain(demand, spots([(0, 100), (2000, 100)]), n_new=2, existing=full, capacity=25)
    assert (small.chosen, small.value) == (("c0", "c1"), 35)


@pytest.mark.parametrize("objective", ["coverage", "p_median"])
def test_nothing_in_reach_is_a_result(objective: Any) -> None:
    demand = demand_at([(0, 0)], [100])
    result = plain(demand, spots([(9000, 0)]), n_new=2, objective=objective)
    assert (result.status, result.chosen, result.served_after) == ("OPTIMAL", (), 0)
    assert result.value == (0 if objective == "coverage" else 100 * 1000)


@pytest.mark.parametrize("objective", ["coverage", "p_median", "p_center"])
def test_no_candidates_and_no_demand_are_results(objective: Any) -> None:
    nobody = plain(demand_at([], []), spots([(0, 0)]), n_new=1, objective=objective)
    assert (nobody.status, nobody.chosen, nobody.value) == ("OPTIMAL", (), 0)
    nowhere = plain(demand_at([(0, 0)], [5]), spots([]), n_new=1, objective=objective)
    assert nowhere.status == ("INFEASIBLE" if objective == "p_center" else "OPTIMAL")
    assert nowhere.chosen == ()


def test_without_a_cutoff_everybody_must_have_a_point() -> None:
    demand = demand_at([(0, 0), (9000, 0)], [100, 1])
    result = plain(demand, spots([(0, 0), (8000, 0)]), n_new=1, objective="p_median", cutoff_m=None)
    assert (result.chosen, result.value, result.before) == (("c0",), 9000, math.inf)
    crowded = plain(demand, spots([(0, 0)]), n_new=1, objective="p_median", cutoff_m=None, capacity=100)
    assert crowded.status == "INFEASIBLE"
    assert math.isnan(crowded.value)


def test_the_center_is_the_middle_and_says_how_far() -> None:
    demand = demand_at([(0, 0), (1000, 0)], [500, 1])
    result = plain(demand, spots([(0, 0), (500, 0), (1000, 0)]), n_new=1, objective="p_center")
    assert (result.chosen, result.value, result.bound) == (("c1",), 500, 500)
    assert plain(demand, spots([(0, 0), (500, 0), (1000, 0)]), n_new=2, objective="p_center").value == 0


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    demand = demand_at(rng.integers(0, 3000, (60, 2)), rng.integers(1, 40, 60))
    candidates = spots(rng.integers(0, 3000, (25, 2)))
    there = plain(demand, candidates, n_new=5)
    back = plain(demand, candidates.iloc[::-1], n_new=5)
    pd.testing.assert_frame_equal(there.actions, back.actions)


def test_one_household_is_one_household_for_reach_too() -> None:
    rng = np.random.default_rng(4)
    demand = demand_at(rng.integers(0, 3000, (80, 2)), rng.integers(1, 40, 80))
    candidates = spots(rng.integers(0, 3000, (25, 2)))
    result = plain(demand, candidates, n_new=4)
    reach = reach_points(demand, candidates.loc[list(result.chosen)], detour=1.0)
    assert reach.totals["served"] == result.served_after == result.actions["serves_more_total"].iloc[-1]


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "p_mean"},
        {"n_new": 0},
        {"walking_m": 0},
        {"capacity": 0},
        {"cutoff_m": -1},
        {"two_in_one_tolerance": 2},
        {"seconds": 0},
        {"detour": 0.9},
    ],
)
def test_bad_numbers_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        site_points(demand_at([(0, 0)], [1]), spots([(0, 0)]), **({"n_new": 1} | options))


def test_candidates_twice_are_refused() -> None:
    twice = pd.concat([spots([(0, 0)]), spots([(5, 5)])])
    with pytest.raises(InvalidInput, match="repeated: c0"):
        site_points(demand_at([(0, 0)], [1]), twice, n_new=1)


# --- candidates -----------------------------------------------------------------------------------------------


def test_candidates_by_rule(town: Any) -> None:
    points = town.points(
        {"point_id": "S1", "name": "山新站", "kind": "party_service_station", "geometry": town.at(50, 50)},
        {"point_id": "S2", "name": "二站", "kind": "party_service_station", "geometry": town.at(300, 50)},
        {"point_id": "G2", "name": "二点", "geometry": town.at(310, 50)},  # makes S2 two in one already
        {
            "point_id": "H1",
            "name": "张三家",
            "status": "planned",
            "is_private_home": True,
            "geometry": town.at(450, 50),
        },
        {
            "point_id": "H0",
            "name": "李四家",
            "status": "planned",
            "is_private_home": True,
            "geometry": town.at(60, 150),
        },
        {"point_id": "N1", "name": "新点", "status": "planned", "capacity": 80, "geometry": town.at(700, 50)},
        {"point_id": "C1", "name": "旧点", "status": "closed", "geometry": town.at(720, 50)},
        {"point_id": "X1", "name": "镇外", "status": "planned", "geometry": town.at(-500, 50)},
    )
    found = candidates_by_rule(Town(town.units()), town.plan(), points, day=town.day)
    assert tuple(found.columns) == CANDIDATE_COLUMNS
    assert found[["grid", "rule", "makes_two_in_one", "is_private_home"]].T.to_dict("list") == {
        "H1": [town.e1, "member_home", False, True],
        "N1": [town.e2, "planned", False, False],
        "S1": [town.w1, "party_point", True, False],
        f"suggested-{town.w1}": [town.w1, "suggested", False, False],
        f"suggested-{town.e1}": [town.e1, "suggested", False, False],
        f"suggested-{town.e2}": [town.e2, "suggested", False, False],
    }
    assert found.loc["H1", "name"] == f"网格 {town.e1} 党员家"
    assert "张三" not in found.drop(columns="geometry").to_string()
    assert found["capacity"].tolist()[:2] == [pd.NA, 80]


def test_candidates_of_a_town_without_points(town: Any) -> None:
    found = candidates_by_rule(Town(town.units()), town.plan(), town.points(), day=town.day)
    assert found["rule"].tolist() == ["suggested"] * 4
    assert found.geometry.iloc[0].equals(town.at(100, 100))


def test_the_suggested_place_is_the_most_central_building(town: Any) -> None:
    boxes = [town.at(x, 50).buffer(5, cap_style="square") for x in (20, 100, 110)]
    built = Town(town.units(), context={"buildings": gpd.GeoDataFrame(geometry=boxes, crs=CRS)})
    found = candidates_by_rule(built, town.plan(), town.points(), day=town.day)
    assert found.loc[f"suggested-{town.w1}"].geometry.distance(town.at(100, 50)) < 5


def test_walks_of_candidates_do_not_depend_on_the_limit() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.random((40, 2)) * 1000, rng.random((7, 2)) * 1000
    short, long = find_walks(a, b, 300.0), find_walks(a, b, np.inf)
    within = long.metres <= 300
    assert np.array_equal(short.metres, long.metres[within])
    assert np.array_equal(short.nearest, long.nearest)
