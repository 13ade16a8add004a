"""The plan file: what is written is read again, edits are honoured, damage is told."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridmap.check import check_plan
from gridmap.data.plan_file import PlanFile, read_plan, write_plan
from gridmap.data.plan_styles import layer_styles
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput, InvalidUnits, OutputError
from gridmap.maps import palette
from gridmap.model.plan import GridException, Plan
from gridmap.model.rules import load_rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import Units

CRS = "EPSG:4549"
PLACE = "310116113001"
CODES = tuple(f"{PLACE}{n:03d}" for n in (1, 2, 3))


def small_plan(**further: object) -> Plan:
    """Twelve squares in two rows, three grids, one unit without a grid, one exception, one lock."""
    polygons = [shapely.box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for j in range(2) for i in range(6)]
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{n}幢" for n in range(12)],
            "households": range(90, 102),
            "jurisdiction": PLACE,
            "compound": ["=金豪", *["金豪"] * 5, *["金悦"] * 5, "<b>&"],
            "dedicated": ["万达", *[""] * 11],
            "buildings": 1,
            "premises": 2,
            **further,
        },
        geometry=polygons,
        index=[f"u{n:02d}" for n in range(12)][::-1],
        crs=CRS,
    )
    place = gpd.GeoDataFrame(
        {"name": ["山新"], "kind": ["residential_area"]}, geometry=[shapely.box(0, 0, 600, 200)], index=[PLACE], crs=CRS
    )
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 0, 2, 2, 2, -1])
    named = (GridException(CODES[2], "R5", "too_small", Text("“本来”就小", 'small "by nature"')),)
    return Plan(Units(frame, place), labels, CODES, named, frozenset({CODES[0]}))


def layer(geometry: list[Any], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def town_of(plan: Plan) -> Town:
    return Town(
        plan.units,
        barriers=layer(
            [shapely.LineString([(300, 0), (300, 200)]), shapely.box(0, 90, 600, 110)], kind=["road", "river"], name="x"
        ),
        premises=layer([shapely.Point(50, 50)], premises_id=["p1"], name=["店"], kind=["shop"]),
        context={
            "roads": layer([shapely.LineString([(0, 0), (1, 1)])], road_class=[1], name=["路"]),
            "water": layer([shapely.box(0, 0, 10, 10)], name=["河"]),
        },
        name="2026",
        source='示例 {"a": 1}',
        date="2026-02-05",
        is_synthetic=True,
    )


LINEAGE = pd.DataFrame(
    {"old_code": ["old", ""], "new_code": [CODES[0], CODES[1]], "kind": ["split", "new"], "households": [10, 20]}
)
META = {"seed": 7, "status": "OPTIMAL", "text": "7", "params": {"effort": 1.5, "names": ["甲", None]}, "empty": ""}


def written(path: Path, plan: Plan | None = None, **options: Any) -> tuple[Plan, PlanFile]:
    plan = plan or small_plan()
    rules = options.pop("rules", load_rules("300-500"))
    report = options.pop("report", None) or check_plan(plan, rules)
    write_plan(path, town_of(plan), plan, rules=rules, report=report, **options)
    return plan, read_plan(path)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    plan, back = written(tmp_path / "plan.gpkg", lineage=LINEAGE, meta=META)
    assert back.plan.fingerprint == plan.fingerprint
    assert back.plan.codes == plan.codes
    assert back.plan.exceptions == plan.exceptions
    assert back.plan.locked == plan.locked
    assert back.plan.units.ids == plan.units.ids
    assert not back.is_edited
    mine, theirs = plan.units.frame, back.town.units.frame
    assert mine.drop(columns="geometry").equals(theirs[mine.columns].drop(columns="geometry"))
    assert shapely.equals_exact(
        shapely.normalize(mine.geometry.to_numpy()), shapely.normalize(theirs.geometry.to_numpy())
    ).all()
    assert set(theirs.geom_type) == {"Polygon"}
    assert theirs.crs == CRS
    assert back.rules == load_rules("300-500")
    assert dict(back.meta) == META
    assert back.lineage.equals(LINEAGE.astype({"households": np.int64})) or back.lineage.to_dict() == LINEAGE.to_dict()


def test_the_layers_around_the_units_come_back(tmp_path: Path) -> None:
    plan, back = written(tmp_path / "plan.gpkg")
    town = town_of(plan)
    assert (back.town.name, back.town.source, back.town.date) == ("2026", town.source, "2026-02-05")
    assert back.town.is_synthetic
    assert list(back.town.context) == ["roads", "water"]
    assert back.town.context["roads"]["road_class"].tolist() == [1]
    assert back.town.barriers is not None
    assert back.town.barriers.geom_type.tolist() == ["LineString", "Polygon"]
    assert back.town.premises is not None
    assert back.town.premises.geom_type.tolist() == ["Point"]
    units = back.town.units.jurisdictions
    assert units["name"].tolist() == ["山新"]
    assert units["kind"].tolist() == ["residential_area"]


def test_a_judged_plan_is_judged_the_same_again(tmp_path: Path) -> None:
    plan, back = written(tmp_path / "plan.gpkg")
    one, two = check_plan(plan, back.rules), check_plan(back.plan, back.rules)
    assert one.totals == pytest.approx(two.totals, nan_ok=True)
    assert one.findings["message_zh"].tolist() == two.findings["message_zh"].tolist()


def test_the_grid_layer_has_figures_reasons_and_locks(tmp_path: Path) -> None:
    written(tmp_path / "plan.gpkg", rules=load_rules())
    grids = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids").set_index("grid_code")
    assert grids["households"].tolist() == [90 + 91 + 92 + 96 + 97, 93 + 94 + 95, 98 + 99 + 100]
    assert grids["deviation"].tolist()[1] == pytest.approx(282 / 300 - 1)
    assert grids["jurisdiction_name"].tolist() == ["山新"] * 3
    assert grids["kind"].tolist() == ["residential_area"] * 3
    assert grids["locked"].tolist() == [True, False, False]
    assert grids["exception_zh"].tolist() == ["", "", "“本来”就小"]
    assert grids["exception_en"].tolist()[2] == 'small "by nature"'
    assert grids["in_band"].tolist() == [0, 1, 1]


def test_findings_are_polygons_that_can_be_clicked(tmp_path: Path) -> None:
    plan = small_plan()
    town = town_of(plan)
    report = check_plan(plan, load_rules(), barriers=town.barriers, premises=town.premises)
    write_plan(tmp_path / "plan.gpkg", town, plan, rules=load_rules(), report=report)
    findings = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="findings")
    assert len(findings) == len(report.findings)
    assert pyogrio.read_info(tmp_path / "plan.gpkg", layer="findings")["geometry_type"] == "MultiPolygon"
    lines = findings[findings["check"] == "R7.barrier"]
    assert len(lines) > 0
    assert (lines.area > 0).all()
    assert set(findings["severity"]) <= {"hard", "soft", "info"}


def test_edits_of_the_code_column_are_honoured(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    plan, _ = written(path)
    with closing(sqlite3.connect(path)) as database, database:
        _forget_triggers(database)
        database.execute("UPDATE units SET grid_code = ? WHERE unit_id = 'u11'", (f" {CODES[1]} ",))
        database.execute("UPDATE units SET grid_code = NULL WHERE unit_id = 'u10'")
        database.execute("UPDATE units SET grid_code = '  ' WHERE unit_id = 'u09'")
        database.execute("UPDATE units SET grid_code = 'new' WHERE grid_code = ?", (CODES[2],))
        database.execute("UPDATE grids SET locked = 1 WHERE grid_code = ?", (CODES[1],))
    back = read_plan(path)
    assert back.is_edited
    codes = dict(zip(back.plan.units.ids, back.plan.code_of_unit(), strict=True))
    assert [codes[u] for u in ("u11", "u10", "u09")] == [CODES[1], "", ""]
    assert back.plan.codes == (CODES[0], CODES[1], "new")
    assert back.plan.exceptions == ()
    assert back.plan.locked == {CODES[0], CODES[1]}
    moved = plan.move(["u11"], CODES[1]) if not plan.locked else plan
    assert moved is plan


def _forget_triggers(database: sqlite3.Connection) -> None:
    """Spatial triggers call functions that only GDAL and QGIS bring along."""
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')


def test_units_from_elsewhere(tmp_path: Path) -> None:
    frame = small_plan().units.frame.reset_index(names="unit_id")
    mine = frame[["unit_id", "households", "jurisdiction", "geometry"]].assign(
        grid_code=[310116113001001] * 6 + [310116113001002] * 6, unit_id=range(12)
    )
    pyogrio.write_dataframe(mine, tmp_path / "theirs.gpkg", layer="fields", driver="GPKG")
    back = read_plan(tmp_path / "theirs.gpkg", rules=load_rules("micro-grid"))
    assert back.plan.codes == ("310116113001001", "310116113001002")
    assert back.plan.units.ids == [str(n) for n in range(12)]
    assert back.rules.name == "micro-grid"
    assert back.town.units.jurisdictions.geometry.iloc[0].equals(shapely.box(0, 0, 600, 200))
    assert back.town.units.has_households
    assert not back.is_edited
    assert back.lineage.empty


def test_units_from_elsewhere_without_households(tmp_path: Path) -> None:
    frame = small_plan().units.frame.reset_index(names="unit_id")[["unit_id", "jurisdiction", "geometry"]]
    pyogrio.write_dataframe(
        frame.assign(grid_code="g", kind="group"), tmp_path / "theirs.gpkg", layer="units", driver="GPKG"
    )
    back = read_plan(tmp_path / "theirs.gpkg")
    assert not back.plan.units.has_households
    assert back.plan.units.jurisdictions["kind"].tolist() == ["village"]
    assert back.rules.name == "shanyang-2020"


def test_further_columns_are_kept_and_names_that_clash_are_told_apart(tmp_path: Path) -> None:
    plan = small_plan(Kind="odd", fid=7, floors=[1.5] * 12)
    _, back = written(tmp_path / "plan.gpkg", plan)
    assert back.plan.units.frame["floors"].tolist() == [1.5] * 12
    assert back.plan.units.frame["Kind_2"].tolist() == ["odd"] * 12
    assert back.plan.units.frame["fid_2"].tolist() == [7] * 12
    assert back.plan.fingerprint == plan.fingerprint


def test_a_second_round_changes_nothing(tmp_path: Path) -> None:
    plan, back = written(tmp_path / "one.gpkg", lineage=LINEAGE, meta=META)
    write_plan(
        tmp_path / "two.gpkg",
        back.town,
        back.plan,
        rules=back.rules,
        report=check_plan(plan, back.rules),
        lineage=back.lineage,
        meta=back.meta,
    )
    for name in pyogrio.list_layers(tmp_path / "one.gpkg")[:, 0]:
        one, two = (pyogrio.read_dataframe(tmp_path / f, layer=name) for f in ("one.gpkg", "two.gpkg"))
        if name == "layer_styles":
            one, two = one.drop(columns="update_time"), two.drop(columns="update_time")
        if isinstance(one, gpd.GeoDataFrame):
            assert shapely.equals(one.geometry.to_numpy(), two.geometry.to_numpy()).all()
            one, two = pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(two.drop(columns="geometry"))
        pd.testing.assert_frame_equal(one, two)


def test_styles_are_default_well_formed_and_fit_the_layers(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    written(path)
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles").fetchall()
        registered = database.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchall()
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
    assert registered == [("attributes",)]
    assert {name for name, _, _ in rows} == {"units", "grids", "findings", "jurisdictions"}
    for name, qml, default in rows:
        assert default == 1
        assert geometry[name] == "geom"
        root = ET.fromstring(qml)
        symbols = {s.get("name") for s in root.findall("renderer-v2/symbols/symbol")}
        rules = root.findall("renderer-v2/rules/rule")
        assert {r.get("symbol") for r in rules} == symbols
        assert len({r.get("key") for r in rules}) == len(rules)
        fields = set(pyogrio.read_info(path, layer=name)["fields"])
        words = [*(r.get("filter", "") for r in rules), *(t.get("fieldName", "") for t in root.iter("text-style"))]
        used = {part for text in words for part in text.split('"')[1::2]}
        assert used <= fields


def test_the_classes_of_deviation_leave_nothing_out_and_have_the_colours_of_the_maps() -> None:
    root = ET.fromstring(layer_styles()["grids"])
    rules = root.findall("renderer-v2/rules/rule")[:7]
    steps = [*np.arange(-0.5, 0.5, 0.001), -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.0]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute('CREATE TABLE g ("deviation" REAL)')
        for step in steps:
            database.execute("DELETE FROM g")
            database.execute("INSERT INTO g VALUES (?)", (float(step),))
            hits = [
                n
                for n, rule in enumerate(rules)
                if database.execute(f"SELECT count(*) FROM g WHERE {rule.get('filter')}").fetchone()[0]
            ]
            assert hits == [palette.deviation_class(float(step))]
    fills = [
        option.get("value")
        for symbol in root.findall("renderer-v2/symbols/symbol")[:7]
        for option in symbol.findall("layer/Option/Option")
        if option.get("name") == "color"
    ]
    wanted = [",".join(str(int(s.colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255" for s in palette.DEVIATION]
    assert fills == wanted


# --- bad input ------------------------------------------------------------------------------------------------


def test_missing_foreign_and_truncated_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        read_plan(tmp_path / "none.gpkg")
    (tmp_path / "text.gpkg").write_text("hello")
    with pytest.raises(InvalidInput, match="no GeoPackage"):
        read_plan(tmp_path / "text.gpkg")
    with closing(sqlite3.connect(tmp_path / "other.gpkg")) as database, database:
        database.execute("CREATE TABLE a (b)")
    with pytest.raises(InvalidInput, match="gpkg_contents"):
        read_plan(tmp_path / "other.gpkg")
    written(tmp_path / "plan.gpkg")
    data = (tmp_path / "plan.gpkg").read_bytes()
    for share in (0.2, 0.5, 0.9):
        (tmp_path / "cut.gpkg").write_bytes(data[: int(len(data) * share)])
        with pytest.raises(InvalidInput, match="damaged") as told:
            read_plan(tmp_path / "cut.gpkg")
        assert "损坏" in told.value.zh


def test_layers_and_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    frame = small_plan().units.frame.reset_index(names="unit_id")
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame, path, layer="houses", driver="GPKG")
    with pytest.raises(InvalidInput, match="found 0 among houses"):
        read_plan(path)
    with pytest.raises(InvalidInput, match="no layer 'x'; it has houses"):
        read_plan(path, layer="x")
    with pytest.raises(InvalidInput, match="missing: grid_code"):
        read_plan(path, layer="houses")
    twice = frame.assign(grid_code="g", unit_id="same")
    pyogrio.write_dataframe(twice, path, layer="twice", driver="GPKG")
    with pytest.raises(InvalidUnits, match="layer 'twice': unit ids must be unique; repeated: same"):
        read_plan(path, layer="twice")
    degrees = frame.assign(grid_code="g").to_crs("EPSG:4490")
    pyogrio.write_dataframe(degrees, path, layer="degrees", driver="GPKG")
    with pytest.raises(InvalidUnits, match="projected CRS in metres"):
        read_plan(path, layer="degrees")


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    written(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE about SET value = 'gridmap-plan 2' WHERE key = 'format'")
    with pytest.raises(InvalidInput, match="update it"):
        read_plan(path)


def test_what_cannot_be_written_is_refused_before_anything_is(tmp_path: Path) -> None:
    plan = small_plan()
    town, rules, path = town_of(plan), load_rules(), tmp_path / "plan.gpkg"
    with pytest.raises(InvalidInput, match=r"ends in \.gpkg"):
        write_plan(tmp_path / "plan.shp", town, plan, rules=rules)
    with pytest.raises(InvalidInput, match="leave them out of meta: name"):
        write_plan(path, town, plan, rules=rules, meta={"name": "x"})
    with pytest.raises(InvalidInput, match="meta entry 'x'"):
        write_plan(path, town, plan, rules=rules, meta={"x": object()})
    with pytest.raises(InvalidInput, match="missing: kind, households"):
        write_plan(path, town, plan, rules=rules, lineage=LINEAGE[["old_code", "new_code"]])
    with pytest.raises(InvalidInput, match=r"context layers are .*; got sky"):
        write_plan(path, Town(plan.units, context={"sky": town.context["water"]}), plan, rules=rules)
    with pytest.raises(InvalidInput, match="units; their ids differ"):
        write_plan(path, Town(plan.units.subset(plan.grid_of >= 0)), plan, rules=rules)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_survives_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.gpkg"
    plan, _ = written(path)
    before = path.read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gridmap.data.plan_file._write_styles", stop)
    with pytest.raises(KeyboardInterrupt):
        write_plan(path, town_of(plan), plan, rules=load_rules())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["plan.gpkg"]


def test_unwritable_places_are_told(tmp_path: Path) -> None:
    plan = small_plan()
    with pytest.raises(OutputError, match="does not exist"):
        write_plan(tmp_path / "no" / "plan.gpkg", town_of(plan), plan, rules=load_rules())
    (tmp_path / "folder.gpkg").mkdir()
    with pytest.raises(OutputError, match="this is a folder"):
        write_plan(tmp_path / "folder.gpkg", town_of(plan), plan, rules=load_rules())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OutputError, match="cannot be written to"), written_whole(tmp_path / "x.txt"):
            pass
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_a_stopped_program_leaves_nothing_behind(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom gridmap.data.written import written_whole\n"
        "with written_whole(sys.argv[1]) as t:\n    t.write_text('half'); print('ready', flush=True); time.sleep(30)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "x.txt")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        process.wait(10)
    assert list(tmp_path.iterdir()) == []
