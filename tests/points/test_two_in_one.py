"""Two points in one: derived, with reasons, near misses and rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.points.two_in_one import NEAR_MISS_COLUMNS, PAIR_COLUMNS, TwoInOne, find_two_in_one

STATION, SERVICE_POINT = "party_service_station", "party_service_point"


def found(town: Any, *rows: dict[str, Any], plan: Any = None, **options: Any) -> TwoInOne:
    return find_two_in_one(town.points(*rows), plan or town.plan(), day=town.day, **options)


def test_within_the_distance_in_the_same_grid(town: Any) -> None:
    """100, 100 and 118, 124: 18, 24, 30 are sides of a right triangle, so exactly 30 m."""
    result = found(town, {"premises_id": "F1"}, {"kind": STATION, "geometry": town.at(118, 124)})
    assert tuple(result.pairs.columns) == PAIR_COLUMNS
    pair = result.pairs.loc[0]
    assert pair[["point_id", "partner_id", "grid", "jurisdiction"]].to_list() == ["P0", "P1", town.w1, town.west]
    assert pair[["form", "reason"]].to_list() == ["residential", "within_distance"]
    assert pair["distance_m"] == pytest.approx(30.0)
    assert pair["is_built"]
    assert pair["text_zh"] == (
        f"网格点「点0」（P0）与党建服务站「点1」（P1）同在网格 {town.w1}，相距 30 米（不超过 30 米）："
        "两点合一（居民区型）"
    )
    assert pair["text_en"] == (
        f"Grid point 点0 (P0) and Party service station 点1 (P1) lie 30 m apart (at most 30 m) in grid {town.w1}: "
        "two in one (residential form)"
    )
    assert result.near_misses.empty


def test_the_same_premises(town: Any) -> None:
    """80 m apart, but one premises: the rural form with a Party service point."""
    result = found(
        town,
        {"premises_id": "F1", "geometry": town.at(500, 100)},
        {"kind": SERVICE_POINT, "premises_id": " F1", "geometry": town.at(580, 100)},
    )
    assert result.pairs[["form", "reason", "distance_m"]].to_numpy().tolist() == [["rural", "same_premises", 80.0]]
    assert "同在场所 F1：两点合一（农村型）" in result.pairs.loc[0, "text_zh"]


def test_blank_premises_are_not_the_same(town: Any) -> None:
    result = found(town, {}, {"kind": STATION, "geometry": town.at(160, 100)})
    assert result.pairs.empty
    assert result.near_misses["reason"].to_list() == ["too_far"]


def test_only_party_points_make_two_in_one(town: Any) -> None:
    others = [{"kind": k, "premises_id": "F1"} for k in ("service_counter", "womens_micro_home", "other", "grid_point")]
    assert found(town, {"premises_id": "F1"}, *others).pairs.empty


def test_near_misses_say_what_stands_against_them(town: Any) -> None:
    """A lacks a metre, B is over the border, C has a closed partner, D one that is 300 m off."""
    result = found(
        town,
        {"point_id": "A", "geometry": town.at(20, 180)},
        {"point_id": "A2", "kind": STATION, "geometry": town.at(51, 180)},
        {"point_id": "B", "geometry": town.at(390, 20)},
        {"point_id": "B2", "kind": SERVICE_POINT, "geometry": town.at(410, 20)},
        {"point_id": "C", "geometry": town.at(580, 190)},
        {"point_id": "C2", "kind": SERVICE_POINT, "geometry": town.at(580, 180), "status": "closed"},
        {"point_id": "D", "premises_id": "F9", "geometry": town.at(790, 190)},
        {"point_id": "D2", "kind": SERVICE_POINT, "premises_id": "F9", "geometry": town.at(610, -50)},
    )
    assert result.pairs.empty
    misses = result.near_misses
    assert tuple(misses.columns) == NEAR_MISS_COLUMNS
    assert misses[["point_id", "partner_id", "reason"]].to_numpy().tolist() == [
        ["A", "A2", "too_far"],
        ["B", "B2", "other_grid"],
        ["C", "C2", "not_open"],
        ["D", "D2", "premises_apart"],
    ]
    assert misses["distance_m"].to_list() == [31.0, 20.0, 10.0, 300.0]  # 180, 240, 300
    assert misses["text_zh"].str.contains("超过 30 米|但分别在|停用|请核对").all()
    assert misses.loc[1, "text_en"].endswith(f"lie 20 m apart, but in grid {town.w2} and in grid {town.e1}")


def test_too_far_and_in_another_grid_says_both(town: Any) -> None:
    result = found(town, {"geometry": town.at(390, 20)}, {"kind": STATION, "geometry": town.at(450, 20)})
    assert result.near_misses.loc[0, "reason"] == "too_far"
    assert result.near_misses.loc[0, "text_zh"].endswith(
        f"相距 60 米（超过 30 米），分别在网格 {town.w2}、网格 {town.e1}"
    )


def test_the_near_miss_that_lacks_least_is_named(town: Any) -> None:
    """A closed station at 100 m lacks two things, an open one at 120 m lacks one."""
    result = found(
        town,
        {"geometry": town.at(10, 10)},
        {"kind": STATION, "geometry": town.at(110, 10), "status": "closed"},
        {"kind": STATION, "geometry": town.at(130, 10)},
        {"kind": STATION, "geometry": town.at(180, 10)},
    )
    assert result.near_misses["partner_id"].to_list() == ["P2"]


def test_beyond_near_nothing_is_said(town: Any) -> None:
    rows = ({"geometry": town.at(10, 10)}, {"kind": STATION, "geometry": town.at(170, 10)})
    assert found(town, *rows).near_misses.empty
    assert len(found(town, *rows, near_m=160.0).near_misses) == 1
    assert len(found(town, *rows, distance_m=160.0, near_m=160.0).pairs) == 1


def test_one_premises_across_a_border_of_the_plan_is_one_place(town: Any) -> None:
    """Premises belong to one grid: 20 m apart with the border of W2 and E1 between them is a matter of coordinates."""
    result = found(
        town,
        {"premises_id": "F1", "geometry": town.at(390, 20)},
        {"kind": STATION, "premises_id": "F1", "geometry": town.at(410, 20)},
    )
    assert result.pairs[["grid", "reason"]].to_numpy().tolist() == [[town.w2, "same_premises"]]


def test_each_grid_point_counts_once_with_premises_first_then_the_nearest_then_by_id(town: Any) -> None:
    station = {"kind": STATION}
    near = [station | {"geometry": town.at(110, 100)}, station | {"geometry": town.at(100, 110)}]
    assert found(town, {}, *near).pairs["partner_id"].to_list() == ["P1"]  # both 10 m: by id
    assert found(town, {}, *near, station | {"geometry": town.at(105, 100)}).pairs["partner_id"].to_list() == ["P3"]
    far = station | {"geometry": town.at(180, 100), "premises_id": "F1"}
    assert found(town, {"premises_id": "F1"}, *near, far).pairs["partner_id"].to_list() == ["P3"]


def test_a_party_point_may_serve_several_grid_points(town: Any) -> None:
    result = found(town, {}, {"geometry": town.at(105, 100)}, {"kind": STATION})
    assert result.pairs[["point_id", "partner_id"]].to_numpy().tolist() == [["P0", "P2"], ["P1", "P2"]]


def test_grid_points_that_are_not_in_use_do_not_count(town: Any) -> None:
    rows = ({"status": "built", "premises_id": "F1"}, {"kind": STATION, "premises_id": "F1"})
    result = found(town, *rows)
    assert result.pairs.empty
    assert result.near_misses.empty


def test_the_rate_counts_built_points(town: Any) -> None:
    """West: F1 two in one, F2 not, P2 without premises though two in one. East: nothing built. Outside: one, alone."""
    result = found(
        town,
        {"premises_id": "F1"},
        {"premises_id": "F2", "geometry": town.at(300, 100)},
        {"geometry": town.at(102, 100)},
        {"kind": STATION, "premises_id": "F1"},
        {"premises_id": "F3", "geometry": town.at(900, 100)},
    )
    assert result.pairs["point_id"].to_list() == ["P0", "P2"]
    assert result.pairs["is_built"].to_list() == [True, False]
    rates = result.rates
    assert list(rates.index) == [town.west, town.east, ""]
    assert rates["built"].to_list() == [2, 0, 3]
    assert rates["two_in_one"].to_list() == [1, 0, 1]
    assert rates["rate"].to_list()[::2] == pytest.approx([1 / 2, 1 / 3])
    assert np.isnan(rates.loc[town.east, "rate"])


def test_outside_every_grid_nothing_is_in_the_same_grid(town: Any) -> None:
    rows = ({"geometry": town.at(900, 100)}, {"kind": STATION, "geometry": town.at(905, 100)})
    assert found(town, *rows).near_misses["text_zh"].str.contains("网格以外、网格以外").all()


def test_a_border_that_moves_makes_and_unmakes_two_in_one_by_distance(town: Any) -> None:
    rows = ({"geometry": town.at(190, 20)}, {"kind": STATION, "geometry": town.at(210, 20)})
    assert found(town, *rows).pairs.empty
    assert len(found(town, *rows, plan=town.plan("aacd")).pairs) == 1


def test_nothing_recorded(town: Any) -> None:
    result = find_two_in_one(town.points(crs=None), town.plan(), day=town.day)
    assert result.pairs.empty
    assert result.near_misses.empty
    assert result.rates["built"].to_list() == [0, 0, 0]
    assert result.rates["rate"].isna().all()
    full = found(town, {}, {"kind": STATION})
    assert (result.pairs.dtypes == full.pairs.dtypes).all()
    assert (result.near_misses.dtypes == full.near_misses.dtypes).all()


@pytest.mark.parametrize(("distance_m", "near_m"), [(-1.0, 150.0), (200.0, 150.0), (float("nan"), 1.0), (1.0, np.inf)])
def test_distances_must_make_sense(town: Any, distance_m: float, near_m: float) -> None:
    with pytest.raises(InvalidInput, match="distance_m"):
        found(town, {}, distance_m=distance_m, near_m=near_m)


KINDS = ("grid_point", STATION, SERVICE_POINT)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.sampled_from(("", "F1", "F2")),
            st.sampled_from(("in_use", "closed")),
            st.integers(0, 80),
        ),
        max_size=10,
    ),
    random=st.randoms(use_true_random=False),
)
def test_the_order_of_points_changes_nothing(town: Any, drawn: list[tuple[str, str, str, int]], random: Any) -> None:
    """Few places and few premises, so that ties are many; and each grid point stands in at most one of the tables."""
    rows = [
        {"kind": kind, "premises_id": premises, "status": status, "geometry": town.at(10 * x, 100)}
        for kind, premises, status, x in drawn
    ]
    points, plan = town.points(*rows), town.plan()
    shuffled = list(points.index)
    random.shuffle(shuffled)
    one = find_two_in_one(points, plan, day=town.day)
    other = find_two_in_one(points.loc[shuffled], plan, day=town.day)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    pd.testing.assert_frame_equal(one.near_misses, other.near_misses)
    pd.testing.assert_frame_equal(one.rates, other.rates)
    named = [*one.pairs["point_id"], *one.near_misses["point_id"]]
    assert len(named) == len(set(named))
