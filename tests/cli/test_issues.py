"""Issues through the command line: in, looked at, taken on, counted, drawn, taken back; and what is refused.

The town is that of conftest.py: a village of six groups in a row, and above it a residential area of twelve blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

Run = Callable[..., "Said"]  # noqa: F821 the tuple of conftest.py, which tests cannot import
EAST, NORTH = 628_000.0, 3_402_000.0
DAY = ("--day", "2020-02-29")
HEADS = [
    "问题编号",
    "问题类别",
    "问题描述",
    "上报时间",
    "上报人",
    "经度",
    "纬度",
    "处置层级",
    "处置完成时间",
    "核查时间",
]

pytestmark = pytest.mark.database


def degrees(column: float, row: float) -> tuple[float, float]:
    """Longitude and latitude of a place in the town, in squares of 100 m from its south-west corner."""
    place = shapely.Point(EAST + 100 * column, NORTH + 100 * row)
    there = gpd.GeoSeries([place], crs="EPSG:4549").to_crs("EPSG:4490").iloc[0]
    return round(there.x, 8), round(there.y, 8)


def rows(n: int = 24) -> list[list[Any]]:
    """Issues all over the town, every third open; those of the first block twice as many."""
    made = []
    for i in range(n):
        place = degrees(0.5 + i % 6, 1.5 + (i // 6) % 2) if i % 2 else degrees(0.5, 1.5)
        day = f"2020-0{1 + i % 2}-{1 + i % 28:02}"
        done = (f"{day} 15:00", f"{day} 17:00") if i % 3 else ("", "")
        tier = ("网格", "村居", "部门")[min(i % 4, 2)] if i % 3 else ""
        category = ("暴露垃圾", "楼道堆物")[i % 2]
        row = [f"WT{i:04}", category, f"第{i}件", f"{day} 09:{i:02}", f"WG{i:04}", *place, tier, *done]
        made.append(row)
    return made


def ledger(path: Path, given: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "问题台账"
    for row in [["海欣镇问题台账"], HEADS, *given]:
        book.active.append(row)
    book.save(path)
    return path


@pytest.fixture
def stored(gridmap_: Run, at: tuple[str, ...], tmp_path: Path) -> tuple[str, ...]:
    said = gridmap_("issues", "import", ledger(tmp_path / "问题.xlsx", rows()), *at, *DAY)
    assert said.code == 0, said
    return at


def test_a_ledger_comes_in_once(gridmap_: Run, at: tuple[str, ...], tmp_path: Path) -> None:
    source = ledger(tmp_path / "问题.xlsx", rows())
    preview = gridmap_("issues", "import", source, *at, *DAY, "--dry-run", "--lang", "en")
    assert preview.code == 0
    assert "24 issues: 24 new, 0 changed, 0 unchanged; 24 lie in a grid" in preview.out
    assert "nothing was stored" in preview.out
    assert gridmap_("issues", "list", *at, *DAY, "--lang", "en").code == 2
    first = gridmap_("issues", "import", source, *at, *DAY)
    assert "新增 24，变更 0，不变 0" in first.out
    again = gridmap_("issues", "import", source, *at, *DAY)
    assert "新增 0，变更 0，不变 24" in again.out
    changed = rows()
    changed[0][8:] = ["2020-02-20 10:00", "2020-02-21 10:00"]
    changed[0][7] = "村居"
    third = gridmap_("issues", "import", ledger(tmp_path / "再.xlsx", changed), *at, *DAY)
    assert "新增 0，变更 1，不变 23" in third.out
    listed = gridmap_("issues", "imports", *at, "--lang", "en").out
    assert "问题.xlsx" in listed
    assert "再.xlsx" in listed


def test_an_import_is_taken_back(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    number = re.findall(r"^\s*(\d+) ", gridmap_("issues", "imports", *stored).out, re.MULTILINE)[-1]
    assert gridmap_("issues", "undo", number, *stored).code == 0
    assert "0 issues" in gridmap_("issues", "stats", *stored, *DAY, "--lang", "en").out
    assert gridmap_("issues", "undo", 999_999, *stored).code == 2
    again = gridmap_("issues", "undo", number, *stored)
    assert again.code == 6
    assert f"导入 {number} 已经撤销过（记为 " in again.err
    assert f"撤销 {number} " in gridmap_("issues", "imports", *stored).out
    back = gridmap_("issues", "import", ledger(tmp_path / "问题.xlsx", rows()), *stored, *DAY, "--lang", "en")
    assert back.code == 0
    assert "24 issues" in gridmap_("issues", "stats", *stored, *DAY, "--lang", "en").out


def test_the_list_is_filtered_and_written(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "清单.csv"
    assert gridmap_("issues", "list", *stored, *DAY, "--out", out).code == 0
    assert len(out.read_text("utf-8-sig").splitlines()) >= 25
    said = gridmap_("issues", "list", *stored, *DAY, "--step", "open", "--category", "消防安全", "--lang", "en")
    assert said.code == 0
    assert "4 issues" in said.out
    assert set(re.findall(r"WT\d{4}", said.out)) == {"WT0003", "WT0009", "WT0015", "WT0021"}
    for wrong in (("--category", "飞碟"), ("--step", "lost"), ("--tier", "city"), ("--from", "2020-13-01")):
        assert gridmap_("issues", "list", *stored, *wrong).code == 2
    assert gridmap_("issues", "list", *stored, "--from", "2020-02-01", "--to", "2020-01-01").code == 2


def test_the_three_steps(gridmap_: Run, stored: tuple[str, ...]) -> None:
    lon, lat = degrees(5.5, 2.5)
    made = gridmap_(
        *("issues", "report", "--category", "消防", "--place", f"{lon},{lat}", "--id", "N1", "--by", "WG7", *stored),
        *("--at", "2020-02-03T09:00", "--lang", "en"),
    )
    assert made.code == 0, made
    assert re.search(r"reported as N1; its grid is 310116113001\d{3}", made.out)
    to = ("--tier", "jurisdiction", "--to", "310116113001")
    sent = gridmap_("issues", "advance", "N1", "dispatch", *to, "--at", "2020-02-03T10:00", *stored, "--lang", "en")
    assert "due 2020-02-05 17:30" in sent.out
    refused = gridmap_("issues", "advance", "N1", "verify", *stored, "--lang", "en")
    assert refused.code == 2
    assert "settle" in refused.err
    settled = gridmap_(
        *("issues", "advance", "N1", "settle", "--as", "jurisdiction", "--at", "2020-02-04T10:00", *stored),
        *("--lang", "en"),
    )
    assert settled.code == 0, settled
    other = gridmap_("issues", "advance", "N1", "verify", "--by", "WG8", "--as", "reporter", *stored)
    assert other.code == 2
    back = gridmap_(
        *("issues", "advance", "N1", "send_back", "--note", "还在", "--by", "WG7", *stored, "--lang", "en"),
        *("--at", "2020-02-04T11:00"),
    )
    assert "Being disposed of (version 4)" in back.out
    stale = gridmap_("issues", "advance", "N1", "settle", "--as", "jurisdiction", "--base", "3", *stored)
    assert stale.code == 6
    assert gridmap_("issues", "advance", "N1", "settle", "--as", "jurisdiction", *stored).code == 0
    closed = gridmap_("issues", "advance", "N1", "verify", "--by", "WG7", *stored, "--lang", "en")
    assert "Closed" in closed.out
    shown = gridmap_("issues", "show", "N1", *stored).out
    assert [w for w in ("上报", "派遣", "处置完成", "退回", "核查通过", "还在") if w not in shown] == []
    assert gridmap_("issues", "show", "N9", *stored).code == 2


def test_people_are_ids(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    lon, lat = degrees(5.5, 2.5)
    new = ("issues", "report", "--category", "消防", "--place", f"{lon},{lat}", *stored, "--lang", "en")
    for by in ("张示范", "13812345678", "WG 13812345678"):
        said = gridmap_(*new, "--id", "P1", "--by", by)
        assert (said.code, "is no id of a person" in said.err, "138" in said.err) == (2, True, False), by
    assert gridmap_(*new, "--id", "P1", "--by", "WG7").code == 0
    assert gridmap_("issues", "advance", "P1", "verify", "--by", "张示范", *stored).code == 2
    event = {
        "issue": "P2",
        "event_id": "6f1c1de0-9f4a-4a55-8f5e-0a4dbb6a6b00",
        "base_version": 0,
        "action": "report",
        "at": "2020-02-03T09:30:00",
        "actor": "WG1",
        "role": "reporter",
        "facts": {"category": "fire", "kind": "call 13812345678", "description": "110101199003071234"},
    }
    file = tmp_path / "events.jsonl"
    for wrong in ({"actor": "张示范"}, {"facts": {"reporter": "张示范"}}, {"facts": {"phone": "1"}}):
        file.write_text(json.dumps(event | wrong), "utf-8")
        assert gridmap_("issues", "sync", file, *stored).code == 2, wrong
    assert gridmap_("issues", "show", "P2", *stored).code == 2
    file.write_text(json.dumps(event), "utf-8")
    assert gridmap_("issues", "sync", file, *stored).code == 0
    assert "1 repeated" in gridmap_("issues", "sync", file, *stored, "--lang", "en").out
    shown = gridmap_("issues", "show", "P2", *stored).out
    assert "13812345678" not in shown
    assert "110101199003071234" not in shown


def test_what_devices_did_is_sorted_in(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    ids = [f"6f1c1de0-9f4a-4a55-8f5e-0a4dbb6a6a0{i}" for i in range(3)]
    report = {
        "issue": "D1",
        "event_id": ids[0],
        "base_version": 0,
        "action": "report",
        "at": "2020-02-03T09:30:00",
        "actor": "WG1",
        "role": "reporter",
        "facts": {"category": "fire"},
    }
    settle = {
        "issue": "D1",
        "event_id": ids[1],
        "base": ids[0],
        "base_version": 1,
        "action": "settle",
        "at": "2020-02-03T10:30:00",
        "actor": "WG1",
        "role": "member",
        "tier": "grid",
    }
    late, early = tmp_path / "late.jsonl", tmp_path / "early.jsonl"
    late.write_text(json.dumps(settle), "utf-8")
    early.write_text(json.dumps(report), "utf-8")
    assert "1 event: 1 new, 0 repeated; 1 in conflict" in gridmap_("issues", "sync", late, *stored, "--lang", "en").out
    assert "1 event: 1 new, 0 repeated; 0 in conflict" in gridmap_("issues", "sync", early, *stored, "--lang", "en").out
    assert "0 new, 1 repeated" in gridmap_("issues", "sync", late, *stored, "--lang", "en").out
    assert "Being verified" in gridmap_("issues", "show", "D1", *stored, "--lang", "en").out


def test_numbers_of_the_period(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    town = gridmap_("issues", "stats", *stored, *DAY, "--lang", "en")
    assert town.code == 0, town
    assert "24 issues reported from 2019-09-01 to 2020-02-29" in town.out
    for by in ("grid", "jurisdiction", "month", "category", "tier"):
        assert gridmap_("issues", "stats", "--by", by, *stored, *DAY).code == 0, by
    assert gridmap_("issues", "stats", "--by", "planet", *stored).code == 2
    recut = gridmap_("issues", "stats", "--by", "grid", "--recut", *stored, *DAY)
    assert recut.code == 0
    out = tmp_path / "率.xlsx"
    said = gridmap_("issues", "rates", *stored, *DAY, "--out", out, "--lang", "en")
    assert said.code == 0
    assert "too few to tell" in said.out
    assert out.is_file()
    spots = gridmap_("issues", "hotspots", *stored, *DAY, "--lang", "en")
    assert spots.code == 0
    assert "A spot is a grid together with its neighbours" in spots.out
    assert gridmap_("issues", "hotspots", "--emerging", *stored, *DAY).code == 0
    late = gridmap_("issues", "overdue", *stored, *DAY, "--log", "--lang", "en")
    assert late.code == 0
    assert "8 more issues are not dispatched yet, without a deadline" in late.out
    assert "--profile 应为" in gridmap_("issues", "export", "--profile", "x", "--out", tmp_path / "x.xlsx", *stored).err
    short = ("--from", "2020-02-01", "--emerging", "--lang", "en")
    assert "no more than 1 month;" in gridmap_("issues", "hotspots", *short, *stored, *DAY).err
    assert gridmap_("issues", "duplicates", *stored, *DAY).code == 0


def test_the_work_on_a_proposed_plan(gridmap_: Run, stored: tuple[str, ...]) -> None:
    plan = stored[1]
    said = gridmap_("issues", "replay", plan, "--before", plan, *DAY, "--lang", "en")
    assert said.code == 0, said
    assert "proposed: " in said.out
    assert "in use: " in said.out
    assert gridmap_("issues", "replay", plan, "--people", *DAY).code == 0
    assert gridmap_("issues", "replay", "无此方案", *DAY).code == 2


def test_heat_as_a_map_and_as_squares(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    page, squares = tmp_path / "heat.html", tmp_path / "heat.gpkg"
    assert gridmap_("issues", "heat", "--out", page, *stored, *DAY).code == 0
    assert page.stat().st_size > 100_000
    assert gridmap_("issues", "heat", "--out", squares, "--bandwidth", 80, *stored, *DAY).code == 0
    drawn = gpd.read_file(squares)
    assert len(drawn) > 0
    shared = tmp_path / "shared.gpkg"
    assert gridmap_("issues", "heat", "--out", shared, "--profile", "public", *stored, *DAY).code == 0
    assert gpd.read_file(shared)["support"].min() >= 5
    assert gridmap_("issues", "heat", "--out", page, *stored, *DAY).code == 3
    assert gridmap_("issues", "heat", "--out", tmp_path / "heat.png", *stored, *DAY).code == 2


def test_the_town_has_its_own_deadlines(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    assert gridmap_("issues", "policy", "--out", own, *stored).code == 0
    own.write_text(own.read_text("utf-8").replace("jurisdiction = 2,", "jurisdiction = 4,"), "utf-8")
    assert gridmap_("issues", "policy", own, *stored).code == 0
    lon, lat = degrees(0.5, 0.5)
    gridmap_(
        *("issues", "report", "--category", "fire", "--place", f"{lon},{lat}", "--id", "N2", *stored, "--quiet"),
        *("--at", "2020-02-03T09:00"),
    )
    to = ("--tier", "jurisdiction", "--to", "310116113202", "--at", "2020-02-03T10:00")
    assert "2020-02-07 17:30" in gridmap_("issues", "advance", "N2", "dispatch", *to, *stored).out
    own.write_text("name = 1", "utf-8")
    assert gridmap_("issues", "policy", own, *stored).code == 2


def test_texts_are_blanked(gridmap_: Run, stored: tuple[str, ...]) -> None:
    assert "第3件" in gridmap_("issues", "show", "WT0003", *stored).out
    assert gridmap_("issues", "redact", "WT0003", *stored).code == 0
    assert "第3件" not in gridmap_("issues", "show", "WT0003", *stored).out


def test_a_ledger_goes_out_and_comes_back(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    out, blank = tmp_path / "出.xlsx", tmp_path / "空.xlsx"
    assert gridmap_("issues", "export", "--out", out, *stored, *DAY).code == 0
    again = gridmap_("issues", "import", out, *stored, *DAY, "--lang", "en")
    assert again.code == 0, again
    assert "24 issues: 0 new" in again.out
    assert gridmap_("issues", "export", "--blank", "--out", blank, *stored).code == 0
    shared = tmp_path / "领导.xlsx"
    assert gridmap_("issues", "export", "--profile", "leader", "--out", shared, *stored, *DAY).code == 0
    said = [str(v) for row in openpyxl.load_workbook(shared).active.iter_rows(values_only=True) for v in row if v]
    assert [v for v in said if re.search(r"第\d+件|WG\d{4}", v)] == []


def test_wrong_rows_are_named_and_nothing_is_stored(gridmap_: Run, at: tuple[str, ...], tmp_path: Path) -> None:
    wrong = rows()
    wrong[2][3] = "昨天"
    wrong[5][0] = ""
    source = ledger(tmp_path / "错.xlsx", wrong)
    said = gridmap_("issues", "import", source, *at, *DAY, "--corrections", tmp_path / "错.csv")
    assert said.code == 2
    assert "错.xlsx" in said.err
    assert "D5" in (tmp_path / "错.csv").read_text("utf-8-sig")
    assert gridmap_("issues", "list", *at).code == 2
    assert "必须更正" in (tmp_path / "错.csv").read_text("utf-8-sig")
    kept = gridmap_("issues", "import", source, *at, *DAY, "--leave-out", "--lang", "en")
    assert kept.code == 0
    assert "2 rows with errors are left out" in kept.out
    assert "22 issues: 22 new" in kept.out


@pytest.mark.parametrize(
    ("done", "why"),
    [
        (("merge", "--of", "NIX"), "no issue is called NIX"),
        (("dispatch", "--tier", "jurisdiction", "--to", "无此村"), "no jurisdiction is called 无此村"),
        (("dispatch", "--tier", "grid", "--to", "9"), "has no grid 9"),
        (("void", "--note", "误报", "--at", "2019-01-01"), "cannot have been done before"),
        (("void", "--note", "误报", "--at", "2999-01-01"), "lies in the future"),
    ],
)
def test_a_step_that_would_lose_an_issue_is_refused(
    gridmap_: Run, stored: tuple[str, ...], done: tuple[str, ...], why: str
) -> None:
    said = gridmap_("issues", "advance", "WT0000", *done, *stored, "--lang", "en")
    assert said.code == 2
    assert why in said.err


def test_issues_are_not_merged_into_each_other(gridmap_: Run, stored: tuple[str, ...]) -> None:
    one = gridmap_("issues", "advance", "WT0000", "merge", "--of", "WT0003", *stored)
    assert one.code == 0, one
    other = gridmap_("issues", "advance", "WT0003", "merge", "--of", "WT0000", *stored, "--lang", "en")
    assert other.code == 2
    assert "reopen it first: gridmap issues advance WT0000 reopen --note WHY" in other.err
    third = gridmap_("issues", "advance", "WT0006", "merge", "--of", "WT0000", *stored, "--lang", "en")
    assert "merge into WT0003" in third.err


def test_a_jurisdiction_is_meant_by_its_name(gridmap_: Run, stored: tuple[str, ...]) -> None:
    to = ("--tier", "jurisdiction", "--to", "向阳")
    assert gridmap_("issues", "advance", "WT0000", "dispatch", *to, *stored).code == 0
    assert "310116113202 向阳村" in gridmap_("issues", "show", "WT0000", *stored).out


def test_what_is_reported_has_a_place_and_an_owner(
    gridmap_: Run, stored: tuple[str, ...], grid: dict[str, str]
) -> None:
    report = ("issues", "report", "--category", "fire", *stored, "--lang", "en")
    outside = gridmap_(*report, "--place", "0,0")
    assert outside.code == 2
    assert "lies outside 登记镇" in outside.err
    lon, lat = degrees(0.5, 1.5)
    code = next(c for c in grid.values() if c.startswith("310116113202"))
    elsewhere = gridmap_(*report, "--place", f"{lon},{lat}", "--grid", code)
    assert elsewhere.code == 2
    assert f"not in the --grid {code}" in elsewhere.err
    given = ("--grid", code, "--at", "2020-02-03", "--description", "联系13812345678")
    first, second = gridmap_(*report, *given), gridmap_(*report, *given)
    assert "reported as GM20200203000000;" in first.out
    assert "reported as GM20200203000000-2;" in second.out
    shown = gridmap_("issues", "show", "GM20200203000000", *stored).out
    assert "联系…" in shown
    assert "13812345678" not in shown
    again = gridmap_(*report, "--grid", code, "--id", "GM20200203000000")
    assert again.code == 2
    assert "choose another --id" in again.err


def test_the_next_command_works_as_it_is_written(gridmap_: Run, stored: tuple[str, ...]) -> None:
    for step in ("Being disposed of", "Being verified", "Closed", "Being disposed of"):
        said = gridmap_("issues", "show", "WT0000", *stored, "--lang", "en").out
        command = said.split("such as gridmap ")[1].split()
        said = gridmap_(*command, *stored, "--lang", "en")
        assert said.code == 0, said
        assert step in said.out


def test_numbers_of_devices_are_hidden_and_conflicts_name_their_issue(
    gridmap_: Run, stored: tuple[str, ...], tmp_path: Path
) -> None:
    first, lost = "6f1c1de0-9f4a-4a55-8f5e-0a4dbb6a6b00", "6f1c1de0-9f4a-4a55-8f5e-0a4dbb6a6b01"
    by = {"issue": "D2", "at": "2020-02-03T09:30:00", "actor": "WG1", "role": "reporter"}
    facts = {"category": "fire", "description": "找13812345678"}
    events = [
        {**by, "event_id": first, "base_version": 0, "action": "report", "facts": facts},
        {**by, "event_id": lost[:-1] + "2", "base": lost, "base_version": 2, "action": "note", "note": "x"},
    ]
    source = tmp_path / "device.jsonl"
    source.write_text("\n".join(json.dumps(e) for e in events), "utf-8")
    said = gridmap_("issues", "sync", source, *stored, "--lang", "en")
    assert "! D2: " in said.err
    assert "13812345678" not in gridmap_("issues", "show", "D2", *stored).out
    assert "0 new, 2 repeated" in gridmap_("issues", "sync", source, *stored, "--lang", "en").out


def test_what_a_new_policy_lacks_is_named(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    gridmap_("issues", "policy", "--out", own, *stored)
    text = re.sub(r"\[categories\.fire\].*?\n\n", "", own.read_text("utf-8"), flags=re.DOTALL)
    own.write_text(text, "utf-8")
    said = gridmap_("issues", "policy", own, *stored, "--lang", "en")
    assert said.code == 0, said
    assert re.search(r"lacks categories that issues have: fire \(\d+\)", said.err)


def test_empty_answers_say_what_to_do(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    later = ("--from", "2021-01-01", "--to", "2021-02-01", "--lang", "en")
    assert "take a longer period" in gridmap_("issues", "hotspots", *later, *stored, *DAY).out
    assert "the heat is empty" in gridmap_("issues", "heat", "--out", tmp_path / "h.html", *later, *stored, *DAY).out
    assert "--to or --day" in gridmap_("issues", "stats", "--from", "2021-01-01", "--lang", "en", *stored, *DAY).err
    recut = gridmap_("issues", "stats", "--recut", *stored, *DAY, "--lang", "en")
    assert recut.code == 2
    assert "--by jurisdiction" in recut.err
