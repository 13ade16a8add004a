"""Tracks of receivers, layers and tables become patrols: ways on the ground, with an id of a person, never a name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.data.crs import WGS84, convert_datum
from gridmap.data.datum import Datum
from gridmap.data.private_numbers import without_numbers
from gridmap.data.tracks_files import Raw, read_raw
from gridmap.data.tracks_places import datum_notes, exchanged
from gridmap.data.tracks_times import read_zoned_times
from gridmap.data.tracks_ways import FARTHEST_M, FASTEST_KMH, in_order, make_ways, split_at_pauses
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.patrols import PATROL_COLUMNS, Patrols, make_patrols
from gridmap.model.text import Text

#: Columns of ``TrackIntake.errors`` in order.
ERROR_COLUMNS: Final = ("cell", "column", "value", "message_zh", "message_en", "severity")
#: A patrol that lasts longer is none: its number is that of a person or a device.
LONGEST_HOURS: Final = 24
_ID: Final = re.compile(r"(?=.*\d)[A-Za-z0-9._/-]+")
_CODE: Final = re.compile(r"\d{15}")

Said = list[tuple[str, str, str, Text]]


@dataclass(frozen=True, eq=False)
class TrackIntake:
    """What a file of patrols gave.

    Attributes
    ----------
    patrols : Patrols or None
        None where there is any error and rows with errors were not to be left out.
    errors : pandas.DataFrame
        One row a thing that is wrong: columns cell (``轨迹.xlsx:巡查!5``), column, value, message_zh, message_en,
        severity (error).
    notes : tuple of Text
        What was cut, left out or made.
    counts : mapping of str to int
        ``patrols``, ``positions`` (both as read), ``jumps`` (places where a way was cut).
    """

    patrols: Patrols | None
    errors: pd.DataFrame
    notes: tuple[Text, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def read_tracks(
    path: str | Path,
    *,
    crs: CRS | str,
    places: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    grids: Sequence[str] = (),
    people: Mapping[str, str] | None = None,
    datum: Datum | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    hours_ahead: float = 8.0,
    leave_out: bool = False,
    is_synthetic: bool = False,
) -> TrackIntake:
    """Read patrols.

    Parameters
    ----------
    path : str or Path
        ``.gpx`` (each track is a patrol), a layer of lines (each line is a patrol) or of points, or a table of
        positions (``.csv``, ``.xlsx``, ``.xls``), which become patrols by their number, or else by person and pauses
        of more than 30 minutes.
    crs : CRS or str
        Of the patrols that come out, in metres.
    places : geopandas.GeoDataFrame, optional
        The town's jurisdictions, in any CRS: patrols that touch none are left out.
    roads : geopandas.GeoDataFrame, optional
        The town's roads, in any CRS: by them a shifted datum is told.
    grids : sequence of str
        Codes of grids: other texts in a column of grids are not taken in. Without any, what looks like a code is.
    people : mapping of str to str, optional
        Name → id of a person. Names are turned into ids; a name that is not here becomes "" and is kept nowhere.
    datum : {"gcj02", "bd09"}, optional
        Datum of the coordinates where they came from a web map; without it they are WGS-84 or CGCS2000.
    encoding, sheet : str, optional
        Encoding of a CSV file or shapefile; the sheet of a workbook.
    hours_ahead : float
        Hours by which the town's civil time is ahead of UTC: for times with a zone, as in GPX.
    leave_out : bool
        Whether positions and patrols with errors are left out; else nothing is read where there is any.
    is_synthetic : bool
        Whether the patrols are made up.

    Returns
    -------
    TrackIntake

    Raises
    ------
    RefusedSource
        If the file is of a kind that is not opened.
    MissingProgram
        If a GeoParquet file is given and pyarrow is not installed.
    MissingCrs
        If a layer says no CRS.
    InvalidInput
        If the file, the sheet or a needed column is missing or damaged, `datum` is another word, or no patrol touches
        the town.

    Notes
    -----
    A patrol without a number gets one of its times and positions, so that the same file read again gives the same
    patrols. Ways are cut where a step is faster than 40 km/h or longer than 500 m.
    """
    raw = read_raw(path, encoding=encoding, sheet=sheet)
    desk = _Desk(Path(str(path)).name, CRS.from_user_input(crs), list(raw.notes))
    ways, positions = _read_when(raw, desk, hours_ahead)
    n_read = len(positions)
    ways["id"] = _ids(ways, positions, people or {}, desk)
    positions = _placed(positions, raw.crs, datum, places, desk)
    if datum is None and roads is not None:
        desk.notes += datum_notes(positions, roads, desk.crs)
    made = make_ways(positions, len(ways))
    n_jumps = int(made.n_jumps.sum())
    if n_jumps:
        desk.notes.append(_jumps(n_jumps, int((made.n_jumps > 0).sum()), made.jumped_m))
    kept = _kept(ways.assign(geometry=made.lines), places, desk)
    errors = pd.DataFrame([(c, k, v, *t, "error") for c, k, v, t in desk.said], columns=list(ERROR_COLUMNS))
    counts = {"patrols": len(ways), "positions": n_read, "jumps": n_jumps}
    if desk.said and not leave_out:
        return TrackIntake(None, errors, tuple(desk.notes), counts)
    values: dict[str, Any] = {c: kept[c].tolist() for c in PATROL_COLUMNS if c not in ("grid", "member")}
    values |= {"grid": _grids(kept, grids, desk), "member": _members(kept, people or {}, desk)}
    frame = make_patrols(values, kept["id"].tolist(), desk.crs)
    return TrackIntake(Patrols(frame, is_synthetic), errors, tuple(desk.notes), counts)


@dataclass
class _Desk:
    """What is at hand: the file's name, the CRS that is wanted, what has been said so far."""

    name: str
    crs: CRS
    notes: list[Text] = field(default_factory=list)
    said: Said = field(default_factory=list)

    def note(self, zh: str, en: str) -> None:
        self.notes.append(Text(f"{self.name}：{zh}", f"{self.name}: {en}"))


