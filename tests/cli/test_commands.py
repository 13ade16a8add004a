"""Each command on real files: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridmap.data.plan_file import read_plan
from gridmap.data.vector import list_layers, write_layers

Run = Callable[..., "Said"]  # noqa: F821 the tuple of conftest.py, which tests cannot import
ROOT = Path(__file__).resolve().parents[2]
VILLAGE, RESIDENTIAL = "310116113202", "310116113001"


@pytest.fixture
def plan_file(town_file: Path, gridmap_: Run) -> Path:
    out = town_file.with_name("plan.gpkg")
    assert gridmap_("plan", town_file, "--out", out).code == 0
    return out


def codes(path: Path) -> dict[str, str]:
    plan = read_plan(path).plan
    return dict(zip(plan.units.ids, plan.code_of_unit().tolist(), strict=True))


def test_plan_writes_every_file(town_file: Path, gridmap_: Run) -> None:
    folder = town_file.parent
    out = {name: folder / f"plan.{name}" for name in ("gpkg", "json", "html", "xlsx")}
    said = gridmap_(
        "plan", town_file, "--out", out["gpkg"], "--report", out["json"], "--map", out["html"], "--ledger", out["xlsx"]
    )
    assert said.code == 0
    assert all(str(p) in said.out for p in out.values())
    assert "硬性规则 R1–R6、R10、R12 全部满足" in said.out
    plan = read_plan(out["gpkg"]).plan
    assert sorted(plan.households_of_grid.tolist())[-4:] == [300] * 4
    assert {"units", "grids", "findings", "lineage", "layer_styles"} <= set(list_layers(out["gpkg"]))
    report = json.loads(out["json"].read_text("utf-8"))
    assert plan.fingerprint in json.dumps(report)
    assert out["html"].read_text("utf-8").startswith("<!DOCTYPE html>")
    cells = {str(c.value) for sheet in openpyxl.load_workbook(out["xlsx"]) for row in sheet for c in row}
    assert set(plan.codes) <= cells
    assert {p.name for p in folder.iterdir()} == {"town.gpkg", *(p.name for p in out.values())}


def test_plan_from_separate_files_with_columns_and_a_ledger(
    town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path, gridmap_: Run
) -> None:
    theirs = town.rename(columns={"unit_id": "甲", "jurisdiction": "乙"}).drop(columns="households")
    write_layers(tmp_path / "blocks.gpkg", {"杂": theirs})
    write_layers(tmp_path / "areas.gpkg", {"a": areas, "b": areas[:1]})
    town[["unit_id", "households"]].to_csv(tmp_path / "book.csv", index=False)
    said = gridmap_(
        "plan", tmp_path / "blocks.gpkg", "--id-column", "甲", "--jurisdiction-column", "乙",
        "--jurisdictions", f"{tmp_path / 'areas.gpkg'}:a", "--households", tmp_path / "book.csv",
        "--out", tmp_path / "plan.gpkg", "--lang", "en",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "All hard rules R1–R6, R10 and R12 are kept" in said.out
    assert read_plan(tmp_path / "plan.gpkg").plan.households_of_grid.sum() == 1500


def test_the_same_seed_and_any_number_of_workers_give_the_same_plan(town_file: Path, gridmap_: Run) -> None:
    prints = {}
    for name, extra in {"a": (), "b": (), "two": ("--jobs", 2)}.items():
        out = town_file.with_name(f"{name}.gpkg")
        assert gridmap_("plan", town_file, "--out", out, "--seed", 7, *extra).code == 0
        prints[name] = read_plan(out).plan.fingerprint
    assert len(set(prints.values())) == 1


def test_check_judges_a_plan_file(plan_file: Path, gridmap_: Run) -> None:
    said = gridmap_("check", plan_file, "--lang", "en", "--report", plan_file.with_suffix(".json"))
    assert (said.code, said.err) == (0, "")
    assert "0 hard rules broken" in said.out
    assert plan_file.with_suffix(".json").is_file()


def test_check_ends_with_1_when_a_hard_rule_is_broken(plan_file: Path, gridmap_: Run) -> None:
    units = gpd.read_file(plan_file, layer="units")
    of_village = units["jurisdiction"] == VILLAGE
    units.loc[of_village, "grid_code"] = units.loc[of_village, "grid_code"].iloc[0]  # one grid of six groups
    units.to_file(plan_file, layer="units")
    said = gridmap_("check", plan_file)
    assert said.code == 1
    assert "R4" in said.out
    assert "未满足" in said.out


def test_check_judges_polygons_drawn_elsewhere(plan_file: Path, town_file: Path, gridmap_: Run) -> None:
    drawn = town_file.with_name("drawn.geojson")
    grids = read_plan(plan_file).plan.dissolve().reset_index()[["grid_code", "geometry"]]
    grids.rename(columns={"grid_code": "格号"}).to_crs(4490).to_file(drawn)
    good = gridmap_("check", drawn, "--units", town_file, "--code-column", "格号", "--lang", "en")
    assert good.code == 0, good.out + good.err
    grids.geometry = [grids.geometry[0].buffer(40), *grids.geometry[1:]]
    grids.to_file(drawn)
    bad = gridmap_("check", drawn, "--units", town_file)
    assert bad.code == 1
    assert "R2" in bad.out or "R6" in bad.out


def test_check_of_polygons_without_units_says_what_is_missing(town_file: Path, gridmap_: Run) -> None:
    said = gridmap_("check", f"{town_file}:jurisdictions", "--lang", "en")
    assert said.code == 2
    assert "--units" in said.err


def test_map_is_drawn_from_a_plan_file(plan_file: Path, gridmap_: Run) -> None:
    out = plan_file.with_suffix(".html")
    assert gridmap_("map", plan_file, "--out", out, "--title", "<b>镇</b>", "--lang", "en").code == 0
    page = out.read_text("utf-8")
    assert "<title>&lt;b&gt;镇&lt;/b&gt;</title>" in page
    assert "<b>镇</b>" not in page


def test_map_with_unknown_tiles_is_refused(plan_file: Path, gridmap_: Run) -> None:
    out = plan_file.with_suffix(".html")
    said = gridmap_("map", plan_file, "--out", out, "--tiles", "google")
    assert said.code == 2
    assert "tianditu" in said.err
    assert not out.exists()


def test_validate_lists_faults_and_writes_them(town: gpd.GeoDataFrame, tmp_path: Path, gridmap_: Run) -> None:
    write_layers(tmp_path / "good.gpkg", {"units": town})
    assert gridmap_("validate", tmp_path / "good.gpkg", "--lang", "en").code == 0
    town.loc[3, "unit_id"] = "G2"
    write_layers(tmp_path / "bad.gpkg", {"units": town})
    said = gridmap_("validate", tmp_path / "bad.gpkg", "--out", tmp_path / "rows.csv")
    assert said.code == 1
    assert "编号 G2 重复" in said.out.replace("\n", "")
    assert "duplicate_id" in (tmp_path / "rows.csv").read_text("utf-8-sig")


def test_cells_become_units_that_can_be_planned(areas: gpd.GeoDataFrame, tmp_path: Path, gridmap_: Run) -> None:
    frame = areas[1:].copy()
    west, south, east, north = frame.total_bounds
    spots = [(west + 50 + 100 * i, south + 50 + 100 * j) for j in range(2) for i in range(6)]
    points = gpd.GeoDataFrame(
        {"unit_id": [f"b{i}" for i in range(12)], "households": [100] * 12},
        geometry=shapely.points(spots),
        crs="EPSG:4549",
    )
    write_layers(tmp_path / "in.gpkg", {"buildings": points, "jurisdictions": frame})
    assert gridmap_("cells", tmp_path / "in.gpkg", "--out", tmp_path / "cells.gpkg").code == 0
    units = gpd.read_file(tmp_path / "cells.gpkg", layer="units")
    assert units.area.sum() == pytest.approx((east - west) * (north - south), rel=1e-6)
    assert units["households"].sum() == 1200
    assert gridmap_("plan", tmp_path / "cells.gpkg", "--out", tmp_path / "plan.gpkg").code == 0
    assert read_plan(tmp_path / "plan.gpkg").plan.n_grids == 4


# --- re-drawing ----------------------------------------------------------------------------------------------


def test_locked_grids_stay_and_retired_codes_never_return(
    plan_file: Path, town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, gridmap_: Run
) -> None:
    folder = plan_file.parent
    first = codes(plan_file)
    locked = first["B00"]
    fewer = town.copy()
    fewer.loc[fewer["unit_id"].str.startswith("B"), "households"] = 60
    fewer.loc[[u in {i for i, c in first.items() if c == locked} for u in fewer["unit_id"]], "households"] = 100
    write_layers(folder / "fewer.gpkg", {"units": fewer, "jurisdictions": areas})
    said = gridmap_(
        "plan", folder / "fewer.gpkg", "--existing", plan_file, "--lock", locked, "--out", folder / "second.gpkg"
    )
    assert said.code == 0, said.err
    second = codes(folder / "second.gpkg")
    assert {i for i, c in second.items() if c == locked} == {i for i, c in first.items() if c == locked}
    retired = set(first.values()) - set(second.values())
    assert retired, "fewer households must give up a grid, or this test shows nothing"
    assert {c for i, c in second.items() if i.startswith("G")} == {c for i, c in first.items() if i.startswith("G")}
    lineage = read_plan(folder / "second.gpkg").lineage
    assert retired <= set(lineage["old_code"])
    write_layers(folder / "again.gpkg", {"units": town, "jurisdictions": areas})
    said = gridmap_("plan", folder / "again.gpkg", "--existing", folder / "second.gpkg", "--out", folder / "third.gpkg")
    assert said.code == 0, said.err
    third = codes(folder / "third.gpkg")
    assert len(set(third.values())) == len(set(first.values()))
    assert not retired & set(third.values())
    assert gridmap_("check", folder / "third.gpkg", "--previous", folder / "second.gpkg").code == 0


def test_existing_grids_as_polygons(plan_file: Path, town_file: Path, gridmap_: Run) -> None:
    drawn = plan_file.with_name("drawn.gpkg")
    grids = read_plan(plan_file).plan.dissolve().reset_index()[["grid_code", "geometry"]]
    write_layers(drawn, {"现行": grids.rename(columns={"grid_code": "网格编号"})})
    out = plan_file.with_name("next.gpkg")
    said = gridmap_("plan", town_file, "--existing", f"{drawn}:现行", "--out", out)
    assert said.code == 0, said.err
    assert codes(out) == codes(plan_file)


@pytest.mark.parametrize(("extra", "word"), [((), "--existing"), (("--existing",), "999")])
def test_a_lock_that_locks_nothing_is_refused(
    plan_file: Path, town_file: Path, gridmap_: Run, extra: tuple[str, ...], word: str
) -> None:
    given = (*extra, plan_file) if extra else ()
    out = plan_file.with_name("next.gpkg")
    said = gridmap_("plan", town_file, *given, "--lock", "999", "--out", out, "--lang", "en")
    assert said.code == 2
    assert word in said.err
    assert not out.exists()


# --- the screen ----------------------------------------------------------------------------------------------


def test_no_progress_where_there_is_no_terminal(town_file: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "gridmap", "plan", town_file, "--out", town_file.with_name("p.gpkg"), "--quiet"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == (b"", b"")
    run = subprocess.run(
        [sys.executable, "-m", "gridmap", "check", town_file.with_name("p.gpkg")],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert b"\x1b" not in run.stdout
    assert run.stderr == b""


def test_version_of_the_same_thing_in_python_and_help(gridmap_: Run) -> None:
    for command in ((), ("plan",), ("check",), ("map",), ("validate",), ("cells",), ("demo",), ("warm",)):
        said = gridmap_(*command, "--help")
        assert said.code == 0
        assert "--help" in said.out
    assert gridmap_().out == gridmap_("--help").out


@pytest.mark.slow
def test_the_demo_gives_200_lawful_grids(tmp_path: Path, gridmap_: Run) -> None:
    said = gridmap_("demo", "--out", tmp_path / "demo", "--lang", "en")
    assert said.code == 0, said.err
    folder = tmp_path / "demo"
    assert {p.name for p in folder.iterdir()} == {f"shanyang.{e}" for e in ("gpkg", "json", "html", "xlsx")}
    file = read_plan(folder / "shanyang.gpkg")
    assert file.plan.n_grids == 200
    assert len(set(file.plan.jurisdiction_of_grid)) == len(file.town.units.jurisdictions) == 33
    assert "All hard rules" in said.out
    assert str(folder / "shanyang.html") in said.out
    judged = gridmap_("check", folder / "shanyang.gpkg", "--lang", "en")
    assert judged.code == 0
    assert "200 grids; 0 hard rules broken" in judged.out
    assert gridmap_("map", folder / "shanyang.gpkg", "--out", tmp_path / "town.html").code == 0
    assert (tmp_path / "town.html").stat().st_size <= 5_000_000
