"""Check once, at the border: ids, geometries, households and places of units; each fault a row, safe repairs made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.data.columns import as_text, lost_digits, parse_count
from gridmap.data.coverage import gap_faults, overlap_faults
from gridmap.data.faults import Fault, Validation, place_text, validation
from gridmap.data.places import place_units
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.model.town import Survey

#: Shapely type ids of points (0, 4) and polygons (3, 6).
POINTS: Final = (0, 4)
POLYGONS: Final = (3, 6)


#: What a geometry of dimension 0, 1 or 2 is called in Chinese and English.
SHAPE_NAMES: Final = {0: ("点", "a point"), 1: ("线", "a line"), 2: ("多边形", "a polygon"), -1: ("空", "nothing")}


class Mended(NamedTuple):
    """A frame after a repair, and the rows that say what was done."""

    frame: gpd.GeoDataFrame
    faults: list[Fault]


def validate_units(
    frame: gpd.GeoDataFrame,
    jurisdictions: gpd.GeoDataFrame,
    *,
    layer: str = "units",
    are_points_allowed: bool = False,
    cells: Sequence[str] | None = None,
    strict: bool = False,
) -> Validation:
    """Examine a layer of units or buildings, mend what is safe, and say what was found.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        One row a unit: columns ``unit_id``, ``jurisdiction`` (code, or "" to be found by place),
        optionally ``households`` (as written), ``geometry`` in metres.
    jurisdictions : geopandas.GeoDataFrame
        Index code; valid polygons in the same CRS.
    layer : str
        Its name in the rows.
    are_points_allowed : bool
        True for buildings.
    cells : sequence of str, optional
        Address of each row (of a ledger) for rows about households.
    strict : bool
        Refuse an input with any error in place of mending it.

    Returns
    -------
    Validation
        ``frame`` has unit ids as its index, whole ``households`` where there were any, a known
        ``jurisdiction`` in every row and valid geometries.

    Raises
    ------
    InvalidInput
        If nothing is left, households are no numbers at all, no unit lies in any jurisdiction, or, in strict
        mode, on any error.
    """
    faults: list[Fault] = []
    types = POINTS + POLYGONS if are_points_allowed else POLYGONS
    given = frame.assign(_cell=list(cells) if cells is not None else "")
    given, found = mend_ids(given, layer)
    faults += found
    given, found = mend_geometry(given, layer, types)
    faults += found
    given, found = mend_households(given, layer)
    faults += found
    placed = place_units(given.drop(columns="_cell"), jurisdictions, layer)
    result = validation(faults + placed.faults, placed.frame)
    if strict:
        result.require_clean()
    return result


def validate_survey(survey: Survey, *, are_derived: bool = False) -> Validation:
    """What only shows with everything in place: overlaps, gaps and empty jurisdictions.

    Parameters
    ----------
    survey : Survey
    are_derived : bool
        Whether the jurisdictions were made of the units: then they overlap just where units do.
    """
    faults: list[Fault] = []
    jurisdictions = survey.jurisdictions
    if not are_derived:
        faults += [
            f._replace(what=Text(f.what.zh.replace("单元", "辖区"), f.what.en.replace("units", "jurisdictions")))
            for f in overlap_faults(jurisdictions, "jurisdictions")
        ]
    used: set[object] = set()
    if survey.units is not None:
        used |= set(survey.units["jurisdiction"])
        faults += overlap_faults(survey.units, "units")
        whole = survey.units
        if survey.buildings is not None:  # cells will be made there; a gap is no gap yet
            whole = whole[~whole["jurisdiction"].isin(set(survey.buildings["jurisdiction"]))]
        faults += gap_faults(whole, jurisdictions, "units")
    if survey.buildings is not None:
        used |= set(survey.buildings["jurisdiction"])
        if np.isin(shapely.get_type_id(survey.buildings.geometry.values), POLYGONS).any():
            faults += overlap_faults(survey.buildings, "buildings")
    for code, row in jurisdictions.iterrows():
        if code not in used:
            at = row.geometry.representative_point()
            name = row["name"]
            what = Text(
                f"辖区 {code} {name} 没有任何单元或楼栋。", f"jurisdiction {code} {name} has no unit and no building"
            )
            faults.append(
                Fault("jurisdictions", str(code), "empty_jurisdiction", place_text(at.x, at.y), what, "kept", "warning")
            )
    return validation(faults)


def _places(frame: gpd.GeoDataFrame) -> list[str]:
    bounds = shapely.bounds(frame.geometry.values)
    return [place_text((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in bounds]


def mend_ids(frame: gpd.GeoDataFrame, layer: str) -> Mended:
    """Give every row an id of its own: blanks get their row number, repeated ids a suffix, equal rows go.

    Raises
    ------
    InvalidInput
        If a spreadsheet cut the digits of an id.
    """
    ids = [as_text(v) for v in frame["unit_id"]]
    spoilt = [i for i in ids if lost_digits(i)]
    if spoilt:
        raise InvalidInput(
            f"{layer}: ids that a spreadsheet cut short: {first_ten(spoilt)}; format the column as text",
            f"{layer}：编号的位数被表格软件截去：{first_ten_zh(spoilt)}；请把该列设为文本后重新录入。",
        )
    repeated = {i for i, n in Counter(ids).items() if n > 1 and i}
    if not repeated and all(ids):
        return Mended(frame.drop(columns="unit_id").set_axis(pd.Index(ids, dtype=object, name="unit_id")), [])
    wkb = shapely.to_wkb(frame.geometry.values)
    places = _places(frame)
    taken = set(ids)
    seen: dict[str, set[object]] = {}
    faults, new, keep = [], [], np.ones(len(ids), dtype=bool)
    for n, i in enumerate(ids):
        same_place = i and wkb[n] in seen.get(i, ())
        name = i or f"{layer}-{n + 1}"
        if (i in repeated and i in seen) or (not i and name in taken):
            name = _free(name, taken)
        taken.add(name)
        seen.setdefault(i, set()).add(wkb[n])
        new.append(name)
        if same_place:
            keep[n] = False
            what = Text(
                f"编号 {i} 的要素完全重复（第 {n + 1} 个要素）。",
                f"id {i} stands twice with the same geometry (feature {n + 1})",
            )
            faults.append(Fault(layer, i, "duplicate_id", places[n], what, "dropped", "error"))
        elif name != i and i:
            what = Text(f"编号 {i} 重复，此处改为 {name}。", f"id {i} stands twice; here it becomes {name}")
            faults.append(Fault(layer, name, "duplicate_id", places[n], what, "repaired", "error"))
        elif not i:
            what = Text(f"第 {n + 1} 个要素没有编号，定为 {name}。", f"feature {n + 1} has no id; it becomes {name}")
            faults.append(Fault(layer, name, "empty_id", places[n], what, "repaired", "error"))
    out = frame.drop(columns="unit_id").set_axis(pd.Index(new, dtype=object, name="unit_id"))
    return Mended(out[keep], faults)


def _free(name: str, taken: set[str]) -> str:
    n = 2
    while f"{name}#{n}" in taken:
        n += 1
    return f"{name}#{n}"


def mend_geometry(frame: gpd.GeoDataFrame, layer: str, types: tuple[int, ...] = POLYGONS) -> Mended:
    """Valid, two-dimensional geometries of the wanted types; rows without any go, and it is said.

    Raises
    ------
    InvalidInput
        If no row has a geometry of these types.
    """
    shapes = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    faults: list[Fault] = []
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    invalid = ~shapely.is_valid(shapes) & ~absent
    if invalid.any():
        shapes, more = _made_valid(shapes, invalid, frame.index, layer)
        faults += more
        absent |= shapely.is_empty(shapes)
    kind = shapely.get_type_id(shapes)
    wrong = ~np.isin(kind, types) & ~absent
    wanted = ("多边形或点", "a polygon or a point") if 0 in types else ("多边形", "a polygon")
    if not (~absent & ~wrong).any():
        got = [SHAPE_NAMES[int(d)] for d in np.unique(shapely.get_dimensions(shapes[~absent]))] or [SHAPE_NAMES[-1]]
        raise InvalidInput(
            f"{layer}: wanted {wanted[1]} in every row; got {' and '.join(en for _, en in got)}",
            f"{layer}：需要{wanted[0]}图层；实际为{'、'.join(zh for zh, _ in got)}。",
        )
    bounds = shapely.bounds(shapes)
    for n in np.flatnonzero(absent | wrong):
        unit = str(frame.index[n])
        lost = _lost(frame, int(n))
        zh, en = ("没有图形", "has no geometry")
        if not absent[n]:
            is_, ist = SHAPE_NAMES[shapely.get_dimensions(shapes[n])]
            zh, en = f"是{is_}，不是{wanted[0]}", f"is {ist}, not {wanted[1]}"
        at = place_text(*bounds[n][:2])
        fault = "empty_geometry" if absent[n] else "wrong_geometry"
        faults.append(
            Fault(layer, unit, fault, at, Text(f"{unit} {zh}{lost[0]}。", f"{unit} {en}{lost[1]}"), "dropped", "error")
        )
    out = frame.set_geometry(shapes, crs=frame.crs)
    return Mended(out[~(absent | wrong)], faults)


def _lost(frame: gpd.GeoDataFrame, row: int) -> Text:
    count = parse_count(frame["households"].iloc[row]).number if "households" in frame.columns else None
    return Text(f"，其 {count} 户未计入", f"; its {count} households are not counted") if count else Text("", "")


def _made_valid(
    shapes: NDArray[np.object_], invalid: NDArray[np.bool_], index: pd.Index, layer: str
) -> tuple[NDArray[np.object_], list[Fault]]:
    """Polygons made valid; lines and points that break off are left out. What it did to the area is said."""
    out = shapes.copy()
    faults = []
    polygonal = np.isin(shapely.get_type_id(shapes), POLYGONS)
    for n in np.flatnonzero(invalid):
        before = shapes[n]
        mended = shapely.make_valid(before, method="structure", keep_collapsed=False)
        out[n] = mended
        if not polygonal[n]:
            continue
        parts = [p for p in shapely.get_parts(shapely.get_parts(mended)) if p.geom_type == "Polygon"]
        out[n] = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
        reason = shapely.is_valid_reason(before)
        x, y = shapely.bounds(before)[:2]
        unit, change = str(index[int(n)]), out[n].area - before.area
        what = Text(
            f"{unit} 的多边形无效（{reason}），已修复，面积 {out[n].area:,.1f} 平方米（变化 {change:+,.1f}）。",
            f"the polygon of {unit} is invalid ({reason}); mended, area {out[n].area:,.1f} m² (change {change:+,.1f})",
        )
        faults.append(Fault(layer, unit, "invalid_geometry", place_text(x, y), what, "repaired", "error"))
    return out, faults


def mend_households(frame: gpd.GeoDataFrame, layer: str) -> Mended:
    """Whole numbers of households: as people write them, blanks and nonsense as 0, each said with its row.

    A frame without the column comes back as it is.

    Raises
    ------
    InvalidInput
        If no value of the column can be read as a number.
    """
    if "households" not in frame.columns:
        return Mended(frame, [])
    raw = frame["households"]
    counts = [parse_count(v) for v in raw]
    faults = []
    if all(c.number is None for c in counts):
        example = next((n for n, c in enumerate(counts) if c.note), 0)
        value = as_text(raw.iloc[example])
        raise InvalidInput(
            f"{layer}: the column of households holds no numbers: row {example + 1} "
            f"({frame.index[example]}) has {value!r}; name another with --households-column",
            f"{layer}：户数列中没有数字：第 {example + 1} 行（{frame.index[example]}）为「{value}」；"
            "请用 --households-column 指定户数列。",
        )
    odd = [n for n, c in enumerate(counts) if c.note is not None or c.number is None]
    places = _places(frame.iloc[odd])
    cells = frame["_cell"].tolist() if "_cell" in frame.columns else [""] * len(frame)
    for n, place in zip(odd, places, strict=True):
        unit, said, at = str(frame.index[n]), counts[n].note, cells[n] or place
        if said is None:
            what = Text(f"{unit} 没有户数，按 0 计。", f"{unit} has no households; taken as 0")
            faults.append(Fault(layer, unit, "missing_households", at, what, "repaired", "error"))
        elif counts[n].number is not None:
            faults.append(
                Fault(
                    layer,
                    unit,
                    "rough_households",
                    at,
                    Text(f"{unit}：{said.zh}。", f"{unit}: {said.en}"),
                    "kept",
                    "warning",
                )
            )
        else:
            what = Text(f"{unit}：户数{said.zh}，按 0 计。", f"{unit}: households: {said.en}; taken as 0")
            faults.append(Fault(layer, unit, "bad_households", at, what, "repaired", "error"))
    whole = np.array([c.number or 0 for c in counts], dtype=np.int64)
    return Mended(frame.assign(households=whole), faults)
