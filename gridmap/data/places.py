"""Jurisdictions: their codes, names and kinds, and which of them each unit lies in."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.data.columns import as_text, find_column, fold_key
from gridmap.data.faults import Fault, note, place_text
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.model.units import JURISDICTION_KINDS

#: Code of the one jurisdiction that is made where the input names none.
WHOLE: Final = "000000000000"
#: A unit less of whose area lies in its own jurisdiction than this is said to lie outside it.
MOSTLY: Final = 0.5
_KIND_WORDS: Final = (
    ("preparatory_group", re.compile(r"筹建|筹备|preparatory")),
    ("village", re.compile(r"行政村|村委会|村民委员会|^village$|^rural$|^农村$|^村$")),
    ("residential_area", re.compile(r"居民区|居委|居民委员会|社区|^residential|^urban$|^community$|^居$|^城市$")),
)
_NAME_TAIL: Final = re.compile(r"(村民委员会|居民委员会|村委会|居委会|社区居委会|社区|居民区|村)$")
#: The names of the kinds in both languages, for messages.
KIND_NAMES: Final = {
    "village": Text("行政村", "village"),
    "residential_area": Text("居民区", "residential area"),
    "preparatory_group": Text("筹建组", "preparatory group"),
}


class Placed(NamedTuple):
    """Units with a known jurisdiction each, and what was found."""

    frame: gpd.GeoDataFrame
    faults: list[Fault]


def kind_of_word(word: str) -> str | None:
    """The kind of jurisdiction that a cell names (行政村, 居委会, 筹建组, ``village`` …), or None."""
    text = fold_key(word)
    if text in JURISDICTION_KINDS:
        return text
    return next((kind for kind, pattern in _KIND_WORDS if pattern.search(text)), None)


def kind_of_name(name: str) -> str | None:
    """The kind that a jurisdiction's name ends in (向阳村, 海欣居民区, 滨海筹建组), or None."""
    text = fold_key(name)
    if "筹建" in text:
        return "preparatory_group"
    if re.search(r"(居委会|居民委员会|居民区|社区|居委)$", text):
        return "residential_area"
    return "village" if re.search(r"(村|村委会|村民委员会)$", text) else None


def kind_of_code(code: str) -> str | None:
    """The kind that a 12-digit NBS code says: digits 10–12 are 001–199 for residents, 200–399 for villages."""
    if not re.fullmatch(r"\d{12}", code) or code == WHOLE:
        return None
    last = int(code[9:])
    if 1 <= last <= 199:
        return "residential_area"
    return "village" if 200 <= last <= 399 else None


def find_kinds(table: pd.DataFrame, are_groups: bool, forced: str = "auto") -> tuple[list[str], list[Fault]]:
    """Kind of each jurisdiction, and by what it was told.

    Parameters
    ----------
    table : pandas.DataFrame
        Index code; columns ``name`` and ``kind`` (as written, "" where not).
    are_groups : bool
        Whether the units are villager groups: then a jurisdiction that nothing else tells is a village.
    forced : {"auto", "rural", "residential"}

    Raises
    ------
    InvalidInput
        If `forced` is another word.
    """
    if forced not in ("auto", "rural", "residential"):
        raise InvalidInput(
            f"a kind is auto, rural or residential; got {forced!r}",
            f"--kind 只能是 auto、rural 或 residential；得到 {forced!r}。",
        )
    if forced != "auto":
        kind = "village" if forced == "rural" else "residential_area"
        return [kind] * len(table), [_told(kind, len(table), Text("按 --kind", "by --kind"))]
    kinds, by = [], []
    for code, name, word in zip(table.index, table["name"], table["kind"], strict=True):
        readings = (
            (kind_of_word(word) if word else None, Text("按类型列", "by the column of kinds")),
            (kind_of_name(name), Text("按名称", "by their names")),
            ("village" if are_groups else None, Text("因其单元为村民小组", "because their units are villager groups")),
            (kind_of_code(str(code)), Text("按 12 位区划代码", "by their 12-digit codes")),
            ("residential_area", Text("无从判断，按默认", "by default, for nothing tells")),
        )
        kind, reason = next((k, r) for k, r in readings if k)
        kinds.append(kind)
        by.append(reason)
    return kinds, [_told(kind, n, reason) for (kind, reason), n in Counter(zip(kinds, by, strict=True)).items()]


def _told(kind: str, n: int, reason: Text) -> Fault:
    name = KIND_NAMES[kind]
    return note("jurisdictions", Text(f"{n} 个辖区{reason.zh}定为{name.zh}。", f"{n} × {name.en} {reason.en}"), "kind")


