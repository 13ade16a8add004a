"""What is exported is what is stored, in every format; and it comes back as it went."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from gridmap.check import check_plan
from gridmap.data.plan_file import read_plan
from gridmap.data.plan_styles import layer_styles
from gridmap.data.vector import open_layer
from gridmap.errors import InvalidInput, MissingProgram, NotStored, OutputError
from gridmap.model.plan import GridException, Plan
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.commit import get_header
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, store_id
from gridmap.storage.exchange.aliases import COLUMNS, NAME_BYTES, cut_text, find_ours, short_names
from gridmap.storage.exchange.export import ENDINGS, LAYERS, TABLE_COLUMNS, export_plan, report_back, store_tag
from gridmap.storage.exchange.intake import read_edited, save_edited
from gridmap.storage.judged import load_report
from gridmap.storage.plans import save_plan
from gridmap.storage.save import save_moves

VILLAGE, AREA = "310116113202", "310116113001"
V1, V2, A1, A2 = f"{VILLAGE}001", f"{VILLAGE}002", f"{AREA}001", f"{AREA}002"


@pytest.fixture
def judged(store: Store, town: Town, plan: Plan, rules: Rules) -> PlanEntry:
    """The plan with its report, an exception, a lock and a lineage."""
    excepted = Plan(
        plan.units,
        plan.grid_of,
        plan.codes,
        (GridException(V1, "R4", "too_small", Text("“本来”就小", 'small "by nature"')),),
        frozenset({A1}),
    )
    lineage = pd.DataFrame({"old_code": ["old"], "new_code": [V1], "kind": ["unchanged"], "households": [150]})
    report = check_plan(excepted, rules, premises=town.premises)
    meta = {"seed": 7, "status": "FEASIBLE"}
    return save_plan(
        store, "2026", town, excepted, rules, report=report, lineage=lineage, retired=("old",), bridge_m=2.5, meta=meta
    )


def test_a_plan_file_holds_what_is_stored_and_says_where_it_comes_from(
    store: Store, town: Town, judged: PlanEntry, tmp_path: Path
) -> None:
    path = tmp_path / "方案.gpkg"
    assert export_plan(store, "2026", path) == ()
    back = read_plan(path)
    mine, theirs = town.units.frame, back.town.units.frame
    assert set(theirs.columns) == set(mine.columns)
    for name in mine.columns.drop("geometry"):
        assert ["" if pd.isna(v) else v for v in theirs[name]] == ["" if pd.isna(v) else v for v in mine[name]], name
    assert shapely.equals_exact(
        shapely.normalize(mine.geometry.to_numpy()), shapely.normalize(theirs.geometry.to_numpy())
    ).all()
    assert back.plan.exceptions[0].text == Text("“本来”就小", 'small "by nature"')
    assert back.plan.locked == {A1}
    assert list(back.lineage["old_code"]) == ["old"]
    assert not back.is_edited
    with store.read() as connection:
        here = str(store_id(connection))
        op_id = str(get_header(connection, judged.id, 1).op_id)
    assert dict(back.meta) == {
        "seed": 7,
        "status": "FEASIBLE",
        "bridge_m": 2.5,
        "retired": ["old"],
        "store": here,
        "plan_id": judged.id,
        "plan": "2026",
        "version": 1,
        "op_id": op_id,
    }
    with closing(sqlite3.connect(path)) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert styles == layer_styles()


def test_the_report_goes_along_as_it_was_stored(store: Store, plan: Plan, judged: PlanEntry, tmp_path: Path) -> None:
    export_plan(store, judged.id, tmp_path / "plan.gpkg")
    grids = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids")
    stored = load_report(store, judged.id)
    assert list(grids["deviation"].round(6)) == [round(g["deviation"], 6) for g in stored.document["grids"]]
    assert set(grids["in_band"]) <= {0, 1}  # numbers, as the reference says, not the words True and False
    assert len(pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="findings")) == len(stored.findings)
    report = report_back(stored, plan)
    assert report.is_lawful == stored.is_lawful
    assert list(report.grids.index) == list(plan.codes)


def test_an_older_version_without_a_report_is_exported_too(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    save_moves(store, stored.id, 1, {"B03": A1})
    export_plan(store, stored.id, tmp_path / "one.gpkg", version=1)
    export_plan(store, stored.id, tmp_path / "two.gpkg")
    codes = {n: read_plan(tmp_path / f"{n}.gpkg").plan.code_of_unit()[9] for n in ("one", "two")}
    assert codes == {"one": A2, "two": A1}
    assert "findings" not in [n for n, _ in pyogrio.list_layers(tmp_path / "one.gpkg")]
    with pytest.raises(NotStored, match="version 3"):
        export_plan(store, stored.id, tmp_path / "three.gpkg", version=3)


def test_a_shapefile_comes_back_without_loss(store: Store, judged: PlanEntry, tmp_path: Path) -> None:
    for layer in LAYERS:
        export_plan(store, judged.id, tmp_path / "层.parquet", layer=layer)
        whole = gpd.read_parquet(tmp_path / "层.parquet")
        for lang in ("zh", "en"):
            assert export_plan(store, judged.id, tmp_path / "层.shp", layer=layer, lang=lang) == ()
            assert (tmp_path / "层.cpg").read_text() == "GB18030"
            back = open_layer(tmp_path / "层.shp").frame
            with (tmp_path / "层_字段对照.csv").open(encoding="utf-8-sig", newline="") as file:
                table = {row["短名"]: row["name"] for row in csv.DictReader(file)}
            assert list(table) == [c for c in back.columns if c != "geometry"]
            assert_same(back.rename(columns=table), whole)


def assert_same(back: gpd.GeoDataFrame, whole: gpd.GeoDataFrame) -> None:
    """The same columns in the same order with the same values and shapes; a dBASE table cannot tell null from ""."""
    assert list(back.columns) == list(whole.columns)
    assert back.crs == whole.crs == "EPSG:4549"
    for name in back.columns.drop("geometry"):
        mine = ["" if pd.isna(v) else v for v in whole[name]]
        theirs = ["" if pd.isna(v) else v for v in back[name]]
        if isinstance(mine[-1], float):
            assert [x or 0 for x in theirs] == pytest.approx([x or 0 for x in mine], abs=1e-12), name
        else:
            assert theirs == mine, name
    assert back.geometry.normalize().geom_equals_exact(whole.geometry.normalize(), 0).all()


def test_every_short_name_fits_and_no_two_are_alike() -> None:
    for lang in ("zh", "en"):
        short = short_names([c.name for c in COLUMNS], lang)
        assert all(len(s.encode("gb18030")) <= NAME_BYTES for s in short.values()), short
        assert len({s.casefold() for s in short.values()}) == len(COLUMNS)
        assert find_ours(short.values()) == {c.name: short[c.name] for c in COLUMNS}
    assert find_ours(["单元编", "网格编", "jurisdicti"]).keys() == {"unit_id", "grid_code", "jurisdiction"}
    further = short_names(["name", "NAME", "备注说明与其他", "备注说明与其余", "㙍㙍㙍", "名称"], "zh")
    assert list(further.values()) == ["名称", "NAME", "备注说明与", "备注说明_2", "㙍㙍", "名称_2"]


def test_gb18030_holds_every_character_and_long_texts_end_at_one(
    store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path
) -> None:
    rare = ["㙍头村", "𬇕水", "龘", "🏠", "é"]  # two bytes in GBK, four in GB18030 for most of these
    long = ["汉" * 127, "汉" * 128, "a" + "㙍" * 64, "x" * 300]
    frame = town.units.frame.assign(note=[*rare, *long, *[""] * 9])
    save_plan(store, "rare", Town(Units(frame, town.units.jurisdictions), name="金山"), _over(plan, frame, town), rules)
    notes = export_plan(store, "rare", tmp_path / "a.shp")
    back = open_layer(tmp_path / "a.shp").frame
    assert list(back["note"][:5]) == rare
    assert list(back["note"][5:9]) == ["汉" * 127, "汉" * 127, "a" + "㙍" * 63, "x" * 254]
    assert [n.zh for n in notes] == ["a.shp：「note」列超过 254 字节的文字已截断，第 7、8、9 行；完整内容请用 .gpkg。"]
    assert "row 7, 8, 9" in notes[0].en
    assert read_edited(store, tmp_path / "a.shp").moves == {}
    assert cut_text("㙍a", 3) == ""


def _over(plan: Plan, frame: gpd.GeoDataFrame, town: Town) -> Plan:
    return Plan(Units(frame, town.units.jurisdictions), plan.grid_of, plan.codes)


def test_an_id_that_a_shapefile_would_cut_is_refused(
    store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path
) -> None:
    frame = town.units.frame.rename(index={"B00": "长" * 128})
    save_plan(store, "long", Town(Units(frame, town.units.jurisdictions), name="金山"), _over(plan, frame, town), rules)
    with pytest.raises(InvalidInput, match="254 bytes") as caught:
        export_plan(store, "long", tmp_path / "a.shp")
    assert "第 7 行" in caught.value.zh
    assert list(tmp_path.iterdir()) == []


def test_a_shapefile_appears_whole_or_the_old_one_stays(
    store: Store, stored: PlanEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.shp"
    export_plan(store, stored.id, path)
    path.with_suffix(".qix").write_bytes(b"index of the old shapes")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    replace = Path.replace

    def fails_at_the_last(self: Path, target: Path) -> Path:
        if self.suffix == ".shp" and self.parent.name == "new":
            raise PermissionError(13, "open in another program")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails_at_the_last)
    with pytest.raises(OutputError, match="nothing was changed") as caught:
        export_plan(store, stored.id, path, lang="en")
    assert "原有文件未改动" in caught.value.zh
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    monkeypatch.undo()
    export_plan(store, stored.id, path, lang="en")
    assert "unit_id" in open_layer(path).frame
    assert not path.with_suffix(".qix").exists()  # it would have belied the new shapes


def test_geojson_is_lon_lat_as_the_standard_wants(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    notes = export_plan(store, stored.id, tmp_path / "a.geojson", layer="grids")
    assert "WGS 84" in notes[0].en
    assert "经纬度" in notes[0].zh
    document = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert "crs" not in document
    first = document["features"][0]
    assert first["properties"]["plan"] == stored.id
    assert first["properties"]["version"] == 1
    ring = first["geometry"]["coordinates"][0]
    while not isinstance(ring[0][0], float):
        ring = ring[0]
    assert all(115 < x < 125 and 0 < y < 1 and round(x, 7) == x and round(y, 7) == y for x, y in ring)
    assert shapely.LinearRing(ring).is_ccw


def test_geoparquet_keeps_crs_and_shapes(store: Store, town: Town, stored: PlanEntry, tmp_path: Path) -> None:
    export_plan(store, stored.id, tmp_path / "a.parquet")
    back = gpd.read_parquet(tmp_path / "a.parquet")
    assert back.crs == town.units.frame.crs
    assert (shapely.to_wkb(back.geometry.to_numpy()) == shapely.to_wkb(town.units.polygons)).all()
    assert list(back["unit_id"]) == town.units.ids


def test_geoparquet_says_what_to_install(
    store: Store, stored: PlanEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingProgram, match="pip install") as caught:
        export_plan(store, stored.id, tmp_path / "a.parquet")
    assert "请安装" in caught.value.zh


def test_csv_is_units_with_their_grids(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    save_moves(store, stored.id, 1, {"G0": ""})
    export_plan(store, stored.id, tmp_path / "a.csv")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    with store.read() as connection:
        tag = store_tag(store_id(connection), get_header(connection, stored.id, 2).op_id)
    assert tuple(rows[0]) == TABLE_COLUMNS
    assert rows[1] == ["G0", "", "50", VILLAGE, str(stored.id), "2", tag]
    assert len(rows) == 19


def test_zeros_that_nobody_counted_are_not_written(
    store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path
) -> None:
    frame = town.units.frame.assign(households=0)
    units = Units(frame, town.units.jurisdictions, has_households=False)
    save_plan(store, "x", Town(units, name="金山"), Plan(units, plan.grid_of, plan.codes), rules)
    for ending in (".csv", ".shp", ".geojson"):
        export_plan(store, "x", tmp_path / f"a{ending}")
        assert read_edited(store, tmp_path / f"a{ending}").moves == {}
    assert pd.read_csv(tmp_path / "a.csv")["households"].isna().all()
    assert "户数" not in open_layer(tmp_path / "a.shp").frame


def test_a_survey_may_have_columns_of_our_names(
    store: Store, town: Town, plan: Plan, rules: Rules, tmp_path: Path
) -> None:
    frame = town.units.frame.assign(plan="A", Version=range(18))
    save_plan(store, "x", Town(Units(frame, town.units.jurisdictions), name="金山"), _over(plan, frame, town), rules)
    for ending in ENDINGS:
        export_plan(store, "x", tmp_path / f"a{ending}")
        assert read_edited(store, tmp_path / f"a{ending}").moves == {}, ending
    assert {"plan_2", "Version_2"} <= set(gpd.read_parquet(tmp_path / "a.parquet"))


def test_unknown_endings_and_layers_are_refused(store: Store, stored: PlanEntry, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="exported as one of") as caught:
        export_plan(store, stored.id, tmp_path / "a.kml")
    assert "可导出为" in caught.value.zh
    with pytest.raises(InvalidInput, match="no such layer") as caught:
        export_plan(store, stored.id, tmp_path / "a.shp", layer="roads")
    assert "没有图层「roads」" in caught.value.zh
    for ending in ENDINGS:
        with pytest.raises(OutputError, match="does not exist"):
            export_plan(store, stored.id, tmp_path / "nowhere" / f"a{ending}")


def test_an_unedited_file_moves_nothing(store: Store, judged: PlanEntry, tmp_path: Path) -> None:
    for ending in ENDINGS:
        export_plan(store, judged.id, tmp_path / f"a{ending}")
        saved = save_edited(store, tmp_path / f"a{ending}")
        assert (saved.version, saved.n_moves) == (1, 0), ending


def test_a_second_export_takes_the_place_of_the_first(
    make_store: Callable[..., Store], stored: PlanEntry, tmp_path: Path
) -> None:
    store = make_store("李娜")
    export_plan(store, stored.id, tmp_path / "a.gpkg")
    save_moves(store, stored.id, 1, {"B03": A1})
    export_plan(store, stored.id, tmp_path / "a.gpkg")
    assert read_plan(tmp_path / "a.gpkg").meta["version"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_the_reference_lists_every_name() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "exchange.md").read_text("utf-8")
    for c in COLUMNS:
        assert f"| `{c.name}` | {c.zh} | `{c.en}` | {c.meaning.zh} | {c.meaning.en} |" in page
    assert all(f"`{ending}`" in page for ending in ENDINGS)
