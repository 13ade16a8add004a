"""Cells of registers as people write them."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pytest
import shapely

from gridmap.data.records_places import Gazetteer, check_same_town, make_gazetteer
from gridmap.data.records_values import (
    read_count,
    read_day,
    read_list,
    read_name,
    read_names,
    read_phone,
    read_word,
    read_yes,
)
from gridmap.errors import InvalidInput
from gridmap.model.registers import REGISTERS

FEB5 = dt.date(2020, 2, 5)
STATUS = REGISTERS["point"].column("status")


@pytest.mark.parametrize(
    "text",
    [
        "2020-2-5",
        "2020/2/5",
        "2020.2.5",
        "2020年2月5日",
        "２０２０年２月５日",
        "20200205",
        "43866",
        "2020-02-05 00:00:00",
        "2020年 2月 5日",
        "2020-02-05T08:30",
    ],
)
def test_a_day_in_every_form(text: str) -> None:
    assert read_day(text) == (FEB5, None, "error")


@pytest.mark.parametrize("text", ["", "-", "—", "无", "至今", "长期"])
def test_no_day(text: str) -> None:
    assert read_day(text).value is None
    assert read_day(text).said is None


def test_a_month_is_its_first_day_with_a_warning() -> None:
    read = read_day("2020年2月")
    assert read.value == dt.date(2020, 2, 1)
    assert read.severity == "warning"
    assert read.said is not None
    assert read.said.zh == "「2020年2月」只有年月，按 2020-02-01 计"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2月5日", "「2月5日」没有年份；请写全，例如 2020-02-05"),
        ("2/5", "「2/5」没有年份；请写全，例如 2020-02-05"),
        ("2020-2-30", "「2020-2-30」：日历上没有 2020 年 2 月 30 日；请核对"),
        ("20201305", "「20201305」：日历上没有 2020 年 13 月 5 日；请核对"),
        ("2020年13月", "「2020年13月」：日历上没有 2020 年 13 月 1 日；请核对"),
        ("去年春天", "「去年春天」不是日期；请写成 2020-02-05 的形式"),
    ],
)
def test_what_is_no_day(text: str, said: str) -> None:
    read = read_day(text)
    assert read.value is None
    assert read.said is not None
    assert read.said.zh == said


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("启用", "in_use"),
        ("在用", "in_use"),
        ("In use", "in_use"),
        ("in_use", "in_use"),
        (" 已 建 ", "built"),
        ("", None),
    ],
)
def test_words(text: str, key: str | None) -> None:
    assert read_word(text, STATUS).value == key


def test_an_unknown_word_lists_the_known_ones() -> None:
    said = read_word("启用中", STATUS).said
    assert said is not None
    assert said.zh == "「启用中」不是状态；可填：规划、建成、启用、停用；是否「启用」"


def test_yes_and_no() -> None:
    assert [read_yes(t).value for t in ("是", "√", "YES", "否", "", "×", "或许")] == [
        True, True, True, False, False, False, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"), [("98户", 98), ("１０２", 102), ("25人", 25), ("1,024", 1024), ("30人次", 30), ("-", None)]
)
def test_counts(text: str, number: int | None) -> None:
    assert read_count(text) == (number, None, "error")


def test_odd_counts() -> None:
    assert read_count("约110户")[::2] == (110, "warning")
    assert read_count("三十").value is None
    assert read_count("-3").said is not None
    assert read_count("2.5").said is not None


def test_lists_and_names() -> None:
    assert read_list("理发、义诊，磨刀；理发\n家电维修") == ("理发", "义诊", "磨刀", "家电维修")
    assert read_name("张　三") == "张三"
    assert read_name("John  Smith") == "John Smith"
    assert read_names("张三13812345678、李 四（13900001111）") == [("张三", "13812345678"), ("李四", "13900001111")]
    assert read_names("王五 赵六、欧阳 修/钱七") == [("王五", ""), ("赵六", ""), ("欧阳修", ""), ("钱七", "")]
    assert read_names("无") == []


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("13812345678", "13812345678"),
        ("1.3812345678E+10", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("+8613812345678", "13812345678"),
        ("021-57241234", "021-57241234"),
        ("57241234", "57241234"),
        ("", ""),
    ],
)
def test_phones(text: str, phone: str) -> None:
    assert read_phone(text) == (phone, None, "error")


@pytest.mark.parametrize("text", ["1381234567", "1.38E+10", "问村委会"])
def test_wrong_phones_are_kept_with_a_warning(text: str) -> None:
    assert read_phone(text).severity == "warning"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    """A village 向阳, an area 山新 and a village 山新; 向阳 has 12 grids, the others three each."""
    places = gpd.GeoDataFrame(
        {
            "name": ["山新居民区", "向阳村", "山新村"],
            "kind": ["residential_area", "village", "village"],
            "geometry": [shapely.box(i, 0, i + 1, 1) for i in range(3)],
        },
        index=["310116113001", "310116113202", "310116113203"],
        crs="EPSG:4549",
    )
    grids = [f"{c}{n:03d}" for c, k in (("310116113001", 3), ("310116113202", 12), ("310116113203", 3))
             for n in range(1, k + 1)]  # fmt: skip
    return make_gazetteer(places, grids)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("310116113202", "310116113202"),
        ("向阳", "310116113202"),
        ("向阳村委会", "310116113202"),
        ("山阳镇向阳村", "310116113202"),
        ("向 阳 村", "310116113202"),
        ("202", "310116113202"),
        ("山新居委会", "310116113001"),
        ("山新村", "310116113203"),
    ],
)
def test_jurisdictions_by_what_people_write(gazetteer: Gazetteer, text: str, code: str) -> None:
    assert gazetteer.jurisdiction(text).value == code


def test_unknown_and_ambiguous_jurisdictions(gazetteer: Gazetteer) -> None:
    several, unknown = gazetteer.jurisdiction("山新").said, gazetteer.jurisdiction("向杨村").said
    assert several is not None
    assert several.zh == (
        "「山新」可能是几个村居：山新居民区（310116113001）、山新村（310116113203）；请写全名或 12 位代码"
    )
    assert unknown is not None
    assert unknown.zh.startswith("没有村居「向杨村」；最接近：向阳村（310116113202）")


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("310116113202003", None, "310116113202003"),
        ("3", "310116113202", "310116113202003"),
        ("03", "310116113202", "310116113202003"),
        ("３", "310116113202", "310116113202003"),
        ("第3网格", "310116113202", "310116113202003"),
        ("三网格", "310116113202", "310116113202003"),
        ("第十二网格", "310116113202", "310116113202012"),
        ("3号网格", "310116113202", "310116113202003"),
        ("向阳03", None, "310116113202003"),
        ("山新居民区3网格", None, "310116113001003"),
        ("山新居民区第3网格", "310116113001", "310116113001003"),
        ("202012", None, "310116113202012"),
    ],
)
def test_grids_by_what_people_write(gazetteer: Gazetteer, text: str, place: str | None, code: str) -> None:
    assert gazetteer.grid(text, place).value == code


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("13", "310116113202", "方案中没有网格「13」；最接近的编号：310116113202012"),
        ("310116113202031", None, "方案中没有网格「310116113202031」；最接近的编号：3101161132020"),
        ("3", None, "「3」只是网格的序号，这一行没有写村居；请填村居，或写完整的网格编号"),
        (
            "310116113001001",
            "310116113202",
            "网格「310116113001001」属于山新居民区（310116113001），这一行的村居却是向阳村（310116113202）；请核对",
        ),
    ],
)
def test_unknown_grids(gazetteer: Gazetteer, text: str, place: str | None, said: str) -> None:
    read = gazetteer.grid(text, place)
    assert read.value is None
    assert read.said is not None
    assert read.said.zh.startswith(said)


def test_lists_of_grids_with_ranges(gazetteer: Gazetteer) -> None:
    assert gazetteer.grid_list("1-3、5，12", "310116113202").value == tuple(
        f"310116113202{n:03d}" for n in (1, 2, 3, 5, 12)
    )
    assert gazetteer.grid_list("第2至3网格；向阳4", "310116113202").value == tuple(
        f"310116113202{n:03d}" for n in (2, 3, 4)
    )
    assert gazetteer.grid_list("1、44", "310116113202").said is not None


def test_a_ledger_of_another_town_is_refused(gazetteer: Gazetteer) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_same_town(["321023111201", "321023111201003", "310116113202", "3", ""], gazetteer, "点位.xlsx")
    assert caught.value.zh == (
        "点位.xlsx：这是另一个镇的台账：多数代码以 321023111 开头，本镇的代码以 310116113 开头。"
    )
    with pytest.raises(InvalidInput, match="most of its jurisdictions are not of this town"):
        check_same_town(["李庄村", "王庄村", "赵庄村", "向阳村"], gazetteer, "a.csv")
    check_same_town(["321023111201", "310116113202", "310116113001", "李庄村"], gazetteer, "a.csv")
