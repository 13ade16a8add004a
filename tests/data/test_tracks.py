"""Patrols out of GPX, layers and tables: what is read, cut, left out, and never kept."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap.data.datum import to_bd09, to_gcj02
from gridmap.data.tracks import TrackIntake, read_tracks
from gridmap.data.tracks_times import read_zoned_times
from gridmap.data.vector import write_layers
from gridmap.errors import GridmapError, InvalidInput, RefusedSource

CRS = "EPSG:4549"
X0, Y0 = 628_000.0, 3_400_000.0
PLACES = gpd.GeoDataFrame(
    {"name": ["山新"]}, geometry=[shapely.box(X0, Y0, X0 + 2000, Y0 + 2000)], index=["310116113001"], crs=CRS
)
ROADS = gpd.GeoDataFrame(geometry=[shapely.LineString([(X0, Y0 + 1000), (X0 + 2000, Y0 + 1000)])], crs=CRS)
GRID = "310116113001001"
NINE = dt.datetime(2020, 2, 5, 9)


def degrees(xy: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Longitude and latitude of places in metres from the corner of the town."""
    points = gpd.GeoSeries([shapely.Point(X0 + x, Y0 + y) for x, y in xy], crs=CRS).to_crs("EPSG:4326")
    return list(zip(points.x, points.y, strict=True))


def walked(n: int = 11, step_m: float = 30.0, seconds: int = 20, start: dt.datetime = NINE) -> list[tuple[str, Any]]:
    """Times and places of a walk eastwards along the road."""
    places = degrees([(100 + step_m * i, 1000) for i in range(n)])
    return [((start + dt.timedelta(seconds=seconds * i)).isoformat(" "), p) for i, p in enumerate(places)]


def gpx(path: Path, *tracks: list[list[tuple[str, Any]]], name: str = "张三的轨迹") -> Path:
    """Tracks of segments of positions; times are civil and written as UTC."""

    def point(at: str, place: tuple[float, float]) -> str:
        utc = (dt.datetime.fromisoformat(at) - dt.timedelta(hours=8)).isoformat() + "Z"
        return f'<trkpt lat="{place[1]}" lon="{place[0]}"><time>{utc}</time></trkpt>'

    inner = "".join(
        f"<trk><name>{name}</name>" + "".join(f"<trkseg>{''.join(point(*p) for p in s)}</trkseg>" for s in t) + "</trk>"
        for t in tracks
    )
    head = '<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
    path.write_text(f"{head}{inner}</gpx>", encoding="utf-8")
    return path


def table(path: Path, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    if path.suffix == ".csv":
        pd.DataFrame(rows, columns=list(heads)).to_csv(path, index=False)
        return path
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in ([*heads], *rows):
        sheet.append(list(row))
    book.save(path)
    return path


def read(path: Path | str, **options: Any) -> TrackIntake:
    return read_tracks(path, **({"crs": CRS, "places": PLACES} | options))


def good(path: Path | str, **options: Any) -> gpd.GeoDataFrame:
    intake = read(path, **options)
    assert intake.patrols is not None, intake.errors
    return intake.patrols.frame


def notes(intake: TrackIntake) -> str:
    return " ".join(n.en for n in intake.notes)


# --- GPX ------------------------------------------------------------------------------------------------------------


def test_a_track_of_a_receiver_is_a_patrol_in_civil_time(tmp_path: Path) -> None:
    frame = good(gpx(tmp_path / "a.gpx", [walked()]))
    assert frame["started_at"].tolist() == [NINE]
    assert frame["ended_at"].tolist() == [NINE + dt.timedelta(seconds=200)]
    assert frame.geometry.iloc[0].length == pytest.approx(300, abs=0.1)
    assert frame.crs == CRS
    assert frame["member"].tolist() == [""]


def test_the_name_of_a_track_is_kept_nowhere(tmp_path: Path) -> None:
    intake = read(gpx(tmp_path / "a.gpx", [walked()]))
    assert intake.patrols is not None
    assert "张三" not in intake.patrols.frame.reset_index().to_csv() + str(intake.notes)


def test_segments_and_tracks_are_told_apart(tmp_path: Path) -> None:
    first = walked(6)
    second = [(at, p) for at, p in walked(18)][8:]
    frame = good(gpx(tmp_path / "a.gpx", [first, second], [walked(start=NINE + dt.timedelta(hours=5))]))
    assert len(frame) == 2
    assert [g.geom_type for g in frame.geometry] == ["MultiLineString", "LineString"]
    assert frame.geometry.iloc[0].length == pytest.approx(5 * 30 + 9 * 30, abs=0.1)


def test_a_receiver_left_on_gives_a_patrol_before_and_one_after_the_pause(tmp_path: Path) -> None:
    frame = good(gpx(tmp_path / "a.gpx", [walked() + walked(start=NINE + dt.timedelta(hours=2))]))
    assert frame["started_at"].tolist() == [NINE, NINE + dt.timedelta(hours=2)]


def test_the_same_file_gives_the_same_ids_and_another_walk_another(tmp_path: Path) -> None:
    path = gpx(tmp_path / "a.gpx", [walked()])
    once, twice = good(path), good(path)
    assert once.index.tolist() == twice.index.tolist()
    other = good(gpx(tmp_path / "b.gpx", [walked(start=NINE + dt.timedelta(days=1))], name="李四"))
    assert once.index[0] != other.index[0]


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (b"", InvalidInput, "empty"),
        (b"<kml></kml>", RefusedSource, "no GPX"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:x">]><gpx version="1.1">&a;</gpx>', RefusedSource, "document type"),
        (b'<gpx version="1.1" creator="x"><wpt lat="1" lon="1"/></gpx>', InvalidInput, "no track"),
        (b'<gpx version="1.1" creator="x"><trk><trkseg><trkpt lat="1"', InvalidInput, "GPX"),
    ],
)
def test_what_is_no_track_is_refused(tmp_path: Path, content: bytes, error: type[GridmapError], says: str) -> None:
    path = tmp_path / "a.gpx"
    path.write_bytes(content)
    with pytest.raises(error, match=says) as caught:
        read(path)
    assert any("一" <= c <= "鿿" for c in caught.value.zh)


