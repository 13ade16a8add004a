"""Issues whose coordinates came off a web map, and the real export with its traps."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.data.datum import Datum, to_bd09, to_gcj02
from gridmap.data.issues import IssueIntake, read_issues
from gridmap.errors import InvalidInput
from gridmap.model.issue_policy import load_policy

ROOT = Path(__file__).resolve().parents[2]
BOSTON = ROOT.parent / "shared" / "data" / "boston_311_2015.csv.gz"
POLICY = load_policy()
CODES = [f"31011611320{n}" for n in range(1, 5)]
NAMES = ["向阳村", "东海村", "新江村", "渔业村"]
FORWARD = {"gcj02": to_gcj02, "bd09": to_bd09}


def town() -> gpd.GeoDataFrame:
    """Four villages of about 1 km side by side."""
    lon = 121.33 + 0.0105 * np.arange(4)
    boxes = [shapely.box(x, 30.70, x + 0.0105, 30.709) for x in lon]
    return gpd.GeoDataFrame({"name": NAMES, "kind": "village"}, geometry=boxes, index=CODES, crs=4490)


def export(path: Path, datum: Datum | None, *, is_named: bool, n: int = 400) -> Path:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(121.33, 121.372, n), rng.uniform(30.70, 30.709, n)
    home = np.array(NAMES)[((lon - 121.33) // 0.0105).astype(int)]
    if datum is not None:
        lon, lat = FORWARD[datum](lon, lat)
    columns = {"任务号": np.arange(n), "上报时间": "2020-01-02 08:00:00", "经度": lon, "纬度": lat}
    pd.DataFrame(columns | ({"居村委": home} if is_named else {})).to_csv(path, index=False)
    return path


def read(path: Path, **options: Any) -> IssueIntake:
    return read_issues(
        path, places=town(), grids=[], crs="EPSG:4549", day=dt.date(2020, 3, 1), policy=POLICY, **options
    )


def warned(intake: IssueIntake) -> list[str]:
    return [n.en for n in intake.notes if "another datum" in n.en]


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_web_map_is_found_and_undone(tmp_path: Path, datum: Datum, is_named: bool) -> None:
    path = export(tmp_path / "e.csv", datum, is_named=is_named)
    (found,) = warned(read(path))
    assert f"{datum} 100.0%" in found
    assert f"import again with --datum {datum}" in found
    right = read(path, datum=datum)
    assert warned(right) == []
    assert right.counts["placed"] == 400


def test_right_coordinates_are_left_alone_and_a_wrong_datum_is_found(tmp_path: Path) -> None:
    path = export(tmp_path / "e.csv", None, is_named=True)
    assert warned(read(path)) == []
    (found,) = warned(read(path, datum="gcj02"))
    assert "without --datum gcj02" in found
    with pytest.raises(InvalidInput, match="gcj02 or bd09"):
        read(path, datum="wgs72")


def test_few_places_say_nothing(tmp_path: Path) -> None:
    assert warned(read(export(tmp_path / "e.csv", "bd09", is_named=True, n=19))) == []


@pytest.fixture(scope="module")
def boston() -> IssueIntake:
    if not BOSTON.exists():
        pytest.skip("the public 311 data are not beside the project")
    rows = pd.read_csv(BOSTON, usecols=["neighborhood", "lat", "lon"]).dropna()
    rows = rows[(rows["lat"] != 42.3594) | (rows["lon"] != -71.0587)]
    points = gpd.GeoSeries.from_xy(rows["lon"], rows["lat"], crs=4326).to_crs("EPSG:26986")
    hulls = points.groupby(rows["neighborhood"]).apply(lambda g: g.union_all().convex_hull.buffer(1))
    places = gpd.GeoDataFrame({"name": hulls.index, "kind": "village"}, geometry=list(hulls), crs="EPSG:26986")
    places.index = pd.Index([f"B{i:02d}" for i in range(len(places))])
    return read_issues(
        BOSTON,
        places=places,
        grids=[],
        crs="EPSG:26986",
        day=dt.date(2016, 1, 1),
        policy=POLICY,
        source="bos",
        categories=ROOT / "benchmarks" / "boston_categories.csv",
    )


def test_the_traps_of_the_real_export_are_found(boston: IssueIntake) -> None:
    (place,) = boston.default_places
    assert (place.lon, place.lat, place.n) == (-71.0587, 42.3594, 17_070)
    assert any("17,070" in n.zh and "-71.058700, 42.359400" in n.zh for n in boston.notes)
    assert boston.counts["rows"] == boston.counts["issues"] == 121_145
    assert boston.counts["settled_early"] == 197
    early = boston.errors[boston.errors["message_en"].str.contains("settled before")]
    assert len(early) == 197
    assert set(early["severity"]) == {"warning"}
    assert early["cell"].str.match(r"boston_311_2015\.csv\.gz!D\d+").all()


def test_the_real_export_becomes_issues(boston: IssueIntake) -> None:
    assert boston.issues is not None
    frame = boston.issues.frame
    assert frame["step"].value_counts().to_dict() == {"closed": 101_272, "disposing": 19_873}
    assert (frame["step"] == "disposing").mean() == pytest.approx(0.164, abs=0.001)
    # six that name no neighbourhood lie outside the hulls of those that do
    assert frame["place_state"].value_counts().to_dict() == {"ok": 104_069, "default": 17_070, "outside": 6}
    assert frame.index[0] == "bos:101001240734"
    assert frame["kind"].nunique() == 158
    assert boston.unmapped == {}
    named = frame["jurisdiction"] != ""
    assert named.sum() == 121_145 - 10_955
