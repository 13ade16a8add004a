"""Ledgers of points, lists, Party life and services as towns keep them, right and wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from gridmap.data.datum import to_bd09, to_gcj02
from gridmap.data.records import Intake, read_records
from gridmap.errors import InvalidInput, RefusedSource

CRS = "EPSG:4549"
DAY = dt.date(2020, 3, 1)
VILLAGE, AREA = "310116113202", "310116113001"
GRIDS = [f"{VILLAGE}{n:03d}" for n in range(1, 4)] + [f"{AREA}{n:03d}" for n in range(1, 4)]
#: The middle of the village in degrees, WGS-84: about 628100, 3399700 in the work CRS.
LON, LAT = 121.3374, 30.7109


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


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def read(path: Path, group: Any, **options: Any) -> Intake:
    return read_records(path, group, places=town(), grids=GRIDS, crs=CRS, day=DAY, **options)


def said(intake: Intake) -> list[tuple[str, str]]:
    return [(c.partition(":")[2], m) for c, m in zip(intake.errors["cell"], intake.errors["message_zh"], strict=True)]


HEAD = ["编号", "名称", "村居", "网格", "点位类型", "状态", "经度", "纬度"]
GOOD = ["D1", "向阳一号点", "向阳", "1", "网格点", "启用", LON, LAT]


def test_points_as_a_town_keeps_them(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "点位.xlsx",
        网格点=[
            ["山阳镇网格点台账（2020年）"],
            ["序号", "村居", "网格", "点位", None, "类型", "状态", "启用时间", "坐标", None, "服务户数", "是否私宅",
             "服务内容", "户主姓名"],
            [None, None, None, "编号", "名称", None, None, None, "经度", "纬度", None, None, None, None],
            [1, "向阳村委会", "第1网格", "D1", "一号点", "网格服务点", "在用", "2020年2月5日", LON, LAT, "９８户",
             "是", "理发、义诊", "张三"],
            [2, None, 2.0, "D2", "二号点", "村党建服务点", "已建", dt.date(2020, 1, 2), LON + 0.001, LAT,
             "约110", "", "", "李四"],
            [3, "山新", "三网格", "D3", "三号点", "党群服务站", "规划中", None, LON + 0.02, LAT, None, "否", None,
             None],
            ["合计", None, None, None, None, None, None, None, None, None, 208, None, None, None],
            ["填表人：王五　日期：2020年2月28日"],
        ],
    )  # fmt: skip
    book = openpyxl.load_workbook(path)
    for merge in ("A1:N1", "D2:E2", "I2:J2", "A2:A3", "B2:B3", "C2:C3", "B4:B5", *(f"{c}2:{c}3" for c in "FGHKLMN")):
        book["网格点"].merge_cells(merge)
    book.save(path)
    intake = read(path, "points")
    assert said(intake) == [("网格点!K5", "「约110」是约数，按 110 计")]
    assert intake.records is not None
    points = intake.records.points
    assert points.index.tolist() == ["D1", "D2", "D3"]
    assert points["jurisdiction"].tolist() == [VILLAGE, VILLAGE, AREA]
    assert points["grid"].tolist() == [f"{VILLAGE}001", f"{VILLAGE}002", f"{AREA}003"]
    assert points["kind"].tolist() == ["grid_point", "party_service_point", "party_service_station"]
    assert points["status"].tolist() == ["in_use", "built", "planned"]
    assert [str(d)[:10] for d in points["opened_on"]] == ["2020-02-05", "2020-01-02", "NaT"]
    assert points["capacity"].tolist()[:2] == [98, 110]
    assert points["services"].tolist()[0] == ("理发", "义诊")
    assert points["is_private_home"].tolist() == [True, False, False]
    assert points.crs == CRS
    assert intake.counts == {"point": 3}
    notes = " ".join(n.zh for n in intake.notes)
    assert "含个人信息的列不读取、不保存：户主姓名" in notes
    assert "张三" not in str(intake.records.points.to_dict())


def test_every_fault_is_said_with_its_cell_and_nothing_is_taken(tmp_path: Path) -> None:
    rows = [
        HEAD,
        GOOD,
        ["D1", "又一个", "向杨村", "1", "网格点", "启用", LON, LAT],
        ["D3", None, "向阳", "9", "塔", "启用", 139.7, 35.6],
        ["D4", "无坐标", "向阳", "2", "网格点", "启用", None, None],
        ["D5", "乱坐标", "向阳", "2", "网格点", "启用", "村口", "桥边"],
    ]
    intake = read(workbook(tmp_path / "点位.xlsx", 点位=rows), "points")
    assert intake.records is None
    kinds, outside = intake.errors["message_zh"][[4, 5]]
    assert said(intake) == [
        ("点位!A3", "重复：点位编号为「D1」的记录已在 点位.xlsx:点位!A2 登记；请只保留一行"),
        ("点位!C3", "没有村居「向杨村」；最接近：向阳村（310116113202）"),
        ("点位!B4", "没有填「点位名称」"),
        ("点位!D4", "方案中没有网格「9」；最接近的编号：310116113202003"),
        ("点位!E4", kinds),
        ("点位!G4", outside),
        ("点位!G5", "没有坐标：只有网格「310116113202002」，定不了位置；请补填经度、纬度"),
        ("点位!G6", "「村口，桥边」不是坐标；经度、纬度请写成 121.3461、30.7412 的形式"),
    ]
    assert kinds.startswith("「塔」不是点位类型；可填：网格点、党建服务点")
    assert outside.startswith("坐标落在本镇以外约 1,8")
    assert intake.errors["column"].tolist()[:2] == ["编号", "村居"]
    assert intake.errors["value"].tolist()[1] == "向杨村"
    assert intake.errors["register"].unique().tolist() == ["point"]


def test_exchanged_and_metric_coordinates(tmp_path: Path) -> None:
    rows = [
        HEAD,
        GOOD,
        [*GOOD[:1], "反", *GOOD[2:6], LAT, LON],
        ["D3", "米", "向阳", "1", "网格点", "启用", 628_010, 3_399_020],
        ["D4", "测量坐标", "向阳", "1", "网格点", "启用", 3_399_020, 628_010],
        ["D5", "度分秒", "向阳", "1", "网格点", "启用", "121°20′15″E", "30°42′39″N"],
    ]
    rows[2][0] = "D2"
    intake = read(workbook(tmp_path / "a.xlsx", 点位=rows), "points")
    assert said(intake) == [
        ("点位!G3", "经度和纬度填反了；已按互换后的位置读取"),
        ("点位!G5", "经度和纬度填反了；已按互换后的位置读取"),
    ]
    assert intake.records is not None
    at = intake.records.points.geometry
    assert at["D1"].distance(at["D2"]) < 1e-6
    assert (at["D3"].x, at["D3"].y, at["D4"].x, at["D4"].y) == (628_010, 3_399_020, 628_010, 3_399_020)
    assert abs(at["D5"].x - at["D1"].x) < 50  # 121°20′15″ is 121.3375


@pytest.mark.parametrize(("datum", "shift", "metres"), [("gcj02", to_gcj02, 496), ("bd09", to_bd09, 1141)])
def test_a_datum_is_undone_where_it_is_said(tmp_path: Path, datum: Any, shift: Any, metres: int) -> None:
    lon, lat = shift(np.array([LON]), np.array([LAT]))
    rows = [HEAD, [*GOOD[:6], float(lon[0]), float(lat[0])]]
    path = workbook(tmp_path / "a.xlsx", 点位=rows)
    true = read(workbook(tmp_path / "b.xlsx", 点位=[HEAD, GOOD]), "points").records
    moved, mended = read(path, "points").records, read(path, "points", datum=datum).records
    assert true is not None and moved is not None and mended is not None  # noqa: PT018
    home = true.points.geometry.iloc[0]
    assert moved.points.geometry.iloc[0].distance(home) == pytest.approx(metres, abs=15)
    assert mended.points.geometry.iloc[0].distance(home) < 0.01


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_points_out_of_a_layer(tmp_path: Path, suffix: str) -> None:
    frame = gpd.GeoDataFrame(
        {
            "编号": ["D1", "D2"],
            "名称": ["一", "二"],
            "类型": ["网格点", "其他"],
            "状态": ["在用", "塔"],
            "网格": ["向阳1", "9"],
        },
        geometry=gpd.points_from_xy([LON, LON], [LAT, LAT]),
        crs="EPSG:4326",
    )
    path = tmp_path / f"p{suffix}"
    frame.to_file(path)
    intake = read(path, "points")
    assert [c for c, _ in said(intake)] == ["p!2", "p!2"]
    assert intake.errors["column"].tolist() == ["状态", "网格"]
    frame.iloc[:1].to_file(path)
    records = read(path, "points").records
    assert records is not None
    assert records.points["grid"].tolist() == [f"{VILLAGE}001"]
    assert records.points.geometry.iloc[0].distance(shapely.Point(628_000, 3_399_000)) < 800


def test_a_csv_of_an_old_office(tmp_path: Path) -> None:
    """GBK, village cells blank as merged cells leave them, no ids, no status but days."""
    lines = [
        "村居,网格,名称,类型,建成时间,启用时间,坐标",
        f'向阳村,1,一号点,网格点,2019.12.1,2020年2月5日,"{LON},{LAT}"',
        f',2,二号点,网格点,2019-12-1,,"{LON}，{LAT}"',
    ]
    path = tmp_path / "点位.csv"
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    intake = read(path, "points")
    assert said(intake) == []
    assert intake.records is not None
    points = intake.records.points
    assert points.index.tolist() == ["向阳村-310116113202001-一号点-网格点", "向阳村-310116113202002-二号点-网格点"]
    assert points["status"].tolist() == ["in_use", "built"]
    notes = " ".join(n.zh for n in intake.notes)
    assert "2 行没有点位编号，按村居、网格、点位名称、点位类型生成" in notes
    assert "没有「状态」列" in notes
    assert "按上一行填充" in notes


def test_future_days_are_doubted(tmp_path: Path) -> None:
    rows = [[*HEAD, "启用日期"], [*GOOD, "2021-1-1"]]
    intake = read(workbook(tmp_path / "a.xlsx", 点位=rows), "points")
    assert intake.records is not None
    assert said(intake) == [("点位!I2", "2021-01-01 在读取日 2020-03-01 之后；请核对")]


def test_ledgers_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(workbook(tmp_path / "a.xlsx", 点位=[["编号", "名称"], ["D1", "一"]]), "points")
    assert caught.value.zh == "a.xlsx:点位：点位台账缺少列「点位类型」「状态」「经度」「纬度」；现有：编号、名称。"
    foreign = [HEAD, ["D1", "一", "321023111201", "321023111201001", "网格点", "启用", LON, LAT]]
    with pytest.raises(InvalidInput) as caught:
        read(workbook(tmp_path / "b.xlsx", 点位=foreign), "points")
    assert "另一个镇的台账：多数代码以 321023111 开头，本镇的代码以 310116113 开头" in caught.value.zh
    with pytest.raises(InvalidInput, match="no sheet '甲'"):
        read(tmp_path / "b.xlsx", "points", sheet="甲")
    with pytest.raises(InvalidInput, match="have no register 'branch'"):
        read(tmp_path / "b.xlsx", "points", register="branch")
    with pytest.raises(InvalidInput, match="no such file"):
        read(tmp_path / "none.xlsx", "points")
    with pytest.raises(RefusedSource):
        read(tmp_path / "a.gpkg", "party")


def test_party_life_in_one_workbook(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "党建.xlsx",
        网格党支部=[
            ["支部名称", "组织类型", "村居", "覆盖网格", "党员人数", "成立时间"],
            ["向阳第一支部", "党支部", "向阳", "1-2", "25人", "2019年7月"],
            ["山新支部", "网格党小组", "山新", "1、3", 8, "2019/7/1"],
        ],
        在职党员报到=[
            ["村居", "网格", "截至日期", "人数"],
            ["向阳", 1, "2020.2.29", 12],
            ["山新", 2, "2020.2.29", "９"],
        ],
        活动台账=[
            ["活动名称", "类型", "日期", "村居", "网格", "主办支部", "参加人数"],
            ["主题党日", "党日活动", dt.date(2020, 1, 5), "向阳", "1", "向阳第一支部", 25],
            ["义诊", "义诊", "20200106", "山新", "", "", "约30人"],
        ],
        汇总=[["类别", "数量"], ["活动", 2]],
    )
    intake = read(path, "party")
    assert said(intake) == [
        ("网格党支部!F2", "「2019年7月」只有年月，按 2019-07-01 计"),
        ("活动台账!G3", "「约30人」是约数，按 30 计"),
    ]
    assert intake.records is not None
    assert intake.counts == {"branch": 2, "in_service": 2, "activity": 2}
    branch = intake.records.of("branch")
    assert branch["grids"].tolist() == [(f"{VILLAGE}001", f"{VILLAGE}002"), (f"{AREA}001", f"{AREA}003")]
    activity = intake.records.of("activity")
    assert activity["branch_id"].tolist() == [branch["branch_id"].iloc[0], ""]
    assert activity.index.tolist() == ["2020-01-05-向阳村-310116113202001-主题党日", "2020-01-06-山新居民区-义诊"]
    assert intake.records.of("in_service")["grid"].tolist() == [f"{VILLAGE}001", f"{AREA}002"]
    assert not intake.records.has("deliberation")
    assert any("未读的工作表：汇总" in n.zh for n in intake.notes)


def test_the_two_lists_by_the_names_of_their_sheets(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "清单.xlsx",
        管理清单=[
            ["序号", "类别", "事项名称", "周期"],
            [1, "安全", "消防巡查", "每周"],
            [2, "环境", "河道巡查", "每日"],
        ],
        服务清单=[["序号", "类别", "事项名称"], [1, "健康", "义诊"]],
        清单启用=[
            ["村居", "网格", "清单", "启用日期"],
            ["向阳", "1", "管理", "2020-1-1"],
            ["向阳", "1", "服务", "2020-1-1"],
        ],
    )
    intake = read(path, "lists")
    assert said(intake) == []
    assert intake.records is not None
    items = intake.records.of("list_item")
    assert items.index.tolist() == ["management / 1 / 1", "management / 1 / 2", "service / 1 / 1"]
    assert items["title"].tolist() == ["消防巡查", "河道巡查", "义诊"]
    assert intake.records.of("list_adoption")["template_version"].tolist() == [1, 1]


def test_services_with_items_by_title(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "服务.xlsx",
        服务菜单=[["编号", "服务事项"], ["S01", "义诊"], ["S02", "法律咨询"]],
        资源清单=[["编号", "部门", "服务事项", "村居", "周期"], ["A1", "卫生院", "义诊", "向阳", "每周四"],
                  ["A2", "司法所", "法律咨询", "", ""]],
        点单台账=[["单号", "日期", "村居", "网格", "服务事项", "状态"], ["O1", "2020-2-1", "向阳", 1, "义诊", "办结"]],
    )  # fmt: skip
    intake = read(path, "services")
    assert said(intake) == []
    assert intake.records is not None
    assert intake.records.of("service_offer")["item_id"].tolist() == ["S01", "S02"]
    assert intake.records.of("service_offer")["jurisdiction"].tolist() == [VILLAGE, ""]
    assert intake.records.of("service_order")["status"].tolist() == ["fulfilled"]


def test_a_sheet_of_any_name_is_known_by_its_columns(tmp_path: Path) -> None:
    rows = [["网格", "统计日期", "报到人数"], [f"{VILLAGE}001", "2020-2-1", 3]]
    assert read(workbook(tmp_path / "a.xlsx", Sheet1=rows), "party").counts == {"in_service": 1}
    both = [["编号", "名称", "部门", "服务事项"], ["1", "义诊", "卫生院", "义诊"]]
    with pytest.raises(InvalidInput, match="say which with --register"):
        read(workbook(tmp_path / "b.xlsx", Sheet1=[["编号", "日期"], [1, 2]]), "party")
    assert read(workbook(tmp_path / "c.xlsx", Sheet1=both), "services", register="service_item").counts == {
        "service_item": 1
    }


def test_a_form_without_rows_is_a_register_without_records(tmp_path: Path) -> None:
    intake = read(workbook(tmp_path / "a.xlsx", 点位=[HEAD]), "points")
    assert intake.records is not None
    assert intake.records.has("point")
    assert len(intake.records.points) == 0