# --- tables of positions ----------------------------------------------------------------------------------------------


def rows(*walks: tuple[Any, list[tuple[str, Any]]]) -> list[list[Any]]:
    return [[who, at, *place] for who, walk in walks for at, place in walk]


def test_positions_become_patrols_by_their_number(tmp_path: Path) -> None:
    later = walked(start=NINE + dt.timedelta(hours=2))
    data = rows(("XC-1", walked()), ("XC-1", later), ("XC-2", walked(5)))
    frame = good(table(tmp_path / "a.csv", ["巡查编号", "时间", "经度", "纬度"], data))
    assert frame.index.tolist() == ["XC-1", "XC-2"]
    assert frame["ended_at"].iloc[0] == NINE + dt.timedelta(hours=2, seconds=200)
    assert frame.geometry.iloc[0].length == pytest.approx(600, abs=0.1)  # there is no way during the pause


@pytest.mark.parametrize(("minutes", "patrols"), [(30, 1), (31, 2)])
def test_positions_become_patrols_by_person_and_pause(tmp_path: Path, minutes: int, patrols: int) -> None:
    later = walked(start=NINE + dt.timedelta(seconds=200, minutes=minutes))
    data = rows(("张三", walked() + later), ("李四", walked(5)))
    path = table(tmp_path / "a.xlsx", ["网格员", "定位时间", "经度", "纬度"], data)
    frame = good(path, people={"张三": "R1", "李四": "R2"})
    assert frame["member"].tolist() == ["R1"] * patrols + ["R2"]


def test_order_in_the_file_does_not_matter(tmp_path: Path) -> None:
    heads = ["网格员", "时间", "经度", "纬度"]
    data = rows(("a", walked()), ("b", walked(7)))
    straight = good(table(tmp_path / "a.csv", heads, data))
    mixed = good(table(tmp_path / "b.csv", heads, data[::-1]))
    assert sorted(straight.index) == sorted(mixed.index)


def test_names_become_ids_or_nothing(tmp_path: Path) -> None:
    heads = ["巡查编号", "网格员", "人员编号", "时间", "经度", "纬度"]
    whos = [("张三", ""), ("王五", ""), ("", "R7"), ("", "13800000001"), ("", "赵六")]
    data = [[f"张三-{i}" if i == 0 else f"N{i}", *who, at, *p] for i, who in enumerate(whos) for at, p in walked(3 + i)]
    path = table(tmp_path / "a.csv", heads, data)
    intake = read(path, people={"张三": "R1"})
    assert intake.patrols is not None
    frame = intake.patrols.frame
    assert frame["member"].tolist() == ["R1", "", "", "", ""]
    assert frame.index[0].startswith("patrol-")
    assert "the walkers of 4 patrols are not on the roster" in notes(intake)
    assert "1 numbers of patrols hold names" in notes(intake)
    everything = frame.reset_index().to_csv() + str(intake.notes)
    assert not any(name in everything for name in ("张三", "王五", "赵六", "13800000001"))
    # where no roster is known, what looks like an id is one; a telephone number is not
    assert good(path)["member"].tolist() == ["", "", "R7", "", ""]


