"""The ledgers that a town hands in: read again they give the same records; shared, they give nobody away."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap.data.records import read_records
from gridmap.errors import InvalidInput, OutputError
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS, registers_of
from gridmap.model.text import Text
from gridmap.reports.records import write_records

CRS = "EPSG:4549"
VILLAGE, AREA = "310116113202", "310116113001"
V1, V2 = f"{VILLAGE}001", f"{VILLAGE}002"
A1, A2 = f"{AREA}001", f"{AREA}002"
DAY = dt.date(2020, 3, 1)
PHONE = "13812345678"
VALUES: dict[str, dict[str, list[Any]]] = {
    "point": {
        "point_id": ["D1", "D2", "D3"],
        "name": ["=王大妈家", "山新站", "村民点"],
        "kind": ["grid_point", "party_service_station", "other"],
        "jurisdiction": [VILLAGE, AREA, ""],
        "grid": [V1, A1, ""],
        "premises_id": ["H7", "", "+8"],
        "status": ["in_use", "built", "closed"],
        "opened_on": ["2020-02-05", None, "2019-01-01"],
        "closed_on": [None, None, "2020-01-01"],
        "capacity": [3, 310, None],
        "opening": ["每周四", "", ""],
        "services": [("理发", "义诊"), (), ("其他",)],
        "is_private_home": [True, False, False],
        "address": ["向阳3组12号", "海趣路1号", ""],
        "geometry": [shapely.Point(20, 30.5), shapely.Point(250.25, 150), shapely.Point(10, 20)],
    },
    "person": {
        "person_id": ["P0001", "P0002", "A3"],
        "name": ["张三", "李四", "王五"],
        "phone": [PHONE, "", "021-57241234"],
    },
    "post": {
        "person_id": ["P0001", "P0001", "P0001", "P0002"],
        "role": ["chief_grid_leader", "grid_leader", "grid_leader", "grid_member"],
        "jurisdiction": [VILLAGE, VILLAGE, "", AREA],
        "grid": ["", V1, V2, A1],
        "source": ["committee", "", "", "veteran_member"],
        "since": ["2020-01-01", "2020-01-01", None, "2019-05-01"],
        "until": [None, None, "2020-02-01", None],
    },
    "list_item": {
        "list": ["management", "service"],
        "template_version": [1, 2],
        "item": ["1", "1"],
        "title": ["消防巡查", "义诊"],
        "frequency": ["每周", ""],
    },
    "list_adoption": {"grid": [A1, V1], "list": ["service"] * 2, "template_version": [2, 2],
                      "adopted_on": ["2020-01-01"] * 2},
    "list_change": {"grid": [A1], "list": ["service"], "item": ["1"], "action": ["dropped"], "since": ["2020-02-01"]},
    "branch": {
        "branch_id": ["B1", "B2"],
        "name": ["向阳支部", "山新小组"],
        "kind": ["branch", "group"],
        "jurisdiction": [VILLAGE, AREA],
        "grids": [(V1, V2), (A1,)],
        "members": [25, 3],
    },
    "in_service": {"grid": [V1, A1], "counted_on": ["2020-02-29"] * 2, "members": [0, 4]},
    "activity": {
        "activity_id": ["1", "2", "3"],
        "kind": ["theme_day", "health", "health"],
        "title": ["一月党日", "义诊", "义诊"],
        "held_on": ["2020-01-05", "2020-01-20", "2020-02-20"],
        "jurisdiction": [VILLAGE, "", AREA],
        "grid": [V1, "", A1],
        "point_id": ["D1", "", ""],
        "place": ["王大妈家", "广场", "活动室"],
        "attendance": [2, 30, None],
    },
    "deliberation": {"deliberation_id": ["X1"], "held_on": ["2020-02-02"], "grid": [A2], "topic": ["车棚"],
                     "attendance": [12]},
    "service_item": {"item_id": ["S1", "S2"], "title": ["义诊", "法律咨询"]},
    "service_offer": {
        "offer_id": ["1", "2", "3"],
        "department": ["卫生院", "卫生院", "司法所"],
        "item_id": ["S1", "S1", "S2"],
        "jurisdiction": [VILLAGE, "", AREA],
        "grid": [V1, "", ""],
        "until": [None, None, "2020-01-01"],
    },
    "service_order": {
        "order_id": ["O1"],
        "ordered_on": ["2020-02-01"],
        "grid": [V1],
        "item_id": ["S1"],
        "people": [3],
        "status": ["fulfilled"],
        "rating": [5],
    },
}  # fmt: skip


@pytest.fixture
def records() -> Records:
    frames = {name: make_records(REGISTERS[name], values, CRS) for name, values in VALUES.items()}
    return Records(frames, is_synthetic=True)


def write(case: Any, path: Path, group: Any, records: Records, profile: Any = "internal", **options: Any) -> Path:
    write_records(path, group, records, case.plan, town=case.town, day=DAY, profile=profile, **options)
    return path


def everything(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    return "\n".join(str(c.value) for s in book for row in s.iter_rows() for c in row if c.value is not None)


def rows(path: Path, sheet: str) -> list[list[Any]]:
    return [[c.value for c in row] for row in openpyxl.load_workbook(path)[sheet].iter_rows(min_row=3)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("group", ["points", "people", "lists", "party", "services"])
def test_what_is_written_is_read_again(case: Any, records: Records, tmp_path: Path, group: Any, lang: Any) -> None:
    path = write(case, tmp_path / "a.xlsx", group, records, lang=lang, with_phones=group == "people")
    places = case.plan.units.jurisdictions
    intake = read_records(path, group, places=places, grids=case.plan.codes, crs=CRS, day=DAY, is_synthetic=True)
    assert intake.errors.empty, intake.errors.to_string()
    assert intake.records is not None
    assert set(intake.records.frames) == {r.name for r in registers_of(group)}
    for register in registers_of(group):
        got, want = intake.records.of(register.name).sort_index(), records.of(register.name).sort_index()
        if register.name == "point":
            assert (got.geometry.distance(want.geometry) < 0.01).all()
            got, want = pd.DataFrame(got.drop(columns="geometry")), pd.DataFrame(want.drop(columns="geometry"))
        pd.testing.assert_frame_equal(got, want)


def test_the_ledger_of_points_looks_like_one(case: Any, records: Records, tmp_path: Path) -> None:
    why = {"D2": Text("同一场所", "same premises")}
    path = write(case, tmp_path / "a.xlsx", "points", records, two_in_one=why)
    sheet = openpyxl.load_workbook(path)["点位"]
    assert sheet["A1"].value == "山阳镇点位台账"
    for part in ("单位：山阳镇", "合成数据", "截至2020年3月1日", "内部使用"):
        assert part in str(sheet["A2"].value)
    assert sheet.print_title_rows == "$1:$3"
    assert sheet.page_setup.orientation == "landscape"
    found = rows(path, "点位")
    assert found[0][:5] == ["序号", "村居", "网格", "点位编号", "点位名称"]
    assert [r[-1] for r in found[1:4]] == [None, "同一场所", None]
    assert found[4][:3] == ["合计", None, "3 条"]
    assert found[5][0].startswith("制表：")
    name = sheet["E4"]
    assert (name.value, name.data_type, name.quotePrefix) == ("=王大妈家", "s", True)


@pytest.mark.parametrize("profile", ["leader", "public"])
def test_private_homes_and_small_counts_stay_inside(case: Any, records: Records, tmp_path: Path, profile: Any) -> None:
    why = {n: Text("与王大妈家同址", "at the same home") for n in ("D1", "D2")}
    points = write(case, tmp_path / "a.xlsx", "points", records, profile, two_in_one=why)
    text = everything(points)
    for private in ("王大妈", "向阳3组12号", "D1", "H7", "每周四", "内部使用"):
        assert private not in text
    assert "海趣路1号" in text
    home = rows(points, "点位")[1]
    assert home[:3] == [1, "向阳", V1]
    assert "党员家中点位" in home
    assert "<5" in home  # its three households
    assert [r[-1] for r in rows(points, "点位")[1:3]] == [None, "是"]
    party = write(case, tmp_path / "b.xlsx", "party", records, profile)
    assert "王大妈" not in everything(party)
    reported = rows(party, "在职党员报到")
    assert [r[-1] for r in reported[1:4]] == [0, "<5", "≥0"]
    assert [r[4:] for r in rows(party, "按月统计")[1:4]] == [[2, "≥30"], [1, None], [3, "≥30"]]


@pytest.mark.parametrize("profile", ["leader", "public"])
def test_what_lies_at_a_home_shows_no_place(case: Any, records: Records, tmp_path: Path, profile: Any) -> None:
    """The counter has the home's premises, the hand-out stands 2 m from it, the station is two in one with it."""
    home = {c: records.points.iloc[0][c] for c in ("jurisdiction", "grid")} | {"status": "in_use"}
    more = [
        home | {"point_id": "C1", "name": "窗口", "kind": "service_counter", "premises_id": "H7 ", "address": "村口"},
        home | {"point_id": "C2", "name": "发放点", "kind": "benefit_hand_out", "address": "桥头"},
        home | {"point_id": "C3", "name": "服务点", "kind": "party_service_point", "address": "河东"},
        home | {"point_id": "C4", "name": "另一处", "kind": "service_counter", "address": "河西"},
    ]
    places = [shapely.Point(*at) for at in ((90, 30.5), (22, 30.5), (40, 30.5), (60, 30.5))]
    added = pd.DataFrame([row | {"geometry": at} for row, at in zip(more, places, strict=True)])
    every = pd.concat([pd.DataFrame(records.points), added], ignore_index=True)
    frames = dict(records.frames) | {"point": make_records(REGISTERS["point"], every, CRS)}
    activity = records.of("activity").assign(point_id=["", "C2", ""], place=["向阳3组12号", "桥头", "活动室"])
    frames["activity"] = activity
    path = write(case, tmp_path / "a.xlsx", "points", Records(frames), profile)
    text = everything(path)
    for private in ("村口", "桥头", "河东", "H7"):
        assert private not in text
    assert "河西" in text
    degrees = [[r[-2], r[-1]] for r in rows(path, "点位")[1:] if r[4] in ("窗口", "发放点", "服务点", "另一处")]
    assert [None not in place for place in degrees] == [False, False, False, True]
    party = everything(write(case, tmp_path / "b.xlsx", "party", Records(frames), profile))
    assert ("向阳3组12号" in party, "桥头" in party, "活动室" in party) == (False, False, True)
    assert "村口" in everything(write(case, tmp_path / "c.xlsx", "points", Records(frames)))


