"""Patrols through the command line: tracks in, coverage and missed streets out; and what is refused.

The town is that of conftest.py, 600 × 300 m, with a road along the border between the village and the residential area
(y = 100), one up its middle (x = 300), and a trunk road.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap.data.datum import to_gcj02
from gridmap.data.vector import write_layers

Run = Callable[..., "Said"]  # noqa: F821 the tuple of conftest.py, which tests cannot import
EAST, NORTH = 628_000.0, 3_402_000.0
NAMES = ("张三", "王五")
MONTH = ("--month", "2020-02")

pytestmark = pytest.mark.database


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


@pytest.fixture
def town_file(town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """The town of conftest.py with roads."""
    roads = gpd.GeoDataFrame(
        {"name": ["界路", "中心路", "金山大道"], "road_class": [3, 4, 1]},
        geometry=[line((0, 100), (600, 100)), line((300, 5), (300, 295)), line((0, 200), (600, 200))],
        crs="EPSG:4549",
    )
    path = tmp_path / "town.gpkg"
    write_layers(path, {"units": town, "jurisdictions": areas, "roads": roads})
    return path


def positions(*points: tuple[float, float], who: str = "张三", day: int = 5) -> list[list[Any]]:
    """A position each 30 m and 30 s along a way, in degrees."""
    xy = shapely.get_coordinates(shapely.segmentize(line(*points), 30.0))
    there = gpd.GeoSeries(shapely.points(xy), crs="EPSG:4549").to_crs("EPSG:4490")
    start = dt.datetime(2020, 2, day, 9)
    return [
        [who, (start + dt.timedelta(seconds=30 * i)).isoformat(" "), round(p.x, 7), round(p.y, 7)]
        for i, p in enumerate(there)
    ]


def table(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["网格员", "时间", "经度", "纬度"], *rows):
        sheet.append(list(row))
    book.save(path)
    return path


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    """Two walkers along the border road: one the whole of it, one its first half on another day."""
    whole, half = positions((0, 102), (600, 102)), positions((0, 98), (300, 98), who="王五", day=9)
    return table(tmp_path / "轨迹.xlsx", [*whole, *half])


@pytest.fixture
def stored(gridmap_: Run, at: tuple[str, ...], tracks: Path) -> tuple[str, ...]:
    assert gridmap_("patrols", "import", tracks, *at).code == 0
    return at


def test_tracks_come_in_once_and_without_names(gridmap_: Run, at: tuple[str, ...], tracks: Path) -> None:
    preview = gridmap_("patrols", "import", tracks, *at, "--dry-run", "--lang", "en")
    assert preview.code == 0
    assert "2 patrols read, 0.9 km" in preview.out
    assert "nothing was stored" in preview.out
    first = gridmap_("patrols", "import", tracks, *at, "--lang", "en")
    assert "2 new." in first.out
    again = gridmap_("patrols", "import", tracks, *at)
    assert "新增 0 次，不变 2 次" in again.out
    assert "没有变化" in again.out
    listed = gridmap_("patrols", "list", *at, *MONTH)
    everything = str((preview, first, again, listed))
    assert not any(name in everything for name in NAMES)


def test_the_list_of_a_month_and_of_a_place(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "巡查.csv"
    said = gridmap_("patrols", "list", *stored, *MONTH, "--out", out)
    assert said.code == 0
    frame = pd.read_csv(out)
    assert frame["开始时间"].tolist() == ["2020-02-09 09:00", "2020-02-05 09:00"]
    assert frame["路程（km）"].tolist() == [0.3, 0.6]
    assert frame["用时（分钟）"].tolist() == [5, 10]
    assert "没有" in gridmap_("patrols", "list", *stored, "--month", "2020-01").out
    one = gridmap_("patrols", "list", *stored, "--from", "2020-02-06", "--to", "2020-02-29", "--lang", "en")
    assert "2020-02-09" in one.out
    assert "2020-02-05 09" not in one.out


def test_coverage_of_grids(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "覆盖.csv"
    said = gridmap_("patrols", "coverage", *stored, *MONTH, "--out", out, "--lang", "en")
    assert said.code == 0
    # 600 m of the border road and 290 m up the middle; the trunk road is none
    assert "2 patrols walked 0.6 of 0.9 km of streets" in said.out
    frame = pd.read_csv(out)
    assert len(frame) > 1
    assert frame["patrols"].max() == 2
    assert frame["streets (km)"].sum() > 0.89  # the border road counts in the grids of both its sides
    only = gridmap_("patrols", "coverage", *stored, *MONTH, "--jurisdiction", "向阳村", "--lang", "en")
    assert "310116113202" in only.out
    assert "310116113001" not in only.out


def test_streets_that_were_missed(gridmap_: Run, stored: tuple[str, ...], tmp_path: Path) -> None:
    csv, layer = tmp_path / "未走到.csv", tmp_path / "未走到.gpkg"
    said = gridmap_("patrols", "missed", *stored, *MONTH, "--out", csv)
    assert said.code == 0
    frame = pd.read_csv(csv, dtype=str)
    assert set(frame["道路"]) == {"中心路"}
    assert gridmap_("patrols", "missed", *stored, *MONTH, "--out", layer, "--lang", "en").code == 0
    missed = gpd.read_file(layer, layer="missed_streets")
    assert missed["grid"].tolist() == frame["网格"].tolist()
    assert missed.crs == "EPSG:4549"
    assert (missed.geometry.length > 0).all()
    before = gridmap_("patrols", "missed", *stored, "--month", "2020-01", "--lang", "en")
    assert "界路" in before.out  # nobody walked in January


def test_wrong_rows_are_named_and_can_be_left_out(gridmap_: Run, at: tuple[str, ...], tmp_path: Path) -> None:
    rows = positions((0, 102), (600, 102))
    rows[3][1] = "上午"
    source = table(tmp_path / "轨迹.xlsx", rows)
    said = gridmap_("patrols", "import", source, *at, "--lang", "en")
    assert said.code == 2
    assert "!5: '上午' is no time" in said.err.replace("\n", "")
    assert gridmap_("patrols", "import", source, *at, "--leave-out").code == 0


def test_shifted_tracks_are_told_and_put_right(gridmap_: Run, at: tuple[str, ...], tmp_path: Path) -> None:
    rows = positions((0, 102), (600, 102))
    xy = pd.DataFrame(rows)[[2, 3]].to_numpy(float)
    lon, lat = to_gcj02(xy[:, 0], xy[:, 1])
    source = table(
        tmp_path / "轨迹.xlsx", [[w, t, *p] for (w, t, *_), p in zip(rows, zip(lon, lat, strict=True), strict=True)]
    )
    said = gridmap_("patrols", "import", source, *at, "--dry-run")
    assert "--datum gcj02" in said.err
    assert gridmap_("patrols", "import", source, *at, "--datum", "gcj02").code == 0
    assert "0.6 of 0.9 km" in gridmap_("patrols", "coverage", *at, *MONTH, "--lang", "en").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("coverage", "--month", "2020-13"), "--month is a month like 2020-02"),
        (("coverage", "--month", "2020-02", "--from", "2020-02-01"), "not both"),
        (("missed", "--from", "2020-03-01", "--to", "2020-02-01"), "lies before the first"),
        (("missed", "--grid", "310116113001999"), "has no grid 310116113001999"),
        (("missed", "--out", "a.shp"), "must end in .csv, .xlsx or .gpkg"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    gridmap_: Run, stored: tuple[str, ...], arguments: tuple[str, ...], says: str
) -> None:
    said = gridmap_("patrols", *arguments, *stored, "--lang", "en")
    assert said.code == 2
    assert says in said.err.replace("\n", " ")


def test_nothing_is_stored_yet(gridmap_: Run, at: tuple[str, ...]) -> None:
    said = gridmap_("patrols", "coverage", *at, *MONTH)
    assert said.code == 2
    assert "还没有巡查轨迹" in said.err


def test_a_walk_that_is_stored_stays_though_its_walker_is_known_later(
    gridmap_: Run, stored: tuple[str, ...], tmp_path: Path
) -> None:
    rows = positions((0, 102), (600, 102), who="R7")
    book = openpyxl.Workbook()
    for row in (["人员编号", "时间", "经度", "纬度"], *rows):
        book.worksheets[0].append(row)
    book.save(tmp_path / "again.xlsx")
    said = gridmap_("patrols", "import", tmp_path / "again.xlsx", *stored, "--lang", "en")
    assert said.code == 0
    assert "0 new, 1 unchanged" in said.out
    assert "R7" not in gridmap_("patrols", "list", *stored, *MONTH).out


def test_a_number_that_is_taken_by_another_walk_is_refused(gridmap_: Run, at: tuple[str, ...], tmp_path: Path) -> None:
    for name, y in (("a", 102.0), ("b", 198.0)):
        frame = gpd.GeoDataFrame(
            {"patrol_id": ["XC1"], "started_at": ["2020-02-05 09:00"]},
            geometry=[line((0, y), (300, y))],
            crs="EPSG:4549",
        )
        write_layers(tmp_path / f"{name}.gpkg", {"patrols": frame})
    assert gridmap_("patrols", "import", tmp_path / "a.gpkg", *at).code == 0
    said = gridmap_("patrols", "import", tmp_path / "b.gpkg", *at, "--lang", "en")
    assert said.code == 6
    assert "XC1" in said.err
