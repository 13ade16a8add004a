"""Files of patrols as they come: tracks of a receiver (GPX), layers of lines or points, tables of positions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.data.columns import SYNONYMS, as_text, fold_ranks, is_known, match_columns
from gridmap.data.crs import WGS84, require_crs
from gridmap.data.source import FORMATS, TABLES, split_source
from gridmap.data.table import read_ledger
from gridmap.data.vector import open_layer
from gridmap.errors import InvalidInput, RefusedSource, first_ten, first_ten_zh
from gridmap.model.text import Text

#: Our column → ranks of the headings that files give it.
RANKS: Final = fold_ranks(
    {
        "patrol": (
            ("patrol", "patrol_id"),
            ("巡查编号", "巡逻编号", "巡查记录编号", "轨迹编号", "巡查任务编号", "任务编号", "track_id", "trip_id"),
            ("巡查", "轨迹", "编号", "id"),
        ),
        "member_id": (
            ("member_id", "person_id"),
            ("人员编号", "网格员编号", "巡查员编号", "巡查人员编号", "工号", "user_id"),
        ),
        "member": (
            ("member",),
            ("网格员", "巡查员", "巡查人员", "巡查人", "人员", "姓名", "网格员姓名", "人员姓名", "巡逻人员", "person"),
            ("用户", "用户名", "user", "name"),
        ),
        "grid": (
            ("grid", "grid_code"),
            ("网格编号", "网格代码", "网格编码"),
            ("网格", "所属网格", "所在网格", "巡查网格"),
        ),
        "started_at": (
            ("started_at",),
            ("开始时间", "巡查开始时间", "起始时间", "出发时间", "start", "start_time", "begin"),
        ),
        "ended_at": (
            ("ended_at",),
            ("结束时间", "巡查结束时间", "终止时间", "返回时间", "end", "end_time", "finish"),
        ),
        "at": (
            ("at",),
            ("时间", "定位时间", "采集时间", "上报时间", "记录时间", "轨迹时间"),
            ("time", "timestamp", "datetime", "gps_time"),
        ),
        "longitude": SYNONYMS["longitude"],
        "latitude": SYNONYMS["latitude"],
    }
)  # fmt: skip
_EXAMPLE: Final = Text("网格员、时间、经度、纬度", "member, time, longitude, latitude")
_LINES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_GPX_ERRORS: Final = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
)


@dataclass(frozen=True, eq=False)
class Raw:
    """Patrols as a file has them; times are still text.

    Attributes
    ----------
    ways : pandas.DataFrame
        One row a patrol or a person: ``patrol``, ``grid``, ``member_id``, ``member``, ``started_at``, ``ended_at`` as
        texts ("" where the file has none), ``cell`` (address). Index 0, 1, 2 …
    positions : pandas.DataFrame
        One row a position: ``way`` (row of `ways`), ``part``, ``x``, ``y``, ``at`` (text), ``cell``.
    crs : CRS or None
        Of x and y; None where a table does not say: degrees, or metres of the work CRS.
    of_positions : bool
        Whether positions have times of their own; else each way is a line that was drawn whole.
    headings : dict of str to str
        Our column → heading in the file.
    notes : tuple of Text
    """

    ways: pd.DataFrame
    positions: pd.DataFrame
    crs: CRS | None
    of_positions: bool
    headings: dict[str, str] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()


def read_raw(source: str | Path, *, encoding: str | None, sheet: str | None) -> Raw:
    """Read a file of patrols by its ending.

    Raises
    ------
    RefusedSource
        If the file is of a kind that is not opened.
    MissingProgram
        If a GeoParquet file is given and pyarrow is not installed.
    MissingCrs
        If a layer says no CRS.
    InvalidInput
        If the file is missing or damaged, or a column without which it cannot be read is missing.
    """
    path, layer = split_source(source)
    ending = path.suffix.lower()
    if ending == ".gpx":
        return _read_gpx(path.expanduser())
    if ending in FORMATS:
        return _read_layer(path, layer, encoding)
    if ending in TABLES:
        return _read_table(path, sheet, encoding)
    known = ", ".join((".gpx", *FORMATS, *TABLES))
    raise RefusedSource(
        f"{path.name}: patrols are read from {known}; convert the file to one of them",
        f"{path.name}：巡查轨迹可读取的格式为 {known}；请先转换。",
    )


# --- tracks of a receiver -------------------------------------------------------------------------------------------


def _read_gpx(path: Path) -> Raw:
    """The tracks of a GPX file: names, comments and devices in it are not taken in, they may be of persons."""
    _check_gpx(path)
    try:
        points = pyogrio.read_dataframe(
            path, layer="track_points", columns=["track_fid", "track_seg_id", "time"], datetime_as_string=True
        )
        driver = pyogrio.read_info(path, layer="track_points")["driver"]
    except _GPX_ERRORS as error:
        raise InvalidInput(
            f"{path.name}: the GPX file cannot be read ({error}); export it again",
            f"{path.name}：无法读取 GPX 文件（{error}）；请重新导出。",
        ) from error
    if driver != "GPX" or points.empty:
        raise InvalidInput(
            f"{path.name}: holds no track (<trk>); waypoints and planned routes are no patrols",
            f"{path.name}：没有轨迹（<trk>）；标注点和规划路线不是巡查轨迹。",
        )
    xy = shapely.get_coordinates(points.geometry.values)
    way, _ = pd.factorize(points["track_fid"])
    positions = pd.DataFrame(
        {
            "way": way,
            "part": points["track_seg_id"].to_numpy(np.int64),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "at": points["time"].map(as_text).to_numpy(object),
            "cell": [f"{path.name}:trk{w + 1}!{i + 1}" for i, w in enumerate(way)],
        }
    )
    ways = _ways({}, [f"{path.name}:trk{w + 1}" for w in range(int(way.max()) + 1)])
    return Raw(ways, positions, WGS84, of_positions=True, headings={"at": "time"})


def _check_gpx(path: Path) -> None:
    if not path.is_file():
        raise InvalidInput(f"no such file: {path}", f"没有这个文件：{path}")
    content = path.read_bytes()
    if not content:
        raise InvalidInput(f"{path.name}: the file is empty (0 bytes)", f"{path.name}：文件是空的（0 字节）。")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # no receiver writes them, and they may point elsewhere
        raise RefusedSource(
            f"{path.name}: XML with a document type is not opened; export the track again",
            f"{path.name}：不打开带有文档类型声明的 XML；请重新导出轨迹。",
        )
    if not re.search(rb"<(\w+:)?gpx[\s>]", content[:4096]):
        raise RefusedSource(
            f"{path.name}: its content is no GPX, whatever its name says; export it again",
            f"{path.name}：内容不是 GPX 格式，与文件名不符；请重新导出。",
        )


# --- layers and tables ----------------------------------------------------------------------------------------------


def _read_layer(path: Path, name: str | None, encoding: str | None) -> Raw:
    layer = open_layer(path, name, encoding=encoding)
    where = f"{path.name}:{layer.name}"
    frame = require_crs(layer.frame, where)
    shapes = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    cells = [f"{where}!{i + 1}" for i in range(len(frame))]
    found = match_columns([str(c) for c in frame.columns if c != frame.geometry.name], RANKS)
    texts = {ours: [as_text(v) for v in frame[theirs]] for ours, theirs in found.items()}
    kinds = shapely.get_type_id(shapes)
    if bool(np.all(kinds == shapely.GeometryType.POINT)) and "at" in texts:
        xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
        return _of_positions(texts, xy, cells, frame.crs, found, layer.notes)
    others = np.flatnonzero(~np.isin(kinds, _LINES) & ~shapely.is_missing(shapes))
    if len(others):
        raise InvalidInput(
            f"{where}: patrols are lines, or points with a column of times; others are {first_ten(others + 1)}",
            f"{where}：巡查应为线，或带时间列的点；以下要素不是：{first_ten_zh(others + 1)}。",
        )
    if "started_at" not in texts and "at" in texts:
        texts["started_at"], found["started_at"] = texts["at"], found["at"]
    _need(("started_at",), found, where, list(frame.columns))
    parts, way = shapely.get_parts(shapes, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    row = way[part]
    positions = pd.DataFrame(
        {"way": row, "part": part, "x": xy[:, 0], "y": xy[:, 1], "at": "", "cell": np.array(cells, dtype=object)[row]}
    )
    return Raw(_ways(texts, cells), positions, frame.crs, of_positions=False, headings=found, notes=layer.notes)


def _read_table(path: Path, sheet: str | None, encoding: str | None) -> Raw:
    ledger = read_ledger(
        path, sheet, encoding=encoding, known=lambda n: is_known(n, RANKS), fill_down=False, example=_EXAMPLE
    )
    where = ledger.cells[0].rpartition("!")[0]
    found = match_columns(ledger.frame.columns, RANKS)
    if "at" not in found and "started_at" in found:
        found["at"] = found["started_at"]
    _need(("at", "longitude", "latitude"), found, where, list(ledger.frame.columns))
    texts = {ours: ledger.frame[theirs].tolist() for ours, theirs in found.items()}
    xy = np.column_stack([_degrees(texts["longitude"]), _degrees(texts["latitude"])])
    return _of_positions(texts, xy, list(ledger.cells), None, found, ledger.notes)


def _need(wanted: tuple[str, ...], found: dict[str, str], where: str, columns: list[str]) -> None:
    words = {
        "at": Text("时间", "time"),
        "started_at": Text("开始时间", "started_at"),
        "longitude": Text("经度", "longitude"),
        "latitude": Text("纬度", "latitude"),
    }
    missing = [words[w] for w in wanted if w not in found]
    if missing:
        raise InvalidInput(
            f"{where}: patrols need the column {', '.join(m.en for m in missing)}; it has {first_ten(columns)}",
            f"{where}：巡查轨迹缺少列「{'、'.join(m.zh for m in missing)}」；现有的列：{first_ten_zh(columns)}。",
        )


def _of_positions(
    texts: dict[str, list[str]],
    xy: NDArray[np.float64],
    cells: list[str],
    crs: CRS | None,
    found: dict[str, str],
    notes: tuple[Text, ...],
) -> Raw:
    """One way a patrol; without numbers of patrols one a person, and without persons one in all."""
    table = pd.DataFrame({c: texts.get(c, [""] * len(cells)) for c in ("patrol", "member_id", "member", "grid")})
    who = table["member_id"].where(table["member_id"] != "", table["member"])
    key = ("p\x1f" + table["patrol"]).where(table["patrol"] != "", "m\x1f" + who)
    way, _ = pd.factorize(key)
    at = _firsts(way)
    positions = pd.DataFrame({"way": way, "part": 0, "x": xy[:, 0], "y": xy[:, 1], "at": texts["at"], "cell": cells})
    ways = _ways({str(c): table[c].to_numpy(object)[at].tolist() for c in table}, [cells[i] for i in at])
    return Raw(ways, positions, crs, of_positions=True, headings=found, notes=notes)


def _firsts(way: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of the first position of each way: ways are numbered in the order in which they appear."""
    return np.asarray(np.unique(way, return_index=True)[1], dtype=np.int64)


def _ways(texts: dict[str, list[str]], cells: list[str]) -> pd.DataFrame:
    names = ("patrol", "grid", "member_id", "member", "started_at", "ended_at")
    blank = [""] * len(cells)
    return pd.DataFrame({c: pd.Series(texts.get(c, blank), dtype=object) for c in names} | {"cell": cells})


def _degrees(texts: list[str]) -> NDArray[np.float64]:
    """Numbers of coordinates; NaN where a text is none."""
    plain = pd.Series(texts, dtype=object).astype(str).str.normalize("NFKC").str.strip(" °度EN东经北纬")
    return pd.to_numeric(plain, errors="coerce").to_numpy(np.float64)