def test_a_name_that_is_mapped_later_does_not_change_the_id(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["网格员", "时间", "经度", "纬度"], rows(("张三", walked())))
    assert good(path).index.tolist() == good(path, people={"张三": "R1"}).index.tolist()


def test_jumps_are_cut_and_said(tmp_path: Path) -> None:
    walk = walked()
    thrown = degrees([(900, 1000)])[0]
    walk[5] = (walk[5][0], thrown)  # one position thrown 600 m away: 100 km/h there and back
    intake = read(gpx(tmp_path / "a.gpx", [walk]))
    assert intake.patrols is not None
    assert intake.patrols.frame.geometry.iloc[0].length == pytest.approx(8 * 30, abs=0.1)
    assert intake.counts == {"patrols": 1, "positions": 11, "jumps": 2}
    assert "1 patrols jump in 2 places" in notes(intake)


def test_a_gap_in_the_signal_is_no_way_and_scatter_no_jump(tmp_path: Path) -> None:
    slow_gap = [*walked(3), *[(at, p) for at, p in walked(24)][20:]]  # 510 m in six minutes
    frame = good(gpx(tmp_path / "a.gpx", [slow_gap]))
    assert frame.geometry.iloc[0].length == pytest.approx(2 * 30 + 3 * 30, abs=0.1)
    scatter = good(gpx(tmp_path / "b.gpx", [walked(11, step_m=20.0, seconds=1)]))  # 72 km/h, but 20 m
    assert scatter.geometry.iloc[0].length == pytest.approx(200, abs=0.1)


def test_who_never_moves_has_no_way(tmp_path: Path) -> None:
    data = rows(("a", walked()), ("b", walked(1)), ("c", [(at, walked()[0][1]) for at, _ in walked(5)]))
    intake = read(table(tmp_path / "a.csv", ["网格员", "时间", "经度", "纬度"], data))
    assert intake.patrols is not None
    assert len(intake.patrols) == 1
    assert "2 patrols have no way" in notes(intake)


def test_wrong_cells_are_errors_with_their_address(tmp_path: Path) -> None:
    data = rows(("a", walked()))
    data[2][1], data[4][1], data[6][2] = "昨天上午", "", "东门口"
    path = table(tmp_path / "a.xlsx", ["网格员", "时间", "经度", "纬度"], data)
    intake = read(path)
    assert intake.patrols is None
    assert [c.rpartition("!")[2] for c in intake.errors["cell"]] == ["4", "6", "8"]
    assert intake.errors["column"].tolist() == ["时间", "时间", "经度"]
    assert "昨天上午" in intake.errors["message_zh"].iloc[0]
    frame = good(path, leave_out=True)
    assert frame.geometry.iloc[0].length == pytest.approx(300, abs=0.1)


def test_a_number_of_a_device_is_no_number_of_a_patrol(tmp_path: Path) -> None:
    data = rows(("D1", walked() + walked(start=NINE + dt.timedelta(days=2))), ("D2", walked()))
    path = table(tmp_path / "a.csv", ["巡查编号", "时间", "经度", "纬度"], data)
    intake = read(path)
    assert intake.patrols is None
    assert "over 24 hours" in intake.errors["message_en"].iloc[0]
    assert good(path, leave_out=True).index.tolist() == ["D2"]


def test_coordinates_the_wrong_way_round_are_read_the_other_way(tmp_path: Path) -> None:
    data = [["a", at, p[1], p[0]] for at, p in walked()]
    intake = read(table(tmp_path / "a.csv", ["网格员", "时间", "经度", "纬度"], data))
    assert "exchanged" in notes(intake)
    assert intake.patrols is not None
    assert intake.patrols.frame.total_bounds[0] == pytest.approx(X0 + 100, abs=0.1)


def test_some_coordinates_the_wrong_way_round_are_read_the_other_way(tmp_path: Path) -> None:
    walk = walked()
    data = [["a", at, *(p if i % 3 else p[::-1])] for i, (at, p) in enumerate(walk)]
    path = table(tmp_path / "a.csv", ["网格员", "时间", "经度", "纬度"], data)
    intake = read(path)
    assert "4 positions have longitude and latitude exchanged" in notes(intake)
    assert intake.patrols is not None
    assert intake.patrols.frame.geometry.iloc[0].length == pytest.approx(300, abs=0.1)
    everywhere = read(path, places=None)  # 121 is no latitude, wherever the town lies
    assert "4 positions have longitude and latitude exchanged" in notes(everywhere)