# --- when -----------------------------------------------------------------------------------------------------------


def _read_when(raw: Raw, desk: _Desk, hours_ahead: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ways with begin and end, and their positions in order; what has no usable time or place is an error."""
    ways, positions = raw.ways.copy(), raw.positions
    if not raw.of_positions:
        for column in ("started_at", "ended_at"):
            written = ways[column]
            ways[column] = read_zoned_times(written, hours_ahead)
            wrong = ways[column].isna() & ((written != "") | (column == "started_at"))
            _say_times(desk, ways["cell"], raw.headings.get(column, ""), written, wrong)
        positions = positions.assign(at=np.datetime64("NaT", "s"))
        return _checked(ways, positions, desk)
    at = pd.Series(read_zoned_times(positions["at"], hours_ahead), index=positions.index)
    _say_times(desk, positions["cell"], raw.headings.get("at", ""), positions["at"], at.isna())
    bad_xy = ~np.isfinite(positions[["x", "y"]].to_numpy(np.float64)).all(axis=1)
    for row in np.flatnonzero(bad_xy):
        what = Text(
            "没有可用的坐标；经度、纬度请写成 121.3461、30.7412 的形式",
            "has no usable coordinates; write longitude and latitude like 121.3461, 30.7412",
        )
        desk.said.append((str(positions["cell"].iloc[row]), raw.headings.get("longitude", ""), "", what))
    positions = positions.assign(at=at)[~(at.isna() | bad_xy)]
    is_open = (ways["patrol"] == "").to_numpy(np.bool_)
    positions = in_order(positions)
    way, old = split_at_pauses(positions, is_open)
    positions = positions.assign(way=way)
    ways = ways.iloc[old].reset_index(drop=True)
    times = positions.groupby("way")["at"]
    ways["started_at"], ways["ended_at"] = times.min().to_numpy(), times.max().to_numpy()
    return _checked(ways, positions, desk)


def _say_times(desk: _Desk, cells: pd.Series, heading: str, written: pd.Series, wrong: pd.Series) -> None:
    blank = Text("没有时间；请补填，例如 2020-02-05 09:30", "has no time; fill it in, as 2020-02-05 09:30")
    for cell, value in zip(cells[wrong], written[wrong], strict=True):
        no_time = Text(
            f"「{value}」不是时间；请写成 2020-02-05 09:30 的形式",
            f"{value!r} is no time; write it like 2020-02-05 09:30",
        )
        desk.said.append((str(cell), heading, str(value), no_time if value else blank))


def _checked(ways: pd.DataFrame, positions: pd.DataFrame, desk: _Desk) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ways that can be: they begin, end afterwards, and within a day."""
    lasts = ways["ended_at"] - ways["started_at"]
    backwards, endless = lasts < pd.Timedelta(0), lasts > pd.Timedelta(hours=LONGEST_HOURS)
    for row in np.flatnonzero(backwards | endless):
        begin, end = ways["started_at"].iloc[row], ways["ended_at"].iloc[row]
        what = (
            Text(
                f"结束时间 {end} 早于开始时间 {begin}；请核对",
                f"ends at {end}, before it begins at {begin}; please check",
            )
            if backwards.iloc[row]
            else Text(
                f"一次巡查从 {begin} 到 {end}，超过 {LONGEST_HOURS} 小时；请核对巡查编号是否为每次一个",
                f"one patrol from {begin} to {end}, over {LONGEST_HOURS} hours; does each patrol have its own number?",
            )
        )
        desk.said.append((str(ways["cell"].iloc[row]), "", str(ways["patrol"].iloc[row]), what))
    good = ~(backwards | endless | ways["started_at"].isna()).to_numpy(np.bool_)
    number = np.cumsum(good) - 1
    way = positions["way"].to_numpy(np.int64)
    positions = positions.assign(way=number[way])[good[way]].reset_index(drop=True)
    return ways[good].reset_index(drop=True), positions


# --- who, which -----------------------------------------------------------------------------------------------------


def _ids(ways: pd.DataFrame, positions: pd.DataFrame, people: Mapping[str, str], desk: _Desk) -> list[str]:
    """The patrol's own number, else one made of its times and positions as the file has them (to 0.1 m).

    A number that holds the name of a known person, or is one of a telephone, is replaced too: they are kept nowhere.
    """
    named = [without_numbers(t) != t or any(name and name in t for name in people) for t in ways["patrol"]]
    if any(named):
        n = sum(named)
        desk.note(
            f"{n} 个巡查编号中有姓名或手机号，已换成新编号。",
            f"{n} numbers of patrols hold names or telephone numbers and were replaced",
        )
    xy = np.round(positions[["x", "y"]].to_numpy(np.float64), 6)
    ends = np.searchsorted(positions["way"].to_numpy(np.int64), np.arange(len(ways) + 1))
    out = []
    for i, (own, begin, end) in enumerate(ways[["patrol", "started_at", "ended_at"]].itertuples(index=False)):
        digest = hashlib.sha256(f"{begin}\x1f{end}\x1f".encode() + xy[ends[i] : ends[i + 1]].tobytes())
        out.append(own if own and not named[i] else f"patrol-{digest.hexdigest()[:16]}")
    return out


def _members(ways: pd.DataFrame, people: Mapping[str, str], desk: _Desk) -> list[str]:
    """Ids of people: one that the file has, or that of the name; "" for others."""
    known = set(people.values())
    out = []
    for number, name in zip(ways["member_id"], ways["member"], strict=True):
        is_id = number in known or (not known and _ID.fullmatch(number) and without_numbers(number) == number)
        found = number if is_id else ""
        out.append(found or people.get(number, "") or people.get(name, "") or (name if name in known else ""))
    n = sum(not m and bool(a or b) for m, a, b in zip(out, ways["member_id"], ways["member"], strict=True))
    if n:
        desk.note(
            f"{n} 次巡查的人员不在人员台账中（或有同名）：不记人员。",
            f"the walkers of {n} patrols are not on the roster, or two have one name: these are kept without a person",
        )
    return out


def _grids(ways: pd.DataFrame, grids: Sequence[str], desk: _Desk) -> list[str]:
    """Codes that are known, or look like one where none are known; "" for others."""
    known = set(grids) or {g for g in ways["grid"] if _CODE.fullmatch(g)}
    unknown = sorted({g for g in ways["grid"] if g and g not in known})
    if unknown:
        desk.note(
            f"以下网格不在方案中，不予记录：{first_ten_zh(unknown)}。覆盖情况按轨迹位置计算，不受影响。",
            f"no grids of the plan, not taken in: {first_ten(unknown)}; coverage goes by the way itself",
        )
    return [g if g in known else "" for g in ways["grid"]]


# --- where ----------------------------------------------------------------------------------------------------------


def _placed(
    positions: pd.DataFrame, crs: CRS | None, datum: Datum | None, places: gpd.GeoDataFrame | None, desk: _Desk
) -> pd.DataFrame:
    """The positions in metres of the wanted CRS, the shift of a web map undone."""
    xy = positions[["x", "y"]].to_numpy(np.float64)
    if crs is None:
        lon_lat = bool((np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 180).all())
        crs = WGS84 if lon_lat else desk.crs
        rows = exchanged(xy, places) if lon_lat else np.zeros(0, dtype=np.int64)
        if len(rows):
            xy = xy.copy()
            xy[rows] = xy[rows, ::-1]
            desk.note(
                f"{len(rows):,} 个位置的经度和纬度填反了，已按互换后的位置读取。",
                f"{len(rows):,} positions have longitude and latitude exchanged; read the other way",
            )
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=crs)
    if datum is not None:
        frame = convert_datum(frame, datum)
    there = shapely.get_coordinates(frame.to_crs(desk.crs).geometry.values)
    positions = positions.assign(x=there[:, 0], y=there[:, 1])
    good = np.isfinite(there).all(axis=1)
    if not good.all():
        n = int((~good).sum())
        desk.note(
            f"{n:,} 个位置的坐标不在坐标系范围内，不予使用；请核对坐标列。",
            f"{n:,} positions have coordinates that their CRS does not know and are not used; check their columns",
        )
    return positions.iloc[np.flatnonzero(good)].reset_index(drop=True)


