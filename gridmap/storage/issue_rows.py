"""Frames of issues ⇄ what the database takes and gives: text for COPY, facts as JSON, arrays of whole columns.

A million issues pass here, so nothing is done row by row that can be done a column at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.array import GeometryArray
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.errors import InvalidInput, MissingCrs, first_ten, first_ten_zh
from gridmap.model.issues import ISSUE_COLUMNS, Issues, make_issues
from gridmap.storage.frames import check_finite, shapes_back, split_crs
from gridmap.storage.issue_schema import COUNTED_BY_FOLD
from gridmap.storage.rows import object_array
from gridmap.storage.where import named_crs

#: The columns that are told as facts, without the place, in order.
FACTS: Final = tuple(n for n, kind in ISSUE_COLUMNS.items() if kind != "place" and n not in COUNTED_BY_FOLD)
#: The same in the order in which they are told: the step is never blank, and opens the object.
_TOLD: Final = ("step", *(n for n in FACTS if n != "step"))
#: Seconds from 1970 to 2000, where PostgreSQL begins to count.
_EPOCH: Final = 946_684_800
_QUOTE: Final = json.JSONEncoder(ensure_ascii=False).encode
#: What COPY reads as something else than itself.
_ESCAPES: Final = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_NULL: Final = "\\N"
#: Rows that are joined before others have a turn.
_TURN: Final = 1_000

Times = Mapping[str, list[str]]


class _Memo(dict[Any, str]):
    """What a function makes of a value, made once for each value."""

    def __init__(self, make: Callable[[Any], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: Any) -> str:
        made = self[value] = self._make(value)
        return made


@dataclass(frozen=True, eq=False)
class Coded:
    """Issues as text, one entry a row, in the order of the frame.

    Attributes
    ----------
    ids : list of str
    contents : list of str
        A sum of what each says, 32 hexadecimal digits: equal where nothing differs.
    facts : list of str
        JSON objects of what is known of each; blanks are left out.
    """

    ids: list[str]
    contents: list[str]
    facts: list[str]


def check_issues(issues: Issues) -> tuple[int, str]:
    """The SRID and the CRS of the places, as text; 0 and "" where there are none.

    Raises
    ------
    InvalidInput
        If an issue has no id or no time of report, a time lies outside of the years 1 to 9999, a count is negative, or
        a place is no point with finite coordinates.
    MissingCrs
        If there are places and nobody knows in which CRS.
    """
    frame = issues.frame
    blank = [str(i) for i in frame.index if not isinstance(i, str) or not i]
    if blank:
        raise InvalidInput(
            f"issues need an id that is a text; got {first_ten(blank)}",
            f"问题须有文字编号；得到 {first_ten_zh(blank)}。",
        )
    _refuse(frame, frame["reported_at"].isna(), "without a time of report, which every figure needs", "缺少上报时间")
    for name, kind in ISSUE_COLUMNS.items():
        if kind == "time":
            years = frame[name].dt.year
            _refuse(
                frame, (years < 1) | (years > 9999), f"{name} outside of the years 1 to 9999", f"{name} 超出年份范围"
            )
        elif kind == "count":
            _refuse(
                frame, (frame[name] < 0) | (frame[name] >= 2**31), f"{name} is no usable count", f"{name} 不是有效计数"
            )
    shapes = np.asarray(frame.geometry.values, dtype=object)
    held = ~shapely.is_missing(shapes)
    if not held.any():
        return 0, ""
    points = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
    _refuse(frame, held & ~points, "with a place that is no point", "位置不是点")
    if frame.crs is None:
        raise MissingCrs(
            "issues have places, but nobody says in which CRS; give it, as in EPSG:4490",
            "问题有位置，但没有坐标系信息；请注明坐标系，例如 EPSG:4490。",
        )
    check_finite(frame, "issues")
    return split_crs(frame.crs)


def _refuse(frame: pd.DataFrame, wrong: Any, en: str, zh: str) -> None:
    at = np.flatnonzero(np.asarray(wrong, dtype=bool))
    if len(at):
        ids = frame.index[at[:10]].tolist() + [""] * (len(at) - 10)
        raise InvalidInput(f"issues {en}: {first_ten(ids)}", f"问题{zh}：{first_ten_zh(ids)}。")


def time_texts(frame: gpd.GeoDataFrame) -> Times:
    """The times of issues as text, "" where there is none: column → (n,)."""
    return {name: _times(frame[name]) for name, kind in ISSUE_COLUMNS.items() if kind == "time"}


def coded(frame: gpd.GeoDataFrame, crs: str, times: Times, *, is_whole: bool = False) -> Coded:
    """Facts and content of each issue.

    Parameters
    ----------
    frame : GeoDataFrame
        As :func:`gridmap.model.issues.make_issues` makes it.
    crs : str
        Of its places.
    times : mapping of str to list of str
        :func:`time_texts` of the frame.
    is_whole : bool
        Also say what is blank: facts that replace others need that. The content is then not that of the same issue
        without.
    """
    parts = [
        _json_times(name, times[name], is_whole=is_whole)
        if name in times
        else _json_column(name, frame[name], is_whole=is_whole)
        for name in _TOLD
    ]
    parts.append(_json_places(frame, crs, is_whole=is_whole))
    facts = _joined("", parts)
    digests = [one.hexdigest() for one in map(_digest, facts)]
    return Coded(frame.index.tolist(), digests, facts)


def _joined(between: str, columns: Sequence[Sequence[str]]) -> list[str]:
    """The columns row by row, some rows at a time: no other thread has a turn before such a call is done."""
    rows: list[str] = []
    for begin in range(0, len(columns[0]), _TURN):
        rows += map(between.join, zip(*(c[begin : begin + _TURN] for c in columns), strict=True))
    return rows


def _digest(text: str) -> Any:
    return md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False)


def event_ids(ids: Iterable[str], contents: Iterable[str], bases: Iterable[str]) -> list[str]:
    """Ids of ``record`` events, 32 hexadecimal digits: of the issue, what it says and what it was built on ("")."""
    return [_digest(text).hexdigest() for text in map("\n".join, zip(ids, contents, bases, strict=True))]


def copy_columns(frame: gpd.GeoDataFrame, srid: int, times: Times) -> list[Sequence[str]]:
    """The columns :data:`FACTS` and the place as COPY takes them, each (n,)."""
    columns = [
        [t or _NULL for t in times[name]] if name in times else _copy_column(ISSUE_COLUMNS[name], frame[name])
        for name in FACTS
    ]
    shapes = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    codes = shapely.to_wkb(shapely.set_srid(shapes, srid), hex=True, include_srid=True)
    return [*columns, [code or _NULL for code in codes.tolist()]]


def copy_text(columns: Sequence[Sequence[str]]) -> bytes:
    """Columns as the text of COPY.

    Raises
    ------
    InvalidInput
        If a text holds a zero byte or half a character, which no database keeps.
    """
    text = "\n".join([*_joined("\t", columns), ""])
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = b"\0"
    if b"\0" in data:
        raise InvalidInput(
            "a text of an issue holds a zero byte or half a character, which no database keeps; type it anew",
            "问题的文字中含有零字节或残缺字符，数据库无法保存；请重新录入。",
        )
    return data


def escaped(texts: list[str]) -> list[str]:
    """Texts as COPY takes them."""
    return _escaped(texts, _ESCAPES)


def escaped_json(texts: list[str]) -> list[str]:
    """JSON as COPY takes it: of what needs care, only the backslash stands in it."""
    return _escaped(texts, _ESCAPES[:1])


def _escaped(texts: list[str], escapes: Sequence[tuple[str, str]]) -> list[str]:
    whole = "".join(texts)
    for sign, escape in escapes:
        if sign in whole:
            texts = [text.replace(sign, escape) for text in texts]
    return texts


def _copy_column(kind: str, column: pd.Series) -> list[str]:
    if kind == "count":
        return list(map(_Memo(str).__getitem__, column.tolist()))
    return escaped(column.tolist())


def _times(column: pd.Series) -> list[str]:
    values = column.to_numpy("datetime64[s]")
    texts: list[str] = np.datetime_as_string(values).tolist()
    for i in np.flatnonzero(np.isnat(values)).tolist():
        texts[i] = ""
    return texts


def _json_times(name: str, texts: list[str], *, is_whole: bool) -> list[str]:
    blank = f',"{name}":null' if is_whole else ""
    return [f',"{name}":"{t}"' if t else blank for t in texts]


def _json_column(name: str, column: pd.Series, *, is_whole: bool) -> list[str]:
    kind = ISSUE_COLUMNS[name]
    if name == _TOLD[0]:
        memo = _Memo(lambda v: f'{{"{name}":{_QUOTE(v)}')
    elif kind == "count":
        blank = f',"{name}":0' if is_whole else ""
        memo = _Memo(lambda v: f',"{name}":{v}' if v else blank)
    else:
        blank = f',"{name}":""' if is_whole else ""
        memo = _Memo(lambda v: f',"{name}":{_QUOTE(v)}' if v else blank)
    return list(map(memo.__getitem__, column.tolist()))


def _json_places(frame: gpd.GeoDataFrame, crs: str, *, is_whole: bool) -> list[str]:
    shapes = np.asarray(frame.geometry.values, dtype=object)
    blank = ',"place":null,"crs":""}' if is_whole else "}"
    end = f',"crs":{_QUOTE(crs)}}}'
    values = (shapely.is_missing(shapes), shapely.get_x(shapes), shapely.get_y(shapes))
    pairs = zip(*(v.tolist() for v in values), strict=True)
    return [blank if gone else f',"place":[{x!r},{y!r}]{end}' for gone, x, y in pairs]


def frame_of_facts(facts: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> tuple[gpd.GeoDataFrame, str]:
    """Issues from what events told of them, in the CRS of the first place, and that CRS as text.

    Raises
    ------
    InvalidInput
        If a place is no pair of numbers, is in another CRS than the others or in none that there is, or a step, tier
        or state of a place is none.
    """
    values: dict[str, list[Any]] = {}
    for name in FACTS:
        if name != "place_state":
            values[name] = [one.get(name) for one in facts]
    places = [_place(one, issue) for one, issue in zip(facts, ids, strict=True)]
    texts = list(
        dict.fromkeys(str(one.get("crs") or "") for one, p in zip(facts, places, strict=True) if p is not None)
    )
    if len(texts) > 1 or texts == [""]:
        raise InvalidInput(
            f"places of issues need one CRS, as in EPSG:4490; got {first_ten(texts) or 'none'}: {first_ten(ids)}",
            f"问题位置须有统一的坐标系，例如 EPSG:4490；得到 {first_ten_zh(texts)}：{first_ten_zh(ids)}。",
        )
    values["place_state"] = [
        one.get("place_state") or ("none" if p is None else "ok") for one, p in zip(facts, places, strict=True)
    ]
    table = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in values.items()})
    table["geometry"] = object_array(places)
    crs = texts[0] if texts else ""
    return make_issues(table, ids, named_crs(crs) if crs else None), crs


def _place(facts: Mapping[str, Any], issue: str) -> shapely.Point | None:
    pair = facts.get("place")
    if pair is None:
        return None
    is_pair = isinstance(pair, list | tuple) and len(pair) == 2
    if not is_pair or not all(isinstance(v, int | float) and np.isfinite(v) for v in pair):
        raise InvalidInput(
            f"issue {issue}: its place is [x, y], two numbers; got {pair!r}",
            f"问题 {issue}：位置应为 [x, y] 两个数；得到 {pair!r}。",
        )
    return shapely.Point(pair)


# --- out of the database --------------------------------------------------------------------------------------


def whole_column(name: str) -> str:
    """SQL that makes one value of a whole column: an array of texts, or the numbers in their binary form."""
    kind = ISSUE_COLUMNS[name]
    if kind == "time":
        return f"string_agg(timestamp_send(coalesce({name}, '-infinity')), '')"
    return f"string_agg(int8send({name}::bigint), '')" if kind == "count" else f"array_agg({name})"


#: SQL of the places as whole columns: EWKB, CRS. A cast, since PostGIS may lie in a schema that nobody looks in.
WHOLE_PLACES: Final = ("array_agg(geom::bytea)", "array_agg(crs)")


def column_back(name: str, value: Any) -> NDArray[Any]:
    """A column from what :func:`whole_column` made of it."""
    kind = ISSUE_COLUMNS[name]
    if kind == "time":
        micros = np.frombuffer(value, dtype=">i8").astype(np.int64)
        seconds = micros // 1_000_000 + _EPOCH
        seconds[micros == np.iinfo(np.int64).min] = np.iinfo(np.int64).min
        return seconds.view("datetime64[s]")
    return np.frombuffer(value, dtype=">i8").astype(np.int64) if kind == "count" else object_array(value)


def places_back(geom: Sequence[bytes | None], crs: Sequence[str], target: CRS | None) -> NDArray[np.object_]:
    """Points from :data:`WHOLE_PLACES`, (n,), brought from the CRS of each into one."""
    shapes = shapes_back(geom)
    for text in sorted(set(crs) - {""}):
        own = CRS.from_user_input(text)
        if target is not None and not own.equals(target):
            rows = object_array(crs) == text
            shapes[rows] = gpd.GeoSeries(shapes[rows], crs=own).to_crs(target).to_numpy()
    return shapes


def issues_back(
    ids: Sequence[str], columns: Mapping[str, NDArray[Any]], shapes: NDArray[np.object_], crs: CRS | None
) -> gpd.GeoDataFrame:
    """The frame as :func:`gridmap.model.issues.make_issues` makes it, of columns that need no second look."""
    index = pd.Index(object_array(ids), dtype=object, name="issue")
    data = {
        name: pd.Series(columns[name], index=index, dtype=columns[name].dtype)
        for name, kind in ISSUE_COLUMNS.items()
        if kind != "place"
    }
    geometry = gpd.GeoSeries(GeometryArray(shapes, crs=crs), index=index)
    return gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=geometry)