@pytest.mark.parametrize("profile", ["leader", "public"])
def test_texts_name_nobody_outside(case: Any, records: Records, tmp_path: Path, profile: Any) -> None:
    items = records.of("list_item").assign(responsible=["张三 13812345678", "向阳村"])
    titles = records.of("service_item").assign(title=["李四义诊", "法律咨询"])
    offers = records.of("service_offer").assign(department=["王五", "卫生院", "司法所"])
    told = Records(dict(records.frames) | {"list_item": items, "service_item": titles, "service_offer": offers})
    for group in ("lists", "services"):
        text = everything(write(case, tmp_path / f"{group}.xlsx", group, told, profile))
        for private in ("张三", "李四", "王五", "13812345678"):
            assert private not in text
        assert ("某某 …" if group == "lists" else "某某义诊") in text
        assert "某某" not in everything(write(case, tmp_path / f"{group}-in.xlsx", group, told))
    bare = told.without_people()  # whoever may not read people knows no names: numbers go all the same
    text = everything(write(case, tmp_path / "bare.xlsx", "lists", bare, profile))
    assert ("张三" in text, "13812345678" in text) == (True, False)


def test_activities_by_month(case: Any, records: Records, tmp_path: Path) -> None:
    path = write(case, tmp_path / "a.xlsx", "party", records)
    assert rows(path, "按月统计")[:4] == [
        ["序号", "月份", "主题党日", "健康义诊", "合计场次", "参加人次"],
        [1, "2020-01", 1, 1, 2, 32],
        [2, "2020-02", 0, 1, 1, None],
        ["合计", None, 1, 2, 3, 32],
    ]


