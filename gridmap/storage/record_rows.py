"""Frames of records ⇄ columns of their tables: every value comes back as it was, of the same type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.errors import InvalidInput, MissingCrs, first_ten, first_ten_zh
from gridmap.model.records import record_keys
from gridmap.model.register import Column, Register
from gridmap.storage.frames import check_finite, ewkb, shapes_back, split_crs
from gridmap.storage.record_schema import stored_name
from gridmap.storage.rows import object_array

#: Column → its values, one a row.
Values = dict[str, list[Any]]

_WIRE: Final = {
    "count": "int8",
    "day": "date",
    "yes": "bool",
    "words": "text[]",
    "grids": "text[]",
    "place": "geometry",
}
_LISTS: Final = ("words", "grids")


def value_columns(register: Register) -> dict[str, str]:
    """The columns that hold what was recorded → their PostgreSQL types, in order; of points the CRS, too."""
    crs = {"srid": "int4", "crs": "text"} if register.place_column is not None else {}
    return crs | {stored_name(c): _WIRE.get(c.type, "text") for c in register.columns}


def record_values(register: Register, frame: pd.DataFrame) -> tuple[list[str], Values]:
    """The key of each record, and the columns of :func:`value_columns` as the database takes them; geometry as EWKB.

    Raises
    ------
    InvalidInput
        If a record stands twice, a text cannot be kept, a day lies outside of the years 1 to 9999, or a point has no
        finite coordinates.
    MissingCrs
        If there are points and nobody knows in which CRS.
    """
    columns: Values = {}
    for column in register.columns:
        if column.type == "place":
            columns |= _places(register, gpd.GeoDataFrame(frame))
        else:
            columns[stored_name(column)] = _plain(register, column, frame[column.name])
    keys = record_keys(register, {name: frame[name] for name in register.key})
    seen = pd.Index(keys)
    if not seen.is_unique:
        twice = list(dict.fromkeys(seen[seen.duplicated()]))
        raise InvalidInput(
            f"{register.title.en}: recorded twice: {first_ten(twice)}",
            f"{register.title.zh}：重复登记：{first_ten_zh(twice)}。",
        )
    return keys, columns


def records_frame(
    register: Register, keys: Sequence[str], columns: Mapping[str, Sequence[Any]], crs: CRS | None
) -> pd.DataFrame:
    """The frame of a register from what :func:`record_values` gave, as :func:`gridmap.model.records.make_records` does.

    It is not made by that function, since a name that was erased is blank.

    Parameters
    ----------
    register : Register
    keys : sequence of str
    columns : mapping of str to sequence
    crs : pyproj.CRS, optional
        The one that the points are wanted in; none is needed where there are no points.

    Raises
    ------
    InvalidInput
        If a point has no place in that CRS.
    """
    index = pd.Index(object_array(keys), dtype=object, name="record")
    data = {
        c.name: pd.Series(v, dtype=v.dtype, index=index)
        for c in register.columns
        if c.type != "place"
        for v in (_typed(c, columns[c.name]),)
    }
    frame: pd.DataFrame = pd.DataFrame(data, index=index)
    if register.place_column is None:
        return frame
    shapes = shapes_in_crs(columns["geom"], columns["crs"], crs) if crs is not None else object_array([])
    placed: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=crs))
    check_finite(gpd.GeoDataFrame(placed), register.title.en)
    return placed


def shapes_in_crs(values: Sequence[bytes], crs: Sequence[str], target: CRS) -> NDArray[np.object_]:
    """Shapes from EWKB, (n,), brought from the CRS of each into one; those that are in it already are not touched."""
    shapes, texts = shapes_back(values), object_array(crs)
    for text in dict.fromkeys(crs):
        own = CRS.from_user_input(text)
        if not own.equals(target):
            rows = texts == text
            shapes[rows] = gpd.GeoSeries(shapes[rows], crs=own).to_crs(target).to_numpy()
    return shapes


def _places(register: Register, frame: gpd.GeoDataFrame) -> Values:
    n = len(frame)
    if not n:
        return {"srid": [], "crs": [], "geom": []}
    if frame.crs is None:
        raise MissingCrs(
            f"{register.title.en}: nobody says in which CRS the places are; give it, as in EPSG:4490",
            f"{register.title.zh}：没有坐标系信息；请注明坐标系，例如 EPSG:4490。",
        )
    check_finite(frame, register.title.en)
    srid, text = split_crs(frame.crs)
    return {"srid": [srid] * n, "crs": [text] * n, "geom": ewkb(frame, srid).tolist()}


def _plain(register: Register, column: Column, values: pd.Series) -> list[Any]:
    if column.type == "count":
        return [None if v is pd.NA else int(v) for v in values.tolist()]
    if column.type == "yes":
        return [bool(v) for v in values.tolist()]
    if column.type == "day":
        days = values.to_numpy("datetime64[D]").astype(object).tolist()
        if any(type(d) is int for d in days):  # what numpy makes of a year that Python's calendar does not have
            raise InvalidInput(
                f"{register.title.en}, {column.name}: days lie in the years 1 to 9999",
                f"{register.title.zh}，「{column.title.zh}」：日期应在公元 1 至 9999 年之间。",
            )
        return days
    if column.type in _LISTS:
        lists = [list(v) for v in values]
        _check_text(register, column, [t for v in lists for t in v])
        return lists
    texts: list[Any] = values.tolist()
    _check_text(register, column, texts)
    return texts


def _check_text(register: Register, column: Column, texts: Sequence[str]) -> None:
    whole = "\n".join(texts)
    if "\0" in whole or not _is_unicode(whole):
        raise InvalidInput(
            f"{register.title.en}, {column.name}: a text holds a zero byte or half a character, which no database "
            "keeps; type it anew",
            f"{register.title.zh}，「{column.title.zh}」含有零字节或残缺字符，数据库无法保存；请重新录入。",
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _typed(column: Column, values: Sequence[Any]) -> Any:
    if column.type == "count":
        return pd.array(list(values), dtype="Int64")
    if column.type == "yes":
        return np.array(values, dtype=bool)
    if column.type == "day":
        return pd.array(np.array(values, dtype="datetime64[D]").astype("datetime64[s]"))
    return object_array([tuple(v) for v in values] if column.type in _LISTS else values)