def test_coordinates_that_are_no_place_are_said(tmp_path: Path) -> None:
    data = [["a", at, *p] for at, p in walked()]
    data[3][2:] = [121.3, 130.7]
    intake = read(table(tmp_path / "a.csv", ["网格员", "时间", "经度", "纬度"], data))
    assert "1 positions have coordinates that their CRS does not know" in notes(intake)


def test_metres_are_taken_as_they_are(tmp_path: Path) -> None:
    data = [["a", at, X0 + 100 + 30 * i, Y0 + 500] for i, (at, _) in enumerate(walked())]
    frame = good(table(tmp_path / "a.csv", ["网格员", "时间", "经度", "纬度"], data))
    assert frame.total_bounds.tolist() == [X0 + 100, Y0 + 500, X0 + 400, Y0 + 500]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["网格员", "时间", "地点"], [["a", "2020-02-05 09:00", "东门"]])
    with pytest.raises(InvalidInput, match="need the column longitude, latitude") as caught:
        read(path)
    assert "缺少列「经度、纬度」" in caught.value.zh


# --- layers -----------------------------------------------------------------------------------------------------------


def layer(path: Path, *lines: Any, **columns: Any) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=list(lines), crs=CRS)
    write_layers(path, {"巡查": frame})
    return path


def way(*xy: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X0 + x, Y0 + y) for x, y in xy])


def test_lines_of_a_layer_are_patrols(tmp_path: Path) -> None:
    path = layer(
        tmp_path / "a.gpkg",
        way((100, 100), (400, 100)),
        shapely.MultiLineString([way((0, 0), (50, 0)), way((90, 0), (99, 0))]),
        巡查编号=["XC1", ""],
        网格=[GRID, "海鸥网格"],
        网格员=["张三", "李四"],
        开始时间=["2020年2月5日 9时", "2020/2/6 14:30"],
        结束时间=["2020-02-05 10:00", ""],
    )
    intake = read(path, grids=[GRID], people={"张三": "R1"})
    assert intake.patrols is not None
    frame = intake.patrols.frame
    assert frame.index[0] == "XC1"
    assert frame["grid"].tolist() == [GRID, ""]
    assert frame["member"].tolist() == ["R1", ""]
    assert frame["started_at"].tolist() == [NINE, dt.datetime(2020, 2, 6, 14, 30)]
    assert frame["ended_at"].isna().tolist() == [False, True]
    assert frame.geometry.length.tolist() == pytest.approx([300, 59])
    assert "海鸥网格" in notes(intake)
    assert good(path)["grid"].tolist() == [GRID, ""]  # where no grid is known, what looks like a code is one


def test_a_long_straight_step_of_a_line_is_cut(tmp_path: Path) -> None:
    intake = read(layer(tmp_path / "a.gpkg", way((0, 0), (100, 0), (700, 0), (800, 0)), started_at=["2020-02-05"]))
    assert intake.patrols is not None
    assert intake.patrols.frame.geometry.length.tolist() == pytest.approx([200])
    assert intake.counts["jumps"] == 1


def test_times_of_lines_are_checked(tmp_path: Path) -> None:
    lines = [way((0, y), (100, y)) for y in (0, 10, 20)]
    begins, ends = ["2020-02-05 09:00", "", "2020-02-05 09:00"], ["2020-02-05 08:00", "2020-02-05 10:00", "?"]
    intake = read(layer(tmp_path / "a.gpkg", *lines, started_at=begins, ended_at=ends))
    assert intake.patrols is None
    said = dict(zip((c.rpartition("!")[2] for c in intake.errors["cell"]), intake.errors["message_en"], strict=True))
    assert set(said) == {"1", "2", "3"}
    assert "before it begins" in said["1"]
    assert "no time" in said["2"]


def test_points_with_times_are_positions(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"time": at, "user_id": "R1"},
            "geometry": {"type": "Point", "coordinates": p},
        }
        for at, p in walked()
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    frame = good(path)
    assert frame["started_at"].tolist() == [NINE]
    assert frame["member"].tolist() == ["R1"]
    assert frame.geometry.length.tolist() == pytest.approx([300], abs=0.1)


def test_the_same_line_twice_is_read_once_and_a_number_twice_is_an_error(tmp_path: Path) -> None:
    line = way((0, 0), (100, 0))
    intake = read(layer(tmp_path / "a.gpkg", line, line, started_at=["2020-02-05 09:00"] * 2))
    assert intake.patrols is not None
    assert len(intake.patrols) == 1
    assert "the same as another" in notes(intake)
    twice = layer(tmp_path / "b.gpkg", line, way((0, 9), (99, 9)), started_at=["2020-02-05"] * 2, 巡查编号=["X", "X"])
    assert read(twice).patrols is None
    assert "stands twice" in read(twice).errors["message_en"].iloc[0]