def test_departments_and_items_count_what_is_current(case: Any, records: Records, tmp_path: Path) -> None:
    path = write(case, tmp_path / "a.xlsx", "services", records)
    assert rows(path, "部门与事项")[:3] == [
        ["序号", "部门", "义诊", "安排数"],
        [1, "卫生院", 2, 2],
        ["合计", None, 2, 2],
    ]


def test_lists_by_grid(case: Any, records: Records, tmp_path: Path) -> None:
    path = write(case, tmp_path / "a.xlsx", "lists", records)
    assert [r[1:] for r in rows(path, "各网格清单")[1:3]] == [
        ["向阳", V1, "服务清单", 2, 1, 0, 0, 0, 0],
        ["山新", A1, "服务清单", 2, 1, 0, 1, 0, 0],
    ]


def test_staffing_of_grids_without_names(case: Any, records: Records, tmp_path: Path) -> None:
    """张三 leads two village grids (one of them until February), 李四 is the only member of the first estate grid."""
    path = write(case, tmp_path / "a.xlsx", "people", records, "leader")
    text = everything(path)
    for private in ("张三", "李四", "王五", PHONE, "57241234", "P0001"):
        assert private not in text
    by_grid = rows(path, "各网格配备")
    assert by_grid[1] == [1, "向阳", V1, 1, 0, 0, "缺网格指导员 1，缺网格员 6"]
    assert by_grid[2] == [2, None, V2, 0, 0, 0, "缺网格长 1，缺网格指导员 1，缺网格员 6"]
    assert by_grid[3] == [3, "山新", A1, 0, 0, 1, "缺网格长 1，缺网格指导员 1，缺网格员 5"]
    assert by_grid[7] == ["合计（按人计）", None, "6 个网格", 1, 0, 1, "缺网格长 5，缺网格指导员 6，缺网格员 35"]
    assert rows(path, "各村居配备")[1][:7] == [1, "向阳", 2, 1, 1, 0, 0]
    assert "花名册" not in openpyxl.load_workbook(path).sheetnames


