"""A town's own files become a survey."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from gridmap.data.datum import to_gcj02
from gridmap.data.faults import Validation
from gridmap.data.survey import read_survey
from gridmap.data.vector import write_layers
from gridmap.errors import InvalidInput, MissingCrs
from gridmap.model.units import Units

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder ../shared/data is absent")
EAST, NORTH = 628_000.0, 3_402_000.0


def box(x: float, y: float, width: float = 100.0, height: float = 100.0) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


@pytest.fixture
def groups() -> gpd.GeoDataFrame:
    """Two villages of three groups each, as a town office keeps them."""
    return gpd.GeoDataFrame(
        {
            "组编号": [f"G{i}" for i in range(6)],
            "村居": ["向阳村"] * 3 + ["九龙村"] * 3,
            "村民小组": ["1组", "2组", "3组"] * 2,
            "实有户数": ["98户", "１０２", "约110", "95", "88户", "1,024"],
        },
        geometry=[box(100 * i, 0) for i in range(6)],
        crs="EPSG:4549",
    )


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"代码": ["310116113202", "310116113205"], "名称": ["向阳村", "九龙村"]},
        geometry=[box(0, 0, 300), box(300, 0, 300)],
        crs="EPSG:4549",
    )


def said(validation: Validation, fault: str) -> str:
    rows = validation.rows[validation.rows["fault"] == fault]
    return " | ".join(rows["what_en"])


def write_gbk(frame: gpd.GeoDataFrame, path: Path) -> Path:
    pyogrio.write_dataframe(frame, path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    return path


def test_one_gbk_shapefile_and_nothing_else(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    survey, validation = read_survey(write_gbk(groups, tmp_path / "村民小组.shp"))
    assert survey.units.index.tolist() == [f"G{i}" for i in range(6)]
    assert survey.units["households"].tolist() == [98, 102, 110, 95, 88, 1024]
    assert survey.units["name"].tolist() == ["1组", "2组", "3组"] * 2
    assert set(survey.units["kind"]) == {"group"}
    assert survey.jurisdictions["kind"].to_dict() == {"九龙村": "village", "向阳村": "village"}
    assert survey.jurisdictions.loc["向阳村"].geometry.area == pytest.approx(30_000)
    assert validation.is_clean
    assert "GB18030" in said(validation, "reading")
    assert "G2: '约110' is rough" in said(validation, "rough_households")
    Units(survey.units, survey.jurisdictions)


def test_jurisdictions_from_a_file_are_matched_by_name(
    groups: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    write_layers(tmp_path / "a.gpkg", {"小组": groups, "村居边界": areas})
    survey, validation = read_survey(tmp_path / "a.gpkg", layer="小组", jurisdictions=f"{tmp_path / 'a.gpkg'}:村居边界")
    assert survey.units["jurisdiction"].tolist() == ["310116113202"] * 3 + ["310116113205"] * 3
    assert survey.jurisdictions["name"].to_dict() == {"310116113202": "向阳村", "310116113205": "九龙村"}
    assert validation.is_clean


def test_a_geopackage_in_chinese_is_read_whole(
    groups: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    roads = gpd.GeoDataFrame(
        {"道路等级": ["国道", "支路"], "名称": ["亭卫公路", "向阳路"]},
        geometry=[shapely.LineString([(EAST, NORTH), (EAST + 600, NORTH)])] * 2,
        crs=4549,
    )
    water = gpd.GeoDataFrame(
        {"名称": ["龙泉港", "鱼塘"], "类型": ["河道", "湖泊"]}, geometry=[box(0, 0, 5), box(9, 0, 5)], crs=4549
    )
    about = pd.DataFrame(
        {"key": ["name", "source", "date", "synthetic"], "value": ["山阳镇", "试点", "2020-02-29", "是"]}
    )
    layers = {"村民小组": groups, "辖区": areas, "道路": roads, "水系": water, "about": about, "杂项": roads}
    write_layers(tmp_path / "a.gpkg", layers)
    survey, validation = read_survey(tmp_path / "a.gpkg")
    assert (survey.name, survey.source, survey.date, survey.is_synthetic) == ("山阳镇", "试点", "2020-02-29", True)
    assert survey.barriers[["kind", "road_class", "name"]].to_numpy().tolist() == [
        ["road", 1, "亭卫公路"],
        ["road", 3, "向阳路"],
        ["river", 0, "龙泉港"],
    ]
    assert sorted(survey.context) == ["roads", "water"]
    assert "杂项" in said(validation, "unread_layer")


def test_no_jurisdictions_at_all_make_one(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    write_layers(tmp_path / "向阳.gpkg", {"a": groups.drop(columns="村居")})
    survey, validation = read_survey(tmp_path / "向阳.gpkg", kind="rural")
    assert survey.jurisdictions["name"].to_dict() == {"000000000000": "向阳"}
    assert set(survey.units["jurisdiction"]) == {"000000000000"}
    assert "all units belong to one" in said(validation, "no_jurisdiction")


def test_households_may_lack_only_in_villages(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    bare = groups.drop(columns="实有户数")
    write_layers(tmp_path / "a.gpkg", {"a": bare})
    survey, _ = read_survey(tmp_path / "a.gpkg")
    assert survey.has_households is False
    assert set(survey.units["households"]) == {0}
    with pytest.raises(InvalidInput, match="--households-column, give a table with --households FILE"):
        read_survey(tmp_path / "a.gpkg", kind="residential")
    with pytest.raises(InvalidInput, match="auto, rural or residential"):
        read_survey(tmp_path / "a.gpkg", kind="urban")


@pytest.mark.parametrize("by_id", [True, False])
def test_households_from_a_ledger(groups: gpd.GeoDataFrame, tmp_path: Path, by_id: bool) -> None:
    write_layers(tmp_path / "a.gpkg", {"a": groups.drop(columns="实有户数")})
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["山阳镇台账", None, None])
    sheet.append(["组编号" if by_id else "村居", "村民小组", "户数"])
    keys = [f"G{i}" for i in range(6)] if by_id else ["向阳村"] * 3 + ["九龙村"] * 3
    for key, group, count in zip(keys, ["１组", "2组", "3组"] * 2, ["98户", 102, 110, 95, "无", 70], strict=True):
        sheet.append([key, group, count])
    sheet.append(["合计", None, 475])
    sheet.merge_cells("A1:C1")
    book.save(tmp_path / "t.xlsx")
    survey, validation = read_survey(tmp_path / "a.gpkg", ledger=tmp_path / "t.xlsx")
    assert survey.units["households"].tolist() == [98, 102, 110, 95, 0, 70]
    row = validation.errors.iloc[0]
    assert (row["fault"], row["id"], row["where"]) == ("missing_households", "G4", "t.xlsx:Sheet!7")


def test_columns_by_option(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    odd = groups.rename(columns={"实有户数": "数", "村居": "甲", "组编号": "乙"})
    write_layers(tmp_path / "a.gpkg", {"a": odd})
    survey, _ = read_survey(tmp_path / "a.gpkg", columns={"households": "数", "jurisdiction": "甲", "unit_id": "乙"})
    assert survey.units["households"].sum() == 98 + 102 + 110 + 95 + 88 + 1024
    assert survey.units.index[0] == "G0"
    with pytest.raises(InvalidInput, match="has no column '丙'"):
        read_survey(tmp_path / "a.gpkg", columns={"households": "丙"})
    with pytest.raises(InvalidInput, match="holds no numbers"):
        read_survey(tmp_path / "a.gpkg", columns={"households": "甲"})


def test_personal_columns_stay_outside(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    write_layers(tmp_path / "a.gpkg", {"a": groups.assign(户主姓名="王五", 联系电话="13812345678", 备注="x")})
    survey, validation = read_survey(tmp_path / "a.gpkg")
    assert "备注" in survey.units.columns
    assert "户主姓名" not in survey.units.columns
    assert "户主姓名, 联系电话" in said(validation, "personal")


def test_points_need_outlines(groups: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    points = groups.set_geometry(groups.centroid)
    write_layers(tmp_path / "a.gpkg", {"a": points})
    write_layers(tmp_path / "b.gpkg", {"b": areas})
    with pytest.raises(InvalidInput, match="outlines of their jurisdictions"):
        read_survey(tmp_path / "a.gpkg")
    survey, _ = read_survey(tmp_path / "a.gpkg", jurisdictions=tmp_path / "b.gpkg", kind="residential")
    assert survey.units is None
    assert survey.buildings["households"].tolist()[:2] == [98, 102]
    assert survey.buildings["group"].tolist()[:2] == ["1组", "2组"]


def test_lines_and_units_without_jurisdiction(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    lines = groups.set_geometry(groups.boundary)
    groups.loc[5, "村居"] = None
    write_layers(tmp_path / "a.gpkg", {"a": lines})
    write_layers(tmp_path / "b.gpkg", {"b": groups})
    with pytest.raises(InvalidInput, match=r"a\.gpkg:a: wanted polygons .* got lines"):
        read_survey(tmp_path / "a.gpkg")
    survey, validation = read_survey(tmp_path / "b.gpkg")
    assert len(survey.units) == 5
    assert "G5 says no jurisdiction and lies outside every one; its 1024 households" in said(validation, "outside")


def test_missing_crs_and_wrong_crs(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    bare = write_gbk(groups, tmp_path / "a.shp")
    bare.with_suffix(".prj").unlink()
    with pytest.raises(MissingCrs, match="--crs EPSG:4549"):
        read_survey(bare)
    survey, _ = read_survey(bare, crs="EPSG:4549")
    assert survey.units.crs.to_epsg() == 4549
    with pytest.raises(InvalidInput, match="in degrees, its coordinates are like"):
        read_survey(bare, crs="EPSG:4490")


@pytest.mark.parametrize("epsg", [4326, 4490, 3857])
def test_geographic_and_web_coordinates_come_into_the_zone(groups: gpd.GeoDataFrame, tmp_path: Path, epsg: int) -> None:
    write_layers(tmp_path / "a.gpkg", {"a": groups.to_crs(epsg)})
    survey, validation = read_survey(tmp_path / "a.gpkg")
    assert survey.units.crs.to_epsg() == 4549
    assert survey.units.area.to_numpy() == pytest.approx(np.full(6, 10_000.0), rel=1e-5)
    assert "EPSG:4549" in said(validation, "crs")


def test_exchanged_axes_are_put_right_and_said(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    turned = groups.set_geometry(shapely.transform(groups.geometry.values, lambda xy: xy[:, ::-1]), crs=4549)
    write_layers(tmp_path / "a.gpkg", {"a": turned})
    survey, validation = read_survey(tmp_path / "a.gpkg")
    assert survey.units.geometry.iloc[0].equals(groups.geometry.iloc[0])
    assert "x and y were exchanged" in said(validation, "swapped_axes")
    with pytest.raises(InvalidInput, match="strict mode"):
        read_survey(tmp_path / "a.gpkg", strict=True)


def test_a_shifted_layer_is_told_and_put_right(
    groups: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    there = groups.to_crs(4326)
    shifted = there.set_geometry(
        shapely.transform(there.geometry.values, lambda xy: np.column_stack(to_gcj02(xy[:, 0], xy[:, 1]))), crs=4326
    )
    write_layers(tmp_path / "a.gpkg", {"a": shifted})
    write_layers(tmp_path / "b.gpkg", {"b": areas})
    with pytest.raises(InvalidInput, match="--datum gcj02"):
        read_survey(tmp_path / "a.gpkg", jurisdictions=tmp_path / "b.gpkg")
    survey, validation = read_survey(tmp_path / "a.gpkg", jurisdictions=tmp_path / "b.gpkg", datum="gcj02")
    assert validation.is_clean
    off = shapely.hausdorff_distance(survey.units.geometry.values, groups.geometry.values)
    assert off.max() < 0.01


def test_repeated_ids_overlaps_and_strict(groups: gpd.GeoDataFrame, tmp_path: Path) -> None:
    groups.loc[1, "组编号"] = "G0"
    groups.loc[2, "geometry"] = box(150, 0, 150)
    write_layers(tmp_path / "a.gpkg", {"a": groups})
    survey, validation = read_survey(tmp_path / "a.gpkg")
    assert survey.units.index.tolist()[:2] == ["G0", "G0#2"]
    assert "overlap by 5,000.0 m²" in said(validation, "overlap")
    assert validation.rows["severity"].tolist() == sorted(
        validation.rows["severity"], key=["error", "warning", "note"].index
    )
    with pytest.raises(InvalidInput, match="id G0 stands twice"):
        read_survey(tmp_path / "a.gpkg", strict=True)


@needs_shared
def test_walnut_hills() -> None:
    survey, validation = read_survey(SHARED / "walnut_hills_units.gpkg")
    assert len(survey.units) == 457
    assert survey.units["households"].sum() == 16_766
    assert len(survey.jurisdictions) == 23
    assert validation.is_clean
    Units(survey.units, survey.jurisdictions)


@needs_shared
def test_cambridge_blocks_with_streets() -> None:
    source = SHARED / "cambridge_ma.gpkg"
    survey, validation = read_survey(f"{source}:block_units", barriers=f"{source}:streets")
    assert len(survey.units) == 749
    assert set(survey.units["kind"]) == {"block"}
    assert len(survey.jurisdictions) == 13
    counts = survey.barriers["road_class"].value_counts().to_dict()
    assert counts == {1: 284, 2: 633, 3: 1723 + 3}
    assert "Cambridge St" in set(survey.barriers["name"])
    assert len(validation.rows[validation.rows["fault"] == "overlap"]) == 5
    Units(survey.units, survey.jurisdictions)


@needs_shared
def test_cambridge_parcels_by_neighbourhood() -> None:
    source = SHARED / "cambridge_ma.gpkg"
    survey, _ = read_survey(f"{source}:parcel_units", jurisdictions=f"{source}:neighborhoods")
    assert len(survey.units) == 11_032
    assert set(survey.units["kind"]) == {"parcel"}
    assert "East Cambridge" in survey.jurisdictions.index
    Units(survey.units, survey.jurisdictions)


@needs_shared
def test_hdb_points_and_cells() -> None:
    source = SHARED / "hdb_3areas.gpkg"
    survey, _ = read_survey(f"{source}:units", jurisdictions=f"{source}:subzones")
    assert len(survey.buildings) == 976
    assert survey.buildings["households"].sum() == 120_818
    assert "QTSZ10" in survey.jurisdictions.index  # SUBZONE_C was found by what it holds
    cells, _ = read_survey(f"{source}:cells_voronoi_derived")
    assert len(cells.units) == 974
    assert set(cells.units["kind"]) == {"cell"}
    Units(cells.units, cells.jurisdictions)


@needs_shared
@pytest.mark.parametrize(("name", "n"), [("tw_67000050_units", 234), ("tw_10007120_units", 301)])
def test_taiwan_without_households(name: str, n: int) -> None:
    survey, _ = read_survey(SHARED / f"{name}.gpkg", kind="rural")
    assert len(survey.units) == n
    assert survey.has_households is False
    assert set(survey.units["kind"]) == {"group"}
    assert "official_group" in survey.units.columns
    Units(survey.units, survey.jurisdictions, has_households=False)
    with pytest.raises(InvalidInput, match="--kind rural"):
        read_survey(SHARED / f"{name}.gpkg")


def test_houses_of_a_village_are_drawn_beside_the_buildings(tmp_path: Path) -> None:
    square = shapely.box(628000, 3402000, 628400, 3402400)
    layers = {
        "jurisdictions": gpd.GeoDataFrame(
            {"code": ["310116113202"], "name": ["向阳"], "kind": ["village"]}, geometry=[square], crs="EPSG:4549"
        ),
        "villager_groups": gpd.GeoDataFrame(
            {"unit_id": ["1"], "households": [40], "jurisdiction": ["310116113202"]}, geometry=[square], crs="EPSG:4549"
        ),
        "农房": gpd.GeoDataFrame(
            {"类型": ["农宅", "厂房"]},
            geometry=[shapely.box(628010, 3402010, 628020, 3402020), shapely.box(628050, 3402050, 628090, 3402090)],
            crs="EPSG:4549",
        ),
    }
    path = tmp_path / "village.gpkg"
    for name, layer in layers.items():
        layer.to_file(path, layer=name)
    survey, _ = read_survey(path)
    assert survey.context["buildings"]["kind"].tolist() == ["house", "factory"]
    assert survey.buildings is None
