"""Optional background tiles. A map with tiles asks their server; without, it asks nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

import folium

from gridmap.errors import InvalidInput
from gridmap.maps.escape import html_text

Tiles = Literal["tianditu", "amap", "osm"]
_KEY: Final = re.compile(r"[0-9A-Za-z]{8,64}")


@dataclass(frozen=True)
class Source:
    """Tile addresses, bottom layer first, who must be named, and the datum of the tiles."""

    urls: tuple[str, ...]
    attribution: str
    subdomains: str
    datum: Literal["wgs84", "gcj02"]
    max_zoom: int


_TIANDITU: Final = "https://t{s}.tianditu.gov.cn/DataServer?T=%s_w&x={x}&y={y}&l={z}&tk=KEY"
_SOURCES: Final[dict[str, Source]] = {
    # CGCS2000 differs from WGS-84 by centimetres: no shift.
    "tianditu": Source((_TIANDITU % "vec", _TIANDITU % "cva"), "天地图 Tianditu", "01234567", "wgs84", 18),
    "amap": Source(
        ("https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",),
        "高德地图 Amap",
        "1234",
        "gcj02",
        18,
    ),
    "osm": Source(
        ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",), "© OpenStreetMap contributors", "abc", "wgs84", 19
    ),
}


def tile_source(tiles: Tiles, tianditu_key: str | None) -> Source:
    """The source of a name.

    Raises
    ------
    InvalidInput
        If there is no such source, or Tianditu is asked for without a key that looks like one.
    """
    if tiles not in _SOURCES:
        known = ", ".join(get_args(Tiles))
        raise InvalidInput(
            f"tiles must be one of {known} or None; got {tiles!r}", f"底图只能是 {known} 或不用底图；得到 {tiles!r}。"
        )
    source = _SOURCES[tiles]
    if tiles != "tianditu":
        return source
    if not tianditu_key or not _KEY.fullmatch(tianditu_key):
        got = "no key" if not tianditu_key else "one with other signs or another length"
        raise InvalidInput(
            f"Tianditu tiles need a browser key of letters and digits (from the Tianditu console); got {got}",
            "天地图底图需要浏览器端密钥（字母和数字，在天地图控制台申请）；没有给出，或格式不对。",
        )
    urls = tuple(url.replace("KEY", tianditu_key) for url in source.urls)
    return Source(urls, source.attribution, source.subdomains, source.datum, source.max_zoom)


def add_tiles(town_map: folium.Map, source: Source) -> None:
    """Put the layers of a source under everything else of the map."""
    for url in source.urls:
        folium.TileLayer(
            tiles=url,
            attr=html_text(source.attribution),
            subdomains=source.subdomains,
            max_native_zoom=source.max_zoom,
            max_zoom=20,
            overlay=True,
            control=False,
        ).add_to(town_map)
