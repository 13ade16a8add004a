"""Ledgers as people really write them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridmap.data.join import join_ledger
from gridmap.data.table import Ledger, read_ledger
from gridmap.errors import InvalidInput, RefusedSource

ROWS = [
    ["山阳镇村民小组台账（2020年）", None, None, None, None],
    ["村居", "村民小组", "户数", None, "联系电话"],
    [None, None, "实有", "户籍", None],
    ["向阳村", "１组", "98户", 100, 13812345678],
    [None, "2组", "１０２", 101, 13812345679],
    [None, "3组", "约110", 99, None],
    ["小计", None, 310, 300, None],
    ["九龙村", "1组", "1,024", 1000, None],
    [None, "2组", 50.0, 51, None],
    ["合 计", None, 1384, 1351, None],
    ["填表人：王五    日期：2020年2月1日", None, None, None, None],
]
MERGES = ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "A4:A6", "A8:A9")


def workbook(path: Path, rows: list[list[Any]] = ROWS, merges: tuple[str, ...] = MERGES, title: str = "台账") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    book.save(path)
    return path


def test_a_ledger_as_it_comes(tmp_path: Path) -> None:
    ledger = read_ledger(workbook(tmp_path / "a.xlsx"))
    assert ledger.frame.columns.tolist() == ["村居", "村民小组", "户数/实有", "户数/户籍", "联系电话"]
    assert ledger.frame["村居"].tolist() == ["向阳村"] * 3 + ["九龙村"] * 2
    assert ledger.frame["户数/实有"].tolist() == ["98户", "１０２", "约110", "1,024", "50"]
    assert ledger.frame["联系电话"].tolist()[0] == "13812345678"
    assert ledger.cells[0] == "a.xlsx:台账!4"
    assert ledger.cells[-1] == "a.xlsx:台账!9"
    said = " ".join(n.en for n in ledger.notes)
    assert "totals left out: row 7, 10" in said
    assert "foot note left out: row 11" in said
    assert "add up" not in said  # 98 + 102 + 110 = 310 and 310 + 1,024 + 50 = 1,384


def test_a_wrong_total_is_said(tmp_path: Path) -> None:
    rows = [list(r) for r in ROWS]
    rows[9][2] = 1400
    notes = read_ledger(workbook(tmp_path / "a.xlsx", rows)).notes
    assert [n.zh for n in notes if "1,400" in n.zh] == [
        "a.xlsx:台账 第 10 行：户数/实有合计写的是 1,400，各行相加为 1,384；以各行为准，请核对。"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_both_encodings_with_lost_merges(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    lines = [
        ["村民小组台账", "", ""],
        ["村居", "组", "户数"],
        ["向阳村", "1组", "98"],
        ["", "2组", "102"],
        ["合计", "", "200"],
    ]
    path.write_bytes("\r\n".join(delimiter.join(r) for r in lines).encode(encoding))
    ledger = read_ledger(path)
    assert ledger.frame.to_numpy().tolist() == [["向阳村", "1组", "98"], ["向阳村", "2组", "102"]]
    assert ledger.cells == ("a.csv!3", "a.csv!4")
    assert any("filled 1 blank cells" in n.en for n in ledger.notes)


def test_the_sheet_with_the_table_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "封面"
    book.active.append(["山阳镇"])
    sheet = book.create_sheet("数据")
    sheet.append(["编号", "户数"])
    sheet.append([1, 98])
    book.save(path)
    ledger = read_ledger(path)
    assert ledger.cells == ("a.xlsx:数据!2",)
    assert "not read: 封面" in ledger.notes[0].en
    with pytest.raises(InvalidInput, match="no sheet 'x'; it has 封面, 数据"):
        read_ledger(path, "x")
    with pytest.raises(InvalidInput, match="no header row"):
        read_ledger(path, "封面")


def test_bad_ledgers(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        read_ledger(tmp_path / "a.xlsx")
    with pytest.raises(RefusedSource):
        read_ledger("a.docx")
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match="cannot be read as a workbook"):
        read_ledger(broken)
    only_header = tmp_path / "c.csv"
    only_header.write_text("村居,组,户数\n", "utf-8")
    with pytest.raises(InvalidInput, match="header but no rows"):
        read_ledger(only_header)


def layer(ids: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"unit_id": ids}, geometry=[shapely.Point(i, 0) for i in range(len(ids))], crs=4549)


def csv(path: Path, text: str) -> Ledger:
    path.write_text(text, "utf-8")
    return read_ledger(path)


def test_join_says_what_is_left_on_either_side(tmp_path: Path) -> None:
    ledger = csv(tmp_path / "a.csv", "编号,户数\nＡ1,98\nA2,5\nB9,7\n")
    joined = join_ledger(layer(["a1", "A2", "A3"]), ledger, "unit_id", "编号")
    assert joined.frame["户数"].tolist() == ["98", "5", ""]
    assert joined.unmatched_rows == ["A3"]
    assert joined.unmatched_lines == ["a.csv!4"]
    assert joined.cells == ["a.csv!2", "a.csv!3", ""]
    assert "1 个图上单元在台账中没有：A3" in joined.notes[0].zh


def test_join_refuses_doubles_cut_codes_and_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"a\.csv!3: A1 stands twice.*a\.csv!2"):
        join_ledger(layer(["A1"]), csv(tmp_path / "a.csv", "编号,户数\nA1,98\nA1,5\n"), "unit_id", "编号")
    with pytest.raises(InvalidInput, match="cut the digits"):
        join_ledger(layer(["A1"]), csv(tmp_path / "b.csv", "编号,户数\n3.10116E+11,98\n"), "unit_id", "编号")
    with pytest.raises(InvalidInput, match="nothing joins"):
        join_ledger(layer(["A1"]), csv(tmp_path / "c.csv", "编号,户数\nZ,98\n"), "unit_id", "编号")
    with pytest.raises(InvalidInput, match="no column 编号"):
        join_ledger(layer(["A1"]), csv(tmp_path / "d.csv", "村居,户数\nZ,98\n"), "unit_id", "编号")
