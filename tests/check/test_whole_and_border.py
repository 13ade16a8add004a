"""R6, R7, R8, R12 with numbers."""

from __future__ import annotations

from math import pi
from typing import Any

import pytest
import shapely

from gridmap.check.border import BARRIER_NOTICE_M, COMPACT_LIMIT


def test_a_split_compound_is_one_row_on_the_grid_with_most_of_it(on: Any) -> None:
    units = on.units(6, compound=["金豪"] * 4 + ["", ""], households=50)
    report = on.judge(on.plan(units, "aaabbb"))
    (row,) = on.found(report, "R6.compound").itertuples()
    assert (row.grid, row.value, row.severity) == ("310116113001001", 2.0, "soft")
    assert row.geometry.equals(shapely.box(300, 0, 400, 100))
    assert report.grids["compounds_split"].tolist() == [1, 1]
    assert report.totals["compounds_split"] == 1


def test_a_compound_too_large_for_a_grid_has_to_be_split(on: Any) -> None:
    report = on.judge(on.plan(on.units(6, compound="金豪"), "aaabbb"))
    assert on.found(report, "R6.compound")["severity"].tolist() == ["info"]


def test_one_name_in_two_places_is_two_compounds(on: Any) -> None:
    units = on.two_places(6)
    units = type(units)(units.frame.assign(compound="新村"), units.jurisdictions)
    report = on.judge(on.plan(units, "aaabbb", codes={"b": "310116113002001"}))
    assert on.found(report, "R6.compound").empty
    assert report.totals["compounds_split"] == 0


def test_units_without_a_grid_split_no_compound(on: Any) -> None:
    report = on.judge(on.plan(on.units(6, compound="金豪"), "aaa..."))
    assert on.found(report, "R6.compound").empty


def test_barrier_metres_and_their_line(on: Any) -> None:
    road = on.line((300, -50), (300, 250))
    report = on.judge(on.plan(on.units(6, 2), "aaaabb" * 2), barriers=road)
    (row,) = on.found(report, "R7.barrier").itertuples()
    assert row.value == pytest.approx(200.0)
    assert row.geometry.length == pytest.approx(200.0)
    assert row.geometry.distance(shapely.Point(300, 100)) == 0
    assert report.grids["barrier_crossed_m"].tolist() == pytest.approx([200.0, 0.0])
    assert report.totals["barrier_crossed_m"] == pytest.approx(200.0)


def test_a_touch_of_a_barrier_is_not_told(on: Any) -> None:
    units = on.units(6, shapes={})
    short = on.line((300, 0), (300, BARRIER_NOTICE_M - 2))
    report = on.judge(on.plan(units, "aaaabb"), barriers=short)
    assert on.found(report, "R7.barrier").empty


def test_compactness_of_a_strip(on: Any) -> None:
    # 1 × n squares: 4πn / (2n + 2)²; n = 13 gives 0.208, n = 14 gives 0.196
    for n, told in ((13, False), (14, True)):
        report = on.judge(on.plan(on.units(n, households=21), "a" * n))
        value = 4 * pi * n / (2 * n + 2) ** 2
        assert report.grids["polsby_popper"].tolist() == pytest.approx([value])
        assert (value < COMPACT_LIMIT) == told
        assert len(on.found(report, "R8.compact")) == told


def test_premises_outside_every_grid_and_on_a_border(on: Any) -> None:
    plan = on.plan(on.units(6), "aaabb.")
    shops = on.points((50, 50), (300, 50), (550, 50), (900, 50))
    report = on.judge(plan, premises=shops)
    rows = on.found(report, "R12.premises")
    assert rows["value"].tolist() == [2.0, 0.0, 0.0]
    assert rows["severity"].tolist() == ["info", "hard", "hard"]
    assert "店3" in rows["message_zh"].iloc[2]
    assert report.grids["premises"].sum() == 2


def test_premises_as_polygons_count_where_they_stand(on: Any) -> None:
    mall = on.points((0, 0)).set_geometry([shapely.box(110, 10, 190, 90)], crs=on.crs)
    report = on.judge(on.plan(on.units(6), "aaabbb"), premises=mall)
    assert report.grids["premises"].tolist() == [1, 0]


def test_premises_come_from_the_units_where_there_is_no_layer(on: Any) -> None:
    report = on.judge(on.plan(on.units(6, premises=2, buildings=3), "aaaabb"))
    assert report.grids["premises"].tolist() == [8, 4]
    assert report.grids["buildings"].tolist() == [12, 6]
    assert "R12.premises" not in report.checks


def test_premises_need_the_crs_of_the_units(on: Any) -> None:
    shops = on.points((50, 50)).set_crs("EPSG:4528", allow_override=True)
    with pytest.raises(ValueError, match="CRS of the units"):
        on.judge(on.plan(on.units(6), "aaabbb"), premises=shops)


def test_a_dedicated_place_in_two_grids(on: Any) -> None:
    units = on.units(8, dedicated=["", "", "", "万达", "万达", "", "", ""])
    rows = on.found(on.judge(on.plan(units, "aaabcddd")), "R12.dedicated")
    assert rows["grid"].str[-3:].tolist() == ["002", "003"]
    assert rows["value"].tolist() == [2.0, 2.0]
    assert on.found(on.judge(on.plan(units, "aaabbddd")), "R12.dedicated").empty