def _jumps(n: int, n_ways: int, cut_m: float) -> Text:
    return Text(
        f"{n_ways} 次巡查有 {n} 处跳点（快于 {FASTEST_KMH:.0f} km/h，或两点相距超过 {FARTHEST_M:.0f} 米），"
        f"已断开，跳过的 {cut_m / 1000:,.1f} km 不计入。",
        f"{n_ways} patrols jump in {n} places (faster than {FASTEST_KMH:.0f} km/h, or over {FARTHEST_M:.0f} m in one "
        f"step); they are cut there, and {cut_m / 1000:,.1f} km are not counted",
    )


def _kept(ways: pd.DataFrame, places: gpd.GeoDataFrame | None, desk: _Desk) -> pd.DataFrame:
    """Patrols with a way, in the town, each once."""
    lines = ways["geometry"].to_numpy(object)
    no_way = np.asarray(shapely.is_missing(lines), dtype=np.bool_)
    if no_way.any():
        n = int(no_way.sum())
        desk.note(
            f"{n} 次巡查没有走动（不足两个可用的位置，或只有跳点），不记录。",
            f"{n} patrols have no way (fewer than two usable positions, or only jumps) and are left out",
        )
    outside = np.zeros(len(ways), dtype=np.bool_)
    if places is not None:
        town = shapely.union_all(np.asarray(places.to_crs(desk.crs).geometry.values, dtype=object))
        shapely.prepare(town)
        outside = ~no_way & ~shapely.intersects(town, lines)
        if outside.any() and outside.sum() == (~no_way).sum():
            raise InvalidInput(
                f"{desk.name}: no patrol touches the town; check the coordinates and their CRS, or add --datum gcj02",
                f"{desk.name}：没有一次巡查经过本镇；请核对坐标和坐标系，或加 --datum gcj02。",
            )
    if outside.any():
        n = int(outside.sum())
        desk.note(f"{n} 次巡查全部在本镇以外，不记录。", f"{n} patrols lie wholly outside the town and are left out")
    kept = ways.loc[np.flatnonzero(~(no_way | outside))]
    again = kept["id"].duplicated().to_numpy(np.bool_)
    if again.any():
        made = again & (kept["patrol"] == "").to_numpy(np.bool_)
        for row in np.flatnonzero(again & ~made):
            what = Text(
                "巡查编号重复；每次巡查须有自己的编号", "the number of the patrol stands twice; each needs its own"
            )
            desk.said.append((str(kept["cell"].iloc[row]), "", str(kept["id"].iloc[row]), what))
        if made.any():
            n = int(made.sum())
            desk.note(
                f"{n} 次巡查与另一次时间、路线完全相同，只记一次。", f"{n} patrols are the same as another; read once"
            )
    return kept.iloc[np.flatnonzero(~again)].reset_index(drop=True)
