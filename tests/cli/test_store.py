"""`gridmap store` as a planner uses it, from a plan file to a plan in force, in both languages, with wrong inputs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import geopandas as gpd
import pytest

Run = Callable[..., "Said"]  # noqa: F821 the tuple of conftest.py, which tests cannot import
NUMBERS = count()
V1 = "310116113202001"
A1 = "310116113001001"

pytestmark = pytest.mark.database


@pytest.fixture
def town_name(monkeypatch: pytest.MonkeyPatch) -> str:
    """A town of its own for each test: all share one database."""
    monkeypatch.setenv("GRIDMAP_ACTOR", "王芳")
    return f"镇{next(NUMBERS)}"


@pytest.fixture
def plan_file(gridmap_: Run, town_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "plan.gpkg"
    assert gridmap_("plan", town_file, "--out", path, "--quiet").code == 0
    return path


@pytest.fixture
def name(gridmap_: Run, plan_file: Path, town_name: str) -> str:
    """The plan in the database, under its full name."""
    with closing(sqlite3.connect(plan_file)) as database, database:
        database.execute("UPDATE about SET value = ? WHERE key = 'name'", (town_name,))
    said = gridmap_("store", "import", plan_file, "--name", "2026")
    assert said.code == 0, said.err
    assert said.out == f"已存入方案「2026」（{town_name}），第 1 版。\n"
    return f"{town_name}/2026"


def test_the_life_of_a_plan(gridmap_: Run, name: str, tmp_path: Path) -> None:
    assert "已检查" in gridmap_("store", "list").out
    said = gridmap_("store", "move", name, "B00，B01", "--to", "new", "--message", "试一试")
    assert re.fullmatch(rf"新网格：{A1[:12]}\d{{3}}\n方案「2026」第 2 版：2 个单元。\n", said.out)
    history = gridmap_("store", "history", name, "--lang", "en").out
    for word in ("import", "save", "王芳", "gridmap", "试一试"):
        assert word in history
    diff = tmp_path / "diff.gpkg"
    said = gridmap_("store", "diff", name, "--from", "1", "--lang", "en", "--out", diff)
    assert "2 units changed their grid, 200 households; 1 codes new, 0 gone." in said.out
    assert gpd.read_file(diff, layer="units")["unit_id"].tolist() == ["B00", "B01"]
    assert gridmap_("store", "undo", name).out == "方案「2026」第 3 版：2 个单元。\n"
    assert gridmap_("store", "redo", name, "--lang", "en").out == "plan 2026, version 4: 2 units moved.\n"
    assert gridmap_("store", "restore", name, "--version", "1").code == 0
    said = gridmap_("store", "check", name)
    assert said.code == 0, said.out
    assert gridmap_("store", "approve", name).out == "方案「2026」第 5 版：已批准。\n"
    said = gridmap_("store", "enforce", name, "--from", "2026-02-01", "--note", "山府〔2026〕1号", "--lang", "en")
    assert said.out == "plan 2026, version 5: in force from 2026-02-01.\n"
    where = ("store", "where", "628050", "3402050", "--crs", "EPSG:4549", "--on")
    assert "310116113202" in gridmap_(*where, "2026-02-01").out.replace("\n", "")
    assert "没有生效的方案" in gridmap_(*where, "2026-01-31").out
    assert gridmap_("store", "undo", name).code == 2
    page = tmp_path / "town.html"
    assert gridmap_("store", "map", name, "--out", page).code == 0
    assert f"<title>{name.partition('/')[0]}网格划分图</title>" in page.read_text("utf-8")
    project = tmp_path / "town.qgs"
    assert gridmap_("store", "qgis", name, "--out", project).code == 0
    assert "gridmap" in project.read_text("utf-8")
    assert gridmap_("store", "retire", name, "--until", "2026-09-01", "--lang", "en").out.endswith(
        "until 2026-09-01.\n"
    )


def test_branch_merge_and_conflict(gridmap_: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    town = name.partition("/")[0]
    assert gridmap_("store", "branch", name, "试验").code == 0
    codes = re.findall(r"\d{15}", gridmap_("store", "move", name, "G0", "--to", "999").err)
    place = sorted(c for c in codes if c.startswith(A1[:12]))
    for plan, to in ((f"{town}/试验", place[-1]), (name, place[-2])):
        assert gridmap_("store", "move", plan, "B00", "--to", to).code == 0
    said = gridmap_("store", "merge", f"{town}/试验", "--into", name)
    assert said.code == 6
    assert f"单元 B00：您调入 {place[-1]}" in said.err
    said = gridmap_("store", "merge", f"{town}/试验", "--into", name, "--choose", f"B00={place[-1]}")
    assert said.out == "方案「2026」第 3 版：1 个单元。\n"
    monkeypatch.setenv("GRIDMAP_ACTOR", "李明")
    assert gridmap_("store", "move", name, "B05", "--to", "none").code == 0
    said = gridmap_("store", "move", name, "B05", "--to", "new", "--base", "3", "--lang", "en")
    assert said.code == 6
    assert "by 李明 in version 4" in said.err
    said = gridmap_("store", "move", name, "B11", "--to", "none", "--base", "3", "--lang", "en")
    assert said.out == "plan 2026, version 5: 1 units moved, put over versions 4–4 that others saved meanwhile.\n"
    assert gridmap_("store", "undo", name, "--base", "4").code == 6


def test_locks(gridmap_: Run, name: str) -> None:
    assert gridmap_("store", "lock", name, V1).code == 0
    said = gridmap_("store", "move", name, "G0", "--to", "none")
    assert (said.code, said.err) == (2, f"gridmap: 锁定的网格不能变动：{V1}；请先解锁。\n")
    assert gridmap_("store", "lock", name, V1, "--lang", "en").out == "nothing changed: they are so already.\n"
    assert gridmap_("store", "lock", name, V1, "--unlock").code == 0
    assert gridmap_("store", "move", name, "G0", "--to", "none").code == 0
    assert gridmap_("store", "lock", name, "77").code == 2


def test_out_edited_and_back(gridmap_: Run, name: str, tmp_path: Path) -> None:
    out = tmp_path / "edit.gpkg"
    assert gridmap_("store", "export", name, "--out", out).code == 0
    assert gridmap_("store", "import", out).out == "方案「2026」现为第 1 版；没有单元换网格。\n"
    with closing(sqlite3.connect(out)) as database, database:
        # SQLite does not know the functions of the triggers that keep the file's spatial index
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        code = database.execute("SELECT grid_code FROM units WHERE unit_id = 'B11'").fetchone()[0]
        database.execute("UPDATE units SET grid_code = ? WHERE unit_id = 'B00'", (code,))
    said = gridmap_("store", "import", out, "--message", "按会议意见", "--lang", "en")
    assert said.out == "plan 2026, version 2: 1 units moved.\n"
    assert gridmap_("store", "export", name, "--out", out).code == 3
    for ending in (".csv", ".geojson", ".shp", ".parquet"):
        assert gridmap_("store", "export", name, "--out", tmp_path / f"x{ending}").code == 0
    assert gridmap_("store", "export", name, "--out", tmp_path / "x.dwg").code == 2


def test_a_new_survey(
    gridmap_: Run, name: str, town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    from gridmap.data.vector import write_layers  # noqa: PLC0415

    survey = tmp_path / "survey.gpkg"
    write_layers(survey, {"units": town.assign(households=town["households"] * 2), "jurisdictions": areas})
    said = gridmap_("store", "migrate", name, survey, "--name", "2027")
    assert said.code == 0, said.err
    assert "未归网格的单元 0 个" in said.out
    assert "规模不符的网格" in said.out


WRONG = [
    (("history", "没有的"), 2, "没有方案「没有的」"),
    (("history", "nosuch", "--lang", "en"), 2, "no such plan: nosuch; stored are"),
    (("diff", "PLAN", "--from", "9"), 2, "没有第 9 版"),
    (("restore", "PLAN", "--version", "9", "--lang", "en"), 2, "has no version 9"),
    (("undo", "PLAN"), 2, "没有可撤销的操作"),
    (("redo", "PLAN"), 2, "没有可重做的操作"),
    (("enforce", "PLAN", "--from", "明天"), 2, "日期应写成 2026-12-01"),
    (("enforce", "PLAN", "--from", "2026-12-01"), 2, "只有「已批准」的方案可以生效"),
    (("where", "1000", "2000"), 2, "不在 WGS 84 的范围内"),
    (("where", "121", "30", "--datum", "wgs"), 2, "--datum 应为 gcj02 或 bd09"),
    (("merge", "PLAN", "--into", "PLAN", "--choose", "B00"), 2, "--choose needs UNIT=CODE"),
    (("move", "PLAN", "X9", "--to", "new"), 2, "没有单元 X9"),
    (("move", "PLAN", "，", "--to", "none"), 2, "没有给出单元编号"),
    (("import", "nosuch.gpkg"), 2, "没有这个文件"),
    (("export", "PLAN", "--out", "no/such/folder/x.gpkg"), 3, "不存在"),
    (("branch", "PLAN", "2026"), 2, "本镇已有方案「2026」"),
    (("branch", "PLAN", "#3"), 2, "不以 # 开头"),
    (("history",), 2, "gridmap store history --help"),
    (("nosuch",), 2, "gridmap store --help"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"), WRONG, ids=lambda v: " ".join(v) if isinstance(v, tuple) else None
)
def test_wrong_inputs(gridmap_: Run, name: str, arguments: tuple[str, ...], code: int, words: str) -> None:
    said = gridmap_("store", *(name if a == "PLAN" else a for a in arguments))
    assert said.code == code
    assert words in said.err
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


def test_a_server_that_is_not_there(gridmap_: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for url, words in (
        ("mysql://a:geheim@b/c", "不是 PostgreSQL 数据库地址"),
        ("nonsense", "不是 PostgreSQL 数据库地址"),
        (f"postgresql://a:geheim@/c?host={tmp_path}", "无法连接数据库"),
        ("postgresql://a:geheim@127.0.0.1:1/c", "无法连接数据库"),
    ):
        monkeypatch.setenv("GRIDMAP_DATABASE_URL", url)
        said = gridmap_("store", "list")
        assert said.code == 5
        assert words in said.err
        assert "geheim" not in said.err
        assert said.err.count("\n") == 1


def test_name_and_into_exclude_each_other(gridmap_: Run, name: str, plan_file: Path) -> None:
    said = gridmap_("store", "import", plan_file, "--name", "a", "--into", name)
    assert (said.code, "请只给出其中一个" in said.err) == (2, True)