def match_codes(values: pd.Series, jurisdictions: gpd.GeoDataFrame) -> tuple[pd.Series, list[str]]:
    """Codes for what units write as their jurisdiction: a code, a name, or a name without 村, 居委会 …

    Returns
    -------
    codes : pandas.Series of str
        "" where the value is blank or unknown.
    unknown : list of str
        Values that fit no jurisdiction.
    """
    lookup: dict[str, str] = {}
    short = Counter(_NAME_TAIL.sub("", fold_key(n)) for n in jurisdictions["name"])
    for code, name in zip(jurisdictions.index, jurisdictions["name"], strict=True):
        stem = _NAME_TAIL.sub("", fold_key(name))
        if stem and short[stem] == 1:
            lookup.setdefault(stem, str(code))
    for code, name in zip(jurisdictions.index, jurisdictions["name"], strict=True):
        lookup[fold_key(name)] = str(code)
    lookup |= {fold_key(code): str(code) for code in jurisdictions.index}
    lookup.pop("", None)
    texts = values.map(as_text)
    distinct = {t: lookup.get(fold_key(t), lookup.get(_NAME_TAIL.sub("", fold_key(t)), "")) for t in texts.unique()}
    return texts.map(distinct).astype(object), [t for t, code in distinct.items() if t and not code]


def code_column(layer: gpd.GeoDataFrame, values: pd.Series, given: str | None, where: str) -> str | None:
    """The column of a layer of jurisdictions that holds what the units write as their jurisdiction.

    A given column; else the one that holds nine in ten of the values, unless those are names and another
    is called a code; else a synonym of ``code``.

    Raises
    ------
    InvalidInput
        If `given` is no column.
    """
    if given is not None:
        return find_column(layer.columns, "code", given, where=where)
    wanted = {fold_key(v) for v in values if as_text(v)}
    holders = []
    for column in layer.columns.drop(layer.geometry.name):
        held = {fold_key(v) for v in layer[column]}
        if wanted and len(held) == len(layer) and len(wanted & held) >= 0.9 * len(wanted):
            holders.append(str(column))
    named = find_column(layer.columns, "code", where=where)
    if not holders or named in holders:
        return named
    # Units may name their jurisdiction; the code is still the code.
    return (
        named if named is not None and holders == [find_column(layer.columns, "name", is_needed=False)] else holders[0]
    )


