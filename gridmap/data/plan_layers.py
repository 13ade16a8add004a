"""Values become the layers of a plan file, and layers become values again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InvalidInput, first_ten
from gridmap.model.plan import GridException, Plan
from gridmap.model.report import Report
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import UNIT_COLUMNS, Units

#: Layers that a town may bring only for drawing.
CONTEXT_LAYERS: Final = ("roads", "water", "green", "buildings")
#: Columns of a lineage table: old code, new code, kind (unchanged, split, merged, irregular), households.
LINEAGE_COLUMNS: Final = ("old_code", "new_code", "kind", "households")
#: Columns of the table of exceptions.
EXCEPTION_COLUMNS: Final = ("grid_code", "rule", "reason", "text_zh", "text_en")
#: Half width in metres of the strip that stands for a line or a point in the layer of findings.
STRIP_M: Final = 2.0

_ABOUT_TOWN: Final = ("name", "source", "date")


def spatial_layers(town: Town, plan: Plan, report: Report | None) -> dict[str, gpd.GeoDataFrame]:
    """Every layer with geometry, by its name, in the order in which they are written.

    Raises
    ------
    InvalidInput
        If the town has a context layer of another name than :data:`CONTEXT_LAYERS`.
    """
    layers = {
        "units": unit_layer(plan),
        "grids": grid_layer(plan, report),
        "jurisdictions": plan.units.jurisdictions.reset_index(names="code"),
    }
    if report is not None:
        layers["findings"] = finding_layer(report)
    if town.barriers is not None:
        layers["barriers"] = town.barriers
    if town.premises is not None:
        layers["premises"] = town.premises
    strangers = sorted(set(town.context) - set(CONTEXT_LAYERS))
    if strangers:
        raise InvalidInput(f"context layers are {', '.join(CONTEXT_LAYERS)}; got {first_ten(strangers)}")
    layers.update({name: town.context[name] for name in CONTEXT_LAYERS if name in town.context})
    return {name: _writable(frame) for name, frame in layers.items()}


def unit_layer(plan: Plan) -> gpd.GeoDataFrame:
    """The units with their grid code (empty where they have none), one row a unit."""
    frame = plan.units.frame
    known = [name for name in UNIT_COLUMNS if name != "geometry"]
    further = [c for c in frame.columns if c not in {*known, "geometry", "grid_code", "unit_id"}]
    layer = frame[["households", "jurisdiction", "name", "kind", "compound", "dedicated", "buildings", "premises"]]
    layer = gpd.GeoDataFrame(layer, geometry=frame.geometry.values, crs=frame.crs)
    layer.insert(0, "unit_id", plan.units.ids)
    layer.insert(1, "grid_code", plan.code_of_unit())
    for name in further:
        layer[name] = frame[name]
    return layer.reset_index(drop=True)


def grid_layer(plan: Plan, report: Report | None) -> gpd.GeoDataFrame:
    """The grids as polygons with what the report says of each, one row a grid."""
    grids = plan.dissolve()
    places = plan.units.jurisdictions
    layer = gpd.GeoDataFrame({"grid_code": list(plan.codes)}, geometry=grids.geometry.values, crs=grids.crs)
    layer["jurisdiction"] = grids["jurisdiction"].to_numpy()
    layer["jurisdiction_name"] = places["name"].reindex(layer["jurisdiction"]).to_numpy()
    layer["kind"] = _kinds_of_grids(plan)
    layer["households"] = grids["households"].to_numpy()
    layer["n_units"] = grids["n_units"].to_numpy()
    layer["deviation"] = np.nan
    if report is not None:
        judged = report.grids.reindex(list(plan.codes))
        for name in judged.columns:
            if name not in {"jurisdiction", "jurisdiction_name", "kind"}:
                layer[name] = judged[name].array  # keeps yes, no and not known apart from text
    reasons = {code: [e.text for e in plan.exceptions if e.grid == code] for code in {e.grid for e in plan.exceptions}}
    layer["exception_zh"] = ["；".join(t.zh for t in reasons.get(code, [])) for code in plan.codes]
    layer["exception_en"] = ["; ".join(t.en for t in reasons.get(code, [])) for code in plan.codes]
    layer["locked"] = [code in plan.locked for code in plan.codes]
    return layer


def _kinds_of_grids(plan: Plan) -> list[str]:
    """Kind of each grid's jurisdiction; "dedicated" where every unit is part of a dedicated grid."""
    plain = plan.total((plan.units.frame["dedicated"] == "").to_numpy(np.int64))
    kinds = plan.units.jurisdictions["kind"].reindex(plan.jurisdiction_of_grid)
    return [str(kind) if n else "dedicated" for kind, n in zip(kinds, plain, strict=True)]


def finding_layer(report: Report) -> gpd.GeoDataFrame:
    """The findings as polygons: a line or point fault is widened to a strip that can be seen and clicked."""
    findings = report.findings.copy()
    shapes = np.asarray(findings.geometry.values, dtype=object)
    thin = ~shapely.is_empty(shapes) & ~shapely.is_missing(shapes) & (shapely.get_dimensions(shapes) < 2)
    mixed = shapely.get_type_id(shapes) == 7
    shapes[thin | mixed] = shapely.buffer(shapes[thin | mixed], STRIP_M, quad_segs=4)
    return findings.set_geometry(gpd.GeoSeries(shapes, index=findings.index, crs=findings.crs))


