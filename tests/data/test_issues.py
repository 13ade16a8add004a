"""Ledgers and exports of issues as towns and platforms write them, right and wrong."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap.data.issues import IssueIntake, read_issues
from gridmap.errors import InvalidInput, MissingCrs, RefusedSource
from gridmap.model.issue_policy import load_policy

CRS = "EPSG:4549"
DAY = dt.date(2020, 3, 1)
VILLAGE, AREA = "310116113202", "310116113001"
GRIDS = [f"{VILLAGE}{n:03d}" for n in range(1, 4)] + [f"{AREA}{n:03d}" for n in range(1, 4)]
#: The middle of the village in degrees, WGS-84: about 628100, 3399700 in the work CRS.
LON, LAT = 121.3374, 30.7109
POLICY = load_policy()


def town() -> gpd.GeoDataFrame:
    x, y = 628_000.0, 3_399_000.0
    return gpd.GeoDataFrame(
        {"name": ["山新居民区", "向阳村"], "kind": ["residential_area", "village"]},
        geometry=[
            shapely.box(x + 1000, y - 1000, x + 3000, y + 1000),
            shapely.box(x - 1000, y - 1000, x + 1000, y + 1000),
        ],
        index=[AREA, VILLAGE],
        crs=CRS,
    )


def read(path: Path | str, **options: Any) -> IssueIntake:
    return read_issues(path, **({"places": town(), "grids": GRIDS, "crs": CRS, "day": DAY, "policy": POLICY} | options))


def text(path: Path, rows: Sequence[str], encoding: str = "utf-8-sig") -> Path:
    path.write_bytes("\r\n".join(rows).encode(encoding))
    return path


def table(path: Path, **columns: Any) -> Path:
    pd.DataFrame(columns).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def many(path: Path, n: int, lon: Any = LON, lat: Any = LAT, **more: Any) -> Path:
    """A file of n issues of which all but the place is right."""
    ids = [f"T{i:05d}" for i in range(n)]
    return table(path, 任务号=ids, 上报时间=["2020-01-02 08:00:00"] * n, 经度=lon, 纬度=lat, **more)


def said(intake: IssueIntake) -> list[tuple[str, str, str]]:
    rows = intake.errors[["cell", "severity", "message_zh"]].itertuples(index=False, name=None)
    return [(cell.partition("!")[2], severity, message) for cell, severity, message in rows]


def frame(intake: IssueIntake) -> gpd.GeoDataFrame:
    assert intake.issues is not None, intake.errors.to_string()
    return intake.issues.frame


def notes(intake: IssueIntake) -> str:
    return "\n".join(n.zh for n in intake.notes)


# --- workbooks ------------------------------------------------------------------------------------------------


def test_a_ledger_as_a_town_keeps_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "9月"
    for row in (
        ["山阳镇网格问题处置台账（2019年9月）"],
        ["序号", "任务号", "问题描述", "问题类型", "时间", None, "案件状态", "处置", None, "上报人", "居村委", "网格",
         "坐标", None, "联系电话"],
        [None, None, None, None, "上报时间", "处置完成时间", None, "处置层级", "处置部门", None, None, None, "经度",
         "纬度", None],
        [1, "RW1", "楼道飞线", "飞线充电", "2019年9月3日 8:05", "2019/9/3 9:5", "已结案", "村居", "向阳村委", "张三",
         "向阳", "１", LON, LAT, "13800138000"],
        [2, 1002.0, "路边垃圾", "暴露垃圾", dt.datetime(2019, 9, 4, 10, 0), 43712.5, "", "", "城管中队",
         "RY0001", "山新", "山新02", LON + 0.02, LAT, ""],
        [3, "RW3", "井盖", "部件", "２０１９-９-５　２４：００", None, "处理中", "", f"{VILLAGE}001", "李四", VILLAGE,
         "", None, None, ""],
        ["合计", None, "3 件"],
        ["填表人：王五　日期：2019年9月30日"],
    ):  # fmt: skip
        sheet.append(row)
    for merge in ("A1:O1", "E2:F2", "H2:I2", "M2:N2", *(f"{c}2:{c}3" for c in "ABCDGJKLO")):
        sheet.merge_cells(merge)
    other = book.create_sheet("10月")
    other.append(["任务号", "上报时间", "问题描述"])
    other.append(["RW9", 43740, "十月的"])
    book.create_sheet("说明").append(["本表由镇网格中心填写，每月一张"])
    book.save(tmp_path / "问题.xlsx")

    intake = read(tmp_path / "问题.xlsx", people={"张三": "RY0003"})
    assert said(intake) == []
    got = frame(intake)
    assert got.index.tolist() == ["RW1", "1002", "RW3", "RW9"]
    times = ["2019-09-03T08:05", "2019-09-04T10:00", "2019-09-06T00:00", "2019-10-02T00:00"]
    assert got["reported_at"].to_numpy("datetime64[s]").tolist() == np.array(times, "datetime64[s]").tolist()
    assert got["settled_at"].iloc[:2].tolist() == [pd.Timestamp(2019, 9, 3, 9, 5), pd.Timestamp(2019, 9, 4, 12)]
    assert got["category"].tolist() == ["ebike", "environment", "facilities", "other"]
    assert got["step"].tolist() == ["closed", "verifying", "disposing", "detected"]
    assert got["tier"].tolist() == ["jurisdiction", "department", "grid", ""]
    assert got["handler"].tolist() == [VILLAGE, "城管中队", f"{VILLAGE}001", ""]
    assert got["reporter"].tolist() == ["RY0003", "RY0001", "", ""]
    assert got["grid"].tolist() == [f"{VILLAGE}001", f"{AREA}002", "", ""]
    assert got["jurisdiction"].tolist() == [VILLAGE, AREA, VILLAGE, ""]
    assert got["place_state"].tolist() == ["ok", "ok", "none", "none"]
    assert got.geometry.iloc[0].distance(shapely.Point(628_100, 3_399_700)) < 50
    told = notes(intake)
    assert "合计行不计入（第 7 行）" in told
    assert "含个人信息的列不读取、不保存：联系电话" in told
    assert "1 件的上报人写的是姓名" in told
    assert "未读的工作表：说明" in told
    assert "张三" not in got.to_csv()
    assert "13800138000" not in got.to_csv()


def test_a_text_file_has_no_sheets(tmp_path: Path) -> None:
    path = many(tmp_path / "a.csv", 1)
    assert read(path).issues is not None
    with pytest.raises(InvalidInput, match="has no sheets; leave --sheet out") as caught:
        read(path, sheet="9月")
    assert caught.value.zh == "a.csv：是文本文件，没有工作表；请去掉 --sheet。"


def test_one_sheet_of_several(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("一", "二"):
        sheet = book.create_sheet(name)
        sheet.append(["编号", "上报时间", "状态"])
        sheet.append([f"N{name}", "2020-01-01 08:00", "不知道"])
    book.save(tmp_path / "a.xlsx")
    assert said(read(tmp_path / "a.xlsx"))[0][:2] == ("C2", "error")
    intake = read(tmp_path / "a.xlsx", sheet="二")
    assert intake.errors["cell"].tolist() == ["a.xlsx:二!C2"]
    assert intake.counts["rows"] == 1
    with pytest.raises(InvalidInput, match="no sheet '三'"):
        read(tmp_path / "a.xlsx", sheet="三")


# --- exports in CSV -------------------------------------------------------------------------------------------

HEAD = "任务号,问题描述,问题类型,上报时间,派遣时间,处置完成时间,核查时间,结案时间,案件状态,处置层级"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_an_export_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    rows = [HEAD, 'RW1,"占道，三轮车",占道经营,2019-09-03 08:05:00,,,,,已上报,网格员']
    got = frame(read(text(tmp_path / "e.csv", rows, encoding)))
    assert got.loc["RW1", ["description", "category", "step", "tier"]].tolist() == [
        "占道，三轮车", "order", "detected", "grid",
    ]  # fmt: skip


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    path = text(tmp_path / "e.csv", [HEAD, "RW1,占道经营,占道,2019-09-03 08:05:00,,,,,,"], "gb18030")
    with pytest.raises(InvalidInput, match="not in utf-8"):
        read(path, encoding="utf-8")


def test_a_long_file_is_decoded_by_a_part_of_it(tmp_path: Path) -> None:
    rows = ["任务号,上报时间,问题描述", *(f"A{i:06d},2020-01-01 08:00:00,plain words only" for i in range(30_000))]
    rows += ["Z1,2020-01-01 08:00:00,暴露垃圾"]
    got = frame(read(text(tmp_path / "e.csv", rows, "gb18030")))
    assert got.loc["Z1", "description"] == "暴露垃圾"
    assert len(got) == 30_001


def test_when_a_case_ends(tmp_path: Path) -> None:
    """结案 ends the verification of what was settled, and the disposal of what has neither time."""
    t = "2020-01-0{} 08:00:00".format
    rows = [
        HEAD,
        f"A,,,{t(1)},{t(2)},{t(3)},,{t(5)},,",
        f"B,,,{t(1)},,,,{t(5)},,",
        f"C,,,{t(1)},,{t(3)},{t(4)},{t(5)},,",
        f"D,,,{t(1)},,{t(3)},,,,",
        f"E,,,{t(1)},{t(2)},,,,,",
        f"F,,,{t(1)},,,,,,",
    ]
    got = frame(read(text(tmp_path / "e.csv", rows)))
    days = got[["settled_at", "verified_at"]].apply(lambda c: c.dt.day).fillna(0).astype(int).to_numpy().tolist()
    assert days == [[3, 5], [5, 0], [3, 4], [3, 0], [0, 0], [0, 0]]
    assert got["step"].tolist() == ["closed", "closed", "closed", "verifying", "disposing", "detected"]


def test_an_export_of_a_311_line(tmp_path: Path) -> None:
    rows = [
        "Case Enquiry ID,open_dt,sla_target_dt,closed_dt,case_status,reason,type,latitude,longitude,source",
        "101,1/31/2015 08:20:09 AM,2015-02-03 17:30:00,1/31/2015 01:05:00 PM,Closed,Graffiti,Graffiti Removal,"  # noqa: ISC004
        f"{LAT},{LON},Twitter",
    ]
    intake = read(text(tmp_path / "e.csv", rows), source="bos")
    got = frame(intake).loc["bos:101"]
    assert got["reported_at"] == pd.Timestamp(2015, 1, 31, 8, 20, 9)
    assert got["settled_at"] == pd.Timestamp(2015, 1, 31, 13, 5)
    assert got["due_at"] == pd.Timestamp(2015, 2, 3, 17, 30)
    assert got[["source", "channel", "category", "kind", "step", "place_state"]].tolist() == [
        "bos", "Twitter", "order", "Graffiti Removal", "closed", "ok",
    ]  # fmt: skip
    assert "月/日/年" in notes(intake)


def test_titles_totals_blank_lines_and_foot_notes(tmp_path: Path) -> None:
    rows = [
        "一网一平台 案件导出,,",
        "任务号,上报时间,问题描述",
        "A,2020-01-01 08:00,x",
        ",,",
        "B,2020-01-01 08:00,",
        "合计,,2 件",
        "填表人：王五,,",
    ]
    intake = read(text(tmp_path / "e.csv", rows))
    assert frame(intake).index.tolist() == ["A", "B"]
    assert "合计行不计入（第 6 行）" in notes(intake)
    rows[4] = "B,?,"
    assert said(read(text(tmp_path / "e.csv", rows))) == [
        ("B5", "error", "「?」不是时间；请写成 2019-09-03 08:05 的形式")
    ]


def test_a_header_of_two_rows_in_csv(tmp_path: Path) -> None:
    rows = ["任务号,时间,,问题", ",上报时间,结案时间,问题描述", "A,2020-01-01 08:00,2020-01-02 08:00,x"]
    rows[1] = ",上报时间,结案时间,"
    rows[0] = "任务号,,,问题描述"
    got = frame(read(text(tmp_path / "e.csv", rows)))
    assert got.loc["A", "settled_at"] == pd.Timestamp(2020, 1, 2, 8)


def test_the_user_names_a_column(tmp_path: Path) -> None:
    path = text(tmp_path / "e.csv", ["号,何时,上报时间", "A,2020-01-05 08:00,2020-01-01 08:00"])
    got = frame(read(path, columns={"issue": "号", "reported_at": "何时"}))
    assert got.loc["A", "reported_at"] == pd.Timestamp(2020, 1, 5, 8)
    with pytest.raises(InvalidInput, match=r"no column '哪个'.*号, 何时, 上报时间"):
        read(path, columns={"issue": "哪个"})
    with pytest.raises(InvalidInput, match="no column nonsense"):
        read(path, columns={"nonsense": "号"})


def test_a_day_and_a_time_of_day_in_two_columns(tmp_path: Path) -> None:
    rows = ["编号,日期,上报时间", "A,2020-01-05,8:05", "B,2020/1/5,", "C,,2020-01-06 9:00"]
    got = frame(read(text(tmp_path / "e.csv", rows)))
    assert got["reported_at"].dt.strftime("%d %H:%M").tolist() == ["05 08:05", "05 00:00", "06 09:00"]


# --- files that cannot be read --------------------------------------------------------------------------------


def test_missing_columns_are_named_with_those_found(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        read(text(tmp_path / "e.csv", ["序号,上报时间,状态", "1,2020-01-01 08:00,结案"]))
    assert "问题编号" in error.value.zh
    assert "序号、上报时间、状态" in error.value.zh
    assert "「序号」每次导出都会变" in error.value.zh
    with pytest.raises(InvalidInput, match=r"Reported at.*--column reported_at=HEADING"):
        read(text(tmp_path / "e.csv", ["任务号,状态", "1,结案"]))


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("e.csv", b"", "empty"),
        ("e.csv", "任务号,上报时间\r\n".encode(), "no rows"),
        ("e.csv", "任务号,上报时间\r\nA,2020-01-01 08:00,多一个\r\n".encode(), "e.csv!2: has 3 fields"),
        ("e.csv", '任务号,上报时间\r\nA,"2020-01-01 08:00\r\n'.encode(), "no proper CSV"),
        ("e.csv", b"1,2\r\n3,4\r\n", "no header|needs the columns"),
        ("e.csv.gz", b"no gzip", "cannot be unpacked"),
        ("e.csv.gz", gzip.compress(b"x" * 1000)[:-12], "cannot be unpacked"),
        ("e.xlsx", b"no workbook", "cannot be read as a workbook"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes, match: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=match):
        read(tmp_path / name)


def test_a_row_that_is_too_long_is_named(tmp_path: Path) -> None:
    rows = ["任务号,上报时间,问题描述", *(f"A{i},2020-01-01 08:00,x" for i in range(40)), "B,2020-01-01 08:00,一,二"]
    with pytest.raises(InvalidInput, match=r"e\.csv!42: has 4 fields where the header has 3"):
        read(text(tmp_path / "e.csv", rows))


def test_files_of_other_kinds(tmp_path: Path) -> None:
    with pytest.raises(RefusedSource, match="issues are read from"):
        read(tmp_path / "a.docx")
    with pytest.raises(InvalidInput, match="no such file"):
        read(tmp_path / "a.csv")


def test_a_packed_export(tmp_path: Path) -> None:
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress("任务号,上报时间\nA,2020-01-01 08:00\n".encode()))
    assert frame(read(tmp_path / "e.csv.gz")).index.tolist() == ["A"]


# --- ids ------------------------------------------------------------------------------------------------------


def test_ids_that_repeat(tmp_path: Path) -> None:
    rows = ["任务号,上报时间,问题描述", "A,2020-01-01 08:00,x", "A,2020-01-01 08:00,x", "B,2020-01-01 08:00,x",
            "B,2020-01-02 08:00,y", "C,2020-01-01 08:00,", ",2020-01-01 08:00,",
            "3.10116E+11,2020-01-01 08:00,"]  # fmt: skip
    path = text(tmp_path / "e.csv", rows)
    intake = read(path)
    assert intake.issues is None
    assert [(cell, severity) for cell, severity, _ in said(intake)] == [
        ("A4", "error"), ("A5", "error"), ("A7", "error"), ("A8", "error"),
    ]  # fmt: skip
    assert "e.csv!A5" in said(intake)[0][2]
    assert "e.csv!A4" in said(intake)[1][2]
    kept = read(path, leave_out=True)
    assert frame(kept).index.tolist() == ["A", "C"]
    assert (kept.counts["repeated"], kept.counts["left_out"], kept.counts["issues"]) == (1, 4, 2)
    assert kept.errors.equals(intake.errors)
    assert "1 行与前面的行完全相同" in notes(kept)


def test_the_platform_stands_before_the_id_once(tmp_path: Path) -> None:
    rows = ["任务号,上报时间,并入", "A,2020-01-01 08:00,B", "市热线:B,2020-01-01 08:00,"]
    got = frame(read(text(tmp_path / "e.csv", rows), source="市热线"))
    assert got.index.tolist() == ["市热线:A", "市热线:B"]
    assert got["duplicate_of"].tolist() == ["市热线:B", ""]
    assert set(got["source"]) == {"市热线"}


# --- words ----------------------------------------------------------------------------------------------------


def test_status_and_tier(tmp_path: Path) -> None:
    t = "2020-01-01 08:00"
    rows = ["任务号,上报时间,状态,层级,结案时间,处置部门", f"A,{t},CLOSED,Grid,,", f"B,{t},已归档,,{t},派出所",
            f"C,{t},挂起,半空中,,山新居民区", f"D,{t},已归档,,,某公司"]  # fmt: skip
    path = text(tmp_path / "e.csv", rows)
    intake = read(path)
    assert [(c, s) for c, s, _ in said(intake)] == [("C5", "error"), ("C3", "warning"), ("D4", "warning")]
    got = frame(read(path, leave_out=True))
    assert got["step"].tolist() == ["closed", "closed", "deferred"]
    assert got["tier"].tolist() == ["grid", "department", "jurisdiction"]


def test_categories_of_a_table_of_the_user(tmp_path: Path) -> None:
    t = "2020-01-01 08:00"
    rows = ["任务号,上报时间,大类,小类", f"A,{t},街面秩序,乱堆物", f"B,{t},街面秩序,怪事", f"C,{t},某类,怪事",
            f"D,{t},某类,奇事", f"E,{t},,", f"F,{t},某类,"]  # fmt: skip
    path = text(tmp_path / "e.csv", rows)
    intake = read(path)
    assert frame(intake)["category"].tolist() == ["order", "order", "other", "other", "other", "other"]
    assert frame(intake)["kind"].tolist() == ["乱堆物", "怪事", "怪事", "奇事", "", "某类"]
    assert intake.unmapped == {"怪事": 1, "奇事": 1, "某类": 1}
    assert "--categories" in notes(intake)
    mapping = text(tmp_path / "map.csv", ["平台写法,类别", "怪事,公共安全", "某类,water"])
    mapped = read(path, categories=mapping)
    assert frame(mapped)["category"].tolist() == ["order", "safety", "safety", "water", "other", "water"]
    assert mapped.unmapped == {}
    with pytest.raises(InvalidInput, match="怪事 → 没有的类别"):
        read(path, categories={"怪事": "没有的类别"})


def test_places_that_nobody_knows_are_said_once(tmp_path: Path) -> None:
    t = "2020-01-01 08:00"
    rows = ["任务号,上报时间,居村委,网格", f"A,{t},向阳,9", f"B,{t},东海,", f"C,{t},东海,", f"D,{t},山新,{VILLAGE}001"]
    intake = read(text(tmp_path / "e.csv", rows))
    assert [(c, s) for c, s, _ in said(intake)] == [("D2", "warning"), ("C3", "warning"), ("D5", "warning")]
    assert "共 2 行" in said(intake)[1][2]
    assert frame(intake)["jurisdiction"].tolist() == [VILLAGE, "", "", AREA]
    assert set(frame(intake)["grid"]) == {""}


def test_numbers_in_texts_are_hidden(tmp_path: Path) -> None:
    t = "2020-01-01 08:00"
    rows = ["任务号,上报时间,问题描述,地址,上报人,采集员电话", f"A,{t},联系１３８ 0013 8000 处理,1幢,13800138000,1",
            f"B,{t},身份证310116199001011234，网格{VILLAGE}001,打 13900139000,RY-07,1",
            f"C,{t},无,,Wang,1"]  # fmt: skip
    intake = read(text(tmp_path / "e.csv", rows))
    got = frame(intake)
    assert got["description"].tolist() == ["联系… 处理", f"身份证…，网格{VILLAGE}001", "无"]
    assert got["address"].tolist() == ["1幢", "打 …", ""]
    assert got["reporter"].tolist() == ["", "RY-07", ""]
    assert intake.counts["hidden"] == 3
    assert "采集员电话" in notes(intake)
    rows = ["任务号,上报时间,小类,处置部门,问题来源", f"A,{t},暴露垃圾 13900139000,城管 13900139000,热线 13900139000"]
    others = frame(read(text(tmp_path / "o.csv", rows)))
    assert others[["kind", "handler", "channel"]].loc["A"].tolist() == ["暴露垃圾 …", "城管 …", "热线 …"]


# --- times ----------------------------------------------------------------------------------------------------


def test_times_that_cannot_be(tmp_path: Path) -> None:
    rows = ["任务号,上报时间,处置完成时间,截止时间", "A,2020-01-02 08:00,2020-01-01 08:00,3个工作日",
            "B,2020-01-02 08:00,2020-01-02,2020-01-05", "C,2020-03-02 08:00,,", "D,2020-02-30 08:00,,",
            "E,,,"]  # fmt: skip
    path = text(tmp_path / "e.csv", rows)
    intake = read(path)
    assert [(c, s) for c, s, _ in said(intake)] == [
        ("B5", "error"), ("B6", "error"), ("C2", "warning"), ("B4", "warning"),
    ]  # fmt: skip
    assert intake.counts["settled_early"] == 1
    got = frame(read(path, leave_out=True))
    assert got["due_at"].tolist() == [pd.NaT, pd.Timestamp(2020, 1, 5, 17, 30), pd.NaT]
    assert got.loc["B", "settled_at"] == pd.Timestamp(2020, 1, 2, 8), "only the day is written: not before the report"
    assert "写的是时长" in notes(intake)


# --- places ---------------------------------------------------------------------------------------------------


def test_coordinates_in_every_form(tmp_path: Path) -> None:
    t = "2020-01-01 08:00"
    lines = ["任务号,上报时间,X坐标,Y坐标", f"A,{t},{LON},{LAT}", f"B,{t},{LAT},{LON}", f"C,{t},628100,3399200",
             f"D,{t},3399200,628100", f"E,{t},0,0", f"F,{t},NaN,", f"G,{t},东经121.3374°,北纬30.7109",
             f"H,{t},在路口,", f"I,{t},121.36,30.80"]  # fmt: skip
    intake = read(text(tmp_path / "e.csv", lines))
    got = frame(intake)
    assert got["place_state"].tolist() == ["ok", "ok", "ok", "ok", "none", "none", "ok", "none", "outside"]
    points = got.geometry
    assert points["B"].distance(points["A"]) < 1e-6
    assert points["G"].distance(points["A"]) < 1e-6
    assert points["C"].equals(shapely.Point(628_100, 3_399_200))
    assert points["D"].equals(points["C"])
    assert points["E"] is None
    assert points["I"] is not None
    assert said(intake) == [("C9", "warning", "不是坐标；请写成 121.3461、30.7412 的形式；按无坐标处理")]
    assert "2 件的经度和纬度填反了（首处 e.csv!C3）" in notes(intake)
    assert "1 件落在本镇以外" in notes(intake)
    assert (intake.counts["placed"], intake.counts["outside"], intake.counts["no_place"]) == (5, 1, 3)


def test_near_a_border_counts_as_inside(tmp_path: Path) -> None:
    """The town begins at x = 627000."""
    rows = ["任务号,上报时间,x,y", *(f"{n},2020-01-01 08:00,{627_000 - n},3399000" for n in (10, 49, 51, 200))]
    assert frame(read(text(tmp_path / "e.csv", rows)))["place_state"].tolist() == ["ok", "ok", "outside", "outside"]


def spread(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.round(LON + rng.uniform(-0.008, 0.024, n), 6), np.round(LAT + rng.uniform(-0.008, 0.001, n), 6)


def test_the_default_point_of_a_platform(tmp_path: Path) -> None:
    lon, lat = spread(2_000)
    lon[:300], lat[:300] = LON, LAT
    lon[300:330], lat[300:330] = lon[300], lat[300]  # an address with many issues
    intake = read(many(tmp_path / "e.csv", 2_000, lon, lat))
    (place,) = intake.default_places
    assert (round(place.lon, 6), round(place.lat, 6), place.n) == (LON, LAT, 300)
    assert place.first == ("T00000", "T00001", "T00002")
    assert frame(intake)["place_state"].value_counts().to_dict() == {"ok": 1_700, "default": 300}
    assert frame(intake).geometry.notna().all()
    assert "300 件（有坐标的 2,000 件中的 15.0%）落在同一个点" in notes(intake)


@pytest.mark.parametrize(
    ("busy", "n_found"), [((300, 200), 2), ((300, 61, 20), 0), ((49,), 0), ((100, 21), 0), ((100, 20), 1)]
)
def test_busy_addresses_are_no_default_points(tmp_path: Path, busy: tuple[int, ...], n_found: int) -> None:
    """A point is a default where it has 50 issues and five times what the busiest other has."""
    lon, lat = spread(1_500)
    place = np.repeat(np.arange(len(busy)), busy)
    lon[: len(place)], lat[: len(place)] = LON + place * 0.001, LAT
    assert len(read(many(tmp_path / "e.csv", 1_500, lon, lat)).default_places) == n_found


def test_a_layer_of_points(tmp_path: Path) -> None:
    layer = gpd.GeoDataFrame(
        {
            "任务号": ["A", "B"],
            "上报时间": pd.to_datetime(["2020-01-01 08:00:00", "2020-01-02 09:30:15"]),
            "小类": ["井盖", ""],
        },
        geometry=[shapely.Point(LON, LAT), shapely.Point(LON + 0.1, LAT)],
        crs=4326,
    )  # fmt: skip
    layer.to_file(tmp_path / "e.gpkg", layer="issues")
    got = frame(read(tmp_path / "e.gpkg"))
    assert got["reported_at"].tolist() == [pd.Timestamp(2020, 1, 1, 8), pd.Timestamp(2020, 1, 2, 9, 30, 15)]
    assert got["place_state"].tolist() == ["ok", "outside"]
    assert got["category"].tolist() == ["facilities", "other"]
    with pytest.warns(UserWarning, match="crs"):
        layer.set_crs(None, allow_override=True).to_file(tmp_path / "n.gpkg", layer="issues")
    with pytest.raises(MissingCrs):
        read(tmp_path / "n.gpkg")


def test_a_ledger_of_another_town(tmp_path: Path) -> None:
    rows = ["任务号,上报时间,居村委", *(f"{n},2020-01-01 08:00,{n}村" for n in ("东海", "新江", "渔业", "长楼"))]
    with pytest.raises(InvalidInput, match="most of its jurisdictions are not of this town"):
        read(text(tmp_path / "e.csv", rows))
    with pytest.raises(InvalidInput, match=r"about 7\d km away"):
        read(many(tmp_path / "f.csv", 30, LON + 0.8))
    # names of a platform's own do not matter where the places lie in the town
    lon, lat = spread(40)
    here = many(tmp_path / "g.csv", 40, lon, lat, 街道=["x"] * 40, 社区=[f"第{i % 5}片" for i in range(40)])
    assert frame(read(here))["place_state"].eq("ok").all()