def test_polygons_are_refused(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", shapely.box(X0, Y0, X0 + 10, Y0 + 10), started_at=["2020-02-05"])
    with pytest.raises(InvalidInput, match="patrols are lines"):
        read(path)


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text("<kml/>")
    with pytest.raises(RefusedSource, match=r"are read from \.gpx"):
        read(path)
    with pytest.raises(InvalidInput, match="no such file"):
        read(tmp_path / "none.gpx")


# --- where ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", to_gcj02), ("bd09", to_bd09)])
def test_a_shifted_datum_is_told_by_the_roads_and_undone(tmp_path: Path, datum: str, shift: Any) -> None:
    walk = walked(40)
    lon, lat = shift(np.array([p[0] for _, p in walk]), np.array([p[1] for _, p in walk]))
    moved = [(at, p) for (at, _), p in zip(walk, zip(lon, lat, strict=True), strict=True)]
    path = gpx(tmp_path / "a.gpx", [moved])
    assert f"import them with --datum {datum}" in notes(read(path, roads=ROADS))
    undone = read(path, roads=ROADS, datum=datum)
    assert undone.patrols is not None
    assert "--datum" not in notes(undone)
    line = undone.patrols.frame.geometry.iloc[0]
    assert line.hausdorff_distance(way((100, 1000), (100 + 30 * 39, 1000))) < 0.1
    assert "--datum" not in notes(read(gpx(tmp_path / "b.gpx", [walk]), roads=ROADS))


@pytest.mark.parametrize(("n", "off_road"), [(3, 0), (29, 0), (40, 30)])
def test_few_positions_or_a_small_lead_tell_no_datum(tmp_path: Path, n: int, off_road: int) -> None:
    walk = walked(n)
    lon, lat = to_bd09(np.array([p[0] for _, p in walk]), np.array([p[1] for _, p in walk]))
    moved = [(at, p) for (at, _), p in zip(walk, zip(lon, lat, strict=True), strict=True)]
    moved[:off_road] = walked(off_road) if off_road else []
    track = gpx(tmp_path / "a.gpx", [moved])
    assert "--datum" not in notes(read(track, roads=ROADS))


def test_an_unknown_datum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="datum is gcj02 or bd09"):
        read(gpx(tmp_path / "a.gpx", [walked()]), datum="wgs72")


def test_patrols_outside_the_town_are_left_out(tmp_path: Path) -> None:
    inside, outside = way((0, 0), (100, 0)), way((9000, 0), (9100, 0))
    intake = read(layer(tmp_path / "a.gpkg", inside, outside, started_at=["2020-02-05", "2020-02-06"]))
    assert intake.patrols is not None
    assert len(intake.patrols) == 1
    assert "1 patrols lie wholly outside the town" in notes(intake)
    with pytest.raises(InvalidInput, match="no patrol touches the town"):
        read(layer(tmp_path / "b.gpkg", outside, started_at=["2020-02-05"]))


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2020-02-05 09:30:05", "2020-02-05T09:30:05"),
        ("2020-02-05T09:30:05.750", "2020-02-05T09:30:05"),
        ("２０２０/2/5 9:30", "2020-02-05T09:30:00"),
        ("2020年2月5日 9时30分15秒", "2020-02-05T09:30:15"),
        ("2020年2月5日9点", "2020-02-05T09:00:00"),
        ("2020.2.5", "2020-02-05T00:00:00"),
        ("20200205093005", "2020-02-05T09:30:05"),
        ("2020-02-05T01:30:05Z", "2020-02-05T09:30:05"),
        ("2020-02-05 09:30:05+08:00", "2020-02-05T09:30:05"),
        ("2020-02-04T20:30:05-0500", "2020-02-05T09:30:05"),
        ("43866.395833333336", "2020-02-05T09:30:00"),
        ("1580866205", "2020-02-05T09:30:05"),
        ("1580866205123", "2020-02-05T09:30:05"),
        ("2020-02-30 09:00", "NaT"),
        ("9:30", "NaT"),
        ("", "NaT"),
    ],
)
def test_times_as_they_are_written(text: str, wanted: str) -> None:
    got = read_zoned_times(pd.Series([text, "2020-01-01"], dtype=object), 8.0)
    assert str(got[0]) == wanted
    assert got.dtype == "datetime64[s]"