def exception_table(plan: Plan) -> pd.DataFrame:
    """The named exceptions, one row each."""
    rows = [(e.grid, e.rule, e.reason, e.text.zh, e.text.en) for e in plan.exceptions]
    return pd.DataFrame(rows, columns=list(EXCEPTION_COLUMNS), dtype=object)


def about_entries(town: Town, facts: Mapping[str, object], meta: Mapping[str, object]) -> dict[str, str]:
    """Rows of the table ``about``: what is fixed first, then `meta` as text or JSON.

    Raises
    ------
    InvalidInput
        If an entry of `meta` has the name of a fixed one or cannot be written as JSON.
    """
    fixed: dict[str, object] = {name: getattr(town, name) for name in _ABOUT_TOWN}
    fixed |= {"synthetic": town.is_synthetic, "has_households": town.units.has_households, **facts}
    clash = sorted(set(fixed) & set(meta))
    if clash:
        raise InvalidInput(f"these entries are written by gridmap itself, leave them out of meta: {first_ten(clash)}")
    return {str(key): _as_text(str(key), value) for key, value in {**fixed, **meta}.items()}


def from_about(value: str) -> object:
    """The value of an entry: what JSON says, or the text itself where it is no JSON."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _as_text(key: str, value: object) -> str:
    if isinstance(value, str) and from_about(value) == value:
        return value
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"meta entry {key!r} must be text, numbers, lists or tables of them: {error}") from error


def _writable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`frame` with column types and names that a GeoPackage holds (its names ignore case)."""
    layer = frame.copy()
    taken: set[str] = {"fid", "geom"}
    names = {}
    for column in layer.columns:
        name, n = str(column), 2
        while name.lower() in taken:
            name, n = f"{column}_{n}", n + 1
        taken.add(name.lower())
        names[column] = name
        if column == layer.geometry.name:
            continue
        if isinstance(layer[column].dtype, pd.BooleanDtype):
            layer[column] = layer[column].astype("Int16")  # true, false and not known
        elif pd.api.types.is_object_dtype(layer[column].dtype):
            layer[column] = [None if pd.isna(v) else str(v) for v in layer[column]]
    layer = layer.rename(columns=names)
    geometry = shapely.force_2d(np.asarray(layer.geometry.values, dtype=object))
    return layer.set_geometry(gpd.GeoSeries(geometry, index=layer.index, crs=layer.crs)).reset_index(drop=True)


def as_text(values: pd.Series) -> pd.Series:
    """Ids and codes as plain text: no blanks around them, no ``.0`` behind a number, "" for nothing."""
    if pd.api.types.is_float_dtype(values):
        values = values.astype("Int64")
    text = values.astype(object).where(values.notna(), "").map(str).str.strip()
    return text.astype(object)


def simple_shapes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`frame` in two dimensions, with collections of one part taken apart (files know only multi-parts)."""
    shapes = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    alone = np.isin(shapely.get_type_id(shapes), (4, 5, 6)) & (shapely.get_num_geometries(shapes) == 1)
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def units_from(layer: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame, *, has_households: bool) -> Units:
    """Units from their layer; the column ``grid_code`` is left out.

    Raises
    ------
    InvalidUnits
        If the layer breaks what :class:`gridmap.Units` promises.
    """
    frame = layer.drop(columns=["unit_id", "grid_code"]).set_axis(as_text(layer["unit_id"]).to_list(), axis=0)
    frame["jurisdiction"] = as_text(frame["jurisdiction"])
    if not has_households and "households" not in frame:
        frame["households"] = 0
    return Units(simple_shapes(frame), jurisdictions, has_households)


def plan_from(
    units: Units, codes_of_units: pd.Series, grids: pd.DataFrame | None, exceptions: pd.DataFrame | None
) -> Plan:
    """The plan that a column of grid codes describes; "" stands for a unit without a grid.

    Locks and exceptions of grids that no unit names any more are dropped with them.
    """
    text = as_text(codes_of_units).to_numpy(object)
    listed = [] if grids is None else as_text(grids["grid_code"]).to_list()
    used = set(text) - {""}
    codes = [*dict.fromkeys(c for c in listed if c in used), *sorted(used - set(listed))]
    label = {"": -1, **{code: i for i, code in enumerate(codes)}}
    grid_of = np.array([label[c] for c in text], dtype=np.int32)
    locked: frozenset[str] = frozenset()
    if grids is not None and "locked" in grids:
        marks = zip(listed, grids["locked"].fillna(value=False).astype(bool), strict=True)
        locked = frozenset(code for code, is_locked in marks if is_locked and code in used)
    named: tuple[GridException, ...] = ()
    if exceptions is not None:
        rows = exceptions.fillna("").to_dict("records")
        named = tuple(
            GridException(r["grid_code"], r["rule"], r["reason"], Text(r["text_zh"], r["text_en"]))
            for r in rows
            if r["grid_code"] in used
        )
    return Plan(units, grid_of, tuple(codes), named, locked)
