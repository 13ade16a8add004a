"""What a re-drawing means for points."""

from __future__ import annotations

from typing import Any

import pytest

from gridmap.errors import InvalidInput
from gridmap.model.plan import Plan
from gridmap.points.change import GRID_COLUMNS, MOVED_COLUMNS, PointsChanged, points_changed

NEW = "310116113001009"


def changed(town: Any, before: Plan, after: Plan, *rows: dict[str, Any]) -> PointsChanged:
    return points_changed(town.points(*rows), before, after, day=town.day)


def test_nothing_changes(town: Any) -> None:
    result = changed(town, town.plan(), town.plan(), {}, {"geometry": town.at(900, 0)})
    assert result.moved.empty
    assert result.lost.empty
    assert result.gained.empty


def test_a_point_goes_with_its_unit(town: Any) -> None:
    """u2 goes from E1 to E2: the point of E1 is E2's, and E1 is no more."""
    result = changed(town, town.plan("abcd"), town.plan("abdd"), {"geometry": town.at(500, 100)})
    assert tuple(result.moved.columns) == MOVED_COLUMNS
    moved = result.moved.loc[0]
    assert moved[["point_id", "status", "old_grid", "new_grid"]].to_list() == ["P0", "in_use", town.e1, town.e2]
    assert not moved["is_renamed"]
    assert moved["text_zh"] == f"网格点「点0」（P0）换了网格：网格 {town.e1} → 网格 {town.e2}"
    assert tuple(result.lost.columns) == GRID_COLUMNS
    lost = result.lost.loc[0]
    assert lost[["grid", "jurisdiction", "households", "reason"]].to_list() == [town.e1, town.east, 300, "retired"]
    assert lost[["from_grids", "to_grids", "points"]].to_list() == [(town.e1,), (town.e2,), ("P0",)]
    assert lost["text_zh"] == f"网格 {town.e1} 撤销，其网格点归入别处：「点0」（P0）现属网格 {town.e2}"
    gained = result.gained.loc[0]
    assert gained[["grid", "households", "reason", "from_grids"]].to_list() == [town.e2, 700, "gained", (town.e1,)]


def test_a_grid_that_goes_on_without_its_point(town: Any) -> None:
    """W1 = u0, u1 with the point in u1; u1 goes to E1, that had a point already."""
    result = changed(
        town, town.plan("aacd"), town.plan("accd"), {"geometry": town.at(300, 100)}, {"geometry": town.at(500, 100)}
    )
    assert result.lost[["grid", "reason", "points"]].to_numpy().tolist() == [[town.w1, "lost", ("P0",)]]
    assert result.lost.loc[0, "text_en"] == f"Grid {town.w1} loses its grid point: 点0 (P0) is now in grid {town.e1}"
    assert result.gained.empty


def test_half_of_a_split_grid_has_no_point(town: Any) -> None:
    result = changed(town, town.plan("aacd"), town.plan("abcd"), {"geometry": town.at(50, 100)})
    assert result.moved.empty
    row = result.lost.loc[0]
    assert row[["grid", "reason", "from_grids", "to_grids", "households"]].to_list() == [
        town.w2,
        "new_without",
        (town.w1,),
        (town.w1,),
        200,
    ]
    assert len(result.lost) == 1
    assert result.gained.empty


def test_a_grid_that_never_had_a_point_loses_none(town: Any) -> None:
    """W2 takes u0 of W1, of which the point lies in u0 … and only the point's own grid can lose it."""
    result = changed(town, town.plan("aacd"), town.plan("bacd", b=town.w2), {"geometry": town.at(300, 100)})
    assert result.lost[["grid", "reason"]].to_numpy().tolist() == [[town.w2, "new_without"]]
    assert changed(town, town.plan("abcd"), town.plan("bbcd"), {"geometry": town.at(500, 100)}).lost.empty


def test_a_new_code_for_the_same_grid_moves_the_point_but_loses_nothing(town: Any) -> None:
    result = changed(town, town.plan("abcd"), town.plan("abcd", a=NEW), {})
    assert result.moved[["old_grid", "new_grid", "is_renamed"]].to_numpy().tolist() == [[town.w1, NEW, True]]
    assert "只换编号" in result.moved.loc[0, "text_zh"]
    assert result.lost.empty
    assert result.gained.empty


def test_closed_points_do_not_matter_and_planned_ones_only_move(town: Any) -> None:
    rows = ({"status": "closed"}, {"status": "planned"}, {"kind": "other"})
    result = changed(town, town.plan("abcd"), town.plan("bbcd"), *rows)
    assert result.moved["point_id"].to_list() == ["P1", "P2"]
    assert result.lost.empty
    assert result.gained.empty


def test_a_point_whose_unit_has_no_grid_any_more(town: Any) -> None:
    result = changed(town, town.plan("aacd"), town.plan(".acd"), {})
    assert result.moved["new_grid"].to_list() == [""]
    assert result.lost[["grid", "reason", "to_grids"]].to_numpy().tolist() == [[town.w1, "lost", ("",)]]
    assert result.lost.loc[0, "text_zh"].endswith("现属网格以外")


def test_units_of_another_survey_are_matched_by_place(town: Any) -> None:
    """The same squares under other ids: W1 goes on under a new code."""
    units = town.units()
    renamed = type(units)(units.frame.rename(index=lambda i: f"new-{i}"), units.jurisdictions)
    result = changed(town, town.plan(), town.plan("abcd", units=renamed, a=NEW), {})
    assert result.moved["is_renamed"].to_list() == [True]
    assert result.lost.empty


def test_nothing_recorded(town: Any) -> None:
    result = points_changed(town.points(crs=None), town.plan("aacd"), town.plan(), day=town.day)
    assert result.moved.empty
    assert result.lost.empty
    assert result.gained.empty


def test_another_crs_is_refused(town: Any) -> None:
    with pytest.raises(InvalidInput, match="CRS"):
        points_changed(town.points({}).to_crs("EPSG:4490"), town.plan(), town.plan(), day=town.day)
