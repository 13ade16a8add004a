"""What layers are called, and what becomes of roads, rivers, walls and premises."""

from __future__ import annotations

import re
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.data.columns import as_text, find_column, fold
from gridmap.data.faults import Fault, note
from gridmap.model.text import Text

#: Role of a layer → the names that it goes by; the first is ours.
LAYER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "jurisdictions": (
        "jurisdictions",
        "辖区",
        "村居",
        "村居边界",
        "村居界",
        "社区边界",
        "行政村",
        "居民区",
        "辖区边界",
    ),
    "villager_groups": ("villager_groups", "村民小组", "小组", "groups", "村民组"),
    "blocks": ("blocks", "街坊", "街区"),
    "parcels": ("parcels", "宗地", "地块"),
    "cells": ("cells",),
    "units": ("units", "单元", "网格单元"),
    "buildings": ("buildings", "楼栋", "建筑", "建筑物", "房屋", "楼幢"),
    "houses": ("houses", "village_houses", "农房", "农宅", "民房", "村宅", "农居"),
    "roads": ("roads", "道路", "路网", "streets"),
    "railways": ("railways", "铁路", "轨道"),
    "water": ("water", "水系", "河流", "河道", "水面", "rivers"),
    "walls": ("walls", "围墙"),
    "dikes": ("dikes", "海塘", "堤防", "海堤", "堤"),
    "premises": ("premises", "单位", "商铺", "企业", "沿街商铺"),
    "green": ("green", "绿地", "公园"),
    "about": ("about", "说明"),
}
#: Kind of unit of the layers that are units as they are; "" where the layer does not tell.
UNIT_LAYERS: Final = {"villager_groups": "group", "blocks": "block", "parcels": "parcel", "cells": "cell", "units": ""}
#: Kind of barrier of each layer of barriers.
BARRIER_LAYERS: Final = {"roads": "road", "railways": "railway", "water": "river", "walls": "wall", "dikes": "dike"}

_ROLES: Final = {fold(name): role for role, names in LAYER_NAMES.items() for name in names}
_PARTS: Final = (("villager_groups", "小组"), ("blocks", "block"), ("parcels", "parcel"), ("cells", "cell"))
_KINDS: Final = (
    ("railway", re.compile(r"rail|铁路|轨道|高铁")),
    ("wall", re.compile(r"wall|fence|墙|围栏")),
    ("dike", re.compile(r"dike|dyke|levee|堤|海塘")),
    ("river", re.compile(r"river|stream|canal|water|河|浦|泾|渠|港|塘|水系")),
    ("road", re.compile(r"road|street|highway|路|街|道|高速")),
)
_STILL: Final = re.compile(r"pond|lake|wet|reten|basin|pool|池|湖|湿地|坑塘|水库")
_FACTORY: Final = re.compile(r"factory|works|warehouse|industr|厂|仓|工业")
_ROAD_WORDS: Final = (
    (1, re.compile(r"motorway|trunk|primary|expressway|高速|快速|国道|省道|主干|一级")),
    (2, re.compile(r"secondary|main|县道|次干|二级")),
    (3, re.compile(r"tertiary|street|residential|unclassified|living|支路|乡道|街|三级")),
    (4, re.compile(r"lane|service|track|path|foot|cycle|巷|弄|村道|小路|四级|里弄")),
)


def role_of(name: str) -> str | None:
    """The role of a layer by its name, or None."""
    return _ROLES.get(fold(name))


def unit_kind_of(name: str) -> str:
    """The kind of unit that a layer's name promises, "" where it promises none."""
    role = role_of(name)
    if role is None:
        role = next((r for r, part in _PARTS if part in name.casefold()), "units")
    return UNIT_LAYERS.get(role, "")


