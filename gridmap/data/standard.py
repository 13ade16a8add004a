"""Layers as people have them become layers with our columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.data.columns import as_text, find_column, fold_key, is_personal
from gridmap.data.faults import Fault, note
from gridmap.data.join import Joined, join_ledger
from gridmap.data.places import code_column
from gridmap.data.table import Ledger
from gridmap.data.validate import mend_geometry
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.model.units import UNIT_KINDS

_UNIT_KIND_WORDS: Final = {"村民小组": "group", "小组": "group", "楼栋": "building", "街坊": "block", "宗地": "parcel"}
_OPTIONAL: Final = ("name", "jurisdiction_name", "compound", "group", "building", "dedicated", "kind")


class Standard(NamedTuple):
    """Units or buildings with our columns, the addresses of their ledger lines, what was noticed, their own columns."""

    frame: gpd.GeoDataFrame
    cells: list[str] | None
    faults: list[Fault]
    columns: list[str]


def role_columns(columns: Mapping[str, str], role: str) -> dict[str, str]:
    """The user's mapping for one role: ``role.name`` first, plain names only for units, buildings and the ledger."""
    own = {k.partition(".")[2]: v for k, v in columns.items() if k.startswith(f"{role}.")}
    plain = {k: v for k, v in columns.items() if "." not in k} if role == "units" else {}
    return plain | own


def standard_units(
    frame: gpd.GeoDataFrame, layer: str, where: str, columns: Mapping[str, str], ledger: Ledger | None
) -> Standard:
    """Units or buildings with the columns ``unit_id``, ``name``, ``jurisdiction``, ``compound``, ``group``,
    ``kind``, ``dedicated``, and ``households`` where there are any; others stay, personal ones go.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In the work CRS.
    layer, where : str
        Name of the layer for rows, file and layer for messages.
    columns : mapping of str to str
        Our column → theirs, as the user named them.
    ledger : Ledger, optional
        Joined by id, or by jurisdiction and name.

    Raises
    ------
    InvalidInput
        If a named column does not exist, several fit for id, households or jurisdiction, or the ledger
        does not join.
    """
    faults: list[Fault] = []
    found: dict[str, str | None] = {}
    mapped = role_columns(columns, "units")
    for wanted in ("unit_id", "households", "jurisdiction"):
        there = mapped.get(wanted)
        if there is not None and ledger is not None and there not in frame.columns:
            there = None  # the column is the ledger's
        found[wanted] = find_column(frame.columns, wanted, there, where=where)
    for wanted in _OPTIONAL:
        found[wanted] = _optional(frame, wanted, mapped.get(wanted), where, layer, faults)
    out = gpd.GeoDataFrame(geometry=list(frame.geometry), crs=frame.crs)
    own_ids = found["unit_id"]
    out["unit_id"] = _texts(frame, own_ids)
    if own_ids is None:
        out["unit_id"] = [f"{layer}-{n + 1:05d}" for n in range(len(frame))]
        what = Text(f"{where} 没有编号列，按顺序编号。", f"{where}: has no column of ids; numbered in order")
        faults.append(note(layer, what, "no_id"))
    out["jurisdiction"] = _texts(frame, found["jurisdiction"] or found["jurisdiction_name"])
    for wanted in ("compound", "group", "dedicated", "jurisdiction_name"):
        out[wanted] = _texts(frame, found[wanted])
    out["name"] = _texts(frame, found["name"] or found["group"] or found["building"])
    words = _texts(frame, found["kind"])
    out["kind"] = [w if w in UNIT_KINDS else _UNIT_KIND_WORDS.get(w, "") for w in words]
    if found["households"] is not None:
        out["households"] = frame[found["households"]].to_numpy(object)
    out = _with_others(out, frame, set(found.values()), layer, faults)
    cells = None
    if ledger is not None:
        joined = _join(out, ledger, role_columns(columns, "units") | role_columns(columns, "ledger"), layer, own_ids)
        out, cells = joined.frame, joined.cells
        faults += [Fault(layer, "", "ledger", "", n, "none", "warning") for n in joined.notes]
    return Standard(out, cells, faults, [str(c) for c in frame.columns if c != frame.geometry.name])


def _optional(
    frame: gpd.GeoDataFrame, wanted: str, given: str | None, where: str, layer: str, faults: list[Fault]
) -> str | None:
    """A column that we can do without: where several fit, none is taken and it is said."""
    try:
        return find_column(frame.columns, wanted, given, where=where)
    except InvalidInput as error:
        if given is not None:
            raise
        faults.append(note(layer, Text(error.zh, str(error)), "ambiguous_column"))
        return None


def _texts(frame: pd.DataFrame, column: str | None) -> list[str]:
    return [""] * len(frame) if column is None else [as_text(v) for v in frame[column]]


