"""Where issues are: coordinates of columns or layers, which of them can be used, and in which datum they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gridmap.data.crs import DATUM_MARGIN, WGS84, convert_datum, guess_datum, require_crs
from gridmap.data.datum import FORWARD, SHIFTED_AREA, Datum, to_wgs84
from gridmap.data.issues_tables import Written
from gridmap.data.records_points import MARGIN_M, read_coordinate, split_pair
from gridmap.data.records_values import is_nothing
from gridmap.errors import InvalidInput
from gridmap.model.text import Text

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: A place this far outside every jurisdiction still counts as inside, metres: borders are drawn, places are measured.
NEAR_M: Final = 50.0
#: One place of at least so many issues, and this share of those with a place, may be a default of the platform, where
#: it has so many times what the busiest other place has. Our decisions; docs/decisions/issue-import.md.
DEFAULT_ISSUES: Final = 50
DEFAULT_SHARE: Final = 0.01
DEFAULT_TIMES: Final = 5.0
#: A datum is tested on at least so many places, and on a part of more than so many.
_LEAST_TESTED: Final = 20
_MOST_TESTED: Final = 20_000
#: Read in another datum so many more of the tested places must fit, and this share of all.
_LEAST_MORE: Final = 3
_LEAST_FIT: Final = 0.6
_DATUM_NAMES: Final = {"wgs84": "WGS-84", "gcj02": "GCJ-02（高德、腾讯）", "bd09": "BD-09（百度）"}


class DefaultPlace(NamedTuple):
    """A place that a platform puts in where none is known.

    Attributes
    ----------
    lon, lat : float
        Degrees, WGS-84.
    n : int
        Issues on it.
    first : tuple of str
        The first three of them.
    """

    lon: float
    lat: float
    n: int
    first: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """The town that issues are placed in.

    Attributes
    ----------
    places : geopandas.GeoDataFrame
        Jurisdictions, index code.
    crs : CRS
        Of the places that come out, in metres.
    datum : {"gcj02", "bd09"} or None
        Of the coordinates, where the user says so.
    """

    places: gpd.GeoDataFrame
    crs: CRS
    datum: Datum | None

    @property
    def box(self) -> Floats:
        """West, south, east, north of the town with a margin, in `crs`."""
        bounds = np.asarray(self.places.to_crs(self.crs).total_bounds, dtype=np.float64)
        widened: Floats = bounds + np.array([-MARGIN_M, -MARGIN_M, MARGIN_M, MARGIN_M])
        return widened

    def is_inside(self, xy: Floats) -> Bools:
        """Whether each place, (n, 2) in `crs`, lies in the town or within :data:`NEAR_M` of it."""
        town = shapely.union_all(self.places.to_crs(self.crs).geometry.values).buffer(NEAR_M)
        shapely.prepare(town)
        inside: Bools = shapely.intersects_xy(town, xy[:, 0], xy[:, 1])
        return inside


@dataclass(frozen=True, eq=False)
class Placed:
    """The places of issues.

    Attributes
    ----------
    xy : ndarray of float, (n, 2)
        In the CRS of the ground; NaN where there is none.
    state : ndarray of str, (n,)
        Key of :data:`gridmap.model.issues.PLACE_STATES`.
    wrong : ndarray of int
        Rows whose coordinates are written and are none.
    swapped : ndarray of int
        Rows in which x and y stood in each other's place.
    """

    xy: Floats
    state: NDArray[np.object_]
    wrong: NDArray[np.int64]
    swapped: NDArray[np.int64]

    def points(self) -> NDArray[np.object_]:
        """One point a row, None where there is none, (n,)."""
        shapes = np.full(len(self.xy), None, dtype=object)
        known = np.isfinite(self.xy).all(axis=1)
        shapes[known] = shapely.points(self.xy[known])
        return shapes


def place_issues(written: Written, ground: Ground) -> Placed:
    """The place of each issue, and what is known of it.

    Coordinates are degrees of WGS-84 or CGCS2000 (of the datum of `ground` where it has one), or metres in its CRS
    where the numbers are no degrees. What lies outside the town as it is and inside with x and y exchanged is
    exchanged. A place of very many issues (:data:`DEFAULT_ISSUES` and the two after it) is a default.

    Raises
    ------
    MissingCrs
        If a layer has no CRS.
    InvalidInput
        If the CRS of a layer does not fit its numbers, or the datum is another word.
    """
    if ground.datum is not None and ground.datum not in get_args(Datum):
        raise InvalidInput(
            f"a datum is gcj02 or bd09; got {ground.datum!r}", f"--datum 只能是 gcj02 或 bd09；得到 {ground.datum!r}。"
        )
    nobody = np.zeros(0, dtype=np.int64)
    if written.layer is not None:
        given, wrong, swapped = _of_layer(written.layer, ground), nobody, nobody
        xy = given
    else:
        given, wrong = _numbers(written)
        xy, swapped = _in_metres(given, ground)
    known = np.asarray(np.isfinite(xy).all(axis=1))
    state = np.full(len(xy), "none", dtype=object)
    state[known] = "outside"
    state[np.flatnonzero(known)[ground.is_inside(xy[known])]] = "ok"
    state[known & _is_default(given, known)] = "default"
    return Placed(xy, state, wrong, swapped)


def _of_layer(layer: gpd.GeoDataFrame, ground: Ground) -> Floats:
    frame = require_crs(layer, "layer")
    if ground.datum is not None:
        frame = convert_datum(frame, ground.datum)
    shapes = np.asarray(frame.to_crs(ground.crs).geometry.values, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    xy = np.full((len(shapes), 2), np.nan)
    xy[there] = shapely.get_coordinates(shapely.point_on_surface(shapes[there]))
    return xy


def _numbers(written: Written) -> tuple[Floats, NDArray[np.int64]]:
    """Coordinates as they are written, (n, 2); NaN where blank, 0 or unusable; and the unusable rows."""
    if {"longitude", "latitude"} <= written.has:
        texts = [written.texts("longitude"), written.texts("latitude")]
    elif "coordinates" in written.has:
        pairs = [split_pair(t) for t in written.texts("coordinates")]
        texts = [np.fromiter((p[i] for p in pairs), dtype=object, count=len(pairs)) for i in (0, 1)]
    else:
        return np.full((len(written), 2), np.nan), np.zeros(0, dtype=np.int64)
    read = [_column(t) for t in texts]
    xy = np.column_stack([numbers for numbers, _ in read])
    wrong = np.flatnonzero(read[0][1] | read[1][1])
    xy[~(np.isfinite(xy) & (np.abs(xy) > 1e-6)).all(axis=1)] = np.nan
    return xy, wrong


def _column(texts: NDArray[np.object_]) -> tuple[Floats, Bools]:
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64, copy=True)
    wrong = np.zeros(len(texts), dtype=bool)
    rest = np.flatnonzero(~np.isfinite(numbers))
    codes, words = pd.factorize(texts[rest])
    read = [None if _says_nothing(w) else read_coordinate(w) for w in words]
    numbers[rest] = np.array([np.nan if r is None else r for r in read] + [0.0])[:-1][codes]
    bad = [r is None and not _says_nothing(w) for w, r in zip(words, read, strict=True)]
    wrong[rest] = np.array([*bad, False])[:-1][codes]
    return numbers, wrong


def _says_nothing(text: str) -> bool:
    return is_nothing(text) or text.casefold() in ("nan", "null")


def _in_metres(given: Floats, ground: Ground) -> tuple[Floats, NDArray[np.int64]]:
    """Coordinates in the CRS of the ground, and the rows whose x and y were exchanged."""
    box = ground.box
    xy = _converted(given, ground, box)
    rest = np.flatnonzero(np.isfinite(given).all(axis=1) & ~_in_box(xy, box))
    if not len(rest):
        return xy, rest
    other = _converted(given[rest][:, ::-1], ground, box)
    better = _in_box(other, box)
    swapped = rest[better]
    xy[swapped] = other[better]
    return xy, swapped


def _in_box(xy: Floats, box: Floats) -> Bools:
    west, south, east, north = box
    inside = (xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north)
    return np.asarray(inside, dtype=np.bool_)


def _converted(given: Floats, ground: Ground, box: Floats) -> Floats:
    """Degrees as metres; numbers that are no degrees are metres already; NaN where there is no such place."""
    out = np.array(given, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        degrees = np.flatnonzero((np.abs(given[:, 0]) <= 180) & (np.abs(given[:, 1]) <= 90))
    lon, lat = given[degrees].T
    if ground.datum is not None:
        lon, lat = to_wgs84(lon, lat, ground.datum)
        metres = np.setdiff1d(np.flatnonzero(_in_box(given, box + np.array([-1, -1, 1, 1]) * MARGIN_M)), degrees)
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*given[metres].T), crs=ground.crs)
        out[metres] = shapely.get_coordinates(convert_datum(frame, ground.datum).geometry.values)
    ahead = Transformer.from_crs(WGS84, ground.crs, always_xy=True)
    out[degrees] = np.column_stack(ahead.transform(lon, lat))
    out[~np.isfinite(out).all(axis=1)] = np.nan
    return out


def _is_default(given: Floats, known: Bools) -> Bools:
    """Whether each issue stands on a place of very many, far more than any other place has."""
    out = np.zeros(len(given), dtype=bool)
    rows = np.flatnonzero(known)
    if len(rows) < DEFAULT_ISSUES:
        return out
    code, _ = pd.factorize(given[rows, 0] + 1j * given[rows, 1])
    n = np.bincount(code)
    order = np.argsort(-n, kind="stable")
    ranked = np.append(n[order], 0)
    many = ranked[:-1] >= max(DEFAULT_ISSUES, DEFAULT_SHARE * len(rows))
    gap = ranked[:-1] >= DEFAULT_TIMES * ranked[1:]
    last = np.flatnonzero(many & gap)  # many only where all before it are
    if len(last):
        out[rows] = np.isin(code, order[: last[-1] + 1])
    return out


def default_places(placed: Placed, ids: NDArray[np.object_], crs: CRS) -> tuple[DefaultPlace, ...]:
    """The default places of a file, the one with the most issues first.

    Parameters
    ----------
    placed : Placed
    ids : ndarray of str, (n,)
    crs : CRS
        Of the places.
    """
    rows = np.flatnonzero((placed.state == "default") & np.isfinite(placed.xy).all(axis=1))
    if not len(rows):
        return ()
    lon, lat = Transformer.from_crs(crs, WGS84, always_xy=True).transform(*placed.xy[rows].T)
    lon, lat = np.round(lon, 6), np.round(lat, 6)
    code, _ = pd.factorize(lon + 1j * lat)
    found = []
    for k in np.argsort(-np.bincount(code), kind="stable"):
        own = np.flatnonzero(code == k)
        first = tuple(str(i) for i in ids[rows[own[:3]]])
        found.append(DefaultPlace(float(lon[own[0]]), float(lat[own[0]]), len(own), first))
    return tuple(found)


def default_note(place: DefaultPlace, n_placed: int) -> Text:
    """What is said of a default place among `n_placed` issues with coordinates."""
    share = f"{place.n / n_placed:.1%}"
    return Text(
        f"{place.n:,} 件（有坐标的 {n_placed:,} 件中的 {share}）落在同一个点 {place.lon:.6f}, {place.lat:.6f}（如 "
        f"{'、'.join(place.first)}）：是平台的默认点，不是发生地；这些问题保留，但不进入热力图和按位置的归属。",
        f"{place.n:,} issues ({share} of {n_placed:,} with coordinates) stand on one point, {place.lon:.6f}, "
        f"{place.lat:.6f} (such as {', '.join(place.first)}): a default of the platform, not where they happened; they "
        "are kept, and left out of heat maps and of what is told by place",
    )


def datum_note(placed: Placed, ground: Ground, belongs: NDArray[np.object_]) -> Text | None:
    """What is said where another datum would put clearly more issues where they belong; None where none would.

    Parameters
    ----------
    placed : Placed
        Read in the datum of `ground`.
    ground : Ground
    belongs : ndarray of str, (n,)
        Code of the jurisdiction that each issue names, "" for none. Where enough name one, only those are tested, and
        each must fall into its own; else all, and each must fall into the town.

    Notes
    -----
    Tested on at most :data:`_MOST_TESTED` different places, evenly out of the file.
    """
    usable = np.flatnonzero(np.isin(placed.state, ("ok", "outside")))
    named = usable[belongs[usable] != ""]
    is_named = len(named) >= _LEAST_TESTED
    rows = named if is_named else usable
    rows = rows[:: max(1, len(rows) // _MOST_TESTED)]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*placed.xy[rows].T), crs=ground.crs).to_crs(WGS84)
    lonlat = shapely.get_coordinates(points.geometry.values)
    if len(rows) < _LEAST_TESTED or not _is_shiftable(lonlat):
        return None
    if ground.datum is not None:  # back to what is written
        written = FORWARD[ground.datum](lonlat[:, 0], lonlat[:, 1])
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*written), crs=WGS84)
    shares = guess_datum(points, ground.places, belongs[rows] if is_named else None).shares
    now = ground.datum or "wgs84"
    best = max(shares, key=lambda k: (shares[k], k == now))
    more = shares[best] - shares[now]
    if more < DATUM_MARGIN or more * len(rows) < _LEAST_MORE or shares[best] < _LEAST_FIT:
        return None
    where = Text("自己写明的村居", "the jurisdiction that they name") if is_named else Text("本镇", "the town")
    told_zh = "，".join(f"按 {_DATUM_NAMES[k]} {v:.1%}" for k, v in shares.items())
    told_en = ", ".join(f"as {k} {v:.1%}" for k, v in shares.items())
    do_zh = f"--datum {best}" if best != "wgs84" else f"去掉 --datum {now}"
    do_en = f"--datum {best}" if best != "wgs84" else f"without --datum {now}"
    return Text(
        f"坐标系可能不对：落在{where.zh}内的比例{told_zh}（{len(rows):,} 个点）；"
        f"若确是 {_DATUM_NAMES[best]} 坐标，请用 {do_zh} 重新导入。",
        f"the coordinates may be in another datum: {told_en} of {len(rows):,} places fall into {where.en}; if they are "
        f"{best}, import again {do_en if best == 'wgs84' else 'with ' + do_en}",
    )


def _is_shiftable(lonlat: Floats) -> bool:
    west, south, east, north = SHIFTED_AREA
    lon, lat = np.nanmedian(lonlat, axis=0)
    return bool(west <= lon <= east and south <= lat <= north)