def test_numbers_only_where_they_are_asked_for(case: Any, records: Records, tmp_path: Path) -> None:
    path = write(case, tmp_path / "a.xlsx", "people", records)
    text = everything(path)
    assert "张三" in text
    assert PHONE not in text
    assert "联系电话" not in text
    assert PHONE in everything(write(case, tmp_path / "b.xlsx", "people", records, with_phones=True))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_roster_with_an_erased_name_is_read_again(case: Any, records: Records, tmp_path: Path, lang: Any) -> None:
    person = records.of("person")
    erased = person.assign(name=["", "李四", ""], phone="")
    told = Records(dict(records.frames) | {"person": erased}, is_synthetic=True)
    path = write(case, tmp_path / "a.xlsx", "people", told, lang=lang)
    assert ("已删除" if lang == "zh" else "erased") in everything(path)
    places = case.plan.units.jurisdictions
    known = Records({"person": erased})
    intake = read_records(path, "people", places=places, grids=case.plan.codes, crs=CRS, day=DAY, known=known)
    assert intake.errors.empty, intake.errors.to_string()
    assert intake.records is not None
    assert intake.records.of("person")["name"].to_dict() == {"P0002": "李四"}
    assert intake.records.of("post")["person_id"].tolist().count("P0001") == 3


def test_refusals(case: Any, records: Records, tmp_path: Path) -> None:
    for profile in ("leader", "public"):
        with pytest.raises(InvalidInput, match="only in internal ledgers"):
            write(case, tmp_path / "a.xlsx", "people", records, profile, with_phones=True)
    with pytest.raises(InvalidInput, match="staffing is not published"):
        write(case, tmp_path / "a.xlsx", "people", records, "public")
    with pytest.raises(InvalidInput, match="profile is one of"):
        write(case, tmp_path / "a.xlsx", "people", records, "secret")
    with pytest.raises(InvalidInput, match=r"ends in \.xlsx"):
        write(case, tmp_path / "a.csv", "points", records)
    with pytest.raises(InvalidInput, match="nothing of lists was ever recorded"):
        write(case, tmp_path / "a.xlsx", "lists", Records())
    with pytest.raises(OutputError):
        write(case, tmp_path / "none" / "a.xlsx", "points", records)
    assert list(tmp_path.iterdir()) == []


def test_a_register_without_records(case: Any, tmp_path: Path) -> None:
    records = Records({"point": make_records(REGISTERS["point"], {}, CRS)})
    path = write(case, tmp_path / "a.xlsx", "points", records)
    places = case.plan.units.jurisdictions
    again = read_records(path, "points", places=places, grids=case.plan.codes, crs=CRS, day=DAY).records
    assert again is not None
    assert again.has("point")
    assert again.points.empty
