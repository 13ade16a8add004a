"""Plans drawn elsewhere."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
import shapely

from gridmap.check import judge_polygons
from gridmap.errors import InvalidInput, MissingCrs


def test_polygons_of_a_plan_give_the_plan_back_without_a_note(on: Any) -> None:
    plan = on.plan(on.units(4, 3), "aabbaabbcccc")
    back, notes = judge_polygons(plan.dissolve().reset_index(), plan.units)
    assert back.fingerprint == plan.fingerprint
    assert notes.empty


def test_a_cut_unit_goes_whole_to_the_larger_share(on: Any) -> None:
    layer = on.drawn(a=shapely.box(0, 0, 340, 100), b=shapely.box(340, 0, 600, 100))
    plan, notes = judge_polygons(layer, on.units(6))
    assert plan.code_of_unit()[3].endswith("002")
    (note,) = notes.itertuples()
    assert (note.kind, note.unit, note.grid) == ("cut_unit", "u03", plan.codes[1])
    assert note.share == pytest.approx(0.6)
    assert note.geometry.equals(shapely.box(300, 0, 340, 100))
    report = on.judge(plan, drawn=notes)
    (row,) = on.found(report, "R6.cut").itertuples()
    assert (row.value, row.limit, row.unit) == (pytest.approx(60.0), 100.0, "u03")


@pytest.mark.parametrize(("reach", "n"), [(300.9, 0), (301.1, 1)])
def test_one_per_cent_is_drawing_and_not_cutting(on: Any, reach: float, n: int) -> None:
    layer = on.drawn(a=shapely.box(0, 0, reach, 100), b=shapely.box(reach, 0, 600, 100))
    _, notes = judge_polygons(layer, on.units(6))
    assert len(notes) == n


def test_what_no_polygon_covers_has_no_grid(on: Any) -> None:
    plan, notes = judge_polygons(on.drawn(a=shapely.box(0, 0, 300, 100)), on.units(6))
    assert (plan.grid_of == -1).tolist() == [False] * 3 + [True] * 3
    assert notes["kind"].tolist() == ["gap"]
    assert notes["area_m2"].tolist() == [30_000.0]
    report = on.judge(plan, drawn=notes)
    assert on.found(report, "R2.unassigned")["unit"].tolist() == ["u03", "u04", "u05"]


def test_overlap_outside_empty_and_repeated_are_noted(on: Any) -> None:
    layer = on.drawn(
        a=[shapely.box(0, 0, 200, 100), shapely.box(200, 0, 310, 100)],
        b=shapely.box(300, 0, 620, 100),
        c=shapely.box(2000, 0, 2100, 100),
    )
    plan, notes = judge_polygons(layer, on.units(6))
    by_kind = notes.set_index("kind")
    assert sorted(by_kind.index) == ["empty_grid", "outside", "overlap", "repeated_code"]
    assert by_kind.loc["overlap", "area_m2"] == pytest.approx(1000.0)
    assert by_kind.loc["outside", "area_m2"] == pytest.approx(2000.0)
    assert by_kind.loc["repeated_code", "count"] == 2
    assert by_kind.loc["empty_grid", "grid"] == "310116113001003"
    assert plan.n_grids == 2
    assert set(on.judge(plan, drawn=notes).broken["check"]) == {
        "R1.drawn",
        "R2.drawn_overlap",
        "R2.drawn_empty",
        "R10.repeated",
    }


def test_another_crs_is_brought_over(on: Any) -> None:
    plan = on.plan(on.units(6), "aaabbb")
    east = plan.units.frame.set_geometry(plan.units.frame.translate(500_000, 3_400_000))
    places = plan.units.jurisdictions.set_geometry(plan.units.jurisdictions.translate(500_000, 3_400_000))
    moved = on.plan(type(plan.units)(east, places), "aaabbb")
    back, _ = judge_polygons(moved.dissolve().reset_index().to_crs("EPSG:4490"), moved.units)
    assert back.fingerprint == moved.fingerprint


def test_numeric_codes_are_text(on: Any) -> None:
    layer = on.drawn(a=shapely.box(0, 0, 300, 100), b=shapely.box(300, 0, 600, 100))
    for numbers in ([310116113001001, 310116113001002], [310116113001001.0, 310116113001002.0]):
        plan, _ = judge_polygons(layer.assign(grid_code=numbers), on.units(6))
        assert plan.codes == ("310116113001001", "310116113001002")


def test_a_bow_tie_is_repaired(on: Any) -> None:
    tie = shapely.Polygon([(0, 0), (600, 100), (600, 0), (0, 100)])
    plan, _ = judge_polygons(on.drawn(a=tie), on.units(6))
    assert plan.n_grids == 1


def test_bad_layers_are_refused_in_a_sentence(on: Any) -> None:
    layer = on.drawn(a=shapely.box(0, 0, 300, 100), b=shapely.box(300, 0, 600, 100))
    units = on.units(6)
    with pytest.raises(InvalidInput, match="needs a column 'code'; it has grid_code"):
        judge_polygons(layer, units, code_column="code")
    with pytest.raises(InvalidInput, match="holds no polygon"):
        judge_polygons(layer.iloc[:0], units)
    with pytest.raises(MissingCrs, match="no coordinate reference system"):
        judge_polygons(gpd.GeoDataFrame(layer.drop(columns="geometry"), geometry=layer.geometry.to_numpy()), units)
    with pytest.raises(InvalidInput, match="none in rows 2"):
        judge_polygons(layer.assign(grid_code=["x", " "]), units)
    with pytest.raises(InvalidInput, match="needs a polygon; none in rows 1, 2"):
        judge_polygons(layer.set_geometry(layer.boundary), units)
