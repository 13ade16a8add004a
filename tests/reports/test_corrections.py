"""Ledgers handed back for correction: marked, listed, and good to be read again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridmap.data.records import Intake, read_records
from gridmap.errors import InvalidInput, OutputError
from gridmap.reports.corrections import write_corrections

VILLAGE = "310116113202"
ROWS: list[list[Any]] = [
    ["村居", "网格", "统计日期", "报到人数", "备注"],
    ["向阳", 1, "2月5日", "约30", "=HYPERLINK(1)"],
    [None, 9, "2020-2-5", 12, None],
    [None, 2, "2020-2-5", "=1+1", None],
]


def read(path: Path, group: Any = "party") -> Intake:
    places = gpd.GeoDataFrame(
        {"name": ["向阳村"], "kind": ["village"]},
        geometry=[shapely.box(628_000, 3_399_000, 629_000, 3_400_000)],
        index=[VILLAGE],
        crs="EPSG:4549",
    )
    grids = [f"{VILLAGE}{n:03d}" for n in (1, 2, 3)]
    return read_records(path, group, places=places, grids=grids, crs="EPSG:4549", day=dt.date(2020, 3, 1))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "在职党员报到"
    sheet.append(["山阳镇在职党员报到台账"])
    for row in ROWS:
        sheet.append(row)
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("A3:A5")
    for cell in ("D5", "E3"):  # text that looks like a formula, as people type it
        sheet[cell].data_type = "s"
    sheet.column_dimensions["A"].width = 33
    path = tmp_path / "报到.xlsx"
    book.save(path)
    return path


def test_wrong_cells_are_marked_and_listed(source: Path, tmp_path: Path) -> None:
    intake = read(source)
    assert intake.records is None
    target = tmp_path / "更正.xlsx"
    write_corrections(target, source, intake)
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["需更正", "在职党员报到"]
    sheet = book["在职党员报到"]
    fills = {a: sheet[a].fill.fgColor.rgb for a in ("C3", "B4", "D5", "D3", "C4")}
    assert fills == {"C3": "00FFFF00", "B4": "00FFFF00", "D5": "00FFFF00", "D3": "00FFF2CC", "C4": "00000000"}
    assert sheet["C3"].comment is not None
    assert sheet["C3"].comment.text == "「2月5日」没有年份；请写全，例如 2020-02-05"
    assert sheet.column_dimensions["A"].width == 33
    assert "A3:A5" in [str(m) for m in sheet.merged_cells.ranges]
    listed = [[c.value for c in row] for row in book["需更正"].iter_rows(min_row=4)]
    assert [r[2:5] for r in listed] == [
        ["在职党员报到!C3", "统计日期", "2月5日"],
        ["在职党员报到!B4", "网格", "9"],
        ["在职党员报到!D5", "报到人数", "=1+1"],
        ["在职党员报到!D3", "报到人数", "约30"],
    ]
    assert [r[-1] for r in listed] == ["必须更正"] * 3 + ["请核对"]
    assert listed[1][5] == "方案中没有网格「9」；最接近的编号：310116113202003"
    assert book["需更正"]["E6"].data_type == "s"
    assert "必须更正 3 处，请核对 1 处" in str(book["需更正"]["A2"].value)


def test_the_corrected_copy_is_read_in_the_place_of_the_source(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "更正.xlsx"
    write_corrections(target, source, read(source))
    book = openpyxl.load_workbook(target)
    sheet = book["在职党员报到"]
    sheet["C3"], sheet["B4"], sheet["D5"] = "2020-2-5", 3, 2
    book.save(target)
    again = read(target)
    assert again.records is not None
    assert again.records.of("in_service")["members"].tolist() == [30, 12, 2]
    write_corrections(tmp_path / "二次.xlsx", target, again)
    assert openpyxl.load_workbook(tmp_path / "二次.xlsx").sheetnames == ["需更正", "在职党员报到"]


def test_a_fault_in_a_merged_cell_is_marked_at_its_corner(source: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(source)
    book["在职党员报到"]["A3"] = "向杨村"
    book.save(source)
    intake = read(source)
    assert intake.errors["cell"].tolist()[0] == "报到.xlsx:在职党员报到!A3"
    write_corrections(tmp_path / "更正.xlsx", source, intake)
    comment = openpyxl.load_workbook(tmp_path / "更正.xlsx")["在职党员报到"]["A3"].comment
    assert comment is not None
    assert comment.text.startswith("没有村居「向杨村」；最接近：向阳村")


def test_a_csv_becomes_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "报到[1].csv"
    lines = ["村居,网格,统计日期,报到人数", "向阳,1,2020-2-30,12", "向阳,2,2020-2-5,@SUM(A1)"]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    intake = read(path)
    assert intake.errors["cell"].tolist() == ["报到[1].csv!C2", "报到[1].csv!D3"]
    write_corrections(tmp_path / "更正.xlsx", path, intake)
    book = openpyxl.load_workbook(tmp_path / "更正.xlsx")
    assert book.sheetnames == ["需更正", "报到 1"]
    sheet = book["报到 1"]
    assert sheet["C2"].fill.fgColor.rgb == "00FFFF00"
    assert (sheet["D3"].value, sheet["D3"].data_type, sheet["D3"].quotePrefix) == ("@SUM(A1)", "s", True)


def test_a_layer_is_only_listed(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"编号": ["D1"], "名称": ["一"], "类型": ["塔"], "状态": ["在用"]},
        geometry=[shapely.Point(628_500, 3_399_500)],
        crs="EPSG:4549",
    )
    path = tmp_path / "p.gpkg"
    frame.to_file(path)
    intake = read(path, "points")
    write_corrections(tmp_path / "更正.xlsx", path, intake)
    book = openpyxl.load_workbook(tmp_path / "更正.xlsx")
    assert book.sheetnames == ["需更正"]
    assert book["需更正"]["C4"].value == "p!1"


def test_refusals(source: Path, tmp_path: Path) -> None:
    intake = read(source)
    before = source.read_bytes()
    for name in ("a.csv", "报到.xlsx"):
        with pytest.raises(InvalidInput, match="of another name than the source"):
            write_corrections(tmp_path / name, source, intake)
    assert source.read_bytes() == before
    with pytest.raises(OutputError):
        write_corrections(tmp_path / "none" / "a.xlsx", source, intake)
    source.write_bytes(b"no workbook")
    with pytest.raises(InvalidInput, match="cannot be read again"):
        write_corrections(tmp_path / "b.xlsx", source, intake)
    assert not (tmp_path / "b.xlsx").exists()