def dissolve_units(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Jurisdictions as what their units cover together: index code, columns ``name``, ``kind`` (""), geometry.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        Valid polygons with ``jurisdiction`` and, where known, ``jurisdiction_name``.
    """
    polygons = np.asarray(units.geometry.values, dtype=object)
    codes = units["jurisdiction"].to_numpy(object)
    names = units["jurisdiction_name"] if "jurisdiction_name" in units.columns else units["jurisdiction"]
    first = dict(zip(codes[::-1], names.to_numpy(object)[::-1], strict=True))
    listed = sorted(set(codes))
    shapes = [shapely.union_all(polygons[codes == c]) for c in listed]
    index = pd.Index(listed, dtype=object, name="code")
    columns = {"name": [as_text(first[c]) or c for c in listed], "kind": ""}
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs=units.crs)


def place_units(frame: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame, layer: str) -> Placed:
    """Give every unit a known jurisdiction: what it says, else where it lies; units outside all of them go.

    Raises
    ------
    InvalidInput
        If no unit lies in any jurisdiction.
    """
    shapes = np.asarray(frame.geometry.values, dtype=object)
    codes, unknown = match_codes(frame["jurisdiction"], jurisdictions)
    position = jurisdictions.index.get_indexer(codes)
    lies_in = _lies_in(shapes, jurisdictions)
    faults = []
    if unknown:
        what = Text(
            f"辖区图层中没有 {first_ten_zh(unknown)}；这些单元改按位置归属。",
            f"no jurisdiction is called {first_ten(unknown)}; these units are placed by where they lie",
        )
        faults.append(Fault(layer, "", "unknown_jurisdiction", "", what, "repaired", "error"))
    blank = position < 0
    position = np.where(blank, lies_in, position)
    outside = position < 0
    if outside.all():
        raise InvalidInput(
            f"{layer}: no unit lies in any jurisdiction; are both in the right CRS (--crs) and datum (--datum)?",
            f"{layer}：没有一个单元落在任何辖区内；请检查两个图层的坐标系（--crs、--datum）。",
        )
    faults += _outside(frame, shapes, outside, layer)
    faults += _assigned(frame, blank & ~outside, layer, bool(unknown) or not blank.all())
    faults += _strayed(frame, shapes, np.where(blank, -1, position), lies_in, jurisdictions, layer)
    out = frame.assign(jurisdiction=np.asarray(jurisdictions.index, dtype=object)[np.maximum(position, 0)])
    return Placed(out[~outside], faults)


def _lies_in(shapes: NDArray[np.object_], jurisdictions: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Position of the jurisdiction each geometry lies in: by its inner point, else by the largest overlap; else −1."""
    polygons = np.asarray(jurisdictions.geometry.values, dtype=object)
    tree = shapely.STRtree(polygons)
    found = np.full(len(shapes), -1, dtype=np.int64)
    unit, home = tree.query(shapely.point_on_surface(shapes), predicate="intersects")
    found[unit[::-1]] = home[::-1]
    n_homes = np.bincount(unit, minlength=len(shapes))
    doubtful = np.flatnonzero(n_homes != 1)
    if len(doubtful):
        i, home = tree.query(shapes[doubtful], predicate="intersects")
        area = shapely.area(shapely.intersection(shapes[doubtful[i]], polygons[home]))
        for k in np.argsort(area, kind="stable"):
            if area[k] > 0:
                found[doubtful[i[k]]] = home[k]
    return found


def _outside(
    frame: gpd.GeoDataFrame, shapes: NDArray[np.object_], outside: NDArray[np.bool_], layer: str
) -> list[Fault]:
    faults = []
    for n in np.flatnonzero(outside):
        unit = str(frame.index[n])
        at = shapely.point_on_surface(shapes[n])
        count = int(frame["households"].iloc[n]) if "households" in frame.columns else 0
        zh, en = (f"，其 {count} 户未计入", f"; its {count} households are not counted") if count else ("", "")
        if as_text(frame["jurisdiction"].iloc[n]):
            what = Text(f"单元 {unit} 不在任何辖区内{zh}。", f"unit {unit} lies outside every jurisdiction{en}")
        else:
            what = Text(
                f"单元 {unit} 没有填辖区，也不在任何辖区内{zh}。",
                f"unit {unit} says no jurisdiction and lies outside every one{en}",
            )
        faults.append(Fault(layer, unit, "outside", place_text(at.x, at.y), what, "dropped", "error"))
    return faults


def _assigned(frame: gpd.GeoDataFrame, by_place: NDArray[np.bool_], layer: str, is_fault: bool) -> list[Fault]:
    n = int(by_place.sum())
    if not n:
        return []
    ids = list(frame.index[by_place])
    if not is_fault:
        what = Text(
            f"{n} 个单元没有辖区列，按位置归属辖区。",
            f"{n} units have no jurisdiction of their own; placed by where they lie",
        )
        return [note(layer, what, "no_jurisdiction")]
    what = Text(
        f"{n} 个单元没有可用的辖区，按位置归属：{first_ten_zh(ids)}。",
        f"{n} units without a usable jurisdiction, placed by where they lie: {first_ten(ids)}",
    )
    return [Fault(layer, "", "no_jurisdiction", "", what, "repaired", "error")]


def _strayed(
    frame: gpd.GeoDataFrame,
    shapes: NDArray[np.object_],
    own: NDArray[np.int64],
    lies_in: NDArray[np.int64],
    jurisdictions: gpd.GeoDataFrame,
    layer: str,
) -> list[Fault]:
    """Units that say one jurisdiction and lie mostly in another or in none."""
    polygons = np.asarray(jurisdictions.geometry.values, dtype=object)
    suspects = np.flatnonzero((own >= 0) & (own != lies_in))
    inside = shapely.area(shapely.intersection(shapes[suspects], polygons[own[suspects]]))
    area = shapely.area(shapes[suspects])
    touches = shapely.intersects(shapes[suspects], polygons[own[suspects]])
    share = np.where(area > 0, inside / np.maximum(area, 1e-12), touches)
    faults = []
    for n, part in zip(suspects, share, strict=True):
        if part >= MOSTLY:
            continue
        unit, code = str(frame.index[n]), jurisdictions.index[own[n]]
        at = shapely.point_on_surface(shapes[n])
        where = jurisdictions.index[lies_in[n]] if lies_in[n] >= 0 else ""
        lies = (
            Text(f"位于辖区 {where}", f"it lies in {where}") if where else Text("位于所有辖区之外", "it lies in none")
        )
        what = Text(
            f"单元 {unit} 标为辖区 {code}，但只有 {part:.0%} 在其内，{lies.zh}；仍按所标辖区。",
            f"unit {unit} says jurisdiction {code} but {part:.0%} of it lies there, {lies.en}; what it says is kept",
        )
        faults.append(Fault(layer, unit, "wrong_jurisdiction", place_text(at.x, at.y), what, "kept", "error"))
    return faults
