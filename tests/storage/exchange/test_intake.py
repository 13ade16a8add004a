"""Files that were edited elsewhere come back as moves, exactly; whatever else was done to them is refused by name."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
import sqlalchemy as sa

from gridmap.data.plan_file import read_plan, write_plan
from gridmap.errors import Conflict, GridmapError, InvalidInput, InvalidPlan, MissingCrs, NotStored
from gridmap.model.plan import Plan
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, find_plan
from gridmap.storage.exchange.export import ENDINGS, export_plan
from gridmap.storage.exchange.intake import Edited, read_edited, save_edited, store_file
from gridmap.storage.judged import load_report
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.save import save_moves

VILLAGE, AREA = "310116113202", "310116113001"
V1, V2 = f"{VILLAGE}001", f"{VILLAGE}002"
A1, A2, A3, A4 = (f"{AREA}00{i}" for i in range(1, 5))
#: To a neighbour, to a new grid, to none.
EDITS = {"B03": A1, "B04": f"{AREA}005", "G0": ""}


def edit_gpkg(path: Path, *statements: str) -> None:
    """Change a GeoPackage as QGIS would, by SQL; the triggers of its R-tree need functions that SQLite has not."""
    with closing(sqlite3.connect(path)) as database, database:
        triggers = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree%'"
        ).fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            database.execute(statement)


def moved(codes: dict[str, str]) -> list[str]:
    return [f"UPDATE units SET grid_code = '{code}' WHERE unit_id = '{unit}'" for unit, code in codes.items()]


def frame_of(path: Path) -> tuple[Any, str, str]:
    """A layer or table, and its columns of unit and grid."""
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False), "unit_id", "grid_code"
    if path.suffix == ".parquet":
        return gpd.read_parquet(path), "unit_id", "grid_code"
    if path.suffix == ".gpkg":
        return pyogrio.read_dataframe(path, layer="units"), "unit_id", "grid_code"
    frame = pyogrio.read_dataframe(path)
    return frame, *(("单元编号", "网格编号") if path.suffix == ".shp" else ("unit_id", "grid_code"))


def write_frame(path: Path, frame: Any, encoding: str = "GB18030") -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".gpkg":
        pyogrio.write_dataframe(frame, path, layer="units", driver="GPKG")
    else:
        drivers = {".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}
        coding = {"encoding": encoding} if path.suffix == ".shp" else {}
        pyogrio.write_dataframe(frame, path, driver=drivers[path.suffix], **coding)


def edit(path: Path, codes: dict[str, str]) -> None:
    frame, unit, grid = frame_of(path)
    frame[grid] = [codes.get(u, c) for u, c in zip(frame[unit], frame[grid], strict=True)]
    write_frame(path, frame)


def test_moves_come_back_exactly_from_every_format(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    for ending in ENDINGS:
        path = tmp_path / f"a{ending}"
        export_plan(store, stored.id, path)
        if ending == ".gpkg":
            edit_gpkg(path, *moved(EDITS))
        else:
            edit(path, EDITS)
        edited = read_edited(store, path)
        assert edited == Edited(stored, 1, EDITS, None, edited.notes), ending
    saved = save_edited(store, tmp_path / "a.gpkg", message="现场核对")
    assert (saved.version, saved.n_moves) == (2, 3)
    codes = dict(zip(stored_units(store), load_plan(store, "2026").plan.code_of_unit(), strict=True))
    assert {u: codes[u] for u in EDITS} == EDITS
    # The other files were exported from version 1: what they ask for is there already.
    assert save_edited(store, tmp_path / "a.csv").n_moves == 0


def stored_units(store: Store) -> list[str]:
    return load_plan(store, "2026").plan.units.ids


def test_a_file_that_qgis_still_has_open_is_read(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    export_plan(store, stored.id, tmp_path / "a.gpkg")
    edit_gpkg(tmp_path / "a.gpkg")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as qgis:
        qgis.execute("PRAGMA journal_mode = WAL")
        qgis.execute(*moved({"B03": A1}))
        qgis.commit()
        assert (tmp_path / "a.gpkg-wal").stat().st_size > 0
        assert read_edited(store, tmp_path / "a.gpkg").moves == {"B03": A1}


def test_locks_come_back(store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path) -> None:
    locked = Plan(plan.units, plan.grid_of, plan.codes, (), frozenset({A1, A2}))
    entry = save_plan(store, "2026", town, locked, rules)
    path = tmp_path / "a.gpkg"
    export_plan(store, "2026", path)
    edit_gpkg(
        path,
        f"UPDATE grids SET locked = 1 WHERE grid_code = '{V1}'",
        f"UPDATE grids SET locked = 0 WHERE grid_code = '{A2}'",
        f"DELETE FROM grids WHERE grid_code = '{A1}'",  # a deleted row unlocks nothing
    )
    assert read_edited(store, path).locked == {V1, A1}
    assert save_edited(store, path).version == 2
    assert load_plan(store, entry.id).plan.locked == {V1, A1}
    export_plan(store, "2026", path)
    edit_gpkg(path, *moved({"B00": A2}))
    with pytest.raises(InvalidPlan, match="unlock them first") as caught:
        save_edited(store, path)
    assert A1 in caught.value.zh


def test_two_people_edit_the_same_version(make_store: Callable[..., Store], stored: PlanEntry, tmp_path: Path) -> None:
    wang, li = make_store("王芳"), make_store("李娜", "QGIS")
    for name, codes in (("w", {"B03": A1}), ("same", {"B03": A3}), ("apart", {"G3": V1})):
        export_plan(wang, stored.id, tmp_path / f"{name}.gpkg")
        edit_gpkg(tmp_path / f"{name}.gpkg", *moved(codes))
    assert save_edited(wang, tmp_path / "w.gpkg").version == 2
    with pytest.raises(Conflict, match="unit B03: you to") as caught:
        save_edited(li, tmp_path / "same.gpkg")
    assert "王芳" in caught.value.zh
    saved = save_edited(li, tmp_path / "apart.gpkg")
    assert (saved.version, saved.rebased_over) == (3, (2,))
    codes = dict(zip(stored_units(wang), load_plan(wang, stored.id).plan.code_of_unit(), strict=True))
    assert (codes["B03"], codes["G3"]) == (A1, V1)


def test_repeating_an_operation_is_harmless(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    export_plan(store, stored.id, tmp_path / "a.csv")
    edit(tmp_path / "a.csv", EDITS)
    op = uuid4()
    assert save_edited(store, tmp_path / "a.csv", op_id=op).version == 2
    assert save_edited(store, tmp_path / "a.csv", op_id=op).is_repeat


Case = tuple[str, Callable[[Path], object], type[GridmapError], str, str]


def by_sql(*statements: str) -> Callable[[Path], object]:
    return lambda path: edit_gpkg(path, *statements)


def by_frame(change: Callable[[Any], Any]) -> Callable[[Path], object]:
    def run(path: Path) -> None:
        frame, _, _ = frame_of(path)
        write_frame(path, change(frame))

    return run


#: What QGIS does when it splits a polygon: one more row with the same attributes.
SPLIT = (
    "CREATE TEMP TABLE part AS SELECT * FROM units WHERE unit_id = 'B00'",
    "UPDATE part SET fid = 19",
    "INSERT INTO units SELECT * FROM part",
)
NEXT = f"{AREA}006"  # 005 is retired

REFUSED: list[Case] = [
    (
        "gpkg",
        by_sql("UPDATE about SET value = '00000000-0000-0000-0000-000000000000' WHERE key = 'store'"),
        InvalidInput,
        r"a\.gpkg, layer units: was exported from another database \(00000000-",
        "导出自另一个数据库",
    ),
    ("csv", by_frame(lambda f: f.assign(store="db-00000000")), InvalidInput, "another database", "另一个数据库"),
    (
        "csv",
        by_frame(lambda f: f.assign(store=f["store"].str[:12] + "00000000")),  # after a restore from a backup
        InvalidInput,
        "another version 1 of plan",
        "不是同一版",
    ),
    (
        "gpkg",
        by_sql("UPDATE about SET value = '99' WHERE key = 'plan_id'"),
        NotStored,
        "plan #99, which this database does not hold",
        "导出自方案 #99，当前数据库中没有",
    ),
    (
        "gpkg",
        by_sql("UPDATE about SET value = '7' WHERE key = 'version'"),
        NotStored,
        "version 7 of plan 2026, which has 1 to 1",
        "第 7 版，现只有第 1 至 1 版",
    ),
    (
        "gpkg",
        by_frame(lambda f: f.to_crs(4326)),
        InvalidInput,
        "exported in EPSG:4326, the survey is in EPSG:4549: export again in EPSG:4549",
        "导出为 EPSG:4326，而单元数据为 EPSG:4549：请以 EPSG:4549 重新导出",
    ),
    ("parquet", by_frame(lambda f: f.to_crs(4528)), InvalidInput, "exported in EPSG:4528", "导出为 EPSG:4528"),
    (
        "shp",
        lambda path: path.with_suffix(".prj").unlink(),
        MissingCrs,
        r"does not say its CRS \(is the \.prj missing\?\), the survey is in EPSG:4549",
        "没有坐标系",
    ),
    (
        "gpkg",
        by_sql("DELETE FROM units WHERE unit_id IN ('B00', 'G1')"),
        InvalidInput,
        "2 of 18 units are missing: G1, B00; a deleted row does not mean 'no grid'",
        "18 个单元中缺少 2 个：G1、B00；删除行不等于「未编入网格」",
    ),
    (
        "csv",
        by_frame(lambda f: f.replace({"unit_id": {"B00": "B99"}})),
        InvalidInput,
        r"a\.csv, column unit_id: units that the survey does not have: B99 \(row 8\)",
        "单元数据中没有：B99 (第 8 行)",
    ),
    (
        "gpkg",
        by_sql(*SPLIT),
        InvalidInput,
        r"units that stand twice: B00 \(fid 7, fid 19\); a unit is never cut",
        "同一单元出现多次：B00 (fid 7, fid 19)；单元不可切分",
    ),
    (
        "gpkg",
        by_sql("UPDATE units SET unit_id = ' ' WHERE fid = 3"),
        InvalidInput,
        "column unit_id: no unit id in fid 3",
        "「unit_id」列：fid 3 没有单元编号",
    ),
    (
        "shp",
        by_frame(lambda f: f.assign(户数=[51, *f["户数"][1:]])),
        InvalidInput,
        r"column 户数: changed in 1 units: G0 \(row 1: 50 → 51\); units are fixed",
        "「户数」列：1 个单元被改动：G0 (第 1 行: 50 → 51)；单元是固定的",
    ),
    (
        "gpkg",
        by_sql(f"UPDATE units SET jurisdiction = '{AREA}' WHERE unit_id = 'G0'"),
        InvalidInput,
        rf"column jurisdiction: changed in 1 units: G0 \(fid 1: {VILLAGE} → {AREA}\)",
        "「jurisdiction」列：1 个单元被改动",
    ),
    (
        "parquet",
        by_frame(lambda f: f.set_geometry([shapely.box(0, 0, 100, 100.01), *f.geometry[1:]], crs=f.crs)),
        InvalidInput,
        r"the outline of units was changed: G0 \(row 1\); units are fixed",
        "单元的边界被改动：G0 (第 1 行)；单元是固定的",
    ),
    (
        "gpkg",
        by_sql(*moved({"B05": "A9"})),
        InvalidInput,
        rf"a\.gpkg, layer units, fid 12, column grid_code: 'A9' is no code .* 3 digits; the next free one is {NEXT}",
        f"村居 {AREA} 新网格的编号规则（{AREA} 加 3 位数字）；下一个可用编号为 {NEXT}",
    ),
    ("csv", lambda path: edit(path, {"B05": V1 + "9"}), InvalidInput, "row 13, column grid_code", "第 13 行"),
    ("csv", lambda path: edit(path, {"G5": f"{AREA}009"}), InvalidInput, f"free one is {VILLAGE}003", "编号规则"),
    (
        "csv",
        lambda path: edit(path, {"B05": "3.10116E+14"}),
        InvalidInput,
        r"a spreadsheet has shortened codes, their last digits are lost: 3\.10116E\+14 \(row 13\)",
        "科学计数，末位已丢失：3.10116E+14 (第 13 行)",
    ),
    (
        "csv",
        lambda path: edit(path, {"B05": f"{AREA}005"}),
        InvalidInput,
        "retired and never used again",
        "已停用，不可再用",
    ),
    (
        "csv",
        by_frame(lambda f: f.assign(version=["1"] * 9 + ["2"] * 9)),
        InvalidInput,
        "rows of several exports are mixed: column version holds 1, 2",
        "混有多次导出的行",
    ),
    (
        "csv",
        by_frame(lambda f: f.drop(columns="grid_code")),
        InvalidInput,
        "missing: grid_code; it has unit_id, households",
        "缺少：grid_code；现有：unit_id、households",
    ),
    ("csv", lambda path: path.write_text("unit_id,grid_code\n"), InvalidInput, "the table is empty", "表格是空的"),
    ("csv", lambda path: path.write_text('a,b\n"x'), InvalidInput, "no proper CSV", "CSV 格式有误"),
    ("csv", lambda path: path.unlink(), InvalidInput, "no such file", "没有这个文件"),
]


def test_what_is_no_move_is_refused_by_name(store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path) -> None:
    entry = save_plan(store, "2026", town, plan, rules, retired=(f"{AREA}005",))
    for number, (ending, change, kind, en, zh) in enumerate(REFUSED):
        fresh = tmp_path / ending
        if not fresh.exists():
            fresh.mkdir()
            export_plan(store, entry.id, fresh / f"a.{ending}")
        path = shutil.copytree(fresh, tmp_path / str(number)) / f"a.{ending}"
        change(path)
        with pytest.raises(kind, match=en) as caught:
            read_edited(store, path, **about(path))
        assert zh in caught.value.zh, (number, caught.value.zh)
    assert find_plan(store, "2026").version == 1


def about(path: Path) -> dict[str, Any]:
    """A GeoPackage that was written anew has lost its table ``about``: plan and version are given."""
    if path.suffix == ".gpkg" and "about" not in [n for n, _ in pyogrio.list_layers(path)]:
        return {"into": "2026", "base": 1}
    return {}


def test_plan_and_version_are_asked_for_where_the_file_does_not_name_them(
    store: Store, stored: PlanEntry, town: Town, plan: Plan, rules: Rules, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    export_plan(store, stored.id, path)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)[["unit_id", "grid_code"]]
    frame.to_csv(path, index=False)
    with pytest.raises(InvalidInput, match=r"which plan it belongs to .* --into") as caught:
        read_edited(store, path)
    assert "请用 --into 指定" in caught.value.zh
    with pytest.raises(
        InvalidInput, match=r"which version was edited .* --base, the newest of plan 2026 is 1"
    ) as caught:
        read_edited(store, path, into="2026")
    assert "最新为第 1 版" in caught.value.zh
    with pytest.raises(NotStored, match="version 2 of plan 2026"):
        read_edited(store, path, into="2026", base=2)
    assert read_edited(store, path, into="2026", base=1).moves == {}
    other = save_plan(store, "other", town, plan, rules)
    export_plan(store, stored.id, path)
    with pytest.raises(InvalidInput, match=rf"from plan #{stored.id}, not from other \(#{other.id}\)") as caught:
        read_edited(store, path, into="other")
    assert "而不是「other」" in caught.value.zh
    with pytest.raises(InvalidInput, match="from version 1, not 3") as caught:
        read_edited(store, path, base=3)
    assert "而不是第 3 版" in caught.value.zh


def test_tables_are_read_as_people_write_them(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["单元编号", "网格编号", "户数"])
    codes = dict(zip(stored_units(store), load_plan(store, "2026").plan.code_of_unit(), strict=True))
    for unit, code in codes.items():
        sheet.append([f" {unit} ", float(code), "50户" if unit.startswith("G") else 100.0])
    sheet["B19"] = None  # the last unit goes to no grid: its row is no foot note
    sheet["B2"] = f"  {V2} "
    book.save(tmp_path / "a.xlsx")
    edited = read_edited(store, tmp_path / "a.xlsx", into="2026", base=1)
    assert edited.moves == {"G0": V2, "B11": ""}
    lines = ["单元编号\t所属网格", *(f"{u}\t{c}.0" for u, c in codes.items())]
    (tmp_path / "a.csv").write_bytes("\r\n".join(lines).encode("gb18030"))
    assert read_edited(store, tmp_path / "a.csv", into="2026", base=1).moves == {}


def test_a_layer_saved_out_of_the_view_or_under_another_name_is_known(
    store: Store, stored: PlanEntry, tmp_path: Path
) -> None:
    save_moves(store, stored.id, 1, {"B03": A1})
    with store.read() as connection:
        rows = connection.execute(sa.text("SELECT * FROM gridmap.plan_units")).mappings().all()
    frame = pd.DataFrame([dict(r) for r in rows]).drop(columns=["geom", "in_force"])
    shapes = load_plan(store, stored.id).town.units.frame.geometry.reindex(frame["unit_id"])
    view = gpd.GeoDataFrame(frame, geometry=shapes.to_numpy(), crs=shapes.crs)
    view.loc[view["unit_id"] == "B03", "grid_code"] = A2
    pyogrio.write_dataframe(view, tmp_path / "a.gpkg", layer="我的图层", driver="GPKG")
    edited = read_edited(store, tmp_path / "a.gpkg")
    assert (edited.base, edited.moves) == (2, {"B03": A2})
    short = view.rename(columns={"unit_id": "单元编号", "grid_code": "网格编号"})
    pyogrio.write_dataframe(short, tmp_path / "b.gpkg", layer="units2", driver="GPKG")
    pyogrio.write_dataframe(short, tmp_path / "b.gpkg", layer="units3", driver="GPKG", append=True)
    assert read_edited(store, tmp_path / "b.gpkg", layer="units3").moves == {"B03": A2}
    with pytest.raises(InvalidInput, match="no layer 'x'"):
        read_edited(store, tmp_path / "b.gpkg", layer="x")


def test_rounding_is_no_edit_and_names_are_only_told(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    export_plan(store, stored.id, tmp_path / "a.parquet")
    frame = gpd.read_parquet(tmp_path / "a.parquet")
    there_and_back = frame.to_crs(4490).to_crs(4549)
    assert not there_and_back.geometry.geom_equals_exact(frame.geometry, 0).all()
    turned = [shapely.MultiPolygon([shapely.reverse(g)]) for g in there_and_back.geometry]
    names = ["第一组", *frame["name"][1:]]
    turned_frame = there_and_back.set_geometry(turned, crs=4549).assign(name=names)
    turned_frame.to_parquet(tmp_path / "a.parquet")
    edited = read_edited(store, tmp_path / "a.parquet")
    assert edited.moves == {}
    assert [n.zh for n in edited.notes] == ["a.parquet：1 个单元的名称与单元数据不同，未采用：G0 (第1组 → 第一组)。"]


def test_a_plan_file_becomes_a_new_plan_with_its_report(
    store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path
) -> None:
    lineage = pd.DataFrame({"old_code": ["old"], "new_code": [V1], "kind": ["unchanged"], "households": [150]})
    meta = {"seed": 7, "bridge_m": 2.0, "retired": ["older"]}
    write_plan(tmp_path / "a.gpkg", town, plan, rules=rules, lineage=lineage, meta=meta)
    entry = store_file(store, tmp_path / "a.gpkg", "2026", message="首次入库")
    assert (entry.town, entry.state, entry.bridge_m) == ("山阳镇", "checked", 2.0)
    loaded = load_plan(store, entry.id)
    assert loaded.plan.fingerprint == plan.fingerprint
    assert loaded.meta == {"seed": 7}
    assert list(loaded.lineage["old_code"]) == ["old"]
    assert load_report(store, entry.id).is_lawful
    export_plan(store, entry.id, tmp_path / "b.gpkg")
    back = read_plan(tmp_path / "b.gpkg")
    assert back.meta["retired"] == ["older"]  # what this plan gives up retires when it comes into force
    again = store_file(store, tmp_path / "b.gpkg", "again")  # out of one database into another, or the same
    assert again.unit_set_id == entry.unit_set_id
    assert load_plan(store, again.id).meta == {"seed": 7}
    with pytest.raises(InvalidInput, match="has a plan again already"):
        store_file(store, tmp_path / "b.gpkg", "again")
    units = plan.units.frame.assign(unit_id=plan.units.ids, grid_code=plan.code_of_unit()).reset_index(drop=True)
    pyogrio.write_dataframe(units, tmp_path / "裸.gpkg", layer="x", driver="GPKG")
    assert store_file(store, tmp_path / "裸.gpkg", "1").town == "裸"
    assert store_file(store, tmp_path / "裸.gpkg", "2", town_name="金山").town == "金山"
    assert store_file(store, tmp_path / "b.gpkg", "2", town_name="别名").town == "别名"