def _with_others(
    out: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, used: set[str | None], layer: str, faults: list[Fault]
) -> gpd.GeoDataFrame:
    others = [c for c in frame.columns if c not in used and c != frame.geometry.name and c not in out.columns]
    personal = [c for c in others if is_personal(str(c))]
    if personal:
        what = Text(
            f"个人信息列不读入：{first_ten_zh(personal)}。",
            f"columns of personal information are not read: {first_ten(personal)}",
        )
        faults.append(note(layer, what, "personal"))
    kept = [c for c in others if c not in personal]
    return out.assign(**{str(c): frame[c].to_numpy() for c in kept})


def _join(frame: gpd.GeoDataFrame, ledger: Ledger, columns: dict[str, str], layer: str, own_ids: str | None) -> Joined:
    table = ledger.frame
    here = {k: v for k, v in columns.items() if v in table.columns}
    ids = find_column(table.columns, "unit_id", here.get("unit_id"), where="ledger")
    households = find_column(table.columns, "households", here.get("households"), where="ledger")
    if households is None:
        raise InvalidInput(
            f"the ledger has no column of households; it has {first_ten(table.columns)}; "
            "name it with --households-column",
            f"台账没有户数列；现有：{first_ten_zh(table.columns)}；请用 --households-column 指定。",
        )
    lines = Ledger(table.rename(columns={households: "_households"}), ledger.notes, ledger.cells)
    village = find_column(table.columns, "jurisdiction", here.get("jurisdiction"), where="ledger")
    group = find_column(table.columns, "group", here.get("group"), where="ledger")
    group = group or find_column(table.columns, "name", here.get("name"), where="ledger")
    known = {fold_key(v) for v in frame["unit_id"]} if own_ids is not None else set()
    if ids is not None and (group is None or known & {fold_key(v) for v in table[ids]}):
        joined = join_ledger(frame, lines, "unit_id", ids, ["_households"])
    elif group is None:
        raise InvalidInput(
            f"the ledger has neither a column of ids nor one of groups; it has {first_ten(table.columns)}",
            f"台账既没有编号列，也没有小组列，无法与图层 {layer} 关联；现有：{first_ten_zh(table.columns)}。",
        )
    else:
        pairs = [("jurisdiction", village), ("name", group)] if village is not None else [("name", group)]
        joined = join_ledger(frame, lines, [a for a, _ in pairs], [b for _, b in pairs if b], ["_households"])
    said = joined.frame.pop("_households")
    before = frame["households"] if "households" in frame.columns else pd.Series("", index=frame.index)
    missed = pd.Series([not c for c in joined.cells], index=said.index)
    return joined._replace(frame=joined.frame.assign(households=said.where(~missed, before)))


def standard_jurisdictions(
    frame: gpd.GeoDataFrame, where: str, columns: Mapping[str, str], values: pd.Series
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Jurisdictions with index code and the columns ``name``, ``kind`` (as written), geometry.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In the work CRS.
    where : str
        File and layer, for messages.
    columns : mapping of str to str
        The user's mapping; ``jurisdictions.code``, ``.name`` and ``.kind`` are heeded.
    values : pandas.Series of str
        What the units write as their jurisdiction: the column that holds it is the column of codes.

    Raises
    ------
    InvalidInput
        If a named column does not exist, several fit, or there are no polygons.
    """
    mapped = role_columns(columns, "jurisdictions")
    code = code_column(frame, values, mapped.get("code"), where)
    faults: list[Fault] = []
    name = _optional(frame, "name", mapped.get("name"), where, "jurisdictions", faults)
    name = name or _optional(frame, "jurisdiction_name", None, where, "jurisdictions", faults)
    kind = _optional(frame, "kind", mapped.get("kind"), where, "jurisdictions", faults)
    if code is None and name is None:
        what = Text(
            f"{where} 没有代码列和名称列，按顺序编号。", f"{where}: has neither codes nor names; numbered in order"
        )
        faults.append(note("jurisdictions", what, "no_id"))
    codes = _texts(frame, code or name)
    index = pd.Index([c or f"J{n + 1:02d}" for n, c in enumerate(codes)], dtype=object, name="code")
    named = _texts(frame, name)
    out = gpd.GeoDataFrame(
        {"name": [a or str(b) for a, b in zip(named, index, strict=True)], "kind": _texts(frame, kind)},
        geometry=list(frame.geometry),
        crs=frame.crs,
        index=index,
    )
    out, mended = mend_geometry(out, "jurisdictions")
    faults += mended
    if out.index.has_duplicates:
        again = list(out.index[out.index.duplicated()].unique())
        what = Text(
            f"辖区代码重复，同码的多边形合为一个：{first_ten_zh(again)}。",
            f"codes that stand twice, joined into one: {first_ten(again)}",
        )
        faults.append(Fault("jurisdictions", "", "duplicate_id", "", what, "repaired", "warning"))
        out = _joined(out)
    return out, faults


def _joined(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = np.asarray(frame.geometry.values, dtype=object)
    once = frame[~frame.index.duplicated()]
    united = [shapely.union_all(shapes[frame.index == code]) for code in once.index]
    return once.set_geometry(united, crs=frame.crs)
