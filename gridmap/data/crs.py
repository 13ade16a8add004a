"""Coordinate reference systems: which one a layer is in, which one we work in, and shifted datums.

The only file that knows axis order: EPSG:4490, 4549 and 4528 name north before east, files and
frames hold x before y, and every transformation here goes by x before y (``always_xy``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridmap.data.datum import FORWARD, Datum, to_wgs84
from gridmap.errors import InvalidInput, MissingCrs
from gridmap.model.text import Text

#: China Geodetic Coordinate System 2000, geographic.
CGCS2000: Final = CRS.from_epsg(4490)
WGS84: Final = CRS.from_epsg(4326)
#: EPSG code of the CGCS2000 3° zone of 75° E; the zones follow every 3°, up to 135° E (4554).
FIRST_ZONE_EPSG: Final = 4534
_FIRST_ZONE_MERIDIAN: Final = 75
_LAST_ZONE_MERIDIAN: Final = 135
#: Share of a layer's places by which another datum must fit better before we warn.
DATUM_MARGIN: Final = 0.05
#: How far outside a CRS's area of use coordinates may lie before we say so, degrees.
AREA_MARGIN_DEG: Final = 1.0

#: A rough outline of China, lon lat in degrees: it only chooses between two good work CRS.
_CHINA: Final = shapely.Polygon(
    [
        (73.4, 39.4), (74.9, 37.2), (78.4, 34.6), (78.7, 31.3), (81.1, 30.0), (86.0, 27.9), (89.0, 27.2),
        (92.0, 27.7), (97.0, 28.2), (98.7, 25.9), (97.5, 23.9), (99.2, 22.1), (101.7, 21.1), (105.3, 23.2),
        (108.1, 21.5), (108.5, 18.0), (111.0, 17.5), (115.0, 22.0), (118.3, 23.8), (121.0, 27.0), (123.0, 30.5),
        (122.5, 37.5), (121.4, 38.7), (124.3, 39.9), (128.0, 41.4), (130.7, 42.3), (131.3, 44.9), (135.1, 48.4),
        (130.9, 47.8), (127.6, 50.0), (123.6, 53.6), (120.0, 52.7), (117.4, 49.6), (115.5, 47.7), (119.7, 46.7),
        (111.8, 43.7), (105.0, 41.6), (96.4, 42.7), (91.0, 45.2), (87.8, 49.2), (82.3, 45.5), (80.2, 42.1),
    ]
)  # fmt: skip


def parse_crs(text: str) -> CRS:
    """The CRS that a user named: ``EPSG:4549``, WKT, PROJ text …

    Raises
    ------
    InvalidInput
        If pyproj does not know it.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InvalidInput(
            f"no such CRS: {text!r}; name it like EPSG:4490 (degrees) or EPSG:4549 (metres, 120° E)",
            f"没有这个坐标系：{text!r}；请写成 EPSG:4490（经纬度）或 EPSG:4549（米，中央经线 120°）等。",
        ) from error


def require_crs(frame: gpd.GeoDataFrame, where: str, given: str | CRS | None = None) -> gpd.GeoDataFrame:
    """The frame with a CRS that fits its numbers.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
    where : str
        File and layer, for the message.
    given : str or CRS, optional
        What the user says; it is put in the place of what the file says.

    Raises
    ------
    MissingCrs
        If neither the file nor the user names one; the message guesses from the numbers.
    InvalidInput
        If `given` is unknown, if degrees stand where the CRS has metres, or metres where it has degrees.
    """
    if given is not None:
        crs = given if isinstance(given, CRS) else parse_crs(given)
        frame = frame.set_crs(crs, allow_override=True)
    if frame.crs is None:
        guess = _likely(frame)
        raise MissingCrs(
            f"{where}: nothing says in which CRS its coordinates are; name it, for example --crs {guess}",
            f"{where}：没有坐标系信息；请注明，例如 --crs {guess}。",
        )
    _refuse_wrong_numbers(frame, where)
    return frame


