"""Everything that can be wrong with what is handed in: one sentence in both languages, a code, and nothing written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gridmap.cli.app import _run
from gridmap.data.vector import write_layers

Run = Callable[..., "Said"]  # noqa: F821 the tuple of conftest.py, which tests cannot import
Make = Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame, Path], list[str]]
ROOT = Path(__file__).resolve().parents[2]


def one_layer(town: gpd.GeoDataFrame, folder: Path) -> list[str]:
    write_layers(folder / "town.gpkg", {"units": town})
    return [str(folder / "town.gpkg")]


def no_such_file(_town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [str(folder / "town.gpkg")]


def no_such_layer(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [one_layer(town, folder)[0] + ":楼栋"]


def no_crs(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    town.drop(columns="jurisdiction").to_file(folder / "town.shp")
    (folder / "town.prj").unlink()
    return [str(folder / "town.shp")]


def degrees(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return one_layer(town.to_crs(4490).set_crs(4549, allow_override=True), folder)


def text_households(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [*one_layer(town.assign(备注="很多"), folder), "--households-column", "备注"]


def no_such_column(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [*one_layer(town, folder), "--households-column", "人口"]


def no_households(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return one_layer(town.drop(columns="households"), folder)


def ids_twice(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    town.loc[3, "unit_id"] = "G2"
    return [*one_layer(town, folder), "--strict"]


def overlap(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    town.geometry = [shapely.affinity.translate(town.geometry[0], 30), *town.geometry[1:]]
    return [*one_layer(town, folder), "--strict"]


def outside(town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    town.geometry = [*town.geometry[:-1], shapely.affinity.translate(town.geometry.iloc[-1], 5_000)]
    write_layers(folder / "town.gpkg", {"units": town, "jurisdictions": areas})
    return [str(folder / "town.gpkg"), "--strict"]


def all_outside(town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    far = areas.set_geometry(areas.translate(50_000))
    write_layers(folder / "town.gpkg", {"units": town.drop(columns="jurisdiction"), "jurisdictions": far})
    return [str(folder / "town.gpkg")]


def empty_layer(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return one_layer(town[:0], folder)


def truncated(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    path = Path(one_layer(town, folder)[0])
    path.write_bytes(path.read_bytes()[:20_000])
    return [str(path)]


def kml(_town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    (folder / "town.kml").write_text("<kml/>")
    return [str(folder / "town.kml")]


def vrt(_town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    (folder / "town.vrt").write_text("<OGRVRTDataSource/>")
    return [str(folder / "town.vrt")]


def vsi(_town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, _folder: Path) -> list[str]:
    return ["/vsicurl/http://example.invalid/town.gpkg"]


def table(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    town.drop(columns="geometry").to_csv(folder / "town.csv")
    return [str(folder / "town.csv")]


def no_rules(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [*one_layer(town, folder), "--rules", "no-such-rules"]


def unknown_kind(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [*one_layer(town, folder), "--kind", "urban"]


def unknown_datum(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [*one_layer(town, folder), "--datum", "mars"]


def unknown_crs(town: gpd.GeoDataFrame, _areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    return [*one_layer(town, folder), "--crs", "EPSG:1"]


def no_codes(town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, folder: Path) -> list[str]:
    write_layers(folder / "old.gpkg", {"现行": areas[["geometry"]].assign(序=1)})
    return [*one_layer(town, folder), "--existing", str(folder / "old.gpkg")]


#: What is wrong → words that the sentence has in English and in Chinese: where, what, and the way out.
CASES: list[tuple[Make, tuple[str, ...], tuple[str, ...]]] = [
    (no_such_file, ("town.gpkg",), ("town.gpkg",)),
    (no_such_layer, ("town.gpkg", "楼栋", "it has units"), ("没有图层「楼栋」", "现有图层：units")),
    (no_crs, ("town", "--crs EPSG:4549"), ("没有坐标系", "--crs EPSG:4549")),
    (degrees, ("degrees where metres", "--crs EPSG:4490"), ("经纬度", "--crs EPSG:4490")),
    (text_households, ("很多", "--households-column"), ("很多", "--households-column")),
    (no_such_column, ("人口", "households"), ("人口", "households")),
    (no_households, ("no column of households", "--households FILE"), ("没有户数列", "--households 文件")),
    (ids_twice, ("G2",), ("G2",)),
    (overlap, ("overlap",), ("重叠",)),
    (outside, ("B11",), ("B11",)),
    (all_outside, ("jurisdiction", "--crs"), ("辖区", "--crs")),
    (empty_layer, ("units", "empty"), ("units", "空")),
    (truncated, ("town.gpkg",), ("town.gpkg",)),
    (kml, ("town.kml",), ("town.kml",)),
    (vrt, ("town.vrt",), ("town.vrt",)),
    (vsi, ("/vsicurl/",), ("/vsicurl/",)),
    (table, ("town.csv", "--households town.csv"), ("town.csv", "--households town.csv")),
    (no_rules, ("no-such-rules", "shanyang-2020"), ("no-such-rules", "shanyang-2020")),
    (unknown_kind, ("--kind", "urban"), ("--kind", "urban")),
    (unknown_datum, ("--datum", "mars"), ("--datum", "mars")),
    (unknown_crs, ("EPSG:1", "EPSG:4490"), ("EPSG:1", "EPSG:4490")),
    (no_codes, ("grid_code", "序"), ("grid_code", "序")),
]


@pytest.mark.parametrize(("make", "english", "chinese"), CASES, ids=[c[0].__name__ for c in CASES])
def test_bad_input_gets_one_sentence_and_nothing_is_written(
    make: Make,
    english: tuple[str, ...],
    chinese: tuple[str, ...],
    town: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    tmp_path: Path,
    gridmap_: Run,
) -> None:
    arguments = make(town, areas, tmp_path)
    before = sorted(tmp_path.iterdir())
    said = {
        lang: gridmap_("plan", *arguments, "--out", tmp_path / "plan.gpkg", "--lang", lang) for lang in ("en", "zh")
    }
    assert {s.code for s in said.values()} == {2}
    for lang, words in (("en", english), ("zh", chinese)):
        _, *errors = f"\n{said[lang].err}".split("\ngridmap: ")
        assert len(errors) == 1
        assert "--strict" in arguments or errors[0].count("\n") == 1, "one line, and the last; strict lists the faults"
        assert [w for w in words if w not in errors[0]] == []
        assert "Traceback" not in said[lang].err
    assert any(
        "\u4e00" <= c <= "\u9fff" for c in said["zh"].err.splitlines()[-1].replace("楼栋", "").replace("很多", "")
    )
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_safe_to_mend_is_mended_and_said(town: gpd.GeoDataFrame, tmp_path: Path, gridmap_: Run) -> None:
    town.loc[3, "unit_id"] = "G2"
    said = gridmap_("plan", *one_layer(town, tmp_path), "--out", tmp_path / "plan.gpkg", "--lang", "en")
    assert said.code == 0
    assert "id G2 stands twice; here it becomes G2#2" in said.err


def test_an_empty_jurisdiction_is_said_and_the_rest_is_planned(
    town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path, gridmap_: Run
) -> None:
    write_layers(tmp_path / "town.gpkg", {"units": town[6:], "jurisdictions": areas})
    said = gridmap_("plan", tmp_path / "town.gpkg", "--out", tmp_path / "plan.gpkg", "--lang", "en")
    assert "jurisdiction 310116113202 向阳村 has no unit and no building" in said.err
    assert said.code == 0, said.err
    assert (tmp_path / "plan.gpkg").is_file()


# --- outputs that cannot be written ---------------------------------------------------------------------------


def test_an_existing_file_is_replaced_only_when_told(town_file: Path, gridmap_: Run) -> None:
    out = town_file.with_name("plan.gpkg")
    out.write_text("mine")
    said = gridmap_("plan", town_file, "--out", out, "--lang", "en")
    assert said.code == 3
    assert "--force" in said.err
    assert out.read_text() == "mine"
    assert gridmap_("plan", town_file, "--out", out, "--force").code == 0
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("absent/plan.gpkg", 3, "文件夹"),
        ("plan.shp", 2, ".gpkg"),
        ("folder.gpkg", 3, "文件夹"),
        ("town.gpkg", 2, "输入"),
    ],
)
def test_an_output_that_cannot_be(town_file: Path, gridmap_: Run, name: str, code: int, word: str) -> None:
    town_file.with_name("folder.gpkg").mkdir()
    content = town_file.read_bytes()
    said = gridmap_("plan", town_file, "--out", town_file.parent / name, "--force")
    assert said.code == code
    assert word in said.err
    assert len(said.err.splitlines()) == 1, "known before anything is read"
    assert town_file.read_bytes() == content


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_to(town_file: Path, gridmap_: Run) -> None:
    closed = town_file.with_name("closed")
    closed.mkdir(mode=0o555)
    assert gridmap_("plan", town_file, "--out", closed / "plan.gpkg").code == 3


@pytest.mark.parametrize(
    ("ours", "word"),
    [
        (("--column", "x"), "OURS=THEIRS"),
        (("--seed", "one"), "--seed"),
        (("--lang", "fr"), "--lang"),
        (("--no",), "--no"),
    ],
)
def test_wrong_usage_ends_with_2(town_file: Path, gridmap_: Run, ours: tuple[str, ...], word: str) -> None:
    said = gridmap_("plan", town_file, "--out", town_file.with_name("plan.gpkg"), *ours)
    assert said.code == 2
    assert word in said.err
    assert said.err.count("\n") == 1


def test_an_unknown_command_or_option_names_the_help(gridmap_: Run) -> None:
    assert "`gridmap --help`" in gridmap_("divide", "--lang=en").err
    assert "gridmap plan --help" in gridmap_("plan").err


def test_a_wrong_number_of_workers_in_the_environment(
    town_file: Path, gridmap_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_JOBS", "many")
    said = gridmap_("plan", town_file, "--out", town_file.with_name("plan.gpkg"))
    assert said.code == 2
    assert "GRIDMAP_JOBS" in said.err
    assert "整数" in said.err


def test_a_fault_of_ours_is_not_taken_for_a_broken_rule(
    town_file: Path, gridmap_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("grid")

    monkeypatch.setattr("gridmap.partition.whole.solve_area", fail)
    said = gridmap_("plan", town_file, "--out", town_file.with_name("plan.gpkg"), "--lang", "en")
    assert said.code == 70
    assert "310116113202" in said.err.splitlines()[-1]
    assert [p.name for p in town_file.parent.iterdir()] == ["town.gpkg"]


# --- Ctrl-C ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals are sent the way of POSIX")
@pytest.mark.parametrize(("sent", "jobs"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 1)])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, sent: signal.Signals, jobs: int) -> None:
    sample = ROOT / "geodata" / "shanyang.gpkg"
    out = tmp_path / "plan.gpkg"
    out.write_text("the plan in use")
    command = [sys.executable, "-m", "gridmap", "plan", sample, "--out", out, "--force", "--jobs", str(jobs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        run.stderr.readline()  # the first remark about the town: reading is over, the search begins
        time.sleep(0.5)
        run.send_signal(sent)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "gridmap: 已中断；没有留下写了一半的文件。"
    assert "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["plan.gpkg"]
    assert out.read_text() == "the plan in use"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_interrupted_in_the_middle_of_writing(
    town_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gridmap.data.plan_file._write_styles", stop)  # the last thing before the file is whole
    assert _run(["plan", str(town_file), "--out", str(town_file.with_name("plan.gpkg")), "--lang", lang]) == 130
    assert [p.name for p in town_file.parent.iterdir()] == ["town.gpkg"]
    assert "half-written" in capsys.readouterr().err or lang == "zh"
