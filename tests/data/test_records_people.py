"""Rosters: a row a person, a row a grid, people and posts apart; who is the same person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridmap.data.records import Intake, read_records
from gridmap.errors import InvalidInput
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS

VILLAGE, AREA = "310116113202", "310116113001"
GRIDS = [f"{c}{n:03d}" for c in (VILLAGE, AREA) for n in range(1, 4)]
HEAD = ["村居", "网格", "职务", "姓名", "联系电话", "人员来源", "任职日期", "离任日期"]
PHONE = "13812345678"


def read(path: Path, **options: Any) -> Intake:
    places = gpd.GeoDataFrame(
        {"name": ["山新居民区", "向阳村"], "kind": ["residential_area", "village"]},
        geometry=[shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1)],
        index=[AREA, VILLAGE],
        crs="EPSG:4549",
    )
    return read_records(path, "people", places=places, grids=GRIDS, crs="EPSG:4549", day=dt.date(2020, 3, 1), **options)


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[Any]]], merges: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for merge in merges:
        book.worksheets[0].merge_cells(merge)
    book.save(path)
    return path


def roster(tmp_path: Path, *rows: Sequence[Any]) -> Path:
    return workbook(tmp_path / "队伍.xlsx", {"花名册": [HEAD, *rows]})


def said(intake: Intake, severity: str = "error") -> list[tuple[str, str]]:
    errors = intake.errors[intake.errors["severity"] == severity]
    return [(c.partition("!")[2], m) for c, m in zip(errors["cell"], errors["message_zh"], strict=True)]


def test_a_row_a_person(tmp_path: Path) -> None:
    intake = read(
        roster(
            tmp_path,
            ["向阳", None, "总网格长", "刘一", 13812345670.0, "两委", "2020.2.1", "至今"],
            ["向阳", "向阳01", "网格长", "刘　一", "1.381234567E+10", "两委成员", "2020年2月1日", ""],
            ["向阳", 2, "专职网格员", "张三", "138-1234-5678", "老党员", "20200301", "2020/12/1"],
            ["向阳", 3, "网格员", "张三", "13900000000", "妇女骨干", "", ""],
        )
    )
    assert intake.errors.empty
    assert intake.records is not None
    person, post = intake.records.of("person"), intake.records.of("post")
    assert person[["person_id", "name", "phone"]].to_numpy().tolist() == [
        ["P0001", "刘一", "13812345670"],
        ["P0002", "张三", PHONE],
        ["P0003", "张三", "13900000000"],
    ]
    assert post[["person_id", "role", "grid", "source"]].to_numpy().tolist() == [
        ["P0001", "chief_grid_leader", "", "committee"],
        ["P0001", "grid_leader", f"{VILLAGE}001", "committee"],
        ["P0002", "grid_member", f"{VILLAGE}002", "veteran_member"],
        ["P0003", "grid_member", f"{VILLAGE}003", "womens_backbone"],
    ]
    assert post["jurisdiction"].unique().tolist() == [VILLAGE]
    assert [str(d)[:10] for d in post["until"]] == ["NaT", "NaT", "2020-12-01", "NaT"]
    assert intake.counts == {"person": 3, "post": 4}


def test_a_row_a_grid_with_a_header_of_two_rows(tmp_path: Path) -> None:
    rows = [
        ["村居", "网格", "网格队伍", None, None, None],
        [None, None, "总网格长", "网格长", "网格指导员", "网格员（6-10名）"],
        ["向阳村", "1", "刘一", f"张三{PHONE}", "李 四", "王五、赵六 钱七/孙八"],
        [None, "2", "刘一", f"张三 {PHONE}", "", "周九，王五"],
    ]
    merges = ("A1:A2", "B1:B2", "C1:F1", "A3:A4")
    intake = read(workbook(tmp_path / "a.xlsx", {"Sheet1": rows}, merges))
    assert intake.errors.empty
    assert intake.records is not None
    person, post = intake.records.of("person"), intake.records.of("post")
    assert person["name"].tolist() == ["刘一", "张三", "李四", "王五", "赵六", "钱七", "孙八", "周九"]
    assert person["phone"].tolist()[:3] == ["", PHONE, ""]
    counts = post.groupby("role").size()
    assert counts.to_dict() == {
        "chief_grid_leader": 1,
        "grid_leader": 2,
        "grid_instructor": 1,
        "grid_member": 6,
    }
    assert sorted(post["grid"][post["person_id"] == "P0002"]) == GRIDS[:2]
    assert [n.zh for n in intake.notes] == [
        "1 名网格长在多个网格任职：P0002。",
        "1 名网格员在多个网格任职：P0004。",
    ]


def test_telephones_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = [
        ["村居", "网格", "网格长", None, "网格员", None],
        [None, None, "姓名", "电话", "姓名", "电话"],
        ["向阳村", "1", "张三", 13812345678, "王五、赵六", "13900000001、13900000002"],
        ["向阳村", "2", "李四", "", "钱七、孙八", "13900000003"],
    ]
    intake = read(workbook(tmp_path / "a.xlsx", {"网格队伍": rows}, ("A1:A2", "B1:B2", "C1:D1", "E1:F1")))
    assert said(intake, "warning") == [("F4", "2 个姓名配了 1 个电话，对不上；未读电话")]
    assert intake.records is not None
    phones = intake.records.of("person").set_index("name")["phone"]
    assert phones.to_dict() == {
        "张三": PHONE, "李四": "", "王五": "13900000001", "赵六": "13900000002", "钱七": "", "孙八": "",
    }  # fmt: skip


def test_a_person_twice_in_the_same_post(tmp_path: Path) -> None:
    intake = read(
        roster(
            tmp_path,
            ["向阳", 1, "网格员", "张三", PHONE, "", "", ""],
            ["向阳", 1, "组员", "张三", "138 1234 5678", "", "", ""],
        )
    )
    assert intake.records is None
    assert said(intake) == [("D3", "「张三」重复：网格员一职已在 队伍.xlsx:花名册!D2 登记；请只保留一行")]


def test_the_same_post_again_later_is_no_fault(tmp_path: Path) -> None:
    intake = read(
        roster(
            tmp_path,
            ["向阳", 1, "网格员", "张三", PHONE, "", "2018-1-1", "2019-1-1"],
            ["向阳", 1, "网格员", "张三", PHONE, "", "2019-1-1", ""],
        )
    )
    assert intake.records is not None
    assert len(intake.records.of("post")) == 2
    assert len(intake.records.of("person")) == 1


def test_a_name_without_a_number(tmp_path: Path) -> None:
    intake = read(
        roster(
            tmp_path,
            ["向阳", 1, "网格长", "张三", PHONE, "", "", ""],
            ["向阳", 2, "网格长", "张三", "", "", "", ""],  # the only 张三 of 向阳
            ["山新", 1, "网格长", "张三", "", "", "", ""],  # nobody of that name in 山新
            ["山新", 2, "网格员", "李四", "13900000001", "", "", ""],
            ["山新", 3, "网格员", "李四", "13900000002", "", "", ""],
            ["山新", 1, "网格员", "李四", "", "", "", ""],  # which of the two?
        )
    )
    assert intake.records is not None
    assert intake.records.of("post")["person_id"].tolist() == ["P0001", "P0001", "P0002", "P0003", "P0004", "P0005"]
    assert said(intake, "warning") == [
        ("D3", "「张三」没有电话；按同名的 P0001 计，请核对"),
        ("D7", "「李四」没有电话，同名的有 2 人；按另一人计，请补电话"),
    ]


def test_known_people_keep_their_ids(tmp_path: Path) -> None:
    known = make_records(
        REGISTERS["person"],
        {"person_id": ["P0007", "P0009"], "name": ["张三", "李四"], "phone": [PHONE, "13900000001"]},
    )
    path = roster(
        tmp_path,
        ["向阳", 1, "网格长", "张三", PHONE, "", "", ""],
        ["向阳", 1, "网格员", "李四", "", "", "", ""],
        ["向阳", 1, "网格员", "张三", "13911111111", "", "", ""],
    )
    intake = read(path, known=Records({"person": known}))
    assert intake.records is not None
    assert intake.records.of("post")["person_id"].tolist() == ["P0007", "P0009", "P0010"]


def test_an_erased_name_is_nobodys(tmp_path: Path) -> None:
    """P0007 and P0002 were erased: their posts are read, no name comes back, and new ids begin after the highest."""
    people = {"person_id": ["P0007", "P0002"], "name": ["", ""], "phone": ["", ""]}
    known = make_records(REGISTERS["person"], people | {"name": ["x", "x"]}).assign(name="")
    head = ["村居", "网格", "职务", "人员编号", "姓名"]
    member = ["向阳村", GRIDS[0], "网格员"]

    def ledger(*names: str) -> Intake:
        rows = [[*member, "P0007", names[0]], [*member, "P0002", names[1]], [*member, "", "赵一"]]
        return read(workbook(tmp_path / "队伍.xlsx", {"花名册": [head, *rows]}), known=Records({"person": known}))

    intake = ledger("已删除", "erased")
    assert said(intake) == []
    assert intake.records is not None
    assert intake.records.of("person")["name"].to_dict() == {"P0008": "赵一"}
    assert intake.records.of("post")["person_id"].tolist() == ["P0007", "P0002", "P0008"]
    assert [(cell, message[:24]) for cell, message in said(ledger("张三", "已删除"))] == [
        ("E2", "人员编号 P0007 的姓名和电话已删除，不再登")
    ]


def test_ids_that_contradict(tmp_path: Path) -> None:
    head = [*HEAD, "人员编号"]
    rows = [
        head,
        ["向阳", 1, "网格长", "张三", PHONE, "", "", "", "A1"],
        ["向阳", 2, "网格长", "李四", "", "", "", "", "A1"],
        ["向阳", 2, "网格员", "张三", PHONE, "", "", "", "A2"],
        ["向阳", 3, "网格员", "张三", "13900000000", "", "", "", "A1"],
    ]
    intake = read(workbook(tmp_path / "队伍.xlsx", {"花名册": rows}))
    assert said(intake) == [
        ("D3", "人员编号 A1 在 队伍.xlsx:花名册!D2 是「张三」；一个编号只能是一个人"),
        ("D4", "「张三」同一电话已有人员编号 A1；请统一"),
        ("D5", f"人员编号 A1 在 队伍.xlsx:花名册!D2 的电话是 {PHONE}；请统一"),
    ]


def test_posts_and_places_that_do_not_fit(tmp_path: Path) -> None:
    intake = read(
        roster(
            tmp_path,
            ["", "", "总网格长", "李四", "", "", "", ""],
            ["向阳", "", "网格员", "张三", "138", "", "", ""],
            ["向阳", 7, "网格长", "王五", "", "", "", ""],
            ["向阳", 1, "队长", "赵六", "", "", "", ""],
            ["向阳", 1, "网格长", "", "", "", "", ""],
            ["向阳", 1, "网格长", "钱七", "", "外星人", "2020-2-1", "2020-1-1"],
            ["向阳", 1, "总网格长", "孙八", "", "", "", ""],
        )
    )
    assert [c for c, _ in said(intake)] == ["D2", "D3", "B4", "C5", "D6", "D7", "F7"]
    assert [m for c, m in said(intake) if c[0] == "D"] == [
        "总网格长没有写村居",
        "网格员没有写网格",
        "没有填「姓名」",
        "离任日期 2020-01-01 早于任职日期 2020-02-01",
    ]
    assert said(intake, "warning") == [
        ("E3", "「138」不是 11 位手机号或固定电话；照原样保留，请核对"),
        ("D8", "总网格长属于整个村居，不属于网格；网格不计"),
    ]


def test_people_and_posts_in_two_sheets(tmp_path: Path) -> None:
    sheets: dict[str, Sequence[Sequence[Any]]] = {
        "人员": [["人员编号", "姓名", "手机号"], ["A1", "张三", PHONE], ["A2", "李四", ""]],
        "任职": [["村居", "网格", "职务", "人员编号"], ["向阳", 1, "网格长", "A1"], ["向阳", 2, "网格长", "A3"]],
    }
    intake = read(workbook(tmp_path / "a.xlsx", sheets))
    assert said(intake) == [("D3", "没有这个编号的人员；请在「人员」工作表补登，或在本表写姓名")]
    sheets["任职"] = sheets["任职"][:2]
    records = read(workbook(tmp_path / "a.xlsx", sheets)).records
    assert records is not None
    assert records.of("person").index.tolist() == ["A1", "A2"]
    assert records.of("post")["person_id"].tolist() == ["A1"]


def test_a_roster_in_gbk_without_merged_cells(tmp_path: Path) -> None:
    path = tmp_path / "花名册.csv"
    lines = ["村居,网格,职务,姓名,电话", "向阳村,1,网格长,张三,13812345678", ",2,网格长,李四,13900000001"]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    records = read(path).records
    assert records is not None
    assert records.of("post")["grid"].tolist() == GRIDS[:2]


def test_what_is_no_roster(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(workbook(tmp_path / "a.xlsx", {"花名册": [["村居", "姓名"], ["向阳", "张三"]]}))
    assert caught.value.zh == "a.xlsx:花名册：任职台账缺少列「职务」；现有：村居、姓名。"
