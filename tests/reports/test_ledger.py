"""The ledger as it is opened again: by openpyxl, and by the reader of ledgers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gridmap.data.table import read_ledger
from gridmap.errors import InvalidInput, OutputError
from gridmap.model.units import Units
from gridmap.reports.ledger import write_ledger
from gridmap.reports.words import long_date


@pytest.fixture
def book(case: Any, tmp_path: Path) -> Any:
    write_ledger(tmp_path / "plan.xlsx", *case)
    return openpyxl.load_workbook(tmp_path / "plan.xlsx")


def table_of(sheet: Any) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]


def test_sheets_and_headings(book: Any) -> None:
    assert book.sheetnames == ["网格台账", "汇总", "规则检查", "新旧编号对照", "说明"]
    sheet = book["网格台账"]
    assert sheet["A1"].value == "山阳镇网格划分台账"
    assert sheet["A2"].value == "单位：山阳镇　　数据日期：2026年2月5日　　来源：示例数据　　【合成数据，仅供演示】"
    assert table_of(sheet)[0] == [
        "序号", "村居", "网格编号", "网格类型", "村民小组/楼栋数", "户数", "与目标偏差", "涉及小区或小组名称",
        "例外情形及原因", "网格长", "网格指导员", "网格员", "备注",
    ]  # fmt: skip


def test_one_row_a_grid_by_jurisdiction_and_a_total(book: Any) -> None:
    rows = table_of(book["网格台账"])[1:]
    assert [r[0] for r in rows[:6]] == [1, 2, 3, 4, 5, 6]
    assert [r[2] for r in rows[:6]] == [
        "310116113202001", "310116113202002", "310116113001001",
        "310116113001002", "310116113001003", "310116113001004",
    ]  # fmt: skip
    assert [r[3] for r in rows[:6]] == ["农村网格"] * 2 + ["居民区网格"] * 2 + ["专属网格", "居民区网格"]
    assert [r[4] for r in rows[:6]] == [2, 3, 4, 3, 1, 1]
    assert [r[5] for r in rows[:6]] == [90, 210, 290, 310, 0, 500]
    assert rows[0][6] == "按组数"
    assert rows[2][6] == pytest.approx(290 / 300 - 1)
    assert rows[4][6] == "—"
    assert rows[5][8] == "R5: =单栋 500 户"
    assert rows[2][12] == "已锁定"
    assert [r[9:12] for r in rows[:6]] == [[None] * 3] * 6
    assert rows[6][:6] == ["合计", None, None, None, 14, 1400]
    assert rows[7][0].startswith("制表")


def test_merged_cells_widths_and_print(book: Any) -> None:
    sheet = book["网格台账"]
    merged = {str(r) for r in sheet.merged_cells.ranges}
    assert {"A1:M1", "A2:M2", "B4:B5", "B6:B9", "A10:D10"} <= merged
    for page in book.worksheets:
        assert page.page_setup.paperSize in (8, "8")
        assert page.page_setup.orientation == "landscape"
        assert page.page_setup.fitToHeight in (0, "0")
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert page.print_title_rows == "$1:$3"
        assert page.freeze_panes == "A4"
        assert "&P" in page.oddFooter.center.text


def test_codes_are_text_and_counts_are_numbers(book: Any) -> None:
    sheet = book["网格台账"]
    assert (sheet["C4"].data_type, sheet["C4"].number_format) == ("s", "@")
    assert (sheet["F4"].data_type, sheet["F4"].number_format) == ("n", "#,##0")
    assert sheet["G6"].number_format == "+0.0%;-0.0%;0.0%"
    assert book["汇总"]["B4"].data_type == "s"
    assert book["新旧编号对照"]["A4"].value == "310116113202001"
    assert book["新旧编号对照"]["C5"].value == "新设"


def test_no_text_becomes_a_formula(book: Any) -> None:
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [c.coordinate for c in cells if c.data_type == "f"] == []
    hostile = [c for c in cells if isinstance(c.value, str) and c.value[0] in "=+-@"]
    assert {c.value for c in hostile} >= {"=1+1、向阳2组", "@金豪", "-金悦", "+塔楼"}
    assert all(c.quotePrefix and c.number_format == "@" for c in hostile)


def test_summary_adds_up(book: Any) -> None:
    rows = table_of(book["汇总"])[1:]
    assert rows[0] == ["向阳", "310116113202", "行政村", 2, 5, 300, 150, 90, 210, 0, 0]
    assert rows[1][:6] == ["山新", "310116113001", "居民区", 4, 8, 1100]
    assert rows[1][6:9] == [pytest.approx(1100 / 3), 290, 500]  # without the mall
    assert rows[1][9] == 2
    assert rows[2][0] == "合计"
    assert rows[2][3:9] == [6, 13, 1400, 280, 90, 500]


def test_findings_are_listed_with_their_exceptions(book: Any, case: Any) -> None:
    rows = table_of(book["规则检查"])[1:]
    assert len(rows) == len(case.report.findings)
    (band,) = [r for r in rows if r[1] == "户数范围"]
    assert band[:6] == ["R5", "户数范围", "硬性", "是", "山新", "310116113001004"]
    assert band[7:10] == [500, 360, "户"]
    assert band[10].endswith("（例外：=单栋 500 户）")


def test_notes_name_rules_sources_and_synthetic_data(book: Any, case: Any) -> None:
    notes = {r[0]: r[1] for r in table_of(book["说明"])}
    assert notes["适用规则"].startswith("shanyang-2020")
    assert notes["数据性质"] == "合成数据，仅供演示"
    assert notes["方案指纹"] == case.plan.fingerprint
    assert notes["residential_area.lower"] == case.rules.sources["residential_area.lower"]


def test_the_reader_of_ledgers_reads_it_again(case: Any, tmp_path: Path) -> None:
    write_ledger(tmp_path / "plan.xlsx", *case)
    ledger = read_ledger(tmp_path / "plan.xlsx")
    assert ledger.frame["村居"].tolist() == ["向阳"] * 2 + ["山新"] * 4
    assert ledger.frame["网格编号"].tolist() == [
        *(c for c in case.plan.codes if c.startswith("310116113202")),
        *(c for c in case.plan.codes if c.startswith("310116113001")),
    ]
    assert ledger.frame["户数"].tolist() == ["90", "210", "290", "310", "0", "500"]
    said = " ".join(n.zh for n in ledger.notes)
    assert "合计行不计入" in said
    assert "请核对" not in said  # the total agrees with its rows


def test_english(case: Any, tmp_path: Path) -> None:
    write_ledger(tmp_path / "plan.xlsx", *case, lang="en")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames == ["Grids", "Summary", "Rule check", "Old and new codes", "About"]
    rows = table_of(book["Grids"])
    assert rows[0][:4] == ["No.", "Jurisdiction", "Grid code", "Kind of grid"]
    assert rows[1][6] == "by units"
    assert rows[7][0] == "Total"
    assert "Data of: 5 Feb 2026" in book["Grids"]["A2"].value
    assert "Synthetic data" in book["Grids"]["A2"].value
    own = [r for name in ("Grids", "Summary", "About") for r in table_of(book[name])[0]]
    assert all(text.isascii() for text in own)
    messages = [r[10] for r in table_of(book["Rule check"])[1:]]
    assert all("户" not in m for m in messages)


def test_unknown_households_are_a_dash(case: Any, tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from gridmap.check import check_plan  # noqa: PLC0415

    units = Units(case.plan.units.frame.assign(households=0), case.plan.units.jurisdictions, has_households=False)
    plan = replace(case.plan, units=units)
    write_ledger(tmp_path / "plan.xlsx", case.town, plan, check_plan(plan, case.rules), None, case.rules)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    rows = table_of(book["网格台账"])[1:]
    assert [r[5] for r in rows[:7]] == ["—"] * 7
    assert table_of(book["汇总"])[1][5:9] == ["—"] * 4
    assert table_of(book["新旧编号对照"])[1][0] == "首次划分，没有原编号。"


def test_forbidden_characters_and_endless_texts(case: Any, tmp_path: Path) -> None:
    frame = case.plan.units.frame.assign(compound="\x00\x1f坏\x08" + "字" * 40_000)
    plan = type(case.plan)(Units(frame, case.plan.units.jurisdictions), case.plan.grid_of, case.plan.codes)
    write_ledger(tmp_path / "plan.xlsx", case.town, plan, case.report, None, case.rules)
    cell = openpyxl.load_workbook(tmp_path / "plan.xlsx")["网格台账"]["H6"].value
    assert cell.startswith("坏字字")
    assert len(cell) == 32_767


def test_what_cannot_be_written_is_told(case: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ends in \.xlsx") as told:
        write_ledger(tmp_path / "plan.xls", *case)
    assert "Excel 工作簿" in told.value.zh
    with pytest.raises(OutputError, match="does not exist"):
        write_ledger(tmp_path / "no" / "plan.xlsx", *case)
    other = case.plan.move(["u08"], case.plan.codes[5])
    fewer = other.move(["u09", "u10"], case.plan.codes[5])
    with pytest.raises(InvalidInput, match="report of this plan"):
        write_ledger(tmp_path / "plan.xlsx", case.town, fewer, case.report, None, case.rules)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("date", "zh", "en"),
    [("2026-02-05", "2026年2月5日", "5 Feb 2026"), ("spring 2026", "spring 2026", "spring 2026"), ("", "", "")],
)
def test_dates_as_people_write_them(date: str, zh: str, en: str) -> None:
    assert long_date(date, "zh") == zh
    assert long_date(date, "en") == en
