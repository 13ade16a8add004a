"""The ledgers of a town through the command line: in, judged, shown, out, back in, undone; and what is refused.

The town is that of conftest.py: a village of six groups in a row, and above it a residential area of twelve blocks.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from gridmap.data.datum import to_gcj02

Run = Callable[..., "Said"]  # noqa: F821 the tuple of conftest.py, which tests cannot import
ROOT = Path(__file__).resolve().parents[2]
EAST, NORTH = 628_000.0, 3_402_000.0
DAY = ("--day", "2020-03-01")
PHONE = "13800000001"
HOME = "向阳村3组12号"
POINTS = ["点位编号", "点位名称", "点位类型", "状态", "网格", "场所编号", "服务户数", "是否在党员家中", "地址"]
ROSTER = ["村居", "网格", "职务", "人员编号", "姓名", "联系电话", "任职日期"]

pytestmark = pytest.mark.database


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def corrected(source: Path, target: Path, cells: Mapping[str, Any]) -> Path:
    """A copy of a workbook with other values in cells, ``sheet!A1``."""
    book = openpyxl.load_workbook(source)
    for at, value in cells.items():
        sheet, _, cell = at.partition("!")
        book[sheet][cell] = value
    book.save(target)
    return target


def everything(path: Path) -> str:
    with zipfile.ZipFile(path) as parts:
        return "".join(parts.read(n).decode("utf-8") for n in parts.namelist() if n.endswith(".xml"))


def degrees(column: float, row: float) -> tuple[float, float]:
    """Longitude and latitude of a place in the town, in squares of 100 m from its south-west corner."""
    place = shapely.Point(EAST + 100 * column, NORTH + 100 * row)
    there = gpd.GeoSeries([place], crs="EPSG:4549").to_crs("EPSG:4490").iloc[0]
    return round(there.x, 8), round(there.y, 8)


@pytest.fixture
def point_rows(grid: dict[str, str]) -> list[list[Any]]:
    """P1 shares premises with P2, P3 has a station of its own 100 m away, P5 would be in a home."""
    rows = [
        ["P1", "向阳网格点", "网格点", "启用", grid["G0"], "F1", 120, "否", "向阳路1号"],
        ["P2", "向阳党建服务点", "党建服务点", "启用", grid["G0"], "F1", 90, "", "向阳路1号"],
        ["P3", "海欣网格点", "网格点", "启用", grid["B00"], "F3", "", "", "海欣路3号"],
        ["P4", "海欣党建服务站", "党建服务站", "启用", grid["B01"], "F4", 300, "", "海欣路4号"],
        ["P5", "王大妈家", "网格点", "规划", grid["G5"], "", "", "是", HOME],
    ]
    places = [degrees(0.5, 0.5), degrees(0.5, 0.5), degrees(0.5, 1.5), degrees(1.5, 1.5), degrees(5.5, 0.5)]
    return [[*row, *place] for row, place in zip(rows, places, strict=True)]


@pytest.fixture
def points(point_rows: list[list[Any]], tmp_path: Path) -> Path:
    return workbook(tmp_path / "点位.xlsx", {"点位": [[*POINTS, "经度", "纬度"], *point_rows]})


@pytest.fixture
def people(grid: dict[str, str], tmp_path: Path) -> Path:
    """张三 leads the village's first grid and the residential area's, 李四 is a member."""
    rows = [
        ["向阳村", "", "总网格长", "R1", "赵一", PHONE, "2019年1月1日"],
        ["向阳村", grid["G0"], "网格长", "R2", "张三", "13800000002", "20190101"],
        ["海欣居民区", grid["B00"], "网格长", "R2", "张三", "13800000002", "2019/5/1"],
        ["海欣居民区", grid["B00"], "网格员", "R3", "李四", "021-57240000", "２０１９．６．１"],
    ]
    return workbook(tmp_path / "花名册.xlsx", {"花名册": [ROSTER, *rows]})


def test_points_from_preview_to_undo(gridmap_: Run, at: tuple[str, ...], points: Path, tmp_path: Path) -> None:
    said = gridmap_("points", "list", *at)
    assert (said.code, said.err) == (2, "gridmap: 还没有登记点位；请先用 gridmap points import 导入。\n")
    said = gridmap_("points", "import", points, *at, *DAY, "--preview")
    assert said.code == 0, said.err
    assert said.out.endswith("点位 │    5 │    0 │    0 │    0\n仅预览，没有存入。\n")
    assert "还没有导入记录。" in gridmap_("points", "imports", *at).out
    said = gridmap_("points", "import", points, *at, *DAY, "--message", "二月")
    number = re.search(r"gridmap points undo (\d+)\n", said.out)
    assert number is not None
    assert f"已存入（导入 {number[1]}）：新增 5，变更 0，终止 0。" in said.out
    imports = gridmap_("points", "imports", *at, "--lang", "en").out
    for word in ("import", "王芳", "点位.xlsx", "Points", "二月"):
        assert word in imports
    assert gridmap_("points", "import", points, *at, *DAY).out.endswith("与已存内容相同，没有变化。\n")
    assert gridmap_("points", "imports", *at).out.count("点位.xlsx") == 1
    said = gridmap_("points", "list", *at, *DAY, "--jurisdiction", "向阳", "--lang", "en")
    assert "3 points" in said.out
    assert re.search(r"P1 .*Grid point .*In use .*P2", said.out)
    said = gridmap_("points", "two-in-one", *at, *DAY, "--lang", "en", "--out", tmp_path / "pairs.csv")
    assert re.search(r"town +│ +2 │ +1 │ 50.0 %", said.out)
    assert "Near misses" in said.out  # P3 and P4 are 100 m apart
    assert (tmp_path / "pairs.csv").read_text("utf-8-sig").splitlines()[1].startswith("P1,P2,")
    said = gridmap_("points", "reach", *at, *DAY)
    assert "全镇 1,500 户：" in said.out
    said = gridmap_("points", "site", "--number", "1", *at, *DAY, "--lang", "en", "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    said = gridmap_("points", "check", *at, *DAY, "--report", tmp_path / "check.json")
    assert said.code == 0, said.out
    assert json.loads((tmp_path / "check.json").read_text("utf-8"))["findings"]
    out = tmp_path / "out.xlsx"
    assert gridmap_("points", "export", "--out", out, *at, *DAY).code == 0
    assert gridmap_("points", "import", out, *at, *DAY, "--whole").out.endswith("与已存内容相同，没有变化。\n")
    said = gridmap_("points", "undo", number[1], *at, "--lang", "en")
    assert f"import {number[1]} is taken back" in said.out
    assert "0 points" in gridmap_("points", "list", *at, *DAY, "--lang", "en").out


def test_whole_and_conflict(
    gridmap_: Run, at: tuple[str, ...], points: Path, point_rows: list[list[Any]], tmp_path: Path
) -> None:
    def number(said: Any) -> str:
        assert said.code == 0, said.err
        return str(re.findall(r"undo (\d+)", said.out)[-1])

    head = [*POINTS, "经度", "纬度"]
    first = number(gridmap_("points", "import", points, *at, *DAY))
    fewer = workbook(tmp_path / "fewer.xlsx", {"点位": [head, *point_rows[:3]]})
    assert "没有变化" in gridmap_("points", "import", fewer, *at, *DAY).out
    second = number(gridmap_("points", "import", fewer, *at, *DAY, "--whole"))
    assert "点位 3 处" in gridmap_("points", "list", *at, *DAY).out
    said = gridmap_("points", "undo", first, *at)
    assert said.code == 6
    assert f"第 {first} 批无法撤销" in said.err
    assert f"点位「P4」（第 {second} 批，王芳，" in said.err
    assert said.err.endswith("请先撤销之后的批次。\n")
    done = number(gridmap_("points", "undo", second, *at))
    assert "点位 5 处" in gridmap_("points", "list", *at, *DAY).out
    assert gridmap_("points", "undo", second, *at).code == 6
    assert gridmap_("points", "undo", done, *at).code == 0
    assert "点位 3 处" in gridmap_("points", "list", *at, *DAY).out
    said = gridmap_("people", "undo", first, *at)
    assert (said.code, said.err) == (2, f"gridmap: people 没有编号为 {first} 的导入；现有：无。\n")


def test_points_off_a_web_map(
    gridmap_: Run, at: tuple[str, ...], points: Path, point_rows: list[list[Any]], tmp_path: Path
) -> None:
    head = [*POINTS, "经度", "纬度"]
    xy = np.array([row[-2:] for row in point_rows], dtype=float)
    there = np.column_stack(to_gcj02(xy[:, 0], xy[:, 1])).tolist()
    shifted = [[*row[:-2], *place] for row, place in zip(point_rows, there, strict=True)]
    path = workbook(tmp_path / "gcj.xlsx", {"点位": [head, *shifted]})
    said = gridmap_("points", "import", path, *at, *DAY)
    assert said.code == 2
    assert re.search(r"疑为 GCJ-02（高德、腾讯地图），偏移约 49\d 米", said.out.replace("\n", ""))
    assert re.fullmatch(
        r"gridmap: gcj.xlsx：点位坐标疑有约 49\d 米偏移，请加 --datum gcj02 重新导入；没有存入任何数据。"
        r"确认无误的可加 --anyway 存入。\n",
        said.err,
    )
    said = gridmap_("points", "import", path, *at, *DAY, "--lang", "en")
    assert "import them with --datum gcj02, or store the points as they are with --anyway" in said.err
    assert "还没有导入记录" in gridmap_("points", "imports", *at).out
    assert gridmap_("points", "import", path, *at, *DAY, "--datum", "gcj02").code == 0
    assert "没有变化" in gridmap_("points", "import", points, *at, *DAY).out  # to the millimetre
    # one of five alone is told, too
    one = workbook(tmp_path / "one.xlsx", {"点位": [head, shifted[0], *point_rows[1:]]})
    said = gridmap_("points", "import", one, *at, *DAY)
    assert said.code == 2
    # 496 m south-east of the village is outside the town
    assert "gridmap: one.xlsx：1 个点位在本镇以外，请更正坐标；没有存入任何数据。" in said.err
    assert "按 GCJ-02（高德、腾讯地图）还原则与登记相符，坐标疑取自网络地图" in said.out.replace("\n", "")
    assert gridmap_("points", "import", one, *at, *DAY, "--anyway", "--quiet").code == 0
    assert gridmap_("points", "check", *at, *DAY).code == 1
    swapped = [[*row[:-2], row[-1], row[-2]] for row in point_rows]
    path = workbook(tmp_path / "swapped.xlsx", {"点位": [head, *swapped]})
    said = gridmap_("points", "import", path, *at, *DAY, "--preview")
    assert said.code == 0
    assert "swapped.xlsx:点位!J2 等 5 处 │ !    │ 经度和纬度填反了；已按互换后的位置读取" in said.out


def test_wrong_cells_and_the_way_through_corrections(
    gridmap_: Run, at: tuple[str, ...], points: Path, grid: dict[str, str], tmp_path: Path
) -> None:
    cells = {"E2": f"{grid['G0'][:12]}022", "G2": -5, "C3": "网格店", "J4": "abc", "D5": "在建", "A6": "P1"}
    wrong = corrected(points, tmp_path / "wrong.xlsx", {f"点位!{k}": v for k, v in cells.items()})
    marked = tmp_path / "marked.xlsx"
    said = gridmap_("points", "import", wrong, *at, *DAY, "--corrections", marked)
    assert said.code == 2
    flat = said.out.replace("\n", "")
    for address, sentence in (
        ("E2", f"方案中没有网格「{cells['E2']}」；最接近的编号：{grid['G0'][:12]}00"),
        ("G2", "「-5」不是数量；应填不小于 0 的整数"),
        ("C3", "「网格店」不是点位类型；可填：网格点、"),
        ("J4", "不是坐标；经度、纬度请写成 121.3461、30.7412 的形式"),
        ("D5", "「在建」不是状态；可填：规划、建成、启用、停用"),
        ("A6", "重复：点位编号为「P1」的记录已在 wrong.xlsx:点位!A2 登记；请只保留一行"),
    ):
        assert re.search(rf"wrong.xlsx:点位!{address} +│ 错误 │ [^│]*{re.escape(sentence)}", flat), address
    assert said.err.endswith("gridmap: wrong.xlsx：有 6 处错误，没有存入任何数据；请更正后重新导入。\n")
    assert "还没有导入记录" in gridmap_("points", "imports", *at).out
    assert gridmap_("points", "import", wrong, *at, *DAY, "--corrections", marked).code == 3
    said = gridmap_("points", "import", wrong, *at, *DAY, "--lang", "en")
    assert "wrong.xlsx: 6 errors, nothing was stored; correct the rows and import again; --corrections" in said.err
    book = openpyxl.load_workbook(marked)
    assert book.sheetnames == ["需更正", "点位"]
    assert book["点位"]["G2"].comment.text == "「-5」不是数量；应填不小于 0 的整数"
    assert [row[2].value for row in book["需更正"].iter_rows(min_row=4, max_row=9)] == [
        f"点位!{c}" for c in ("E2", "G2", "C3", "J4", "D5", "A6")
    ]
    original = openpyxl.load_workbook(points)["点位"]
    right = corrected(marked, tmp_path / "right.xlsx", {f"点位!{c}": original[c].value for c in cells})
    said = gridmap_("points", "import", right, *at, *DAY)
    assert "新增 5，" in said.out, said.out + said.err
    assert "没有变化" in gridmap_("points", "import", points, *at, *DAY).out


def test_people_from_preview_to_erasure(gridmap_: Run, at: tuple[str, ...], people: Path, tmp_path: Path) -> None:
    assert gridmap_("people", "list", *at).code == 2
    said = gridmap_("people", "import", people, *at, *DAY)
    assert said.code == 0, said.err
    assert "1 名网格长在多个网格任职：R2。" in said.err
    assert "新增 7，" in said.out  # three people, four posts
    said = gridmap_("people", "list", *at, *DAY, "--jurisdiction", "海欣", "--lang", "en")
    assert "1 leaders (1 of several grids), 0 instructors" in said.out
    assert "leader shared" in said.out
    assert re.search(r"R2 .*Grid leader", gridmap_("people", "loads", *at, *DAY, "--lang", "en").out)
    assert "空缺补位建议" in gridmap_("people", "cover", *at, *DAY).out
    said = gridmap_("people", "check", *at, *DAY)
    assert said.code == 0, said.out
    assert re.search(r"R11.instructor │ 网格指导员 +│ 宜改进 │ +\d │ \d{15}：缺网格指导员", said.out)

    bare, full = tmp_path / "bare.xlsx", tmp_path / "full.xlsx"
    assert gridmap_("people", "export", "--out", bare, *at, *DAY).code == 0
    assert "张三" in everything(bare)
    assert PHONE not in everything(bare)
    said = gridmap_("people", "import", bare, *at, *DAY, "--whole")
    assert "人员：台账没有以下各列，已存的保持不变：联系电话。" in said.err
    assert said.out.endswith("与已存内容相同，没有变化。\n")  # no number is lost
    assert gridmap_("people", "export", "--out", full, *at, *DAY, "--with-phones", "--lang", "en").code == 0
    assert PHONE in everything(full)
    assert gridmap_("people", "import", full, *at, *DAY, "--whole").out.endswith("没有变化。\n")

    leader = tmp_path / "leader.xlsx"
    assert gridmap_("people", "export", "--out", leader, *at, *DAY, "--profile", "leader").code == 0
    for private in ("张三", "李四", PHONE, "57240000", "R3"):
        assert private not in everything(leader)
    none = tmp_path / "none.xlsx"
    said = gridmap_("people", "export", "--out", none, *at, "--profile", "public")
    assert said.code == 2
    assert "网格队伍不对外公布" in said.err
    said = gridmap_("people", "export", "--out", none, *at, "--profile", "leader", "--with-phones", "--lang", "en")
    assert said.code == 2
    assert "telephone numbers are not for sharing" in said.err
    assert not none.exists()

    said = gridmap_("people", "erase", "R9", *at)
    assert said.code == 2
    assert "没有编号为「R9」的人员" in said.err
    assert "已删除人员 R3 的姓名和电话；任职记录保留。" in gridmap_("people", "erase", "R3", *at).out
    erased = tmp_path / "erased.xlsx"
    assert gridmap_("people", "export", "--out", erased, *at, *DAY, "--with-phones").code == 0
    assert "李四" not in everything(erased)
    assert "R3" in everything(erased)
    said = gridmap_("people", "import", people, *at, *DAY)
    assert said.code == 2
    assert "不再登记" in said.out + said.err


def test_people_who_are_refused(
    gridmap_: Run, at: tuple[str, ...], people: Path, grid: dict[str, str], tmp_path: Path
) -> None:
    twice = corrected(people, tmp_path / "twice.xlsx", {"花名册!B4": grid["G0"], "花名册!A4": "向阳村"})
    said = gridmap_("people", "import", twice, *at, *DAY)
    assert said.code == 2
    assert "「张三」重复：网格长一职已在 twice.xlsx:花名册!E3 登记；请只保留一行" in said.out.replace("\n", "")
    said = gridmap_("people", "import", twice, *at, *DAY, "--lang", "en", "--corrections", tmp_path / "c.xlsx")
    assert "the post of grid leader is in twice.xlsx:花名册!E3 already; keep one" in said.out.replace("\n", "")
    assert said.err.endswith("twice.xlsx: 1 error, nothing was stored; correct the rows and import again\n")

    codes = {f"花名册!B{row}": "321023111" + grid["G0"][9:] for row in (3, 4, 5)}
    names = {f"花名册!A{row}": "321023111202" for row in (2, 3, 4, 5)}
    other = corrected(people, tmp_path / "other.xlsx", codes | names)
    said = gridmap_("people", "import", other, *at, *DAY)
    assert (said.code, said.err) == (
        2,
        "gridmap: other.xlsx：这是另一个镇的台账：多数代码以 321023111 开头，本镇的代码以 310116113 开头。\n",
    )
    days = corrected(people, tmp_path / "days.xlsx", {"花名册!G2": "3月5日", "花名册!G3": "2019-02-30"})
    said = gridmap_("people", "import", days, *at, *DAY)
    assert "「3月5日」没有年份；请写全，例如 2020-02-05" in said.out
    assert "「2019-02-30」：日历上没有 2019 年 2 月 30 日；请核对" in said.out

    # a member in two grids is taken in and judged: the rules allow one
    member = ["海欣居民区", grid["B11"], "网格员", "R3", "李四", "021-57240000", "2019-07-01"]
    book = openpyxl.load_workbook(people)
    book["花名册"].append(member)
    book.save(tmp_path / "two.xlsx")
    said = gridmap_("people", "import", tmp_path / "two.xlsx", *at, *DAY)
    assert said.code == 0, said.out
    assert "1 名网格员在多个网格任职：R3。" in said.err
    said = gridmap_("people", "check", *at, *DAY)
    assert re.search(r"R11.grids +│ 兼任网格数 +│ 宜改进 .*R3", said.out)


def test_lists_party_services(
    gridmap_: Run, at: tuple[str, ...], points: Path, grid: dict[str, str], tmp_path: Path
) -> None:
    g, b = grid["G0"], grid["B00"]
    item = ["清单", "模板版本", "事项编号", "类别", "事项", "频次"]
    lists = {
        "清单模板": [
            item,
            ["管理清单", 1, "G01", "安全", "消防通道", "每周"],
            ["管理清单", 2, "G01", "安全", "消防通道畅通", "每周"],
            ["管理清单", 2, "G02", "环境", "垃圾分类", "每天"],
        ],
        "清单采用": [["网格", "清单", "模板版本", "采用日期"], [g, "管理清单", 2, "2019-10-01"]],
        "清单调整": [
            ["网格", "清单", "事项编号", "调整方式", "调整日期", "事项"],
            [g, "管理清单", "增1", "增加", "2019-11-01", "渔船停泊"],
        ],
    }
    party = {
        "党支部": [["支部编号", "支部名称", "组织类型", "村居", "覆盖网格"], ["Z1", "一支部", "党支部", "向阳村", g]],
        "在职党员报到": [["网格", "统计日期", "报到人数"], [g, "2019-12-31", 3], [b, "2019-12-31", 12]],
        "活动": [
            ["活动编号", "活动类型", "活动名称", "活动日期", "网格", "活动地点", "参加人数"],
            ["H1", "主题党日", "学习", "2020-02-05", g, HOME, 4],
            ["H2", "健康义诊", "量血压", "2020年2月6日", b, "海欣路4号", 40],
        ],
        "议事": [["议事编号", "议事日期", "网格", "议题", "形成项目"], ["Y1", "2020-01-05", b, "车棚", "车棚改造"]],
    }
    services = {
        "服务菜单": [["事项编号", "服务事项"], ["S1", "义诊"], ["S2", "法律咨询"]],
        "服务安排": [["安排编号", "部门", "事项编号", "网格", "服务周期"], ["A1", "卫生院", "S1", b, "每周四"]],
        "点单": [
            ["点单编号", "点单日期", "网格", "事项编号", "部门", "状态", "完成日期"],
            ["D1", "2020-02-01", b, "S1", "卫生院", "已完成", "2020-02-08"],
            ["D2", "2020-02-02", b, "S2", "", "已点单", ""],
        ],
    }
    assert gridmap_("points", "import", points, *at, *DAY, "--quiet").code == 0
    before = json.loads(gridmap_("figures", *at, *DAY, "--json").out)["figures"]
    assert {k: before[k] for k in ("villages", "residential_areas", "grid_points_built", "two_in_one")} == {
        "villages": 1,
        "residential_areas": 1,
        "grid_points_built": 2,
        "two_in_one": 1,
    }
    never = ("grid_leaders", "grid_members", "branches", "members_reported", "activities", "departments", "issues")
    assert [before[k] for k in never] == [None] * len(never)
    assert "— 未登记" in gridmap_("figures", *at, *DAY).out
    for group, sheets, registers in (("lists", lists, 3), ("party", party, 4), ("services", services, 3)):
        assert "还没有登记" in gridmap_(group, "check", *at).err
        path = workbook(tmp_path / f"{group}.xlsx", sheets)
        rows = sum(len(s) - 1 for s in sheets.values())
        said = gridmap_(group, "import", path, *at, *DAY, "--preview")
        assert said.code == 0, said.out + said.err
        assert said.out.count("\n") == registers + 3
        said = gridmap_(group, "import", path, *at, *DAY)
        assert f"新增 {rows}，变更 0，终止 0。" in said.out, said.err
        assert gridmap_(group, "check", *at, *DAY).code == 0
        out = tmp_path / f"{group}-out.xlsx"
        assert gridmap_(group, "export", "--out", out, *at, *DAY).code == 0
        assert "没有变化" in gridmap_(group, "import", out, *at, *DAY, "--whole").out
        number = re.findall(r"undo (\d+)", said.out)[-1]
        done = re.findall(r"undo (\d+)", gridmap_(group, "undo", number, *at).out)[-1]
        assert gridmap_(group, "undo", done, *at, "--quiet").out == ""

    blank = tmp_path / "blank.xlsx"
    assert gridmap_("party", "export", "--out", blank, *at, *DAY, "--blank").code == 0
    assert "没有变化" in gridmap_("party", "import", blank, *at, *DAY).out
    said = gridmap_("lists", "show", g, *at, *DAY)
    assert "的管理清单（3 项）" in said.out
    assert "渔船停泊" in said.out
    assert "增加" in gridmap_("lists", "diff", g, *at, *DAY).out
    said = gridmap_("lists", "templates", "--old", "1", "--new", "2", *at, "--lang", "en")
    assert re.search(r"G01 .*changed │ Title +│ 消防通道 +│ 消防通道畅通", said.out)
    said = gridmap_("party", "list", *at, *DAY)
    assert "共 2 场活动，44 人次" in said.out
    period = ("--from", "2020-02-01", "--to", "2020-02-29")
    assert re.search(r"2020-02 │ +1 │", gridmap_("party", "theme-days", *at, *period).out)
    said = gridmap_("party", "calendar", *at, *period, "--lang", "en")
    assert "2020-02-01 to 2020-02-29: 6 entries" in said.out  # two activities and four Thursdays
    assert re.search(r"S1 +│ 义诊 +│ 卫生院 +│ 每周四", gridmap_("services", "menu", "--grid", b, *at, *DAY).out)
    assert re.search(r"卫生院 │ +1 │ 义诊 1", gridmap_("services", "menu", *at, *DAY).out)
    assert re.search(r"义诊 +│ +1 │ +1 │ 100.0 %", gridmap_("services", "orders", *at, *DAY).out)
    after = json.loads(gridmap_("figures", *at, *DAY, "--json").out)["figures"]
    wanted = {"branches": 1, "members_reported": 15, "activities": 2, "departments": 1, "service_items": 2}
    assert {k: after[k] for k in wanted} == wanted
    assert after["grid_leaders"] is None

    shared = tmp_path / "public.xlsx"
    assert gridmap_("party", "export", "--out", shared, *at, *DAY, "--profile", "public").code == 0
    assert HOME not in everything(shared)  # where 王大妈 would have a point
    assert "&lt;5" in everything(shared)
    assert gridmap_("points", "export", "--out", shared, *at, *DAY, "--profile", "public", "--force").code == 0
    for private in ("王大妈", HOME):
        assert private not in everything(shared)
    assert "海欣路4号" in everything(shared)


WRONG = [
    (("points", "import", "none.xlsx"), "没有这个文件：none.xlsx"),
    (("points", "import", "FILE", "--plan", "没有"), "没有方案「没有」"),
    (("points", "import", "FILE", "--day", "nonsense"), "日期应写成 2026-12-01；得到 'nonsense'"),
    (("points", "import", "FILE", "--sheet", "没有"), "没有工作表「没有」；现有：点位"),
    (("points", "import", "FILE", "--datum", "wgs"), "--datum 只能是 gcj02 或 bd09；得到 'wgs'"),
    (("points", "import", "FILE", "--register", "post"), "--register 应为 point 之一；得到「post」"),
    (("points", "import", "FILE", "--corrections", "FILE"), "同时是输入文件"),
    (("points", "import", "FILE", "--corrections", "x.csv"), "文件名应以 .xlsx 结尾"),
    (("people", "import", "FILE"), "看不出是哪种台账（任职要有姓名、职务；人员要有人员编号、姓名）"),
    (("points", "list", "--grid", "310116113001099"), "最接近的编号是 31011611300100"),
    (("points", "list", "--jurisdiction", "没有"), "没有村居「没有」；现有：向阳村、海欣居民区。"),
    (("points", "list", "--version", "9"), "没有第 9 版"),
    (("points", "list", "--out", "x.txt"), "应以 .csv 或 .xlsx 结尾"),
    (("points", "site", "--number", "1", "--objective", "best"), "应为 coverage、p_median、p_center 之一"),
    (("points", "reach", "--roads"), "没有道路图层"),
    (("points", "export", "--out", "x.xlsx", "--profile", "nonsense"), "应为 internal、leader、public 之一"),
    (("points", "export", "--out", "x.csv"), "文件名应以 .xlsx 结尾"),
    (("points", "export", "--out", "x.xlsx", "--with-phones"), "电话号码不得对外提供"),
    (("points", "undo", "999999"), "points 没有编号为 999999 的导入；现有："),
    (("lists", "show", "310116113001001"), "还没有登记；请先用 gridmap lists import"),
    (("party", "theme-days"), "还没有登记；请先用 gridmap party import"),
    (("services", "orders", "--by", "x"), "--by 应为 item、department、grid 之一；得到 'x'"),
    (("services", "menu"), "还没有登记；请先用 gridmap services import"),
    (("figures", "--out", "x.csv"), "文件名应以 .json 结尾"),
]


def test_wrong_inputs_are_one_sentence(
    gridmap_: Run, at: tuple[str, ...], points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert gridmap_("points", "import", points, *at, *DAY, "--quiet").code == 0
    there = sorted(p.name for p in tmp_path.iterdir())
    for n, (arguments, sentence) in enumerate(WRONG):
        given = [str(points) if a == "FILE" else a for a in arguments]
        said = gridmap_(*given, *(() if "--plan" in given else at))
        assert said.code == 2, (arguments, said.out)
        assert sentence in said.err, arguments
        assert said.err.count("gridmap: ") == 1, arguments
        if n % 4:
            continue  # a quarter of them in English, too: each run costs a fifth of a second
        said = gridmap_(*given, *(() if "--plan" in given else at), "--lang", "en")
        assert said.code == 2
        assert not re.search(r"[\u4e00-\u9fff]{6}", said.err.replace("海欣居民区", "")), said.err
    assert sorted(p.name for p in tmp_path.iterdir()) == there
    empty = workbook(tmp_path / "empty.xlsx", {"Sheet": []})
    said = gridmap_("people", "import", empty, *at)
    assert said.err == "gridmap: empty.xlsx:Sheet：没有找到表头；应有一行列名，例如「姓名、职务」。\n"
    shop = workbook(tmp_path / "shop.xlsx", {"Sheet": [["品名", "单价"], ["苹果", 3]]})
    said = gridmap_("points", "import", shop, *at)
    assert said.code == 2
    assert "点位台账缺少列「点位名称」「点位类型」「状态」「经度」「纬度」；现有：品名、单价。" in said.err
    gbk = tmp_path / "gbk.csv"
    gbk.write_text("网格编号,统计日期,报到人数\n310116113001001,2020-02-28,9\n", "gb18030")
    said = gridmap_("party", "import", gbk, *at, *DAY)
    assert said.code == 0
    assert "按 GB18030 读取" in said.err
    cut = tmp_path / "cut.csv"
    cut.write_text("网格编号,统计日期,报到人数\n3.10116E+14,2020-02-28,9\n", "utf-8")
    said = gridmap_("party", "import", cut, *at, *DAY)
    assert "cut.csv!A2 │ 错误 │ 「3.10116E+14」的位数被表格软件截去；请把该列设为文本后重新录入" in said.out
    nowhere = gpd.GeoDataFrame(
        {"点位名称": ["甲"], "点位类型": ["网格点"], "状态": ["启用"]}, geometry=[shapely.Point(EAST, NORTH)]
    )
    with pytest.warns(UserWarning, match="crs"):
        nowhere.to_file(tmp_path / "layer.gpkg")
    said = gridmap_("points", "import", tmp_path / "layer.gpkg", *at)
    assert "图层没有坐标系信息；请在 GIS 软件中为其设定坐标系" in said.err


@pytest.mark.slow
def test_the_sample_has_every_published_figure(
    gridmap_: Run, tmp_path: Path, keep: Callable[[Path, str, str], tuple[str, ...]]
) -> None:
    """From the survey and the six ledgers to the figures of February 2020 (shared/domain.md, section 1)."""
    plan = tmp_path / "sample.gpkg"
    assert gridmap_("plan", ROOT / "geodata/shanyang.gpkg", "--out", plan, "--quiet").code == 0
    at = keep(plan, "山阳镇", "2020")
    for group in ("points", "people", "lists", "party", "services", "issues"):
        said = gridmap_(group, "import", ROOT / f"geodata/ledgers/{group}.xlsx", *at)
        assert said.code == 0, said.out + said.err
    said = gridmap_("figures", *at, "--json", "--out", tmp_path / "figures.json")
    document = json.loads(said.out)
    assert document["is_synthetic"]
    assert document["day"] == "2020-02-29"
    figures = document["figures"]
    published = {
        "villages": 10, "residential_areas": 23, "grids": 200,
        "grid_points_built": 84, "two_in_one": 77,
        "grid_leaders": 174, "grid_instructors": 130, "grid_members": 1280,
        "branches": 87, "members_reported": 2506, "departments": 24, "service_items": 18,
        "leaders_shared": 26, "grids_without_instructor": 70, "people_under_minimum": 16,
        "issues": 1500,
        "issues_by_tier": {"grid": 0.35, "jurisdiction": 0.63, "department": 0.02},
    }  # fmt: skip
    assert {k: figures[k] for k in published} == published
    assert figures["activities"] >= 600
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["figures"] == figures
    assert gridmap_("figures", *at).out.startswith("【合成数据】")
    assert gridmap_("points", "list", *at, "--lang", "en").out.startswith("[synthetic data]")
    assert gridmap_("lists", "templates", "--old", "1", "--new", "2", *at).out.startswith("【合成数据】")
