"""What a town keeps about its grids: one frame a register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.register import Column, Register
from gridmap.model.registers import REGISTERS

#: Between the parts of a record's key.
KEY_SEPARATOR: Final = " / "
_TEXTS: Final = ("text", "word", "grid", "jurisdiction")
_LISTS: Final = ("words", "grids")


@dataclass(frozen=True, eq=False)
class Records:
    """The registers of a town as they were read or loaded.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Name of a register → its records, as :func:`make_records` makes them; ``point`` is a GeoDataFrame. A register
        that is not there was never recorded, which is not the same as one without records.
    is_synthetic : bool
        True when the records are made up; whatever shows them says so.

    Raises
    ------
    InvalidInput
        If a register is unknown, or a frame has other columns.
    """

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    is_synthetic: bool = False

    def __post_init__(self) -> None:
        for name, frame in self.frames.items():
            if name not in REGISTERS:
                raise InvalidInput(f"no register is called {name!r}; there are {', '.join(REGISTERS)}")
            wanted = [c.name for c in REGISTERS[name].columns]
            if list(frame.columns) != wanted:
                raise InvalidInput(f"records of {name} need the columns {wanted}; got {list(frame.columns)}")

    def of(self, register: str) -> pd.DataFrame:
        """The records of a register; no rows where it was never recorded.

        Raises
        ------
        KeyError
            If there is no such register.
        """
        if register in self.frames:
            return self.frames[register]
        return make_records(REGISTERS[register], {})

    def has(self, register: str) -> bool:
        """Whether the register was ever recorded."""
        return register in self.frames

    @property
    def points(self) -> gpd.GeoDataFrame:
        """The points, in their CRS."""
        frame = self.of("point")
        assert isinstance(frame, gpd.GeoDataFrame)
        return frame

    def without_people(self) -> Records:
        """The same without names and telephone numbers."""
        return Records({k: v for k, v in self.frames.items() if k != "person"}, self.is_synthetic)


def make_records(
    register: Register, values: pd.DataFrame | Mapping[str, Sequence[Any]], crs: object = None
) -> pd.DataFrame:
    """Records of a register with its columns in order, each of its type; the index holds their keys.

    Text columns are text ("" where blank), counts ``Int64`` (<NA>), days ``datetime64[s]`` (NaT), yes-or-no ``bool``
    (False), ``words`` and ``grids`` tuples of text.

    Parameters
    ----------
    register : Register
    values : DataFrame or mapping of str to sequence
        Columns that are absent are blank. Days may be dates, timestamps or ISO text.
    crs : CRS, optional
        Of the points, where `values` is no GeoDataFrame.

    Raises
    ------
    InvalidInput
        If a column is unknown, a needed value is blank, a word is none of its choices, a value is not of its type, or
        a key stands twice.
    """
    table = values if isinstance(values, pd.DataFrame) else pd.DataFrame(dict(values))
    known = {c.name for c in register.columns}
    strangers = [str(c) for c in table.columns if c not in known]
    if strangers:
        raise InvalidInput(
            f"{register.title.en}: no column is called {first_ten(strangers)}; there are {', '.join(sorted(known))}",
            f"{register.title.zh}：没有列 {first_ten_zh(strangers)}。",
        )
    data = {c.name: _typed(register, c, table) for c in register.columns}
    keys = record_keys(register, data)
    index = pd.Index(keys, dtype=object, name="record")
    if not index.is_unique:
        twice = list(dict.fromkeys(index[index.duplicated()]))
        raise InvalidInput(
            f"{register.title.en}: recorded twice: {first_ten(twice)}",
            f"{register.title.zh}：重复登记：{first_ten_zh(twice)}。",
        )
    place = register.place_column
    shapes = data.pop(place) if place is not None else None
    # Series of a stated type: left to itself, pandas makes other text columns of empty and of full ones
    columns = {k: pd.Series(v, dtype=v.dtype, index=index) for k, v in data.items()}
    frame: pd.DataFrame = pd.DataFrame(columns, index=index)
    if shapes is None:
        return frame
    own = getattr(table, "crs", None)
    places = gpd.GeoSeries(shapes, index=index, crs=own if own is not None else crs)
    result: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=places)
    return result


def record_keys(register: Register, data: Mapping[str, Any]) -> list[str]:
    """The key of each record: the texts of its key columns, joined; days as ISO."""
    parts: list[list[str]] = []
    for name in register.key:
        if register.column(name).type == "day":
            parts.append(["" if pd.isna(v) else str(v)[:10] for v in pd.Series(data[name])])
        else:
            parts.append([str(v) for v in data[name]])
    return [KEY_SEPARATOR.join(key) for key in zip(*parts, strict=True)]


def is_current(frame: pd.DataFrame, day: date, *, since: str, until: str) -> pd.Series:
    """Whether each record holds on a day: from `since` (blank: ever) up to, but not on, `until` (blank: for ever)."""
    at = pd.Timestamp(day)
    return (frame[since].isna() | (frame[since] <= at)) & (frame[until].isna() | (frame[until] > at))


def _typed(register: Register, column: Column, table: pd.DataFrame) -> Any:
    n = len(table)
    if column.name not in table:
        given: list[Any] = [None] * n
    else:
        given = table[column.name].tolist()
    if column.is_needed:
        _check_given(register, column, given)
    try:
        return _converted(column, given)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{register.title.en}, {column.name}: not a {column.type}: {error}",
            f"{register.title.zh}，「{column.title.zh}」的值不合要求：{error}。",
        ) from error


def _converted(column: Column, given: list[Any]) -> Any:
    if column.type == "place":
        return np.array([None if _is_blank(v) else v for v in given], dtype=object)
    if column.type == "count":
        if any(not _is_blank(v) and v < 0 for v in given):
            raise InvalidInput("a count is not negative", "数量不能为负")
        return pd.array([pd.NA if _is_blank(v) else v for v in given], dtype="Int64")
    if column.type == "day":
        days = [None if _is_blank(v) else v for v in given]
        return pd.to_datetime(pd.Series(days, dtype=object), format="ISO8601").astype("datetime64[s]").array
    if column.type == "yes":
        return np.array([False if _is_blank(v) else bool(v) for v in given], dtype=bool)
    if column.type in _LISTS:
        return _objects([() if _is_blank(v) else tuple(str(x) for x in v) for v in given])
    texts = ["" if _is_blank(v) else str(v) for v in given]
    if column.choices is not None:
        wrong = sorted({t for t in texts if t and t not in column.choices})
        if wrong:
            raise InvalidInput(f"{first_ten(wrong)}; allowed: {', '.join(column.choices)}")
    return _objects(texts)


def _check_given(register: Register, column: Column, given: list[Any]) -> None:
    n = sum(_is_blank(v) for v in given)
    if n:
        raise InvalidInput(
            f"{register.title.en}: {n} records have no {column.name}",
            f"{register.title.zh}：{n} 条记录没有填「{column.title.zh}」。",
        )


def _is_blank(value: Any) -> bool:
    if value is None or (isinstance(value, str | tuple | list) and not len(value)):
        return True
    if isinstance(value, shapely.Geometry):
        return bool(shapely.is_empty(value))
    return not isinstance(value, tuple | list) and bool(pd.isna(value))


def _objects(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