def barrier_frame(
    frame: gpd.GeoDataFrame, role: str, where: str, columns: dict[str, str]
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """A layer as barriers.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In the work CRS.
    role : str
        A key of :data:`BARRIER_LAYERS`, or "" for a layer that the user gave as barriers: then a column
        of kinds, the layer's shapes and a column of road classes tell.
    where : str
        File and layer, for messages.
    columns : dict of str to str
        Our column → theirs.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        Columns ``kind``, ``road_class`` (1 trunk … 4 lane, 0 for what is no road), ``name``, geometry.
        Ponds and lakes are left out: they bound no one's way.
    faults : list of Fault

    Raises
    ------
    InvalidInput
        If a column that the user named does not exist, or several fit.
    """
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    names = [str(c) for c in frame.columns]
    class_column = find_column(names, "road_class", columns.get("road_class"), where=where)
    kind_column = find_column(names, "kind", columns.get("kind"), where=where, is_needed=False)
    name_column = find_column(names, "name", columns.get("name"), where=where, is_needed=False)
    words = frame[kind_column].map(as_text) if kind_column else pd.Series("", index=frame.index)
    assumed = BARRIER_LAYERS.get(role, "")
    areal = shapely.get_dimensions(frame.geometry.values) == 2
    kinds = [assumed or _kind(word, "river" if is_area else "road") for word, is_area in zip(words, areal, strict=True)]
    faults = []
    classes = [0] * len(frame)
    if class_column is not None:
        classes = [road_class(v, class_column) for v in frame[class_column]]
    elif "road" in kinds:
        # A road that a user hands over as a barrier counts; one that lies in the town's roads is a street.
        usual = 3 if assumed else 1
        classes = [usual] * len(frame)
        what = Text(
            f"{where} 没有道路等级列，均按 {usual} 级计。",
            f"{where}: has no column of road classes; all taken as class {usual}",
        )
        faults.append(note("barriers", what, "road_class"))
    out = gpd.GeoDataFrame(
        {
            "kind": kinds,
            "road_class": [c if k == "road" else 0 for c, k in zip(classes, kinds, strict=True)],
            "name": [as_text(v) for v in frame[name_column]] if name_column else "",
        },
        geometry=list(frame.geometry),
        crs=frame.crs,
    )
    flowing = [k != "river" or not _STILL.search(w.casefold()) for k, w in zip(kinds, words, strict=True)]
    return out[flowing].reset_index(drop=True), faults


def _kind(word: str, otherwise: str) -> str:
    text = fold(word)
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), otherwise)


def road_class(value: object, column: str) -> int:
    """Class of a road, 1 trunk … 4 lane, from a number, a Chinese word or an OpenStreetMap one; 3 where nothing tells.

    Cambridge's ``MajorRoad`` counts 1 and 2 as ours and 0 or blank as a street.
    """
    text = as_text(value).casefold()
    if fold(column) == "majorroad":
        return {"1": 1, "2": 2}.get(text, 3)
    if text in ("1", "2", "3", "4"):
        return int(text)
    return next((n for n, pattern in _ROAD_WORDS if pattern.search(text)), 3)


def houses_frame(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Houses that are no units, such as those of a village: drawn, and where the households of their unit live.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``name``, ``kind`` (``house``, or ``factory`` where a column of kinds says so), geometry.

    Raises
    ------
    InvalidInput
        If several columns fit equally well.
    """
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    columns = {w: find_column(frame.columns, w, where=where, is_needed=False) for w in ("name", "kind")}
    texts = {w: [as_text(v) for v in frame[c]] if c else [""] * len(frame) for w, c in columns.items()}
    kinds = ["factory" if _FACTORY.search(k.casefold()) else "house" for k in texts["kind"]]
    return gpd.GeoDataFrame({"name": texts["name"], "kind": kinds}, geometry=list(frame.geometry), crs=frame.crs)


def premises_frame(frame: gpd.GeoDataFrame, where: str, columns: dict[str, str]) -> gpd.GeoDataFrame:
    """Enterprises, shops and malls: columns ``premises_id``, ``name``, ``kind``, geometry.

    Raises
    ------
    InvalidInput
        If a column that the user named does not exist, or several fit.
    """
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    out = gpd.GeoDataFrame(geometry=list(frame.geometry), crs=frame.crs)
    for wanted in ("premises_id", "name", "kind"):
        column = find_column(frame.columns, wanted, columns.get(wanted), where=where, is_needed=False)
        out[wanted] = [as_text(v) for v in frame[column]] if column else ""
    out["premises_id"] = [i or f"P{n + 1}" for n, i in enumerate(out["premises_id"])]
    return out[["premises_id", "name", "kind", "geometry"]]
