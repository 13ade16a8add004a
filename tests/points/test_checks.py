"""Checks of points and the report."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.data.datum import to_gcj02
from gridmap.errors import InvalidInput
from gridmap.model.records import Records
from gridmap.model.report import Report
from gridmap.model.rules import load_rules
from gridmap.points.checks import GRID_FIGURES, POINT_CHECKS, check_points, point_catalogue_version

STATION = "party_service_station"


def judged(town: Any, *rows: dict[str, Any], plan: Any = None, **options: Any) -> Report:
    return check_points(plan or town.plan(), town.records(*rows), load_rules(), day=town.day, **options)


def found(report: Report, check: str) -> pd.DataFrame:
    return report.findings[report.findings["check"] == f"point.{check}"].reset_index(drop=True)


def premises(*ids: str | None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"premises_id": list(ids)}, geometry=[None] * len(ids), crs="EPSG:4549")


def test_a_point_outside_the_town(town: Any) -> None:
    row = found(judged(town, {"geometry": town.at(850, 100)}), "outside").loc[0]
    assert row[["severity", "unit", "grid", "jurisdiction", "value", "measure_unit"]].to_list() == [
        "hard",
        "P0",
        "",
        "",
        50.0,
        "m",
    ]
    assert row["message_zh"] == "点位「点0」（P0）在本镇范围以外，距边界 50 米；请核对坐标"
    assert row["geometry"] == town.at(850, 100)
    assert found(judged(town, {"geometry": town.at(800.5, 100)}), "outside")["severity"].to_list() == ["soft"]


def test_a_point_without_a_place(town: Any) -> None:
    records = Records({"point": town.points({}).set_geometry([None], crs=town.crs)})
    report = check_points(town.plan(), records, load_rules(), day=town.day)
    assert found(report, "outside")["message_en"].to_list() == ["Point 点0 (P0) has no place"]


def test_a_point_where_the_plan_has_no_grid(town: Any) -> None:
    report = judged(town, {"grid": town.w2}, plan=town.plan(".bcd"))
    assert found(report, "no_grid")[["severity", "jurisdiction"]].to_numpy().tolist() == [["soft", town.west]]
    assert found(report, "grid").empty


def test_the_wrong_grid_on_record_names_the_right_one(town: Any) -> None:
    """100, 100 is in W1, 100 m from W2."""
    row = found(judged(town, {"grid": town.w2}), "grid").loc[0]
    assert row[["severity", "grid", "value"]].to_list() == ["hard", town.w1, 100.0]
    assert row["message_zh"] == f"点位「点0」（P0）登记在网格 {town.w2}，按位置属网格 {town.w1}（距登记网格 100 米）"
    at_border = judged(town, {"grid": town.w2, "geometry": town.at(199.5, 100)})
    assert found(at_border, "grid")["severity"].to_list() == ["info"]
    assert found(judged(town, {"grid": town.w1}), "grid").empty
    assert found(judged(town, {"grid": town.w2, "status": "closed"}), "grid")["severity"].to_list() == ["info"]


def test_a_grid_that_the_plan_does_not_have(town: Any) -> None:
    report = judged(town, {"grid": "310116113001009"}, {"grid": "31011611300100l", "geometry": town.at(900, 0)})
    rows = found(report, "unknown_grid")
    assert rows["severity"].to_list() == ["hard", "hard"]
    assert rows.loc[0, "message_en"].endswith(f"by its place it is in grid {town.w1}")
    assert rows.loc[1, "message_zh"].endswith(f"最接近的编号是 {town.w2}") or rows.loc[1, "message_zh"].endswith(
        town.w1
    )
    assert found(report, "grid").empty


def test_the_wrong_jurisdiction_on_record_names_the_right_one(town: Any) -> None:
    row = found(judged(town, {"jurisdiction": town.east}), "jurisdiction").loc[0]
    assert row[["severity", "jurisdiction", "value"]].to_list() == ["hard", town.west, 300.0]
    assert row["message_zh"] == f"点位「点0」（P0）登记在向阳（{town.east}），按位置属山新（{town.west}）"
    other = found(judged(town, {"jurisdiction": "321023111001"}), "jurisdiction")
    assert other["message_en"].str.contains("no jurisdiction of this town; by its place it is in 山新").all()
    assert found(judged(town, {"jurisdiction": town.west}), "jurisdiction").empty


def test_a_point_outside_is_not_told_twice(town: Any) -> None:
    report = judged(town, {"jurisdiction": town.east, "grid": town.e1, "geometry": town.at(900, 100)})
    assert report.findings.loc[report.findings["severity"] == "hard", "check"].to_list() == ["point.outside"]


def test_days_out_of_order(town: Any) -> None:
    report = judged(
        town,
        {"built_on": "2019-05-01", "opened_on": "2019-04-30"},
        {"planned_on": "2019-01-01", "closed_on": "2018-01-01"},
        {"built_on": "2019-05-01", "opened_on": "2019-05-01"},
    )
    rows = found(report, "dates")
    assert rows[["unit", "severity"]].to_numpy().tolist() == [["P0", "hard"], ["P1", "hard"]]
    assert rows.loc[0, "message_zh"] == "点位「点0」（P0）的启用日期 2019-04-30 早于建成日期 2019-05-01"


def test_a_status_that_was_not_kept_up(town: Any) -> None:
    report = judged(
        town,
        {"status": "built", "opened_on": "2019-01-01"},
        {"status": "in_use", "closed_on": "2019-01-01"},
        {"status": "in_use", "opened_on": "2021-01-01"},  # asked for an earlier day: nothing to say
        {"status": "closed", "closed_on": "2021-01-01"},
    )
    assert found(report, "status")["message_zh"].to_list() == [
        "点位「点0」（P0）登记状态为「建成」，按日期应为「启用」",
        "点位「点1」（P1）登记状态为「启用」，按日期应为「停用」",
    ]


def test_closed_without_a_day(town: Any) -> None:
    report = judged(town, {"status": "closed"}, {"status": "closed", "closed_on": "2019-01-01"})
    assert found(report, "closed")["unit"].to_list() == ["P0"]


def test_in_use_without_premises(town: Any) -> None:
    report = judged(town, {}, {"kind": STATION}, {"kind": "other"}, {"status": "planned"}, {"premises_id": "F1"})
    assert found(report, "premises")[["unit", "severity"]].to_numpy().tolist() == [["P0", "soft"], ["P1", "info"]]


def test_unknown_premises_come_with_the_nearest(town: Any) -> None:
    rows = ({"premises_id": "F-001"}, {"premises_id": "F-0O2"}, {"premises_id": "xyz"}, {})
    report = judged(town, *rows, premises=premises("F-001", "F-002", None))
    messages = found(report, "unknown_premises")["message_zh"].to_list()
    assert messages[0].endswith("F-0O2 不在场所名录中；是否为 F-002？") or messages[0].endswith("F-001？")
    assert messages[1].endswith("xyz 不在场所名录中")
    assert "point.unknown_premises" not in judged(town, *rows).checks
    with pytest.raises(InvalidInput, match="premises_id"):
        judged(town, *rows, premises=gpd.GeoDataFrame({"id": ["F-001"]}))


def test_premises_with_ids_of_their_own_are_said_once(town: Any) -> None:
    report = judged(town, {"premises_id": "C1"}, {"premises_id": "C2"}, premises=premises("F-001", "F-002"))
    rows = found(report, "unknown_premises")
    assert rows["severity"].to_list() == ["info"]
    assert "（2 处）" in rows["message_zh"].iloc[0]


def test_premises_belong_to_one_grid(town: Any) -> None:
    """F1: 20 m apart, two grids. F2: one grid, 160 m apart. F3: together. F4: one is closed."""
    report = judged(
        town,
        {"premises_id": "F1", "geometry": town.at(190, 100)},
        {"premises_id": "F1", "geometry": town.at(210, 100), "kind": STATION},
        {"premises_id": "F2", "geometry": town.at(420, 100)},
        {"premises_id": "F2", "geometry": town.at(580, 100), "kind": STATION},
        {"premises_id": "F3"},
        {"premises_id": "F3", "kind": STATION},
        {"premises_id": "F4"},
        {"premises_id": "F4", "geometry": town.at(700, 100), "status": "closed"},
    )
    rows = found(report, "premises_apart")
    assert rows["value"].to_list() == [20.0, 160.0]
    assert "P0、P1 分在网格" in rows.loc[0, "message_zh"]
    assert "P2、P3 相距过远" in rows.loc[1, "message_zh"]


def test_the_same_place_twice(town: Any) -> None:
    report = judged(
        town,
        {},
        {"geometry": town.at(100, 101)},  # 1 m
        {"kind": STATION},  # another kind
        {"geometry": town.at(300, 100), "premises_id": "F1"},
        {"geometry": town.at(300, 150), "premises_id": "F1"},
        {"status": "closed"},
        {"kind": "other"},
        {"kind": "other"},
    )
    rows = found(report, "twice")
    assert rows[["unit", "value"]].to_numpy().tolist() == [["P1", 1.0], ["P4", 50.0]]
    assert "「点0」（P0）与「点1」（P1）位置相同" in rows.loc[0, "message_zh"]
    assert "have the same premises F1" in rows.loc[1, "message_en"]


def test_grids_without_and_with_several_points(town: Any) -> None:
    report = judged(town, {}, {"geometry": town.at(50, 50)}, {"geometry": town.at(500, 100), "status": "planned"})
    none = found(report, "none_in_grid")
    assert none["grid"].to_list() == [town.w2, town.e1, town.e2]
    assert none.loc[1, "message_zh"] == f"网格 {town.e1} 没有启用的网格点（P2 尚未启用）"
    assert none.loc[1, "jurisdiction"] == town.east
    several = found(report, "several_in_grid")
    assert several[["grid", "value"]].to_numpy().tolist() == [[town.w1, 2.0]]
    assert (report.findings.loc[report.findings["check"].str.contains("in_grid"), "severity"] == "info").all()


def test_a_near_miss_is_told_with_its_distance(town: Any) -> None:
    row = found(judged(town, {}, {"kind": STATION, "geometry": town.at(140, 100)}), "near_miss").loc[0]
    assert row[["severity", "unit", "value", "limit"]].to_list() == ["info", "P0", 40.0, 30.0]
    assert found(judged(town, {}, {"kind": STATION, "geometry": town.at(140, 100)}, distance_m=40.0), "near_miss").empty
    assert (
        judged(town, {}, {"kind": STATION, "geometry": town.at(180, 100)}, distance_m=200.0).totals["near_misses"] == 0
    )


def test_figures_of_grids_and_of_the_town(town: Any) -> None:
    """W1: built, two in one. W2: one without premises, one planned. E1: a counter. Outside: a built one."""
    report = judged(
        town,
        {"premises_id": "F1"},
        {"kind": STATION, "premises_id": "F1"},
        {"geometry": town.at(300, 100)},
        {"geometry": town.at(300, 150), "status": "planned", "premises_id": "F2"},
        {"geometry": town.at(500, 100), "kind": "service_counter"},
        {"geometry": town.at(900, 100), "premises_id": "F3"},
    )
    assert tuple(report.grids.columns) == GRID_FIGURES
    assert report.grids.index.to_list() == [town.w1, town.w2, town.e1, town.e2]
    assert report.grids.to_numpy(int).tolist() == [[1, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    assert report.totals == {
        "grid_points": 3,
        "grid_points_built": 2,
        "two_in_one": 1,
        "party_points": 1,
        "other_points": 1,
        "two_in_one_rate": 0.5,
        "grids_two_in_one": 1,
        "points": 6,
        "points_without_grid": 1,
        "grids_without_point": 2,
        "near_misses": 0,
        "n_broken": 1,
    }
    assert not report.is_lawful


def test_a_grid_with_two_that_are_two_in_one_counts_once(town: Any) -> None:
    report = judged(town, {"premises_id": "F1"}, {"premises_id": "F1"}, {"kind": STATION, "premises_id": "F1"})
    assert report.grids.loc[town.w1, "two_in_one"] == 1
    assert report.totals["two_in_one"] == 2
    assert report.totals["grids_two_in_one"] == 1


def test_a_shifted_register_is_told_once(town: Any) -> None:
    """Five points that a web map in GCJ-02 shows 496 m from where they are."""
    codes = (town.w1, town.w2, town.e1, town.e2, town.w1)
    points = town.points(
        *({"geometry": town.at(100 + 200 * (n % 4), 90 + 5 * n), "grid": g} for n, g in enumerate(codes))
    )
    degrees = points.geometry.to_crs("EPSG:4490")
    there = shapely.points(*to_gcj02(degrees.x.to_numpy(), degrees.y.to_numpy()))
    points = points.set_geometry(gpd.GeoSeries(there, points.index, crs="EPSG:4490").to_crs(town.crs))
    report = check_points(town.plan(), Records({"point": points}), load_rules(), day=town.day)
    row = report.broken.iloc[0]
    assert len(report.broken) == 1
    assert row["check"] == "point.shifted"
    assert row["value"] == pytest.approx(496, abs=15)
    assert "--datum gcj02" in row["message_zh"]
    assert "--datum gcj02" in row["message_en"]
    assert "point.outside" not in report.checks
    assert "point.dates" in report.checks


def test_nothing_recorded(town: Any) -> None:
    report = check_points(town.plan(), Records(), load_rules(), day=town.day)
    assert set(report.findings["check"]) == {"point.none_in_grid"}
    assert report.totals["grid_points_built"] == 0
    assert np.isnan(report.totals["two_in_one_rate"])
    assert report.is_lawful


def test_addresses_are_never_told(town: Any) -> None:
    """Points with every fault: their address stands in no message."""
    bad = {
        "address": "龙轩路98号",
        "is_private_home": True,
        "grid": town.w2,
        "jurisdiction": town.east,
        "built_on": "2021-01-01",
        "opened_on": "2019-01-01",
        "premises_id": "F1",
    }
    report = judged(town, bad, bad, bad | {"kind": STATION, "geometry": town.at(900, 1)}, premises=premises("G"))
    assert len(set(report.findings["check"])) > 5
    assert not report.findings[["message_zh", "message_en"]].map(lambda m: "龙轩路" in m).to_numpy().any()


def test_the_order_of_records_changes_nothing(town: Any) -> None:
    rows = [{"geometry": town.at(37 * n, 100), "premises_id": f"F{n % 3}", "grid": town.w1} for n in range(8)]
    points = town.points(*rows, {"kind": STATION, "geometry": town.at(60, 100)})
    one = check_points(town.plan(), Records({"point": points}), load_rules(), day=town.day)
    other = check_points(town.plan(), Records({"point": points.iloc[::-1]}), load_rules(), day=town.day)
    pd.testing.assert_frame_equal(one.findings, other.findings)
    pd.testing.assert_frame_equal(one.grids, other.grids)
    assert one.totals == other.totals


def test_the_catalogue(town: Any) -> None:
    ids = [c.id for c in POINT_CHECKS]
    assert len(ids) == len(set(ids))
    assert all(i.startswith("point.") for i in ids)
    assert all(c.name.zh and c.name.en for c in POINT_CHECKS)
    report = judged(town, {})
    assert report.catalogue_version == point_catalogue_version()
    assert report.rules_name == load_rules().name
