"""Frames become rows and rows become the same frames again: columns, their order and their types are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.storage.rows import as_json, as_jsonb, object_array


def describe(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """What makes a frame the same again: the type of its index; name and type of each column, in order."""
    columns = [[str(c), str(frame[c].dtype)] for c in frame.columns]
    return {"index": str(frame.index.dtype), "columns": columns}


def plain_columns(described: Mapping[str, Any]) -> list[str]:
    """Names of the columns that are no geometry."""
    return [name for name, dtype in described["columns"] if dtype != "geometry"]


def attributes(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> list[object]:
    """The values of these columns as one JSON object a row; None in every row where there are no columns."""
    if not columns:
        return [None] * len(frame)
    values = zip(*(map(as_json, frame[c].tolist()) for c in columns), strict=True)
    return [as_jsonb(dict(zip(columns, row, strict=True))) for row in values]


def column_back(values: Sequence[Any], dtype: str, name: str) -> pd.Series:
    """A column of its old type from JSON values.

    Raises
    ------
    InvalidInput
        If the type cannot hold the values any more.
    """
    if dtype == "int64" and all(type(v) is int for v in values[:1]):  # counts, without a detour over objects
        return pd.Series(np.array(values, dtype=np.int64))
    try:
        known = pd.api.types.pandas_dtype(dtype)
        if dtype.startswith("datetime64"):
            zone = known.tz if isinstance(known, pd.DatetimeTZDtype) else None
            read = pd.Series(pd.to_datetime(list(values), format="mixed", utc=zone is not None))
            return pd.Series(read.dt.tz_convert(zone) if zone is not None else read, dtype=known)
        return pd.Series(object_array(values), dtype=known)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"column {name!r} was stored as {dtype} and cannot be made one again: {error}",
            f"列「{name}」原为 {dtype} 类型，无法还原：{error}。",
        ) from error


def check_kept(frame: gpd.GeoDataFrame, columns: Sequence[str], what: str) -> None:
    """Refuse columns that would not come back as they are, before anything is stored.

    Raises
    ------
    InvalidInput
        If the database cannot keep a column; the message names it and what to do.
    """
    for name in columns:
        given = frame[name].reset_index(drop=True)
        back = column_back([as_json(v) for v in given.tolist()], str(given.dtype), name)
        if not back.equals(given.rename(back.name)):
            raise InvalidInput(
                f"{what}, column {name}: holds values of a kind that the database does not keep ({given.dtype}); "
                "make it text or numbers, or leave it out",
                f"{what} 的列「{name}」含有数据库无法原样保存的值（{given.dtype}）；请改为文字或数字，或去掉该列。",
            )


def ewkb(frame: gpd.GeoDataFrame, srid: int) -> NDArray[np.object_]:
    """The shapes of a frame as EWKB, (n,); None where there is none."""
    shapes = np.asarray(frame.geometry.values, dtype=object)
    return np.asarray(shapely.to_wkb(shapely.set_srid(shapes, srid), include_srid=True), dtype=object)


def shapes_back(values: Sequence[bytes | None]) -> NDArray[np.object_]:
    """Shapes from EWKB, (n,); the CRS is the frame's, not each shape's."""
    return np.asarray(shapely.set_srid(shapely.from_wkb(object_array(values)), 0), dtype=object)


def split_crs(crs: CRS) -> tuple[int, str]:
    """The EPSG code of a CRS, 0 where it has none, and the text that it is made of again."""
    code = crs.to_epsg()
    if code is not None and CRS.from_epsg(code).equals(crs, ignore_axis_order=True):
        return code, f"EPSG:{code}"
    return 0, crs.to_wkt()


def frame_back(
    described: Mapping[str, Any],
    columns: Mapping[str, Sequence[Any]],
    shapes: Sequence[bytes | None],
    crs: CRS,
    ids: Sequence[str] | None = None,
) -> gpd.GeoDataFrame:
    """A frame as it was described.

    Parameters
    ----------
    described : mapping
        What :func:`describe` said of it.
    columns : mapping of str to sequence
        The values of each column.
    shapes : sequence of bytes
        EWKB.
    crs : pyproj.CRS
    ids : sequence of str, optional
        The index; counted from 0 without it.

    Raises
    ------
    InvalidInput
        If a column cannot be made one of its old type.
    """
    data: dict[str, Any] = {
        name: gpd.GeoSeries(shapes_back(shapes), crs=crs)
        if dtype == "geometry"
        else column_back(columns[name], dtype, name)
        for name, dtype in described["columns"]
    }
    frame = gpd.GeoDataFrame(data, geometry=next(n for n, d in described["columns"] if d == "geometry"))
    if ids is not None:
        frame.index = pd.Index(object_array(ids), dtype=described["index"])
    return frame


def check_finite(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse shapes with coordinates that are no numbers, which would poison every index.

    Raises
    ------
    InvalidInput
        If there are any; the message names them.
    """
    bounds = shapely.bounds(np.asarray(frame.geometry.values, dtype=object))
    held = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    bad = held & ~np.isfinite(bounds).all(axis=1)
    if bad.any():
        listed = [str(i) for i in frame.index[bad]]
        raise InvalidInput(
            f"{what}: shapes with coordinates that are no numbers: {first_ten(listed)}",
            f"{what}：图形坐标不是有效数字：{first_ten_zh(listed)}。",
        )
