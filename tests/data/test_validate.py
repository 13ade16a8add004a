"""Each fault gets its row; what is safe is mended."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.data.coverage import find_overlaps, gap_faults, overlap_faults
from gridmap.data.faults import Validation
from gridmap.data.places import kind_of_code, kind_of_name, kind_of_word, match_codes
from gridmap.data.validate import validate_survey, validate_units
from gridmap.errors import InvalidInput
from gridmap.model.town import Survey


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["向阳村", "海欣居民区"], "kind": ["village", "residential_area"]},
        index=["310116113202", "310116113013"],
        geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)],
        crs=4549,
    )


@pytest.fixture
def units() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "unit_id": ["a", "b", "c", "d"],
            "jurisdiction": ["310116113202", "310116113202", "海欣居民区", ""],
            "households": ["98户", 102, "约110", 4.0],
        },
        geometry=[shapely.box(x, 0, x + 50, 100) for x in (0, 50, 100, 150)],
        crs=4549,
    )


def faults(result: Validation) -> list[tuple[str, str, str, str]]:
    return [(r.fault, r.id, r.done, r.severity) for r in result.rows.itertuples()]


def test_clean_units(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    before = units.copy()
    result = validate_units(units.iloc[:2], areas)
    assert faults(result) == []
    assert result.is_clean
    assert result.frame["households"].tolist() == [98, 102]
    assert result.frame.index.tolist() == ["a", "b"]
    assert units.equals(before)


def test_rough_counts_names_and_places(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    result = validate_units(units, areas)
    assert result.frame["jurisdiction"].tolist() == ["310116113202"] * 2 + ["310116113013"] * 2
    assert faults(result) == [
        ("no_jurisdiction", "", "repaired", "error"),
        ("rough_households", "c", "kept", "warning"),
    ]


def test_ids_twice_and_blank(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    units["unit_id"] = ["a", "a", "", "d"]
    result = validate_units(units, areas)
    assert result.frame.index.tolist() == ["a", "a#2", "units-3", "d"]
    assert ("duplicate_id", "a#2", "repaired", "error") in faults(result)
    assert ("empty_id", "units-3", "repaired", "error") in faults(result)
    twice = units.iloc[[3, 3]]
    result = validate_units(twice, areas)
    assert len(result.frame) == 1
    assert ("duplicate_id", "d", "dropped", "error") in faults(result)


def test_bow_tie_is_mended_and_its_area_said(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    # A bow tie of two triangles with a base of 50 m and a height of 25 m: 2 × 625 m² when mended.
    units.loc[0, "geometry"] = shapely.Polygon([(0, 0), (50, 50), (50, 0), (0, 50)])
    result = validate_units(units, areas)
    row = result.rows[result.rows["fault"] == "invalid_geometry"].iloc[0]
    assert row["done"] == "repaired"
    assert "1,250.0 m²" in row["what_en"]
    assert result.frame.geometry.is_valid.all()
    assert result.frame.geometry.iloc[0].area == pytest.approx(1250)


def test_missing_and_wrong_geometries_go_and_their_households_are_said(
    units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> None:
    units.loc[0, "geometry"] = None
    units.loc[1, "geometry"] = shapely.LineString([(0, 0), (1, 1)])
    result = validate_units(units, areas)
    assert result.frame.index.tolist() == ["c", "d"]
    assert ("empty_geometry", "a", "dropped", "error") in faults(result)
    assert ("wrong_geometry", "b", "dropped", "error") in faults(result)
    assert "b is a line, not a polygon" in " ".join(result.rows["what_en"])
    assert "its 98 households are not counted" in result.rows.iloc[0]["what_en"]
    with pytest.raises(InvalidInput, match="wanted a polygon in every row; got a line"):
        validate_units(units.iloc[[1]], areas)


@pytest.mark.parametrize(
    ("value", "fault"), [("", "missing_households"), (-5, "bad_households"), ("很多", "bad_households")]
)
def test_odd_households(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, value: object, fault: str) -> None:
    units["households"] = units["households"].astype(object)
    units.loc[1, "households"] = value
    result = validate_units(units, areas, cells=["", "t.xlsx:a!7", "", ""])
    row = result.rows[result.rows["fault"] == fault].iloc[0]
    assert (row["id"], row["where"], row["done"]) == ("b", "t.xlsx:a!7", "repaired")
    assert result.frame.loc["b", "households"] == 0


def test_a_text_column_as_households_is_refused_with_row_and_value(
    units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> None:
    units["households"] = ["甲", "乙", "丙", "丁"]
    with pytest.raises(InvalidInput, match=r"row 1 \(a\) has '甲'") as caught:
        validate_units(units, areas)
    assert "户数列中没有数字" in caught.value.zh


def test_units_outside_and_astray(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    units.loc[1, "geometry"] = shapely.box(500, 500, 550, 550)
    units.loc[1, "jurisdiction"] = ""
    units.loc[0, "geometry"] = shapely.box(90, 0, 140, 100)  # a fifth of it in its own jurisdiction
    result = validate_units(units, areas)
    assert ("outside", "b", "dropped", "error") in faults(result)
    assert ("wrong_jurisdiction", "a", "kept", "error") in faults(result)
    assert "20% of it lies there, it lies in 310116113013" in result.rows[result.rows["id"] == "a"].iloc[0]["what_en"]
    assert result.rows[result.rows["id"] == "b"].iloc[0]["where"] == "525.0, 525.0"


def test_nothing_inside_any_jurisdiction(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    away = units.assign(jurisdiction="").set_geometry(units.translate(10_000, 0))
    with pytest.raises(InvalidInput, match="no unit lies in any jurisdiction"):
        validate_units(away, areas)


def test_strict_refuses_with_the_faults_listed(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    units["unit_id"] = ["a", "a", "c", "d"]
    with pytest.raises(InvalidInput, match="id a stands twice") as caught:
        validate_units(units, areas, strict=True)
    assert "严格模式" in caught.value.zh


def test_overlaps_by_hand(units: gpd.GeoDataFrame) -> None:
    units = units.set_index("unit_id")
    units.loc["b", "geometry"] = shapely.box(40, 0, 100, 100)
    found = find_overlaps(np.asarray(units.geometry.values, dtype=object))
    assert found.area_m2.tolist() == [1000.0]  # 10 m × 100 m
    row = overlap_faults(units, "units")[0]
    assert (row.id, row.fault, row.where) == ("a b", "overlap", "45.0, 50.0")
    assert "1,000.0 m²" in row.what.en
    units.loc["b", "geometry"] = shapely.box(49.95, 0, 100, 100)  # 5 cm wide
    rows = overlap_faults(units, "units")
    assert [(r.fault, r.severity) for r in rows] == [("sliver", "note")]


def test_gaps_by_hand(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    units = units.set_index("unit_id").assign(jurisdiction=["310116113202"] * 2 + ["310116113013"] * 2)
    assert gap_faults(units, areas, "units") == []
    units.loc["b", "geometry"] = shapely.box(50, 0, 100, 90)  # 50 m × 10 m are left
    rows = gap_faults(units, areas, "units")
    assert [(r.id, r.where) for r in rows] == [("310116113202", "75.0, 95.0")]
    assert "500.0 m²" in rows[0].what.en
    assert "5.0%" in rows[0].what.en


def test_a_hole_filled_by_a_neighbour_is_no_gap() -> None:
    outer = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    areas = gpd.GeoDataFrame(
        {"name": "", "kind": ""}, index=["A", "B"], geometry=[outer, shapely.box(40, 40, 60, 60)], crs=4549
    )
    units = gpd.GeoDataFrame({"jurisdiction": ["A", "B"]}, geometry=areas.geometry.tolist(), crs=4549)
    assert gap_faults(units, areas, "units") == []
    alone = gap_faults(units.iloc[:1], areas.iloc[:1], "units")
    assert "400.0 m²" in alone[0].what.en


def test_empty_jurisdictions_are_said(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    units = units.set_index("unit_id").iloc[:2]
    result = validate_survey(Survey(jurisdictions=areas, units=units))
    assert faults(result) == [("empty_jurisdiction", "310116113013", "kept", "warning")]
    assert "海欣居民区" in result.rows.iloc[0]["what_zh"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("行政村", "village"),
        ("居民区", "residential_area"),
        ("居委会", "residential_area"),
        ("筹建组", "preparatory_group"),
        ("village", "village"),
        ("公园", None),
    ],
)
def test_kind_words(word: str, kind: str | None) -> None:
    assert kind_of_word(word) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("向阳村", "village"),
        ("向阳村村民委员会", "village"),
        ("海欣居民区", "residential_area"),
        ("海欣社区居委会", "residential_area"),
        ("万皓居民区筹建组", "preparatory_group"),
        ("The Port", None),
    ],
)
def test_kind_names(name: str, kind: str | None) -> None:
    assert kind_of_name(name) == kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("310116113202", "village"),
        ("310116113001", "residential_area"),
        ("310116113500", None),
        ("000000000000", None),
        ("39061004200", None),
    ],
)
def test_kind_codes(code: str, kind: str | None) -> None:
    assert kind_of_code(code) == kind


def test_jurisdictions_by_code_name_and_stem(areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> None:
    values = units["unit_id"].copy()
    values[:] = ["310116113202", "向阳村委会", "海欣", "乌有村"]
    codes, unknown = match_codes(values, areas)
    assert codes.tolist() == ["310116113202", "310116113202", "310116113013", ""]
    assert unknown == ["乌有村"]
