"""Where points are: out of a vector layer, or out of columns of coordinates as ledgers have them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.data.crs import WGS84, convert_datum, require_crs
from gridmap.data.datum import Datum
from gridmap.data.records_cells import Desk, Values
from gridmap.data.records_sheets import Table
from gridmap.data.records_values import is_nothing, plain
from gridmap.errors import MissingCrs
from gridmap.model.text import Text

#: How far outside the box around the jurisdictions a point may lie before it is refused, metres: our decision.
MARGIN_M: Final = 5_000.0
_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d+)?")
#: Degrees, minutes and seconds; NFKC makes two ′ of a ″.
_DMS: Final = re.compile(r"(\d{1,3})[°度](\d{1,2})['′分](?:(\d{1,2}(?:\.\d+)?)(?:\"|秒|''|′′))?")
Floats = NDArray[np.float64]


def read_points(
    values: Values, desk: Desk, *, places: gpd.GeoDataFrame, crs: CRS, datum: Datum | None
) -> list[shapely.Point | None]:
    """The place of each point in `crs`; None, and something said, where it has none that can be used.

    Coordinates are degrees of WGS-84 or CGCS2000 (of `datum` where given), or metres in `crs` where the numbers are
    like that. Longitude and latitude that were exchanged are exchanged back, which is said.

    Parameters
    ----------
    values : Values
        Of the register of points.
    desk : Desk
    places : geopandas.GeoDataFrame
        The jurisdictions.
    crs : CRS
        In metres.
    datum : {"gcj02", "bd09"} or None
        Datum of the coordinates where they came from a web map.

    Raises
    ------
    MissingCrs
        If a layer has no CRS.
    InvalidInput
        If the CRS of a layer does not fit its numbers, or `datum` is another word.
    """
    box = places.to_crs(crs).total_bounds + np.array([-MARGIN_M, -MARGIN_M, MARGIN_M, MARGIN_M])
    table = values.table
    if table.layer is not None:
        points = _of_layer(table, table.layer, desk, crs, datum)
    else:
        points = _of_columns(values, desk, crs, datum, box)
    xy = np.array([(p.x, p.y) if p is not None else (np.nan, np.nan) for p in points]).reshape(-1, 2)
    for row in np.flatnonzero(np.isfinite(xy).all(axis=1) & ~_inside(xy, box)):
        away = float(shapely.distance(shapely.Point(xy[row]), shapely.box(*box)) + MARGIN_M) / 1000
        far = Text(
            f"坐标落在本镇以外约 {away:,.0f} 公里；请核对经度、纬度和坐标系",
            f"lies about {away:,.0f} km outside the town; check the coordinates and their CRS",
        )
        _refuse(values, desk, int(row), far)
        points[int(row)] = None
    return points


def _inside(xy: Floats, box: Floats) -> NDArray[np.bool_]:
    west, south, east, north = box
    inside = (xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north)
    return np.asarray(inside, dtype=np.bool_)


def _refuse(values: Values, desk: Desk, row: int, text: Text) -> None:
    names = [c for c in ("longitude", "coordinates") if c in values.table.columns]
    desk.say(values.table, row, names[0] if names else "", text)
    values.broken.add(row)


def _of_layer(
    table: Table, layer: gpd.GeoDataFrame, desk: Desk, crs: CRS, datum: Datum | None
) -> list[shapely.Point | None]:
    where = table.ledger.cells[0].rpartition("!")[0]
    if layer.crs is None:
        raise MissingCrs(
            f"{where}: the layer says no CRS; set it in a GIS (such as EPSG:4490) and import it again",
            f"{where}：图层没有坐标系信息；请在 GIS 软件中为其设定坐标系（例如 EPSG:4490）后重新导入。",
        )
    frame = require_crs(layer, where)
    if datum is not None:
        frame = convert_datum(frame, datum)
    frame = frame.to_crs(crs)
    shapes = np.asarray(frame.geometry.values, dtype=object)
    other = shapely.get_type_id(shapes) != shapely.GeometryType.POINT
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if (other & there).any():
        n = int((other & there).sum())
        desk.notes.append(
            Text(f"{n} 个图形不是点，取其内部一点。", f"{n} features are no points; a point inside each is taken")
        )
    points = shapely.point_on_surface(shapes)
    for row in np.flatnonzero(~there):
        desk.say(table, int(row), "", Text("没有图形；请补上点位", "has no geometry; draw the point"))
    return [p if ok else None for p, ok in zip(points, there, strict=True)]


def _of_columns(values: Values, desk: Desk, crs: CRS, datum: Datum | None, box: Floats) -> list[shapely.Point | None]:
    written = _written(values.table)
    xy = np.full((len(written), 2), np.nan)
    for row, pair in enumerate(written):
        numbers = [read_coordinate(t) for t in pair]
        if all(is_nothing(t) for t in pair):
            _refuse(values, desk, row, _no_place(values, row))
        elif None in numbers:
            shown = "，".join(pair)
            _refuse(
                values,
                desk,
                row,
                Text(
                    f"「{shown}」不是坐标；经度、纬度请写成 121.3461、30.7412 的形式",
                    f"{shown!r} are no coordinates; write longitude and latitude like 121.3461, 30.7412",
                ),
            )
        else:
            xy[row] = numbers
    direct, swapped = (_in_work_crs(pairs, crs, datum, box) for pairs in (xy, xy[:, ::-1]))
    exchanged = ~_inside(direct, box) & _inside(swapped, box)
    for at in np.flatnonzero(exchanged):
        desk.say(
            values.table,
            int(at),
            "longitude" if "longitude" in values.table.columns else "coordinates",
            Text("经度和纬度填反了；已按互换后的位置读取", "longitude and latitude are exchanged; read the other way"),
            "warning",
        )
    out = np.where(exchanged[:, None], swapped, direct)
    for at in np.flatnonzero(np.isfinite(xy).all(axis=1) & ~np.isfinite(out).all(axis=1)):
        nowhere = Text("坐标不在任何可能的位置；请核对经度、纬度", "are coordinates of no possible place; please check")
        _refuse(values, desk, int(at), nowhere)
    return [shapely.Point(p) if np.isfinite(p).all() else None for p in out]


def _written(table: Table) -> list[tuple[str, str]]:
    if "longitude" in table.columns and "latitude" in table.columns:
        return list(zip(table.texts("longitude"), table.texts("latitude"), strict=True))
    return [split_pair(text) for text in table.texts("coordinates")]


def split_pair(text: str) -> tuple[str, str]:
    """The two coordinates in one cell (``121.34, 30.71``); a cell that holds no two of them, twice."""
    parts = [p for p in re.split(r"[,，;；、\s]+", text.strip("()（） ")) if p]
    return (parts[0], parts[1]) if len(parts) == 2 else (text, "" if is_nothing(text) else text)


def read_coordinate(text: str) -> float | None:
    """A coordinate as people write it (``121.3461``, ``东经121°20′46″``), degrees or metres; None for other texts."""
    shown = re.sub(r"[东经北纬EN\s]", "", plain(text))
    if found := _DMS.fullmatch(shown):
        return int(found[1]) + int(found[2]) / 60 + float(found[3] or 0) / 3600
    shown = shown.rstrip("°度米m")
    return float(shown) if _NUMBER.fullmatch(shown) else None


def _in_work_crs(xy: Floats, crs: CRS, datum: Datum | None, box: Floats) -> Floats:
    """Degrees as metres in `crs`; numbers that are no degrees are metres already. NaN where there is no such place."""
    out = np.array(xy, dtype=np.float64)
    degrees = (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)
    # metres far away stay as they are: they are refused, and no datum can be undone there
    near = _inside(xy, box + np.array([-MARGIN_M, -MARGIN_M, MARGIN_M, MARGIN_M]))
    for rows, own in ((np.flatnonzero(degrees), WGS84), (np.flatnonzero(~degrees & near), crs)):
        if not len(rows) or (own is crs and datum is None):
            continue
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xy[rows, 0], xy[rows, 1]), crs=own)
        if datum is not None:
            frame = convert_datum(frame, datum)
        out[rows] = shapely.get_coordinates(frame.to_crs(crs).geometry.values)
    out[~np.isfinite(out).all(axis=1)] = np.nan
    return out


def _no_place(values: Values, row: int) -> Text:
    columns: dict[str, Any] = values.columns
    known = [
        (columns["premises_id"][row], Text("场所编号", "premises")),
        (columns["grid"][row], Text("网格", "grid")),
        (columns["address"][row], Text("地址", "address")),
    ]
    has = [(value, word) for value, word in known if value]
    zh = "只有" + "、".join(f"{w.zh}「{v}」" for v, w in has) + "，" if has else ""
    en = "only " + ", ".join(f"{w.en} {v!r}" for v, w in has) + ", " if has else ""
    return Text(
        f"没有坐标：{zh}定不了位置；请补填经度、纬度",
        f"has no coordinates: {en}which places no point; fill in longitude and latitude",
    )


def derive_status(values: Values, desk: Desk) -> None:
    """The status of points whose ledger has no such column: by the days that it has."""
    if "status" in values.table.columns or "status" in values.table.given:
        return
    columns = values.columns

    def is_past(name: str, row: int) -> bool:
        day: dt.date | None = columns[name][row]
        return day is not None and day <= desk.day

    order = (("closed_on", "closed"), ("opened_on", "in_use"), ("built_on", "built"))
    columns["status"] = [
        next((status for name, status in order if is_past(name, row)), "planned")
        for row in range(len(columns["status"]))
    ]
    desk.notes.append(
        Text(
            "点位台账没有「状态」列：按停用、启用、建成日期判定。",
            "The ledger of points has no column of status: told by the days of closing, opening and building",
        )
    )