def _likely(frame: gpd.GeoDataFrame) -> str:
    west, south, east, north = frame.total_bounds
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 180:
        return "EPSG:4490"
    zone = int(east // 1_000_000)
    if 25 <= zone <= 45 and int(west // 1_000_000) == zone:
        return f"EPSG:{4513 + zone - 25}"  # zone number before the easting: 4513 … 4533
    return "EPSG:4549"


def _refuse_wrong_numbers(frame: gpd.GeoDataFrame, where: str) -> None:
    crs = frame.crs
    west, south, east, north = frame.total_bounds
    small = max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 180
    if crs.is_projected and small and _area(crs) is not None and not _share_inside(frame, crs, 0.0):
        raise InvalidInput(
            f"{where}: degrees where metres are needed: its CRS is {crs.name}, its coordinates are like "
            f"{west:.4f}, {south:.4f}; name the true one, for example --crs EPSG:4490",
            f"{where}：坐标是经纬度（如 {west:.4f}, {south:.4f}），坐标系却标为以米为单位的 {crs.name}；"
            "请注明真实的坐标系，例如 --crs EPSG:4490。",
        )
    if crs.is_geographic and not small:
        raise InvalidInput(
            f"{where}: its CRS is {crs.name} in degrees, its coordinates are like {west:,.0f}, {south:,.0f}; "
            f"name the true one, for example --crs {_likely(frame)}",
            f"{where}：坐标系标为经纬度 {crs.name}，坐标却像 {west:,.0f}, {south:,.0f}；"
            f"请注明真实的坐标系，例如 --crs {_likely(frame)}。",
        )


def is_metric(crs: CRS) -> bool:
    """Whether lengths and areas may be measured in `crs`: projected, in metres, and no Mercator of the whole world."""
    if not crs.is_projected or crs.axis_info[0].unit_name not in ("metre", "meter"):
        return False
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    return "Mercator" not in method or "Transverse" in method or "Oblique" in method


def work_crs(frame: gpd.GeoDataFrame) -> CRS:
    """The CRS in metres that a layer is worked in.

    The layer's own, if it is metric; else in China the CGCS2000 3° zone (EPSG:4534 … 4554) whose
    central meridian is nearest to the middle of the layer, elsewhere the UTM zone.

    Raises
    ------
    MissingCrs
        If the layer has no CRS.
    """
    if frame.crs is None:
        raise MissingCrs("a work CRS needs a layer with a CRS; name it, for example --crs EPSG:4490")
    own: CRS = frame.crs
    if is_metric(own):
        return own
    degrees = frame.to_crs(WGS84)
    west, south, east, north = degrees.total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    if own.to_epsg() == 4490 or _CHINA.contains(shapely.Point(lon, lat)):
        meridian = min(max(3 * round(lon / 3), _FIRST_ZONE_MERIDIAN), _LAST_ZONE_MERIDIAN)
        return CRS.from_epsg(FIRST_ZONE_EPSG + (meridian - _FIRST_ZONE_MERIDIAN) // 3)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def to_work_crs(frame: gpd.GeoDataFrame, crs: CRS | None = None) -> gpd.GeoDataFrame:
    """The layer in `crs`, or in its own :func:`work_crs`.

    Raises
    ------
    MissingCrs
        If the layer has no CRS.
    InvalidInput
        If coordinates cannot be expressed there (they become infinite).
    """
    crs = crs or work_crs(frame)
    if frame.crs == crs:
        return frame
    out = frame.to_crs(crs)
    if not np.isfinite(out.total_bounds).all():
        raise InvalidInput(
            f"some coordinates cannot be expressed in {crs.name}; is {frame.crs.name} the true CRS? name it with --crs",
            f"有些坐标无法换算到 {crs.name}；坐标系 {frame.crs.name} 是否正确？请用 --crs 注明。",
        )
    return out


def describe_work_crs(source: CRS, work: CRS) -> Text:
    """The sentence that states the work CRS."""
    code = f"EPSG:{work.to_epsg()}" if work.to_epsg() else work.name
    if source == work:
        return Text(
            f"计算坐标系：沿用数据的 {code}（{work.name}）。", f"Work CRS: the data's own {code} ({work.name})."
        )
    return Text(
        f"计算坐标系：由 {source.name} 换算到 {code}（{work.name}）。",
        f"Work CRS: from {source.name} to {code} ({work.name}).",
    )


def convert_datum(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Undo the shift of a web map: the same features in WGS-84 places, in the frame's own CRS.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Points, lines or polygons whose coordinates came from a map in `datum`. WGS-84 and
        CGCS2000 are taken for the same (they differ by centimetres).
    datum : {"gcj02", "bd09"}
        GCJ-02 (Amap, Tencent) or BD-09 (Baidu).

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame.

    Raises
    ------
    MissingCrs
        If the frame has no CRS.
    InvalidInput
        If `datum` is another word.
    """
    if frame.crs is None:
        raise MissingCrs("converting a datum needs a layer with a CRS; name it, for example --crs EPSG:4326")
    if datum not in FORWARD:
        raise InvalidInput(
            f"a datum is gcj02 or bd09; got {datum!r}", f"--datum 只能是 gcj02 或 bd09；得到 {datum!r}。"
        )
    there = _degrees(frame)

    def shift(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum))

    moved = there.set_geometry(shapely.transform(np.asarray(there.geometry.values, dtype=object), shift), crs=there.crs)
    return moved if moved.crs == frame.crs else moved.to_crs(frame.crs)


def _degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame in lon lat of its own datum, so that a projection is undone and nothing else."""
    return frame if frame.crs.is_geographic else frame.to_crs(frame.crs.geodetic_crs or WGS84)


@dataclass(frozen=True)
class DatumGuess:
    """How well a layer fits its jurisdictions, read as each of three datums.

    Attributes
    ----------
    shares : dict of str to float
        For ``wgs84``, ``gcj02`` and ``bd09``: share of the places that fall where they belong.
    best : str
        The datum with the largest share; ``wgs84`` where it is as good as any.
    warning : Text or None
        Set when another datum fits better by :data:`DATUM_MARGIN`.
    """

    shares: dict[str, float]
    best: Literal["wgs84", "gcj02", "bd09"]
    warning: Text | None


def guess_datum(
    places: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame, belongs: NDArray[np.object_] | None = None
) -> DatumGuess:
    """Try the three datums against the jurisdictions.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        Points or units.
    jurisdictions : geopandas.GeoDataFrame
        Polygons whose datum is trusted; index code.
    belongs : numpy.ndarray of str, (n,), optional
        Code of the jurisdiction that each place says it lies in. With it the test is sharp: the share
        in the *own* jurisdiction; without it, in any.

    Raises
    ------
    MissingCrs
        If a layer has no CRS.
    """
    if places.crs is None or jurisdictions.crs is None:
        raise MissingCrs("testing a datum needs layers with a CRS; name it, for example --crs EPSG:4326")
    points = places.geometry.representative_point()
    lonlat = shapely.get_coordinates(_degrees(gpd.GeoDataFrame(geometry=points)).geometry.values)
    polygons = _degrees(jurisdictions[[jurisdictions.geometry.name]])
    shares = {"wgs84": _share_at_home(lonlat[:, 0], lonlat[:, 1], polygons, belongs)}
    for datum in FORWARD:
        shares[datum] = _share_at_home(*to_wgs84(lonlat[:, 0], lonlat[:, 1], datum), polygons, belongs)
    best = max(shares, key=lambda k: (shares[k], k == "wgs84"))
    if best not in FORWARD or shares[best] - shares["wgs84"] < DATUM_MARGIN:
        return DatumGuess(shares, "wgs84", None)
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[best]
    zh = {"gcj02": "GCJ-02（高德、腾讯）", "bd09": "BD-09（百度）"}[best]
    warning = Text(
        f"坐标按 WGS-84 只有 {shares['wgs84']:.0%} 落在所属辖区内，按 {zh} 则有 {shares[best]:.0%}；"
        f"若确是该坐标，请加 --datum {best}。",
        f"read as WGS-84, {shares['wgs84']:.0%} of the places fall where they belong, "
        f"read as {name} {shares[best]:.0%}; if that is what they are, add --datum {best}",
    )
    return DatumGuess(shares, "gcj02" if best == "gcj02" else "bd09", warning)


def _share_at_home(
    lon: NDArray[np.float64], lat: NDArray[np.float64], polygons: gpd.GeoDataFrame, belongs: NDArray[np.object_] | None
) -> float:
    if not len(lon):
        return 1.0
    tree = shapely.STRtree(polygons.geometry.values)
    place, home = tree.query(shapely.points(lon, lat), predicate="intersects")
    if belongs is not None:
        place = place[np.asarray(polygons.index, dtype=object)[home] == belongs[place]]
    return float(len(np.unique(place)) / len(lon))


def extent_fault(frame: gpd.GeoDataFrame) -> Literal["", "swapped", "outside"]:
    """Whether the coordinates lie where their CRS is meant for.

    Returns
    -------
    str
        ``swapped`` if they all would, with x and y exchanged, and none does as it is; ``outside`` if
        more than half lie :data:`AREA_MARGIN_DEG` or more outside; else "".
    """
    if _area(frame.crs) is None or frame.empty:
        return ""
    inside = _share_inside(frame, frame.crs, AREA_MARGIN_DEG)
    if inside >= 0.5:
        return ""
    if inside == 0 and _share_inside(swap_axes(frame), frame.crs, AREA_MARGIN_DEG) == 1:
        return "swapped"
    return "outside"


def swap_axes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with x and y exchanged."""
    swapped = shapely.transform(np.asarray(frame.geometry.values, dtype=object), lambda xy: xy[:, ::-1])
    return frame.set_geometry(swapped, crs=frame.crs)


def _area(crs: CRS) -> tuple[float, float, float, float] | None:
    area = crs.area_of_use
    return area.bounds if area is not None and area.west <= area.east else None


def _share_inside(frame: gpd.GeoDataFrame, crs: CRS, margin_deg: float) -> float:
    """Share of the features whose box has its middle within the area of use of `crs`, widened by `margin_deg`."""
    bounds = shapely.bounds(frame.geometry.values)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return 1.0
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    lon, lat = Transformer.from_crs(crs, crs.geodetic_crs or WGS84, always_xy=True).transform(x, y)
    west, south, east, north = _area(crs) or (-180.0, -90.0, 180.0, 90.0)
    inside = (lon >= west - margin_deg) & (lon <= east + margin_deg)
    inside &= (lat >= south - margin_deg) & (lat <= north + margin_deg)
    return float(np.mean(inside))
